"""What CDS Hooks 2.0 says of a discovery and of an answer, as JSON Schemas; attributes are there with a value, or not at all."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
TEXT: Json = {"type": "string", "minLength": 1}
URL: Json = {"type": "string", "pattern": "^https?://[^ ]+$"}
UUID: Json = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def thing(required: list[str], **properties: Json) -> Json:
    """An object with these attributes and, beside them, at most an extension."""
    return {
        "type": "object", "required": required, "additionalProperties": False,
        "properties": {**properties, "extension": {"type": "object", "minProperties": 1}},
    }  # fmt: skip


def several(of: Json) -> Json:
    return {"type": "array", "items": of, "minItems": 1}


CODING = thing(["code", "system"], code=TEXT, system=TEXT, display=TEXT)
REASON = thing(["code", "system", "display"], code=TEXT, system=TEXT, display=TEXT)
SOURCE = thing(["label"], label=TEXT, url=URL, icon=URL, topic=CODING)
LINK = thing(
    ["label", "url", "type"], label=TEXT, url=URL, type={"enum": ["absolute", "smart"]}, appContext=TEXT
)
CARD = thing(
    ["summary", "indicator", "source"],
    uuid=UUID,
    summary={"type": "string", "minLength": 1, "maxLength": 139},
    detail=TEXT,
    indicator={"enum": ["info", "warning", "critical"]},
    source=SOURCE,
    overrideReasons=several(REASON),
    links=several(LINK),
)
"""Without suggestions and system actions, which this program does not make."""
ANSWER = thing(["cards"], cards={"type": "array", "items": CARD})
TEMPLATE: Json = {
    "type": "string",
    "pattern": r"^[A-Z][A-Za-z]+(/\{\{context\.[a-zA-Z]+\}\}|\?[a-zA-Z_]+=[^&=]+(&[a-zA-Z_]+=[^&=]+)*)$",
}
SERVICE = thing(
    ["hook", "description", "id"],
    hook=TEXT,
    title=TEXT,
    description=TEXT,
    id={"type": "string", "pattern": "^[A-Za-z0-9._~-]+$"},
    prefetch={"type": "object", "minProperties": 1, "additionalProperties": TEMPLATE},
    usageRequirements=TEXT,
)
DISCOVERY = thing(["services"], services={"type": "array", "items": SERVICE})
