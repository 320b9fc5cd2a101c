"""Builds the pages into a static site: no request leaves it, and the same book gives the same bytes."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import msgspec

from cobalens import errors
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.html import Page, esc
from cobalens.report.rulebook.pages import Site, site_of
from cobalens.report.rulebook.words import say, short

THEME = Path(__file__).parent / "theme"
MARK = "rulebook.json"
"""In every rulebook: what it was made from. A folder that holds it may be replaced."""


def build(book: Book, out: Path) -> int:
    """Writes the site into ``out`` and returns the number of pages."""
    refuse_foreign(out)
    plan = site_of(book)
    with tempfile.TemporaryDirectory(prefix="cobalens-rulebook-") as temporary:
        work = Path(temporary)
        source, site = work / "source", work / "site"
        source.mkdir()
        for page in plan.pages:
            (source / f"{page.name}.md").write_text(markdown(page), encoding="utf-8")
        run(configuration(book, plan), source, site, work / "doctrees")
        tidy(book, site)
        (site / MARK).write_bytes(mark(book, plan.pages))
        replace_folder(site, out)
    return len(plan.pages)


def markdown(page: Page) -> str:
    """The sidebar is the rulebook's own, so no page hangs in the generator's tree."""
    search = "" if page.searched else "nosearch: true\n"
    return f"---\norphan: true\n{search}---\n\n" + page.body.rstrip() + "\n"


def run(settings: dict[str, object], source: Path, site: Path, doctrees: Path) -> None:
    """One build, in which a warning (a link that leads nowhere, a page outside the tree) is an error."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=site,
            doctreedir=doctrees,
            buildername="html",
            confoverrides=settings,
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.build()
    if warnings.getvalue().strip():
        raise unsound(warnings.getvalue().strip().splitlines()[0])


def configuration(book: Book, plan: Site) -> dict[str, object]:
    title = say(book, "title")
    return {
        "project": title,
        "version": book.version,
        "release": book.version,
        "language": "en_GB",
        "extensions": ["myst_parser"],
        "root_doc": "index",
        "html_theme": "furo",
        "html_title": title,
        "html_static_path": [str(THEME / "static")],
        "templates_path": [str(THEME / "templates")],
        "html_css_files": ["rulebook.css"],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_use_index": False,
        "html_domain_indices": False,
        "html_permalinks": False,
        "html_context": {
            "rulebook_footer": say(book, "footer", version=book.version, hash=short(book.ruleset.hash)),
            "rulebook_groups": plan.groups,
            "rulebook_chapter_of": plan.chapter_of,
            "rulebook_questions": plan.questions,
            "rulebook_start": say(book, "nav_start"),
            "rulebook_contents": say(book, "nav_contents"),
            "rulebook_search": say(book, "head_search"),
        },
        "myst_enable_extensions": [],
        "smartquotes": False,
        "suppress_warnings": ["myst.header", "misc.highlighting_failure"],
    }


def tidy(book: Book, site: Path) -> None:
    """Takes out the build's own notes, and gives the theme's side regions the names that screen readers need."""
    shutil.rmtree(site / "_sources", ignore_errors=True)
    for name in (".buildinfo", "objects.inv"):
        (site / name).unlink(missing_ok=True)
    left, right = (esc(say(book, key)) for key in ("nav_contents", "nav_on_page"))
    for path in sorted(site.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        text = text.replace(
            '<aside class="sidebar-drawer"', f'<aside aria-label="{left}" class="sidebar-drawer"'
        )
        text = text.replace('<aside class="toc-drawer', f'<aside aria-label="{right}" class="toc-drawer')
        text = text.replace("<pre>", '<pre tabindex="0">')
        path.write_text(text, encoding="utf-8")


def mark(book: Book, made: list[Page]) -> bytes:
    content = {
        "cobalens": book.version,
        "ruleset": book.ruleset.hash,
        "pack": book.primary.name,
        "pages": {page.name: page.title for page in made},
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def refuse_foreign(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file()):
        raise errors.CobalensError(
            "folder_in_use",
            str(out),
            "The folder holds something else than a rulebook.",
            "A rulebook replaces the whole folder.",
            "Name a new or empty folder, or one that holds an earlier rulebook.",
        )


def replace_folder(site: Path, out: Path) -> None:
    try:
        if out.is_dir():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(site, out)
    except OSError:
        raise errors.CobalensError(
            "cannot_be_written",
            str(out),
            "The folder cannot be written.",
            "It may belong to somebody else, or the disk may be full.",
            "Choose another folder with --out.",
        ) from None


def unsound(line: str) -> errors.CobalensError:
    return errors.CobalensError(
        "rulebook_unsound",
        "rulebook",
        f"The pages were not built: {line}",
        "A text holds markup or a link that leads nowhere.",
        "Mend the text named, then build again.",
    )
