"""`cobalens serve`: the pages and the interfaces for programs, on this computer alone unless told otherwise."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import click

from cobalens import errors
from cobalens.model.primary import PRIMARY
from cobalens.serve import ending
from cobalens.serve.blanks import named
from cobalens.serve.listening.refusals import cannot_listen
from cobalens.serve.output_refusals import no_rulebook, not_a_host, not_a_site
from cobalens.serve.status import DONE
from cobalens.serve.web.settings import (
    HOST,
    PER_MINUTE,
    PORT,
    Settings,
    hand_over,
    is_host,
    is_site,
    with_key,
)

FRONT = "index.html"
APPLICATION = "cobalens.serve.web.app:made"
WARNING = (
    "Warning: others on the network can reach these pages, and what is sent to them is not encrypted. "
    "Put them behind a proxy that speaks TLS and asks who is there; docs/safety/deploying.md says how."
)


@click.command(short_help="Serves pages, JSON, CDS Hooks and the FHIR operation.")
@click.option("--host", default=HOST, show_default=True, callback=named, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.option("--pack", default=PRIMARY, show_default=True, metavar="NAME", help="The primary pack.")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="A name under which others reach the pages."
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A site whose pages may call CDS Hooks from a browser, for example https://ehr.example.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes beside one another.",
)
@click.option(
    "--per-minute",
    default=PER_MINUTE,
    show_default=True,
    type=click.IntRange(0),
    help="Requests that one address may make in a minute, for each worker; 0: no limit.",
)
@click.option(
    "--rulebook",
    metavar="FOLDER",
    callback=named,
    help="A rulebook that was written before; otherwise it is built when somebody asks for it.",
)
@click.option(
    "--tls-proxy", is_flag=True, help="A proxy in front speaks TLS: cookies are sent over TLS only."
)
def serve(
    host: str,
    port: int,
    pack: str,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    workers: int,
    per_minute: int,
    rulebook: str | None,
    tls_proxy: bool,
) -> None:
    """Serves the pages, the JSON interface, CDS Hooks and the FHIR operation; stop it with Ctrl+C. Nothing that is entered is kept.

    \b
    Examples:
      cobalens serve
      cobalens serve --port 9000 --pack ruh-bath
    """
    from cobalens.serve.cli import guarded

    settings = Settings(
        host=host,
        port=port,
        pack=pack,
        hosts=tuple(one.lower() for one in hosts),
        origins=tuple(one.lower() for one in origins),
        per_minute=per_minute or None,
        rulebook=rulebook or "",
        secure=tls_proxy,
    )
    sys.exit(guarded(lambda: served(settings, workers)))


def free_port(host: str, port: int) -> int:
    """The port, once it is sure that it can be had; for port 0 a free one. What the server itself would say teaches nothing."""
    try:
        kind, _, _, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place)
            return int(tried.getsockname()[1])
    except (OSError, UnicodeError):
        raise cannot_listen(f"{host}:{port}") from None


def served(settings: Settings, workers: int) -> int:
    try:
        import litestar  # noqa: F401
        import uvicorn
    except ModuleNotFoundError:
        raise errors.extra_missing("the pages", "web") from None
    from tempfile import TemporaryDirectory

    from msgspec.structs import replace

    from cobalens.api import load
    from cobalens.serve.web.connections import options

    for name in settings.hosts:
        if not is_host(name):
            raise not_a_host("--allow-host")
    for name in settings.origins:
        if not is_site(name):
            raise not_a_site("--allow-origin")
    if settings.rulebook and not (Path(settings.rulebook) / FRONT).is_file():
        raise no_rulebook(settings.rulebook)
    load(settings.pack)
    settings = with_key(replace(settings, port=free_port(settings.host, settings.port)))
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Cobalens is at http://{shown}:{settings.port}/ (stop: Ctrl+C)")
    if not settings.is_local:
        click.echo(WARNING, err=True)
    # The server hands on the signal that ended it, which would leave the folder behind.
    with ending.in_order(DONE), TemporaryDirectory(prefix="cobalens-rulebook-") as shared:
        hand_over(replace(settings, shared=shared))
        uvicorn.run(
            APPLICATION,
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=workers,
            **options(),
        )
    return 0
