"""The segments, fields and components are those that an independent library finds; and the files of other houses are read."""

from __future__ import annotations

from pathlib import Path

import hl7
import pytest

from cobalens.intake import hl7v2
from cobalens.intake.hl7v2.syntax import components, read_file
from cobalens.model.record import Record
from tests.records.carried import SHARED, accounted
from tests.records.hl7v2.messages import B12, HEAD, ORDER, PATIENT, message
from tests.records.hl7v2.writer import message as written
from tests.robustness.cases import RULES, cases

OWN = {
    "a full panel": message(
        B12, "NTE|1|L|Fasting sample", "OBX|2|SN|13964-2^Methylmalonate^LN||>^0.9|umol/L|<0.4|H~A|||C"
    ),
    "no results": "\r".join([HEAD, PATIENT, ORDER]).encode() + b"\r",
    "an older version": message(B12, head=HEAD.replace("2.5.1", "2.3")),
}
SENT = {path.name: path for path in sorted((SHARED / "data" / "hl7v2").glob("*.hl7"))}
GRAFTED = (
    "OBX|901|NM|2132-9^Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma^LN||152|pg/mL|200-900|L|||F",
    "OBX|902|NM|13964-2^Methylmalonate [Moles/volume] in Serum or Plasma^LN||0.91|umol/L|<0.40|H|||F",
    "OBX|903|ST|13965-9^Homocysteine^LN||22.5|umol/L|5-15|H|||F",
    "OBX|904|NM|FOL^FOLATE SERUM^L||9.1|ng/mL|>4|N|||F",
)


def contents() -> dict[str, bytes]:
    own = {**OWN, **{f"case {name}": written(case).encode() for name, case in list(cases().items())[:25]}}
    return {**own, **{name: path.read_bytes() for name, path in SENT.items()}}


def tidy(content: bytes) -> str:
    lines = [
        line.strip("\ufeff \t")
        for line in content.decode("utf-8-sig").replace("\r\n", "\r").replace("\n", "\r").split("\r")
    ]
    return "\r".join(line for line in lines if line)


@pytest.mark.parametrize("name", contents())
def test_an_independent_parser_finds_the_same(name: str) -> None:
    content = contents()[name]
    theirs = hl7.parse(tidy(content))
    (ours,) = read_file(content, "input").messages
    assert [one.name for one in ours.segments] == [str(one[0]) for one in theirs]
    for own, other in zip(ours.segments, theirs, strict=True):
        assert [raw.strip() for raw in own.fields] == [str(field).strip() for field in other]
        if own.name == "OBX":
            for number in (3, 6):
                first = own.raw(number).split(own.marks.repeat)[0]
                expected = (
                    [theirs.unescape(str(part)).strip() for part in other[number][0]]
                    if own.raw(number) and not isinstance(other[number][0], str)
                    else None
                )
                assert expected is None or components(first, own.marks) == expected


@pytest.mark.parametrize("name", [*OWN, *SENT])
def test_a_message_of_another_house_is_read_with_b12_beside_it(name: str) -> None:
    content = OWN[name] if name in OWN else Path(SENT[name]).read_bytes()
    end = "\r\n" if b"\r\n" in content else "\n" if b"\n" in content else "\r"
    grafted = content.decode("utf-8-sig").rstrip("\r\n") + end + end.join(GRAFTED) + end
    (record,) = hl7v2.read(grafted.encode(), RULES)
    assert isinstance(record, Record)
    accounted(record, len(read_file(grafted.encode(), "input").messages[0].segments))
    found = {lab.analyte: lab.text for lab in record.labs if lab.where.startswith("OBX")}
    assert {
        "mma": "0.91 umol/L",
        "homocysteine": "22.5 umol/L",
        "folate_serum": "9.1 ng/mL",
    }.items() <= found.items()
    assert "152 pg/mL" in [lab.text for lab in record.labs if lab.analyte == "vitamin_b12"]
