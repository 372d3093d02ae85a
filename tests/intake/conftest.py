"""A partnership that has received nothing, and a return that it is about to receive."""

from pathlib import Path

import pytest

import partnership
from drug_outcomes.definitions import framework


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    made = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    return made


@pytest.fixture
def sent(tmp_path) -> Path:
    return partnership.form(tmp_path / "mail" / "return.csv", partnership.NETWORKS)
