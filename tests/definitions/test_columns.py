"""The table of columns: complete, and each column in it once."""

import pytest

from drug_outcomes import disclosure, figures
from drug_outcomes.definitions import columns, observations
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.reporting import downloads, report
from material import PROJECT


def test_every_column_of_an_observation_is_declared_and_none_of_them_is_derived():
    assert [name for name in observations.COLUMNS if name not in columns.COLUMNS] == []
    assert not any(columns.COLUMNS[name].derived for name in observations.COLUMNS)


def test_every_column_of_a_download_is_declared():
    assert {*downloads.SCORECARD_COLUMNS, *downloads.FIGURE_COLUMNS} <= set(columns.IN_DOWNLOADS)


def test_no_two_columns_have_one_name_in_downloads():
    assert len(columns.IN_DOWNLOADS) == len(columns.COLUMNS)


@pytest.mark.parametrize("audience", Audience)
def test_every_column_on_the_path_is_declared(audience: Audience, monkeypatch: pytest.MonkeyPatch):
    asked = report.question(PROJECT, "southampton", audience=audience)
    known = figures.known(PROJECT, asked)
    monkeypatch.setattr(disclosure, "seal", lambda latest, series, *_, **__: [*latest, *series])

    assert [name for name in figures.released(known, asked.period) if name not in columns.COLUMNS] == []
