"""Rules about time: what is late, missing, told twice, frozen, overlapping or told anew."""

import numpy as np
import pandas as pd

from drug_outcomes import vintages
from drug_outcomes.columns import Array, numbers
from drug_outcomes.observations import KEY
from drug_outcomes.periods import month_number
from drug_outcomes.quality.evidence import Evidence, text_of
from drug_outcomes.vocabulary import Kind, Severity, Status

#: As many equal values one after another are looked at; chance may make them this seldom.
_FROZEN, _SELDOM = 3, 1e-4
#: A revision beyond this share of the value is told even where the publisher had announced that it may come.
_LARGE_REVISION = 20.0
_SERIES = ["measure", "area", "breakdown", "segment", "period_basis"]


def staleness(evidence: Evidence) -> pd.DataFrame:
    """Find newest figures that are older than their source allows, or behind others from the same sender."""
    own = evidence.definitions.measures.set_index("measure")
    latest = evidence.latest[evidence.latest["measure"].map(own["retired"]) == ""]
    latest = latest[latest["period_end"] != ""].assign(end=lambda rows: month_number(rows["period_end"]))
    sender = [latest["measure"].map(own["source"]), latest["cadence"]]
    behind = (latest["end"].groupby(sender).transform("max") - latest["end"]).astype(float)
    age, allowed = latest["age_months"].astype(float), 1.5 * latest["cadence"] + latest["usual_lag"]
    late, lagging = age > allowed, behind >= latest["cadence"]
    words = "The newest figure is " + text_of(age) + " months old; up to " + text_of(allowed) + " are usual."
    beside = " Others from the same sender are " + text_of(behind) + " months newer."
    told = words.where(late, "") + beside.where(lagging, "")
    severity = np.where(late, str(Severity.WARNING), str(Severity.INFO))
    rows = latest.assign(what=told.str.strip(), severity=severity, figures=latest["period_label"])
    behind_time: pd.DataFrame = rows[late | lagging]
    return behind_time


def frozen_series(evidence: Evidence) -> pd.DataFrame:
    """Find values that stand still for three periods or more, where chance would hardly let them."""
    rows = evidence.headline[evidence.headline["value"].notna()]
    keys = [rows[name] for name in _SERIES]
    values = rows["value"].groupby(keys, sort=False)
    run = (values.diff().ne(0)).cumsum()
    length = rows["value"].groupby(run).transform("size")
    chance = _chance_of_a_tie(rows, values.diff().abs(), keys)
    last = run.ne(run.shift(-1))
    rows = rows[(length >= _FROZEN) & last & (chance ** (length - 1) < _SELDOM)]
    times, text = length[rows.index].astype("str"), text_of(rows["value"])
    return rows.assign(
        what="The same value, " + text + ", stands in " + times + " periods running.", figures=text
    )


def _chance_of_a_tie(
    rows: pd.DataFrame, steps: "pd.Series[float]", keys: "list[pd.Series]"
) -> "pd.Series[float]":
    """Return how likely two neighbouring values are equal, from the usual step, or for counts from their size."""
    usual = steps.where(steps > 0).groupby(keys, sort=False).transform("median") / 0.67
    events = rows["value"].where((rows["kind"] == Kind.COUNT) & rows["counted"])
    # Two counts of the same mean m differ by about the square root of 2m.
    step = usual.fillna(np.sqrt(2 * events.clip(lower=0.5)))
    unit = 10.0 ** -numbers(rows["decimals"])
    return pd.Series(unit / (np.sqrt(2 * np.pi) * numbers(step)), rows.index).clip(upper=1).fillna(1.0)


def period_gap(evidence: Evidence) -> pd.DataFrame:
    """Find periods missing between two that the same source supplied."""
    rows = evidence.headline.drop_duplicates([*_SERIES, "end"])
    groups = rows.groupby([*_SERIES, "source"], sort=False)
    missing = pd.Series(
        numbers(rows["end"] - groups["end"].shift()) / numbers(rows["cadence"]) - 1, rows.index
    )
    since = groups["period_label"].shift()
    told = rows.assign(since=since.astype("str"), missing=text_of(missing.round()))
    told = told[(told["source"] == told["own_source"]) & (missing >= 1)]
    figures = told["since"] + "; " + told["period_label"]
    return told.assign(what="Periods missing between the two: " + told["missing"] + ".", figures=figures)


def duplicate_period(evidence: Evidence) -> pd.DataFrame:
    """Find figures that stand twice in one file, with the same value or another."""
    rows = evidence.vintages
    rows = rows[(rows["measure"] != "") & (rows["period_end"] != "") & (rows["file"] != "")]
    key = [*KEY, "indicator", "source", "file", "received", "vintage"]
    rows = rows[rows.duplicated(key, keep=False)]
    others = rows.groupby(key, sort=False)["value"].transform("nunique")
    first = rows.drop_duplicates(key).assign(others=others)
    told = rows.groupby(key, sort=False)["text"].agg("; ".join).rename("figures").reset_index()
    merged = evidence.defined(first.merge(told, on=key))
    ending = pd.Series("with different values: ", merged.index).where(
        merged["others"] > 1, "with the same value: "
    )
    twice: pd.DataFrame = merged.assign(
        what="The file tells this figure twice, " + ending + merged["figures"] + "."
    )
    return twice


def period_overlap(evidence: Evidence) -> pd.DataFrame:
    """Find periods that share months although the measure's windows do not overlap."""
    rows = evidence.headline[evidence.headline["window_months"] <= evidence.headline["cadence"]]
    rows = rows.assign(start=month_number(rows["period_start"]))
    groups = rows.groupby(_SERIES, sort=False)
    before, label = groups["end"].shift(), groups["period_label"].shift()
    shares = ((rows["start"] <= before) & (rows["end"] > before)).fillna(False).astype(bool)
    told = rows.assign(label=label.astype("str"))[shares]
    figures = told["label"] + "; " + told["period_label"]
    return told.assign(
        what="Two periods that should not overlap share months: " + figures + ".", figures=figures
    )


def release_after_period_end(evidence: Evidence) -> pd.DataFrame:
    """Find figures received before the period that they cover had ended."""
    rows = evidence.points[(evidence.points["received"] != "") & evidence.points["value"].notna()]
    rows = rows[rows["received"].str[:7] < rows["period_end"]]
    figures = "received " + rows["received"] + "; period to " + rows["period_end"]
    return rows.assign(what="The figure was there before its period ended: " + figures + ".", figures=figures)


def restatement(evidence: Evidence) -> pd.DataFrame:
    """Find figures that a later release of the same source tells otherwise, without having said they might change.

    A provisional figure may be revised, by up to a fifth; any other change is worth a question.
    """
    if evidence.vintages.empty:
        return pd.DataFrame()
    rows = vintages.revisions(evidence.vintages[evidence.vintages["measure"] != ""])
    rows = rows[(rows["kind"] == "revised") & (rows["breakdown"] == "") & _beyond_rounding(rows)]
    announced = rows["old_status"].isin([Status.PROVISIONAL, Status.ESTIMATED]) | (
        rows["new_status"] == Status.REVISED
    )
    rows = rows[~announced | (rows["percent"].abs() > _LARGE_REVISION)]
    rows = evidence.defined(rows)
    rows = rows[rows["area"].isin([evidence.area, *rows["benchmark"]])]
    figures = text_of(rows["old_value"]) + "; " + text_of(rows["new_value"])
    changed: pd.DataFrame = rows.assign(
        file=rows["new_file"],
        row=rows["new_row"],
        what="Told as " + text_of(rows["old_value"]) + " in " + rows["old_vintage"] + ", as "
        + text_of(rows["new_value"]) + " in " + rows["new_vintage"] + ".",
        figures=figures,
    )  # fmt: skip
    return changed


def _beyond_rounding(rows: pd.DataFrame) -> Array:
    """Whether two values are not one value with more and with fewer decimals."""
    apart = np.full(len(rows), fill_value=True)
    for digits in range(4):
        old, new = (np.round(numbers(rows[f"{when}_value"]), digits) for when in ("old", "new"))
        coarse = (old == numbers(rows["old_value"])) | (new == numbers(rows["new_value"]))
        apart &= ~((old == new) & coarse)
    return apart
