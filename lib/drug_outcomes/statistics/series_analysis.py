"""What a measure's own past says of its newest figure: change, trend, signals, target. Headline figures only.

Breakdowns are not tested one by one: hundreds of tests would flag dozens of figures by chance alone.
"""

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables, events, periods
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Basis, Period
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.statistics import anomalies, changes, editions, series_charts, targets, trends
from drug_outcomes.statistics.arrays import pick_words
from drug_outcomes.statistics.targets import BaselineBasis

FILE = "targets.csv"
COLUMNS = (
    *edited_tables.text("measure", "baseline_period"),
    *edited_tables.numbers("baseline"),
    *edited_tables.matching("a number", r"-?\d+(\.\d+)?", "target"),
    *edited_tables.months("due", blank=False),
    *edited_tables.free("agreed_by", "superseded_by"),
)


def add_patterns(series: pd.DataFrame, definitions: Definitions, area: Area, period: Period) -> pd.DataFrame:
    """Add change, trend, signals and standing to target to the area's headline figures up to a period.

    Parameters
    ----------
    series : figures with intervals and direction of travel, in which hidden figures are blank.

    Returns
    -------
    All rows with the columns of `changes.add_two_period`, `trends.add_trends`, `series_charts.add_signals`,
    `anomalies.add_unusual`, `editions.add_change_of_edition` and `targets.add_targets`; on other rows they are "" or
    missing.
    """
    mine = (series["area"] == area.code) & (series["breakdown"] == "") & (series["period_end"] != "")
    own = series[mine & (series["period_end"] <= period.end_month)]
    happened = events.read(area, definitions)
    rebased = own.assign(rebase=_begins(own, happened[happened["kind"] == "new_limits"]))
    tested = anomalies.add_unusual(trends.add_trends(changes.add_two_period(rebased)))
    charted = editions.add_change_of_edition(series_charts.add_signals(tested))
    told = targets.add_targets(charted, read_targets(area, definitions, own))
    new = [name for name in told.columns if name not in (*series.columns, "rebase")]
    joined = series.join(told[new])
    texts = {name: joined[name].fillna("") for name in new if isinstance(told[name].dtype, pd.StringDtype)}
    return joined.assign(**texts)


def _begins(own: pd.DataFrame, agreed: pd.DataFrame) -> "pd.Series[bool]":
    """Return which points are the first of their series for which new limits were agreed."""
    marked = pd.Series(False, own.index)
    for measure, month in zip(agreed["measure"], agreed["month"], strict=True):
        since = own[(own["measure"] == measure) & (own["period_start"] >= month)]
        marked |= (own["measure"] == measure) & (own["period_start"] == since["period_start"].min())
    return marked


def read_targets(area: Area, definitions: Definitions, own: pd.DataFrame) -> pd.DataFrame:
    """Read an area's `targets.csv` in the columns of `targets.add_targets`; without the file there are none.

    A baseline is taken from the area's figures `own` where the file leaves it empty, and left out where the
    figure of that period is hidden or has an open error. Raises `UnreadableInput` with file, row, column and what was
    expected.
    """
    wanted = ["measure", "baseline", "baseline_basis", "baseline_month", "target", "due", "agreed_by"]
    wanted += ["superseded_by"]
    files = area.tables(FILE)
    if not files:
        return pd.DataFrame(columns=wanted, dtype="str").astype({"baseline": "float64", "target": "float64"})
    for file in files:
        edited_tables.known(
            edited_tables.read(file, COLUMNS), file, "measure", set(definitions.measures["measure"]),
            "data/framework/measures.csv",
        )  # fmt: skip
    file, table = files[-1], pd.concat([edited_tables.read(one, COLUMNS) for one in files], ignore_index=True)
    in_force = (table["superseded_by"] == "") & (table["agreed_by"] != "")
    twice = in_force & table["measure"].where(in_force).duplicated()
    edited_tables.refuse(table, file, "measure", twice, "one agreed target in force for each measure")
    bases = [Basis(definitions.measure(name).basis) for name in table["measure"]]
    months = [_last_month(label, basis) for label, basis in zip(table["baseline_period"], bases, strict=True)]
    ends = pd.Series(months, table.index, dtype="str")  # of no row, pandas would take them for numbers
    return _with_baselines(table.assign(baseline_month=ends, target=pd.to_numeric(table["target"])), own)[wanted]


def _last_month(label: str, basis: Basis) -> str:
    period = periods.parse(label, basis)
    if period is None:
        raise UnreadableInput(f"{label!r} is no baseline period", expected="a period such as 2021/22", file=FILE)
    return period.end_month


def _with_baselines(table: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    keys = ["measure", "baseline_month"]
    held = own.rename(columns={"period_end": "baseline_month"}).drop_duplicates(keys, keep="last")
    held = held.assign(doubted=held["doubt"] != "" if "doubt" in held else False)
    found = table.merge(held[[*keys, "value", "withheld", "doubted"]], on=keys, how="left", validate="many_to_one")
    hidden, doubted = found["withheld"].fillna("") != "", found["doubted"].eq(True)
    baseline = found["baseline"].fillna(found["value"]).mask(hidden | doubted)
    cases = {BaselineBasis.HIDDEN: hidden, BaselineBasis.DOUBTFUL: doubted, BaselineBasis.HELD: baseline.notna()}
    basis = np.select(list(cases.values()), list(range(len(cases))), len(cases))
    words = [*cases, BaselineBasis.NOT_HELD]
    return found.assign(baseline=baseline, baseline_basis=pick_words(words, basis, found.index))
