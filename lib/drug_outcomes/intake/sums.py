"""Figures of a whole made from those of its parts: what adds up, what is worked out again, what is refused.

Counts and denominators add, and rates are computed again from the sums. What one part hides, the sum hides:
otherwise the others could be taken away from it. A standardised rate, a share without its counts and an
average of averages cannot be made from the parts, and the row says so.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Kind, Release, Status

#: Statuses of a sum, weakest last: the sum is as firm as its weakest part.
_FIRMNESS = (Status.PUBLISHED, Status.REVISED, Status.PROVISIONAL, Status.ESTIMATED, Status.UNRELIABLE)
_SUMMED = ("value", "numerator", "denominator", "low", "high")
_REFUSED = {
    Kind.STANDARDISED_RATE: "a standardised rate is not made of its members' rates: it needs the events by age in each",
    Kind.PROPORTION: "percentages without their counts are not added",
    Kind.CRUDE_RATE: "rates without their counts and populations are not added",
    Kind.MEAN: "an average or median of the whole is not made of its members' averages",
    Kind.COUNT: "a part has no figure of this period",
}
_HIDDEN = "the figure of a part is hidden, and with it the sum"
#: Ratios of published rates to their counts that differ by less are one and the same.
_ALIKE = 1e-3


def summed(parts: pd.DataFrame, by: Sequence[str], definitions: Definitions, what: str) -> pd.DataFrame:
    """Return one row for each figure of a whole, in the columns of `parts`, and `complete`.

    Parameters
    ----------
    parts : observations with `withheld` and `needed`, how many parts the whole has.
    by : the columns that tell figures of the whole apart.
    what : what the parts are, for the note: "councils".
    """
    added = _added(parts, by)
    measures = definitions.measures.set_index("measure").reindex(added["measure"])
    kind = measures["kind"].set_axis(added.index).fillna(added["kind_found"])
    # A rate whose population comes in another file is still the count that it is made of.
    kind = kind.mask(added["is_count"] & (added["held_denominator"] == 0), str(Kind.COUNT))
    per = measures["per"].astype(float).set_axis(added.index).fillna(added["per_found"])
    needed = added["needed"]
    whole = added["members"] == needed
    both = (added["held_numerator"] == needed) & (added["held_denominator"] == needed)
    counted = (kind == Kind.COUNT) & (added["held_value"] == needed)
    recomputed = kind.isin([Kind.PROPORTION, Kind.CRUDE_RATE, Kind.MEAN]) & both & (added["denominator"] > 0)
    hidden = whole & added["hidden"]
    known = whole & ~hidden & (counted | recomputed)
    value = added["value"].where(counted, per * added["numerator"] / added["denominator"].where(recomputed))
    number = needed.astype("str") + f" {what}"
    absent = "not every one of the " + number + " has a figure of this period"
    refused = kind.map({str(name): reason for name, reason in _REFUSED.items()})
    made = counted.map({True: "sum of ", False: "worked out from the counts of "}) + number
    return added.assign(
        complete=whole,
        value=value.where(known),
        numerator=added["numerator"].where(known & (added["held_numerator"] == needed)),
        denominator=added["denominator"].where(known & (recomputed | (counted & both))),
        bound_low=added["low"].where(hidden & (added["held_low"] == needed) & (kind == Kind.COUNT)),
        bound_high=added["high"].where(hidden & (added["held_high"] == needed) & (kind == Kind.COUNT)),
        status=added["status"].where(known, str(Status.NOT_CALCULATED)).mask(hidden, str(Status.SUPPRESSED)),
        note=made.where(known, refused.where(whole, absent)).mask(hidden, _HIDDEN) + added["shared_note"],
        withheld=added["withheld"].where(hidden, ""),
    )


def _added(parts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add up the parts' rows: sums, how many parts have each, the weakest status; the rest of the first."""
    firmness = {str(status): place for place, status in enumerate(_FIRMNESS)}
    per = parts["value"] * parts["denominator"] / parts["numerator"].where(parts["numerator"] > 0)
    rows = parts.assign(
        low=parts["value"].fillna(parts["bound_low"]),
        high=parts["value"].fillna(parts["bound_high"]),
        hidden=(parts["withheld"] != "") | (parts["status"] == Status.SUPPRESSED),
        firmness=parts["status"].map(firmness),
        closed=parts["release"] != Release.PUBLIC,
        is_count=(parts["value"] == parts["numerator"]) | parts["value"].isna(),
        per_found=per,
    )
    grouped = rows.groupby(list(by), sort=False)
    sums = grouped[list(_SUMMED)].sum()
    held = grouped[list(_SUMMED)].count().add_prefix("held_")
    more = grouped.agg(
        members=("area", "nunique"),
        needed=("needed", "first"),
        hidden=("hidden", "any"),
        withheld=("withheld", "max"),
        received=("received", "max"),
        firmness=("firmness", "max"),
        closed=("closed", "any"),
        is_count=("is_count", "all"),
        per_found=("per_found", "max"),
        per_least=("per_found", "min"),
        notes=("note", "nunique"),
        shared_note=("note", "first"),
    )
    known = pd.concat([sums, held, more], axis="columns")
    first = parts.drop_duplicates(list(by)).set_index(list(by))
    joined = first.drop(columns=[name for name in known.columns if name in first]).join(known)
    status = joined["firmness"].map(dict(enumerate(map(str, _FIRMNESS)))).astype("str")
    # Without a definition a figure is a count if it is its own numerator, a rate if all parts are worked out alike.
    alike = (joined["per_found"] - joined["per_least"]) <= _ALIKE * joined["per_found"]
    kind = np.select([joined["is_count"], alike], [str(Kind.COUNT), str(Kind.CRUDE_RATE)], str(Kind.MEAN))
    shared = joined["shared_note"].where((joined["notes"] == 1) & (joined["shared_note"] != ""), "")
    blank = dict.fromkeys([name for name in first.columns if name.startswith("published_")], "")
    return joined.reset_index().assign(
        **blank,
        kind_found=kind,
        shared_note=("; " + shared).where(shared != "", "").to_numpy(),
        per_found=joined["per_found"].where(alike).to_numpy(),
        text="",
        file="" if "file" not in by else joined.reset_index()["file"],
        sheet="" if "sheet" not in by else joined.reset_index()["sheet"],
        row=np.nan,
        lower=np.nan,
        upper=np.nan,
        status=status.fillna("").to_numpy(),
        release=np.where(joined["closed"], str(Release.RESTRICTED), str(Release.PUBLIC)),
    )
