"""A worklist that reads what no rule answers would stay empty for ever; so it is refused when the knowledge is read, with the likely name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cobalens.knowledge
from cobalens.compiler.compile import KnowledgeError, compile_knowledge

HOME = Path(cobalens.knowledge.__file__).parent
FILE = "worklists.toml"
MADE_UP = '\n[list.made_up]\nnext = ["ask:"]\n'
WRONG: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "a test that does not exist": (
        lambda text: text.replace('"homocysteine"]', '"homocystein"]', 1),
        ("analyte 'homocystein' does not exist", "Did you mean 'homocysteine'?"),
    ),
    "a next step that nobody can be told": (
        lambda text: text.replace('["red_flag:"', '["red_flags:"', 1),
        ("[list.red_flag]", "finding 'red_flags:' does not exist"),
    ),
    "a finding that does not exist": (
        lambda text: text.replace("same_day_assessment", "same_day_assesment", 1),
        ("[list.red_flag] when.sign", "Did you mean 'finding.red_flag:same_day_assessment'?"),
    ),
    "a question that does not exist": (
        lambda text: text.replace("deficiency      =", "deficency =", 1),
        ("[list.low_untreated] when.deficient", "Did you mean 'deficiency'?"),
    ),
    "an answer that the question does not have": (
        lambda text: text.replace('"immediate"', '"imediate"', 1),
        (
            "[list.red_flag] when.immediate",
            "'imediate' is no value of this input",
            "Did you mean 'immediate'?",
        ),
    ),
    "one dead answer among live ones": (
        lambda text: text.replace("never | stopped", "never | stoped", 1),
        ("'stoped' is no value of this input", "Did you mean 'stopped'?"),
    ),
    "a fact, which a run does not write down": (
        lambda text: text.replace("first_line      =", "total_b12 =", 1),
        ("question or finding 'total_b12' does not exist",),
    ),
    "a policy, which a run does not write down": (
        lambda text: (
            text + MADE_UP + '[list.made_up.when.one]\n"policy.gastrectomy_route" = "intramuscular"\n'
        ),
        ("[list.made_up] when.one", "'policy.gastrectomy_route' does not exist"),
    ),
    "a range, which a run does not write down": (
        lambda text: text + MADE_UP + '[list.made_up.when.one]\nurgency = ">= soon"\n',
        ("'>= soon' is no value of this input", "Did you mean 'soon'?"),
    ),
    "an answer that is no text": (
        lambda text: text + MADE_UP + "[list.made_up.when.one]\nanswer = 3\n",
        ("'answer' must be text in quotes",),
    ),
    "a list without a condition": (
        lambda text: text + MADE_UP + "when = {}\n",
        ("[list.made_up]: 'when' is missing", "would be empty"),
    ),
    "a list without words": (
        lambda text: text + MADE_UP + '[list.made_up.when.one]\nanswer = "both"\n',
        ("text/en/cohort.toml: 'layout:cohort_list_made_up_title' has no title text",),
    ),
    "an outcome without words": (
        lambda text: text.replace("[outcome.explained.when.high]", "[outcome.explaned.when.high]", 1),
        ("'layout:cohort_outcome_explaned' has no title text",),
    ),
    "a limit for sharing under another name": (
        lambda text: text.replace("smallest =", "smalest =", 1),
        ("[sharing]: unknown key 'smalest'", "Did you mean 'smallest'?"),
    ),
    "a limit for sharing that is no number": (
        lambda text: text.replace("smallest = 10", 'smallest = "ten"', 1),
        ("'smallest' must be a whole number",),
    ),
    "no limit to the rows of a sheet": (
        lambda text: text.replace("rows_at_most = 200000", "", 1),
        ("'rows_at_most' is missing",),
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("worklists") / "knowledge"
    shutil.copytree(HOME, folder, ignore=shutil.ignore_patterns("__pycache__", "*.parquet"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", WRONG)
def test_a_worklist_with_a_dead_name_is_refused_when_the_knowledge_is_read(copy: Path, name: str) -> None:
    spoil, expected = WRONG[name]
    right = (HOME / FILE).read_text(encoding="utf-8")
    assert spoil(right) != right
    (copy / FILE).write_text(spoil(right), encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        compile_knowledge(copy)
    for words in expected:
        assert words in str(refused.value)


def test_the_shipped_worklists_are_accepted(copy: Path) -> None:
    (copy / FILE).write_text((HOME / FILE).read_text(encoding="utf-8"), encoding="utf-8")
    assert compile_knowledge(copy).lexicon["worklists"]["list"]
