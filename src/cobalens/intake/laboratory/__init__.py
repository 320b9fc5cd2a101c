"""One laboratory result of any source: its test, its number, its unit, its range."""
