"""HL7 v2 messages, 2.3 to 2.8: results, orders, diagnoses, drugs, allergies; files of one or many, framed or not."""

from cobalens.intake.hl7v2.reader import read
from cobalens.intake.hl7v2.syntax import looks_like as recognise

__all__ = ["read", "recognise"]
