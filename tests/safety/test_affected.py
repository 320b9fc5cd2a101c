"""Whose past answers a change of the rules alters is found, no more and no fewer, and nothing of a record is given away."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cobalens.api import load
from cobalens.compiler import KNOWLEDGE, compile_knowledge, load_ruleset
from cobalens.engines.reference import run as judged
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of
from cobalens.report.change import Side, compared
from cobalens.serve import affected
from cobalens.serve.cli import main
from cobalens.serve.inputs import inputs

CASES = Path(__file__).resolve().parents[1] / "cases"
FEW = sorted(CASES.glob("*.json"))[::6]
PRIMARY = "nice-ng239"
BETWEEN = {  # 381.5 ng/L lies above the primary guideline's band as published, and within one that ends at 420
    "patient": {"age": 71, "sex": "female"},
    "facts": {
        "labs": [{"analyte": "vitamin_b12", "value": 381.5, "unit": "ng/L", "day": 0}],
        "symptoms": ["numb feet"],
        "note": "Mrs Roe of Rye lost her cat.",
    },
}
METFORMIN = {
    "patient": {"age": 63, "sex": "male"},
    "facts": {
        "labs": [{"analyte": "vitamin_b12", "value": 121, "unit": "ng/L", "day": 0}],
        "medications": ["metformin"],
        "symptoms": ["tingling of both feet"],
    },
}


def changed(place: Path, file: str, old: str, new: str) -> Path:
    """A copy of the knowledge in which one piece of text is another."""
    shutil.copytree(KNOWLEDGE, place, ignore=shutil.ignore_patterns("__pycache__", "*.msgpack"))
    path = place / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return place


def moved_limit(place: Path, pack: str = PRIMARY) -> Path:
    """The upper end of the grey band of total B12 is higher, in both units."""
    file = f"thresholds/{pack}.toml"
    changed(place, file, '"ng/L" = "350"', '"ng/L" = "420"')
    path = place / file
    path.write_text(path.read_text(encoding="utf-8").replace('"258"', '"310"', 1), encoding="utf-8")
    return place


def says(*arguments: str, columns: int = 100) -> Result:
    return CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"}).invoke(main, ["affected", *arguments])


def between(new: Path | str, *files: Path | str, more: tuple[str, ...] = ()) -> tuple[dict[str, Any], int]:
    said = says("--old", "shipped", "--new", str(new), *map(str, files), "--format", "json", *more)
    assert said.exit_code in (0, 1), said.output
    return json.loads(said.stdout), said.exit_code


def written(path: Path, case: Any) -> Path:
    path.write_text(case if isinstance(case, str) else json.dumps(case), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def with_limit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return moved_limit(tmp_path_factory.mktemp("limit") / "knowledge")


@pytest.fixture(scope="module")
def over_all_cases(with_limit: Path) -> dict[str, Any]:
    return between(with_limit, CASES)[0]


# --- What is found ----------------------------------------------------------------------------------------------------


def test_the_same_rules_change_nobody(tmp_path: Path) -> None:
    copy = changed(tmp_path / "knowledge", "sources.toml", "", "")
    found, status = between(copy, *FEW)
    assert status == 0
    assert {one["change"] for one in found["people"]} == {"unchanged"}
    assert found["differences"] == []
    assert found["notes"] == ["Both are the same ruleset."]
    assert found["counts"]["unchanged"] == len(FEW)


def test_a_moved_limit_changes_exactly_those_whom_the_reference_engine_answers_otherwise(
    with_limit: Path, over_all_cases: dict[str, Any]
) -> None:
    rules = load_ruleset(), compile_knowledge(with_limit)
    expected = {}
    for path in sorted(CASES.glob("*.json")):
        answers = []
        for ruleset in rules:
            record = read_case(path.read_bytes(), ruleset)
            pack = ruleset.packs[PRIMARY]
            trace = judged(ruleset, facts_of(record, ruleset, pack), pack)
            answers.append((trace.answer("answer"), trace.answer("deficiency")))
        (answer, deficiency), (now, then) = answers
        kind = "answer" if answer != now else "deficiency" if deficiency != then else None
        if kind:
            expected[path.stem] = kind
    assert expected
    found = {
        one["id"]: one["change"]
        for one in over_all_cases["people"]
        if one["change"] in ("answer", "deficiency")
    }
    assert {name.removesuffix(".json"): kind for name, kind in found.items()} == expected


def test_the_rows_behind_stand_in_both_and_lead_to_the_limit(over_all_cases: dict[str, Any]) -> None:
    turned = [one for one in over_all_cases["people"] if one["change"] == "answer"]
    for one in turned:
        turn = one["turns"]["answer"]
        assert turn["old"] != turn["new"]
        assert turn["rows_old"][0].startswith("answer.")
        assert turn["rows_new"][0].startswith("answer.")
        apart = set(turn["rows_old"]) ^ set(turn["rows_new"])
        assert any(row.startswith(("total_b12_band.", "first_line.")) for row in apart)
        assert "total_b12" in one["facts"]


def test_codes_that_appear_or_go_carry_the_rows_that_say_them(over_all_cases: dict[str, Any]) -> None:
    rows = {f"{table.name}.{row.name}" for table in load_ruleset().tables for row in table.rows}
    moved = [each for one in over_all_cases["people"] for each in (*one["appeared"], *one["went"])]
    assert moved
    for each in moved:
        assert set(each["rows"]) <= rows
        assert each["rows"] or each["code"].startswith("data_quality:")


def test_the_head_names_what_differs_and_the_end_counts_everybody(over_all_cases: dict[str, Any]) -> None:
    assert over_all_cases["differences"] == [
        {
            "kind": "limit",
            "name": f"{PRIMARY} vitamin_b12.ample",
            "how": "changed",
            "old": "<= 350 ng/L, <= 258 pmol/L",
            "new": "<= 420 ng/L, <= 310 pmol/L",
        }
    ]
    people = over_all_cases["people"]
    assert len(people) == len(list(CASES.glob("*.json"))) == sum(over_all_cases["counts"].values())
    for kind, count in over_all_cases["counts"].items():
        assert count == sum(one["change"] == kind for one in people)


def test_a_changed_row_is_found_and_marked(tmp_path: Path) -> None:
    """One low number with nothing else is called possible instead of probable."""
    file = "rules/deficiency/deficiency.toml"
    text = (KNOWLEDGE / file).read_text(encoding="utf-8")
    row = re.search(r"\[row\.low_alone\]\n.*?\nthen = \"probable\"", text, re.DOTALL)
    assert row
    rules = changed(tmp_path / "knowledge", file, row[0], row[0].replace('"probable"', '"possible"'))
    case = {**METFORMIN, "facts": {"labs": METFORMIN["facts"]["labs"]}}
    path = written(tmp_path / "low.json", case)
    said = says("--old", "shipped", "--new", str(rules), str(path))
    assert said.exit_code == 1
    assert "row deficiency.low_alone: changed" in said.stdout
    assert re.search(r"deficiency +probable -> possible", said.stdout)
    assert "deficiency.low_alone [row changed]" in said.stdout


def test_a_changed_sentence_touches_those_alone_who_read_it(tmp_path: Path) -> None:
    sentence = load_ruleset().text["en"]["cause:metformin"].patient
    rules = changed(tmp_path / "knowledge", "text/en/low.toml", sentence, f"{sentence} Ask about it.")
    without = {**METFORMIN, "facts": {**METFORMIN["facts"], "medications": []}}
    paths = [written(tmp_path / "with.json", METFORMIN), written(tmp_path / "without.json", without)]
    found, status = between(rules, *paths)
    assert [one["change"] for one in found["people"]] == ["words", "unchanged"]
    assert found["people"][0]["texts"] == ["patient"]
    assert status == 1


def test_another_packs_reading_counts_by_itself(tmp_path: Path) -> None:
    rules = moved_limit(tmp_path / "knowledge", "afp-2025")
    path = written(tmp_path / "between.json", BETWEEN)
    found, status = between(rules, path)
    person = found["people"][0]
    assert person["change"] in ("findings", "packs")
    assert "pack afp-2025" in person["turns"]
    assert status == 1


def test_a_changed_vocabulary_shows_which_facts_are_read_otherwise(tmp_path: Path) -> None:
    rules = changed(tmp_path / "knowledge", "facts/drugs.toml", '"metformin", ', "")
    found, _ = between(rules, written(tmp_path / "m.json", METFORMIN))
    person = found["people"][0]
    assert "metformin" in person["facts"]
    assert "cause:metformin" in [each["code"] for each in person["went"]]
    assert ("concept", "metformin") in {(one["kind"], one["name"]) for one in found["differences"]}


def test_the_heaviest_change_names_the_person() -> None:
    def side(answer: str, deficiency: str, *codes: str) -> Side:
        return Side(
            answer, deficiency, {}, dict.fromkeys(codes, ()), {"answer": (), "deficiency": ()}, {}, {}, {}
        )

    old = side("neither", "unlikely", "a:b")
    assert compared("x", old, old).change == "unchanged"
    assert compared("x", old, side("undetermined", "possible")).change == "answer"
    assert compared("x", old, side("neither", "possible", "a:b")).change == "deficiency"
    assert compared("x", old, side("neither", "unlikely")).change == "findings"
    assert compared("x", old, "broken_syntax").change == "reading"
    assert compared("x", "broken_syntax", "broken_syntax").change == "unreadable"


def test_people_of_one_input_are_paired_by_id_and_a_refusal_of_the_whole_is_everybodys() -> None:
    one = Side("neither", "unlikely", {}, {}, {"answer": (), "deficiency": ()}, {}, {}, {})
    assert affected.paired("f", "broken", "broken") == [("f", "broken", "broken")]
    assert affected.paired("f", "broken", [("a", one)]) == [("a", "broken", one)]
    assert affected.paired("f", [("a", one)], "broken") == [("a", one, "broken")]
    assert affected.paired("f", [("a", one), ("b", one)], [("b", "x"), ("c", one)]) == [
        ("a", one, affected.ABSENT),
        ("b", one, "x"),
        ("c", affected.ABSENT, one),
    ]


# --- What is handed on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_of_a_record_is_handed_on_but_the_id(form: str, with_limit: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "Ward 3.json", BETWEEN)
    said = says("--old", "shipped", "--new", str(with_limit), str(path), "--format", form, "--all")
    assert said.exit_code == 1
    assert "Ward 3.json" in said.stdout
    # Hashes and the name of the folder hold digits of their own.
    handed_on = re.sub(r"[0-9a-f]{12,64}|\S*/knowledge", "", said.output)
    for secret in ("381", "71", "Roe", "Rye", "cat.", "numb feet", "female"):
        assert secret not in handed_on


def test_the_text_lists_whom_it_changes_and_all_on_request(with_limit: Path, tmp_path: Path) -> None:
    paths = [written(tmp_path / "m.json", METFORMIN), written(tmp_path / "between.json", BETWEEN)]
    arguments = ("--old", "shipped", "--new", str(with_limit), *map(str, paths))
    short, long = says(*arguments), says(*arguments, "--all")
    assert "between.json: " in short.stdout
    assert "m.json: " not in short.stdout
    assert "m.json: " in long.stdout
    for said in (short, long):
        assert said.stdout.splitlines()[-1].startswith("2 compared: ")


@pytest.mark.parametrize("columns", [60, 100])
def test_the_text_fits_the_screen(columns: int, with_limit: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "between.json", BETWEEN)
    said = says("--old", "shipped", "--new", str(with_limit), str(path), columns=columns)
    lines = [line for line in said.stdout.splitlines()[:-1] if not line.startswith(("old", "new"))]
    assert max(map(len, lines)) <= columns


def test_it_is_written_where_it_is_wanted(with_limit: Path, tmp_path: Path) -> None:
    path, out = written(tmp_path / "between.json", BETWEEN), tmp_path / "out" / "affected.json"
    said = says(
        "--old", "shipped", "--new", str(with_limit), str(path), "--format", "json", "--out", str(out)
    )
    assert said.stdout == ""
    assert json.loads(out.read_text(encoding="utf-8"))["people"][0]["id"] == "between.json"


def test_the_same_ids_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "two.ndjson", f"{json.dumps(METFORMIN | {'id': 'Bed 7'})}\n" * 2)
    found, _ = between("shipped", path)
    assert [one["id"] for one in found["people"]] == ["Bed 7", "Bed 7~2"]


def test_who_cannot_be_read_is_counted_and_the_others_go_on(tmp_path: Path) -> None:
    paths = [written(tmp_path / "broken.json", "{"), written(tmp_path / "m.json", METFORMIN)]
    found, status = between("shipped", *paths)
    assert [one["change"] for one in found["people"]] == ["unreadable", "unchanged"]
    assert found["people"][0]["error_old"] == "broken_syntax"
    assert status == 0
    assert between("shipped", *paths, more=("--strict",))[1] == 1
    assert between("shipped", paths[0])[1] == 1


def test_progress_is_shown_where_many_are_read_and_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    wanted = affected.Wanted(
        old="shipped", new="shipped", form="text", out=None, everybody=False, strict=False, as_of=None,
        pack=PRIMARY, language="en", complete=frozenset(),
    )  # fmt: skip
    given = list(inputs([str(path) for path in FEW]))
    assert len(given) >= affected.PROGRESS_FROM
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    doors = (load(PRIMARY), load(PRIMARY))
    assert len(list(affected.changes(doors, given, wanted))) == len(given)
    assert f"\r{len(given)} of {len(given)}" in screen.getvalue()
    screen.truncate(0)
    list(affected.changes(doors, given[:3], wanted))
    assert "of 3" not in screen.getvalue()


# --- Rulesets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--old", "nowhere", "--new", "shipped"), ["nowhere", "no folder of knowledge", "shipped"]),
        (("--old", "--help-me", "--new", "shipped"), ["no folder of knowledge"]),
        (("--old", "shipped", "--new", "shipped", "--pack", "nice-ng329"), ['Did you mean "nice-ng239"?']),
        (("--old", "shipped", "--new", "shipped", "--language", "fr"), ["no text in the language"]),
        (("--old", "shipped"), ["--new"]),
    ],
)
def test_what_is_no_ruleset_is_refused_with_what_to_do(arguments: tuple[str, ...], words: list[str]) -> None:
    said = says(*arguments, str(FEW[0]))
    assert said.exit_code == 2
    assert said.stdout == ""
    for word in words:
        assert word in said.stderr


def test_rules_that_do_not_compile_are_refused_with_the_place(tmp_path: Path) -> None:
    rules = changed(tmp_path / "knowledge", "rules/high/answer.toml", 'kind = "choose"', 'kynd = "choose"')
    said = says("--old", "shipped", "--new", str(rules), str(FEW[0]))
    assert said.exit_code == 2
    assert "rules/high/answer.toml" in said.stderr


def test_other_formulas_are_said_not_to_be_compared(tmp_path: Path) -> None:
    rules = changed(tmp_path / "knowledge", "scores.py", '"""', '"""Other. ')
    assert "formulas" in " ".join(between(rules, FEW[0])[0]["notes"])


def test_a_checkout_serves_as_its_knowledge(with_limit: Path, tmp_path: Path) -> None:
    shutil.copytree(with_limit, tmp_path / "src" / "cobalens" / "knowledge")
    assert affected.edition(str(tmp_path)).ruleset.hash == compile_knowledge(with_limit).hash


def test_a_revision_is_the_folder_as_it_was_then(tmp_path: Path) -> None:
    rules = tmp_path / "repository" / "knowledge" / "rules"
    rules.mkdir(parents=True)
    git = ["git", "-C", str(tmp_path / "repository"), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for word in ("first", "second"):
        (rules / "a.toml").write_text(word, encoding="utf-8")
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", word], check=True)
    for revision, word in (("HEAD", "second"), ("HEAD~1", "first")):
        place = tmp_path / word
        place.mkdir()
        assert affected.unpacked(revision, rules.parent, place)
        assert (place / "rules" / "a.toml").read_text(encoding="utf-8") == word
    assert not affected.unpacked("HEAD~9", rules.parent, tmp_path)
    assert not affected.unpacked("", rules.parent, tmp_path)
    assert not affected.unpacked("--output=x", rules.parent, tmp_path)
