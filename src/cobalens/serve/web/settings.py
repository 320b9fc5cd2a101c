"""How the pages are served: what the command was told, handed to each worker through its environment."""

from __future__ import annotations

import os
import re

import msgspec

from cobalens.model.primary import PRIMARY

HOST, PORT = "127.0.0.1", 8612
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
VARIABLE = "COBALENS_SERVE"
MAX_UPLOAD = 20_000_000
"""Bytes of a request; whoever has more uses the command line."""
PER_MINUTE = 240
"""Requests that one address may make in a minute, the style sheet and the script aside."""

_NAME = r"(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
_HOST = re.compile(_NAME)
_SITE = re.compile(rf"(?:http://{_NAME}(?!:80$)|https://{_NAME}(?!:443$))(?::[0-9]{{1,5}})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the application is made from; the key lives as long as the command."""

    host: str = HOST
    port: int = PORT
    pack: str = PRIMARY
    key: str = ""
    hosts: tuple[str, ...] = ()
    """Names under which others reach the pages; empty: loopback alone, or any name where bound elsewhere."""
    origins: tuple[str, ...] = ()
    """Sites whose pages may call the services of CDS Hooks from a browser; empty: none."""
    per_minute: int | None = PER_MINUTE
    rulebook: str = ""
    """A folder into which the rulebook was written; empty: it is built when somebody asks for it."""
    shared: str = ""
    """A folder of the command in which the rulebook is built once for all of its workers; empty: each has its own."""
    secure: bool = False
    """Behind a proxy that speaks TLS: the cookie is sent over TLS only."""

    @property
    def is_local(self) -> bool:
        return self.host in LOOPBACK


def is_host(name: str) -> bool:
    """Whether a request can come to it: the name alone, as ``Host`` has it once its port is off."""
    return _HOST.fullmatch(name) is not None


def is_site(name: str) -> bool:
    """Whether a browser can send it as ``Origin``: no path, no usual port, and no sign for any site."""
    return _SITE.fullmatch(name) is not None


def with_key(settings: Settings) -> Settings:
    import secrets

    return settings if settings.key else msgspec.structs.replace(settings, key=secrets.token_hex(32))


def hand_over(settings: Settings) -> None:
    os.environ[VARIABLE] = msgspec.json.encode(settings).decode()


def handed_over() -> Settings:
    text = os.environ.get(VARIABLE)
    return msgspec.json.decode(text, type=Settings) if text else Settings()
