"""Where tests find what is not in the project, and how thorough a run is."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run costly tests on every case, not on a fixed sample")


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


@pytest.fixture(scope="session")
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether every case of a costly test is asked for."""
    return bool(request.config.getoption("--thorough"))


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published test vectors."""
    return vectors_folder()


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of files as publishers lay them out."""
    return real_folder()
