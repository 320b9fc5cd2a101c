"""The environment is made from nothing but Python, wherever the index is and whatever pip was told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import bootstrap  # noqa: E402 - the tools are no package
import spark  # noqa: E402


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of pip or uv but the test's own."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return tmp_path


def test_nothing_configured_means_the_default_index(clean: Path) -> None:
    settings = bootstrap.pip_settings()
    assert bootstrap.index_url(settings) == bootstrap.DEFAULT_INDEX
    assert "UV_DEFAULT_INDEX" not in bootstrap.uv_environment(settings)


def test_pips_configuration_file_is_honoured(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = clean / "pip.conf"
    file.write_text(
        "[global]\nindex_url = http://mirror.test/simple\ncert = /a.pem\n[install]\nproxy = http://p:1\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("ALL_PROXY", raising=False)
    env = bootstrap.uv_environment(bootstrap.pip_settings())
    assert env["UV_DEFAULT_INDEX"] == "http://mirror.test/simple"
    assert env["SSL_CERT_FILE"] == "/a.pem"
    assert env["ALL_PROXY"] == "http://p:1"


def test_the_environment_wins_over_the_file_and_uvs_own_setting_over_both(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = clean / "pip.conf"
    file.write_text("[global]\nindex-url = http://file.test/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_INDEX_URL", "http://env.test/simple")
    assert bootstrap.index_url(bootstrap.pip_settings()) == "http://env.test/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "named=http://uv.test/simple")
    assert bootstrap.index_url(bootstrap.pip_settings()) == "http://uv.test/simple"
    assert (
        bootstrap.uv_environment(bootstrap.pip_settings())["UV_DEFAULT_INDEX"]
        == "named=http://uv.test/simple"
    )


def test_a_folder_of_wheels_serves_without_an_index(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{clean} {clean / 'missing'} http://page.test/")
    settings = bootstrap.pip_settings()
    assert bootstrap.no_index(settings)
    assert bootstrap.local_folders(settings) == [clean.resolve()]
    assert bootstrap.wheel_bytes(settings, "0.0.0", set()) is None


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (
            "application/vnd.pypi.simple.v1+json",
            b'{"files": [{"filename": "a b.whl", "url": "../f/a%20b.whl"}]}',
        ),
        ("text/html", b"<html><body><a href='../f/a%20b.whl#sha256=0'>a b</a><a name='x'></a></body></html>"),
    ],
)
def test_both_kinds_of_index_page_are_read(kind: str, page: bytes) -> None:
    ((name, url),) = bootstrap.links(page, kind, "http://mirror.test/simple/uv/")
    assert name == "a b.whl"
    assert url.partition("#")[0] == "http://mirror.test/simple/f/a%20b.whl"


@pytest.mark.parametrize(
    ("system", "machine", "libc", "tag"),
    [
        ("Linux", "x86_64", "glibc", "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("Linux", "aarch64", "", "musllinux_1_1_aarch64"),
        ("Darwin", "arm64", "", "macosx_11_0_arm64"),
        ("Windows", "AMD64", "", "win_amd64"),
    ],
)
def test_the_wheel_fits_the_machine(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, tag: str
) -> None:
    monkeypatch.setattr(bootstrap.platform, "system", lambda: system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap.platform, "libc_ver", lambda: (libc, ""))
    tags = [
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "musllinux_1_1_aarch64",
        "macosx_11_0_arm64",
        "win_amd64",
    ]
    assert [t for t in tags if bootstrap.suits(f"uv-1.2.3-py3-none-{t}.whl", "1.2.3")] == [tag]
    assert not bootstrap.suits(f"uv-1.2.4-py3-none-{tag}.whl", "1.2.3")
    assert not bootstrap.suits("uv-1.2.3.tar.gz", "1.2.3")


def test_a_login_in_the_address_goes_into_a_header() -> None:
    parts = bootstrap.urllib.parse.urlsplit("https://me:p%40ss@mirror.test:8443/simple/uv/")
    assert bootstrap.credentials(parts) == ("me", "p@ss")
    assert bootstrap.plain(parts) == "https://mirror.test:8443/simple/uv/"


def test_the_pinned_uv_has_checksums() -> None:
    version, checksums = bootstrap.pinned_uv()
    assert version.count(".") == 2
    assert len(checksums) > 10


def test_an_environment_that_is_ready_is_left_alone() -> None:
    first, second, _ = bootstrap.fingerprint().split("\n")
    assert first.startswith(str(bootstrap.VENV))
    assert len(second) == 64


def test_spark_is_added_once_for_the_same_pins(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[str] = []
    monkeypatch.setattr(bootstrap, "SPARK_STAMP", clean / "stamp")
    monkeypatch.setattr(spark, "add", lambda settings: not added.append("spark"))
    for _ in range(3):
        assert spark.main() == 0
    assert added == ["spark"]
    monkeypatch.setattr(spark, "PINS", bootstrap.UV_PIN)
    assert spark.main() == 0
    assert added == ["spark", "spark"], "other pins"
