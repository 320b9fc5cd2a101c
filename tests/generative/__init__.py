"""Random patients: every engine equals the reference."""
