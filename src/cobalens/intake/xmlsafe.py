"""XML to a tree without namespaces, with entities, depth and size kept in bounds; whatever expands or refers out is refused."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from cobalens import errors
from cobalens.errors import CobalensError

MAX_BYTES = 50_000_000
MAX_DEPTH = 200
MAX_ELEMENTS = 1_000_000
CHUNK = 1 << 16


class _Target:
    """What the parser reports to: counts, and hands on names without their namespace."""

    def __init__(self, where: str, starts: Callable[[str, dict[str, str]], object], ends: Callable[[str], object],
                 words: Callable[[str], object] | None, most: int) -> None:  # fmt: skip
        self.where, self.starts, self.ends, self.words, self.most = where, starts, ends, words, most
        self.depth = self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH:
            raise errors.nested_too_deeply(self.where, MAX_DEPTH)
        if self.count > self.most:
            raise errors.too_many_entries(self.where, self.count, self.most)
        self.starts(_bare(tag), {_bare(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.ends(_bare(tag))

    def data(self, text: str) -> None:
        if self.words is not None:
            self.words(text)

    def close(self) -> None:
        return None


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def tree(source: bytes, where: str) -> Element:
    """The root of a document. A document type is refused with its entities: no clinical document needs one."""
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(where, len(source), MAX_BYTES)
    builder = TreeBuilder()
    target = _Target(where, builder.start, builder.end, builder.data, MAX_ELEMENTS)
    feed([source], target, where, forbid_dtd=True)
    return builder.close()


def stream(
    chunks: list[bytes] | Callable[[], bytes],
    where: str,
    starts: Callable[[str, dict[str, str]], object],
    most: int,
) -> None:
    """Calls ``starts`` for each element as it is met and keeps nothing."""
    target = _Target(where, starts, _nothing, None, most)
    feed(chunks, target, where, forbid_dtd=False)


def _nothing(_tag: str) -> None:
    return None


def feed(chunks: list[bytes] | Callable[[], bytes], target: _Target, where: str, forbid_dtd: bool) -> None:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    parser = DefusedXMLParser(
        target=target, forbid_dtd=forbid_dtd, forbid_entities=True, forbid_external=True
    )
    try:
        if callable(chunks):
            while chunk := chunks():
                parser.feed(chunk)
        else:
            for chunk in chunks:
                parser.feed(chunk)
        parser.close()
    except DefusedXmlException:
        raise entities_refused(where) from None
    except ParseError as error:
        line, column = error.position
        raise errors.broken_syntax(where, "XML", line, column + 1) from None
    except (LookupError, ValueError):
        # An encoding that is not known, or text that is not in the encoding declared.
        raise errors.not_readable_text(where) from None


def entities_refused(where: str) -> CobalensError:
    return CobalensError(
        "xml_entities_refused",
        where,
        "The XML declares entities or a document type, through which a small file can grow beyond any memory or read "
        "other files; it is not read.",
        "A health record needs neither. The file may have been altered on its way.",
        "Export the record again, or remove the document type declaration.",
    )
