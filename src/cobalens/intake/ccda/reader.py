"""A C-CDA document to a record: whose it is, on which day it is judged, and its sections in their order."""

from __future__ import annotations

import datetime as dt
from xml.etree.ElementTree import Element

from cobalens import errors
from cobalens.intake import dates
from cobalens.intake.casefile import tools_for
from cobalens.intake.ccda.narrative import words_of
from cobalens.intake.ccda.place import Reading
from cobalens.intake.ccda.sections import section
from cobalens.intake.draft import SET_ASIDE, UNDERSTOOD, USED, Draft, close, finish, note, part, put
from cobalens.intake.laboratory.reportwords import clinical
from cobalens.intake.stamps import stamp, zone_of
from cobalens.intake.xmlsafe import tree
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

OLDEST = 130
_SEX = {"F": "female", "M": "male", "FEMALE": "female", "MALE": "male"}


def read_document(
    source: bytes, ruleset: Ruleset, as_of: str | None, id: str, complete: frozenset[str]
) -> Record:
    """The one person of a document."""
    root = tree(source, "input")
    if root.tag != "ClinicalDocument":
        raise errors.not_a_case("input", "XML that is no clinical document")
    time = root.find("effectiveTime")
    written = time.get("value", "") if time is not None else ""
    zone = zone_of(written)
    day = _decision_day(as_of, stamp(written, zone).date)
    draft = Draft()
    lexicon = ruleset.lexicon.get("fhir", {})
    reading = Reading(draft, tools_for(ruleset), zone, lexicon.get("answers", {}), lexicon.get("routes", {}))
    own = _person(root, draft, day)
    close(draft, part(draft, "header", "document header"), UNDERSTOOD)
    for one in root.iter("section"):
        section(one, reading)
    for body in root.iter("nonXMLBody"):
        _plain_body(body, draft)
    return finish(draft, ruleset, day.isoformat(), own if id == "case" and own else id, complete)


def _decision_day(as_of: str | None, written: str) -> dt.date:
    text = as_of or written
    if not text:
        raise errors.as_of_needed("input")
    try:
        first, last, _ = dates.parse_date(text)
    except dates.DateError:
        raise errors.date_not_understood("as_of") from None
    if first != last:
        raise errors.date_not_understood("as_of") if as_of else errors.as_of_needed("input")
    return first


def _person(root: Element, draft: Draft, day: dt.date) -> str:
    """Sex, birth date and race; the identifier. Names and addresses are not read."""
    role = root.find("recordTarget/patientRole")
    number = part(draft, "recordTarget", "patient")
    draft.patient_part = number
    if role is None:
        close(draft, number, UNDERSTOOD, "no patient is named")
        return ""
    who = role.find("patient")
    if who is not None:
        gender = who.find("administrativeGenderCode")
        word = (gender.get("code") or gender.get("displayName") or "").upper() if gender is not None else ""
        if word in _SEX:
            draft.patient["sex"] = _SEX[word]
        _born(who, draft, number, day)
        _died(who, draft, number)
        race = [one.get("displayName", "") for one in who.findall("raceCode") if one.get("displayName")]
        if race:
            draft.patient["ethnicity"] = race
    close(draft, number, USED if draft.patient else UNDERSTOOD)
    ids = [one.get("extension") or "" for one in role.findall("id")]
    return next((one for one in ids if one), "")[:200]


def _born(who: Element, draft: Draft, number: int, day: dt.date) -> None:
    birth = who.find("birthTime")
    written = birth.get("value", "") if birth is not None else ""
    born = stamp(written)
    if (
        born.date
        and born.date <= day.isoformat()[: len(born.date)]
        and day.year - int(born.date[:4]) <= OLDEST
    ):
        draft.patient["birth_date"] = born.date
    elif written:
        note(draft, number, "The birth date is no possible one; the age is not known.")


def _died(who: Element, draft: Draft, number: int) -> None:
    """Both are extensions of HL7's structured documents committee; a time says so without the mark too."""
    mark, time = who.find("deceasedInd"), who.find("deceasedTime")
    # A time of death that is said to be unknown tells of a death all the same.
    nothing_known = time is None or (not time.get("value") and time.get("nullFlavor") in (None, "NI", "NA"))
    if (mark is None or mark.get("value", "").lower() != "true") and nothing_known:
        return
    note(draft, number, "The record says that this person has died.")
    draft.deaths.add(stamp(time.get("value", "")).date if time is not None else "")


def _plain_body(body: Element, draft: Draft) -> None:
    """A document that is not structured: text is read as a note, anything else is an attachment."""
    text = body.find("text")
    number = part(draft, "nonXMLBody", "document body")
    kind = text.get("mediaType", "text/plain") if text is not None else ""
    if text is None or text.get("representation") == "B64" or not kind.startswith("text/"):
        close(draft, number, SET_ASIDE, "an attached document, not read")
    elif words := clinical(words_of(text)):
        put(draft, "note", words, number)
    else:
        close(draft, number, UNDERSTOOD, "empty")
