"""Laboratory results inside running text: which numbers are results, of which test, of whom and of when."""
