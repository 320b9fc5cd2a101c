"""What was asked of a run, and what is kept of it in ``run.json``."""

from __future__ import annotations

from msgspec import Struct


class Run(Struct, frozen=True, kw_only=True):
    """What is kept in ``run.json``: enough to go on after a stop, and every count at the end."""

    cobalens: str
    ruleset: str
    pack: str
    packs: tuple[str, ...]
    engine: str
    source: str
    """The kind of source."""
    index: str = ""
    """The day of decision that was asked for, where the facts were made here."""
    rows: bool
    files: tuple[tuple[str, int, int], ...]
    """Name, bytes and rows of each file, so that a run never goes on with other data, and does with a mended copy."""
    parts: int
    status: str
    """``running``, ``stopped`` or ``done``."""
    done: dict[str, int] = {}
    """Part -> people answered in it."""
    failed: dict[str, str] = {}
    """Part -> what stopped it."""
    read: int = 0
    used: int = 0
    set_aside: dict[str, int] = {}
    columns_not_used: tuple[str, ...] = ()
    numbers_that_stand_out: dict[str, int] = {}
    """Test, unit and a number that may be a code for no result -> how often it stands there."""
    people: int = 0
    """Met in the source, where the facts were made here."""
    people_judged: int = 0
    """Of these; one may be judged on several days, and so have several rows."""
    people_aside: dict[str, int] = {}
    """Why others are judged on no day -> people."""
    people_died: int = 0
    """Of those who were answered: after the day of decision, or on a day that is not known."""
    people_again: int = 0
    """How often someone was met in a further file that was read by itself."""
    people_together: int = 0
    """Of ``people``; what several files say of them was put together."""
    identifiers_alike: int = 0
    """Identifiers of different files that differ by blanks, leading zeros or capitals alone, each taken as a person."""
    files_of_strangers: dict[str, int] = {}
    """File -> its people, none of whom stands in another file or has a result, while others have."""
    identifiers_of_two_places: int = 0
    identifiers_paired: int = 0
    identifiers_unclear: int = 0
    """Identifiers that two places gave, by which nothing was put together."""
    files_not_read: dict[str, int] = {}
    """Files of the folder that stand beside those that were read, by their endings."""
    files_unpacked: dict[str, tuple[int, int]] = {}
    """Packed file -> its bytes, and those that it was unpacked to."""
    files_packed_beside: tuple[str, ...] = ()
    """Packed files that hold the same as the file beside them, which was read."""
    files_aside: dict[str, str] = {}
    """Packed file -> why it could not be unpacked, so that nothing of it was read."""
    lines: int = 0
    """Of FHIR, where these were read."""
    lines_not_needed: int = 0
    """Of organisations, devices and the like."""
    source_rows: dict[str, int] = {}
    """Table of an OMOP instance -> its rows."""
    columns_not_there: tuple[str, ...] = ()
    """Columns of an OMOP instance that were read as empty."""
    gathered: dict[str, int] = {}
    """What became of lines and rows on the way to facts, by reason."""
    answers: dict[str, dict[str, int]] = {}
    seconds: float = 0.0
    result: str = ""


class Wanted(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    source: str
    out: str
    pack: str
    rows: bool = False
    memory: str | None = None
    threads: int | None = None
    partitions: int | None = None
    resume: bool = False
    index: str = "latest"
    complete: tuple[str, ...] = ()
    mapping: str | None = None
    schema: str | None = None
    engine: str = "duckdb"
    spark_master: str | None = None
