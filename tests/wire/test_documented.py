"""The examples of the page on record systems, sent as they stand there, bring what they are said to bring."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from cobalens.serve.web.capability import PARAMETERS
from cobalens.serve.web.hooks import SERVICES
from tests.web.conftest import HERE

PAGE = (Path(__file__).parents[2] / "docs" / "record-systems.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(curl .*?)\n```.*?```json\n(.*?)\n```", PAGE, re.DOTALL)


def holds(whole: Any, part: Any) -> bool:
    """Whether everything in the part stands in the whole."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], one) for key, one in part.items()
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(
            holds(one, other) for one, other in zip(whole, part, strict=True)
        )
    return bool(whole == part)


@pytest.mark.parametrize(("command", "told"), EXAMPLES)
def test_an_example_brings_what_the_page_says(client: TestClient[Any], command: str, told: str) -> None:
    program, silent, address, _, header, _, sent = shlex.split(command)
    assert (program, silent) == ("curl", "-s")
    assert address.startswith(HERE)
    name, _, value = header.partition(": ")
    answer = client.post(address.removeprefix(HERE), content=sent.encode(), headers={name: value})
    assert answer.status_code == 200, answer.text
    assert holds(answer.json(), json.loads(told))


def test_there_is_an_example_for_each_of_the_two_doors() -> None:
    assert len(EXAMPLES) == 2


def test_the_page_names_every_service_and_every_parameter() -> None:
    assert [one for one in (*SERVICES, *PARAMETERS) if f"| `{one}` |" not in PAGE] == []


def test_every_place_that_the_page_names_exists() -> None:
    top = Path(__file__).parents[2]
    named = re.findall(r"`((?:serve|report|knowledge|tests)/[a-z_/.]+)`", PAGE)
    assert named
    assert [
        one for one in named if not (top / one).exists() and not (top / "src" / "cobalens" / one).exists()
    ] == []
