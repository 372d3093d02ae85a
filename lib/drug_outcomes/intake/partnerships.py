"""Partnerships of several councils: figures of the whole, made from those of its members.

Counts and denominators add, and rates are computed again from the sums. What one member hides, the sum hides:
otherwise the others could be taken away from it. A standardised rate, a share without its counts and an
average of averages cannot be made from the parts, and the row says so.
"""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import Kind, Release, Status
from drug_outcomes.intake.measure_mapping import with_denominators

#: Statuses of a sum, weakest last: the sum is as firm as its weakest part.
_FIRMNESS = (Status.PUBLISHED, Status.REVISED, Status.PROVISIONAL, Status.ESTIMATED, Status.UNRELIABLE)
_SUMMED = ("value", "numerator", "denominator", "low", "high")
_FIGURE = [name for name in KEY if name != "area"] + ["figure"]
_REFUSED = {
    Kind.STANDARDISED_RATE: "a standardised rate is not made of its members' rates: it needs the events by age in each",
    Kind.PROPORTION: "percentages without their counts are not added",
    Kind.CRUDE_RATE: "rates without their counts and populations are not added",
    Kind.MEAN: "an average or median of the whole is not made of its members' averages",
    Kind.COUNT: "a council has no figure of this period",
}
_HIDDEN = "a council's figure is hidden, and with it the sum"


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
    sums = _sums(parts, definitions, len(area.members)).assign(area=area.code)
    told = sums[sums["complete"] | (sums["breakdown"] == "")]
    return pd.concat([shown, told[list(shown.columns)].astype(shown.dtypes)], ignore_index=True)


def _sums(parts: pd.DataFrame, definitions: Definitions, members: int) -> pd.DataFrame:
    """Return one row for each figure, in the columns of `parts`, and `complete`."""
    added = _added(parts)
    measures = definitions.measures.set_index("measure").reindex(added["measure"])
    kind = measures["kind"].fillna(str(Kind.COUNT)).set_axis(added.index)
    per = measures["per"].astype(float).set_axis(added.index)
    whole = added["members"] == members
    both = (added["held_numerator"] == members) & (added["held_denominator"] == members)
    counted = (kind == Kind.COUNT) & (added["held_value"] == members)
    recomputed = kind.isin([Kind.PROPORTION, Kind.CRUDE_RATE, Kind.MEAN]) & both & (added["denominator"] > 0)
    hidden = whole & added["hidden"]
    known = whole & ~hidden & (counted | recomputed)
    value = added["value"].where(counted, per * added["numerator"] / added["denominator"].where(recomputed))
    absent = f"not every one of the {members} councils has a figure of this period"
    refused = kind.map({str(name): reason for name, reason in _REFUSED.items()})
    made = counted.map({True: "sum", False: "worked out from the counts"}) + f" of {members} councils"
    return added.assign(
        complete=whole,
        value=value.where(known),
        numerator=added["numerator"].where(known & (added["held_numerator"] == members)),
        denominator=added["denominator"].where(known & recomputed),
        bound_low=added["low"].where(hidden & (added["held_low"] == members) & (kind == Kind.COUNT)),
        bound_high=added["high"].where(hidden & (added["held_high"] == members) & (kind == Kind.COUNT)),
        status=added["status"].where(known, str(Status.NOT_CALCULATED)).mask(hidden, str(Status.SUPPRESSED)),
        note=made.where(known, refused.where(whole, absent)).mask(hidden, _HIDDEN).astype("str"),
        withheld=added["withheld"].where(hidden, ""),
    )


def _added(parts: pd.DataFrame) -> pd.DataFrame:
    """Add up the members' rows: sums, how many members have each, the weakest status; the rest of the first."""
    firmness = {str(status): place for place, status in enumerate(_FIRMNESS)}
    rows = parts.assign(
        low=parts["value"].fillna(parts["bound_low"]),
        high=parts["value"].fillna(parts["bound_high"]),
        hidden=(parts["withheld"] != "") | (parts["status"] == Status.SUPPRESSED),
        firmness=parts["status"].map(firmness),
        closed=parts["release"] != Release.PUBLIC,
    )
    grouped = rows.groupby(_FIGURE, sort=False)
    sums = grouped[list(_SUMMED)].sum()
    held = grouped[list(_SUMMED)].count().add_prefix("held_")
    more = grouped.agg(
        members=("area", "nunique"),
        hidden=("hidden", "any"),
        withheld=("withheld", "max"),
        received=("received", "max"),
        firmness=("firmness", "max"),
        closed=("closed", "any"),
    )
    known = pd.concat([sums, held, more], axis="columns")
    first = parts.drop_duplicates(_FIGURE).set_index(_FIGURE)
    joined = first.drop(columns=[name for name in known.columns if name in first]).join(known)
    status = joined["firmness"].map(dict(enumerate(map(str, _FIRMNESS)))).astype("str")
    blank = dict.fromkeys([name for name in first.columns if name.startswith("published_")], "")
    return joined.reset_index().assign(
        **blank,
        text="",
        file="",
        sheet="",
        row=np.nan,
        lower=np.nan,
        upper=np.nan,
        status=status.fillna("").to_numpy(),
        release=np.where(joined["closed"], str(Release.RESTRICTED), str(Release.PUBLIC)),
    )
