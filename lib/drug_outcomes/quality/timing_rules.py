"""Rules about time: what is late, missing, told twice, frozen, overlapping or told anew."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.periods import Basis, Period, month_number
from drug_outcomes.definitions.vocabulary import Kind, Status
from drug_outcomes.intake import vintages
from drug_outcomes.quality.evidence import Evidence, text_of
from drug_outcomes.statistics.arrays import Array, numbers, precision

#: As many equal values one after another are looked at; chance may make them this seldom.
_FROZEN, _SELDOM = 3, 1e-4
#: Revisions beyond these shares of the value, announced by the publisher and not, are told.
_LARGE_REVISION, _USUAL_REVISION = 20.0, 5.0
_SERIES = ["measure", "area", "breakdown", "segment", "period_basis"]


def late(evidence: Evidence) -> pd.DataFrame:
    """Find newest figures that are older than their source allows."""
    rows = _aged(evidence)
    beside = " Others from the same sender are " + text_of(rows["behind"]) + " months newer."
    return rows.assign(beside=beside.where(rows["lagging"], ""))[rows["late"]]


def behind(evidence: Evidence) -> pd.DataFrame:
    """Find newest figures that are not late yet, and behind others from the same sender."""
    rows = _aged(evidence)
    return rows[~rows["late"] & rows["lagging"]]


def _aged(evidence: Evidence) -> pd.DataFrame:
    """Return the newest figures, what age is allowed, and how many months they lie behind their sender's."""
    own = evidence.definitions.measures.set_index("measure")
    latest = evidence.latest[evidence.latest["measure"].map(own["retired"]) == ""]
    latest = latest[latest["period_end"] != ""].assign(end=lambda rows: month_number(rows["period_end"]))
    sender = [latest["measure"].map(own["source"]), latest["cadence"]]
    behind = (latest["end"].groupby(sender).transform("max") - latest["end"]).astype(float)
    allowed = 1.5 * latest["cadence"] + latest["usual_lag"]
    told = latest.assign(allowed=allowed, behind=behind, lagging=behind >= latest["cadence"])
    return told.assign(late=latest["age_months"].astype(float) > allowed)


def frozen_series(evidence: Evidence) -> pd.DataFrame:
    """Find values that stand still for three periods or more, where chance would hardly let them."""
    rows = evidence.headline[evidence.headline["value"].notna()]
    keys = [rows[name] for name in _SERIES]
    values = rows["value"].groupby(keys, sort=False)
    run = (values.diff().ne(0)).cumsum()
    length = rows["value"].groupby(run).transform("size")
    chance = _chance_of_a_tie(rows, values.diff().abs(), keys)
    last = run.ne(run.shift(-1))
    rows = rows.assign(times=length)[(length >= _FROZEN) & last & (chance ** (length - 1) < _SELDOM)]
    # A value that comes back again and again is one fault, told where it stood last.
    return rows.drop_duplicates([*_SERIES, "value"], keep="last")


def _chance_of_a_tie(rows: pd.DataFrame, steps: "pd.Series[float]", keys: "list[pd.Series]") -> "pd.Series[float]":
    """Return how likely two neighbouring values are equal, from the usual step, or for counts from their size."""
    usual = steps.where(steps > 0).groupby(keys, sort=False).transform("median") / 0.67
    events = rows["value"].where((rows["kind"] == Kind.COUNT) & rows["counted"])
    # Two counts of the same mean m differ by about the square root of 2m.
    step = usual.fillna(np.sqrt(2 * events.clip(lower=0.5)))
    unit = 10.0 ** -precision(rows["value"], rows["decimals"])
    return pd.Series(unit / (np.sqrt(2 * np.pi) * numbers(step)), rows.index).clip(upper=1).fillna(1.0)


def period_gap(evidence: Evidence) -> pd.DataFrame:
    """Find periods missing between two that the same source supplied, by the usual step of its series.

    The finding stands at the first of them.
    """
    rows = evidence.headline.drop_duplicates([*_SERIES, "end"])
    groups = rows.groupby(_SERIES, sort=False)
    steps = pd.Series(numbers(rows["end"] - groups["end"].shift()), rows.index)
    # The lower of two middle steps: half-way between them lies no period.
    middle = steps.groupby([rows[name] for name in _SERIES], sort=False).transform
    usual = middle(lambda own: own.quantile(interpolation="lower"))
    missing = steps / usual - 1
    rows = rows.assign(since=groups["period_label"].shift().astype("str"), until=rows["period_label"])
    told = rows.assign(missing=missing.round())[(rows["source"] == rows["own_source"]) & (missing >= 1)]
    ends = told["end"] - (missing.round() * usual)[told.index].astype("int64")
    covers = told["end"] - month_number(told["period_start"]) + 1
    first = [
        Period(int(end - months + 1), int(months), Basis(basis)).label
        for end, months, basis in zip(ends, covers, told["period_basis"], strict=True)
    ]
    return told.assign(period_label=pd.array(first, dtype="str"))


def duplicate_period(evidence: Evidence) -> pd.DataFrame:
    """Find figures that stand twice in one file, with the same value or another."""
    rows = evidence.vintages
    rows = rows[(rows["measure"] != "") & (rows["period_end"] != "") & (rows["file"] != "")]
    key = [*KEY, "indicator", "source", "file", "received", "vintage"]
    rows = rows[rows.duplicated(key, keep=False)]
    others = rows.groupby(key, sort=False)["value"].transform("nunique")
    ending = pd.Series("with different values", rows.index).where(others > 1, "with the same value")
    told = rows.groupby(key, sort=False)["text"].agg("; ".join).rename("figures").reset_index()
    twice: pd.DataFrame = rows.assign(ending=ending).drop_duplicates(key).merge(told, on=key)
    return evidence.defined(twice)


def period_overlap(evidence: Evidence) -> pd.DataFrame:
    """Find periods that share months although the measure's windows do not overlap."""
    rows = evidence.headline.assign(start=month_number(evidence.headline["period_start"]))
    whole = (rows["end"] - rows["start"] + 1 == rows["window_months"]).fillna(False).astype(bool)
    # A quarter's label beside yearly figures names one part of the year, whatever is said to be covered.
    part = rows["period_label"].str.contains(r"\bQ[1-4]\b", case=False) & (rows["cadence"] > 3)
    rows = rows[whole & ~part & (rows["window_months"] <= rows["cadence"])]
    groups = rows.groupby(["measure", "segment"], sort=False)
    before, label = groups["end"].shift(), groups["period_label"].shift()
    shares = ((rows["start"] <= before) & (rows["end"] > before)).fillna(False).astype(bool)
    after = shares & shares.groupby(rows["measure"]).shift(fill_value=False)
    return rows.assign(before=label.astype("str"))[shares & ~after]


def release_after_period_end(evidence: Evidence) -> pd.DataFrame:
    """Find figures received before the period that they cover had ended."""
    every = evidence.vintages if len(evidence.vintages) else evidence.series
    rows = every[(every["received"] != "") & every["value"].notna() & (every["breakdown"] == "")]
    rows = rows[rows["measure"] != ""]
    # On the month's last day a return may just be complete.
    ends = pd.to_datetime(rows["period_end"], format="%Y-%m", errors="coerce") + pd.offsets.MonthEnd()
    return evidence.defined(rows[rows["received"] < ends.dt.strftime("%Y-%m-%d")])


def restatement(evidence: Evidence) -> pd.DataFrame:
    """Find figures that one scorecard prints otherwise than the next, and large revisions by a publisher.

    Publishers revise: a change of up to a twentieth, or of a provisional figure by up to a fifth, is usual.
    """
    if evidence.vintages.empty:
        return pd.DataFrame()
    rows = vintages.revisions(evidence.vintages[evidence.vintages["measure"] != ""])
    rows = rows[(rows["kind"] == "revised") & (rows["breakdown"] == "") & _beyond_rounding(rows)]
    announced = rows["old_status"].isin([Status.PROVISIONAL, Status.ESTIMATED]) | (rows["new_status"] == Status.REVISED)
    usual = (
        pd.Series(_USUAL_REVISION, rows.index)
        .where(~announced, _LARGE_REVISION)
        .mask(rows["source"] == "scorecard_edition", 0)
    )
    rows = evidence.defined(rows[rows["percent"].abs() > usual])
    rows = rows[rows["area"].isin([evidence.area, *rows["benchmark"].unique()])]
    changed: pd.DataFrame = rows.assign(file=rows["new_file"], row=rows["new_row"])
    return changed


def baseline_after_release(evidence: Evidence) -> pd.DataFrame:
    """Find baselines of local targets that are later than the newest figure."""
    aims = evidence.targets
    newest = aims["measure"].map(evidence.latest.set_index("measure")["period_end"]).fillna("")
    return _aimed(evidence, aims[(aims["baseline_month"] > newest) & (newest != "")])


def missing_value(evidence: Evidence) -> pd.DataFrame:
    """Find baselines of local targets that name a period and no value."""
    return _aimed(evidence, evidence.targets[evidence.targets["baseline"].isna()])


def _aimed(evidence: Evidence, aims: pd.DataFrame) -> pd.DataFrame:
    return evidence.defined(aims.assign(period_label=aims["baseline_period"]))


def _beyond_rounding(rows: pd.DataFrame) -> Array:
    """Whether two values are not one value with more and with fewer decimals."""
    apart = np.full(len(rows), fill_value=True)
    for digits in range(4):
        old, new = (np.round(numbers(rows[f"{when}_value"]), digits) for when in ("old", "new"))
        coarse = (old == numbers(rows["old_value"])) | (new == numbers(rows["new_value"]))
        apart &= ~((old == new) & coarse)
    return apart
