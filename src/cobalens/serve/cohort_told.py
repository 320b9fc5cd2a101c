"""What a run over a population says when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cobalens.serve.cohort import Run


def summary(state: Run, out: Path, run: str) -> None:
    aside = sum(state.set_aside.values())
    click.echo(f"{state.read:,} rows read, {state.used:,} people answered, {aside:,} rows set aside.")
    for reason, count in state.set_aside.items():
        click.echo(f"  {count:,} set aside: {reason}")
    if state.people:
        click.echo(f"{state.people:,} people in the source, {state.people_judged:,} of them judged.")
    for reason, count in state.people_aside.items():
        click.echo(f"  {count:,} people not judged: {reason}")
    if state.people_together:
        click.echo(f"  people who stand in several files, now put together: {state.people_together:,}")
    if state.identifiers_alike:
        click.echo(
            "  identifiers of different files that differ by blanks, leading zeros or capitals alone: "
            f"{state.identifiers_alike:,};\n"
            "  each was taken as a person of its own. Write them alike if they mean the same person."
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
    if state.files_not_read:
        endings = ", ".join(f"{count:,} {ending}" for ending, count in state.files_not_read.items())
        click.echo(f"  not looked at, beside the files that were read: {endings}")
    if state.columns_not_there:
        click.echo(f"  read as empty, since not there: {', '.join(state.columns_not_there)}")
    for reason, count in state.gathered.items():
        click.echo(f"  {count:,} {reason}")
    for part, reason in state.failed.items():
        click.echo(f"  part {part} is missing: {reason}")
    for word, count in state.answers.get("answer", {}).items():
        click.echo(f"  {word}: {count:,}")
    if state.failed:
        click.echo("Mend the source and run again with --resume; what is done is kept.")
    else:
        answers = f"Answers: {out / state.result}" if state.used else "Nobody was answered"
        click.echo(f"{state.seconds:.1f} s. {answers}; counts: {out / run}")
