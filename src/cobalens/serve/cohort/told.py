"""What a run over a population says when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cobalens.serve.cohort.run import Run

DATE_UNREAD = "not understood: its date"
FEW = 6
"""Files that are named one by one."""


def summary(state: Run, out: Path, run: str) -> None:
    told_people(state)
    told_files(state, run)
    if state.columns_not_there:
        click.echo(f"  read as empty, since not there: {', '.join(state.columns_not_there)}")
    if state.gathered:
        click.echo("What became of lines, rows and entries:")
    for reason, count in state.gathered.items():
        click.echo(f"  {count:,} {reason}")
    if any(reason.endswith(DATE_UNREAD) for reason in state.gathered):
        click.echo(
            "  A result without a day that is understood counts as one of the day of decision. A date such as 03/04/2026 is read\n"
            '  where another one of its table shows what comes first; else a --mapping FILE says it: [table] dates = "day first".'
        )
    told_numbers(state)
    for part, reason in state.failed.items():
        click.echo(f"  part {part} is missing: {reason}")
    if state.answers.get("answer"):
        click.echo("Answers, and how many have each:")
    for word, count in state.answers.get("answer", {}).items():
        click.echo(f"  {word}: {count:,}")
    if state.failed:
        click.echo("Mend the source and run again with --resume; what is done is kept.")
    else:
        answers = f"Answers: {out / state.result}" if state.used else "Nobody was answered"
        click.echo(f"{state.seconds:.1f} s. {answers}; counts: {out / run}")


def told_numbers(state: Run) -> None:
    """Numbers that may be codes for no result, and what to do about them."""
    if not state.numbers_that_stand_out:
        return
    click.echo("Numbers that stand out, and were read as results:")
    for number, times in list(state.numbers_that_stand_out.items())[:FEW]:
        click.echo(f"  {number}: {times:,} times")
    if len(state.numbers_that_stand_out) > FEW:
        click.echo(f"  and {len(state.numbers_that_stand_out) - FEW:,} more, in the counts of the run")
    click.echo(
        "  If one is a code for no result, a --mapping FILE says so of tables: [table] missing = [999]; other sources leave such\n"
        "  results out. If it is the most that a laboratory measures, write it as one: >2000."
    )


def stopped(out: Path) -> None:
    """Whoever stops a run is told that it can go on."""
    if any(out.glob("*.json")):
        click.echo("Stopped. What is done is kept: the same command with --resume goes on.", err=True)


def told_people(state: Run) -> None:
    """How many there are, are judged and answered, and why the others are not."""
    aside = sum(state.set_aside.values())
    if state.people:
        days = f", on {state.read:,} days of decision in all" if state.read > state.people_judged else ""
        click.echo(f"People in the source: {state.people:,}; judged: {state.people_judged:,}{days}.")
        if state.used != state.read:
            click.echo(f"Rows of facts: {state.read:,}; answered: {state.used:,}; set aside: {aside:,}.")
    else:
        click.echo(f"{state.read:,} rows read, {state.used:,} people answered, {aside:,} rows set aside.")
    for reason, count in state.set_aside.items():
        click.echo(f"  {count:,} set aside: {reason}")
    for reason, count in state.people_aside.items():
        click.echo(f"  {count:,} not judged: {reason.replace('_', ' ')}")
    if state.people_died:
        click.echo(
            f"  {state.people_died:,} of those answered have died, later or on a day that is not known: they are in no worklist"
        )
    if state.people and not state.people_judged and state.index in ("latest", "each-result"):
        click.echo(
            f"  Under --index {state.index} only results of B12, MMA and homocysteine give a day; a date judges everybody."
        )
    if state.people_together:
        click.echo(f"  people who stand in several files, now put together: {state.people_together:,}")
    if state.identifiers_paired or state.identifiers_unclear:
        click.echo(
            "  identifiers that a table pairs with those of other files, by which their people are called here: "
            f"{state.identifiers_paired:,};\n"
            f"  paired with several, so that whose they are is not clear: {state.identifiers_unclear:,}."
        )
    if state.identifiers_alike:
        click.echo(
            "  identifiers of different files that differ by blanks, leading zeros or capitals alone: "
            f"{state.identifiers_alike:,};\n"
            "  each was taken as a person of its own. Write them alike if they mean the same person."
        )
    for file, count in list(state.files_of_strangers.items())[:FEW]:
        click.echo(f"  {file}: none of its {count:,} people stands in another file or has a result.")
    if state.files_of_strangers:
        click.echo(
            "  If its identifiers are other numbers of the same people (a number of the hospital, a national one), nothing of it is\n"
            "  known of them: write the same identifier in every file."
        )
    if state.identifiers_of_two_places:
        click.echo(
            "  identifiers that two places gave, so that whose they are is not clear: "
            f"{state.identifiers_of_two_places:,};\n"
            "  nothing was put together by them."
        )
    if state.people_again:
        click.echo(
            f"  {state.people_again:,} times someone of one file was met again in another that was read by itself: tables and\n"
            "  HL7 messages are put together by identifier, other files are not. What the other one holds was not seen."
        )


def told_files(state: Run, run: str) -> None:
    """Files that were unpacked, that could not be, and that were not looked at."""
    if state.files_unpacked:
        packed, loose = map(sum, zip(*state.files_unpacked.values(), strict=True))
        click.echo(
            f"  packed files, unpacked for the run: {len(state.files_unpacked):,} ({packed:,} bytes to {loose:,})"
        )
    if state.files_packed_beside:
        click.echo(
            f"  packed files not read, since the file beside them holds the same: {len(state.files_packed_beside):,}"
        )
    for file, reason in list(state.files_aside.items())[:FEW]:
        click.echo(f"  {file} {reason}: nothing of it was read, and what it says is missing for everybody.")
    if len(state.files_aside) > FEW:
        click.echo(f"  and {len(state.files_aside) - FEW:,} more such files; {run} names them all.")
    if state.files_not_read:
        endings = ", ".join(f"{count:,} {ending}" for ending, count in state.files_not_read.items())
        click.echo(f"  not looked at, beside the files that were read: {endings}")
