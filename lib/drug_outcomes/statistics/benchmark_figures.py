"""Figures beside their benchmarks: England's of the same period, and those of the region and of similar areas."""

import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import VALUED, EnglandReason, Kind, Status
from drug_outcomes.intake.measure_mapping import with_population_bound
from drug_outcomes.statistics import bounds, comparisons, peer_comparison


def add_comparisons(
    latest: pd.DataFrame, series: pd.DataFrame, shown: pd.DataFrame, definitions: Definitions, area: Area
) -> pd.DataFrame:
    """Compare the newest figures with England, the region, statistical neighbours and areas of like deprivation.

    Parameters
    ----------
    latest, series : figures with intervals, the newest of each measure and all.
    shown : observations that the audience may see, those of populations among them.

    Returns
    -------
    The rows of `latest` with the columns of `with_england`, `comparisons.add_comparison` and
    `peer_comparison.add_verdicts`.
    """
    beside = with_england(latest, series)
    siblings = series[["measure", "area", "breakdown", "period_start", "period_end", "period_label", "value"]]
    bounded = bounds.add_denominator_bound(beside, siblings)
    told = bounded.assign(denominator_bound_note=_titled(bounded, definitions))
    compared = comparisons.add_comparison(with_population_bound(told, shown))
    return peer_comparison.add_verdicts(compared, series, area)


def _titled(bounded: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Return the notes on denominators with the sibling's title in place of its id."""
    titles = definitions.measures.set_index("measure")["title"]
    notes = zip(bounded["denominator_bound_note"], bounded["denominator_from"], strict=True)
    return pd.Series(
        [note.replace(name, titles[name]) if name in titles else note for note, name in notes], bounded.index
    )


def with_england(latest: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Add england_value, england_lower, england_upper, england_text, england_reason, england_period_label.

    Only a figure for the very same period counts. `england_reason` says why there is none to compare with:
    not_published, not_comparable (a count depends on how many people live there), not_loaded, suppressed.
    """
    columns = {
        "area": "benchmark",
        "value": "england_value",
        "interval_lower": "england_lower",
        "interval_upper": "england_upper",
        "text": "england_text",
        "status": "england_status",
        "period_label": "england_period_label",
    }
    keys = ["measure", "benchmark", "period_start", "period_end"]
    england = (
        series[series["breakdown"] == ""]
        .sort_values("received", kind="stable")[["measure", "period_start", "period_end", *columns]]
        .rename(columns=columns)
        .drop_duplicates(keys, keep="last")
    )
    joined = latest.merge(england, on=keys, how="left", validate="many_to_one")
    reason = _england_reason(joined)
    return joined.assign(
        england_value=joined["england_value"].where(reason == ""),
        england_reason=reason,
        england_text=joined["england_text"].fillna(""),
        england_period_label=joined["england_period_label"].fillna(""),
    ).drop(columns="england_status")


def _england_reason(joined: pd.DataFrame) -> pd.Series:
    status = joined["england_status"]
    reason = status.map(
        {
            str(Status.SUPPRESSED): str(EnglandReason.SUPPRESSED),
            str(Status.NOT_APPLICABLE): str(EnglandReason.NOT_COMPARABLE),
        }
    ).fillna(str(EnglandReason.NOT_PUBLISHED))
    reason = reason.mask(status.isna(), str(EnglandReason.NOT_LOADED))
    counted = (joined["kind"] == Kind.COUNT) & (reason != EnglandReason.SUPPRESSED)
    valued = status.isin(VALUED) & joined["england_value"].notna()
    return reason.mask(valued, "").mask(counted & (status.notna()), str(EnglandReason.NOT_COMPARABLE))
