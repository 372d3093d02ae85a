"""A public figure that is in doubt beside a hidden one reads under query, and nothing that tells of the hidden one."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes import figures
from drug_outcomes.definitions import framework
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.figures import path
from partnership import AREA, CODE

MONTHS = [f"{name} 24" for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov")]


def test_a_public_figure_in_doubt_beside_hidden_ones_reads_under_query_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    kept = partnership.form(
        tmp_path / "a.csv", *(("active_drug_networks", month, 60 + at % 3) for at, month in enumerate(MONTHS))
    )
    told = partnership.form(tmp_path / "b.csv", ("active_drug_networks", "Dec 24", 612))
    allowed = ("--approved-for", "public", "--reference", "minutes")
    assert partnership.receive(kept, "police", "2025-01-14") == 0
    assert partnership.receive(told, "police", "2025-01-14", *allowed) == 0

    def newest(audience: Audience) -> pd.Series:
        known = figures.known(root, replace(figures.question(root, AREA), audience=audience))
        mine = known.series[(known.series["area"] == CODE) & (known.series["measure"] == "active_drug_networks")]
        return mine[mine["period_end"] == "2024-12"].iloc[0]

    inside, outside = newest(Audience.PARTNERSHIP), newest(Audience.PUBLIC)
    assert inside["doubt"] not in ("", path.QUERIED)
    assert outside["doubt"] == path.QUERIED
    known = figures.known(root, figures.question(root, AREA))
    found = figures.released(known, figures.question(root, AREA).period).findings
    about = found[found["measure"] == "active_drug_networks"]
    assert not about["rule"].eq(inside["doubt"]).any()
    assert not about["what"].str.contains("6[012]\\b", regex=True).any()
