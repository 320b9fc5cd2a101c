"""The worklists as a workbook in which a nurse filters, ticks and notes; one sheet a list behind a first one that explains them all."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from typing import Any

from cobalens.model.tally import Condition, Entry, Plan, Reading, Worklist, key
from cobalens.report.cohort.words import EPOCH, Report, plain
from cobalens.report.tables import MOST_CHARACTERS, escaped

SHEETS_NAME = 31
"""The most characters that a sheet's name may have."""
STEPS = 6
"""Next steps named in a row; the answer of the person names all."""
COLUMNS = (
    ("done", 9), ("by", 9), ("note", 24), ("person", 18), ("urgency", 11), ("why", 44), ("next", 48), ("result", 17),
    ("result_day", 12), ("since", 8), ("others", 30), ("answer", 14), ("deficiency", 15), ("day", 12), ("review", 14), ("site", 14),
)  # fmt: skip
TICKS = ("yes", "no", "not_needed")
B12 = "vitamin_b12"
FIRST_LINES = 4
CREATED = dt.datetime.combine(EPOCH, dt.time())
"""A fixed time, so that the same run gives the same bytes."""


def workbook(report: Report, plan: Plan) -> bytes:
    """All sheets; of a copy for sharing the first alone, with counts that may be shown."""
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": report.say("sheet_title"), "created": CREATED})
        made = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDEE"}),
            "cell": book.add_format({"text_wrap": True, "valign": "top"}),
            "free": book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#F4F9FF", "border": 1, "border_color": "#AEB7BD"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
            "number": book.add_format({"num_format": "0", "valign": "top"}),
            "count": book.add_format({"num_format": "#,##0", "valign": "top", "align": "right"}),
            "title": book.add_format({"bold": True, "font_size": 16}),
            "link": book.add_format({"valign": "top", "underline": 1, "font_color": "#003D78", "text_wrap": True}),
        }  # fmt: skip
        first(book, made, report, plan)
        if not report.shared:
            for one in plan.lists:
                people(book, made, report, one, plan)
    return out.getvalue()


def first(book: Any, made: dict[str, Any], report: Report, plan: Plan) -> None:
    """What each list means, who is in it, how many, and of which day."""
    say, facts = report.say, report.facts
    sheet = book.add_worksheet(say("sheet_readme"))
    sheet.hide_gridlines(2)
    for column, width in enumerate((30, 10, 52, 74)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, say("sheet_title"), made["title"])
    pack = say("by", pack=report.pack_title(facts.pack), version=facts.version, hash=facts.ruleset)
    lines = [say("sheet_how"), " ".join((say("sheet_not"), *report.left_out)), pack]
    if report.shared:
        lines = [
            say("sheet_shared"),
            say("share_note", smallest=report.smallest, most=report.smallest - 1),
            pack,
        ]
    for row, line in enumerate(lines, 1):
        sheet.merge_range(row, 0, row, 3, line, made["cell"])
        sheet.set_row(row, 32)
    last = report.tally.last_day
    if last is not None and not report.shared:
        sheet.write_string(FIRST_LINES, 0, say("sheet_made"), made["cell"])
        sheet.write_datetime(FIRST_LINES, 1, moment(last), made["day"])
    top = FIRST_LINES + 2
    for column, word in enumerate(("sheet_list", "sheet_people", "sheet_means", "sheet_rule")):
        sheet.write_string(top, column, say(word), made["head"])
    for row, one in enumerate(plan.lists, top + 1):
        at = key({f"list:{one.name}": "yes"})
        title = say(f"list_{one.name}_title")
        if report.shared:
            sheet.write_string(row, 0, title, made["cell"])
        else:
            sheet.write_url(row, 0, f"internal:'{sheet_name(title)}'!A1", made["link"], title)
        count = report.number(at)
        if count is None:
            sheet.write_string(row, 1, report.shown(at), made["count"])
        else:
            sheet.write_number(row, 1, count, made["count"])
        means = say(f"list_{one.name}_means")
        if not report.shared and (count or 0) > plan.rows_at_most:
            means += " " + say("sheet_short", most=f"{plan.rows_at_most:,}", count=f"{count:,}")
        rules = "\n".join(told(report, condition) for condition in one.conditions)
        sheet.write_string(row, 2, means, made["cell"])
        sheet.write_string(row, 3, rules, made["cell"])
        sheet.set_row(row, 15 * max(lines_of(means, 52), lines_of(rules, 74)) + 4)
    sheet.freeze_panes(top + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def told(report: Report, condition: Condition) -> str:
    """A condition in words, generated from its cells."""
    cells = []
    for asked, values in condition.cells.items():
        if asked.startswith("finding."):
            cells.append(report.say("said", name=report.title(asked.removeprefix("finding."))))
        else:
            cells.append(
                report.say("cell", name=plain(asked), values=report.say("or").join(map(plain, values)))
            )
    return report.say("and").join(cells)


def people(book: Any, made: dict[str, Any], report: Report, one: Worklist, plan: Plan) -> None:
    """One list: a row a person, free cells in front, filters on."""
    say = report.say
    sheet = book.add_worksheet(sheet_name(say(f"list_{one.name}_title")))
    found = report.tally.lists[one.name]
    columns = [
        (name, width) for name, width in COLUMNS if name != "site" or any(entry.site for entry in found)
    ]
    for column, (name, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, say(f"col_{name}"), made["head"])
    # Many people have the same words in their cells.
    written = cache(lambda value, width: (escaped(value)[:MOST_CHARACTERS], lines_of(value, width)))
    steps = cache(lambda codes: named_steps(report, codes))
    for row, entry in enumerate(found, 1):
        height = 1
        for column, (name, width) in enumerate(columns):
            value = steps(entry.next) if name == "next" else cell(report, one, entry, name)
            if name in ("done", "by", "note"):
                sheet.write_blank(row, column, None, made["free"])
            elif isinstance(value, dt.datetime):
                sheet.write_datetime(row, column, value, made["day"])
            elif isinstance(value, int):
                sheet.write_number(row, column, value, made["number"])
            else:
                text, lines = written(value, width)
                sheet.write_string(row, column, text, made["cell"])
                height = max(height, lines)
        sheet.set_row(row, 15 * height + 3)
    if not found:
        sheet.write_string(1, columns.index(("person", 18)), say("sheet_nobody"))
    last = max(len(found), 1)
    ticks = [say(f"tick_{one}") for one in TICKS]
    sheet.data_validation(1, 0, last, 0, {"validate": "list", "source": ticks, "ignore_blank": True})
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.freeze_panes(1, 4)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def cell(report: Report, one: Worklist, entry: Entry, name: str) -> str | int | dt.datetime:
    """What stands in a column of a person."""
    if name in ("done", "by", "note"):
        return ""
    if name == "person":
        return entry.person_id
    if name == "why":
        return "; ".join(report.say(f"why_{one.name}_{why}") for why in entry.whys)
    newest = next((reading for reading in entry.readings if reading.analyte == B12), None)
    if name == "result":
        return shown(newest) if newest else ""
    if name == "result_day":
        return moment(newest.day) if newest and newest.day is not None and entry.index_day else ""
    if name == "since":
        return entry.index_day - newest.day if newest and newest.day is not None else ""
    if name == "others":
        others = [reading for reading in entry.readings if reading.analyte != B12]
        return "; ".join(
            f"{report.ruleset.analytes[reading.analyte].label} {shown(reading)}" for reading in others
        )
    if name == "day":
        return moment(entry.index_day) if entry.index_day else ""
    words = {
        "urgency": entry.urgency, "answer": entry.answer, "deficiency": entry.deficiency, "review": entry.review_after,
        "site": entry.site or "",
    }  # fmt: skip
    return plain(words[name])


def named_steps(report: Report, codes: tuple[str, ...]) -> str:
    titles = list(dict.fromkeys(report.title(code) for code in codes))
    return "; ".join(titles[:STEPS]) + (" …" if len(titles) > STEPS else "")


def shown(reading: Reading) -> str:
    """The number as reported, with its unit: ``133 pmol/L``, ``< 150 ng/L``, ``> 2000 ng/L``."""
    unit = f" {reading.unit}" if reading.unit else ""
    if reading.lo is not None and reading.lo == reading.hi:
        return f"{number(reading.lo)}{unit}"
    if reading.lo is None and reading.hi is not None:
        return f"{'<' if reading.hi_open else '≤'} {number(reading.hi)}{unit}"
    if reading.hi is None and reading.lo is not None:
        return f"{'>' if reading.lo_open else '≥'} {number(reading.lo)}{unit}"
    return f"{number(reading.lo)}–{number(reading.hi)}{unit}"


def number(value: float | None) -> str:
    """The shortest decimal of a number, without an exponent."""
    from decimal import Decimal

    if value is None:
        return ""
    text = f"{Decimal(repr(value)):f}"
    return text.removesuffix(".0")


def moment(day: int) -> dt.datetime:
    return dt.datetime.combine(EPOCH + dt.timedelta(days=day), dt.time())


def sheet_name(title: str) -> str:
    return title[:SHEETS_NAME]


def lines_of(text: str, width: int) -> int:
    """How many lines a cell takes, a little on the large side."""
    return sum(max(1, -(-len(line) * 11 // (width * 10))) for line in text.split("\n"))
