"""Wrong knowledge is refused, each kind with a message that says what, where, what was meant and what to do."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cobalens.compiler import Complaint, KnowledgeError, compile_knowledge
from cobalens.compiler.compile import compile_shelf
from cobalens.compiler.reading import Shelf

TOY = Path(__file__).parent.parent / "toy" / "knowledge"
SAYS = "rules/sample/weather_says.toml"
ADVICE = "rules/sample/advice.toml"
GO = "rules/low/go.toml"
FACTS = "facts/weather.toml"
PACK = "thresholds/almanac.toml"
TEXT = "text/en/advice.toml"
SOURCES = "sources.toml"

# kind of complaint -> file, what is replaced, by what, and words that the message must hold
WRONG: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "broken TOML": (SAYS, 'kind = "choose"', "kind = choose", "not_toml", (SAYS, "Mend the syntax")),
    "an unknown key in a row": (SAYS, 'why = "Rain that', 'whyy = "Rain that', "unknown_key", ("whyy", "Did you mean 'why'?")),
    "an unknown key in a table": (SAYS, 'source = "W1"', 'sauce = "W1"', "unknown_key", ("sauce", "Did you mean 'source'?")),
    "an unknown key in a fact": (FACTS, "limits =", "limit =", "unknown_key", ("[fact.rain]", "Did you mean 'limits'?")),
    "an unknown key in a concept": (FACTS, "phrases = [\"strong", "phrase = [\"strong", "unknown_key", ("[concept.wind]", "phrases")),
    "an unknown key in an analyte": (FACTS, "plausible =", "plausibel =", "unknown_key", ("[analyte.rain]", "plausible")),
    "an unknown section": (FACTS, "[concept.wind]", "[concepts.wind]", "unknown_key", ("concepts", "Did you mean 'concept'?")),
    "a row without a reason": (SAYS, 'why = "Enough rain to wet a coat."', "", "missing_key", ("[row.wet]", "'why' is missing")),
    "a table without a question": (SAYS, 'question = "What does the weather say?"', "", "missing_key", ("'question' is missing",)),
    "a pack without a name": (PACK, 'pack = "almanac"', "", "missing_key", ("'pack' is missing",)),
    "a kind that does not exist": (SAYS, 'kind = "choose"', 'kind = "chose"', "not_one_of", ("chose", "Did you mean 'choose'?")),
    "an answer that was not declared": (SAYS, 'then = "foul"\nwhy = "Rain that', 'then = "fowl"\nwhy = "Rain that', "not_one_of", ("fowl", "Did you mean 'foul'?")),
    "a source that does not exist": (SAYS, 'source = ["W1", "W2"]', 'source = ["W1", "W9"]', "not_one_of", ("W9",)),
    "a limit whose source does not exist": (PACK, 'source = "W1"', 'source = "W7"', "not_one_of", ("W7",)),
    "a limit for a sex that does not exist": (PACK, 'source = "W1"', 'source = "W1"\nsex = "femail"', "not_one_of", ("femail", "Did you mean 'female'?")),
    "a concept that does not exist": (FACTS, 'of = "rain"', 'of = "ran"', "not_one_of", ("ran",)),
    "a timeline that does not exist": (FACTS, 'timeline = "latest"', 'timeline = "lastest"', "not_one_of", ("Did you mean 'latest'?",)),
    "asked of a value that a fact does not have": (FACTS, 'label = "strong wind"', 'label = "strong wind"\nasked_of = { umbrella = "yes | perhaps" }', "not_one_of", ("value of umbrella", "perhaps", "[concept.wind]")),
    "a limit that no pack holds": (FACTS, '"soaking"]', '"soaked"]', "not_one_of", ("soaked", "Did you mean 'soaking'?")),
    "a verification status that does not exist": (SOURCES, 'status = "memory"', 'status = "remembered"', "not_one_of", ("remembered",)),
    "a number in a cell": (SAYS, 'rain = "< wet"', 'rain = "< 2"', "literal_number", ("'< 2'", "thresholds/")),
    "a bare number as a cell": (SAYS, 'rain = "> soaking"', "rain = 10", "literal_number", ("10", "limit in a pack")),
    "a limit on the wrong side of itself": (SAYS, 'rain = "< wet"', 'rain = "<= wet"', "wrong_edge", ("'<= wet'", "`< wet` and `>= wet`")),
    "an interval on the wrong side of itself": (SAYS, 'rain = "[wet..soaking]" }\nthen = "wet"', 'rain = "(wet..soaking]" }\nthen = "wet"', "wrong_edge", ("wet",)),
    "a value that an input does not have": (ADVICE, 'weather_says = "wet | foul"', 'weather_says = "wet | fool"', "bad_cell", ("fool", "Did you mean 'foul'?")),
    "an input that does not exist": (ADVICE, 'wind = "no"', 'wnd = "no"', "no_such_input", ("wnd", "Did you mean 'wind'?")),
    "a finding that no table gives": (ADVICE, 'weather_says = "wet", umbrella = "yes"', '"finding.take:hatt" = "yes", weather_says = "wet", umbrella = "yes"', "no_such_input", ("take:hat",)),
    "a cell that excludes nothing": (GO, '"any.advice" = "yes"', '"any.advice" = "yes | no | unknown"', "idle_cell", ("excludes nothing", "Leave the column out")),
    "a never-unknown input asked for unknown": (ADVICE, '"policy.hats" = "worn"', '"policy.hats" = "unknown"', "bad_cell", ("never unknown",)),
    "a gap": (SAYS, 'when = { rain = "> soaking" }', 'when = { rain = "> soaking", wind = "no" }', "gap", ("no row answers", "rain > soaking", "Nearest row: foul")),
    "two rows that disagree": (SAYS, 'overrides = ["wet"]', "", "disagreement", ("'wet'", "'gale'", "overrides")),
    "an override that never meets its row": (SAYS, 'when = { rain = "> soaking" }\nthen = "foul"\nwhy = "Rain that no coat keeps out."', 'when = { rain = "> soaking" }\nthen = "foul"\nwhy = "Rain that no coat keeps out."\noverrides = ["not_looked", "dry", "wet", "gale"]', "idle_override", ("never meet",)),
    "a row that is overridden everywhere": (SAYS, 'when = { rain = "[wet..soaking] | > soaking", wind = "yes" }', 'when = { rain = "[wet..soaking] | > soaking" }', "unreachable", ("'wet' can never act", "gale")),
    "overrides in a circle": (SAYS, 'then = "wet"\nwhy', 'then = "wet"\noverrides = ["gale"]\nwhy', "override_cycle", ("circle", "wet > gale > wet")),
    "an override of a row that does not exist": (SAYS, 'overrides = ["wet"]', 'overrides = ["wett"]', "not_one_of", ("wett", "Did you mean 'wet'?")),
    "an answer that no row gives": (SAYS, '"foul", "unknown"]', '"foul", "hail", "unknown"]', "never_given", ("'hail'",)),
    "questions that wait for each other": (SAYS, 'when = { rain = "> soaking" }', 'when = { rain = "> soaking", "finding.take:coat" = "yes" }', "circle", ("wait for each other", "advice")),
    "a question of a later chapter": (ADVICE, 'weather_says = "wet", umbrella = "yes"', 'weather_says = "wet", umbrella = "yes", go = "go"', "later_chapter", ("later chapter 'low'",)),
    "a row without a source": (ADVICE, 'kind = "collect"\nsource = "W1"', 'kind = "collect"', "no_source", ("names its evidence",)),
    "a fact that no rule reads": (ADVICE, 'weather_says = "wet", umbrella = "yes"', 'weather_says = "wet"', "unused", ("'umbrella' is used nowhere",)),
    "a source that nothing cites": (SOURCES, "[evidence.W2]", '[evidence.W3]\nsource = "almanac"\nstatus = "memory"\nsays = "Hail hurts."\n\n[evidence.W2]', "unused", ("'W3' is used nowhere",)),
    "limits that do not rise in a unit": (PACK, '"in/h" = "0.4"', '"in/h" = "0.04"', "limits_not_rising", ("in/h", "'wet' is not below 'soaking'")),
    "a limit that is not exact": (PACK, '"mm/h" = "10"', '"mm/h" = 10.5', "not_a_number", ("10.5", "in quotes")),
    "a finding without words": (TEXT, '["take:hat"]\ntitle = "Hat"\nclinician = "A hat is sensible."\npatient = "Take a hat."', "", "no_text", ("take:hat", "patient text")),
    "words for a finding that does not exist": (TEXT, '["take:hat"]', '["take:cap"]', "dead_text", ("take:cap",)),
    "a name declared twice": (SOURCES, "[evidence.W1]", '[evidence.W1]\nsource = "almanac"\nstatus = "memory"\nsays = "x"\n\n[evidence.W1]', "not_toml", (SOURCES,)),
    "a LOINC code with a wrong check digit": (FACTS, 'units = ["mm/h", "in/h"]', 'units = ["mm/h", "in/h"]\nloinc = [{ code = "14685-0", status = "memory" }]', "check_digit", ("14685-0", "check digit")),
    "a SNOMED code with a wrong check digit": (FACTS, 'label = "strong wind"', 'label = "strong wind"\nsnomed = [{ code = "26452003", status = "memory" }]', "check_digit", ("26452003",)),
    "a policy value that was not declared": (PACK, 'value = "worn"', 'value = "torn"', "not_one_of", ("torn", "Did you mean 'worn'?")),
    "a policy that a pack leaves open": (PACK, 'hats = { value = "worn", source = "W1" }', "", "missing_key", ("hats", "Every pack")),
    "a limit with a misspelt key": (PACK, 'checked = "2026-11-24"', 'cheked = "2026-11-24"', "not_one_of", ("'cheked'", "Did you mean 'checked'?")),
    "a limit without the day on which it was checked": (PACK, 'checked = "2026-11-24"', "", "missing_key", ("[rain.wet]", "'checked' is missing")),
    "a limit checked on a day that is none": (PACK, 'checked = "2026-11-24"', 'checked = "24.11.2026"', "wrong_type", ("a day in quotes",)),
    "a limit in a unit of another test": (PACK, '"in/h" = "0.08"', '"in/H" = "0.08"', "not_one_of", ("unit 'in/H'", "Did you mean 'in/h'?")),
    "a limit with an edge that does not exist": (PACK, 'edge = "<"', 'edge = "=<"', "not_one_of", ("edge '=<'",)),
    "a pack with a role that does not exist": (PACK, 'role = "guideline"', 'role = "guidline"', "not_one_of", ("role 'guidline'", "Did you mean 'guideline'?")),
    "packs that take from each other": (PACK, "year = 1901", 'year = 1901\nfrom = "almanac"', "pack_circle", ("almanac > almanac",)),
    "a concept asked where a fact is meant": (FACTS, 'timeline = "current"\n\n[concept.umbrella]', "\n[concept.umbrella]", "no_such_input", ("'wind'", "name of a concept", "[fact.wind]")),
    "a list of findings asked as a question": (GO, "weather_says", "advice", "no_such_input", ("name of a collect table", "any.advice")),
    "text where a table is wanted": (SAYS, 'when = { rain = "> soaking" }', 'when = "rain > soaking"', "wrong_type", ("'when' must be a table",)),
    "a number where text is wanted": (PACK, 'source = "W1"', "source = 1", "wrong_type", ("[rain.wet]", "'source' must be text in quotes")),
    "an entry that holds nothing": (FACTS, '[concept.wind]\n', '[concept]\nwind = "gale"\n[concept.breeze]\n', "wrong_type", ("[concept.wind]", "'this entry' must be a table")),
    "a pack that inherits from nothing": (PACK, "year = 1901", 'year = 1901\nfrom = "atlas"', "not_one_of", ("atlas",)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_knowledge_teaches(name: str, tmp_path: Path) -> None:
    file, old, new, code, words = WRONG[name]
    folder = tmp_path / "knowledge"
    shutil.copytree(TOY, folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        compile_knowledge(folder)
    mine = [c for c in refused.value.complaints if c.code == code]
    assert mine, f"no complaint of kind {code}: {refused.value}"
    said = " ".join(str(c) for c in mine)
    for word in words:
        assert word in said, f"{word!r} is not in: {said}"
    assert all(c.where and c.problem for c in mine)


def test_the_toy_itself_is_right() -> None:
    assert compile_knowledge(TOY).tables


def refused(tmp_path: Path, *changes: tuple[str, str, str]) -> list[Complaint]:
    """What the compiler says of the toy with each of these words replaced: file, old, new."""
    folder = tmp_path / "knowledge"
    shutil.copytree(TOY, folder)
    for file, old, new in changes:
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(KnowledgeError) as refusal:
        compile_knowledge(folder)
    return refusal.value.complaints


def test_every_complaint_is_reported_not_only_the_first(tmp_path: Path) -> None:
    said = refused(tmp_path, (SAYS, "rain =", "rein ="), (PACK, 'value = "worn"', 'value = "torn"'))
    assert {c.code for c in said} == {"no_such_input", "not_one_of"}


def test_what_only_follows_from_another_mistake_is_not_said(tmp_path: Path) -> None:
    """One slip, one complaint: nothing of what a file would have declared, and nothing unused beside a wrong name."""
    slips = {
        "a file that cannot be read": (FACTS, 'label = "rain"', 'label = "rain', "not_toml"),
        "evidence misspelt": (ADVICE, 'source = "W1"', 'source = "W11"', "not_one_of"),
        "a parent misspelt": (PACK, "year = 1901", 'year = 1901\nfrom = "atlas"', "not_one_of"),
        "a limit without its day": (PACK, '"10"\n"in/h" = "0.4"\nsource = "W1"\nchecked', '"10"\n"in/h" = "0.4"\nsource = "W1"\n#', "missing_key"),
    }  # fmt: skip
    for name, (file, old, new, code) in slips.items():
        said = refused(tmp_path / name.replace(" ", "_"), (file, old, new))
        assert [c.code for c in said] == [code], name


def places(tree: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from places(value, (*above, key))


def test_whatever_stands_in_place_of_a_value_is_refused_in_words_or_read() -> None:
    """Every value of the toy replaced by one of each kind: no mistake ends in an error of Python."""
    shelf = Shelf(TOY)
    right = copy.deepcopy(shelf.trees)
    for file, tree in right.items():
        for path in places(tree):
            for odd in (3, True, "x", ["x"], [3], {"x": "y"}, {"x": {"y": 1}}, [{"x": 1}]):
                shelf.trees, shelf.complaints = copy.deepcopy(right), []
                inner = shelf.trees[file]
                for key in path[:-1]:
                    inner = inner[key]
                inner[path[-1]] = odd
                with suppress(KnowledgeError):
                    compile_shelf(shelf)


def test_two_files_that_ask_the_same_question(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(TOY, folder)
    shutil.copy(folder / GO, folder / "rules" / "sample" / "go.toml")
    with pytest.raises(KnowledgeError, match="declared twice"):
        compile_knowledge(folder)


def test_a_chapter_that_does_not_exist(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(TOY, folder)
    (folder / "rules" / "lows").mkdir()
    shutil.move(folder / GO, folder / "rules" / "lows" / "go.toml")
    with pytest.raises(KnowledgeError, match="Did you mean 'low'"):
        compile_knowledge(folder)


def test_a_table_too_large_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(TOY, folder)
    facts = "\n".join(
        f'[concept.c{n}]\nkind = "exposure"\nlabel = "c{n}"\nphrases = ["c{n}"]\ntimeline = "current"\n'
        for n in range(6)
    )
    (folder / "facts" / "more.toml").write_text(facts, encoding="utf-8")
    cells = ", ".join(f'c{n} = "yes"' for n in range(6))
    (folder / "rules" / "low" / "big.toml").write_text(
        f'question = "Too much?"\nkind = "choose"\nvalues = ["yes"]\nsource = "W1"\n[row.a]\nwhen = {{ {cells} }}\nthen = "yes"\nwhy = "x"\n',
        encoding="utf-8",
    )
    with pytest.raises(KnowledgeError, match="Split the question in two"):
        compile_knowledge(folder)
