"""A population through the same rules: its source, its parts, its files and its account."""
