"""Puts the style sheet and the scripts of the web pages into the source tree, from packages that `npm pack` has fetched.

Fonts, icons and logos of others are left out, so that a page asks no other address for anything.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / "src" / "cobalens" / "serve" / "web" / "static" / "vendor"
FACE = re.compile(r"@font-face\{[^}]*\}")
PICTURE = re.compile(r"[;{][a-z-]+:url\(/assets/[^)]*\)[^;}]*")
SOURCE_MAP = re.compile(r"\n?(?://|/\*)# sourceMappingURL=\S+(?: \*/)?\n?")
TAKES = re.compile(r"^import (\{[^}]*\}) from 'vega-util';$", re.MULTILINE)
GIVES = re.compile(r"^export \{ expression as expressionInterpreter \};$", re.MULTILINE)
FRUTIGER = "Frutiger W01,"
PACKAGES = {
    "nhsuk-frontend": ("package/dist/nhsuk/nhsuk-frontend.min.css", "nhsuk-frontend.css", "MIT"),
    "htmx.org": ("package/dist/htmx.min.js", "htmx.js", "0BSD"),
    "vega": ("package/build/vega.min.js", "vega.js", "BSD-3-Clause"),
    "vega-lite": ("package/build/vega-lite.min.js", "vega-lite.js", "BSD-3-Clause"),
    "vega-embed": ("package/build/vega-embed.min.js", "vega-embed.js", "BSD-3-Clause"),
    "vega-interpreter": ("package/build/vega-interpreter.js", "vega-interpreter.js", "BSD-3-Clause"),
}
CHANGES = {
    "nhsuk-frontend": "without the @font-face rules, the name of that typeface, and the icons",
    "htmx.org": "none",
    "vega": "none",
    "vega-lite": "without the address of a source map",
    "vega-embed": "without the address of a source map",
    "vega-interpreter": "without the address of a source map; takes from and gives to the global of vega, where it had import and export",
}
LICENCE = "package/LICENSE"
"""nhsuk-frontend packs none: its file is the LICENSE of its repository."""


def main(tarballs: list[str]) -> int:
    parts = []
    for path in sorted(map(Path, tarballs)):
        name, version = re.fullmatch(r"(.+)-(\d+\.\d+\.\d+)", path.name.removesuffix(".tgz")).groups()  # type: ignore[union-attr]
        inside, file, licence = PACKAGES[name]
        stem = file.rpartition(".")[0]
        with tarfile.open(path) as archive:
            content = member(archive, inside)
            if LICENCE in archive.getnames():
                (HOME / f"{stem}.LICENCE").write_bytes(member(archive, LICENCE))
        shipped = changed(name, content.decode()).encode()
        (HOME / file).write_bytes(shipped)
        parts.append(
            f'[{stem}]\npackage = "{name}"\nversion = "{version}"\nlicence = "{licence}"\n'
            f'licence_file = "{stem}.LICENCE"\nfile = "{file}"\nsha256 = "{digest(shipped)}"\n'
            f'upstream = "{inside}"\nupstream_sha256 = "{digest(content)}"\nchanges = "{CHANGES[name]}"\n'
        )
    (HOME / "vendor.toml").write_text("\n".join(parts), encoding="utf-8")
    return 0


def member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None, name
    return file.read()


def changed(name: str, content: str) -> str:
    """What is shipped of a file, as ``CHANGES`` says."""
    if CHANGES[name] == "none":
        return content
    if name == "nhsuk-frontend":
        content = trimmed(content)
    if name == "vega-interpreter":
        content = as_script(content)
    return SOURCE_MAP.sub("", content)


def as_script(module: str) -> str:
    """A module as a script: the global of vega holds what it imports, and gets what it exports."""
    inner, taken = TAKES.subn(r"const \1 = vega;", module)
    inner, given = GIVES.subn("vega.expressionInterpreter = expression;", inner)
    if (taken, given) != (1, 1):
        raise SystemExit("The interpreter imports or exports something else than it did.")
    return f"(() => {{\n{inner}\n}})();\n"


def trimmed(css: str) -> str:
    css = FACE.sub("", css).replace(FRUTIGER, "")
    css = PICTURE.sub(lambda found: "{" if found[0].startswith("{") else "", css)
    if re.search(r"url\((?!data:)", css) or "Frutiger" in css:
        raise SystemExit("The style sheet still asks for something from elsewhere.")
    return css


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
