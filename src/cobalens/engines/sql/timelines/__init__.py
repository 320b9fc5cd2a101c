"""Events to facts in SQL: every timeline of the fact declarations as text that runs where the data lives.

``statements`` reads events, ``results`` laboratory results, ``treated`` those that doses bear on; ``query`` joins them.
"""

from cobalens.engines.sql.timelines.query import Column, Query, columns_query, facts_query

__all__ = ["Column", "Query", "columns_query", "facts_query"]
