"""A template with its words to a page; everything that is filled in is escaped."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.utils.scope.state import ScopeState

from cobalens import __version__
from cobalens.serve.web.words import LANGUAGES, prefix, speaker

HOME = Path(__file__).parent / "templates"
BLANK = ""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SHOWN = {"[ppth]": "‰", "[arb'U]": "arb. U", "[arb'U]/mL": "arb. U/mL"}
"""Units whose code shows nothing of how they are written."""


def unit(code: str) -> str:
    """A unit as a printout shows it; forms carry its code."""
    if code in SHOWN:
        return SHOWN[code]
    shown = re.sub(r"\*(\d+)", lambda found: found[1].translate(RAISED), code)
    return re.sub(r"\bu(?=[a-zL])", "µ", re.sub(r"[{}\[\]]", "", shown)).replace("_m2", " m²")


@lru_cache(maxsize=1)
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HOME),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["unit"] = unit
    return made


def html(request: Request[Any, Any, Any], name: str, language: str, **own: Any) -> str:
    return environment().get_template(name).render(parts(request, language, **own))


def parts(request: Request[Any, Any, Any], language: str, **own: Any) -> dict[str, Any]:
    """What every page is filled in with, and what is its own; ``held`` is the sealed record that it hands on."""
    return {
        **surroundings(language, language in request.app.state.get("borrowed", ())),
        "csrf": token(request),
        "held": BLANK,
        "here": BLANK,
        "named": request.app.state["names"][language],
        "remarks": request.app.state["remarks"][language],
        **own,
    }


def surroundings(language: str, borrowed: bool) -> dict[str, Any]:
    """What stands around every page of a language."""
    return {
        "_": speaker(language),
        "at": prefix(language),
        "language": language,
        "languages": LANGUAGES,
        "version": __version__,
        "borrowed": borrowed,
    }


def page(
    request: Request[Any, Any, Any], name: str, language: str, status: int = 200, **own: Any
) -> Response[str]:
    return Response(html(request, name, language, **own), media_type=MediaType.HTML, status_code=status)


def token(request: Request[Any, Any, Any]) -> str:
    """What shows that a form came from one of these pages."""
    found = ScopeState.from_scope(request.scope).csrf_token
    return found if isinstance(found, str) else ""


def wants_part(request: Request[Any, Any, Any]) -> bool:
    """Whether the script asks for a piece of the page; without it the whole page is sent."""
    return request.headers.get("hx-request") == "true"
