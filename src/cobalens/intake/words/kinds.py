"""Of which kinds of things a trigger says nothing: nobody *stops* an operation, and a symptom is not *planned*."""

from __future__ import annotations

NOT_OF = {
    "over": frozenset({"condition", "person", "procedure", "finding", "goal", "function"}),
    "resolved": frozenset({"drug", "person", "procedure", "goal", "diet"}),
    "past": frozenset({"procedure", "person", "finding", "goal"}),
    "planned": frozenset({"symptom", "condition", "person", "finding", "goal", "function", "diet"}),
    "offered": frozenset("symptom condition person finding goal function exposure diet".split()),
    "refused": frozenset("symptom condition person finding goal function exposure diet".split()),
    "was": frozenset(
        ["", *"condition person procedure finding goal function symptom drug exposure allergy".split()]
    ),
    "normal": frozenset({"", "drug", "exposure", "diet", "procedure", "goal", "person"}),
    "undelivered": frozenset(
        ["", *"condition person procedure finding goal function symptom exposure allergy diet test".split()]
    ),
    "doubt": frozenset({"person", "goal"}),
    "family": frozenset({"goal"}),
    "hypothetical": frozenset({"goal"}),
    "feared": frozenset(
        ["", *"symptom finding function drug procedure person goal exposure diet allergy test".split()]
    ),
}

MEDICINES = frozenset(
    {"drug", "medication", "medicine", "treatment", "therapy", "tablet", "prescription", "item"}
)
"""Words for medicines at large, as they stand in headings."""
IN_HEADINGS = MEDICINES | frozenset(
    "recently currently temporarily now just already previously was were have been".split()
)
"""What may stand before the word that heads a list: "*Recently* stopped: metformin"."""
