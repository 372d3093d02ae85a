"""A year of the shipped area typed as commands: every quarter is built, released and compared with the one before.

Returns come late, early, corrected and are taken back; a measure is added, one is retired, a partner has another
name; a revision follows a release, and an edition is withdrawn. One quarter ordinarily, all five with --thorough.
"""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import building
from drug_outcomes import cli
from drug_outcomes.definitions.periods import slug
from drug_outcomes.disclosure import ledger
from drug_outcomes.intake import corrections
from drug_outcomes.publishing import site
from material import PROJECT

AREA, CODE = "southampton", "E06000045"
#: What is built in the ordinary run: the page that holds every measure.
SHORT = "scorecard"
ADDED = {
    "action": "add", "measure": "naloxone_kits", "commitment": "services_capacity", "title": "Naloxone kits given out",
    "unit": "kits", "kind": "count", "basis": "quarter_fin", "source": "icu",
}  # fmt: skip
RENAMED = {"action": "retitle", "measure": "drug_diversion_referrals", "title": "Referrals to Second Turning"}
FIX = {
    "correction": "kits_typed_tenfold", "measure": "naloxone_kits", "period": "2025/26 Q3", "area": CODE,
    "breakdown": "", "action": "replace", "value": "152", "expect": "1520", "reason": "A nought too many.",
    "told": "The commissioner", "status": "told", "reference": "call of 20 March", "declared": "2026-03-20",
}  # fmt: skip
PUBLIC = ("--approved-for", "public", "--reference", "minutes of the board")


@dataclass(frozen=True)
class Year:
    """The project in which the year is lived."""

    root: Path

    def typed(self, *words: str) -> None:
        """Type a command, which must be done."""
        assert cli.main([*words]) == 0, words

    def came(self, source: str, on: str, rows: list[tuple[str, str, float]], *more: str) -> Path:
        """Receive a return from a partner."""
        file = self.root / "mail" / f"{source} {on}.csv"
        table(file, *({"measure": name, "area": CODE, "period": when, "value": told} for name, when, told in rows))
        self.typed("receive", str(file), "--source", source, "--area", AREA, "--on", on, *more)
        return file

    def folder(self, period: str, as_of: str = "") -> Path:
        """Where the snapshot of a quarter stands; that of a later day, beside it."""
        parent = self.root / "outputs" / AREA / slug(period)
        return parent / (f"public.{as_of}" if as_of else "public")

    def snapshot(self, period: str, as_of: str) -> None:
        self.typed("snapshot", "--area", AREA, "--period", period, "--as-of", as_of)

    def release(self, folder: Path, on: str, *more: str) -> None:
        self.typed("release", str(folder), "--by", "A. Analyst", "--on", on, *more)


def table(file: Path, *rows: dict[str, object]) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)


def monthly(*labels: str, of: float) -> list[tuple[str, str, float]]:
    return [("active_drug_networks", label, of + at) for at, label in enumerate(labels)]


def early(year: Year) -> None:
    """The police answer on the second day after the quarter; the course provider does not."""
    year.typed("requests", "--area", AREA, "--on", "2025-04-01")
    year.came("police", "2025-04-02", monthly("Jan 25", "Feb 25", "Mar 25", of=44))


def late_and_corrected(year: Year) -> None:
    """The provider answers for the quarter before, and the police send a month again with another figure."""
    year.came("drugscope", "2025-08-20", [("drug_diversion_referrals", "2024/25 Q4", 41)], *PUBLIC)
    year.came("police", "2025-07-04", monthly("Mar 25", "Apr 25", "May 25", "Jun 25", of=51))


def added_and_taken_back(year: Year) -> None:
    """The board adds a measure, of which one return was that of another place."""
    table(year.root / "data/areas" / AREA / "measures.csv", ADDED)
    wrong = year.came("icu", "2025-10-06", [("naloxone_kits", "2025/26 Q2", 990)], *PUBLIC)
    year.typed("receive", "--withdraw", str(wrong), "--area", AREA, "--on", "2025-10-09")
    year.came(
        "icu", "2025-10-12", [("naloxone_kits", "2025/26 Q1", 118), ("naloxone_kits", "2025/26 Q2", 131)], *PUBLIC
    )


def renamed(year: Year) -> None:
    """The provider has another name, and a nought too many is corrected."""
    table(year.root / "data/areas" / AREA / "measures.csv", ADDED, RENAMED)
    sent = [("drug_diversion_referrals", "2025/26 Q3", 47)]
    year.came("drugscope", "2026-01-20", sent, "--from", "Second Turning", *PUBLIC)
    year.came("icu", "2026-02-02", [("naloxone_kits", "2025/26 Q3", 1520)], *PUBLIC)
    table(year.root / "data/areas" / AREA / corrections.FILE, FIX)


def retired(year: Year) -> None:
    """A measure of the framework is retired, and the police are on time again."""
    file = year.root / "data/framework/measures.csv"
    rows = pd.read_csv(file, dtype="str", keep_default_na=False)
    rows["retired"] = rows["retired"].mask(rows["measure"] == "drug_seizure_volume", "2026-01")
    rows.to_csv(file, index=False, lineterminator="\n")
    year.came("police", "2026-04-03", monthly("Jan 26", "Feb 26", "Mar 26", of=39))


@dataclass(frozen=True)
class Quarter:
    """A quarter: what happens in it, the days of its snapshot and release, and a row of its scorecard."""

    period: str
    as_of: str
    released: str
    happens: Callable[[Year], None]
    tells: tuple[str, str, str]


QUARTERS = (
    Quarter("2024/25 Q4", "2025-06-30", "2025-07-02", early, ("active_drug_networks", "Dec 24", "51")),
    Quarter(
        "2025/26 Q1", "2025-09-30", "2025-10-02", late_and_corrected, ("drug_diversion_referrals", "2024/25 Q4", "41")
    ),
    Quarter("2025/26 Q2", "2025-12-31", "2026-01-05", added_and_taken_back, ("naloxone_kits", "2025/26 Q2", "131")),
    Quarter("2025/26 Q3", "2026-03-31", "2026-04-01", renamed, ("naloxone_kits", "2025/26 Q3", "152")),
    Quarter("2025/26 Q4", "2026-06-30", "2026-07-01", retired, ("active_drug_networks", "Dec 24", "51")),
)


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> Year:
    """Shipped Southampton as it is cloned."""
    root = tmp_path_factory.mktemp("year") / "project"
    for name in ("data/framework", f"data/areas/{AREA}", "notebooks"):
        shutil.copytree(PROJECT / name, root / name)
    return Year(root)


def words(folder: Path, page: str) -> str:
    return building.words((folder / f"{page}.html").read_text(encoding="utf-8"))


def rows(folder: Path) -> set[tuple[str, str, str]]:
    """Measure, period and value of each row of the scorecard that is handed out."""
    with (folder / "downloads" / "scorecard.csv").open(encoding="utf-8-sig", newline="") as text:
        return {(row["measure"], row["period"], row["value"]) for row in csv.DictReader(text)}


def test_every_quarter_is_built_released_and_compared(year, thorough, capsys):
    quarters = QUARTERS if thorough else QUARTERS[:1]
    if not thorough:
        for notebook in (year.root / "notebooks").glob("*.ipynb"):
            if notebook.stem != SHORT:
                notebook.unlink()
    pages, before = 0, year.folder("2024/25 Q3")
    with building.home(year.root):
        year.typed("snapshot")
        for quarter in quarters:
            quarter.happens(year)
            year.snapshot(quarter.period, quarter.as_of)
            folder = year.folder(quarter.period)
            assert site.DRAFT in words(folder, "index")
            year.release(folder, quarter.released)
            assert site.DRAFT not in words(folder, "index")
            year.typed("compare", str(before), str(folder))
            assert quarter.tells in rows(folder)
            pages, before = pages + len(list(folder.glob("*.html"))), folder
        if thorough:
            _revised(year, before)
            _withdrawn(year, before)
        told = ledger.of_area(year.root / "data/areas" / AREA)
    with capsys.disabled():
        print(f"\n{len(quarters)} quarters, {pages} pages built; {len(told)} lines in the ledger")

    assert {quarter.released for quarter in quarters} <= set(told["on"])


def _revised(year: Year, before: Path) -> None:
    """The commissioner mends a released figure; the same quarter is built and released as of a later day."""
    year.came("icu", "2026-07-20", [("naloxone_kits", "2025/26 Q2", 129)], *PUBLIC)
    year.snapshot(QUARTERS[-1].period, "2026-07-31")
    again = year.folder(QUARTERS[-1].period, "2026-07-31")
    year.release(again, "2026-08-01")
    year.typed("compare", str(before), str(again))


def _withdrawn(year: Year, folder: Path) -> None:
    """An edition is withdrawn: it says so, and what was seen stays known."""
    known = len(ledger.known_before(ledger.of_area(year.root / "data/areas" / AREA)))
    year.release(folder, "2026-08-03", "--withdraw")

    assert json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))["withdrawn"]
    assert len(ledger.known_before(ledger.of_area(year.root / "data/areas" / AREA))) == known
