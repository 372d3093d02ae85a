"""Fixtures every test may ask for."""

from collections import Counter
from pathlib import Path

import hypothesis
import pytest

from material import PROJECT, real_folder, vectors_folder

# How long a case takes says how busy the machine is, and nothing about the library.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

#: What tests tell with record_property(key, row), and the heading under which the run's report lists it.
_TABLES = {
    "anomaly": "known anomalies of the published documents: rule, row, raised, expected",
    "planted": "planted in Exampleshire: rule, measure, period, found",
    "false alarms": "false alarms in Exampleshire",
    "caught": "faults planted at random: class, planted, recall, alarms on clean measures, precision",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run costly tests on every case, not on a fixed sample")


#: The files that take longest: begun first, so that no core waits for the last of them.
_LONGEST = ("test_batch", "test_reports", "test_store", "test_corrupted", "test_jupyterlab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the rest keep their order."""
    rank = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases ran of each thing that tests count with record_property("cases of", name)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    counted = Counter(
        name for report in reports if report.when == "call" for key, name in report.user_properties if key == "cases of"
    )
    if counted:
        terminalreporter.section(f"{counted.total()} cases of published vectors")
        for name, number in sorted(counted.items()):
            terminalreporter.write_line(f"{number:5} {name}")
    told = {
        key: [
            value
            for report in reports
            if report.when == "call"
            for name, value in report.user_properties
            if name == key
        ]
        for key in _TABLES
    }
    for key, rows in told.items():
        if rows:
            terminalreporter.section(_TABLES[key])
            for row in rows:
                terminalreporter.write_line(row if isinstance(row, str) else "  ".join(map(str, row)))


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
