"""Engines run a Ruleset. The reference engine is the meaning; the others equal it in the tests."""
