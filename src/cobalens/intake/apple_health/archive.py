"""The archive: which of its files are looked at, and how large they may be before and after unpacking."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cobalens import errors
from cobalens.errors import CobalensError

MAX_FILES = 100_000
MAX_UNPACKED = 4_000_000_000
MAX_RECORD = 5_000_000
MAX_RATIO = 200
SMALL = 1_000_000
"""Below this an archive may be packed as tightly as it likes."""
CHUNK = 1 << 20
WHERE = "input"


@contextmanager
def opened(source: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive, when its own list of files stays within bounds; nothing is unpacked to look at it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(source))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise broken() from None
    with archive:
        listed = archive.infolist()
        if len(listed) > MAX_FILES:
            raise errors.too_many_entries(WHERE, len(listed), MAX_FILES)
        size = sum(one.file_size for one in listed)
        if size > MAX_UNPACKED:
            raise errors.file_too_large(WHERE, size, MAX_UNPACKED)
        for one in listed:
            if one.file_size > SMALL and one.file_size > MAX_RATIO * max(one.compress_size, 1):
                raise bomb()
        yield archive


def export_name(archive: zipfile.ZipFile) -> str:
    """`export.xml`, which is called otherwise in other languages; the CDA beside it is not it."""
    found = [one.filename for one in archive.infolist() if one.filename.lower().endswith(".xml")]
    plain = [name for name in found if name.rpartition("/")[2].lower() == "export.xml"]
    others = [
        name for name in found if not name.lower().endswith("_cda.xml") and "electrocardiograms" not in name
    ]
    return (plain or others or [""])[0]


def records(archive: zipfile.ZipFile) -> dict[str, str]:
    """The end of a path (`clinical-records/a.json`) -> the name in the archive."""
    found = {}
    for one in archive.infolist():
        name = one.filename
        if name.lower().endswith(".json") and "clinical-records/" in name:
            found["clinical-records/" + name.rpartition("clinical-records/")[2]] = name
    return found


def chunks(archive: zipfile.ZipFile, name: str) -> Callable[[], bytes]:
    try:
        file = archive.open(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        raise broken() from None

    def more() -> bytes:
        try:
            return file.read(CHUNK)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError):
            raise broken() from None

    return more


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    """One small file; empty where it is larger than any health record."""
    if archive.getinfo(name).file_size > MAX_RECORD:
        return b""
    more, pieces = chunks(archive, name), []
    while piece := more():
        pieces.append(piece)
    return b"".join(pieces)


def broken() -> CobalensError:
    return CobalensError(
        "archive_broken", WHERE, "The archive cannot be unpacked.", "It may have been cut off on its way, or be protected by a password.",
        "Export it from the phone again and send the file as it is.",
    )  # fmt: skip


def bomb() -> CobalensError:
    return CobalensError(
        "archive_too_dense", WHERE,
        f"A file in the archive would grow to more than {MAX_RATIO} times its packed size; it is not unpacked.",
        "No export of health records is packed so tightly; such archives are made to fill a memory.",
        "Export the records from the phone again.",
    )  # fmt: skip
