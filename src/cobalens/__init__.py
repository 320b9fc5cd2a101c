"""Cobalens reads a vitamin B12 result in the light of the full picture, and answers with reasons and sources."""

__version__ = "0.1.0"
