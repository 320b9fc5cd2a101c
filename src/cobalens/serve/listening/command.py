"""`cobalens listen`: HL7 v2 over MLLP, on this computer alone unless told otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cobalens.model.primary import PRIMARY
from cobalens.serve.blanks import named
from cobalens.serve.listening import refusals
from cobalens.serve.listening.settings import CONNECTIONS, HOST, IDLE, PORT, TRIES, Settings

PLAIN = "MLLP has no encryption of its own and asks nobody who they are."
WARNING = (
    "Warning: others on the network can send messages to this address, and whoever is on the way can read them. "
    "Put a tunnel with TLS or a VPN in front; docs/listening.md says how."
)
WAITING = "Messages of this folder that were not handed on yet: {number}. {then}"
NOW, LATER = "They go first.", "Give --send-to to hand them on."
EVERYWHERE = ("0.0.0.0", "::")
"""Every address of this computer."""
ONWARD = (
    "Warning: comments are handed on to another computer without encryption; use a tunnel with TLS or a VPN."
)


@click.command(short_help="Listens for HL7 v2 results over MLLP.")
@click.option("--host", default=HOST, show_default=True, callback=named, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.option(
    "--send-to",
    "send_to",
    metavar="HOST:PORT",
    callback=named,
    help="Hand each message on with its comment to another system, over MLLP.",
)
@click.option(
    "--out",
    metavar="FOLDER",
    callback=named,
    help="Keep each message with its comment as a numbered file, with a map; with --send-to also what waits.",
)
@click.option(
    "--comment/--no-comment",
    default=None,
    help="The comment below the acknowledgement; default: where it neither goes on nor is kept.",
)
@click.option(
    "--tries",
    default=TRIES,
    show_default=True,
    type=click.IntRange(0),
    help="How often to try to hand a message on before it is given up; 0: as long as it takes.",
)
@click.option(
    "--connections",
    default=CONNECTIONS,
    show_default=True,
    type=click.IntRange(1),
    help="Senders at the same time; further ones are turned away.",
)
@click.option(
    "--idle",
    default=IDLE,
    show_default=True,
    type=click.IntRange(1),
    help="Seconds without a message after which a connection is closed.",
)
@click.option(
    "--pack",
    default=PRIMARY,
    show_default=True,
    metavar="NAME",
    help="The primary pack; see `cobalens packs`.",
)
@click.option(
    "--language", default="en", show_default=True, metavar="LANGUAGE", help="The language of the texts."
)
def listen(
    host: str,
    port: int,
    send_to: str | None,
    out: str | None,
    comment: bool | None,
    tries: int,
    connections: int,
    idle: int,
    pack: str,
    language: str,
) -> None:
    """Listens for results (HL7 v2, ORU^R01) over MLLP and answers each with its comment; stop it with Ctrl+C.

    Each message is acknowledged, and its comment on B12 stands below the acknowledgement (NTE), or goes on to another
    system, or into a folder. Nothing else is kept, and the output holds counts alone.

    \b
    Examples:
      cobalens listen
      cobalens listen --out comments/
      cobalens listen --port 6661 --send-to 127.0.0.1:6662 --out comments/
    """
    from cobalens.serve.cli import guarded

    def started() -> int:
        settings = Settings(
            host=host,
            port=port,
            send_to=address(send_to) if send_to is not None else None,
            out=out,
            comment=comment if comment is not None else send_to is None and out is None,
            tries=tries,
            connections=connections,
            idle=idle,
        )
        return listened(settings, pack, language)

    sys.exit(guarded(started))


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise refusals.no_such_address()
    return host, int(port)


def listened(settings: Settings, pack: str, language: str) -> int:
    import asyncio

    from cobalens.api import load
    from cobalens.serve.listening.keeping import Folder
    from cobalens.serve.listening.serving import Listener

    if settings.send_to is not None and comes_back(settings, *settings.send_to):
        raise refusals.sends_to_itself()
    door = load(pack, None, language)
    folder = Folder(Path(settings.out), settings.send_to is not None) if settings.out else None
    waiting = len(list(folder.unsent())) if folder is not None else 0
    if waiting:
        click.echo(WAITING.format(number=waiting, then=NOW if settings.send_to else LATER), err=True)
    try:
        asyncio.run(Listener(door, settings, folder, lambda host, port: shown(settings, host, port)).run())
    finally:
        if folder is not None:
            folder.close()
    return 0


def comes_back(settings: Settings, host: str, port: int) -> bool:
    """Whether the listener would send to itself, under whatever name: a message would go round, and grow, without end."""
    if port != settings.port:
        return False
    listens, sends = addresses(settings.host), addresses(host)
    # Who sends to every address of this computer sends to this computer.
    sends |= addresses("localhost") if not sends.isdisjoint(EVERYWHERE) else set()
    every = {":" in one for one in listens.intersection(EVERYWHERE)}
    return not listens.isdisjoint(sends) or any((":" in one) in every and is_here(one) for one in sends)


def addresses(host: str) -> set[str]:
    """Those behind a name; none where nobody knows it, which is told when it is needed."""
    import socket

    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return set()
    return {str(place[0]) for *_, place in found}


def is_here(address: str) -> bool:
    """Whether it is an address of this computer: then, and only then, one can listen there."""
    import socket

    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        socket.create_server((address, 0), family=family).close()
    except OSError:
        return False
    return True


def shown(settings: Settings, host: str, port: int) -> None:
    place = f"[{host}]" if ":" in host else host
    click.echo(f"Cobalens listens for HL7 v2 over MLLP at {place}:{port} (stop: Ctrl+C). {PLAIN}")
    if not settings.is_local:
        click.echo(WARNING, err=True)
    from cobalens.serve.listening.settings import LOOPBACK

    if settings.send_to is not None and settings.send_to[0] not in LOOPBACK:
        click.echo(ONWARD, err=True)
    sys.stdout.flush()
