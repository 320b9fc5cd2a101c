"""What a source of many people is, from its content; which files belong to it, and which stand beside them unread."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import gettempdir

from cobalens.engines import duckdb as engine
from cobalens.engines.opening import ALL, POSTGRES
from cobalens.engines.sql.sources.omop import NEEDED
from cobalens.intake.recognise import HEAD, data_of, format_of
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort.cases import holds_cases
from cobalens.serve.cohort.packed import GZIP, MARK, head_of, is_packed, plain
from cobalens.serve.inputs import CASES, PACKED, RECORDS
from cobalens.serve.inputs import LINES as LINE_ENDINGS
from cobalens.serve.refusals import no_such_file

PREPARED, OMOP, LINES, TABLES, FILES, SURVEY = "facts", "omop", "fhir-lines", "table", "files", "nhanes"
CANONICAL = "canonical"
CANONICAL_TABLES = ("person", "lab", "event")
READ = (*CASES, *RECORDS)
OTHER_ENDINGS = frozenset(
    ".dta .sas7bdat .xpt .sav .zsav .por .rds .rdata .xls .xlsb .ods .mdb .accdb .sqlite .html .htm".split()
)
"""Of other programs' files of data, which are not read and may not be passed over without a word."""
ENDINGS = {*LINE_ENDINGS, *READ, *PACKED, *OTHER_ENDINGS}
ENOUGH = 2
"""Tables of an OMOP instance by which a folder shows itself as one, so that a missing one is told by name."""
DUCKDB_MARK, PARQUET_MARK, ZIP_MARK, TAR_MARK, TAR_AT = b"DUCK", b"PAR1", b"PK\x03\x04", b"ustar", 257
FACTS_HAVE = "index_day"
"""By which column prepared facts show themselves; a table of results may have any other."""
OTHERS = {
    b"<!doctype html": "a web page", b"<html": "a web page", b"<table": "a table of a web page",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind (.xls)", b"{\\rtf": "a text document (RTF)",
}  # fmt: skip
"""How files of other programs begin that hold no data of their own kind."""
HIDDEN = (".", "~$", "__MACOSX")
"""How names begin of what systems and programs put beside a file for themselves."""
OF_A_RUN = ("gathered.json", "interpretations.parquet")
"""What a run leaves; its other files could be taken for a source."""


def kind_of(source: str, out: Path | None = None) -> str:
    """What a source holds, from its content. ``out``: the folder of the run, which is no part of it."""
    if source.startswith(POSTGRES):
        return OMOP
    path = Path(source)
    if source == SURVEY and not path.exists():
        return SURVEY
    if not path.exists():
        raise no_such_file(source)
    kind, packed = _kind_of_folder(path, out) if path.is_dir() else _kind_of_file(path)
    if kind is None:
        raise refusals.no_cohort(source, packed, "" if path.is_dir() else like(path))
    return kind


def like(path: Path) -> str:
    """What else a file is: other programs' files are often called as if they were a table."""
    head = head_of(path, HEAD)
    if name := data_of(head):
        return name
    begin = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return next((name for sign, name in OTHERS.items() if begin.startswith(sign.lower())), "")


def is_one_line(path: Path) -> bool:
    """Whether a file of text holds a single line, as a table without rows does."""
    head = head_of(path, HEAD)
    return (
        b"\x00" not in head
        and len(head) < HEAD
        and len([one for one in head.splitlines() if one.strip()]) == 1
    )


def _kind_of_folder(path: Path, out: Path | None) -> tuple[str | None, bool]:
    """``None`` where nothing is recognised; then also whether something there is packed."""
    names = {plain(one).stem.lower() for one in path.iterdir()}
    if all((path / name).exists() for name in OF_A_RUN):
        raise refusals.source_is_a_run(path.name)
    if canonical_in(path):
        return CANONICAL, False
    if len(names & set(NEEDED)) >= ENOUGH:
        return OMOP, False
    found = shown_in(path, out)
    lines = [one for one in found if ending_of(one) in LINE_ENDINGS]
    if any(not holds_cases(one) for one in lines):
        return LINES, False
    tables = sorted(path.glob("*.parquet"))
    if tables and is_facts(tables[0]):
        return PREPARED, False
    if lines or any(ending_of(one) in READ for one in found):
        return FILES, False
    return None, any(one.suffix.lower() in PACKED for one in found)


def _kind_of_file(path: Path) -> tuple[str | None, bool]:
    """The same of one file."""
    head = head_of(path, HEAD)
    if is_packed(path):
        archive = head[TAR_AT:].startswith(TAR_MARK) or head.startswith((PARQUET_MARK, MARK))
        if archive or head[8:12] == DUCKDB_MARK:
            return None, True
    elif head[8:12] == DUCKDB_MARK:
        return OMOP, False
    elif path.suffix.lower() == ".parquet" or head.startswith(PARQUET_MARK):
        return PREPARED if is_facts(path) else TABLES, False
    if ending_of(path) in LINE_ENDINGS:
        return FILES if holds_cases(path) else LINES, False
    form = format_of(head)
    if form is not None:
        return TABLES if form == "tables" else FILES, False
    if head and holds_cases(path):
        return FILES, False
    if not head:
        raise refusals.source_empty(path.name)
    return None, path.suffix.lower() in PACKED or head.startswith(ZIP_MARK)


def ending_of(path: Path) -> str:
    """The ending of what a file holds, be it packed or not."""
    return plain(path).suffix.lower()


def is_facts(path: Path) -> bool:
    """Whether a Parquet file was prepared as facts; one that cannot be read is left to the run, which says so."""
    with engine.connected(Path(gettempdir())) as base:
        try:
            with engine.troubles():
                names = {row[0] for row in base.execute(f"DESCRIBE FROM {engine.scan([path])}").fetchall()}
        except engine.EngineError:
            return True
    return FACTS_HAVE in names


def canonical_in(folder: Path) -> dict[str, list[Path]]:
    """The canonical tables in a folder, each a Parquet file or a folder of them; empty where one is not there."""
    places = {name: folder / f"{name}.parquet" for name in CANONICAL_TABLES}
    found = {
        name: sorted(place.glob("*.parquet")) if place.is_dir() else [place] * place.is_file()
        for name, place in places.items()
    }
    return found if all(found.values()) else {}


def files_in(folder: Path, out: Path | None) -> list[Path]:
    """Every file of a folder, but for what this run and earlier ones left there."""
    own = out.resolve() if out is not None else None
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if any(name in names or name in folders for name in OF_A_RUN) or here.resolve() == own:
            folders.clear()
            continue
        found += (one for one in (here / name for name in names) if one.is_file())
    return sorted(found)


def shown_in(folder: Path, out: Path | None) -> list[Path]:
    """Those files of a folder that somebody put there to be read."""
    return [
        one
        for one in files_in(folder, out)
        if not any(part.startswith(HIDDEN) for part in one.relative_to(folder).parts)
    ]


def files_of(source: str, kind: str, out: Path | None = None) -> list[Path]:
    if kind == SURVEY:
        import cobalens.knowledge

        return sorted((Path(cobalens.knowledge.__file__).parent / "population").glob("nhanes-*.parquet"))
    path = Path(source)
    if source.startswith(POSTGRES):
        return []
    if path.is_file():
        return [path]
    if kind == CANONICAL:
        return [file for files in canonical_in(path).values() for file in files]
    if kind == OMOP:
        return files_in(path, out)
    endings = LINE_ENDINGS if kind == LINES else (*READ, *LINE_ENDINGS)
    return [one for one in shown_in(path, out) if ending_of(one) in endings]


def packed_tables(source: str) -> tuple[list[Path], list[Path]]:
    """Of an OMOP instance, the packed tables with what stands unpacked beside them; and what of other tables is not read.

    A table that stands there in several forms is read from one: not from a packed one, and from the last by name.
    """
    path = Path(source)
    if not path.is_dir() or source.startswith(POSTGRES):
        return [], []
    tables: dict[str, list[Path]] = {}
    for one in sorted(path.iterdir()):
        if (name := plain(one).stem.lower()) in ALL:
            tables.setdefault(name, []).append(one)
    wanted: list[Path] = []
    left: list[Path] = []
    for forms in tables.values():
        loose = [one for one in forms if one.suffix.lower() != GZIP]
        packed = [one for one in forms if one.suffix.lower() == GZIP]
        used = (loose or packed)[-1]
        twins = [one for one in packed if plain(one) in loose]
        wanted += [used, *twins] if used in packed else [*map(plain, twins), *twins]
        left += [one for one in forms if one != used and one not in twins]
    return wanted, left


def not_read(source: str, kind: str, files: Iterable[Path], out: Path | None = None) -> dict[str, int]:
    """Ending -> how many files of a folder hold records, or are packed, and are not among those that are read."""
    folder = Path(source)
    if kind == OMOP:
        left = packed_tables(source)[1]
    elif kind in (LINES, FILES) and folder.is_dir():
        read = set(files)
        left = [one for one in files_in(folder, out) if one not in read]
    else:
        return {}
    endings = Counter(whole_ending(one) for one in left if one.suffix.lower() in ENDINGS)
    return dict(sorted(endings.items()))


def whole_ending(path: Path) -> str:
    """``.csv.gz`` where what is packed is known by its own ending."""
    if path.suffix.lower() != GZIP:
        return path.suffix.lower()
    return ending_of(path) + GZIP if ending_of(path) in ENDINGS else GZIP


def labels_of(files: Sequence[Path]) -> list[str]:
    """What the files are called where places in them are told: by name, or with their folders where names come twice."""
    often = Counter(one.name for one in files)
    shared = os.path.commonpath([one.parent for one in files]) if files else ""
    return [one.name if often[one.name] == 1 else one.relative_to(shared).as_posix() for one in files]


def names_of(files: Sequence[Path]) -> list[str]:
    """What tells the files apart: their names without the ending, else with their folders, else with the ending too."""
    shared = os.path.commonpath([one.parent for one in files]) if files else ""
    inner = [plain(one.relative_to(shared)) for one in files]
    choices = [
        [one.stem for one in inner],
        [one.with_suffix("").as_posix() for one in inner],
        [one.as_posix() for one in inner],
    ]
    often = [Counter(names) for names in choices]
    return [
        next((name for name, count in zip(names, often, strict=True) if count[name] == 1), names[-1])
        for names in zip(*choices, strict=True)
    ]
