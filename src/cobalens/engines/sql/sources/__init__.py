"""SQL that brings a source of many people to the canonical tables ``person``, ``lab`` and ``event``.

A source writes ``raw_person``, ``raw_lab`` and ``raw_entry``; each distinct key of these is read once and joined back.
"""
