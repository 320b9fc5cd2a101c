"""Adds to ``.venv`` what the tests of Spark need: Spark and a Java. Large, and so only for ``make test``."""

from __future__ import annotations

import hashlib
import os
import sys
import time

import bootstrap

PINS = bootstrap.ROOT / "requirements-spark.txt"


def fingerprint() -> str:
    return hashlib.sha256(PINS.read_bytes()).hexdigest() + "\n"


def is_there() -> bool:
    return bootstrap.stamped(bootstrap.SPARK_STAMP) == fingerprint()


def add(settings: dict[str, str]) -> bool:
    """Into the environment that is there."""
    uv = bootstrap.find_uv(settings)
    pins = ["--require-hashes", "-r", str(PINS)]
    if uv is None:
        python = str(bootstrap.VENV / bootstrap.BIN / f"python{bootstrap.EXE}")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        return bootstrap.run_all([[*pip, *pins]], dict(os.environ))
    install = [str(uv), "pip", "install", *bootstrap.uv_options(settings), *pins]
    return bootstrap.run_all([install], bootstrap.uv_environment(settings))


def main() -> int:
    if is_there():
        return 0
    with bootstrap.one_at_a_time():
        if is_there():
            return 0
        started = time.monotonic()
        bootstrap.say("adding Spark for its tests …")
        if not add(bootstrap.pip_settings()):
            bootstrap.say(
                "Spark could not be fetched (see above); everything else works without it.\n"
                + bootstrap.ELSEWHERE
            )
            return 1
        bootstrap.SPARK_STAMP.write_text(fingerprint(), encoding="utf-8")
        bootstrap.say(f"Spark is there ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
