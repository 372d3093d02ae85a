"""The tidy files are valid CSVW, by a library that others keep, and their keys tell rows apart."""

from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes import figures
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import downloads, report
from material import PROJECT


@pytest.fixture(scope="module")
def released() -> Released:
    return figures.cleared(PROJECT, report.question(PROJECT, "southampton"))


def _validated(folder: Path, name: str, table: pd.DataFrame) -> bool:
    csvw = pytest.importorskip("csvw.metadata", reason="csvw, one of the test dependencies, is not installed")
    downloads.write_csv(table, folder / f"{name}.csv")
    told = downloads.metadata(f"{name}.csv", name, list(table.columns), "OGL", downloads.KEYS[name])
    (folder / f"{name}.csv-metadata.json").write_text(told, encoding="utf-8")
    return bool(csvw.CSVW(str(folder / f"{name}.csv-metadata.json"), validate=True).is_valid)


@pytest.mark.parametrize("name", downloads.KEYS)
def test_a_tidy_file_is_valid(name, released, tmp_path):
    assert _validated(tmp_path, name, getattr(downloads, name)(released))


@pytest.mark.parametrize("name", downloads.KEYS)
def test_a_row_that_stands_twice_is_noticed(name, released, tmp_path):
    table = getattr(downloads, name)(released)
    with pytest.raises(ValueError, match="duplicate primary key"):
        _validated(tmp_path, name, pd.concat([table, table.tail(1)]))
