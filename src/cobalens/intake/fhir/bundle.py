"""From bytes to resources, and from resources to people: whose each one is, and which are not read at all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec
from msgspec import Raw, Struct

from cobalens import errors
from cobalens.intake.fhir.shapes import NOTHING, Json, items, obj, plain_text, text
from cobalens.intake.fhir.typed import EMPTY, Patient, Typed, is_text
from cobalens.intake.source import exact

MAX_BYTES = 64_000_000
MAX_RESOURCES = 200_000
MAX_DEPTH = 60
MAX_BUNDLES = 4
"""Bundles within Bundles."""
WHERE = "input"

SUBJECTS = ("subject", "patient", "beneficiary", "individual", "for")
_decoder = msgspec.json.Decoder(float_hook=exact)


class Entry(Struct, rename="camel", gc=False):
    """One place of a plain Bundle."""

    resource: Raw
    full_url: str = ""
    search: Raw = EMPTY


class Bundle(Struct, rename="camel", gc=False):
    resource_type: Literal["Bundle"]
    entry: list[Entry] = []


class PlainEntry(Struct, rename="camel", gc=False):
    """One place of a Bundle in which each field of each resource is known."""

    resource: Typed | Patient
    full_url: str = ""
    search: Raw = EMPTY


class PlainBundle(Struct, rename="camel", gc=False):
    resource_type: Literal["Bundle"]
    entry: list[PlainEntry] = []


class Source(Struct):
    """A plain Bundle, of which single resources are decoded again where they have to be read as JSON."""

    content: bytes
    entries: list[Entry] | None = None

    def written(self, place: int) -> Raw:
        if self.entries is None:
            self.entries = _bundles.decode(self.content).entry
        return self.entries[place].resource


_bundles = msgspec.json.Decoder(Bundle)
_plain_bundles = msgspec.json.Decoder(PlainBundle, float_hook=Decimal)
_typed = msgspec.json.Decoder(Typed, float_hook=Decimal)


class Piece(Struct, gc=False):
    """One resource with its place in the input."""

    where: str
    given: Json | None
    kind: str = ""
    url: str = ""
    """The full address under which others refer to it."""
    aside: str = ""
    """Why it is not read."""
    plain: Typed | None = None
    """Its values, where each of its fields is known."""
    written: Raw = EMPTY
    """Its JSON, where it was not decoded so far."""
    source: Source | None = None
    """The Bundle to take its JSON from, and the place in it."""
    place: int = 0
    of_person: Patient | None = None
    """Its values, where it is a person's own resource and each of its fields is known."""
    known_id: str | None = None
    """Its own id, where it was told without its JSON."""

    @property
    def resource(self) -> Json:
        if self.given is None:
            self.given = _decoder.decode(self.source.written(self.place) if self.source else self.written)
        return self.given

    @property
    def own(self) -> Any:
        """Its own id."""
        return self.resource.get("id") if self.known_id is None else self.known_id


def told_by(patient: Patient) -> Json:
    """What a plain Patient says that is read, as JSON."""
    given: Json = {"birthDate": patient.birth_date, "gender": patient.gender}
    if patient.deceased_date_time:
        given["deceasedDateTime"] = patient.deceased_date_time
    if patient.deceased_boolean:
        given["deceasedBoolean"] = True
    if patient.extension != EMPTY:
        given["extension"] = _decoder.decode(patient.extension)
    return given


class Group(Struct):
    """The resources of one person."""

    patient: Piece | None
    pieces: list[Piece]
    key: str = ""


# --- Bytes --------------------------------------------------------------------------------------------------------


def content_of(source: bytes) -> bytes:
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(WHERE, len(source), MAX_BYTES)
    return source.removeprefix(b"\xef\xbb\xbf").strip()


def resources(source: bytes) -> list[Piece]:
    """Every resource of a Bundle, a single resource, a list of them, or one a line."""
    content = content_of(source)
    if (entries := plain_entries(content)) is not None:
        return pieces_of(entries, content)
    return resources_of(content)


def resources_of(content: bytes) -> list[Piece]:
    """As ``resources``, of what is no Bundle of plain resources alone."""
    if (found := _of_bundle(content)) is not None:
        return found
    try:
        whole = _decoded(content)
    except msgspec.DecodeError:
        lines = content.splitlines()
        if len(lines) < 2:
            raise errors.broken_syntax(WHERE, "JSON") from None
        return _of_lines(lines)
    pieces = list(_flattened(whole, "", 0))
    if len(pieces) > MAX_RESOURCES:
        raise errors.too_many_entries(WHERE, len(pieces), MAX_RESOURCES)
    return pieces


def _of_bundle(content: bytes) -> list[Piece] | None:
    """The entries of a Bundle, each as plain values where it can be; nothing where more has to be looked at."""
    try:
        entries = _bundles.decode(content).entry
        if len(entries) > MAX_RESOURCES or not (content.isascii() or content.decode()):
            return None
        found: list[Piece] = []
        for place, entry in enumerate(entries):
            where = f"entry[{place}]"
            if not entry.search and (piece := typed(entry.resource, f"{where} ", entry.full_url)) is not None:
                found.append(piece)
            else:
                search = {"search": _decoder.decode(entry.search)} if entry.search else {}
                whole = {"resource": _decoder.decode(entry.resource), "fullUrl": entry.full_url, **search}
                found += _entry(whole, "resource", where, 0)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return None
    return found if len(found) <= MAX_RESOURCES else None


def plain_entries(content: bytes) -> list[PlainEntry] | None:
    """The entries of a Bundle all of which are plain, in one step."""
    try:
        entries = _plain_bundles.decode(content).entry
        if len(entries) > MAX_RESOURCES or not (content.isascii() or content.decode()):
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return None
    return None if any(entry.search for entry in entries) else entries


def pieces_of(entries: list[PlainEntry], content: bytes) -> list[Piece]:
    """Each entry with its place; its JSON is decoded again where it has to be looked at."""
    source, found = Source(content), []
    for place, entry in enumerate(entries):
        one, own = entry.resource, None
        plain: Typed | None
        kind = KINDS[type(one)]
        if type(one) is Patient:
            plain, own = None, one
        else:
            plain = one  # type: ignore[assignment]
        where = plain_place(place, kind, one.id)
        found.append(Piece(where, None, kind, entry.full_url, "", plain, EMPTY, source, place, own, one.id))
    return found


def plain_place(place: int, kind: str, id: str) -> str:
    return f"entry[{place}] {kind}/{id[:64]}" if id else f"entry[{place}] {kind}"


KINDS: dict[type, str] = {one: one.__name__ for one in (*get_args(Typed), Patient)}


def typed(content: Raw | bytes, where: str, url: str = "") -> Piece | None:
    """A resource of which every field is known, not decoded any further."""
    try:
        one = _typed.decode(content)
    except (msgspec.ValidationError, ArithmeticError):
        return None
    kind = KINDS[type(one)]
    named_so = f"{where}{kind}/{one.id[:64]}" if one.id else f"{where}{kind}"
    written = content if isinstance(content, Raw) else Raw(content)
    return Piece(named_so, None, kind, url, "", one, written, known_id=one.id)


def _decoded(content: bytes) -> Any:
    try:
        return _decoder.decode(content)
    except RecursionError:
        raise errors.nested_too_deeply(WHERE, MAX_DEPTH) from None
    except UnicodeDecodeError:
        raise errors.not_readable_text(WHERE) from None


def _of_lines(lines: list[bytes]) -> list[Piece]:
    """One resource a line; a line that is none is set aside, unless not one of them is."""
    found: list[Piece] = []
    good = 0
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            if is_text(line) and (piece := typed(line, f"line {place} ")) is not None:
                good += 1
                found.append(piece)
                continue
            one = _decoded(line.strip())
        except msgspec.DecodeError:
            found.append(Piece(f"line {place}", NOTHING, aside="the line is not JSON"))
            continue
        good += 1
        found += _flattened(one, f"line {place}", 0)
        if len(found) > MAX_RESOURCES:
            raise errors.too_many_entries(WHERE, len(found), MAX_RESOURCES)
    if not good:
        raise errors.broken_syntax(WHERE, "JSON")
    return found


def _flattened(given: Any, where: str, depth: int) -> Iterator[Piece]:
    if depth > MAX_BUNDLES:
        yield Piece(where, NOTHING, aside="it lies in too many Bundles within Bundles")
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from _flattened(one, f"{where}[{place}]", depth + 1)
    elif not isinstance(given, dict):
        yield Piece(where or WHERE, NOTHING, aside="it is not a resource")
    elif given.get("resourceType") == "Bundle":
        yield from _entries(given.get("entry"), "resource", f"{where} entry".strip(), depth)
    elif given.get("resourceType") == "Parameters":
        yield from _entries(given.get("parameter"), "resource", f"{where} parameter".strip(), depth)
    else:
        kind = plain_text(given.get("resourceType"))
        yield Piece(named(where, kind, given), given, kind, aside="" if kind else "it is not a resource")


def _entries(entries: Any, key: str, where: str, depth: int) -> Iterator[Piece]:
    given = entries if isinstance(entries, list) else [] if entries is None else [entries]
    for place, entry in enumerate(given):
        yield from _entry(entry, key, f"{where}[{place}]", depth)


def _entry(entry: Any, key: str, here: str, depth: int) -> Iterator[Piece]:
    one = obj(entry)
    resource = one.get(key)
    if not isinstance(resource, dict):
        method = text(obj(one.get("request")).get("method"))
        aside = "it asks for a deletion" if method == "DELETE" else "it holds no resource"
        yield Piece(here, NOTHING, aside=aside)
        return
    kind = plain_text(resource.get("resourceType"))
    if kind in ("Bundle", "Parameters"):
        yield from _flattened(resource, here, depth + 1)
        return
    aside = "" if kind else "it is not a resource"
    if "search" in one and text(obj(one["search"]).get("mode")) == "outcome":
        aside = "it is a message of the server"
    yield Piece(named(here, kind, resource), resource, kind, plain_text(one.get("fullUrl")), aside)


def named(where: str, kind: str, resource: Json) -> str:
    """The place with the resource's own type and id: `entry[3] Observation/abc`."""
    own = resource.get("id")
    if isinstance(own, str) and own:
        return f"{where} {kind[:60]}/{own[:64]}" if where else f"{kind[:60]}/{own[:64]}"
    return f"{where} {kind[:60]}".strip()


# --- Addresses ----------------------------------------------------------------------------------------------------


class Directory(Struct):
    """Resources by the addresses under which others refer to them; made when the first address is looked up."""

    pieces: list[Piece]
    places: dict[str, Piece] | None = None

    @property
    def known(self) -> dict[str, Piece]:
        if self.places is None:
            self.places = _places(self.pieces)
        return self.places

    def find(self, reference: Any, within: Json = NOTHING) -> Json:
        """The resource that a Reference means, contained ones included; nothing where it is not here."""
        address = text(obj(reference).get("reference"))
        if address.startswith("#"):
            return next(
                (one for one in items(within.get("contained")) if one.get("id") == address[1:]), NOTHING
            )
        found = self.known.get(local(address)) if address else None
        return found.resource if found else NOTHING

    def piece(self, reference: Any) -> Piece | None:
        """The piece that a Reference to another place means."""
        address = text(obj(reference).get("reference"))
        return self.known.get(local(address)) if address and address[0] != "#" else None


def local(address: str) -> str:
    """An address without server and version: `Patient/7`."""
    if address.startswith("urn:"):
        return address
    parts = address.split("/_history/", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def directory(pieces: list[Piece]) -> Directory:
    return Directory(pieces)


def _places(pieces: list[Piece]) -> dict[str, Piece]:
    known: dict[str, Piece] = {}
    for piece in pieces:
        if piece.url:
            known.setdefault(local(piece.url), piece)
        own = piece.own
        if isinstance(own, str) and own:
            known.setdefault(f"{piece.kind}/{own}", piece)
    known.pop("", None)
    return known


# --- People -------------------------------------------------------------------------------------------------------


def people(pieces: list[Piece], index: Directory) -> list[Group]:
    """The resources person by person, in the order in which the people are met."""
    groups: dict[str, Group] = {}
    patients = [piece for piece in pieces if piece.kind == "Patient" and not piece.aside]
    keys: dict[int, str] = {}
    for piece in patients:
        key = keys[id(piece)] = local(piece.url) or f"Patient/{text(piece.own)}"
        if key not in groups:
            groups[key] = Group(piece, [], key)
    firsts = {id(group.patient): key for key, group in groups.items()}
    met = _addresses_of_the_one(patients, pieces)
    if met and _all_name(met, pieces):
        return [Group(pieces[0], pieces, keys[id(pieces[0])])]
    others: list[tuple[Piece, str]] = []
    for piece in pieces:
        if (plain := piece.plain) is not None:
            whose = plain.subject
            if piece.aside or whose is None:
                key = ""
            elif (known := met.get(whose.reference)) is not None:
                key = known
            else:
                key = owner(piece.resource, index, keys, patients)
                if key and whose.reference[:1] != "#":
                    met[whose.reference] = key
            others.append((piece, key))
            continue
        if id(piece) in firsts:
            groups[firsts[id(piece)]].pieces.append(piece)
            continue
        key = ""
        if not piece.aside:
            subject = piece.resource.get("subject")
            named_so = subject.get("reference") if isinstance(subject, dict) else None
            if isinstance(named_so, str) and named_so in met:
                key = met[named_so]
            else:
                key = owner(piece.resource, index, keys, patients)
                if key and isinstance(named_so, str) and named_so[:1] != "#":
                    met[named_so] = key
        others.append((piece, key))
    for _, key in others:
        if key and key not in groups:
            groups[key] = Group(None, [], key)
    if not groups:
        groups[""] = Group(None, [], "")
    only = next(iter(groups)) if len(groups) == 1 else ""
    first = groups[next(iter(groups))]
    for piece, key in others:
        if key or only or len(groups) == 1:
            groups[key or only].pieces.append(piece)
        else:
            if not piece.aside and piece.kind not in SHARED:
                piece.aside = "it does not say of whom of several people it speaks"
            first.pieces.append(piece)
    return list(groups.values())


def _addresses_of_the_one(patients: list[Piece], pieces: list[Piece]) -> dict[str, str]:
    """How others refer to a patient who is the only one and stands first, so that nothing else has these addresses."""
    if len(patients) != 1 or patients[0] is not pieces[0]:
        return {}
    return addresses_of(patients[0].url, patients[0].own)


def addresses_of(url: str, own: Any) -> dict[str, str]:
    """How others refer to a patient, each with the key under which the patient is known."""
    key = local(url) or f"Patient/{text(own)}"
    found = {url: key} if url else {}
    return found | {f"Patient/{own}": key} if isinstance(own, str) and own and own == text(own) else found


def _all_name(addresses: dict[str, str], pieces: list[Piece]) -> bool:
    """Whether every resource but the first is plain and speaks of the person who has these addresses."""
    for piece in pieces[1:]:
        plain = piece.plain
        if plain is None or piece.aside or plain.subject is None or plain.subject.reference not in addresses:
            return False
    return True


SHARED = frozenset(
    {
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "Medication",
        "Device",
        "Substance",
        "MessageHeader",
    }
)
"""Kinds that belong to nobody."""


def owner(resource: Json, index: Directory, keys: dict[int, str], patients: list[Piece]) -> str:
    """The key of the person a resource speaks of; empty where it does not say."""
    for name in SUBJECTS:
        given = resource.get(name)
        for one in items(given):
            if key := _meant(one, resource, index, keys, patients):
                return key
    return ""


def _meant(
    reference: Json, resource: Json, index: Directory, keys: dict[int, str], patients: list[Piece]
) -> str:
    address = text(reference.get("reference"))
    if address.startswith("#"):
        found = index.find(reference, resource)
        return (
            f"contained {text(found.get('id'))}"
            if found.get("resourceType") == "Patient" and not patients
            else ""
        )
    if (known := index.piece(reference)) is not None and id(known) in keys:
        return keys[id(known)]
    identifier = text(obj(reference.get("identifier")).get("value"))
    if identifier:
        bearers = [
            p
            for p in patients
            if any(text(i.get("value")) == identifier for i in items(p.resource.get("identifier")))
        ]
        if len(bearers) == 1:
            return keys[id(bearers[0])]
    if not address or (text(reference.get("type")) or local(address).split("/")[0]) not in (
        "Patient",
        address,
    ):
        return ""
    return "" if len(patients) == 1 and address.startswith("urn:") else local(address)
