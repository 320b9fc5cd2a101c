"""Where answers go: standard output, a file that is written as they come, or a folder of numbered pages with a map."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cobalens.errors import CobalensError
from cobalens.intake.own import is_own
from cobalens.serve import output_refusals, refusals, streams
from cobalens.serve.letters import NO_JSON

MAP = "map.json"
ERROR = "error.json"
_NUMBERED = re.compile(r"\d{4,}\.(?P<kind>txt|html|pdf|error\.json)")


def put(out: str | None, text: str) -> None:
    """Data, in UTF-8 wherever it goes."""
    if out is None:
        streams.put(text)
    else:
        write(out, text)


def put_words(out: str | None, text: str) -> None:
    """Words for people: on a terminal in letters that it can show."""
    if out is None:
        sys.stdout.write(text)
    else:
        write(out, text)


def put_bytes(out: str | None, content: str | bytes, form: str) -> None:
    """A page, of which a terminal can show the source at most."""
    if out is not None:
        write(out, content)
    elif form == "pdf" and sys.stdout.isatty():
        raise refusals.pages_need_a_place(form)
    else:
        streams.put(content)


def write(out: str, content: str | bytes) -> None:
    with opened(out) as put_there:
        put_there(content)


@contextmanager
def opened(out: str | None) -> Iterator[Callable[[str | bytes], None]]:
    """What is given to it goes out at once. A file is begun with its first part, so that a refusal leaves an older one alone."""
    if out is None:
        yield streams.put
        return
    path = Path(out)
    file = None

    def put_there(content: str | bytes) -> None:
        nonlocal file
        if out.endswith("/"):
            raise refusals.cannot_be_written(out, folder=True)
        try:
            if file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = path.open("wb", buffering=0)
            data = content.encode("utf-8", "replace") if isinstance(content, str) else content
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            raise of_place(error, out) from None

    try:
        yield put_there
    finally:
        if file is not None:
            file.close()


def of_place(error: OSError, out: str) -> CobalensError:
    if error.errno in streams.FULL:
        return output_refusals.output_full(out)
    return refusals.cannot_be_written(out, folder=Path(out).is_dir())


class Pages(msgspec.Struct, frozen=True):
    """A folder of numbered files with a map from each to the person whose it is: an id is never a file name."""

    folder: Path
    names: dict[str, str]

    def put(self, number: int, kind: str, id: str, content: str | bytes) -> None:
        name = f"{number:04}.{kind}"
        write(str(self.folder / name), content)
        self.names[name] = id

    def close(self) -> None:
        write(str(self.folder / MAP), msgspec.json.format(msgspec.json.encode(self.names)).decode() + "\n")


def pages_in(out: str, kind: str) -> Pages:
    """The folder, without the pages of this kind that an earlier run has left: they would be taken for answers of this one."""
    folder = Path(out)
    named = earlier(folder)
    old = [name for name in named if name.endswith((f".{kind}", f".{ERROR}"))]
    kept = {name: person for name, person in named.items() if name not in old}
    try:
        if not all(is_page(folder / name) for name in old):
            raise output_refusals.pages_stand_there(out)
        for name in old:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise of_place(error, out) from None
    if any(_NUMBERED.fullmatch(path.name) and path.name not in kept for path in folder.glob("*")):
        raise output_refusals.pages_stand_there(out)
    made = Pages(folder, kept)
    if named:
        # Were this run stopped, the old map would give its pages to others.
        made.close()
    return made


def is_page(path: Path) -> bool:
    """Whether it may be taken away: a map may also be somebody else's, and name what is not to be had again."""
    return not path.exists() or is_own(path.read_bytes())


def earlier(folder: Path) -> dict[str, str]:
    """The map of an earlier run, where there is one and it names nothing but such pages."""
    try:
        named = msgspec.json.decode((folder / MAP).read_bytes(), type=dict[str, str])
    except (OSError, *NO_JSON):
        return {}
    return named if all(_NUMBERED.fullmatch(name) for name in named) else {}
