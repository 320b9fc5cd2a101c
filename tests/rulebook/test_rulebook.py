"""The rulebook is whole: every rule, number, word, source and patient has its place, and every link leads somewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.model.ruleset import Ruleset
from cobalens.report.explain import outline
from cobalens.report.rulebook import words
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.pages import guide, site_of
from cobalens.report.rulebook.places import place_of
from cobalens.report.rulebook.questions import review, worked
from cobalens.report.rulebook.safety import invariants_page
from cobalens.report.rulebook.site import MARK, refuse_foreign
from cobalens.serve.cli import main
from tests.rulebook.site import (
    Reader,
    book,
    built_once,
    dead_links,
    fetched_from_elsewhere,
    read_pages,
    shown_ruleset,
)

CASES = Path(__file__).parent.parent / "cases"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Reader]:
    return read_pages(site)


@pytest.fixture(scope="session")
def ruleset(site: Path) -> Ruleset:
    return shown_ruleset(site)


@pytest.fixture(scope="session")
def whole(ruleset: Ruleset) -> Book:
    return book(ruleset)


def test_every_rule_of_every_question_has_its_place(pages: dict[str, Reader], ruleset: Ruleset) -> None:
    missing = [
        f"{table.name}.{row.name}"
        for table in ruleset.tables
        for row in table.rows
        if f"{table.name}.{row.name}" not in pages[f"question-{table.name}.html"].ids
        or f"{table.name}.{row.name}" not in pages[f"print-{table.chapter}.html"].ids
    ]
    assert missing == []


def test_a_question_shows_its_reasons_sources_patients_and_readers(
    pages: dict[str, Reader], ruleset: Ruleset, whole: Book
) -> None:
    for table in ruleset.tables:
        text = pages[f"question-{table.name}.html"].text
        squeezed = {words.first_upper(" ".join(one.sentence.split())) for one in whole.worked[table.name]}
        assert [row.name for row in table.rows if " ".join(row.why.split()) not in text] == [], table.name
        assert [sentence for sentence in squeezed if sentence not in text] == [], table.name
        links = set(pages[f"question-{table.name}.html"].links)
        assert {f"evidence.html#{one}" for row in table.rows for one in row.evidence} <= links
        for reader in whole.readers.get(table.name, ()):
            assert f"question-{reader}.html" in links, f"{table.name} is read by {reader}"


def test_every_fact_test_concept_finding_statement_limit_and_invariant_has_its_place(
    pages: dict[str, Reader], ruleset: Ruleset
) -> None:
    wanted = {
        "facts.html": [f"fact-{name}" for name in ruleset.facts],
        "tests.html": [f"test-{name}" for name in ruleset.analytes],
        "findings.html": list(ruleset.codes),
        "evidence.html": list(ruleset.evidence),
        "invariants.html": [f"invariant-{one.id}" for one in ruleset.invariants],
        "limits.html": [f"limit-{name}" for pack in ruleset.packs.values() for name in pack.limits],
        "policies.html": [f"policy-{name}" for name in ruleset.policies],
    }
    for one in ruleset.concepts.values():
        wanted.setdefault(f"words-{one.kind}.html", []).append(f"concept-{one.name}")
    assert [
        f"{page}#{one}" for page, ids in wanted.items() for one in ids if one not in pages[page].ids
    ] == []


@pytest.mark.parametrize("case", sorted(CASES.glob("*.json"))[::12], ids=lambda path: path.stem)
def test_every_line_of_an_explanation_leads_to_its_place_in_the_book(
    case: Path, pages: dict[str, Reader]
) -> None:
    door = load()
    nodes = [node for _, node in outline(door.explain(case, as_of="2026-03-05"))]
    named = {place_of(door.ruleset, node) for node in nodes if node.name}
    assert {node.kind for node in nodes if place_of(door.ruleset, node)} >= {
        "statement",
        "row",
        "source",
        "fact",
    }
    for place in named:
        page, _, anchor = place.partition("#")
        assert page in pages, place
        assert not anchor or anchor in pages[page].ids, place


def test_a_statement_that_is_not_made_leads_to_its_line_among_the_findings(pages: dict[str, Reader]) -> None:
    door = load()
    (node,) = door.explain({"patient": {"age": 50}, "facts": {}}, "cause:metformin")
    assert place_of(door.ruleset, node) == "findings.html#cause:metformin"
    assert "cause:metformin" in pages["findings.html"].ids


def test_every_published_limit_is_shown_with_its_number(pages: dict[str, Reader], ruleset: Ruleset) -> None:
    text = pages["limits.html"].text
    for pack in ruleset.packs.values():
        for many in pack.limits.values():
            for limit in many:
                sign = "<" if limit.edge == "<" else "≤"
                assert [value for value in limit.values.values() if f"{sign} {value}" not in text] == []


def test_no_link_is_dead_and_no_place_is_named_twice(site: Path, pages: dict[str, Reader]) -> None:
    assert sorted(dead_links(site, pages)) == []
    assert [
        f"{name}#{one}" for name, page in pages.items() for one in set(page.ids) if page.ids.count(one) > 1
    ] == []


def test_the_link_checker_finds_a_dead_link(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="x"></p><a href="a.html#y"></a><a href="b.html"></a><a href="#x"></a>'
    )
    (tmp_path / "s.css").write_text("@font-face { src: url(https://example.org/f.woff) }")
    (tmp_path / "c.html").write_text('<script src="//example.org/a.js"></script>')
    found = read_pages(tmp_path)
    assert sorted(dead_links(tmp_path, found)) == ["a.html -> a.html#y", "a.html -> b.html"]
    assert sorted(fetched_from_elsewhere(tmp_path, found)) == ["c.html: //example.org/a.js", "s.css"]


def test_nothing_is_fetched_from_another_site(site: Path, pages: dict[str, Reader]) -> None:
    assert list(fetched_from_elsewhere(site, pages)) == []


def test_the_search_index_knows_the_words_of_the_rules(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(index[index.index("(") + 1 : index.rindex(")")])

    def pages_with(word: str) -> set[str]:
        held = [found[part].get(word, []) for part in ("terms", "titleterms")]
        return {found["docnames"][at] for many in held for at in (many if isinstance(many, list) else [many])}

    assert {"question-nitrous_oxide_exposed", "question-cause", "words-exposure"} <= pages_with("nitrous")
    assert [name for name in pages_with("nitrous") if name.startswith("print-")] == []


def test_the_start_says_what_this_is_and_which_rules_it_shows(
    pages: dict[str, Reader], ruleset: Ruleset
) -> None:
    text = pages["index.html"].text
    assert "a deficiency needing replacement, or a biomarker needing interpretation" in text
    assert ruleset.hash in text
    short = ruleset.hash.removeprefix("sha256:")[:12]
    assert [name for name, page in pages.items() if f"ruleset {short}" not in page.text] == []


def test_who_is_not_covered_is_said(pages: dict[str, Reader]) -> None:
    text = pages["known-limits.html"].text
    for wanted in ("under 16", "Intensive care", "Dosing", "probability of cancer", "no certification"):
        assert wanted in text


def test_an_unsigned_question_says_so_and_a_signed_one_names_who_signed(whole: Book) -> None:
    table = whole.ruleset.tables[0]
    assert "Not yet reviewed by a clinician" in review(
        whole, replace(table, reviewed_by=None, reviewed_on=None)
    )
    half = replace(table, reviewed_by="Dr A. Example", reviewed_on=None)
    assert "Not yet reviewed by a clinician" in review(whole, half)
    signed = replace(table, reviewed_by="Dr A. Example", reviewed_on="2026-11-24")
    assert "Reviewed by Dr A. Example on 2026-11-24." in review(whole, signed)


@pytest.mark.parametrize(
    ("state", "said"),
    [("holds", "Proved when"), ("broken", "DOES NOT HOLD"), ("", "The proof was not run")],
)
def test_an_invariant_says_how_it_was_shown(state: str, said: str, whole: Book) -> None:
    one = next(i for i in whole.ruleset.invariants if i.kind == "proved")
    shown = book(whole.ruleset, {one.id: state} if state else {})
    assert said in invariants_page(shown).body


def test_a_cell_is_said_in_words_with_the_numbers_of_the_primary_pack(whole: Book) -> None:
    assert words.cell(whole, "total_b12", "< low | unknown").startswith("below low or not known")
    assert "&lt; 180 ng/L · &lt; 133 pmol/L" in words.cell(whole, "total_b12", "< low")
    assert "≥ 180 and ≤ 350 ng/L" in words.cell(whole, "total_b12", "[low..ample]")
    assert words.cell(whole, "deficiency", "confirmed | not_assessable") == "confirmed or not assessable"
    assert words.cell(whole, "if_antibody", "above").startswith("above the range, or called high or positive")


def test_a_text_with_markup_is_shown_as_it_is_written(whole: Book) -> None:
    table = whole.ruleset.tables[0]
    row = replace(table.rows[0], why="<script>alert(1)</script> & *more*")
    odd = replace(whole, ruleset=replace(whole.ruleset, tables=(replace(table, rows=(row,)),)))
    body = next(page for page in site_of(odd).pages if page.name == f"question-{table.name}").body
    assert "<script>" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; *more*" in body
    assert worked(whole, table)


def test_a_guide_keeps_its_links_within_the_book_and_no_others() -> None:
    text = "# Guide\n\n[here](knowledge.md#limits), [there](safety/hazards.md), [far](https://example.org/a.md)\n"
    page = guide("how", text, ["how", "knowledge"])
    assert page.title == "Guide"
    assert page.body.endswith("[here](knowledge.md#limits), there, [far](https://example.org/a.md)\n")


def test_the_command_gives_the_same_bytes_for_the_same_rules(
    site: Path, ruleset: Ruleset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobalens.api.load", lambda pack, packs: SimpleNamespace(ruleset=ruleset))
    done = CliRunner().invoke(main, ["rulebook", "--out", str(tmp_path / "again"), "--no-prove"])
    assert done.exit_code == 0, done.output
    assert "pages in" in done.output

    def prints(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    assert prints(site) == prints(tmp_path / "again")


def test_a_folder_with_other_things_in_it_is_never_replaced(tmp_path: Path) -> None:
    refuse_foreign(tmp_path)
    refuse_foreign(tmp_path / "new")
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CobalensError, match="something else than a rulebook"):
        refuse_foreign(tmp_path)
    (tmp_path / MARK).write_text("{}")
    refuse_foreign(tmp_path)
    refused = CliRunner().invoke(main, ["rulebook", "--out", str(tmp_path / "letter.txt"), "--no-prove"])
    assert refused.exit_code == 2
    assert "Name a new or empty folder" in refused.output
