"""Reads records of many shapes into `model.record`; guesses nothing, drops nothing in silence."""
