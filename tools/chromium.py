"""Finds Chromium for the browser tests; on Debian and as root it is installed, otherwise the way to get it is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            if subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL).returncode:
                break
        if any(shutil.which(name) for name in NAMES):
            return 0
    print(
        "The browser tests need Chromium: install it (Debian: apt-get install chromium), then run them again."
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
