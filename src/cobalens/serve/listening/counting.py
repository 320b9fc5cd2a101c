"""What the listener tells of its work: counts, and nothing of what was in the messages."""

from __future__ import annotations

from collections import Counter

from cobalens.serve.listening.refusals import CONDITIONS


class Counts:
    """Since the start."""

    def __init__(self) -> None:
        self.messages = self.accepted = self.repeated = self.unanswered = self.answers = self.waiting = 0
        """``repeated`` are accepted ones that came before; ``unanswered`` those whose sender wanted no answer."""
        self.refused: Counter[int] = Counter()
        """By number of HL7 table 0357."""
        self.ends: Counter[str] = Counter()
        """What became of those that were handed on."""
        self.turned_away = self.silent = self.slow = 0
        self.stray = self.cut_off = 0

    def line(self) -> str:
        """One line; what did not happen is not told."""
        said = [
            some(self.messages, "message", always=True),
            some(self.accepted, "accepted"),
            f"of these {self.repeated:,} sent before" if self.repeated else "",
            *(f"{n:,} refused ({code} {CONDITIONS[code].lower()})" for code, n in sorted(self.refused.items())),
            some(self.unanswered, "not to be answered"),
            some(self.answers, "acknowledgement passed over", "acknowledgements passed over"),
            some(self.ends["sent"], "handed on"),
            some(self.ends["refused"], "refused by the other system"),
            some(self.ends["given_up"], "given up"),
            some(self.ends["gone"], "taken out of the folder before being handed on"),
            some(self.waiting, "waiting to be handed on"),
            some(self.turned_away, "connection turned away", "connections turned away"),
            some(self.silent, "idle connection closed", "idle connections closed"),
            some(self.slow, "connection closed for slowness", "connections closed for slowness"),
            some(self.cut_off, "message cut off", "messages cut off"),
            some(self.stray, "byte outside of messages", "bytes outside of messages"),
        ]  # fmt: skip
        return ", ".join(one for one in said if one)


def some(number: int, one: str, several: str = "", always: bool = False) -> str:
    if not number and not always:
        return ""
    return f"{number:,} {one if number == 1 else several or (one + 's' if always else one)}"
