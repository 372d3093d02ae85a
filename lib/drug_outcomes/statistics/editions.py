"""Editions: where the estimate that a percentage divides by is another one, and what the change is made of.

A percentage of a modelled estimate moves because other people are reached or because the estimate is another. Within
one edition of the estimates it is the first alone. A new edition is a break: declared in `series_breaks.csv` by the
release with which it begins, and also seen where the estimate jumps while the number reached does not.
"""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.periods import month_number
from drug_outcomes.statistics.arrays import flags, numbers

#: An estimate jumps by this share at least, so many times its usual change, and by twice what those reached do.
_JUMP, _USUALLY, _TWICE = 0.04, 5.0, 2.0
_SERIES = ["measure", "area", "breakdown", "segment", "period_basis"]
_WHOLE = ["measure", "area", "breakdown", "period_basis"]
#: What a figure says of the newest change of edition before it.
TOLD = (
    *("edition_from", "edition_to", "edition_before", "edition_after"),
    *("edition_by_estimate", "edition_by_people"),
)


def add_edition(series: pd.DataFrame) -> pd.DataFrame:
    """Add edition: how many times the estimate behind a percentage jumped in its series up to each point.

    Parameters
    ----------
    series : figures with period_end, numerator (those of the estimate who are not reached), denominator and modelled.
    """
    groups = _estimated(series).groupby(_SERIES, sort=False)
    counted = [_jumps(group).cumsum() for _, group in groups]
    edition = pd.concat(counted) if counted else pd.Series(dtype="int64")
    return series.assign(edition=edition.reindex(series.index).fillna(0).astype("int64"))


def _estimated(series: pd.DataFrame) -> pd.DataFrame:
    """Return the percentages of estimates with both their numbers, in order of time."""
    held = flags(series["modelled"]) & series[["value", "numerator", "denominator"]].notna().all(axis=1)
    rows = series[held & (series["denominator"] > 0) & (series["period_end"] != "")]
    reached = rows["denominator"] - rows["numerator"]
    return rows.assign(reached=reached, _end=month_number(rows["period_end"])).sort_values("_end", kind="stable")


def _jumps(group: pd.DataFrame) -> "pd.Series[bool]":
    """Return at which points of one series the estimate is another one."""
    steps = np.abs(np.diff(np.log(numbers(group["denominator"]))))
    moved = np.abs(np.diff(np.log(np.maximum(numbers(group["reached"]), 0.5))))
    # The largest step is what is asked about: the others say what is usual.
    usual = np.median(np.sort(steps)[:-1]) if len(steps) > 1 else 0.0
    jumped = (steps >= _JUMP) & (steps >= _USUALLY * usual) & (steps >= _TWICE * moved)
    return pd.Series(np.concatenate([[False], jumped]), group.index)


def decomposed(
    unmet: float, estimate: float, unmet_after: float, estimate_after: float, per: float = 100.0
) -> tuple[float, float]:
    """Return how much of the change of a share not reached is the new estimate, and how much is people.

    What the new estimate does is worked out with those reached before and with those reached after, and halved
    (Shapley's value for two causes), so that the two parts add up to the whole change.
    """
    reached, after = estimate - unmet, estimate_after - unmet_after
    new = 1 / estimate - 1 / estimate_after
    by_estimate = per * (reached + after) * new / 2
    by_people = per * (reached - after) * (1 / estimate + 1 / estimate_after) / 2
    return by_estimate, by_people


def add_change_of_edition(series: pd.DataFrame) -> pd.DataFrame:
    """Add what the newest change of edition up to each figure did: how much is the estimate, how much people.

    Parameters
    ----------
    series : with the column of `add_edition`.

    Returns
    -------
    The same rows with edition_from and edition_to (labels of the last period before and the first after),
    edition_before and edition_after (the shares), edition_by_estimate and edition_by_people, which add up to their
    difference. Figures with no change of edition before them, or without both numbers there, have none.
    """
    words = {name: pd.Series("", series.index, dtype="str") for name in TOLD[:2]}
    values = {name: pd.Series(np.nan, series.index) for name in TOLD[2:]}
    for _, group in _estimated(series).groupby(_WHOLE, sort=False):
        ordered = group.drop_duplicates("_end", keep="last")
        stretch = ordered["segment"] + "\x1f" + ordered["edition"].astype("str")
        begins = np.flatnonzero(stretch.ne(stretch.shift()).to_numpy())[1:]
        for first in begins:
            before, after = ordered.iloc[first - 1], ordered.iloc[first]
            since = group.index[group["_end"] >= after["_end"]]
            parts = decomposed(
                before["numerator"], before["denominator"], after["numerator"], after["denominator"], after["per"]
            )
            found = (before["value"], after["value"], *parts)
            for name, label in zip(TOLD[:2], (before["period_label"], after["period_label"]), strict=True):
                words[name][since] = label
            for name, number in zip(TOLD[2:], found, strict=True):
                values[name][since] = number
    return series.assign(**words, **values)
