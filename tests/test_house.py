"""What holds for the whole house: its two commands, licence, size, explanations and fences."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "cobalens"
MODULES = sorted(SRC.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

LONG_WITH_A_REASON: dict[str, str] = {}
"""Modules of more than 500 lines, and why each is one piece."""

HOMES = {
    "click": {"serve"},
    "rich": {"serve"},
    "rapidfuzz": {"intake"},
    "yaml": {"intake"},
    "duckdb": {"engines"},
    "pyspark": {"engines"},
    "py4j": {"engines"},
    "sqlglot": {"engines"},
    "z3": {"proofs"},
    "defusedxml": {"intake"},
    "python_calamine": {"intake"},
    "pypdf": {"intake"},
    "pyarrow": {"engines", "intake"},
    "numpy": {"engines", "intake"},
    "numba": {"intake"},
    "adbc_driver_postgresql": {"engines"},
    "xlsxwriter": {"report"},
    "highspy": {"report"},
    "sphinx": {"report"},
    "altair": {"report"},
    "vl_convert": {"report"},
    "typst": {"report"},
    "litestar": {"serve"},
    "jinja2": {"report", "serve"},
    "babel": {"compiler", "serve"},
    "tomli": {"compiler"},
    "uvicorn": {"serve"},
    "prometheus_client": {"serve"},
    "multipart": {"serve"},
}
"""The one part of the program that may import each library."""

CLINICAL_NUMBER = re.compile(
    r"\b(total_b12|b12|holotc|mma|homocysteine|folate\w*|ferritin|tsat|egfr|h(?:a)?emoglobin|mcv|crp|inr|alt|ast|alp|"
    r"ggt|bilirubin\w*|ldh|copper|wbc|neutrophils|eosinophils|platelets?)[a-z_]* *(<=|>=|<|>) *-?[0-9]",
    re.IGNORECASE,
)
DRUG_NAME = re.compile(
    r"\b(metformin|omeprazole|lansoprazole|ranitidine|pemetrexed|pralatrexate|cisplatin|oxaliplatin|carboplatin|"
    r"paclitaxel|docetaxel|vincristine|bortezomib|thalidomide|methotrexate|hydroxycarbamide|hydroxyurea|imatinib|"
    r"nivolumab|pembrolizumab|cyanocobalamin|hydroxocobalamin|methylcobalamin|nitrous|colchicine|folfox|capox)\b",
    re.IGNORECASE,
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def name_of(module: Path) -> str:
    return module.relative_to(SRC).as_posix()


def imported_by(module: Path) -> list[str]:
    return re.findall(r"^\s*(?:import|from) (\w+)", module.read_text(encoding="utf-8"), re.MULTILINE)


def first_words(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=~!\[; ]", requirement)[0].lower() for requirement in requirements]


def test_the_readme_shows_what_it_says_about_one_patient_and_the_two_commands() -> None:
    readme = read("README.md")
    assert "Is this a deficiency needing replacement, or a biomarker needing interpretation?" in readme
    assert readme.index("<!-- The note on the published case") < readme.index("make demo    #")
    assert readme.index("make demo    #") < readme.index("make test    #")
    assert readme.index("make test    #") < readme.index("## ")


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", read("README.md"))
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.parametrize("target", ["help", "setup", "demo", "test", "check", "generate", "pins", "clean"])
def test_make_has_and_explains_the_target(target: str) -> None:
    makefile = read("Makefile")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.*\b{target}\b", makefile, re.MULTILINE)
    assert target == "help" or f"'make {target} " in makefile


def test_the_continuous_integration_runs_the_readmes_test_command_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    code = [
        line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert code[-1] == "make test"
    assert all(line.startswith(("set ", "cd ", "make test")) for line in code)


def test_the_licence_is_apache_2() -> None:
    licence = read("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_every_dependency_is_explained() -> None:
    explained = read("docs/dependencies.md").lower()
    groups = PROJECT["dependency-groups"]
    wanted = first_words(PROJECT["project"]["dependencies"])
    wanted += [name for group in groups.values() for name in first_words(group)]
    wanted += first_words(PROJECT["build-system"]["requires"])
    assert [name for name in wanted if f"**{name}**" not in explained] == []


def test_every_dependency_is_pinned_with_checksums_and_without_an_address() -> None:
    pins = read("requirements.txt") + read("requirements-spark.txt")
    pinned = set(re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE))
    groups = PROJECT["dependency-groups"]
    wanted = {*first_words(PROJECT["project"]["dependencies"])}
    wanted |= {name for group in groups.values() for name in first_words(group)}
    assert wanted - pinned == set()
    assert pins.count("--hash=sha256:") >= len(pinned)
    for file in ("requirements.txt", "requirements-spark.txt", "tools/uv.txt", "pyproject.toml"):
        assert "://" not in read(file), file


def test_no_module_is_longer_than_500_lines_without_a_reason() -> None:
    long = {name_of(m) for m in MODULES if len(m.read_text(encoding="utf-8").splitlines()) > 500}
    assert long == set(LONG_WITH_A_REASON)


def test_every_module_says_in_one_to_four_lines_what_it_is_for() -> None:
    wrong = []
    for module in MODULES:
        docstring = re.match(r'"""(.*?)"""', module.read_text(encoding="utf-8"), re.DOTALL)
        if docstring is None or not 1 <= len(docstring[1].strip().splitlines()) <= 4:
            wrong.append(name_of(module))
    assert wrong == []


def said_in(module: Path) -> list[tuple[int, str]]:
    """Every name and string of a module with its line, docstrings left out."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            said.append((node.lineno, node.value))
        elif isinstance(node, ast.Name):
            said.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute):
            said.append((node.lineno, node.attr))
        elif isinstance(node, ast.FunctionDef):
            said.append((node.lineno, node.name))
    return said


def test_no_clinical_number_stands_in_python() -> None:
    found = [
        f"{name_of(module)}:{number}: {line.strip()}"
        for module in MODULES
        if name_of(module) != "knowledge/scores.py"
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1)
        if CLINICAL_NUMBER.search(line)
    ]
    assert found == []


def test_no_drug_name_stands_in_python() -> None:
    found = [
        f"{name_of(module)}:{line}: {said!r}"
        for module in MODULES
        for line, said in said_in(module)
        if DRUG_NAME.search(said)
    ]
    assert found == []


def test_no_worked_case_is_known_to_the_source() -> None:
    names = [
        line for line in read("tests/worked_cases.txt").splitlines() if line and not line.startswith("#")
    ]
    assert len(names) == 30
    spellings = {
        spelling for name in names for spelling in (name, name.replace("-", "_"), name.replace("-", " "))
    }
    found = [
        f"{file.relative_to(SRC)}: {spelling}"
        for file in sorted(SRC.rglob("*"))
        if file.suffix in {".py", ".toml", ".json", ".html", ".md"}
        for spelling in spellings
        if spelling in file.read_text(encoding="utf-8").lower()
    ]
    assert found == []


def test_each_library_is_imported_in_its_home_only() -> None:
    strays = [
        f"{name_of(module)} imports {library}"
        for module in MODULES
        for library in imported_by(module)
        if library in HOMES and name_of(module).split("/")[0] not in HOMES[library]
    ]
    assert strays == []


def test_the_shared_values_know_the_standard_library_and_msgspec_only() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "cobalens"}
    strays = [
        f"{name_of(module)} imports {library}"
        for module in [*sorted((SRC / "model").rglob("*.py")), SRC / "errors.py"]
        for library in imported_by(module)
        if library not in allowed
    ]
    assert strays == []


def test_starting_the_command_loads_nothing_that_one_case_may_not_need() -> None:
    code = "import sys, cobalens.serve.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert (
        set(loaded) & {"rich", "rapidfuzz", "yaml", "jsonschema", "hypothesis", "asyncio", "unittest"}
        == set()
    )


def test_no_swallowed_error_and_no_unfinished_work_stands_in_the_source() -> None:
    found = []
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        if re.search(
            r"except Exception:\s*(pass|\.\.\.)|\braise NotImplementedError\b|\b(TODO|FIXME|XXX)\b", text
        ):
            found.append(name_of(module))
    assert found == []


def test_the_package_offers_at_most_twelve_names() -> None:
    import cobalens

    assert len(getattr(cobalens, "__all__", [])) <= 12
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", cobalens.__version__)
