"""Tables that people edit, as a spreadsheet in Britain gives them back."""

import calendar
import csv
import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drug_outcomes.definitions import areas, edited_tables, events, framework
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.intake import corrections
from drug_outcomes.quality import background, explanations


def as_saved(text: str) -> str:
    """Return a cell as a spreadsheet writes it that took it for a date."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    month = re.fullmatch(r"20(\d\d)-(0[1-9]|1[0-2])", text)
    if day:
        return f"{day[3]}/{day[2]}/{day[1]}"
    return f"{calendar.month_abbr[int(month[2])]}-{month[1]}" if month else text


def save_again(file: Path) -> None:
    """Save a table as a spreadsheet does: its dates, its encoding, its line ends, empty rows at the end."""
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([[as_saved(cell) for cell in row] for row in rows])
    out.write("," * (len(rows[0]) - 1) + "\r\n")
    try:
        file.write_bytes(out.getvalue().encode("cp1252"))
    except UnicodeEncodeError:
        file.write_bytes(out.getvalue().encode("utf-8-sig"))


@pytest.fixture
def saved(tmp_path: Path, project: Path) -> Path:
    """The project's definitions and areas, every table of them saved again by a spreadsheet."""
    for folder in ("framework", "areas"):
        shutil.copytree(project / "data" / folder, tmp_path / "data" / folder)
    tables = [*(tmp_path / "data/framework").glob("*.csv"), *(tmp_path / "data/areas").glob("*/*.csv")]
    for file in tables:
        save_again(file)
    return tmp_path


def everything(root: Path, name: str) -> dict[str, object]:
    area = areas.load(root, name)
    own = areas.own_definitions(framework.load(root / framework.FRAMEWORK), area)
    told = {key: value for key, value in vars(own).items() if isinstance(value, pd.DataFrame)}
    read = (events.read(area, own), corrections.declared(area), explanations.read(area, own))
    beside = background.read(root, area, own)
    frames = {key: value for key, value in beside.items() if isinstance(value, pd.DataFrame)}
    return told | dict(zip(("events", "corrections", "explanations"), read, strict=True)) | frames


@pytest.mark.parametrize("name", ["southampton", "exampleshire"])
def test_every_table_says_the_same_after_a_spreadsheet_has_saved_it(project, saved, name):
    before, after = everything(project, name), everything(saved, name)

    assert len(before) > 12
    for key, table in before.items():
        pd.testing.assert_frame_equal(after[key], table)


@given(st.dates())
def test_a_british_date_is_the_day_that_it_was(day):
    assert edited_tables.iso(f"{day.day}/{day.month}/{day.year:04d}") == day.isoformat()


@pytest.mark.parametrize("text", ["31/02/2025", "2025-02-31", "03/31/2025", "31 March", "1/2", "20250331"])
def test_what_is_no_day_of_the_calendar_is_refused(tmp_path, text):
    file = tmp_path / "told.csv"
    file.write_text(f"on\n{text}\n", encoding="utf-8")

    with pytest.raises(UnreadableInput, match=re.escape(text)):
        edited_tables.read(file, edited_tables.dates("on"))
