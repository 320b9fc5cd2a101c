"""How a medicine is given, as the ``route`` of an entry may say it."""

from __future__ import annotations

from typing import Any


def route_of(value: Any) -> str | None:
    """Routes keep to the words of the phrase reader; letters on a prescription are spelt out."""
    if not isinstance(value, str) or not value.strip():
        return None
    low = value.strip().lower().rstrip(".")
    return _ROUTES.get(low.replace(".", ""), low)


_ROUTES = {
    **dict.fromkeys(
        ("po", "by mouth", "per os", "orally", "tablet", "tablets", "mouth", "oral route"), "oral"
    ),
    **dict.fromkeys(("im", "i/m", "intramuscularly", "into muscle", "intramuscular route"), "intramuscular"),
    **dict.fromkeys(("sc", "s/c", "subcut", "subcutaneously", "under the skin"), "subcutaneous"),
    **dict.fromkeys(("iv", "i/v", "intravenously", "infusion", "intravenous route"), "intravenous"),
    **dict.fromkeys(("sl", "under the tongue"), "sublingual"),
    **dict.fromkeys(("injection", "injected", "by injection"), "parenteral"),
    **dict.fromkeys(("intranasal", "nasally", "nasal spray"), "nasal"),
    **dict.fromkeys(("inh", "inhalation", "by inhalation"), "inhaled"),
}
