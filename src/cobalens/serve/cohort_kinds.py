"""What a source of many people is, from its content; which files belong to it, and which stand beside them unread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import gettempdir

from cobalens.engines import duckdb as engine
from cobalens.engines.opening import POSTGRES
from cobalens.engines.sql.sources.omop import NEEDED
from cobalens.intake.recognise import HEAD, format_of
from cobalens.serve import refusals

PREPARED, OMOP, LINES, TABLES, FILES, SURVEY = "facts", "omop", "fhir-lines", "table", "files", "nhanes"
CANONICAL = "canonical"
CANONICAL_TABLES = ("person", "lab", "event")
LINE_ENDINGS = (".ndjson", ".jsonl")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
READ = (".json", ".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".xml", ".hl7", ".zip", ".pdf")
ENOUGH = 2
"""Tables of an OMOP instance by which a folder shows itself as one, so that a missing one is told by name."""
DUCKDB_MARK = b"DUCK"
KEYS = {"person_id", "index_day"}


def kind_of(source: str) -> str:
    """What a source holds, from its content."""
    if source.startswith(POSTGRES):
        return OMOP
    path = Path(source)
    if source == SURVEY and not path.exists():
        return SURVEY
    if not path.exists():
        raise refusals.no_such_file(source)
    if path.is_dir():
        names = {one.stem.lower() for one in path.iterdir()}
        if canonical_in(path):
            return CANONICAL
        if len(names & set(NEEDED)) >= ENOUGH:
            return OMOP
        if any(one.suffix.lower() in LINE_ENDINGS for one in path.rglob("*")):
            return LINES
        tables = sorted(path.glob("*.parquet"))
        if tables and is_facts(tables[0]):
            return PREPARED
        if files_in(path):
            return FILES
        packed = any(one.suffix.lower() in PACKED for one in path.rglob("*"))
        raise refusals.no_cohort(source, packed)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[8:12] == DUCKDB_MARK:
        return OMOP
    if path.suffix.lower() in LINE_ENDINGS:
        return LINES
    if path.suffix.lower() == ".parquet" or head.startswith(b"PAR1"):
        return PREPARED if is_facts(path) else TABLES
    found = format_of(head)
    if found == "tables":
        return TABLES
    if found is not None:
        return FILES
    raise refusals.no_cohort(source, path.suffix.lower() in PACKED)


def is_facts(path: Path) -> bool:
    """Whether a Parquet file was prepared as facts; one that cannot be read is left to the run, which says so."""
    with engine.connected(Path(gettempdir())) as base:
        try:
            with engine.troubles():
                names = {row[0] for row in base.execute(f"DESCRIBE FROM {engine.scan([path])}").fetchall()}
        except engine.EngineError:
            return True
    return bool(KEYS & names)


def canonical_in(folder: Path) -> dict[str, list[Path]]:
    """The canonical tables in a folder, each a Parquet file or a folder of them; empty where one is not there."""
    places = {name: folder / f"{name}.parquet" for name in CANONICAL_TABLES}
    found = {
        name: sorted(place.glob("*.parquet")) if place.is_dir() else [place] * place.is_file()
        for name, place in places.items()
    }
    return found if all(found.values()) else {}


def files_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.suffix.lower() in READ and one.is_file())


def files_of(source: str, kind: str) -> list[Path]:
    if kind == SURVEY:
        import cobalens.knowledge

        return sorted((Path(cobalens.knowledge.__file__).parent / "population").glob("nhanes-*.parquet"))
    path = Path(source)
    if source.startswith(POSTGRES):
        return []
    if path.is_file():
        return [path]
    if kind == LINES:
        return sorted(one for one in path.rglob("*") if one.suffix.lower() in LINE_ENDINGS)
    if kind == CANONICAL:
        return [file for files in canonical_in(path).values() for file in files]
    return sorted(one for one in path.rglob("*") if one.is_file()) if kind == OMOP else files_in(path)


def not_read(source: str, kind: str, files: Iterable[Path]) -> dict[str, int]:
    """Ending -> how many files of a folder hold records, or are packed, and are not among those that are read."""
    folder = Path(source)
    if kind not in (LINES, FILES) or not folder.is_dir():
        return {}
    read = set(files)
    others = (one for one in folder.rglob("*") if one not in read and one.is_file())
    endings = Counter(one.suffix.lower() for one in others)
    return {ending: endings[ending] for ending in sorted({*READ, *PACKED} & endings.keys())}
