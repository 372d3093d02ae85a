"""Partnerships of several councils: figures of the whole, made from those of its members."""

import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.intake.measure_mapping import with_denominators
from drug_outcomes.intake.sums import summed

_FIGURE = [name for name in KEY if name != "area"] + ["figure"]


def add_partnership(shown: pd.DataFrame, definitions: Definitions, area: Area) -> pd.DataFrame:
    """Add the figures of a partnership of several councils; those that somebody publishes for it stay.

    Parameters
    ----------
    shown : figures as the audience may see them, with `withheld`; populations, which belong to no measure, too.
    area : its `members` are the codes of the councils; without members `shown` comes back as it is.

    Returns
    -------
    All rows, and one with the area's code for every figure that a member has. Its `note` says that it is a
    sum, or why there is none; `status` is then suppressed or not_calculated.
    """
    if not area.members:
        return shown
    pools = set(definitions.measures["denominator_from"])
    figure = (shown["source"] + ":" + shown["indicator"]).where(shown["measure"] == "", "")
    rated = with_denominators(shown, definitions).assign(figure=figure)
    wanted = rated[(rated["measure"] != "") | rated["figure"].isin(pools)]
    published = pd.MultiIndex.from_frame(wanted.loc[wanted["area"] == area.code, _FIGURE])
    parts = wanted[wanted["area"].isin(area.members)]
    parts = parts[~pd.MultiIndex.from_frame(parts[_FIGURE]).isin(published)]
    if parts.empty:
        return shown
    sums = summed(parts.assign(needed=len(area.members)), _FIGURE, definitions, "councils")
    told = sums.assign(area=area.code)[sums["complete"] | (sums["breakdown"] == "")]
    return pd.concat([shown, told[list(shown.columns)].astype(shown.dtypes)], ignore_index=True)
