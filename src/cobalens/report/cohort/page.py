"""The report about many people as one HTML file that needs nothing else: style and pictures are inside, no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from cobalens.model.tally import EVERYBODY, OPEN, SEVERAL, WITHOUT, Key, key
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.picture import svg
from cobalens.report.cohort import figures
from cobalens.report.cohort.words import LANGUAGE, Report, date_of, plain
from cobalens.report.words import short

TEMPLATES = Path(__file__).parent / "templates"
SHARED = Path(__file__).parent.parent / "templates"
MONTHS = 24
"""Newest months in the picture."""
ANSWER, DEFICIENCY, BAND, OUTCOME, TREATMENT = "answer", "deficiency", "band", "outcome", "treatment"
DEFICIENT = ("confirmed", "probable")
TITLES = {
    "answers": "answers_title",
    "treatment": "treatment_title",
    "flow_bands": "flow_bands_title",
    "flow_ends": "flow_ends_title",
    "flow_low": "flow_low_title",
    "months": "months_title",
    "months_degree": "months_degree_title",
    "sites": "sites_title",
    "sites_degree": "sites_degree_title",
}
YES, DIFFERS = "yes", "differs"
LIMITS = ("record", "who", "low", "latest", "retested", "tests", "firmness")


class Block(Struct, frozen=True, kw_only=True):
    """A table with what it says in words, and its picture where there is one."""

    name: str
    title: str
    text: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    key: str = ""
    spec: dict[str, Any] | None = None


class Part(Struct, frozen=True):
    """One part of the report."""

    name: str
    blocks: tuple[Block, ...] = ()
    lines: tuple[str, ...] = ()


def page(report: Report) -> str:
    """The whole file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say, facts = report.say, report.facts
    parts = [one for one in all_parts(report) if one.blocks or one.lines]
    title = say("title_shared") if report.shared else say("title", people=report.shown(EVERYBODY))
    top = [say("by", pack=report.pack_title(facts.pack), version=facts.version, hash=short(facts.ruleset))]
    if not report.shared and report.tally.first_day is not None:
        first, last = date_of(report.tally.first_day), date_of(report.tally.last_day)
        top.append(say("days", first=first, last=last))
    share = say("share_note", smallest=report.smallest, most=report.smallest - 1) if report.shared else ""
    return environment.get_template("report.html").render(
        language=LANGUAGE,
        title=title,
        about=say("about"),
        top=top,
        share=share,
        failed=say("run_failed", count=facts.failed) if facts.failed else "",
        parts=[(f"part-{one.name}", say(f"head_{one.name}"), one) for one in parts],
        pictures={block.name: Markup(picture(block)) for one in parts for block in one.blocks if block.spec},
        words={word: say(word) for word in ("skip", "contents", "key", "table")},
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )


def picture(block: Block) -> str:
    chart = Chart(
        name=block.name, title=block.title, alternative=block.text, key=(block.key,), header=block.header, rows=block.rows,
        spec=block.spec or {},
    )  # fmt: skip
    return svg(chart)


def all_parts(report: Report) -> Iterator[Part]:
    yield Part("lists", (lists(report),))
    yield Part("answers", (answers(report), treatment(report)))
    yield Part("flow", flows(report))
    yield Part("months", (months(report, "months", ANSWER), months(report, "months_degree", DEFICIENCY)))
    yield Part("sites", tuple(sites(report)))
    yield Part("tests", tuple(tests(report)))
    yield Part("packs", tuple(packs(report)))
    yield Part(
        "quality", tuple(quality(report)), (*columns_not_used(report), *numbers_that_stand_out(report))
    )
    yield Part("run", (run(report),))
    yield Part("limits", (), limits(report))


# --- What is counted -----------------------------------------------------------------------------------------------


def lists(report: Report) -> Block:
    names = [name.removeprefix("list:") for name in report.tally.values if name.startswith("list:")]
    rows = [(report.say(f"list_{name}_title"), key({f"list:{name}": YES})) for name in names]
    longest = max(rows, key=lambda row: report.number(row[1]) or 0)
    return Block(
        name="lists",
        title=report.say("lists_title"),
        text=" ".join(
            (report.say("lists_text", first=report.shown(rows[0][1]), longest=longest[0], count=report.shown(longest[1])),
             *report.left_out)
        ),
        key=report.say("lists_key"),
        header=(report.say("col_list"), report.say("of_people")),
        rows=tuple((name, report.shown(at)) for name, at in rows),
        spec=figures.bars(numbers(report, rows), report.say("of_people")),
    )  # fmt: skip


def answers(report: Report) -> Block:
    degrees = [key({DEFICIENCY: one}) for one in DEFICIENT]
    return crossed(
        report, "answers", ANSWER, DEFICIENCY,
        text=report.say(
            "answers_text", people=report.shown(EVERYBODY), deficient=report.together(*degrees),
            open=report.of(answer="undetermined"), biomarker=report.of(answer="biomarker"),
        ),
    )  # fmt: skip


def treatment(report: Report) -> Block:
    untreated = [
        key({DEFICIENCY: one, TREATMENT: state})
        for one in DEFICIENT
        for state in report.tally.values[TREATMENT]
        if state != "on"
    ]
    order = [one for one in ("never", "stopped", "unknown", "on") if one in report.tally.values[TREATMENT]]
    text = report.say("treatment_text", untreated=report.together(*untreated))
    return crossed(report, "treatment", DEFICIENCY, TREATMENT, text=text, order=order)


def flows(report: Report) -> tuple[Block, ...]:
    values = report.tally.values
    stages = []
    for name in (BAND, ANSWER, OUTCOME):
        nodes = [(value, key({name: value})) for value in values[name]]
        stages.append(
            [
                (named(report, name, v), node_size(report, name, v), report.shown(at))
                for v, at in nodes
                if report.tally.counts[at]
            ]
        )
    links = []
    for one, other in ((BAND, ANSWER), (ANSWER, OUTCOME)):
        pairs = [(a, b, report.number(key({one: a, other: b}))) for a in values[one] for b in values[other]]
        links.append(
            [(named(report, one, a), named(report, other, b), count) for a, b, count in pairs if count]
        )
    text = report.say("flow_text", low=report.of(band="low"), open=report.of(band="low", outcome=OPEN))
    return (
        Block(
            name="flow",
            title=report.say("flow_title"),
            text=text,
            key=report.say("flow_key"),
            spec=figures.flow(stages, links),
        ),
        crossed(report, "flow_bands", BAND, ANSWER, drawn=False),
        crossed(report, "flow_ends", ANSWER, OUTCOME, drawn=False),
        crossed(report, "flow_low", BAND, OUTCOME, drawn=False),
    )


def node_size(report: Report, name: str, value: str) -> int:
    """The number of a node; where it is hidden, that of the bands at it which are shown."""
    found = report.number(key({name: value}))
    if found is not None:
        return found
    pairs = ((BAND, ANSWER), (ANSWER, OUTCOME))
    sums = []
    for one, other in pairs:
        if name in (one, other):
            beside = other if name == one else one
            sums.append(
                sum(report.number(key({name: value, beside: b})) or 0 for b in report.tally.values[beside])
            )
    return max(sums)


def months(report: Report, name: str, axis: str) -> Block:
    values = report.tally.values["month"]
    named_months = [one for one in values if one != WITHOUT]
    if named_months:
        text = report.say(
            f"months_text_{report.tally.month_of}", first=named_months[0], last=named_months[-1]
        )
    else:
        text = report.say("months_text_unknown")
    shown = [*named_months[-MONTHS:]]
    made = crossed(report, name, "month", axis, text=text, drawn=False)
    if len(shown) < 2:
        return made
    from msgspec.structs import replace

    rows = [(one, counts_of(report, "month", one, axis)) for one in shown]
    return replace(
        made, spec=figures.stacked(rows, drawn_parts(report, axis), report.say("of_people"), upright=True)
    )


def sites(report: Report) -> Iterator[Block]:
    if set(report.tally.values.get("site", (WITHOUT,))) - {WITHOUT}:
        yield crossed(report, "sites", "site", ANSWER, text=report.say("sites_text"))
        yield crossed(report, "sites_degree", "site", DEFICIENCY)


def tests(report: Report) -> Iterator[Block]:
    codes = [name.removeprefix("test:") for name in report.tally.values if name.startswith("test:")]
    asked = [
        (code, key({f"test:{code}": YES}))
        for code in codes
        if report.tally.counts[key({f"test:{code}": YES})]
    ]
    if asked:
        asked.sort(key=lambda one: (-(report.number(one[1]) or 0), report.title(one[0])))
        parts = report.tally.values[ANSWER]
        rows = []
        for code, at in asked:
            cells = [report.shown(key({f"test:{code}": YES, ANSWER: part})) for part in parts]
            rows.append((report.title(code), *cells, report.shown(at)))
        drawn = [
            (
                report.title(code),
                {plain(p): report.number(key({f"test:{code}": YES, ANSWER: p})) or 0 for p in parts},
            )
            for code, _ in asked
        ]
        yield Block(
            name="tests",
            title=report.say("tests_title"),
            text=report.say("tests_text", test=report.title(asked[0][0]), count=report.shown(asked[0][1])),
            key=report.say("tests_key"),
            header=(report.say("col_test"), *map(plain, parts), report.say("total")),
            rows=tuple(rows),
            spec=figures.stacked(drawn, drawn_parts(report, ANSWER), report.say("of_people")),
        )
    alone = [one for one in report.tally.values["alone"] if one not in (WITHOUT, SEVERAL, "answered")]
    ranked = sorted(alone, key=lambda one: (-(report.number(key({"alone": one})) or 0), report.title(one)))
    rows_alone = [(report.title(one), report.of(alone=one)) for one in ranked]
    rows_alone += [(report.say(f"alone_{one}"), report.of(alone=one)) for one in (SEVERAL, WITHOUT)]
    yield Block(
        name="alone",
        title=report.say("alone_title"),
        text=report.say(
            "alone_text",
            one=report.together(*(key({"alone": one}) for one in alone)),
            several=report.of(alone=SEVERAL),
            none=report.of(alone=WITHOUT),
        ),
        header=(report.say("col_test"), report.say("of_people")),
        rows=tuple(rows_alone),
    )


def packs(report: Report) -> Iterator[Block]:
    rows: list[tuple[str, Key, Key]] = []
    for pack in report.tally.packs:
        answer, degree = (key({f"{axis}@{pack}:": DIFFERS}) for axis in (ANSWER, DEFICIENCY))
        rows.append((report.pack_title(pack), answer, degree))
    if not rows:
        return
    yield Block(
        name="packs",
        title=report.say("packs_chart"),
        text=" ".join(
            report.say("packs_text", there=name, count=report.shown(a), degree=report.shown(d))
            for name, a, d in rows
        ),
        key=report.say("packs_chart_key"),
        header=(report.say("col_pack"), report.say("col_differs"), report.say("col_degree")),
        rows=tuple((name, report.shown(a), report.shown(d)) for name, a, d in rows),
        spec=figures.bars(numbers(report, [(name, a) for name, a, _ in rows]), report.say("of_people")),
    )
    for nth, pack in enumerate(report.tally.packs):
        here, there = report.pack_title(report.facts.pack), report.pack_title(pack)
        title = report.say("packs_title", here=here, there=there)
        yield crossed(
            report,
            f"pack-{nth}",
            ANSWER,
            f"{ANSWER}@{pack}",
            title=title,
            text=report.say("packs_key"),
            drawn=False,
        )


def quality(report: Report) -> Iterator[Block]:
    codes = [name.removeprefix("quality:") for name in report.tally.values if name.startswith("quality:")]
    yield Block(
        name="quality",
        title=report.say("quality_title"),
        text=report.say("quality_text"),
        header=(report.say("col_quality"), report.say("of_people")),
        rows=tuple((report.title(code), report.shown(key({f"quality:{code}": YES}))) for code in codes),
    )
    units = sorted(
        report.tally.values.get("unit", ()), key=lambda one: (-(report.number(key({"unit": one})) or 0), one)
    )
    if units:
        yield Block(
            name="units",
            title=report.say("units_title"),
            text=report.say("units_text"),
            header=(report.say("col_unit"), report.say("col_results")),
            rows=tuple(
                (report.say("units_none") if one == WITHOUT else one, report.of(unit=one)) for one in units
            ),
        )
    reasons = report.facts.set_aside
    yield Block(
        name="aside",
        title=report.say("aside_title"),
        text=report.say("aside_text", read=report.of(rows="read"), used=report.of(rows="used")),
        header=(report.say("col_reason"), report.say("col_rows")),
        rows=tuple((reason, report.of(aside=reason)) for reason in sorted(reasons))
        or ((report.say("aside_none"), "0"),),
    )


def columns_not_used(report: Report) -> tuple[str, ...]:
    names = report.facts.columns_not_used
    return (report.say("columns_text", names=", ".join(names)),) if names else ()


def numbers_that_stand_out(report: Report) -> tuple[str, ...]:
    found = report.facts.numbers_that_stand_out
    parted = {one: one.partition(", ") for one in found}
    labels = {one: report.ruleset.analytes[name].label for one, (name, _, _) in parted.items()}
    names = "; ".join(f"{labels[one]}, {parted[one][2]} ({times:,})" for one, times in found.items())
    return (report.say("numbers_text", names=names),) if found else ()


def run(report: Report) -> Block:
    facts = report.facts
    rows = {
        "program": f"Cobalens {facts.version}",
        "ruleset": facts.ruleset,
        "pack": report.pack_title(facts.pack),
        "packs": "; ".join(report.pack_title(one) for one in facts.packs) or report.say("none"),
        "engine": facts.engine,
        "source": facts.source,
        # How many lines there were says how much there is about the few who may not be counted.
        **({"lines": f"{facts.lines:,}"} if facts.lines and not report.shared else {}),
        "read": report.of(rows="read"),
        "used": report.of(rows="used"),
        "aside": report.of(rows="aside"),
        "people": report.shown(EVERYBODY),
        "parts": str(facts.parts),
        "seconds": f"{facts.seconds:g}",
        "status": facts.status,
    }
    told = tuple((report.say(f"run_{name}"), value) for name, value in rows.items())
    return Block(name="run", title="", text="", rows=told)


def limits(report: Report) -> tuple[str, ...]:
    found = [report.say(f"limit_{name}") for name in LIMITS]
    if not report.tally.has_results:
        found.append(report.say("limit_results"))
    if report.shared:
        found.append(report.say("limit_shared"))
    return tuple(found)


# --- Tables and pictures of two questions --------------------------------------------------------------------------


def crossed(
    report: Report,
    name: str,
    rows: str,
    columns: str,
    *,
    title: str = "",
    text: str = "",
    order: Sequence[str] = (),
    drawn: bool = True,
) -> Block:
    """A table of two questions with the sums of its rows and columns; as stacked bars where that is wanted."""
    down, across = report.tally.values[rows], order or report.tally.values[columns]
    table = [
        (named(report, rows, one), *(report.shown(key({rows: one, columns: other})) for other in across), report.of(**{rows: one}))
        for one in down
    ]  # fmt: skip
    table.append(
        (report.say("total"), *(report.of(**{columns: one}) for one in across), report.shown(EVERYBODY))
    )
    bars = [(named(report, rows, one), counts_of(report, rows, one, columns)) for one in down]
    parts = [plain(one) for one in across]
    heads = {
        ANSWER: "col_answer",
        DEFICIENCY: "col_deficiency",
        BAND: "col_band",
        "month": "col_month",
        "site": "col_site",
    }
    texts = {
        "answers": "answers_key",
        "treatment": "treatment_key",
        "sites": "sites_key",
        "sites_degree": "sites_degree_key",
        "months": "months_key",
        "months_degree": "months_degree_key",
    }
    return Block(
        name=name,
        title=title or report.say(TITLES[name]),
        text=text,
        key=report.say(texts[name], most=MONTHS) if name in texts else "",
        header=(
            report.say(heads[rows]),
            *(named(report, columns, one) for one in across),
            report.say("total"),
        ),
        rows=tuple(table),
        spec=figures.stacked(bars, parts, report.say("of_people")) if drawn else None,
    )


def counts_of(report: Report, rows: str, one: str, columns: str) -> dict[str, int]:
    return {plain(v): report.number(key({rows: one, columns: v})) or 0 for v in report.tally.values[columns]}


def drawn_parts(report: Report, name: str) -> list[str]:
    return [plain(one) for one in report.tally.values[name]]


def named(report: Report, question: str, value: str) -> str:
    if question == OUTCOME:
        return report.say(f"outcome_{value}")
    if question in ("month", "site") and value == WITHOUT:
        return report.say({"month": "months_none", "site": "sites_none"}[question])
    return plain(value)


def numbers(report: Report, rows: Iterable[tuple[str, Key]]) -> list[tuple[str, int, str]]:
    """What is drawn: a bar where the number may be shown, else the mark alone."""
    return [(name, report.number(at) or 0, report.shown(at)) for name, at in rows]
