"""Digests of what a page is made of, so that only what changed is built again. Standard library alone:
an unchanged run is told before anything costly is imported.
"""  # noqa: D205

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

#: Packages whose version can change a page.
PACKAGES = (
    "drug-outcomes", "ipykernel", "ipython", "jinja2", "markdown-it-py", "markupsafe", "matplotlib",
    "matplotlib-inline", "nbclient", "nbconvert", "nbformat", "numpy", "openpyxl", "pandas", "papermill", "pyarrow",
    "python-calamine", "python-docx", "scipy",
)  # fmt: skip
#: Where runs note what they built.
_RUNS = Path("outputs", ".runs")
#: What of a cell's metadata a page depends on; the rest is an editor's.
_METADATA = ("tags", "alt")


def sha256(file: Path) -> str:
    """Return the hash of a file's bytes, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Return the hash of a value that JSON can hold, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def tree(folders: Iterable[Path]) -> dict[str, str]:
    """Return the hash of every file below some folders, by path; caches are left out."""
    found = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {file.as_posix(): sha256(file) for file in found if file.parent.name != "__pycache__"}


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a page."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


@cache
def code() -> str:
    """Return the digest of the library and the versions it runs with."""
    package = Path(str(files("drug_outcomes")))
    own = {Path(name).relative_to(package).as_posix(): value for name, value in tree([package]).items()}
    return digest([own, versions()])


def notebook(file: Path) -> str:
    """Return the digest of a notebook's sources, tags and alternative texts; outputs and an editor's remarks do not
    count.
    """  # noqa: D205
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    told = [[cell["metadata"].get(name) for name in _METADATA] for cell in cells]
    return digest([[cell["cell_type"], cell["source"], *rest] for cell, rest in zip(cells, told, strict=True)])


def everything(root: Path) -> str:
    """Return the digest of all that a command could read."""
    folders = [root / name for name in ("data/framework", "data/areas", "data/received", "notebooks")]
    inputs = {Path(name).relative_to(root).as_posix(): value for name, value in tree(folders).items()}
    logs = {file.name: sha256(file) for file in sorted((root / "data").glob("*.csv"))}
    return digest([inputs, logs, code()])


def stamp(folder: Path) -> str:
    """Return the hash of a snapshot's manifest, "" where there is none: another build has another stamp."""
    manifest = folder / "snapshot.json"
    return sha256(manifest) if manifest.is_file() else ""


def intact(folder: Path) -> bool:
    """Whether a snapshot stands as its manifest says, file by file."""
    try:
        told = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))
        return all(sha256(folder / name) == value for name, value in told["files"].items())
    except (OSError, KeyError, ValueError):
        return False


def remembered(root: Path, words: Sequence[str]) -> list[str] | None:
    """Return the folders that this very command built from the very same inputs, where they still stand."""
    stamps = _built(_record(root, words), everything(root))
    return (
        None if stamps is None or not all(_stands(root / name, value) for name, value in stamps.items()) else [*stamps]
    )


def unchanged(root: Path) -> set[Path]:
    """Return the folders that any command built from the very same inputs, and that still stand."""
    records, inputs = (root / _RUNS).glob("*.json"), everything(root)
    told = {root / name: value for record in records for name, value in (_built(record, inputs) or {}).items()}
    return {folder for folder, value in told.items() if _stands(folder, value)}


def _built(record: Path, inputs: str) -> dict[str, str] | None:
    """Return the stamps of what was built from some inputs; None of other inputs, or where it was cut short."""
    try:
        told = json.loads(record.read_text(encoding="utf-8"))
        stamps: dict[str, str] = told["stamps"]
        return stamps if told["inputs"] == inputs else None
    except (OSError, KeyError, ValueError, TypeError):
        return None


def _stands(folder: Path, value: str) -> bool:
    return stamp(folder) == value and intact(folder)


def remember(root: Path, words: Sequence[str], inputs: str, folders: Sequence[str]) -> None:
    """Note what a command built, as paths below the root, and from which inputs."""
    record = _record(root, words)
    record.parent.mkdir(parents=True, exist_ok=True)
    told = {"inputs": inputs, "stamps": {name: stamp(root / name) for name in folders}}
    beside = record.with_suffix(".part")
    beside.write_text(json.dumps(told), encoding="utf-8")
    beside.replace(record)


def _record(root: Path, words: Sequence[str]) -> Path:
    return root / _RUNS / f"{digest(list(words))[:16]}.json"
