"""Figures of the fictional area, worked out again from its files as received, by csv and scipy alone.

Nothing here shares code with the library but the frame that it is compared with: files are read as text, the newest
one received wins, proportions have scipy's Wilson interval and rates are counted over the population added up by age.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from scipy import stats

from drug_outcomes import figures
from material import PROJECT

FOLDER = PROJECT / "data" / "areas" / "exampleshire"
HERE, ENGLAND = "E06999001", "E92000001"
CODES = {"Exampleshire": HERE, "England": ENGLAND}
COMPLETIONS = {
    "Opiate": "completions_opiates", "Non-opiate only": "completions_non_opiates",
    "Alcohol only": "completions_alcohol", "Non-opiate & alcohol": "completions_alcohol_and_non_opiates",
    "Non-opiate and alcohol": "completions_alcohol_and_non_opiates",
}  # fmt: skip
OFFENCES = {
    "Trafficking of drugs": ("drug_trafficking_offences", "drug_offences"),
    "Possession of drugs": ("drug_possession_offences", "drug_offences"),
}

Key = tuple[str, str, str]  # measure, area, period as its file labels it


class Worked(NamedTuple):
    """A figure worked out from its file: events, the number they are counted among, and what that is multiplied by."""

    events: float
    people: float
    per: float

    @property
    def value(self) -> float:
        return self.events / self.people * self.per

    def limits(self, level: float) -> tuple[float, float]:
        """Wilson's by scipy for percentages; exact or Byar's for rates, written out here."""
        if self.per == 100:
            found = stats.binomtest(int(self.events), int(self.people)).proportion_ci(level, method="wilson")
            return 100 * found.low, 100 * found.high
        if self.events < 10:
            law = stats.poisson
            low = 0.0 if self.events == 0 else _solve(lambda mean: law.sf(self.events - 1, mean), (1 - level) / 2)
            high = _solve(lambda mean: -law.cdf(self.events, mean), -(1 - level) / 2)
        else:
            z, x = stats.norm.ppf((1 + level) / 2), self.events
            low = x * (1 - 1 / (9 * x) - z / (3 * math.sqrt(x))) ** 3
            high = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * math.sqrt(x + 1))) ** 3
        return low / self.people * self.per, high / self.people * self.per


def _solve(rising, wanted: float) -> float:
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return low


def rows(pattern: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the files whose names fit, and the file of each; those received first first."""
    with (FOLDER / "received.csv").open(encoding="utf-8-sig", newline="") as log:
        received = sorted((row["received"], row["file"]) for row in csv.DictReader(log))
    for _, name in received:
        if Path(name).match(pattern):
            with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
                yield from ({**row, "in file": name} for row in csv.DictReader(file))


def number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan


def completions() -> dict[Key, Worked]:
    found = {}
    for row in rows("received/ndtms_viewit/completions_*.csv"):
        key = COMPLETIONS.get(row["Substance"], ""), CODES.get(row["Area"], ""), row["Time period"]
        found[key] = Worked(number(row["Numerator"]), number(row["Denominator"]), 100)
    return found


def returns() -> dict[Key, Worked]:
    found = {}
    for row in rows("restricted/ndtms_*/*.csv"):
        if not row["breakdown"] and row["numerator"] and row["denominator"]:
            key = row["measure"], row["area"], row["period"]
            found[key] = Worked(number(row["numerator"]), number(row["denominator"]), 100)
    return found


def prison_leavers() -> dict[Key, Worked]:
    return {
        ("prison_release_engagement", row["Area Code"], row["Time period"]): Worked(
            number(row["Count"]), number(row["Denominator"]), 100
        )
        for row in rows("received/fingertips/92544_*.csv")
    }


def offences() -> dict[Key, Worked]:
    """Offences of a financial year over the residents in the middle of it, all ages added up."""
    people = {
        (row["code"], row["year"]): sum(number(cell) for name, cell in row.items() if name.startswith("Age "))
        for row in rows("received/ons_population/*.csv")
    }
    counts: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows("received/recorded_crime/*.csv"):
        for measure in OFFENCES.get(row.get("Offence Subgroup", ""), ()):
            if row["CSP Name"] == "Exampleshire":
                counts[measure, HERE, row["Financial Year"]][row["in file"]] += number(row["Offence Count"])
    return {
        key: Worked(list(by_file.values())[-1], people[HERE, key[2][:4]], 1000)
        for key, by_file in counts.items()
        if (HERE, key[2][:4]) in people
    }


WORKED = {"completions": completions, "returns": returns, "prison leavers": prison_leavers, "offences": offences}


@pytest.fixture(scope="module")
def released():
    return figures.cleared(PROJECT, figures.question(PROJECT, "exampleshire", audience="partnership"))


def beside(series: pd.DataFrame, worked: dict[Key, Worked]) -> list[tuple[pd.Series, Worked]]:
    """Return each figure that the suite shows with the same worked out; those under query or withheld are left out."""
    sound = series[
        (series["breakdown"] == "") & (series["doubt"] == "") & (series["withheld"] == "") & series["value"].notna()
    ]
    pairs = ((row, worked.get((row["measure"], row["area"], row["period_label"]))) for _, row in sound.iterrows())
    return [(row, one) for row, one in pairs if one and not math.isnan(one.events + one.people)]


def test_more_than_a_hundred_figures_and_intervals_are_those_of_their_files(released):
    compared = []
    for name, work in WORKED.items():
        pairs = beside(released.series, work())
        print(f"{name}: {len(pairs)} figures")
        for row, one in pairs:
            where = (row["measure"], row["area"], row["period_label"])
            places = len(str(row["text"]).partition(".")[2]) if row["text"] else 6
            assert row["value"] == pytest.approx(one.value, abs=0.6 * 10.0**-places), where
            if row["interval_method"] != "published":
                limits = one.limits(0.95)
                assert (row["interval_lower"], row["interval_upper"]) == pytest.approx(limits, rel=1e-6), where
            compared.append(where)

    assert len(compared) >= 100 and len({measure for measure, *_ in compared}) >= 10


def test_every_verdict_on_them_is_that_of_their_interval_against_england(released):
    worked = {key: one for work in WORKED.values() for key, one in work().items()}
    latest = released.latest.assign(england=released.latest["england_value"])
    checked = 0
    for row, one in beside(latest, worked):
        if row["interval_method"] == "published" or math.isnan(row["england"]):
            continue
        signs = []
        for level in (0.95, 0.998):
            low, high = one.limits(level)
            signs.append(int(low > row["england"]) - int(high < row["england"]))
        level = 99.8 if signs[1] else 95.0 if signs[0] else math.nan
        assert row["verdict"] == {1: "higher", 0: "similar", -1: "lower"}[signs[0]], row["measure"]
        assert row["verdict_level"] == pytest.approx(level, nan_ok=True), row["measure"]
        checked += 1

    assert checked >= 10
