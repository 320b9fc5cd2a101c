"""The rulebook: the compiled knowledge as pages that a clinician reads, searches, prints and signs."""
