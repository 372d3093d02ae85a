"""Series: which points belong together, and which point of a series stands before which.

A series is one measure, area, breakdown, segment, edition of estimates and kind and length of period. Nothing is
ever joined across a segment or an edition, nor a part-year to a full year.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from drug_outcomes.definitions.periods import month_number
from drug_outcomes.statistics.arrays import Array, numbers

SERIES = ["measure", "area", "breakdown", "segment", "period_basis"]
#: What of an earlier point is set beside a later one, where the frame has it.
CARRIED = [
    "value",
    "numerator",
    "denominator",
    "interval_lower",
    "interval_upper",
    "bound_low",
    "bound_high",
    "_proven",
]
YEAR = 12


class Points(NamedTuple):
    """The points of all series by number of series and last month."""

    series: pd.DataFrame
    number: Array
    start: Array
    end: Array

    @classmethod
    def of(cls, series: pd.DataFrame) -> "Points":
        """Give every series of a frame a number; a row without a period belongs to none."""
        start, end = (numbers(month_number(series[name])) for name in ("period_start", "period_end"))
        names = [*SERIES, "edition"] if "edition" in series else SERIES
        keys = series[names].assign(months=end - start)
        number = keys.groupby([*names, "months"], sort=False, observed=True).ngroup()
        return cls(series, np.where(np.isnan(end), np.nan, number), start, end)

    def keyed(self) -> pd.DataFrame:
        """Return one row per series and last month, in order of time."""
        held = self.series[[name for name in [*CARRIED, "period_label"] if name in self.series]]
        keyed = held.assign(_number=self.number, _end=self.end)[~np.isnan(self.end)]
        distinct = keyed.drop_duplicates(["_number", "_end"], keep="last")
        return distinct.sort_values(["_number", "_end"], kind="stable")

    def previous_end(self) -> Array:
        """Return the last month of the point held before each; NaN for the first of a series."""
        keyed = self.keyed()[["_number", "_end"]]
        before = keyed.assign(_before=keyed.groupby("_number")["_end"].shift(1))
        mine = pd.DataFrame({"_number": self.number, "_end": self.end})
        return numbers(mine.merge(before, on=["_number", "_end"], how="left")["_before"])

    def comparable_end(self) -> Array:
        """Return the last month of the same months in the newest year that a window does not overlap."""
        years = np.ceil((self.end - self.start + 1) / YEAR)
        return np.asarray(self.end - years * YEAR)

    def at(self, end: Array) -> pd.DataFrame:
        """Return the points of the same series that end in given months, row by row."""
        wanted = pd.DataFrame({"_number": self.number, "_end": end})
        found = wanted.merge(self.keyed(), on=["_number", "_end"], how="left", indicator="_held")
        missing = (found["_held"] != "both").to_numpy()
        return found.assign(_end=found["_end"].mask(missing), period_label=found["period_label"].fillna("")).set_axis(
            self.series.index
        )


def each(series: pd.DataFrame, *names: str) -> Iterator[pd.DataFrame]:
    """Yield the points of each series in order of time, one for each period, with those columns that the frame has.

    They carry _start and _end (months), and _place (row number), which finds a row of the frame again whatever its
    index. A row without a period is left out.
    """
    points, place = Points.of(series), np.arange(len(series))
    held = series[[name for name in dict.fromkeys(("period_basis", *names)) if name in series]]
    rows = held.assign(_number=points.number, _start=points.start, _end=points.end, _place=place).dropna(
        subset=["_end"]
    )
    ordered = rows.drop_duplicates(["_number", "_end"], keep="last").sort_values(["_number", "_end"], kind="stable")
    for _, group in ordered.groupby("_number", sort=False):
        yield group


def in_order(group: pd.DataFrame) -> pd.DataFrame:
    """Return the points of one series in order of time, one for each period."""
    return group.drop_duplicates("_end", keep="last").sort_values("_end")


def thinned(ordered: pd.DataFrame) -> pd.DataFrame:
    """Return the points of one series that do not overlap, counted back from the newest."""
    months = ordered["_end"] - ordered["_start"] + 1
    step = months.iloc[-1] if months.iloc[-1] < YEAR else np.ceil(months.iloc[-1] / YEAR) * YEAR
    back = ordered["_end"].iloc[-1] - ordered["_end"]
    kept: pd.DataFrame = ordered[back % step == 0]
    return kept
