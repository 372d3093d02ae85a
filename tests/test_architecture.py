"""The house: who may import whom, who may open the door out, what git must not ignore."""

import ast
import subprocess
from graphlib import TopologicalSorter
from itertools import product
from pathlib import Path

import pytest

from material import PROJECT

PACKAGE = PROJECT / "lib" / "drug_outcomes"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_only_disclosure_makes_released_figures():
    makers = {
        file.relative_to(PACKAGE).parts[0]
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Released"
    }

    assert makers == {"disclosure"}


def _imports() -> dict[str, set[str]]:
    """Return what each top-level module or package of the library imports from the others."""
    names = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in MODULES}
    imported: dict[str, set[str]] = {name: set() for name in names}
    for file in MODULES:
        own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("drug_outcomes"):
                path = (node.module or "").split(".")[1:2] or [alias.name for alias in node.names]
                imported[own] |= (set(path) & names) - {own}
    return imported


IMPORTS = _imports()
STATISTICS = (
    "indicators", "standardisation", "bounds", "comparisons", "recent_trends", "changes", "trends", "process_charts",
    "signals", "anomalies", "targets", "funnels", "benchmarks",
)  # fmt: skip
SHOWING = (
    "markup",
    "drawing",
    "charts",
    "tables",
    "wording",
    "headlines",
    "report",
    "pages",
    "exports",
    "surroundings",
    "steps",
    "snapshots",
)


def test_no_module_imports_itself_through_others():
    assert list(TopologicalSorter(IMPORTS).static_order())  # a circle raises CycleError and names it


@pytest.mark.parametrize(
    ("one", "other"), [*product(STATISTICS, SHOWING), *product(["charts", "tables"], STATISTICS)]
)
def test_statistics_know_nothing_of_pages_and_pages_compute_nothing(one: str, other: str):
    assert other not in IMPORTS[one]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_module_says_what_it_is_for(file: Path):
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [
        "lib/drug_outcomes/cli.py", "data/framework/measures.csv", "data/areas/southampton/received.csv",
        "notebooks/scorecard.ipynb", "tests/golden/scorecard.csv", "data/areas/exampleshire/restricted/icu/return.csv",
    ],
)  # fmt: skip
def test_git_keeps_what_the_suite_is_made_of(path: str):
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=PROJECT, check=False)

    assert ignored.returncode != 0


@pytest.mark.parametrize(
    "path",
    [
        "uv.lock", "outputs/southampton/2024-25-q3/public/index.html", "data/store/a.parquet",
        "data/areas/southampton/restricted/icu/return.csv",
    ],
)  # fmt: skip
def test_git_ignores_what_is_built_or_restricted(path: str):
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=PROJECT, check=False)

    assert ignored.returncode == 0


def test_no_committed_file_names_a_package_index():
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, check=True, capture_output=True, text=True)
    named = ["pypi" + ".org", "python" + "hosted"]
    texts = {
        name: (PROJECT / name).read_bytes()
        for name in tracked.stdout.split("\n")
        if (PROJECT / name).is_file()
    }

    assert [name for name, text in texts.items() if any(host.encode() in text for host in named)] == []
