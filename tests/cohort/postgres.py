"""A PostgreSQL server of its own for one test, on a socket in a folder that goes with the test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa


def server() -> Path | None:
    """The folder of the newest server's programs, as Debian lays them out, or those on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    return found[-1].parent if found else Path(which).parent if (which := shutil.which("initdb")) else None


SERVER = server()


@contextmanager
def postgres(_folder: Path) -> Iterator[str | None]:
    """The address of a running server, or nothing where none is installed. It listens on a socket only."""
    if SERVER is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="pg") as home:
        place = Path(home)
        who: dict[str, object] = {}
        if os.geteuid() == 0:
            # The server refuses to run as root.
            user = pwd.getpwnam(
                "postgres" if any(one.pw_name == "postgres" for one in pwd.getpwall()) else "nobody"
            )
            os.chown(place, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid}
        data = place / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [str(SERVER / program), *arguments], check=True, capture_output=True, cwd=place, **who,  # type: ignore[call-overload, operator]
            )  # fmt: skip

        run(
            "initdb", "-D", str(data), "-U", "reader", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-o", options, "-w", "-l", str(place / "log"), "start")
        try:
            yield f"postgresql://reader@/postgres?host={place}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def into_postgres(uri: str, tables: dict[str, pa.Table]) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for name, table in tables.items():
            cursor.adbc_ingest(name, table, mode="create")
        connection.commit()
