"""Proofs over every possible patient; each failure is a printed patient."""
