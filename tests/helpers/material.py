"""Where tests find published material that is not in the project."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def _folder(variable: str, default: str, what: str) -> Path:
    folder = Path(os.environ.get(variable, PROJECT.parent / "shared" / default))
    if not folder.is_dir():
        pytest.skip(f"{what} are not here: set {variable} to their folder", allow_module_level=True)
    return folder


def vectors_folder() -> Path:
    """Return the folder of published test vectors, or skip the test (or module) that asks."""
    return _folder("OUTCOMES_VECTORS", "vectors", "published test vectors")


def real_folder() -> Path:
    """Return the folder of files as publishers lay them out, or skip the test (or module) that asks."""
    return _folder("OUTCOMES_REAL", "real", "publishers' files")


def cases_folder() -> Path:
    """Return the folder of small files that each show a class of fault; the tests that ask look into it."""
    return Path(os.environ.get("OUTCOMES_CASES", PROJECT.parent / "shared" / "cases"))
