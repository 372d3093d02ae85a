"""Stretches of a series that must not be joined, named after the breaks that part them.

`data/framework/series_breaks.csv` says from which period a measure is worked out in another way. The
stretches are called "before 2020/21" and "since 2020/21", in every source alike, so that figures of one
stretch meet and figures of two never do.
"""

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.framework import Definitions


def named(observations: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return the observations with `segment` filled in where it is empty and the series of the measure breaks.

    Rows without a measure or a period, and rows that name their segment already, stay as they are.
    """
    unnamed = (observations["segment"] == "") & (observations["period_start"] != "")
    segment = observations["segment"]
    for measure, area, label, start in _breaks(definitions).itertuples(index=False, name=None):
        here = unnamed & (observations["measure"] == measure)
        if area:
            here = here & (observations["area"] == area)
        since = observations["period_start"] >= start
        segment = segment.mask(here & since, f"since {label}")
        segment = segment.mask(here & ~since & (segment == ""), f"before {label}")
    return observations.assign(segment=segment)


def _breaks(definitions: Definitions) -> pd.DataFrame:
    """Return `measure, area, label, start` (ISO month) of the breaks that have a date, in order of time."""
    breaks = definitions.series_breaks
    dated = breaks[(breaks["kind"] == "break") & (breaks["from_period"] != "")]
    basis = dated["measure"].map(definitions.measures.set_index("measure")["basis"])
    read_ones = [
        periods.parse(label, periods.Basis(kind)) for label, kind in zip(dated["from_period"], basis, strict=True)
    ]
    starts = [period.start_month if period else "" for period in read_ones]
    named_ones = dated[["measure", "area"]].assign(label=dated["from_period"], start=starts)
    return named_ones.sort_values(["measure", "start"])
