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


def nothing_found() -> CobalensError:
    """For words in the box; of a file it is said which formats are read."""
    return CobalensError(
        "nothing_found",
        "results",
        "Nothing in this text is a result, a symptom or a medicine that is known here.",
        "The part with the results may not have been copied.",
        "Write for example: B12 190 pg/mL, MCV 104 fL, tingling feet. Or fill in the form.",
    )


def too_large(limit: int) -> CobalensError:
    return CobalensError(
        "request_too_large",
        "request",
        f"What was sent is too large; at most {limit:,} bytes are read here.",
        "A scanned document, or the records of many people, may have been chosen.",
        "Send the part that bears on vitamin B12, or use `cobalens interpret` on the command line.",
    )


def record_too_long() -> CobalensError:
    return CobalensError(
        "record_too_long",
        "request",
        "More was read than one page can hand on to the next.",
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


SHAPE = 'Send a case, or {"case": …, "as_of": "YYYY-MM-DD"}; /openapi.json lists the rest.'


HOOK_SHAPE = 'Send {"hook": …, "hookInstance": …, "context": {"patientId": …}, "prefetch": …}; GET /cds-services lists what to prefetch.'
FHIR_SHAPE = "Send a Bundle, or Parameters with `bundle` and `asOf`; GET /fhir/OperationDefinition/interpret-b12 lists the rest."


def empty_body(shape: str = SHAPE) -> CobalensError:
    return CobalensError("empty_body", "body", "The request has no body.", "", shape)


def not_an_object(found: str, shape: str) -> CobalensError:
    return CobalensError("not_an_object", "body", f"The body must be an object; this is {found}.", "", shape)


def body_not_text() -> CobalensError:
    return CobalensError(
        "body_not_text",
        "body",
        "The body is not text in UTF-8.",
        "It may have been written in an older encoding, or as UTF-16.",
        "Encode the JSON text as UTF-8.",
    )


def body_packed() -> CobalensError:
    return CobalensError(
        "body_packed",
        "Content-Encoding",
        "The body is read as it is, and not unpacked.",
        "A program or a proxy on the way has compressed it.",
        "Send it without `Content-Encoding`.",
    )


def body_too_deep(shape: str) -> CobalensError:
    return CobalensError(
        "nested_too_deeply",
        "body",
        "The body is nested more deeply than can be read.",
        "A program may have put a list or an object into itself.",
        shape,
    )


def not_a_number() -> CobalensError:
    return CobalensError(
        "not_a_number",
        "body",
        "NaN and Infinity are no JSON, and no result.",
        "A missing value may have been written as a number.",
        "Leave out what is not known; missing is never zero.",
    )


def key_twice() -> CobalensError:
    return CobalensError(
        "key_given_twice",
        "body",
        "A key stands twice in one object, and only one of the two could be read.",
        "An entry may have been copied and not renamed.",
        "Keep one, or put both in a list.",
    )


def beside_a_bare_case(names: list[str]) -> CobalensError:
    told = ", ".join(f"`{name}`" for name in names)
    return CobalensError(
        "beside_a_bare_case",
        "body",
        f"Among the keys of a case or Bundle these would not be heeded: {told}.",
        "They belong beside the case, not in it.",
        'Put the case under `case`: {"case": …, ' + ", ".join(f'"{name}": …' for name in names) + "}.",
    )


def case_missing(shown: str) -> CobalensError:
    return CobalensError(
        "case_missing",
        "body",
        "There is no `case`.",
        "The case may stand by itself, as `interpret` takes it.",
        f'Send {{"case": …, {shown}}}.',
    )


def key_missing(name: str, shown: str, where: str = "body") -> CobalensError:
    return CobalensError("key_missing", where, f"There is no `{name}`.", "", f"Write, for example, {shown}.")


def wrong_kind(
    name: str, wanted: str, found: str, shown: str, where: str = "body", shape: str = SHAPE
) -> CobalensError:
    return CobalensError(
        "wrong_kind",
        where,
        f"{name[:1].upper() + name[1:]} must be {wanted}; this is {found}.",
        "",
        f"Write, for example, {shown}." if shown else shape,
    )


def nothing_supposed() -> CobalensError:
    return CobalensError(
        "nothing_supposed",
        "body",
        "Nothing is supposed: `set` is empty.",
        "",
        'Write, for example, "set": ["mma=0.55umol/L", "pregnant=no"].',
    )


def said_in_the_address(shape: str = SHAPE) -> CobalensError:
    return CobalensError(
        "said_in_the_address",
        "address",
        "The interface reads the body alone, and something stands behind the `?` of the address.",
        "Addresses are written into logs, so nothing about a person may stand in one.",
        shape,
    )


def no_such_interface() -> CobalensError:
    return CobalensError(
        "page_not_found",
        "address",
        "The interface has no such address.",
        "The address may be misspelt.",
        "POST /api/v1/interpret and POST /api/v1/what-if are there; /openapi.json describes them.",
    )


def get_only() -> CobalensError:
    return CobalensError(
        "method_not_allowed",
        "address",
        "This address takes GET and HEAD alone.",
        "",
        "Ask for it without a body; /openapi.json describes the addresses that take one.",
    )


def post_only() -> CobalensError:
    return CobalensError(
        "method_not_allowed",
        "address",
        "This address takes POST alone.",
        "",
        "POST the case as application/json; /openapi.json describes it.",
    )


def wrong_body(problem: str) -> CobalensError:
    """``problem`` names keys and kinds, as the decoder tells them, and no value."""
    return CobalensError(
        "wrong_body",
        "body",
        f"{problem}.",
        "A key may be misspelt, or stand in the wrong place.",
        SHAPE,
    )


# --- CDS Hooks ----------------------------------------------------------------------------------------------------


def no_such_service(names: list[str]) -> CobalensError:
    return CobalensError(
        "no_such_service",
        "address",
        "There is no CDS service of this name.",
        "It may be misspelt, or belong to another version of this program.",
        f"These are there: {', '.join(names)}; GET /cds-services describes them.",
    )


def not_of_hooks() -> CobalensError:
    return CobalensError(
        "page_not_found",
        "address",
        "There is nothing of CDS Hooks at this address.",
        "The address may be misspelt.",
        "GET /cds-services lists the services; each is called by POST at its own address.",
    )


def wrong_way_to_hook() -> CobalensError:
    return CobalensError(
        "method_not_allowed",
        "address",
        "This address of CDS Hooks cannot be asked in this way.",
        "",
        "GET /cds-services lists the services; each is called by POST.",
    )


def other_hook(hook: str) -> CobalensError:
    """``hook``: the one that the service is for."""
    return CobalensError(
        "other_hook",
        "hook",
        f"This service answers the hook `{hook}` alone.",
        "The service may be registered under the wrong hook.",
        "Call the service whose hook it is; GET /cds-services lists them.",
    )


def instance_no_uuid() -> CobalensError:
    return CobalensError(
        "instance_no_uuid",
        "hookInstance",
        "`hookInstance` is no UUID.",
        "",
        'Make a new one for each call, for example "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".',
    )


def nothing_prefetched(keys: list[str]) -> CobalensError:
    return CobalensError(
        "nothing_prefetched",
        "prefetch",
        "Nothing was prefetched from which anything could be told, and this service fetches nothing by itself.",
        "The client may not have been told the templates, or each of its searches failed.",
        f"Send at least one of these, with `null` where there is nothing: {', '.join(keys)}.",
    )


def another_patient(where: str) -> CobalensError:
    return CobalensError(
        "another_patient",
        where,
        "It holds records of somebody else than the patient in `context.patientId`.",
        "Two records may have been open, or a search was not limited to one patient.",
        "Send the records of this patient alone.",
    )


def no_draft_orders() -> CobalensError:
    return CobalensError(
        "no_draft_orders",
        "context.draftOrders",
        "`draftOrders` is no Bundle of orders.",
        "",
        "Send the orders that are not signed yet as a FHIR Bundle.",
    )


# --- FHIR ---------------------------------------------------------------------------------------------------------


def not_fhir_json() -> CobalensError:
    return CobalensError(
        "not_fhir_json",
        "Content-Type",
        "FHIR is read here in JSON only, of version R4 or R4B.",
        "XML, Turtle or another version may have been sent.",
        "Send `Content-Type: application/fhir+json`.",
    )


def only_json_handed_out() -> CobalensError:
    return CobalensError(
        "only_json_handed_out",
        "Accept",
        "FHIR is handed out in JSON only.",
        "",
        "Ask for `Accept: application/fhir+json`.",
    )


def no_such_fhir() -> CobalensError:
    return CobalensError(
        "page_not_found",
        "address",
        "There is nothing of FHIR at this address.",
        "This is no server of records: it keeps none, and has one operation.",
        "POST /fhir/$interpret-b12; GET /fhir/metadata describes it.",
    )


def wrong_way_to_fhir() -> CobalensError:
    return CobalensError(
        "method_not_allowed",
        "address",
        "This address of FHIR cannot be asked in this way.",
        "",
        "The operation takes POST, its description GET; GET /fhir/metadata describes both.",
    )


def not_a_resource() -> CobalensError:
    return CobalensError(
        "not_a_resource",
        "body",
        "The body is no FHIR resource: it has no `resourceType`.",
        "",
        FHIR_SHAPE,
    )


def no_resource_given() -> CobalensError:
    return CobalensError(
        "no_resource_given",
        "Parameters",
        "The Parameters hold no resource about a person.",
        "A resource stands under `resource` of a parameter, and not under a value.",
        'Send {"name": "bundle", "resource": {"resourceType": "Bundle", …}} among the parameters.',
    )


def parameter_twice(name: str) -> CobalensError:
    return CobalensError(
        "parameter_twice",
        "Parameters",
        f"The parameter `{name}` stands there more than once.",
        "",
        "Give it once; several resources may stand under `resource`.",
    )


def day_not_given() -> CobalensError:
    return CobalensError(
        "as_of_needed",
        "Parameters",
        "The input is dated, and the day of decision was not given.",
        "A Bundle by itself has no place for it.",
        'Send Parameters with {"name": "asOf", "valueDate": "YYYY-MM-DD"} beside `bundle`.',
    )


def no_such_audience() -> CobalensError:
    return CobalensError(
        "no_such_audience",
        "Parameters",
        "The parameter `audience` is neither `clinician` nor `patient`.",
        "",
        "Leave it out for a clinician.",
    )
