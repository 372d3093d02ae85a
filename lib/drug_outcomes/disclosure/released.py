"""The only door out: figures, findings and corrections that an audience may see.

`withhold` hides what may not be shown, and can run before anything is computed from it. `release` does so
for what has not been cleared yet, blanks everything derived, and makes the one kind of object that charts,
tables, wording and exports accept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from drug_outcomes import observations
from drug_outcomes.disclosure.masking import MARKER, masked
from drug_outcomes.disclosure.policy import STRICTEST_DEFAULT, Policy, is_small
from drug_outcomes.vocabulary import VALUED, Audience, Release, Severity, Status

#: Why a figure is withheld. Small and protecting figures share one word: two would tell which is which.
SUPPRESSED: Final = "suppressed"
RESTRICTED: Final = "restricted"
UNDECIDED: Final = "undecided"

REASONS: Final = {
    SUPPRESSED: "Hidden to protect people: this number is small, or a small one could be worked out from it.",
    RESTRICTED: "Not for publication: the supplier shares this figure with the partnership only.",
    UNDECIDED: "Hidden to be safe: the time allowed was too short to prove that no small number follows.",
}
REMEDIES: Final = {
    SUPPRESSED: "It can be shown when every number in the same sums is 0 or not below the threshold, "
    "for example for a longer period or a wider group.",
    RESTRICTED: "It can be shown when the supplier agrees to its publication, or has published it.",
    UNDECIDED: "It can be shown when fewer of the figures that add up with it are hidden.",
}
CLEARED: Final = "cleared for publication: small numbers hidden"
HELD_BACK: Final = "Held back: it rests on a figure that is not shown to this audience."


@dataclass(frozen=True)
class Released:
    """What one audience may see. Made by `release` alone.

    Parameters
    ----------
    audience, as_of : for whom, and what was known when.
    latest : one row per measure, its newest figure; series : all points. `withheld` is "" where shown.
    findings, corrections : with the text of those that rest on hidden figures blanked.
    suppressions : one row per hidden figure: its key, `withheld`, `why`, `what_would_show_it`.
    """

    audience: Audience
    as_of: str
    latest: pd.DataFrame
    series: pd.DataFrame
    findings: pd.DataFrame
    corrections: pd.DataFrame
    suppressions: pd.DataFrame


def release(
    latest: pd.DataFrame,
    series: pd.DataFrame,
    policies: Mapping[str, Policy],
    audience: Audience,
    *,
    as_of: str = "",
    findings: pd.DataFrame | None = None,
    corrections: pd.DataFrame | None = None,
) -> Released:
    """Clear everything for an audience.

    `latest` and `series` are figures frames (observations plus computed columns). The partnership sees
    everything. For the public, figures already published stay as published; the others are hidden or
    shown as their measure's policy says, and everything derived from a hidden one is blanked. Figures that
    `withhold` has cleared already are taken as cleared.
    """
    audience = Audience(audience)
    latest, series = _with_withheld(latest), _with_withheld(series)
    every = pd.concat([series, latest])[[*_NEEDED, "withheld"]].reset_index(drop=True)
    found = _keyed(every).map(_reasons(every, policies, audience, as_of)).fillna("")
    every = every.assign(withheld=found)
    frames = [_cleared(frame, every, audience) for frame in (latest, series)]
    hidden = frames[1][frames[1]["withheld"] != ""]
    hidden = pd.concat([hidden, frames[0][frames[0]["withheld"] != ""]]).drop_duplicates(
        list(observations.KEY)
    )
    return Released(
        audience=audience,
        as_of=as_of,
        latest=frames[0],
        series=frames[1],
        findings=_held_back(findings, hidden),
        corrections=_held_back(corrections, hidden),
        suppressions=_explained(hidden),
    )


def withhold(
    table: pd.DataFrame, policies: Mapping[str, Policy], audience: Audience, *, as_of: str = ""
) -> pd.DataFrame:
    """Hide what an audience may not see of observations, before anything is computed from them.

    Adds the column `withheld` ("" | suppressed | restricted | undecided). Hidden rows keep only which figure
    they are; restricted rows that may be shown become public, with the reason in `release_basis`.
    """
    table = _with_withheld(table)
    reasons = _keyed(table).map(_reasons(table, policies, Audience(audience), as_of)).fillna("")
    return _cleared(table, table.assign(withheld=reasons), Audience(audience))


def visible(
    table: pd.DataFrame, policies: Mapping[str, Policy], audience: Audience, *, as_of: str = ""
) -> pd.Series:
    """Say which observations the audience could see at all, before small numbers are hidden."""
    if Audience(audience) == Audience.PARTNERSHIP:
        return pd.Series(True, table.index)
    publishable = (
        table["measure"].map(lambda name: _policy(policies, name).audience == Audience.PUBLIC).astype(bool)
    )
    return is_public(table, as_of) | publishable


def is_public(table: pd.DataFrame, as_of: str) -> pd.Series:
    """Say which observations are published already, or under an embargo that has ended by `as_of`."""
    until = table["release"].str.extract(r"^restricted_until (\d{4}-\d{2}-\d{2})$", expand=False)
    return (table["release"] == Release.PUBLIC.value) | (until <= as_of).fillna(False).astype(bool)


_NEEDED: Final = (
    *observations.KEY,
    *(
        "indicator",
        "period_label",
        "status",
        "release",
        "value",
        "numerator",
        "denominator",
        "bound_low",
        "bound_high",
    ),
)


def _policy(policies: Mapping[str, Policy], measure: str) -> Policy:
    return policies.get(measure, STRICTEST_DEFAULT)


def _keyed(table: pd.DataFrame) -> pd.Series:
    parts = table[[*observations.KEY, "indicator"]].astype("str")
    return parts.agg("\x1f".join, axis=1) if len(table) else pd.Series(index=table.index, dtype="str")


def _with_withheld(table: pd.DataFrame) -> pd.DataFrame:
    return (
        table
        if "withheld" in table.columns
        else table.assign(withheld=pd.Series("", table.index, dtype="str"))
    )


def _reasons(
    table: pd.DataFrame, policies: Mapping[str, Policy], audience: Audience, as_of: str
) -> dict[str, str]:
    """Return why each key is withheld from the audience; keys that are shown are absent."""
    if audience == Audience.PARTNERSHIP:
        return {}
    before = table["withheld"].replace("", pd.NA)
    private = ~visible(table, policies, audience, as_of=as_of) & ~_says_only_that_it_is_missing(table)
    small = ~is_public(table, as_of) & _small(table, policies)
    why = before.fillna(
        pd.Series(pd.NA, table.index, dtype="str").mask(small, SUPPRESSED).mask(private, RESTRICTED)
    )
    return dict(zip(_keyed(table)[why.notna()], why[why.notna()], strict=True))


def _says_only_that_it_is_missing(table: pd.DataFrame) -> pd.Series:
    """Say which rows carry no figure and no hint of one: awaited, not supplied, not collected ..."""
    return ~table["status"].isin([str(status) for status in (*VALUED, Status.SUPPRESSED)])


def _small(table: pd.DataFrame, policies: Mapping[str, Policy]) -> pd.Series:
    """Say which rows show a small number of people: the numerator, those left over, or the denominator."""
    result = pd.Series(False, table.index)
    for measure, rows in table.groupby("measure"):
        policy = _policy(policies, str(measure))
        if not policy.people:
            continue
        counts = (rows["numerator"], rows["denominator"] - rows["numerator"], rows["denominator"])
        small = rows["status"] == Status.SUPPRESSED.value
        for column in counts:
            small = small | is_small(column, policy)
        result.loc[rows.index] = small
    return result


def _cleared(table: pd.DataFrame, every: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """Blank the hidden rows of one frame, say why in `note`, and mark what was cleared as public."""
    if audience == Audience.PARTNERSHIP:
        return table
    reasons = dict(zip(_keyed(every), every["withheld"], strict=True))
    withheld = _keyed(table).map(reasons).fillna("").astype("str")
    fresh = every.assign(
        withheld=every["withheld"].where(~_keyed(every).isin(set(_keyed(table)[table["withheld"] != ""])), "")
    )
    result = masked(table.assign(withheld=withheld), withheld != "", fresh)
    shown = withheld == ""
    restricted = shown & (result["release"] != Release.PUBLIC.value) & ~_says_only_that_it_is_missing(table)
    return result.assign(
        note=result["note"].mask(~shown, withheld.map(REASONS)),
        release=result["release"]
        .mask(~shown, Release.RESTRICTED.value)
        .mask(restricted, Release.PUBLIC.value),
        release_basis=result["release_basis"].mask(restricted, CLEARED),
    )


def _held_back(table: pd.DataFrame | None, hidden: pd.DataFrame) -> pd.DataFrame:
    """Blank the findings or corrections that rest on hidden figures: only measure and area stay.

    A row is taken to rest on one when its measure has a hidden figure, or when it names no measure while
    anything is hidden; `public` in a column `release` vouches that only published figures stand behind it.
    """
    if table is None or table.empty or hidden.empty:
        return pd.DataFrame() if table is None else table
    measure = table["measure"] if "measure" in table.columns else pd.Series("", table.index)
    vouched = (
        table["release"] == Release.PUBLIC.value
        if "release" in table.columns
        else pd.Series(False, table.index)
    )
    blank = (measure.isin({*hidden["measure"], ""}) | measure.isna()) & ~vouched
    words = {"severity": Severity.DISCLOSURE.value, "what": HELD_BACK, "reason": HELD_BACK}
    keep = ("measure", "area", "number")
    columns = {
        name: table[name].astype(object).mask(blank, words.get(name, "")).astype("str")
        if name in words or table[name].dtype == object or isinstance(table[name].dtype, pd.StringDtype)
        else table[name].astype("Float64").mask(blank, pd.NA)
        for name in table.columns
        if name not in keep
    }
    return table.assign(**columns)


def _explained(hidden: pd.DataFrame) -> pd.DataFrame:
    keys = [*observations.KEY, "period_label", "withheld"]
    return (
        hidden[keys]
        .assign(why=hidden["withheld"].map(REASONS), what_would_show_it=hidden["withheld"].map(REMEDIES))
        .reset_index(drop=True)
    )


__all__ = ["CLEARED", "MARKER", "Released", "is_public", "release", "visible", "withhold"]
