"""A small partnership in a folder of its own, and the files that it receives."""

import csv
import shutil
from pathlib import Path

import pandas as pd

from drug_outcomes import cli
from drug_outcomes.definitions import areas
from drug_outcomes.intake import corrections, store, vintages
from material import PROJECT

AREA, CODE = "anyborough", "E06000044"
NETWORKS = ("active_drug_networks", "Dec 24", 51)
TOML = f"""
name = "Anyborough"
code = "{CODE}"
partnership = "Anyborough Combating Drugs Partnership"
fictional = false
edition_period = "2024/25 Q3"
edition_as_of = "2025-03-05"
peers = ["E06000045"]
"""
EXPORT = [
    *("Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type"),
    *("Sex", "Age", "Category Type", "Category", "Time period", "Value"),
    *("Lower CI 95.0 limit", "Upper CI 95.0 limit", "Lower CI 99.8 limit", "Upper CI 99.8 limit"),
    *("Count", "Denominator", "Value note", "Recent Trend", "Compared to England value or percentiles"),
    *("Column not used", "Time period Sortable", "New data", "Compared to goal", "Time period range"),
]


def make(root: Path, *, areas: tuple[str, ...] = (AREA,)) -> Path:
    """Make a project of the framework's definitions and partnerships that have received nothing."""
    shutil.copytree(PROJECT / "data" / "framework", root / "data" / "framework")
    for area in areas:
        folder = root / "data" / "areas" / area
        folder.mkdir(parents=True)
        (folder / "area.toml").write_text(TOML, encoding="utf-8")
    return root


def form(file: Path, *rows: tuple[str, str, object], **more: str) -> Path:
    """Write a return: rows of measure, period and value, and cells that all rows share."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["measure", "area", "period", "value", *more])
        writer.writerows([measure, CODE, period, value, *more.values()] for measure, period, value in rows)
    return file


def export(file: Path, values: dict[str, float], period: str = "2021 - 23", copies: int = 1) -> Path:
    """Write a Fingertips export of deaths: a value for each area's code, for `copies` periods."""
    first, last = int(period[:4]), int(period[-2:])
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, EXPORT, restval="", lineterminator="\n")
        writer.writeheader()
        for back in range(copies):
            for code, value in values.items():
                writer.writerow(
                    {
                        "Indicator ID": "92432",
                        "Indicator Name": "Deaths from drug misuse",
                        "Area Code": code,
                        "Area Name": "England" if code.startswith("E92") else code,
                        "Area Type": "England" if code.startswith("E92") else "Counties & UAs (from Apr 2023)",
                        "Sex": "Persons",
                        "Age": "All ages",
                        "Time period": f"{first - back} - {(last - back) % 100:02d}",
                        "Value": value,
                        "Lower CI 95.0 limit": value - 1,
                        "Upper CI 95.0 limit": value + 1,
                        "Time period Sortable": f"{first - back}0000",
                        "Time period range": "3y",
                    }
                )
    return file


def receive(file: Path, source: str, on: str, *more: str, area: str = AREA) -> int:
    """Type `drug-outcomes receive`."""
    return cli.main(["receive", str(file), "--source", source, "--area", area, "--on", on, *more])


def receive_all(folder: Path, *sent: tuple[str, str, list[tuple[str, str, object]]]) -> None:
    """Receive one return after another: source, day of receipt and rows."""
    for place, (source, on, rows) in enumerate(sent):
        assert receive(form(folder / f"{place}.csv", *rows), source, on) == 0


#: A year and a half of months, of which the counts go up and down, and a figure that is sent twice.
COUNTED, GROUPED = "drug_intelligence_submissions", "caseload_adults"
RETURNS: list[tuple[str, str, list[tuple[str, str, object]]]] = [
    ("police", "2025-02-01", [(COUNTED, f"{2023 + n // 12}-{n % 12 + 1:02}", 20 + n % 5) for n in range(18)]),
    ("icu", "2025-02-01", [(GROUPED, "2024/25 Q3", 41)]),
    ("icu", "2025-03-02", [(GROUPED, "2024/25 Q3", 47)]),
]


def loaded(root: Path, area: str = AREA) -> store.Loaded:
    """Load what an area received."""
    definitions, place = areas.with_definitions(root, area)
    return store.load(root, place, definitions)


def known(root: Path, as_of: str, area: str = AREA) -> pd.Series:
    """Return the newest value by measure and period as known on a day, corrections made."""
    definitions, place = areas.with_definitions(root, area)
    rows = store.load(root, place, definitions).observations.query("received <= @as_of")
    rows = corrections.apply(rows, place, as_of)
    newest = vintages.newest(rows, pd.Series(True, rows.index))
    return newest[newest["measure"] != ""].set_index(["measure", "period_label"])["value"].sort_index()
