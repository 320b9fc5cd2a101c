"""Text in SQL for whole populations: written from the compiled knowledge, run by whichever engine holds the data."""
