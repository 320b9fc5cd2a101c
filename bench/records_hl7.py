"""`python -m bench.records_hl7`: an HL7 v2 message to facts, beside what python-hl7 needs to parse it."""

from __future__ import annotations

import hl7

from bench.timing import by_turns
from cobalens import api
from cobalens.compiler import load_ruleset
from cobalens.intake import hl7v2
from cobalens.intake.timelines.timeline import facts_of

TARGET = 1.2
VARIANTS = 40
"""Messages of the same kind with other people, days and numbers, so that no answer is remembered."""
TESTS = [
    ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "pg/mL", "200-900", 243),
    ("13964-2", "Methylmalonate [Moles/volume] in Serum or Plasma", "umol/L", "0.08 to 0.36", 1),
    ("13965-9", "Homocysteine [Moles/volume] in Serum or Plasma", "umol/L", "5-15", 17),
    ("2284-8", "Folate [Mass/volume] in Serum or Plasma", "ng/mL", ">4", 9),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "12.0-15.5", 11),
    ("787-2", "MCV [Entitic volume] by Automated count", "fL", "80-100", 101),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", "150-400", 233),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", "4-10", 5),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "0.6-1.2", 1),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", "<40", 23),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", "<200", 181),
    ("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", "<150", 121),
]
PRODUCER = "Century Hospital^^^^^CLIA&2.16.840.1.113883.4.7&ISO^XX^^^987|2070 Test Park^^Los Angeles^CA^90067^^B|2343242^Knowsalot^Phil^^^Dr.^^^AA&1.2.3&ISO^L"


def example(number: int) -> bytes:
    """A panel of twenty-four results with a remark, a diagnosis and a medicine."""
    day = f"202602{1 + number % 27:02}"
    rows = [
        f"MSH|^~\\&|LIS^2.16.840.1.113883.3.1^ISO|HOSPITAL|EHR|CLINIC|{day}120000+0000||ORU^R01^ORU_R01|{number}|P|2.5.1",
        f"PID|1||{number}^^^HOSPITAL^MR||DOE^JANE^A||19{40 + number % 40}0401|F||2106-3^White^CDCREC|1 Main St^^Town^CA^90067",
        f"ORC|RE|O{number}^EHR|F{number}^LIS|||||||||57422^Radon^Nicholas^^^^^^AA&1.2.3&ISO^L",
        f"OBR|1|O{number}^EHR|F{number}^LIS|57021-8^Panel^LN|||{day}083000+0000|||||||||57422^Radon^Nicholas||||||{day}110000+0000|||F",
    ]
    for at, (code, name, unit, limits, value) in enumerate(TESTS + TESTS, 1):
        when = f"2026{1 + at // 13:02}{1 + number % 27:02}0830"
        result = f"{value + (number + at) / 100:.2f}"
        rows.append(
            f"OBX|{at}|NM|{code}^{name}^LN^{at}^{name[:12]}^L||{result}|{unit}^{unit}^UCUM|{limits}|N|||F|||{when}|||||{when}||||{PRODUCER}"
        )
    rows.append("NTE|1|L|Values below 200 pg/mL suggest deficiency.")
    rows.append("DG1|1||C67.9^Malignant neoplasm of bladder^I10|||F")
    rows.append("RXE|^BID^^20200101|6809^metformin^RXNORM|1000||mg")
    return ("\r".join(rows) + "\r").encode()


def measured() -> tuple[float, float]:
    """Milliseconds a message: ours to facts, and the other library's parse."""
    ruleset = load_ruleset()
    pack = ruleset.packs[api.PRIMARY]
    messages = [example(number) for number in range(VARIANTS)]

    def ours() -> None:
        for one in messages:
            for record in hl7v2.read(one, ruleset):
                facts_of(record, ruleset, pack)  # type: ignore[arg-type]

    def theirs() -> None:
        for one in messages:
            hl7.parse(one.decode())

    ours()
    theirs()
    mine, parse = (seconds / len(messages) * 1000 for seconds in by_turns(ours, theirs, rounds=7))
    return mine, parse


def main() -> int:
    mine, parse = measured()
    holds = "holds" if mine <= TARGET * parse else "does not hold"
    print(
        f"a message of {len(TESTS) * 2} results to facts: {mine:.2f} ms; parsed by python-hl7 alone: {parse:.2f} ms"
    )
    print(f"ratio {mine / parse:.3f}, promised at most {TARGET}: {holds}")
    return 0 if mine <= TARGET * parse else 1


if __name__ == "__main__":
    raise SystemExit(main())
