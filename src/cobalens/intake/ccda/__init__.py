"""C-CDA documents (CCD and its relatives): results, problems, medicines, procedures, allergies, history, and plain text."""

from cobalens.intake.ccda.reader import read, recognise

__all__ = ["read", "recognise"]
