"""Fixtures every test may ask for."""

from pathlib import Path

import pytest
from material import PROJECT, real_folder, vectors_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="run costly tests on every case, not on a fixed sample"
    )


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
