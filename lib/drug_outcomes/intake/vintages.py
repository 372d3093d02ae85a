"""Vintages: the newest of each figure, and what a publisher changed after it first printed it."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import VALUED, Release, Status

#: What is told of both vintages, as old_... and new_...
_TOLD = ("value", "text", "status", "vintage", "received", "file", "row")
#: A form that was not filled in says nothing about a figure that is held already.
SILENT = (Status.NOT_SUPPLIED, Status.AWAITED)

#: The source whose rows are copies of figures that others publish.
PRINTED = "scorecard_edition"


def by_edition(known: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """Return observations whose segment is the edition they rest on, where a break is keyed to one.

    Parameters
    ----------
    breaks : series_breaks.csv. What was received from its `from_release` on belongs to its `edition`, whatever
        period it is of; a scorecard's copy of a figure stays in the edition of the figure.
    """
    figure = ["measure", "area", "period_start", "period_end", "breakdown"]
    own = pd.MultiIndex.from_frame(known.loc[known["source"] != PRINTED, figure])
    copied = (known["source"] == PRINTED) & pd.MultiIndex.from_frame(known[figure]).isin(own)
    segment = known["segment"]
    keyed = breaks[breaks["from_release"] != ""].sort_values("from_release")
    names = ["measure", "area", "from_release", "edition"]
    for measure, area, start, edition in keyed[names].itertuples(index=False, name=None):
        here = (known["measure"] == measure) & ((known["area"] == area) | (area == ""))
        segment = segment.mask(here & ~copied & (known["received"] >= start), edition)
    return known.assign(segment=segment)


def newest(known: pd.DataFrame, visible: pd.Series) -> pd.DataFrame:
    """Return one row per figure: the newest of what this audience may see, the measure's own source first.

    A return that says nothing never takes the place of a figure that another source published.

    Parameters
    ----------
    known : observations received by the date asked for.
    visible : whether the audience may see the row at all. A figure whose only rows are invisible keeps
        one of them, so that it can be shown as restricted.
    """
    ranks = {
        "visible": visible,
        "says_something": known["value"].notna() | known["numerator"].notna() | (known["status"] == Status.SUPPRESSED),
        # What a scorecard printed stands behind what a publisher or supplier says of the same figure.
        "own_source": known["source"] != PRINTED,
    }
    # What a source calls a figure tells figures apart only as long as they belong to no measure.
    figure = known["indicator"].where(known["measure"] == "", "")
    order = [*ranks, "received", "vintage", "file", "row"]
    ranked = known.assign(**ranks, figure=figure).sort_values(order, kind="stable")
    newest = ranked.drop_duplicates([*KEY, "figure"], keep="last")
    return newest.drop(columns=[*ranks, "figure"]).sort_index().reset_index(drop=True)


def revisions(known: pd.DataFrame) -> pd.DataFrame:
    """Return where a later vintage from the same source says something else of the same figure.

    Parameters
    ----------
    known : observations with every vintage, before corrections. They are told apart by `received`,
        `vintage` and `file`.

    Returns
    -------
    One row for each change, in the order of time: measure, indicator, area, period_label, breakdown, source,
    old_value, new_value (and _text, _status, _vintage, _received, _file, _row), difference (new less old),
    percent (of the old value), kind (revised; final, where a provisional figure was confirmed unchanged;
    withdrawn, where no value stands any more; supplied, where none stood before) and release (restricted
    where either vintage is).
    """
    # What a source calls a figure tells figures apart only as long as they belong to no measure.
    named = known.assign(figure=known["indicator"].where(known["measure"] == "", ""))
    group = [*KEY, "figure", "source"]
    speaking = _alike(named[~named["status"].isin([str(status) for status in SILENT])], group)
    ordered = speaking.sort_values([*group, "received", "vintage", "file", "row"], kind="stable")
    last = ordered.drop_duplicates([*group, "received", "vintage", "file"], keep="last")
    before = last.groupby(group, sort=False)[[*_TOLD, "release"]].shift().add_prefix("old_")
    pairs = last.rename(columns={name: f"new_{name}" for name in _TOLD}).join(before)
    pairs = pairs[pairs["old_status"].notna()]
    kind = _kind(pairs)
    difference = pairs["new_value"] - pairs["old_value"]
    both_public = (pairs["release"] == Release.PUBLIC) & (pairs["old_release"] == Release.PUBLIC)
    told = pairs.assign(
        kind=kind,
        difference=difference,
        percent=100 * difference / pairs["old_value"].where(pairs["old_value"] != 0),
        release=np.where(both_public, str(Release.PUBLIC), str(Release.RESTRICTED)),
    )
    columns = ["measure", "indicator", "area", "period_label", "breakdown", "source"]
    columns += [f"{when}_{name}" for name in _TOLD for when in ("old", "new")]
    names = [*columns, "difference", "percent", "kind", "release"]
    changed: pd.DataFrame = told.loc[kind != "", names]
    return changed.sort_values(["new_received", "measure", "area"], kind="stable").reset_index(drop=True)


def _alike(rows: pd.DataFrame, group: list[str]) -> pd.DataFrame:
    """Return rows that say the same kind of thing: where one release gives a count and another its rate, the counts.

    A rate without its count cannot be set beside a count, and is left out there.
    """
    counted = (rows["value"] == rows["numerator"]) & (rows["value"] != 0)
    # A count whose numerator is a slip of its value away is a count still.
    apart = rows["denominator"].notna() | ~np.isclose(rows["value"], rows["numerator"], rtol=0.5)
    rated = rows["value"].notna() & (rows["value"] != rows["numerator"]) & apart
    keys = [rows[name] for name in group]
    mixed = counted.groupby(keys).transform("any") & rated.groupby(keys).transform("any")
    uncounted = mixed & rated & rows["numerator"].isna()
    return rows.assign(value=rows["value"].mask(mixed & rated, rows["numerator"]))[~uncounted]


def _kind(pairs: pd.DataFrame) -> np.ndarray:
    valued = [str(status) for status in VALUED]
    was, now = pairs["old_status"].isin(valued), pairs["new_status"].isin(valued)
    other = was & now & (pairs["old_value"] != pairs["new_value"])
    final = (pairs["old_status"] == Status.PROVISIONAL) & was & now & (pairs["new_status"] != Status.PROVISIONAL)
    return np.select([other, final, was & ~now, ~was & now], ["revised", "final", "withdrawn", "supplied"], "")
