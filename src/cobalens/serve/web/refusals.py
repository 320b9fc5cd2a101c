"""What the pages refuse, as named constructors; none of the sentences holds anything that was sent."""

from __future__ import annotations

from cobalens.errors import CobalensError


def page_too_old() -> CobalensError:
    return CobalensError(
        "page_too_old",
        "page",
        "This page no longer belongs to the program that is running.",
        "The program was started again since the page was opened, or the page was changed on its way.",
        "Go back to the start and give the results again: nothing was kept.",
    )


def nothing_given() -> CobalensError:
    return CobalensError(
        "nothing_given",
        "results",
        "There is nothing to read yet.",
        "The box is empty and no file was chosen.",
        "Paste the results as they stand on the printout, or choose a file.",
    )


def too_large(limit: int) -> CobalensError:
    return CobalensError(
        "request_too_large",
        "request",
        f"What was sent is too large; at most {limit:,} bytes are read here.",
        "A scanned document, or the records of many people, may have been chosen.",
        "Send the part that bears on vitamin B12, or use `cobalens interpret` on the command line.",
    )


def too_often() -> CobalensError:
    return CobalensError(
        "too_many_requests",
        "request",
        "There were too many requests in one minute from this address.",
        "A page may be reloading by itself, or a script is running.",
        "Wait a minute and try again.",
    )


def not_found() -> CobalensError:
    return CobalensError(
        "page_not_found",
        "address",
        "There is no page at this address.",
        "The address may be misspelt.",
        "Go to the start page.",
    )


def wrong_method() -> CobalensError:
    return CobalensError(
        "method_not_allowed",
        "address",
        "This address cannot be opened in this way.",
        "Pages about a person have no address of their own, so that nothing about them stands in a link.",
        "Go to the start page and give the results again.",
    )


def not_from_here() -> CobalensError:
    return CobalensError(
        "form_not_from_here",
        "form",
        "The form did not come from one of these pages, or its cookie is missing.",
        "The browser may refuse cookies, or the page was opened a long time ago.",
        "Allow the one cookie that protects forms, open the start page again and repeat the step.",
    )


def not_json() -> CobalensError:
    return CobalensError(
        "not_json",
        "Content-Type",
        "The interface reads JSON only.",
        "The header `Content-Type: application/json` may be missing.",
        "Send a case or a FHIR Bundle as application/json.",
    )


def wrong_host() -> CobalensError:
    return CobalensError(
        "host_not_allowed",
        "Host",
        "The program does not answer under this name.",
        "It was started for this computer alone.",
        "Open it as 127.0.0.1, or start `cobalens serve` with --allow-host NAME.",
    )


def not_understood() -> CobalensError:
    return CobalensError(
        "request_not_understood",
        "request",
        "The request cannot be read.",
        "Part of it may have been cut off on its way.",
        "Go back and send it again.",
    )


def broken() -> CobalensError:
    return CobalensError(
        "internal_error",
        "",
        "The program met a fault of its own; nothing was answered and nothing was kept.",
        "",
        "Try again; if it happens again, report what you did, without the values.",
    )


def wrong_body(problem: str) -> CobalensError:
    """``problem`` names keys and kinds, as the decoder tells them, and no value."""
    return CobalensError(
        "wrong_body",
        "body",
        f"{problem}.",
        "A key may be misspelt, or stand in the wrong place.",
        'Send a case, or {"case": …, "as_of": "YYYY-MM-DD"}; /openapi.json lists the rest.',
    )
