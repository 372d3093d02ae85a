"""What every reader says of files as publishers lay them out: two figures of each, or why it is refused.

The table `expected/real_files.csv` was written from the files themselves, before the readers that it tries.
A row is one figure of a file (indicator, area, first and last month, breakdown, value or text), or words that its
refusal says.
"""

from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import OutcomesError
from material import real_folder

REAL = real_folder()
TABLE = Path(__file__).parent / "expected" / "real_files.csv"
EXPECTED = pd.read_csv(TABLE, dtype="str", keep_default_na=False)
FILES = list(EXPECTED[["file", "source"]].drop_duplicates().itertuples(index=False, name=None))
#: Of the many releases in one layout every so many are tried ordinarily, all with --thorough.
STEP = 5
SAMPLE = set(FILES) - {
    one
    for source in ("homelessness", "seizures")
    for place, one in enumerate(f for f in FILES if f[1] == source)
    if place % STEP
}


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def test_every_file_of_the_folder_stands_in_the_table():
    here = {file.relative_to(REAL).as_posix() for file in REAL.rglob("*") if file.is_file()}
    assert here - {"sources.csv"} == set(EXPECTED["file"])


@pytest.mark.parametrize(("file", "source"), FILES, ids=lambda text: text.replace("/", "-"))
def test_a_published_file_gives_its_figures_or_its_refusal(file, source, thorough, record_property):
    if not thorough and (file, source) not in SAMPLE:
        pytest.skip("another release in the same layout is tried; all with --thorough")
    wanted = EXPECTED[(EXPECTED["file"] == file) & (EXPECTED["source"] == source)]
    if not (REAL / file).exists():
        pytest.skip(f"{file} is not among the files here")
    record_property("cases of", f"published files of {source}")
    try:
        found = sources.read(source, REAL / file)
    except OutcomesError as refusal:
        assert set(wanted["answer"]) == {"refused"}, str(refusal)
        assert all(words in str(refusal) for words in wanted["words"])
        return
    assert set(wanted["answer"]) == {"read"}
    assert [_said(found, row) for row in wanted.to_dict("records")] == list(wanted["value"])


def _said(found: pd.DataFrame, row: dict[str, str]) -> str:
    """Return what a reader says where the table has a figure: the figure itself where they agree."""
    names = {"indicator": "indicator", "area": "area", "start": "period_start", "end": "period_end"}
    same = found["breakdown"] == row["breakdown"]
    for told, name in names.items():
        same &= found[name] == row[told]
    here = found[same].drop_duplicates(["value", "text"])
    said = [
        row["value"] if _equal(value, text, row["value"]) else f"{value} {text}"
        for value, text in zip(here["value"], here["text"], strict=True)
    ]
    return " and ".join(said) or f"nothing for {row}"


def _equal(value: float, text: str, wanted: str) -> bool:
    return text == wanted if pd.isna(value) else value == pytest.approx(float(wanted), abs=1e-9)
