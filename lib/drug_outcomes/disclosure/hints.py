"""What may be said in public of a figure that stays with the partnership: nothing, a direction or a band.

A hint is given only where the count is not small and the range it implies is as wide as a restricted count's
must be. The range goes into the audit like everything else that is known.
"""

from typing import Final

import numpy as np
import pandas as pd

from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.disclosure.policy import Policies, Shows, is_small

#: Ends of bands; the next ones are ten times as large.
_STEPS: Final = (10.0, 25.0, 50.0)
#: Counts that differ by less than this share are called about the same.
_SAME: Final = 0.1
_SERIES: Final = [name for name in KEY if not name.startswith("period_")] + ["indicator", "period_basis", "months"]


def hints(rows: pd.DataFrame, policies: Policies) -> pd.DataFrame:
    """Return `hint` ("" where nothing may be said), `bound_low` and `bound_high` for each row.

    `rows` has the key columns, `figure`, `numerator`, `denominator`, and the truths `private`, `known`. Rows whose
    count the publisher hid keep the published bounds. Of a direction also `beside`, the figure it is told from ("" if
    none), and the ratios to that between which it puts the count: `ratio_low`, `ratio_high`.
    """
    start, end = month_number(rows["period_start"]), month_number(rows["period_end"])
    dated = rows.assign(start=start, months=end - start + 1).sort_values(["start"], kind="stable")
    before = (
        dated.groupby(_SERIES, dropna=False)[["numerator", "known", "start", "months", "figure"]]
        .shift()
        .loc[rows.index]
    )
    previous = before["numerator"].where((before["start"] + before["months"] == start).fillna(False).astype(bool))
    shows, floor, needed, small = (pd.Series(value, rows.index) for value in (Shows.NOTHING, 0, 0.0, True))
    for name, own in rows[rows["private"]].groupby("measure"):
        policy = policies[str(name)]
        left = own["denominator"] - own["numerator"]
        shows[own.index], needed[own.index] = policy.shows, policy.needed_apart(own["numerator"])
        floor[own.index] = policy.threshold if policy.people else 0
        small[own.index] = is_small(own["numerator"], policy) | is_small(left, policy) | own["numerator"].isna()
        small[own.index] |= is_small(previous[own.index], policy)
    low, high = _band(rows["numerator"], floor)
    # An empty column keeps its numbers' type when it is mapped, so the type of words is stated.
    least_said, most_said = (limit.map("{:,.0f}".format).astype("str") for limit in (low, high))
    band = "It is between " + least_said + " and " + most_said + "."
    up, down = rows["numerator"] >= (1 + _SAME) * previous, rows["numerator"] <= (1 - _SAME) * previous
    word = pd.Series("about the same as", rows.index).mask(up, "higher than").mask(down, "lower than")
    least = np.ceil(((1 - _SAME) * previous).mask(up, (1 + _SAME) * previous).mask(down, floor))
    most = np.floor(((1 + _SAME) * previous).mask(up, np.inf).mask(down, (1 - _SAME) * previous))
    ratio_low = pd.Series(1 - _SAME, rows.index).mask(up, 1 + _SAME).mask(down, 0.0)
    ratio_high = pd.Series(1 + _SAME, rows.index).mask(up, np.inf).mask(down, 1 - _SAME)
    banded, moved = shows.eq(Shows.BAND), shows.eq(Shows.DIRECTION) & previous.notna()
    least, most = least.where(moved, low), most.where(moved, high)
    said = (banded | moved) & ~small & (most - least >= needed)
    told = said & (banded | before["known"].eq(True))
    return pd.DataFrame(
        {
            "hint": band.where(banded, "It is " + word + " in the period before.").where(said, ""),
            "bound_low": rows["bound_low"].where(rows["known"]).mask(told, least),
            "bound_high": rows["bound_high"].where(rows["known"]).mask(told, most),
            "beside": before["figure"].astype("str").where(said & ~banded, ""),
            "ratio_low": ratio_low,
            "ratio_high": ratio_high,
        }
    )


def unsaid(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Take back the hints on the rows of some names."""
    away = rows["name"].isin(names) & (rows["hint"] != "")
    words = {name: rows[name].mask(away, "") for name in ("hint", "beside")}
    bounds = {name: rows[name].mask(away) for name in ("bound_low", "bound_high")}
    return rows.assign(**{**words, **bounds})


def relations_of_hints(rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Tie each count to the one that its direction is told from, as relations (see `model`)."""
    told = rows[rows["beside"] != ""]
    now, before = told["figure"] + "|n", told["beside"] + "|n"
    both = now.isin(cells["cell"]) & before.isin(cells["cell"])
    ends = (("low", 0.0, np.inf), ("high", -np.inf, 0.0))
    terms = [
        pd.DataFrame(
            {"relation": f"direction_{end}:" + now, "cell": cell, "coefficient": by, "low": low, "high": high}
        )[both & np.isfinite(told[f"ratio_{end}"])]
        for end, low, high in ends
        for cell, by in ((now, 1.0), (before, -told[f"ratio_{end}"]))
    ]
    tied: pd.DataFrame = pd.concat(terms, ignore_index=True)
    return tied


def _band(counts: pd.Series, floor: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the ends of the band that each count lies in; no band begins below `floor`."""
    largest = float(np.nan_to_num(counts.max()))
    powers = 10.0 ** np.arange(max(int(np.log10(max(largest, 1))), 0) + 2)
    edges = np.concatenate([[0.0], *[step * power for power in powers for step in [np.array(_STEPS)]]])
    at = np.searchsorted(edges, counts.fillna(0).to_numpy(), side="right")
    low, high = edges[at - 1], edges[at] - 1
    return pd.Series(np.maximum(low, floor), counts.index), pd.Series(high, counts.index)
