"""A file of worked patients that cannot be read is named, with the place in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.worked import read

ONE = '"a low result is told" = { total_b12 = "100 ng/L", then = "deficient" }\n'


def test_a_sentence_that_stands_twice_is_refused_with_the_file_and_the_line(tmp_path: Path) -> None:
    file = tmp_path / "low" / "total_b12_says.toml"
    file.parent.mkdir()
    file.write_text(f"[patients]\n{ONE}{ONE}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^low/total_b12_says\.toml: .*line 3.*stands once"):
        read(file)
    file.write_text(f"[patients]\n{ONE}", encoding="utf-8")
    assert list(read(file)["patients"]) == ["a low result is told"]
