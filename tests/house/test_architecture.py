"""The house: who may import whom, who may open the door out, what git must not ignore."""

import ast
import re
import subprocess
from collections.abc import Iterator, Mapping
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


#: The rooms, in the only order in which imports run: a room imports those above it.
ROOMS = (
    "errors", "fingerprints", "definitions", "sources", "intake", "statistics", "disclosure", "quality", "figures",
    "reporting", "publishing", "cli",
)  # fmt: skip
#: The package itself and its command stand outside the order: they import what they start, and nobody imports them.
DOORS = ("__init__", "__main__")
#: Imports that run against the order and still have to be turned round. This list may only shrink.
BACKWARD: set[tuple[str, str]] = set()
CIRCULAR: set[frozenset[str]] = set()


def _name(file: Path, package: Path) -> str:
    parts = file.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(package: Path) -> set[tuple[str, str]]:
    """Return (importer, imported) of every import between modules of a package, wherever in a file it stands.

    Absolute and relative imports count, inside functions and under TYPE_CHECKING too, and names handed to
    `import_module` as they are.
    """
    files = {_name(file, package): file for file in package.rglob("*.py")}
    return {
        (name, found)
        for name, file in files.items()
        for target in _targets(ast.parse(file.read_text(encoding="utf-8")), file, package)
        for found in [_longest(target, files)]
        if found and found != name
    }


def _targets(tree: ast.Module, file: Path, package: Path) -> Iterator[str]:
    """Return every dotted name below the package that a module imports."""
    above = [package.name, *file.relative_to(package).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            stem = above[: len(above) - node.level + 1] if node.level else []
            base = ".".join([*stem, *([node.module] if node.module else [])])
            dotted = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            dotted = [node.value] if re.fullmatch(rf"{package.name}(\.\w+)+", node.value) else []
        else:
            continue
        yield from (name.removeprefix(f"{package.name}.") for name in dotted if name.startswith(f"{package.name}."))


def _longest(target: str, files: Mapping[str, Path]) -> str:
    """Return the module that a dotted name leads to: itself, or the one that holds the name."""
    parts = target.split(".")
    return next((known for n in range(len(parts), 0, -1) if (known := ".".join(parts[:n])) in files), "")


def backward(package: Path) -> set[tuple[str, str]]:
    """Return the imports that lead from a room to one below it."""
    place = {room: number for number, room in enumerate(ROOMS)}
    return {
        (one, other)
        for one, other in imports(package)
        if (here := one.split(".")[0]) not in DOORS
        if (there := other.split(".")[0]) in DOORS or place[there] > place[here]
    }


def circles(package: Path) -> set[frozenset[str]]:
    """Return the sets of modules that import one another, directly or through others."""
    graph: dict[str, set[str]] = {}
    for one, other in imports(package):
        graph.setdefault(one, set()).add(other)
    return {frozenset(group) for group in _strongly_connected(graph) if len(group) > 1}


def _strongly_connected(graph: Mapping[str, set[str]]) -> list[set[str]]:
    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            waiting += (new := graph.get(waiting.pop(), set()) - seen)
            seen |= new
        return seen

    far = {name: reached(name) for name in graph}
    return [{name} | {other for other in far[name] if name in far.get(other, set())} for name in graph]


def test_rooms_import_only_rooms_above_them():
    assert backward(PACKAGE) == BACKWARD


def test_no_module_imports_itself_through_others():
    assert circles(PACKAGE) == CIRCULAR


def test_every_module_stands_in_a_room():
    assert {_name(file, PACKAGE).split(".")[0] for file in MODULES} == {*ROOMS, *DOORS}


def test_few_names_stand_directly_under_the_library():
    assert len([entry for entry in PACKAGE.iterdir() if entry.name not in ("__pycache__", "py.typed")]) <= 14


@pytest.mark.parametrize(
    "line",
    [
        "from drug_outcomes import publishing",
        "from drug_outcomes.publishing.pages import style",
        "from ..publishing import pages",
        "from ..publishing.pages import style",
        "import drug_outcomes.publishing.pages",
        "if TYPE_CHECKING:\n        from ..publishing import pages",
        'import_module("drug_outcomes.publishing.pages")',
    ],
)
def test_a_backward_import_in_a_function_body_is_found(line: str, tmp_path: Path):
    package = tmp_path / "drug_outcomes"
    for module in ("__init__.py", "statistics/__init__.py", "publishing/__init__.py", "publishing/pages.py"):
        (package / module).parent.mkdir(parents=True, exist_ok=True)
        (package / module).write_text('"""A module."""\n')
    (package / "statistics" / "intervals.py").write_text(f"def hidden():\n    {line}\n")

    assert {(one, other.split(".")[0]) for one, other in backward(package)} == {("statistics.intervals", "publishing")}


def test_a_circle_inside_a_room_is_found(tmp_path: Path):
    package = tmp_path / "drug_outcomes"
    (package / "sources").mkdir(parents=True)
    (package / "sources" / "one.py").write_text("from .two import name\n")
    (package / "sources" / "two.py").write_text("def late():\n    from drug_outcomes.sources import one\n")

    assert circles(package) == {frozenset(("sources.one", "sources.two"))}


PATH = ("known", "released")


def _path() -> list[ast.FunctionDef]:
    tree = ast.parse((PACKAGE / "figures" / "path.py").read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in PATH]


def _depth(node: ast.AST) -> int:
    """Return how many calls are nested in an expression."""
    below = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return below + isinstance(node, ast.Call)


def test_the_path_of_a_figure_reads_as_prose():
    statements = [line for function in _path() for line in function.body if not isinstance(line, ast.Expr)]

    assert [function.name for function in _path()] == list(PATH)
    assert len(statements) <= 15
    assert max(map(_depth, statements)) <= 2


def test_the_pages_compute_nothing():
    computed = {other for one, other in imports(PACKAGE) if one in ("reporting.charts", "reporting.tables")}

    assert not {other for other in computed if other.startswith("statistics.")}


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
    texts = {name: (PROJECT / name).read_bytes() for name in tracked.stdout.split("\n") if (PROJECT / name).is_file()}

    assert [name for name, text in texts.items() if any(host.encode() in text for host in named)] == []


#: Modules of more than 350 lines, and why each is one piece. This list may only shrink.
LONG = {
    "definitions.areas": "area.toml and everything that an area's own tables may say",
    "definitions.columns": "the one table of columns of a figure: a row for each",
    "definitions.framework_tables": "the columns of every table of definitions",
    "definitions.periods": "one algebra of periods: every label in use, and back",
    "publishing.page_checks": "the checks that every page passes",
    "quality.explanations": "one table: read, hold against findings, record",
    "reporting.charts": "which chart a measure gets, and the words beside it",
    "reporting.headlines": "which sentences a page says first",
    "reporting.investigation": "the sections of one measure in depth",
    "reporting.markup": "the pieces of a page",
    "reporting.needs_figures": "what the needs assessment counts",
    "reporting.needs_report": "the sections of the needs assessment",
    "reporting.plots": "one function for each kind of chart, and what they share",
    "reporting.tables": "the tables of pages",
    "reporting.wording": "all sentences about figures stand in one place",
    "sources.form": "the form for returns: its layout, and what its cells may hold",
    "sources.ons_population": "six layouts of one publisher",
    "sources.scorecard_edition": "a scorecard as printed, with its notes",
    "statistics.needs": "need, reach and outcome share their intervals",
}


def test_long_modules_are_named_with_a_reason():
    long = {_name(file, PACKAGE) for file in MODULES if len(file.read_text(encoding="utf-8").splitlines()) > 350}

    assert long <= set(LONG)
