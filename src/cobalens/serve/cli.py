"""The command line. Heavy imports stand inside the commands that need them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from cobalens import __version__
from cobalens.errors import CobalensError
from cobalens.model.primary import PRIMARY
from cobalens.serve.blanks import named
from cobalens.serve.status import DONE, FAILED, REFUSED

STOPPED = 130
"""By whoever runs it, as shells say it."""
EXAMPLE = "published-case.json"

INTERPRET_HELP = """Interprets each person: is this a deficiency needing replacement, or a biomarker needing interpretation?

FILE is a case (JSON, YAML, TOML, or one a line), FHIR R4 (a Bundle, a resource, or bulk NDJSON), an HL7 v2 message,
a C-CDA document, an Apple Health export, a table (CSV, TSV, Excel, Parquet), a PDF report, results pasted as text,
a folder of these, or - for standard input. What a file is, its content says; one file may hold several people.

\b
Examples:
  cobalens interpret patient.json
  cobalens interpret patient.json --audience patient
  cobalens interpret patient.json --format json --out answer.json
  cobalens interpret patient.json --format pdf --audience patient --out visit-sheet.pdf
  cobalens interpret patient.json --format html --out answer.html
  cobalens interpret bundle.json --as-of 2026-03-02 --format fhir
  cobalens interpret clinic/ --out answers.ndjson
  cobalens interpret patient.json --complete medications,conditions
  cat cases.ndjson | cobalens interpret -

\b
Exit status: 0 done; 1 no record could be read, or any could not with --strict; 2 input or command refused;
130 stopped by hand.
"""
EXPLAIN_HELP = """Shows what each statement rests on: rows and reasons, facts with their place in the input, limits, sources.

\b
Examples:
  cobalens explain patient.json
  cobalens explain patient.json --finding deficiency
  cobalens explain patient.json --finding action:start_b12_replacement
"""

AFFECTED_HELP = """Says whose answer another ruleset would change, what changes, and by which rows.

RULESET is a folder of knowledge, a checkout that holds one, a git revision of this checkout, or `shipped`. FILE is
whatever `cobalens interpret` reads. Of a person the output holds the id alone, and no value.

\b
Examples:
  cobalens affected --old v0.1.0 --new shipped past-cases/
  cobalens affected --old shipped --new my-knowledge/ past-cases/ --format json --out affected.json

\b
Exit status: 0 nothing changes; 1 something does, or no record could be read; 2 input or command refused.
"""


WHAT_IF_HELP = """Shows the answer before and after something is supposed, side by side; then the findings gained and lost.

A result counts as one of today, beside earlier ones; a test may bear any name that is read in a record. A statement is
a fact by its name, or a phrase as people write it, with yes, no or unknown.

\b
Examples:
  cobalens what-if patient.json --set mma=0.55umol/L
  cobalens what-if patient.json --set "active B12=20 pmol/L" --set "stomach removed=no"
  cobalens what-if patient.json --set "numb feet=yes" --set "if antibody=positive"
  cobalens what-if patient.json --set egfr=unknown --format json
"""
COMPARE_HELP = """Shows what is new or changed between two sets of results for one person, and what that changes in the answer.

Each file is whatever `cobalens interpret` reads. With --adds the new file may hold only what has come back since.

\b
Examples:
  cobalens compare march.json june.json
  cobalens compare patient.json mma-came-back.json --adds
"""


LATE = {
    "cohort": "cobalens.serve.cohort.command",
    "listen": "cobalens.serve.listening.command",
    "serve": "cobalens.serve.web.command",
}
"""Commands that stand in modules of their own, loaded when they are asked for."""


class Commands(click.Group):
    """The commands; some are loaded late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *LATE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LATE:
            found: click.Command = getattr(import_module(LATE[cmd_name]), cmd_name)
            return found
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="cobalens %(version)s")
def main() -> None:
    """Reads a vitamin B12 result in a person with cancer in the light of the full picture, with reasons and sources.

    Decision support, not a diagnosis or an order. Begin with: cobalens demo
    """
    from cobalens.serve.streams import prepare

    prepare()


def out_of(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """`-` is standard output, as it is for what is read."""
    return None if named(ctx, param, value) == "-" else value


def shared(command: Any) -> Any:
    """The options of every command that reads a person."""
    for option in (
        click.option("--as-of", metavar="DATE", help="The day on which the question is asked (dated input; default: today)."),
        click.option("--pack", default=PRIMARY, show_default=True, metavar="NAME", help="The primary pack; see `cobalens packs`."),
        click.option("--language", default="en", show_default=True, metavar="LANGUAGE", help="The language of the texts, such as es."),
        click.option("--complete", default="", metavar="LISTS", help="Lists that name everything there is, so that silence means no: medications,conditions,symptoms …"),
    ):  # fmt: skip
        command = option(command)
    return command


@main.command(help=INTERPRET_HELP, short_help="Says of each person: deficiency or biomarker, and why.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ndjson", "html", "pdf", "fhir", "hl7", "csv", "xlsx"]),
    help="Default: text for one person, ndjson for several and for a folder that is not shown on a terminal.",
)
@click.option(
    "--out",
    metavar="PATH",
    callback=out_of,
    help="Write there instead; a folder for the texts or pages of several people.",
)
@click.option(
    "--audience", type=click.Choice(["clinician", "patient"]), default="clinician", show_default=True
)
@click.option("--strict", is_flag=True, help="Exit with status 1 if any person could not be read.")
@click.option("--show-reading", is_flag=True, help="Show how each piece of the input was read.")
@click.option(
    "--mapping",
    metavar="FILE",
    callback=named,
    help="What the columns of a table hold, where their headings do not say it (docs/tables.md).",
)
@shared
def interpret(files: tuple[str, ...], **options: Any) -> None:
    from cobalens.serve.batch import Wanted, run

    wanted = Wanted(
        form=options["form"],
        out=options["out"],
        audience=options["audience"],
        strict=options["strict"],
        show_reading=options["show_reading"],
        as_of=options["as_of"],
        pack=options["pack"],
        language=options["language"],
        complete=lists(options["complete"]),
        mapping=options["mapping"],
    )
    sys.exit(privately(lambda: run(files, wanted)))


@main.command(help=EXPLAIN_HELP, short_help="Shows what each statement rests on.")
@click.argument("file", metavar="FILE")
@click.option(
    "--finding", metavar="CODE", help="One statement: a finding's code, or a question such as deficiency."
)
@shared
def explain(file: str, **options: Any) -> None:
    sys.exit(privately(lambda: explained(file, options)))


def explained(file: str, options: dict[str, Any]) -> int:
    from cobalens.api import load
    from cobalens.serve.batch import read_one
    from cobalens.serve.given import refuse_early
    from cobalens.serve.inputs import only
    from cobalens.serve.terminal import show_tree

    door = load(options["pack"], (), options["language"])
    refuse_early(door, options["as_of"], lists(options["complete"]))
    record = read_one(door, only(file), options["as_of"], lists(options["complete"]))
    show_tree(door.explain(record, options["finding"]))
    return DONE


@main.command(help=AFFECTED_HELP, short_help="Says whose answer another ruleset would change.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--old", required=True, metavar="RULESET", help="The ruleset that gave the past answers.")
@click.option("--new", required=True, metavar="RULESET", help="The ruleset that would give them now.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--out", metavar="PATH", callback=out_of, help="Write there instead.")
@click.option(
    "--all",
    "everybody",
    is_flag=True,
    help="List in the text also those for whom nothing, or words alone, changed.",
)
@click.option("--strict", is_flag=True, help="Exit with status 1 if any person could not be read.")
@shared
def affected(files: tuple[str, ...], **options: Any) -> None:
    from cobalens.serve.affected import Wanted, run

    wanted = Wanted(**{**options, "complete": lists(options["complete"])})
    sys.exit(privately(lambda: run(files, wanted)))


def compared(command: Any) -> Any:
    """The options of the commands that show two readings of one person."""
    command = click.option("--out", metavar="PATH", callback=out_of, help="Write there instead.")(
        shared(command)
    )
    form = click.Choice(["text", "json"])
    return click.option("--format", "form", type=form, default="text", show_default=True)(command)


@main.command("what-if", help=WHAT_IF_HELP, short_help="Shows the answer before and after a supposition.")
@click.argument("file", metavar="FILE")
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="NAME=VALUE",
    help="What to suppose; may be given again.",
)
@compared
def what_if(file: str, settings: tuple[str, ...], **options: Any) -> None:
    from cobalens.serve.whatif import Wanted, run

    wanted = Wanted(**{**options, "complete": lists(options["complete"])})
    sys.exit(privately(lambda: run(file, settings, wanted)))


@main.command(help=COMPARE_HELP, short_help="Shows what new results change in the answer.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--adds", is_flag=True, help="NEW holds only what is new, and is added to OLD.")
@compared
def compare(old: str, new: str, adds: bool, **options: Any) -> None:
    from cobalens.serve.compare import run
    from cobalens.serve.whatif import Wanted

    wanted = Wanted(**{**options, "complete": lists(options["complete"])})
    sys.exit(privately(lambda: run(old, new, adds, wanted)))


@main.command(short_help="Interprets a published case; begin here.")
def demo() -> None:
    """Interprets a published case and says what to try next."""
    sys.exit(guarded(demonstrated))


def demonstrated() -> int:
    from cobalens.api import load
    from cobalens.report.summary import demo_end, demo_start, summary
    from cobalens.serve.terminal import show

    example = Path(__file__).parent.parent / "examples" / EXAMPLE
    case, said = load().judged(example)
    end = demo_end(case, called_as(Path(sys.argv[0])), near(example, str(example)))
    show([demo_start(case), *summary(case, said), end])
    return DONE


def called_as(program: Path) -> str:
    return "python -m cobalens" if program.name == "__main__.py" else near(program, "cobalens")


def near(path: Path, otherwise: str) -> str:
    """A path as one would type it from here, when it lies below."""
    try:
        here, path = Path.cwd(), path.absolute()
    except OSError:
        # The folder in which one stands may have been taken away.
        return otherwise
    return str(path.relative_to(here)) if path.is_relative_to(here) else otherwise


@main.command(short_help="Lists the packs of limits and policies.")
def packs() -> None:
    """Lists the packs of limits and policies: guidelines and laboratories."""
    sys.exit(guarded(listed_packs))


def listed_packs() -> int:
    from cobalens.api import load

    ruleset = load().ruleset
    rows = [("name", "what it is", "year", "kind", "the rest from")]
    rows += [
        (pack.name, pack.title, str(pack.year or ""), pack.role, pack.inherits or "")
        for name, pack in sorted(ruleset.packs.items())
        if pack.role != "common"
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip())
    return DONE


@main.command(short_help="Writes the FHIR Questionnaire for what is asked.")
@click.option("--out", metavar="PATH", callback=out_of, help="Write there instead.")
@click.option(
    "--language", default="en", show_default=True, metavar="LANGUAGE", help="The language of the texts."
)
def questionnaire(out: str | None, language: str) -> None:
    """Writes the FHIR Questionnaire for symptoms, function, diet, supplements, exposures and goal.

    `cobalens interpret` reads its QuestionnaireResponse beside the results.
    """
    sys.exit(guarded(lambda: asked(out, language)))


def asked(out: str | None, language: str) -> int:
    import msgspec

    from cobalens.api import load
    from cobalens.report.questionnaire import questionnaire
    from cobalens.serve.outputs import put

    form = questionnaire(load(PRIMARY, (), language).ruleset, language, __version__)
    put(out, msgspec.json.format(msgspec.json.encode(form), indent=2).decode() + "\n")
    return DONE


@main.command(short_help="Proves what must never happen.")
@click.option("--invariant", "wanted", multiple=True, metavar="ID", help="Only this one; may be given again.")
@click.option(
    "--pack",
    metavar="NAME",
    help="Only under this pack; default: every pack and every other choice of policies.",
)
def prove(wanted: tuple[str, ...], pack: str | None) -> None:
    """Proves what must never happen, for every possible patient; prints a patient for each failure.

    \b
    Examples:
      cobalens prove
      cobalens prove --invariant 17

    Exit status: 0 everything holds; 1 something does not.
    """
    from cobalens.serve.prove import proved

    sys.exit(guarded(lambda: proved(wanted, pack)))


@main.command(short_help="Writes the knowledge as pages to read and sign.")
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    callback=named,
    help="A new or empty folder, or an earlier rulebook.",
)
@click.option(
    "--pack",
    default=PRIMARY,
    show_default=True,
    metavar="NAME",
    help="The primary pack; see `cobalens packs`.",
)
@click.option(
    "--prove/--no-prove",
    default=True,
    help="Check the invariants and show the outcome; default: where Z3 is installed.",
)
def rulebook(out: str, pack: str, prove: bool) -> None:
    """Writes the knowledge as pages that a clinician reads, searches, prints and signs.

    \b
    Example:
      cobalens rulebook --out rulebook
    """
    from cobalens.serve.rulebook import written

    sys.exit(guarded(lambda: written(out, pack, prove)))


def lists(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def privately(work: Any, one: bool = True) -> int:
    """Of a command that reads people, ``one`` or many: a fault of the program is told by its place; its words may hold a value."""

    def careful() -> Any:
        try:
            return work()
        except (CobalensError, BrokenPipeError):
            raise
        except Exception as error:
            from cobalens.serve.output_refusals import internal_error, stopped_by_fault
            from cobalens.serve.streams import FULL
            from cobalens.serve.whereabouts import tell_place

            if isinstance(error, OSError) and error.errno in FULL:
                raise
            tell_place(error)
            tell(internal_error() if one else stopped_by_fault())
            return FAILED

    return guarded(careful)


def guarded(work: Any) -> int:
    """Runs a command; a refusal is told on standard error, with its own exit status."""
    try:
        code: int = work()
    except CobalensError as error:
        tell(error)
        return REFUSED
    except KeyboardInterrupt:
        click.echo("cobalens: stopped before the end; what was written is not complete", err=True)
        return STOPPED
    except OSError as error:
        from cobalens.serve.output_refusals import output_full
        from cobalens.serve.streams import FULL

        if error.errno not in FULL:
            raise
        tell(output_full())
        return REFUSED
    return code


def tell(error: CobalensError) -> None:
    from cobalens.report.text import harmless

    place = f"{error.where}: " if error.where else ""
    click.echo(harmless(f"cobalens: {place}{error.problem}"), err=True)
    for line in (error.likely, error.next):
        if line:
            click.echo(f"  {harmless(line)}", err=True)
