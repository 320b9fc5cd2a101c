"""Forms with a file, read in memory: nothing that is uploaded touches a disk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.utils.scope.state import ScopeState
from multipart import MultipartError, MultipartParser

from cobalens.serve.web import bodies, refusals
from cobalens.serve.web.settings import MAX_UPLOAD

MOST_PARTS = 40


class InMemory(Request[Any, Any, Any]):
    """A request whose file, too large for the framework's memory, is kept in memory all the same, and whose JSON is read strictly."""

    async def json(self) -> Any:
        """Strictly, with numbers as they were written."""
        return bodies.read(await self.body())

    async def form(self) -> FormMultiDict:
        kind, options = self.content_type
        state = ScopeState.from_scope(self.scope)
        if (
            kind == RequestEncodingType.MULTI_PART
            and not isinstance(state.form, dict)
            and "boundary" in options
        ):
            state.form = parts(await self.body(), options["boundary"])
        return await super().form()


class HookRequest(InMemory):
    """A call of CDS Hooks: read as strictly, and refused in words about it."""

    async def json(self) -> Any:
        return bodies.read_object(await self.body(), refusals.HOOK_SHAPE)


class FhirRequest(InMemory):
    """A FHIR resource: read as strictly, and refused in words about it."""

    async def json(self) -> Any:
        return bodies.read_object(await self.body(), refusals.FHIR_SHAPE)


async def in_memory(request: Request[Any, Any, Any]) -> None:
    """Reads the form before the framework can, also where a token in a header has spared it the look."""
    await request.form()


def parts(body: bytes, boundary: str) -> dict[str, Any]:
    """Field -> its text or its file; of several fields of one name the last counts."""
    found: dict[str, Any] = {}
    try:
        for one in MultipartParser(
            BytesIO(body),
            boundary,
            part_limit=MOST_PARTS,
            memory_limit=2 * MAX_UPLOAD,
            spool_limit=2 * MAX_UPLOAD,
            disk_limit=0,
        ):
            if one.filename is None:
                found[one.name] = one.value
            else:
                found[one.name] = UploadFile(
                    one.content_type or "", one.filename, one.raw, max_spool_size=2 * MAX_UPLOAD
                )
    except (MultipartError, UnicodeDecodeError):
        raise refusals.not_understood() from None
    return found
