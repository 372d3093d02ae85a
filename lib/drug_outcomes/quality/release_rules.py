"""Rules about the national series: their baselines, last and next releases, and the ambitions set for them."""

import re

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.periods import Basis, Period, iso_month
from drug_outcomes.definitions.statements import Told
from drug_outcomes.definitions.vocabulary import Direction
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.evidence import Evidence
from drug_outcomes.quality.statement_rules import finding

#: The last month of a season, as release dates name it.
_SEASONS = {"spring": 5, "summer": 8, "autumn": 11, "winter": 12, "end": 12, "early": 3}


def release_after_period_end(evidence: Evidence) -> pd.DataFrame:
    """Find releases announced for a time before the period that they will cover has ended."""
    rows = evidence.releases
    out = rows["next_release_text"].map(last_month)
    ends = rows["next_period_text"].map(_end)
    return _told(evidence, rows[(out != "") & (ends != "") & (out < ends)], [Told.NEXT])


def next_release_equals_last(evidence: Evidence) -> pd.DataFrame:
    """Find series whose next release is announced for the period of the last."""
    rows = evidence.releases
    last, coming = rows["last_period"].map(_end), rows["next_period_text"].map(_end)
    return _told(evidence, rows[(last == coming) & (last != "")], ["last", Told.NEXT])


def baseline_after_release(evidence: Evidence) -> pd.DataFrame:
    """Find baselines later than the last release, unless they are said to be still to come."""
    rows = evidence.releases
    base, last = rows["baseline_period"].map(_end), rows["last_period"].map(_end)
    awaited = rows["baseline"].isna() & (rows["baseline_text"] != "")
    return _told(evidence, rows[(base > last) & (last != "") & ~awaited], ["baseline", "last"])


def baseline_equals_last(evidence: Evidence) -> pd.DataFrame:
    """Find series whose last release is their baseline, so that they can show no change yet."""
    rows = evidence.releases
    base, last = rows["baseline_period"].map(_end), rows["last_period"].map(_end)
    return _told(evidence, rows[(base == last) & (last != "")], ["baseline", "last"])


def comparable_periods(evidence: Evidence) -> pd.DataFrame:
    """Find baselines and last releases of different length or season set beside each other."""
    rows = evidence.releases
    pairs = [
        (_period(base), _period(last)) for base, last in zip(rows["baseline_period"], rows["last_period"], strict=True)
    ]
    unlike = [bool(base and last and base.months != last.months) for base, last in pairs]
    return _told(evidence, rows[np.array(unlike, dtype=bool)], ["baseline", "last"])


def missing_value(evidence: Evidence) -> pd.DataFrame:
    """Find baselines that name a period and neither a value nor a reason why there is none."""
    rows = evidence.releases
    empty = (rows["baseline_period"] != "") & rows["baseline"].isna() & (rows["baseline_text"] == "")
    return _told(evidence, rows[empty], ["baseline"])


def restatement(evidence: Evidence) -> pd.DataFrame:
    """Find figures that a publisher has corrected since the first print."""
    rows = evidence.releases
    return _told(evidence, rows[rows["corrected_on"] != ""], ["baseline", Told.SUPERSEDED])


def superseded_target(evidence: Evidence) -> pd.DataFrame:
    """Find ambitions told as in force in a document by whose date they had been replaced."""
    told = evidence.statements
    dated = told[told["kind"] == Told.DATED].drop_duplicates("document").set_index("document")["period_end"]
    if evidence.national is None:
        return pd.DataFrame()
    aims = evidence.national.milestones
    later = aims.set_index("milestone")
    old = aims[aims["status"] == "superseded"]
    since, now = (old["superseded_by"].map(later[name]) for name in ("document_date", "target"))
    old = old.assign(since=since, now=now).rename(columns={"target": "value"})
    rows = told[told["kind"] == Told.TARGET].merge(old[["value", "unit", "since", "now"]], on=["value", "unit"])
    return finding(evidence, rows[rows["document"].map(dated) >= rows["since"]])


def progress_against_target(evidence: Evidence) -> pd.DataFrame:
    """Find series that move away from the ambition set for them."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.TARGET) & rows["direction"].isin([Direction.UP, Direction.DOWN])]
    change = rows["series_last"] - rows["series_baseline"]
    away = change * rows["direction"].map({"up": 1, "down": -1}).astype(float) < 0
    return finding(evidence, rows.assign(place=rows["place"] + "; " + rows["series_places"])[away])


def _told(evidence: Evidence, rows: pd.DataFrame, roles: list[str]) -> pd.DataFrame:
    """Return findings about series, with the places of the statements that print them."""
    told = evidence.statements
    told = told[(told["series"] != "") & (told["role"].isin(roles) | told["kind"].isin(roles))]
    groups = told.groupby("series")
    named = rows.assign(
        measure="",
        period=rows["last_period"],
        document=rows["series"].map(groups["document"].first()).astype("object").fillna("national_releases.csv"),
        place=rows["series"].map(groups["place"].agg("; ".join)).astype("object").fillna("series " + rows["series"]),
    )
    return finding(evidence, named.drop(columns="title")).assign(title=rows["title"].to_numpy())


def last_month(text: str) -> str:
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
