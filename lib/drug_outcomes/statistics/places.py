"""The place of a figure among those of all authorities of its tier, where nearly all of them are held."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.observations import ALIKE

#: A rank is drawn where at least this share of all authorities has a figure.
NEARLY_ALL = 0.9
_BANDS = 5
#: Published figures are rounded, so that nearer ones are the same.
_SAME = 1e-6


def add_place(latest: pd.DataFrame, spread: pd.DataFrame) -> pd.DataFrame:
    """Add rank_among, rank_band, rank_held and rank_all.

    Parameters
    ----------
    latest : newest figures, with `ALIKE` and value.
    spread : `ALIKE`, values (every authority's figure of that measure and period), every (how many there are).

    Returns
    -------
    The rows with `rank_held`, how many authorities have a figure, `rank_all`, how many there are, and `rank_among`, one
    more than the number whose figure is higher; it is missing where fewer than `NEARLY_ALL` have one. `rank_band` is
    the fifth it lies in, 1 for the highest: the limits of most figures hold many ranks.
    """
    known = spread.drop_duplicates(list(ALIKE), keep="last").set_index(list(ALIKE))
    both = latest[[*ALIKE, "value"]].join(known, on=list(ALIKE))
    found = both["values"].notna() & both["value"].notna()
    held = both["values"].where(found).map(len, na_action="ignore").astype("Float64").astype("Int64")
    every = both["every"].where(found).astype("Float64").astype("Int64")
    higher = [
        float((np.asarray(values) > value * (1 + _SAME)).sum()) + 1 if one else np.nan
        for values, value, one in zip(both["values"], both["value"], found, strict=True)
    ]
    ranked = (held >= NEARLY_ALL * every.astype("Float64")).fillna(False).astype(bool)
    place = pd.Series(higher, latest.index, dtype="Float64").astype("Int64").where(ranked)
    band = ((place - 1) * _BANDS // held).astype("Int64") + 1
    return latest.assign(rank_among=place, rank_band=band, rank_held=held, rank_all=every)
