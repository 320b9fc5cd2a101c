"""Cobalens reads a vitamin B12 result in the light of the full picture, and answers with reasons and sources."""

__version__ = "0.1.0"

from cobalens.api import Cobalens, explain, interpret, load
from cobalens.errors import CobalensError
from cobalens.model.interpretation import Interpretation

__all__ = ["Cobalens", "CobalensError", "Interpretation", "__version__", "explain", "interpret", "load"]
