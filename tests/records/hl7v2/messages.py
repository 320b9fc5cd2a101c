"""Messages for the tests: a frame with a patient and an order, and the rows that a test adds."""

from __future__ import annotations

from cobalens.intake import hl7v2
from cobalens.model.record import Element, Lab, Record
from tests.robustness.cases import RULES

HEAD = "MSH|^~\\&|LIS|H|EHR|H|20260302120000+0000||ORU^R01^ORU_R01|1|P|2.5.1"
PATIENT = "PID|1||4711^^^H^MR||DOE^JANE||19590101|F"
ORDER = "OBR|1||F1|B12^B12^L|||20260227083000"
B12 = "OBX|1|NM|2132-9^Cobalamin^LN||195|pg/mL|200-900|L|||F"


def message(*rows: str, head: str = HEAD, patient: str = PATIENT, order: str = ORDER) -> bytes:
    return ("\r".join([head, patient, order, *rows]) + "\r").encode()


def read(source: bytes, as_of: str | None = None) -> Record:
    found = hl7v2.read(source, RULES, as_of)
    assert len(found) == 1
    assert isinstance(found[0], Record)
    return found[0]


def labs(*rows: str) -> dict[str, Lab]:
    return {lab.analyte: lab for lab in read(message(*rows)).labs}


def element(record: Record, where: str) -> Element:
    return next(one for one in record.elements if one.where == where)


def concepts(record: Record) -> set[str]:
    return {
        event.concept for event in record.events if event.affirmed and not event.doubt and not event.family
    }
