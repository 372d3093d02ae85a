"""Fixtures every test may ask for."""

from collections import Counter
from pathlib import Path

import pytest

from material import PROJECT, real_folder, vectors_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="run costly tests on every case, not on a fixed sample"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases ran of each thing that tests count with record_property("cases of", name)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    counted = Counter(
        name
        for report in reports
        if report.when == "call"
        for key, name in report.user_properties
        if key == "cases of"
    )
    if counted:
        terminalreporter.section(f"{counted.total()} cases of published vectors")
        for name, number in sorted(counted.items()):
            terminalreporter.write_line(f"{number:5} {name}")


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
