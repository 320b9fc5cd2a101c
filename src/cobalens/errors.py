"""Every refusal a person may read, as named constructors: what is wrong, where, what was probably meant, what to do.

No message holds a value from a patient's record: keys, units, positions and limits only.
"""

from __future__ import annotations

from collections.abc import Iterable


class CobalensError(Exception):
    """A refusal that teaches. ``code`` is stable and for machines; the rest is for people."""

    def __init__(self, code: str, where: str, problem: str, likely: str = "", next: str = "") -> None:
        self.code = code
        self.where = where
        self.problem = problem
        self.likely = likely
        self.next = next
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        parts = [f"{place}{self.problem}", self.likely, self.next]
        return " ".join(part for part in parts if part)

    def __reduce__(self) -> tuple[type[CobalensError], tuple[str, ...]]:
        """A refusal in a process that works for another arrives there as it is."""
        return type(self), (self.code, self.where, self.problem, self.likely, self.next)

    def as_dict(self) -> dict[str, str]:
        """The shape that the JSON output, problem+json and OperationOutcome share."""
        return {
            "code": self.code,
            "where": self.where,
            "problem": self.problem,
            "likely": self.likely,
            "next": self.next,
        }


def suggest(word: str, known: Iterable[str], cutoff: float = 0.72) -> str | None:
    """The known name that a misspelt word most probably meant, or ``None``."""
    from difflib import get_close_matches  # only needed when something is wrong

    close = get_close_matches(word.strip().lower()[:80], sorted(set(known)), n=1, cutoff=cutoff)
    return close[0] if close else None


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = suggest(word, known)
    return f'Did you mean "{close}"?' if close else ""


# --- Reading a file -----------------------------------------------------------------------------------------


def file_too_large(where: str, size: int, limit: int) -> CobalensError:
    return CobalensError(
        "file_too_large",
        where,
        f"The file has {size:,} bytes; at most {limit:,} are read.",
        "A file of this size usually holds several people, or a scanned document.",
        "Give one file per person, or use `cobalens cohort run` for many.",
    )


def text_too_long(where: str, size: int, limit: int) -> CobalensError:
    return CobalensError(
        "text_too_long",
        where,
        f"The text has {size:,} characters; at most {limit:,} are read.",
        "A whole chart may have been pasted.",
        "Keep the part that bears on vitamin B12: results, symptoms, history, medicines.",
    )


def too_many_entries(where: str, count: int, limit: int) -> CobalensError:
    return CobalensError(
        "too_many_entries",
        where,
        f"The list has {count:,} entries; at most {limit:,} are read.",
        "",
        "Keep the entries that bear on this question, or use `cobalens cohort run`.",
    )


def nested_too_deeply(where: str, limit: int) -> CobalensError:
    return CobalensError(
        "nested_too_deeply",
        where,
        f"The input is nested more than {limit} levels deep.",
        "A case file needs four levels at most.",
        "Compare the file with the example that `cobalens demo` prints.",
    )


def not_readable_text(where: str) -> CobalensError:
    return CobalensError(
        "not_readable_text",
        where,
        "The file is not text in UTF-8.",
        "It may be a spreadsheet, a PDF or a file in an older encoding.",
        "Save it as UTF-8 text and try again.",
    )


def broken_syntax(where: str, kind: str, line: int | None = None, column: int | None = None) -> CobalensError:
    place = (
        f" at line {line}" + (f", column {column}" if column is not None else "") if line is not None else ""
    )
    return CobalensError(
        "broken_syntax",
        where,
        f"The {kind} text cannot be parsed{place}.",
        "A quote, comma or bracket may be missing.",
        "Mend the place named and try again.",
    )


def empty_input(where: str) -> CobalensError:
    return CobalensError(
        "empty_input",
        where,
        "There is nothing to read.",
        "",
        "Give a case with at least one laboratory result, symptom, condition or medicine.",
    )


def unknown_kind(where: str) -> CobalensError:
    return CobalensError(
        "unknown_kind",
        where,
        "The content is in none of the formats that are read: "
        "a case (JSON, YAML, TOML), FHIR R4 (a Bundle, a resource, NDJSON), HL7 v2, C-CDA, an Apple Health export, "
        "a table (CSV, TSV, Excel, Parquet), PDF, or results pasted as text.",
        "",
        "See the file formats in the documentation, or start from the example that `cobalens demo` prints.",
    )


def other_document(where: str, kind: str) -> CobalensError:
    return CobalensError(
        "other_document",
        where,
        f"The content is {kind}, which is not read.",
        "",
        "Copy the results and paste them as text, or save them as PDF with a text layer, as Excel or as CSV.",
    )


def about_nobody(where: str, kind: str) -> CobalensError:
    return CobalensError(
        "about_nobody",
        where,
        f"The content is {kind} alone, in which nothing is said about a person.",
        "A server that cannot answer a search sends an OperationOutcome in its place.",
        "Send a Bundle with the patient's results, or the resources themselves.",
    )


def own_answer(where: str) -> CobalensError:
    return CobalensError(
        "own_answer",
        where,
        "This is an answer of this program, and no record.",
        "Read as one, what was concluded would count as evidence for itself.",
        "Give the record that was answered.",
    )


def not_a_case(where: str, found: str) -> CobalensError:
    return CobalensError(
        "not_a_case",
        where,
        f"A case is an object with `patient` and `facts`; this is {found}.",
        "",
        'Begin with {"patient": {"age": 67, "sex": "female"}, "facts": {"labs": []}}.',
    )


def wrong_shape(where: str, expected: str, found: str) -> CobalensError:
    return CobalensError(
        "wrong_shape",
        where,
        f"Expected {expected}, found {found}.",
        "",
        "Compare the entry with the case file's description in the documentation.",
    )


def unknown_key(where: str, key: str, known: Iterable[str]) -> CobalensError:
    names = sorted(set(known))
    return CobalensError(
        "unknown_key",
        where,
        f'The key "{key[:60]}" is not known here.',
        _did_you_mean(key, names),
        f"Known keys: {', '.join(names)}.",
    )


# --- The person -----------------------------------------------------------------------------------------------


def age_disagrees(where: str) -> CobalensError:
    return CobalensError(
        "age_disagrees",
        where,
        "The age and the birth date given do not agree.",
        "One of the two belongs to another person, or to another day.",
        "Correct one of them, or leave one out.",
    )


def age_impossible(where: str) -> CobalensError:
    return CobalensError(
        "age_impossible",
        where,
        "The age is not a number of years between 0 and 130.",
        "The age may have been given in months, or as a year of birth.",
        "Give the age in whole years.",
    )


def birth_date_impossible(where: str) -> CobalensError:
    return CobalensError(
        "birth_date_impossible",
        where,
        "The birth date is not a date on or before the day of decision.",
        "Day and month may be exchanged.",
        'Give it as "YYYY-MM-DD".',
    )


def two_people(where: str) -> CobalensError:
    return CobalensError(
        "two_people",
        where,
        "The input holds records of more than one person.",
        "",
        "Give one file per person, or use `cobalens cohort run`.",
    )


# --- Dates ----------------------------------------------------------------------------------------------------


def as_of_needed(where: str) -> CobalensError:
    return CobalensError(
        "as_of_needed",
        where,
        "The input is dated, and the day of decision was not given.",
        "",
        "Give `as_of` (command line: `--as-of YYYY-MM-DD`).",
    )


def date_not_understood(where: str) -> CobalensError:
    return CobalensError(
        "date_not_understood",
        where,
        "The date is not understood.",
        "Day and month may be exchanged, or the month may be written in words.",
        'Give dates as "YYYY-MM-DD", "YYYY-MM" or "YYYY", or days relative to the decision as `day`.',
    )


# --- Choices --------------------------------------------------------------------------------------------------


def unknown_analyte(where: str, name: str, known: Iterable[str]) -> CobalensError:
    names = set(known)
    return CobalensError(
        "unknown_analyte",
        where,
        f'"{name[:60]}" is not an analyte that is known here.',
        _did_you_mean(name, names),
        "Analyte names and their spellings are listed in the rulebook.",
    )


def unknown_unit(where: str, unit: str, known: Iterable[str]) -> CobalensError:
    return CobalensError(
        "unknown_unit",
        where,
        f'The unit "{unit[:30]}" is not known.',
        _did_you_mean(unit, known),
        f"Units read here: {', '.join(sorted(set(known)))}.",
    )


def units_incompatible(unit: str, analyte: str, units: Iterable[str]) -> CobalensError:
    return CobalensError(
        "units_incompatible",
        analyte,
        f'A limit of {analyte} cannot be expressed in "{unit[:30]}".',
        "",
        f"It is reported in {', '.join(units)}.",
    )


def unknown_pack(name: str, known: Iterable[str]) -> CobalensError:
    names = sorted(set(known))
    return CobalensError(
        "unknown_pack",
        "pack",
        f'There is no pack called "{name[:60]}".',
        _did_you_mean(name, names),
        f"Packs: {', '.join(names)}.",
    )


def unknown_language(name: str, known: Iterable[str]) -> CobalensError:
    names = sorted(set(known))
    return CobalensError(
        "unknown_language",
        "language",
        f'There is no text in the language "{name[:20]}".',
        _did_you_mean(name, names),
        f"Languages: {', '.join(names)}.",
    )


def unknown_finding(name: str, known: Iterable[str]) -> CobalensError:
    return CobalensError(
        "unknown_finding",
        "finding",
        f'No rule gives a finding called "{name[:80]}".',
        _did_you_mean(name, known),
        "The codes are listed in the rulebook.",
    )


def setting_not_understood(where: str, setting: str) -> CobalensError:
    return CobalensError(
        "setting_not_understood",
        where,
        f'"{setting[:40]}" is not a change that can be applied.',
        "",
        "Write name=value, for example mma=0.55umol/L or pregnant=no.",
    )


def setting_name_unknown(where: str, name: str, known: Iterable[str]) -> CobalensError:
    return CobalensError(
        "setting_name_unknown",
        where,
        f'"{name[:60]}" is no test, no fact and no phrase that is known here.',
        _did_you_mean(name, known),
        "Name a test, a fact as the rulebook lists it, or a symptom, drug or condition as people write it.",
    )


def setting_value_unknown(where: str, value: str, known: Iterable[str]) -> CobalensError:
    words = list(known)
    return CobalensError(
        "setting_value_unknown",
        where,
        f'"{value[:40]}" is not a value that can be supposed here.',
        _did_you_mean(value, words),
        f"Values: {', '.join(words)}."
        if words
        else "Write number and unit, or raised, low, normal, positive.",
    )


def setting_needs_unit(where: str, label: str, units: Iterable[str]) -> CobalensError:
    return CobalensError(
        "setting_needs_unit",
        where,
        f"{label[:1].upper()}{label[1:]} needs a number with its unit, or the laboratory's word.",
        "The same number means different things in different units.",
        f"Units: {', '.join(units)}. Or write raised, low, normal, positive.",
    )


def setting_unit_cannot_be(where: str, label: str, units: Iterable[str]) -> CobalensError:
    names = list(units)
    return CobalensError(
        "setting_unit_cannot_be",
        where,
        f"{label[:1].upper()}{label[1:]} is not reported in this unit.",
        f"{names[0]} may be meant." if names else "",
        f"Units: {', '.join(names)}, or another spelling or scale of them.",
    )


def setting_implausible(where: str, label: str, units: Iterable[str]) -> CobalensError:
    return CobalensError(
        "setting_implausible",
        where,
        f"{label[:1].upper()}{label[1:]} cannot have this value in this unit.",
        "Another unit may be meant, or a decimal point is missing.",
        f"Units: {', '.join(units)}.",
    )


def facts_without_sql(known: Iterable[str]) -> CobalensError:
    return CobalensError(
        "facts_without_sql",
        "",
        f"These facts have no reading in SQL: {', '.join(known)}.",
        "Their timeline is new, or facts of one test have different limits.",
        "Teach engines/sql/timelines the timeline, or leave these facts out of the query.",
    )


def omop_tables_missing(names: Iterable[str]) -> CobalensError:
    return CobalensError(
        "omop_tables_missing",
        "source",
        f"Tables of the OMOP CDM are missing: {', '.join(names)}.",
        "The folder holds something else, or only a part of the instance was exported.",
        "Give the folder or database with person, measurement, condition_occurrence, drug_exposure and procedure_occurrence; "
        "empty tables will do.",
    )


def omop_columns_missing(names: Iterable[str]) -> CobalensError:
    return CobalensError(
        "omop_columns_missing",
        "source",
        f"Columns are missing without which these tables cannot be read: {', '.join(names)}.",
        "The tables follow another version of the model, or only some of their columns were exported.",
        "Export these columns as OMOP CDM 5.3 or 5.4 names them; other columns may be left out.",
    )


def omop_table_unreadable(name: str) -> CobalensError:
    return CobalensError(
        "omop_table_unreadable",
        name,
        "This table of the instance cannot be read to its end.",
        "Its file may have been cut off while it was copied, or hold a line with another number of columns.",
        "Export or copy the table again, then go on with --resume.",
    )


def database_refuses(table: str) -> CobalensError:
    return CobalensError(
        "database_refuses",
        table or "source",
        "The database does not hand this table over.",
        "Its user may not read it, or the connection was cut.",
        "Let the user read the tables (GRANT SELECT), then go on with --resume.",
    )


def extra_missing(what: str, extra: str) -> CobalensError:
    return CobalensError(
        "extra_missing",
        "installation",
        f"The libraries for {what} are not installed.",
        "Cobalens was installed without them; they are large, and most people do not need them.",
        f"Install them with: pip install 'cobalens[{extra}]'. `make setup` installs everything.",
    )


def database_unreachable() -> CobalensError:
    return CobalensError(
        "database_unreachable",
        "source",
        "The database does not answer, or does not let this user in.",
        "The address, the user or the password may be wrong, or the server may be down.",
        "Try the same address with psql; it is written postgresql://user:password@host:port/name.",
    )
