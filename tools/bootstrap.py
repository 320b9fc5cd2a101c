"""Makes ``.venv`` with the program and its pinned libraries, from nothing but Python's standard library.

Uses ``uv`` where it is installed, else fetches it (with ``pip`` where there is one), else makes do with
``venv`` and ``pip``. Honours pip's environment variables and configuration files, and uv's own.
"""

from __future__ import annotations

import base64
import configparser
import contextlib
import hashlib
import html.parser
import io
import json
import netrc
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
PINS = ROOT / "requirements.txt"
UV_PIN = ROOT / "tools" / "uv.txt"
STAMP = VENV / ".ready"
SPARK_STAMP = VENV / ".ready-spark"
INPUTS = ("pyproject.toml", "requirements.txt", "tools/bootstrap.py", "tools/uv.txt")
OLDEST_PYTHON = (3, 11)
OLDEST_UV = (0, 4, 0)
AT_EVERY_START = {"click", "msgspec", "rapidfuzz", "rich", "yaml"}
WITH_MANY_PEOPLE = {"duckdb", "llvmlite", "numba", "numpy", "pyarrow", "scipy"}
"""Some hundred modules of each are loaded; where Python may not write beside them, that takes two seconds every time."""
DEFAULT_INDEX = "https://pypi.org/simple"
ELSEWHERE = (
    "Behind a proxy or a mirror: set pip's PIP_INDEX_URL, PIP_CERT or PIP_PROXY and try again.\n"
    "Without a network: put the wheels in a folder, set PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER."
)
BIN = "Scripts" if os.name == "nt" else "bin"
EXE = ".exe" if os.name == "nt" else ""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- what pip is told, from its configuration files and environment ---


def home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none


def pip_settings() -> dict[str, str]:
    """pip's settings by their long option name, the later source winning, as pip documents it."""
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home() / ".config")
    files = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home() / ".pip" / "pip.conf",
        config_home / "pip" / "pip.conf",
        home() / "Library" / "Application Support" / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
    ]
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        files = []
    elif chosen:
        files.append(Path(chosen))
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (OSError, configparser.Error) as problem:
            say(f"note: {file} could not be read as pip's configuration ({type(problem).__name__})")
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            found[name[4:].lower().replace("_", "-")] = value
    found.setdefault("timeout", found.get("default-timeout", "60"))
    return found


def no_index(settings: dict[str, str]) -> bool:
    told = (settings.get("no-index", ""), os.environ.get("UV_NO_INDEX", ""))
    return any(value.strip().lower() in {"1", "true", "yes", "on"} for value in told)


def local_folders(settings: dict[str, str]) -> list[Path]:
    """The folders of ``find-links`` that exist; pages on the web are left to pip."""
    folders = []
    for entry in settings.get("find-links", "").split():
        is_url = "://" in entry
        path = Path(urllib.request.url2pathname(urllib.parse.urlsplit(entry).path) if is_url else entry)
        if not entry.startswith("http") and path.is_dir():
            folders.append(path.resolve())
    return folders


def index_url(settings: dict[str, str]) -> str:
    env = os.environ
    chosen = (
        env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or settings.get("index-url", DEFAULT_INDEX)
    )
    return chosen.split("=", 1)[1] if re.match(r"^[\w-]+=\w+://", chosen) else chosen


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment for uv: what pip would have used, unless uv itself was told otherwise."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    if "UV_INDEX_URL" not in env and "index-url" in settings:
        env.setdefault("UV_DEFAULT_INDEX", settings["index-url"])
    if folders := local_folders(settings):
        env.setdefault("UV_FIND_LINKS", ",".join(map(str, folders)))
    if "cert" in settings:
        env.setdefault("SSL_CERT_FILE", settings["cert"])
    if "trusted-host" in settings:
        env.setdefault("UV_INSECURE_HOST", " ".join(settings["trusted-host"].split()))
    if "proxy" in settings:
        env.setdefault("ALL_PROXY", settings["proxy"])
    env.setdefault("UV_HTTP_TIMEOUT", str(max(60, int(float(settings["timeout"])))))
    if not cache_is_writable(env):
        env["UV_CACHE_DIR"] = str(TOOLS / "cache")
    return env


def cache_is_writable(env: dict[str, str]) -> bool:
    place = env.get("UV_CACHE_DIR") or env.get("XDG_CACHE_HOME")
    path = Path(place).absolute() if place else home() / ".cache"
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


# --- uv ---


def pinned_uv() -> tuple[str, set[str]]:
    """The version of uv that is pinned, and the checksums that are accepted for it."""
    text = UV_PIN.read_text(encoding="utf-8")
    version = re.search(r"^uv==(\S+)", text, re.MULTILINE)
    if version is None:
        raise SystemExit(f"{UV_PIN} names no version of uv; restore it from the repository")
    return version.group(1), set(re.findall(r"sha256:([0-9a-f]{64})", text))


def works(program: Path | str) -> bool:
    """Does this uv start here, and is it recent enough?"""
    try:
        shown = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", shown)
    return numbers is not None and tuple(map(int, numbers.groups())) >= OLDEST_UV


def find_uv(settings: dict[str, str]) -> Path | None:
    """An installed uv, or the pinned one, fetched once into ``.tools``."""
    installed = shutil.which("uv")
    if installed and works(installed):
        return Path(installed)
    version, checksums = pinned_uv()
    folder = TOOLS / f"uv-{version}"
    program = folder / BIN / f"uv{EXE}"
    if works(program):
        return program
    for fetch in (uv_by_pip, uv_by_hand):
        shutil.rmtree(folder, ignore_errors=True)
        if fetch(settings, version, checksums, folder) and works(program):
            return program
    return None


def uv_by_pip(settings: dict[str, str], version: str, checksums: set[str], folder: Path) -> bool:
    del settings, checksums
    if not has_module("pip"):
        return False
    say(f"fetching uv {version} with pip …")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--target", str(folder), "-r", str(UV_PIN)]
    env = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    return subprocess.run(command, env=env, check=False).returncode == 0


def uv_by_hand(settings: dict[str, str], version: str, checksums: set[str], folder: Path) -> bool:
    """Fetches the pinned wheel from the package index and unpacks the one program it holds."""
    say(f"fetching uv {version} …")
    try:
        content = wheel_bytes(settings, version, checksums)
    except (OSError, ValueError) as problem:
        say(f"note: uv could not be fetched: {problem}")
        return False
    if content is None:
        say(f"note: the package index has no uv {version} for this machine ({platform.system()} {machine()})")
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(f"/scripts/uv{EXE}"))
        program = folder / BIN / f"uv{EXE}"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_bytes(wheel.read(member))
    program.chmod(0o755)
    return True


def machine() -> str:
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64", "i386": "i686", "x86": "i686"}.get(name, name)


def suits(filename: str, version: str) -> bool:
    """Is this wheel made for this machine?"""
    if not (filename.startswith(f"uv-{version}-") and filename.endswith(".whl")):
        return False
    system = platform.system()
    tags = filename.removesuffix(".whl").split("-")[-1].split(".")
    if system == "Linux":
        libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
        return any(tag.startswith(libc) and tag.endswith(f"_{machine()}") for tag in tags)
    if system == "Darwin":
        ending = "_arm64" if machine() == "aarch64" else "_x86_64"
        return any(tag.startswith("macosx") and tag.endswith(ending) for tag in tags)
    ending = {"x86_64": "win_amd64", "aarch64": "win_arm64"}.get(machine(), "win32")
    return system == "Windows" and ending in tags


def wheel_bytes(settings: dict[str, str], version: str, checksums: set[str]) -> bytes | None:
    for folder in local_folders(settings):
        for file in sorted(folder.glob(f"uv-{version}-*.whl")):
            content = file.read_bytes()
            if suits(file.name, version) and hashlib.sha256(content).hexdigest() in checksums:
                return content
    if no_index(settings):
        return None
    page_url = index_url(settings).rstrip("/") + "/uv/"
    page, kind = download(settings, page_url, "application/vnd.pypi.simple.v1+json, text/html;q=0.1")
    for filename, url in links(page, kind, page_url):
        if suits(filename, version):
            content, _ = download(settings, url, "*/*")
            if hashlib.sha256(content).hexdigest() in checksums:
                return content
            say(f"note: {filename} does not have the pinned checksum and is not used")
    return None


class LinkReader(html.parser.HTMLParser):
    """Collects the addresses on a package index's page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def links(page: bytes, kind: str, page_url: str) -> list[tuple[str, str]]:
    """``(file name, address)`` of every file on a package index's page, in either of its two formats."""
    if "json" in kind:
        files = json.loads(page)["files"]
        return [(file["filename"], urllib.parse.urljoin(page_url, file["url"])) for file in files]
    reader = LinkReader()
    reader.feed(page.decode("utf-8"))
    urls = [urllib.parse.urljoin(page_url, href) for href in reader.found]
    return [(urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1]), url) for url in urls]


def download(settings: dict[str, str], url: str, accept: str) -> tuple[bytes, str]:
    """The bytes at an address and their media type; three tries."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file" and parts.path.endswith("/"):
        path = Path(urllib.request.url2pathname(parts.path)) / "index.html"
        return path.read_bytes(), "text/html"
    headers = {"Accept": accept, "User-Agent": "cobalens-bootstrap"}
    request = urllib.request.Request(plain(parts), headers=headers)
    if login := credentials(parts):
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(login).encode()).decode())
    opener = urllib.request.build_opener(*handlers(settings, parts))
    for attempt in (1, 2, 3):
        try:
            with opener.open(request, timeout=float(settings["timeout"])) as answer:
                return answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as problem:
            if problem.code < 500 or attempt == 3:
                raise OSError(f"the package index answered {problem.code} {problem.reason}") from None
        except OSError:
            if attempt == 3:
                raise
        time.sleep(attempt)
    raise AssertionError("unreachable")


def plain(parts: urllib.parse.SplitResult) -> str:
    """The address without a login, which belongs in a header."""
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def credentials(parts: urllib.parse.SplitResult) -> tuple[str, str] | None:
    if parts.username:
        return urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        entry = netrc.netrc().authenticators(parts.hostname or "")
        if entry:
            return entry[0], entry[2] or ""
    return None


def handlers(settings: dict[str, str], parts: urllib.parse.SplitResult) -> list[urllib.request.BaseHandler]:
    cert = settings.get("cert")
    context = ssl.create_default_context(cafile=cert if cert and Path(cert).is_file() else None)
    trusted = settings.get("trusted-host", "").split()
    if parts.hostname in trusted or parts.netloc.rpartition("@")[2] in trusted:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    chosen: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
    if "proxy" in settings:
        chosen.append(urllib.request.ProxyHandler({"http": settings["proxy"], "https": settings["proxy"]}))
    return chosen


# --- the environment ---


def has_module(name: str) -> bool:
    command = [sys.executable, "-c", f"import {name}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_all(commands: list[list[str]], env: dict[str, str]) -> bool:
    for command in commands:
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            say(done.stdout.strip() + "\n" + done.stderr.strip())
            return False
    return True


def by_uv(settings: dict[str, str]) -> bool:
    uv = find_uv(settings)
    if uv is None:
        return False
    python = str(VENV / BIN / f"python{EXE}")
    common = uv_options(settings)
    make = [str(uv), "venv", "--quiet", "--python", sys.executable, str(VENV)]
    fill = [
        [str(uv), "pip", "sync", *common, "--require-hashes", str(PINS)],
        [str(uv), "pip", "install", *common, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    ]
    return run_all(fill if Path(python).exists() else [make, *fill], uv_environment(settings))


def uv_options(settings: dict[str, str]) -> list[str]:
    python = str(VENV / BIN / f"python{EXE}")
    return ["--quiet", "--python", python, *(["--no-index"] if no_index(settings) else [])]


def by_venv(settings: dict[str, str]) -> bool:
    """The slower way, for a machine for which uv is not to be had."""
    del settings
    if not (has_module("venv") and has_module("ensurepip")):
        return False
    say("making the environment with venv and pip …")
    python = str(VENV / BIN / f"python{EXE}")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return run_all(
        [
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            [*pip, "--require-hashes", "-r", str(PINS)],
            [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
        ],
        dict(os.environ),
    )


def make_quick_to_start() -> None:
    """Compiles the program and what it loads at every start, and the knowledge; without it the first start does so."""
    python = str(VENV / BIN / f"python{EXE}")
    folders = [str(ROOT / "src" / "cobalens")]
    loaded = AT_EVERY_START | WITH_MANY_PEOPLE
    folders += [str(p) for p in VENV.glob("lib/python*/site-packages/*") if p.name in loaded]
    run_all(
        [
            [python, "-m", "compileall", "-q", "-j", "0", *folders],
            [python, "-c", "from cobalens.api import load; load()"],
        ],
        dict(os.environ),
    )


def fingerprint() -> str:
    """Place and Python version, then a digest of what the environment is made from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return f"{VENV} {sys.version_info[:2]}\n{digest.hexdigest()}\n"


def stamped(stamp: Path = STAMP) -> str:
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def is_ready() -> bool:
    programs = [VENV / BIN / f"{name}{EXE}" for name in ("python", "cobalens")]
    return all(map(Path.exists, programs)) and stamped() == fingerprint()


def discard_foreign_environment() -> None:
    """Removes an environment of another place or Python: its programs would start the wrong one."""
    ours = stamped().split("\n")[0] == fingerprint().split("\n")[0]
    if VENV.exists() and not (ours and (VENV / BIN / f"python{EXE}").exists()):
        shutil.rmtree(VENV)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two ``make`` at once wait for each other."""
    name = "cobalens-setup-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    if sys.version_info[:2] < OLDEST_PYTHON:
        say(
            f"Cobalens needs Python {'.'.join(map(str, OLDEST_PYTHON))} or later; "
            f"this is {platform.python_version()}.\nName a later one: make setup PYTHON=python3.12"
        )
        return 2
    if not is_ready():
        with one_at_a_time():
            if not is_ready() and not made():
                return 1
    return 0


def made() -> bool:
    started = time.monotonic()
    discard_foreign_environment()
    say("making .venv …")
    # What the pins do not name is removed, and Spark with it.
    SPARK_STAMP.unlink(missing_ok=True)
    settings = pip_settings()
    if not (by_uv(settings) or by_venv(settings)):
        say(
            "The environment could not be made: the libraries could not be fetched (see above).\n" + ELSEWHERE
        )
        return False
    make_quick_to_start()
    STAMP.write_text(fingerprint(), encoding="utf-8")
    say(f".venv is ready ({time.monotonic() - started:.0f} s)")
    return True


if __name__ == "__main__":
    sys.exit(main())
