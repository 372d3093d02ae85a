"""Rules about the national series: baselines, last and next releases; and about baselines of local targets."""

import re

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.periods import Basis, Period, iso_month
from drug_outcomes.definitions.statements import Told
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.evidence import Evidence
from drug_outcomes.quality.statement_rules import finding

#: The last month of a season, as release dates name it.
_SEASONS = {"spring": 5, "summer": 8, "autumn": 11, "winter": 12, "end": 12, "early": 3}


def release_after_period_end(evidence: Evidence) -> pd.DataFrame:
    """Find releases announced for a time before the period that they will cover has ended."""
    rows = evidence.releases
    out = rows["next_release_text"].map(_last_month)
    ends = rows["next_period_text"].map(_end)
    rows = rows[(out != "") & (ends != "") & (out < ends)]
    what = (
        "The next release ("
        + rows["next_release_text"]
        + ") is announced before its period ("
        + rows["next_period_text"]
        + ") ends."
    )
    return _told(
        evidence,
        rows.assign(what=what, figures=rows["next_release_text"] + "; " + rows["next_period_text"]),
        [Told.NEXT],
    )


def next_release_equals_last(evidence: Evidence) -> pd.DataFrame:
    """Find series whose next release is announced for the period of the last."""
    rows = evidence.releases
    last, coming = rows["last_period"].map(_end), rows["next_period_text"].map(_end)
    rows = rows[(last == coming) & (last != "")]
    what = "The next release is announced for the period of the last, " + rows["last_period"] + "."
    return _told(
        evidence,
        rows.assign(what=what, figures=rows["last_period"] + "; " + rows["next_period_text"]),
        ["last", Told.NEXT],
    )


def baseline_after_release(evidence: Evidence) -> pd.DataFrame:
    """Find baselines later than the last release, of national series and of local targets."""
    rows = evidence.releases
    base, last = rows["baseline_period"].map(_end), rows["last_period"].map(_end)
    rows = rows[(base > last) & (last != "")]
    what = (
        "The baseline ("
        + rows["baseline_period"]
        + ") lies after the last release ("
        + rows["last_period"]
        + ")."
    )
    national = _told(
        evidence,
        rows.assign(what=what, figures=rows["baseline_period"] + "; " + rows["last_period"]),
        ["baseline", "last"],
    )
    aims = evidence.targets
    newest = aims["measure"].map(evidence.latest.set_index("measure")["period_end"]).fillna("")
    late = aims[(aims["baseline_month"] > newest) & (newest != "")]
    local = late.assign(
        what="The baseline (" + late["baseline_period"] + ") lies after the newest figure.",
        figures=late["baseline_period"],
    )
    return pd.concat([national, evidence.defined(local.assign(period_label=local["baseline_period"]))])


def baseline_equals_last(evidence: Evidence) -> pd.DataFrame:
    """Find series whose last release is their baseline, so that they can show no change yet."""
    rows = evidence.releases
    base, last = rows["baseline_period"].map(_end), rows["last_period"].map(_end)
    rows = rows[(base == last) & (last != "")]
    what = "Baseline and last release are both " + rows["last_period"] + ": no change can be shown."
    return _told(evidence, rows.assign(what=what, figures=rows["last_period"]), ["baseline", "last"])


def comparable_periods(evidence: Evidence) -> pd.DataFrame:
    """Find baselines and last releases of different length or season set beside each other."""
    rows = evidence.releases
    pairs = [
        (_period(base), _period(last))
        for base, last in zip(rows["baseline_period"], rows["last_period"], strict=True)
    ]
    unlike = [bool(base and last and base.months != last.months) for base, last in pairs]
    rows = rows[pd.Series(unlike, rows.index, dtype=bool)]
    figures = rows["baseline_period"] + "; " + rows["last_period"]
    what = "The baseline and the last release cover different lengths of time: " + figures + "."
    return _told(evidence, rows.assign(what=what, figures=figures), ["baseline", "last"])


def missing_value(evidence: Evidence) -> pd.DataFrame:
    """Find baselines that name a period and neither a value nor a reason why there is none."""
    rows = evidence.releases
    rows = rows[(rows["baseline_period"] != "") & rows["baseline"].isna() & (rows["baseline_text"] == "")]
    what = "The baseline names a period (" + rows["baseline_period"] + ") and no value."
    national = _told(evidence, rows.assign(what=what, figures=rows["baseline_period"]), ["baseline"])
    aims = evidence.targets
    empty = aims[aims["baseline"].isna()]
    local = empty.assign(
        what="The baseline names a period (" + empty["baseline_period"] + ") and no value.",
        figures=empty["baseline_period"],
    )
    return pd.concat([national, evidence.defined(local.assign(period_label=local["baseline_period"]))])


def restatement(evidence: Evidence) -> pd.DataFrame:
    """Find figures that a publisher has corrected since the first print."""
    rows = evidence.releases
    rows = rows[rows["corrected_on"] != ""]
    figures = rows["first_printed"] + "; " + rows["baseline_text"]
    what = (
        "First printed as "
        + rows["first_printed"]
        + ", corrected to "
        + rows["baseline_text"]
        + " on "
        + rows["corrected_on"]
        + "."
    )
    return _told(evidence, rows.assign(what=what, figures=figures), ["baseline", Told.SUPERSEDED])


def _told(evidence: Evidence, rows: pd.DataFrame, roles: list[str]) -> pd.DataFrame:
    """Return findings about series, with the places of the statements that print them."""
    told = evidence.statements
    told = told[(told["series"] != "") & (told["role"].isin(roles) | told["kind"].isin(roles))]
    groups = told.groupby("series")
    named = rows.assign(
        measure="",
        period=rows["last_period"],
        document=rows["series"].map(groups["document"].first()).fillna("national_releases.csv"),
        place=rows["series"].map(groups["place"].agg("; ".join)).fillna("series " + rows["series"]),
    )
    return finding(evidence, named.drop(columns="title")).assign(title=rows["title"].to_numpy())


def _last_month(text: str) -> str:
    """Return the last month in which something announced for "Autumn 2023" or "Feb 24" may come out."""
    season = re.search(rf"\b({'|'.join(_SEASONS)})\b.*?\b((?:19|20)\d\d)\b", text, re.IGNORECASE)
    if season is not None:
        return iso_month(int(season[2]) * 12 + _SEASONS[season[1].casefold()] - 1)
    return _end(text)


def _end(label: str) -> str:
    period = _period(label)
    return period.end_month if period else ""


def _period(label: str) -> Period | None:
    """Return the period of a label; "Q4 2021/22" is of a financial year. None where it cannot be read."""
    for basis in (None, Basis.QUARTER_FIN):
        try:
            return periods.parse(label, basis)
        except UnreadableInput:
            continue
    return None
