"""Chooses the newest allowed version of every library and of uv, and pins them with checksums.

The pins hold no address, so that they install from any package index or mirror.
"""

from __future__ import annotations

import subprocess
import sys

import bootstrap

UV_HEADER = "# The program that builds the environment; read by tools/bootstrap.py. Refreshed by: make pins\n"


def main() -> int:
    settings = bootstrap.pip_settings()
    uv = bootstrap.find_uv(settings)
    if uv is None:
        bootstrap.say("uv could not be found or fetched; see above")
        return 1
    env = bootstrap.uv_environment(settings)
    common = [str(uv), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--upgrade"]
    common += ["--python-version", ".".join(map(str, bootstrap.OLDEST_PYTHON))]
    libraries = ["pyproject.toml", "--group", "dev", "--group", "build", "--output-file", "requirements.txt"]
    command = [*common, "--custom-compile-command", "make pins", *libraries]
    subprocess.run(command, cwd=bootstrap.ROOT, env=env, check=True)
    # Spark and a Java for its tests are large: apart, so that only `make test` fetches them.
    spark = ["--no-annotate", "--group", "spark", "--output-file", "requirements-spark.txt"]
    subprocess.run(
        [*common, "--custom-compile-command", "make pins", *spark], cwd=bootstrap.ROOT, env=env, check=True
    )
    command = [*common, "--no-deps", "--no-header", "--no-annotate", "-"]
    shown = subprocess.run(
        command, cwd=bootstrap.ROOT, env=env, check=True, input="uv\n", text=True, stdout=subprocess.PIPE
    )
    bootstrap.UV_PIN.write_text(UV_HEADER + shown.stdout, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
