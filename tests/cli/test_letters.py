"""Texts cut in the middle of a letter, names that are no text, and answers that come back as input: told, and never a crash."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.intake.own import is_own
from cobalens.serve.letters import whole_letters, writable
from tests.cli.test_cli import CASE, EXAMPLE, cobalens_says, written

HIGH, LOW, FACE = "\\ud83d", "\\ude00", "\U0001f600"
FORMS = ("json", "ndjson", "text", "fhir", "html", "hl7", "csv", "xlsx")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('{"a": "x"}', {"a": "x"}),
        (f'{{"a": "{HIGH}{LOW}"}}', {"a": FACE}),
        (f'{{"a": "{HIGH.upper().replace("U", "u")}{LOW}"}}', {"a": FACE}),
        (f'{{"a": "{HIGH}"}}', {"a": "\ufffd"}),
        (f'{{"a": "{LOW}{HIGH}"}}', {"a": "\ufffd\ufffd"}),
        (f'{{"a": "{HIGH}{HIGH}{LOW}"}}', {"a": f"\ufffd{FACE}"}),
        (f'{{"a": "{HIGH} {LOW}"}}', {"a": "\ufffd \ufffd"}),
        (f'{{"{HIGH}": 1}}', {"\ufffd": 1}),
        (f'{{"a": "\\{HIGH}"}}', {"a": HIGH}),
        (f'["{HIGH}", "\\\\", "\\"{LOW}"]', ["\ufffd", "\\", '"\ufffd']),
        (f'\ufeff ["{HIGH}"]', ["\ufffd"]),
    ],
)
def test_half_a_letter_is_marked_and_all_else_is_as_it_was(given: str, read: Any) -> None:
    assert json.loads(whole_letters(given.encode()).decode("utf-8-sig")) == read


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04\\ud83d", b"MSH|^~\\&|\\ud83d", b"note: \\ud83d"])
def test_what_is_no_json_is_left_alone(other: bytes) -> None:
    assert whole_letters(other) == other


def test_plain_values_are_made_writable_wherever_they_stand() -> None:
    assert writable({"\ud83d": ["x\ude00", ("y", 1, None)]}) == {"\ufffd": ["x\ufffd", ["y", 1, None]]}


def cut_off() -> str:
    case = json.loads(json.dumps(CASE))
    case["id"], case["facts"]["symptoms"] = "bed HALF", ["numb feet", "zorb HALF"]
    return json.dumps(case).replace("HALF", HIGH)


@pytest.mark.parametrize("form", FORMS)
def test_a_text_that_was_cut_in_the_middle_of_a_letter_is_read(tmp_path: Path, form: str) -> None:
    bad, good = written(tmp_path / "a.json", cut_off()), written(tmp_path / "b.json", CASE)
    out = tmp_path / ("out" if form in ("text", "html") else f"out.{form}")
    said = cobalens_says("interpret", bad, good, "--format", form, "--out", str(out))
    assert said.exit_code == 0, said.exception
    assert "2 interpreted, 0 could not be read" in said.stderr
    told = json.loads(cobalens_says("interpret", bad, "--format", "json").stdout)
    assert (told["id"], told["answer"]) == ("bed \ufffd", "deficiency")
    assert [one["text"] for one in told["not_understood"]] == ["zorb"]


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_is_no_text_is_spelt(tmp_path: Path, form: str) -> None:
    (tmp_path / "in").mkdir()
    for name in (b"p\xe9.json", b"p\xe8.json"):
        (tmp_path / "in" / os.fsdecode(name)).write_text(json.dumps(CASE), encoding="utf-8")
    out = tmp_path / ("out" if form in ("text", "html") else f"out.{form}")
    said = cobalens_says("interpret", str(tmp_path / "in"), "--format", form, "--out", str(out))
    assert said.exit_code == 0, said.exception
    lines = cobalens_says("interpret", str(tmp_path / "in")).stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["p\\xe8.json", "p\\xe9.json"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x1c\r", "\x0b"])
def test_no_word_of_a_record_begins_a_segment_of_a_message(tmp_path: Path, end: str) -> None:
    path = written(tmp_path / "a.json", {**CASE, "id": f"x{end}OBX|1|NM|2132-9||99"})
    told = cobalens_says("interpret", path, "--format", "hl7").stdout_bytes
    segments = told.removesuffix(b"\r").split(b"\r")
    assert [one[:3] for one in segments] == [b"MSH", b"PID", b"OBR", b"OBX", b"OBX", b"OBX"]
    assert not set(b"\n\x0b\x1c") & set(told)
    assert segments[1].startswith(b"PID|1||x\\X")


# --- Answers that come back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        ("--format", "json"),
        ("--format", "ndjson"),
        ("--format", "fhir"),
        ("--format", "csv"),
        ("--format", "xlsx"),
        ("--format", "text"),
        ("--format", "text", "--language", "es"),
        ("--format", "text", "--show-reading"),
        ("--format", "text", "--audience", "patient"),
        ("--format", "text", "--audience", "patient", "--language", "es"),
        ("--format", "text", "--audience", "patient", "--show-reading"),
        ("--format", "html"),
        ("--format", "html", "--audience", "patient"),
        ("--format", "pdf"),
        ("--format", "pdf", "--audience", "patient", "--language", "es"),
        ("--format", "text", "{two}"),
        ("--format", "text", "--audience", "patient", "{two}"),
        ("--format", "json", "{two}"),
        ("--format", "json", "{bad}", "{two}"),
        ("--format", "ndjson", "{bad}", "{two}"),
        ("--format", "fhir", "{bad}", "{two}"),
    ],
)
def test_an_answer_is_no_record(tmp_path: Path, more: tuple[str, ...]) -> None:
    bad, two = written(tmp_path / "bad.json", "{"), written(tmp_path / "two.json", CASE)
    options = [one.format(bad=bad, two=two) for one in more]
    first = options[-2:] if "{bad}" in more else [str(EXAMPLE), *options[2:]]
    given = [*(first if "{bad}" in more else [str(EXAMPLE), *options[2:]]), *options[:2]]
    out = tmp_path / "out"
    assert cobalens_says("interpret", *given, "--out", str(out)).exit_code == 0
    answer = out / "0001.txt" if out.is_dir() else out
    said = cobalens_says("interpret", str(answer))
    assert said.exit_code == 2
    assert "This is an answer of this program, and no record." in said.stderr


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "command",
    [
        ("explain", "{0}"),
        ("explain", "{0}", "--finding", "deficiency"),
        ("what-if", "{0}", "--set", "mma=0.2umol/L"),
        ("compare", "{0}", "{0}"),
    ],
)
def test_nor_is_what_the_other_commands_say(command: tuple[str, ...], language: str) -> None:
    answer = cobalens_says(*(one.format(EXAMPLE) for one in command), "--language", language)
    assert answer.exit_code == 0
    said = cobalens_says("interpret", "-", stdin=answer.stdout)
    assert said.exit_code == 2
    assert "This is an answer of this program, and no record." in said.stderr


def test_nor_is_the_note_for_a_record_by_itself() -> None:
    note = json.loads(cobalens_says("interpret", str(EXAMPLE), "--format", "json").stdout)["text"]["note"]
    assert is_own(note.encode())
    assert is_own(f"{note}\r\n".replace("\n", "\r\n").encode())
    assert not is_own(f"Seen today.\n{note}".encode())
    assert not is_own(f"{note}\nSeen today.".encode())


@pytest.mark.parametrize("form", ["json", "text", "fhir"])
def test_the_library_refuses_it_as_the_command_does(form: str) -> None:
    content = cobalens_says("interpret", str(EXAMPLE), "--format", form).stdout
    given = [content.encode(), *([json.loads(content)] if form == "json" else [])]
    for one in given:
        with pytest.raises(CobalensError) as refused:
            load().interpret(one)
        assert refused.value.code == "own_answer"


@pytest.mark.parametrize("lines", [True, False])
def test_an_answer_among_cases_is_refused_and_the_cases_are_read(tmp_path: Path, lines: bool) -> None:
    answer = json.loads(cobalens_says("interpret", str(EXAMPLE), "--format", "json").stdout)
    several = [CASE, answer, CASE]
    content = "\n".join(json.dumps(one) for one in several) if lines else json.dumps(several)
    said = cobalens_says("interpret", written(tmp_path / "several.json", content))
    told = [json.loads(line) for line in said.stdout.splitlines()]
    assert ["error" in one for one in told] == [False, True, False]
    assert (told[1]["id"], told[1]["error"]["code"]) == ("several.json#2", "own_answer")


def test_answers_of_earlier_runs_in_a_folder_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    path = written(folder / "a.json", CASE)
    written(folder / "map.json", {**CASE, "id": "a case of this name"})
    for form, name in (("json", "b.json"), ("csv", "c.csv"), ("xlsx", "d.xlsx"), ("fhir", "e.json")):
        assert cobalens_says("interpret", path, "--format", form, "--out", str(folder / name)).exit_code == 0
    pages = str(folder / "pages")
    assert (
        cobalens_says(
            "interpret", path, path, "--format", "text", "--audience", "patient", "--out", pages
        ).exit_code
        == 0
    )
    said = cobalens_says("interpret", str(folder))
    assert [json.loads(line)["id"] for line in said.stdout.splitlines()] == ["a.json", "a case of this name"]
    assert "answers of this program 8" in said.stderr


def test_what_holds_an_answer_beside_other_things_is_a_record() -> None:
    note = "Seen today. B12 150 ng/L.\nB12: Cannot be told yet. Cobalens 0.1.0, ruleset 3d66685e6887.\n"
    report = {"resourceType": "DiagnosticReport", "meta": {"tag": [{"system": "urn:cobalens:fhir:kind"}]}}
    chart = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}}, {"fullUrl": "urn:uuid:2", "resource": report}],
    }  # fmt: skip
    for content in (note, json.dumps(chart), json.dumps(CASE), "id,as_of,test,value,unit\n", "PK\x03\x04"):
        assert not is_own(content.encode())


@pytest.mark.parametrize(
    "broken",
    [
        b'{"patient\xff": {"age": 67}}',
        b'{"id": "\xcd", "facts": 1}',
        b'{"patient": {"age": 67}}\n{"patient\xff": 1}\n{"facts": {}}',
        b'[{"patient\xff": 1}, {"facts": {}}]',
    ],
)
def test_bytes_that_are_no_letters_cost_the_one_in_whom_they_stand(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "a.json").write_bytes(broken)
    good = written(tmp_path / "b.json", CASE)
    (tmp_path / "map.json").write_bytes(b'{"0001.txt": "\xff"}')
    for given in ([str(tmp_path / "a.json"), good], [str(tmp_path)]):
        said = cobalens_says("interpret", *given)
        assert said.exit_code == 0
        told = [json.loads(line) for line in said.stdout.splitlines()]
        assert [one["answer"] for one in told if one["id"] == "b.json"] == ["deficiency"]
        assert any("error" in one for one in told)


def test_a_workbook_that_is_broken_inside_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    good = written(tmp_path / "b.json", CASE)
    out = tmp_path / "a.xlsx"
    assert cobalens_says("interpret", good, "--format", "xlsx", "--out", str(out)).exit_code == 0
    whole = out.read_bytes()
    for at in range(30, len(whole), 97):
        out.write_bytes(whole[:at] + b"\xff\x00\xff" + whole[at + 3 :])
        # Whether it is known or not, looking is no fault.
        is_own(out.read_bytes())
    assert is_own(whole)
    out.write_bytes(whole[: len(whole) // 2])
    said = cobalens_says("interpret", str(tmp_path))
    assert [json.loads(line).get("answer") for line in said.stdout.splitlines()] == [None, "deficiency"]


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
@pytest.mark.parametrize("age", [9, 67])
def test_a_page_is_known_again_at_any_width_and_with_what_cannot_wait_on_top(columns: int, age: int) -> None:
    case = json.dumps({**CASE, "patient": {"age": age}})
    page = cobalens_says("interpret", "-", stdin=case, columns=columns).stdout
    assert page.startswith("Answer\n")
    assert is_own(page.encode())
    assert is_own(page.replace("\n", "\r\n").encode())
    for language in ("en", "es"):
        options = ("--audience", "patient", "--language", language)
        assert is_own(cobalens_says("interpret", "-", *options, stdin=case, columns=columns).stdout.encode())
