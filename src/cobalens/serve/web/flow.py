"""The pages about one person: each is the answer to a form, and hands the record on in the next form."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.enums import MediaType, RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath
from markupsafe import Markup
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.serve.web import answering, asking, reading
from cobalens.serve.web.answering import Answer, Desk, today
from cobalens.serve.web.held import CLINICIAN, PATIENT, Held
from cobalens.serve.web.laying import Press
from cobalens.serve.web.render import html, page, token, wants_part
from cobalens.serve.web.rulebook import Book, nowhere
from cobalens.serve.web.uploads import in_memory

Asked = Request[Any, Any, Any]
Fields = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
SHORT = 16_000
"""A sealed record of this length is judged in a few milliseconds, one after the other: threads would only take turns at it."""
CLEAR = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
DONE = 200
AHEAD = "parts/ahead.html"
SHEETS = {PATIENT: "visit-sheet", CLINICIAN: "summary"}
KINDS = {"pdf": ("application/pdf", "inline"), "html": ("text/html", "attachment")}
"""A page as a file brings its own style, so it is saved and opened by itself."""


def personal_pages(desk: Desk, language: str, book: Book) -> list[Any]:
    """The handlers in one language."""
    door = desk.door(language)
    press = Press(door, language, language in desk.borrowed)

    def confirm(request: Asked, held: Held) -> Response[str]:
        return page(
            request,
            "reading.html",
            language,
            here="/reading",
            held=desk.sealed(held),
            told=held,
            table=reading.table_of(
                held.record,
                door.ruleset,
                door.ruleset.text[door.language] if held.audience == PATIENT else {},
            ),
            analytes=sorted(
                (one for one in door.ruleset.analytes.values() if one.used and one.name != "age"),
                key=lambda one: one.label,
            ),
            blanks=range(reading.BLANK_ROWS),
        )

    @post("/results", sync_to_thread=True, status_code=DONE, before_request=in_memory)
    def read(request: Asked, data: Upload) -> Response[str]:
        as_of, text = str(data.get("as_of") or ""), str(data.get("text") or "")
        file = data.get("file")
        content = file.file.read() if isinstance(file, UploadFile) else b""
        try:
            content = content if content.strip() else text.encode()
            answering.nothing_given(content)
            record = answering.read_input(door, content, as_of)
        except CobalensError as error:
            said = answering.in_their_words(error, pasted=content == text.encode())
            return page(
                request, "results.html", language, 400, here="/results", as_of=as_of or today(), text=text,
                error=said,
            )  # fmt: skip
        return confirm(request, answering.holding(record, data, desk.settings.pack))

    @post("/reading", sync_to_thread=True, status_code=DONE)
    def again(request: Asked, data: Fields) -> Response[str]:
        return confirm(request, corrected(desk.held(data), data))

    def corrected(held: Held, data: dict[str, Any]) -> Held:
        """The record as the table was left, where the form is that table."""
        if data.get("corrected") != answering.YES:
            return held
        return replace(held, record=reading.corrected(held.record, data, door.ruleset))

    def told(held: Held, data: dict[str, Any]) -> Held:
        """The record with what the form before the answer says, whichever form it was."""
        return asking.went_on(door, held, data) if "asked" in data else corrected(held, data)

    @post("/answer", status_code=DONE)
    async def answer(request: Asked, data: Fields) -> Response[bytes]:
        if data.get("later") == answering.YES and len(str(data.get("held", ""))) <= SHORT:
            return show(request, data)
        return await sync_to_thread(show, request, data)

    def show(request: Asked, data: Fields) -> Response[bytes]:
        held = told(desk.held(data), data)
        made = answering.answer(door, held, look_ahead=data.get("later") != answering.YES)
        return whole(request, held, made)

    def whole(request: Asked, held: Held, made: Answer) -> Response[bytes]:
        ahead = html(request, AHEAD, language, **later(made)).encode() if made.looked_ahead else b""
        written = press.written(made, desk.sealed(held), token(request), ahead)
        return Response(written, media_type=MediaType.HTML, status_code=DONE)

    def later(made: Answer) -> dict[str, Any]:
        return {"made": made, "sections": Markup(press.sections(made.view.ahead).decode()), "sources": ""}

    @post("/answer/ahead", sync_to_thread=True, status_code=DONE)
    def ahead(request: Asked, data: Fields) -> Response[Any]:
        held = desk.held(data)
        made = answering.answer(door, held, look_ahead=True)
        if wants_part(request):
            cited = b"".join([press.items(one.items, once=False) for one in made.view.sources])
            return page(request, AHEAD, language, **{**later(made), "sources": Markup(cited.decode())})
        return whole(request, held, made)

    @post("/answer/trace", sync_to_thread=True, status_code=DONE)
    def trace(request: Asked, data: Fields) -> Response[str]:
        held = desk.held(data)
        nodes = answering.trace(door, held, str(data.get("finding", "")))
        name = "parts/trace.html" if wants_part(request) else "trace.html"
        return page(
            request, name, language, here="/answer/trace", held=desk.sealed(held), nodes=nodes,
            place=book.places(door.ruleset) if held.audience == CLINICIAN else nowhere,
        )  # fmt: skip

    @post("/answer/what-if", sync_to_thread=True, status_code=DONE)
    def what_if(request: Asked, data: Fields) -> Response[str]:
        held = desk.held(data)
        made = answering.supposed(door, held, data)
        name = "parts/supposed.html" if wants_part(request) else "supposed.html"
        return page(request, name, language, here="/answer", held=desk.sealed(held), made=made)

    @post("/answer/charts", sync_to_thread=True, status_code=DONE)
    def charts(request: Asked, data: Fields) -> Response[str]:
        held = desk.held(data)
        name = "parts/charts.html" if wants_part(request) else "charts.html"
        return page(
            request, name, language, here="/answer/charts", held=desk.sealed(held),
            charts=answering.drawn(door, held),
        )  # fmt: skip

    @post("/answer/sheet/{audience:str}/{kind:str}", sync_to_thread=True, status_code=DONE)
    def sheet(request: Asked, audience: FromPath[str], kind: FromPath[str], data: Fields) -> Response[bytes]:
        if audience not in SHEETS or kind not in KINDS:
            raise NotFoundException
        media, how = KINDS[kind]
        return Response(
            answering.sheet(door, desk.held(data), audience, kind),
            media_type=media,
            headers={"content-disposition": f'{how}; filename="cobalens-{SHEETS[audience]}.{kind}"'},
        )

    def ask(request: Asked, held: Held) -> Response[str]:
        case = door.case(held.record)
        now = case.say(f"answer={case.answer('answer', 'undetermined') if case.in_scope else 'undetermined'}")
        return page(
            request,
            "ask.html",
            language,
            here="/form/next",
            held=desk.sealed(held),
            told=held,
            now=now.patient if held.audience == PATIENT else now.title,
            questions=asking.questions(door, case, held),
        )

    @post("/form", sync_to_thread=True, status_code=DONE)
    def begin(request: Asked, data: Fields) -> Response[str]:
        as_of = str(data.get("as_of") or "") or today()
        try:
            record = asking.begun(door, data, as_of)
        except CobalensError as error:
            return form_page(request, error, data)
        return ask(request, answering.holding(record, data, desk.settings.pack))

    @post("/form/next", sync_to_thread=True, status_code=DONE)
    def go_on(request: Asked, data: Fields) -> Response[str]:
        return ask(request, asking.went_on(door, desk.held(data), data))

    @post("/check", sync_to_thread=True, status_code=DONE)
    def check(request: Asked, data: Fields) -> Response[str]:
        try:
            made = asking.checked(door, data)
        except CobalensError as error:
            made = asking.Checked("", False, (error.problem, error.next))
        return page(request, "parts/check.html", language, checked=made)

    @get("/form", sync_to_thread=True)
    def form(request: Asked) -> Response[str]:
        return form_page(request, None, {})

    def form_page(request: Asked, error: CobalensError | None, data: dict[str, Any]) -> Response[str]:
        return page(
            request,
            "form.html",
            language,
            400 if error else DONE,
            here="/form",
            error=error,
            data=data,
            as_of=data.get("as_of") or today(),
            first=asking.first_test(door.ruleset),
            treatment=asking.treatment(door.ruleset, door.language),
        )

    @post("/forget", sync_to_thread=True, status_code=DONE)
    def forget(request: Asked) -> Response[str]:
        made = page(request, "forgotten.html", language, here="/forget")
        made.headers.update(CLEAR)
        return made

    return [read, again, form, begin, go_on, check, answer, ahead, trace, charts, sheet, what_if, forget]
