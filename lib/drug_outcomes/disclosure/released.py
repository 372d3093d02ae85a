"""The only door out: figures, findings and corrections that an audience may see.

`withhold` hides what may not be shown, and can run before anything is computed from it. `release` does so
for what has not been cleared yet, blanks everything derived, and makes the one kind of object that charts,
tables, wording and exports accept.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.vocabulary import Audience, Release, Severity
from drug_outcomes.disclosure.clearing import (
    RESTRICTED,
    SUPPRESSED,
    Context,
    judged,
    row_id,
    says_only_that_it_is_missing,
    visible,
)
from drug_outcomes.disclosure.ledger import KEY
from drug_outcomes.disclosure.masking import IDENTITY, MISSING, NEUTRAL, blanked, masked
from drug_outcomes.disclosure.policy import Policies, Policy, round_shown, will_be_rounded
from drug_outcomes.disclosure.suppression import UNDECIDED

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
_ROUNDED: Final = "rounded"
_WHERE_SEEN: Final = "The partnership sees it in its own pages."


@dataclass(frozen=True)
class Released:
    """What one audience may see. Made by `release` alone.

    Parameters
    ----------
    audience, as_of : for whom, and what was known when.
    latest : one row per measure, its newest figure; series : all points. `withheld` is "" where shown.
    findings, corrections : with the text of those that rest on hidden figures blanked.
    suppressions : one row per hidden figure: its key, `withheld`, `why`, `what_would_show_it`.
    revisions : what later releases changed in figures of measures, as `vintages.revisions` tells it.
    beside : observations that belong to no measure, such as estimates of need, cleared like the rest.
    """

    audience: Audience
    as_of: str
    latest: pd.DataFrame
    series: pd.DataFrame
    findings: pd.DataFrame
    corrections: pd.DataFrame
    suppressions: pd.DataFrame
    beside: pd.DataFrame = field(default_factory=observations.empty)
    revisions: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def newest(self) -> list[dict[Hashable, Any]]:
        """The rows of `latest`: every section of a page goes through them again."""
        return self.latest.to_dict("records")

    @cached_property
    def files(self) -> frozenset[str]:
        """The files, by their paths below data/, that stand behind what is shown."""
        return frozenset(file for frame in (self.series, self.beside) for file in frame["file"] if file)


def release(
    latest: pd.DataFrame,
    series: pd.DataFrame,
    policies: Mapping[str, Policy],
    audience: Audience,
    *,
    as_of: str = "",
    findings: pd.DataFrame | None = None,
    corrections: pd.DataFrame | None = None,
    context: Context | None = None,
    beside: pd.DataFrame | None = None,
    revisions: pd.DataFrame | None = None,
) -> Released:
    """Clear everything for an audience.

    `latest` and `series` are figures frames (observations plus computed columns). The partnership sees
    everything. For the public, figures already published stay as published; the others are hidden or
    shown as their measure's policy says, and everything derived from a hidden one is blanked. Figures that
    `withhold` has cleared already are taken as cleared.
    """
    of, audience, context = Policies(policies), Audience(audience), context or Context()
    latest, series = _with_withheld(latest), _with_withheld(series)
    beside = _with_withheld(observations.empty() if beside is None else beside)
    told = [*observations.COLUMNS, "withheld"]  # what is computed from figures judges none
    parts = [frame[frame.columns.intersection(told)] for frame in (series, latest, beside)]
    every = pd.concat(parts, ignore_index=True)
    before = every["withheld"] != ""
    every = _judged(every, of, audience, as_of, context)
    rounding = (every["withheld"] == "") & will_be_rounded(every, of)
    fresh = every.assign(withheld=every["withheld"].mask(before, "").mask(rounding, _ROUNDED))
    cleared = [_cleared(frame, every, fresh, of, audience, as_of) for frame in (latest, series, beside)]
    hidden = every[every["withheld"] != ""].drop_duplicates(list(KEY))
    return Released(
        audience=audience,
        as_of=as_of,
        latest=cleared[0],
        series=cleared[1],
        findings=_held_back(findings, hidden, set(hidden["measure"])),
        corrections=_held_back(corrections, hidden, set(hidden["measure"])),
        suppressions=_explained(hidden),
        beside=cleared[2],
        revisions=_held_back(revisions, hidden, set(hidden["measure"])),
    )


def withhold(
    table: pd.DataFrame,
    policies: Mapping[str, Policy],
    audience: Audience,
    *,
    as_of: str = "",
    context: Context | None = None,
) -> pd.DataFrame:
    """Hide what an audience may not see of observations, before anything is computed from them.

    Adds the column `withheld` ("" | suppressed | restricted | undecided). Hidden rows keep only which figure
    they are; restricted rows that may be shown become public, with the reason in `release_basis`.
    """
    of, audience, table = Policies(policies), Audience(audience), _with_withheld(table)
    every = _judged(table, of, audience, as_of, context or Context())
    return _cleared(table, every, every, of, audience, as_of)


def leaks(
    table: pd.DataFrame, policies: Mapping[str, Policy], *, as_of: str = "", context: Context | None = None
) -> pd.DataFrame:
    """Return the observations that are hidden now but follow from what was released before (see `clearing.judged`)."""
    return table[judged(table, Policies(policies), as_of, context or Context(), audited=True)["leak"]]


def _with_withheld(table: pd.DataFrame) -> pd.DataFrame:
    return (
        table
        if "withheld" in table.columns
        else table.assign(withheld=pd.Series("", table.index, dtype="str"))
    )


def _judged(
    table: pd.DataFrame, policies: Policies, audience: Audience, as_of: str, context: Context
) -> pd.DataFrame:
    """Fill `withheld`, and `said`: what `note` says of a hidden row. What was withheld before stays so."""
    if audience == Audience.PARTNERSHIP:
        return table.assign(said="")
    before = table["withheld"] != ""
    if (before | (table["release"] == Release.PUBLIC.value)).all():
        return table.assign(said=table["note"].where(before, ""))
    found = judged(table, policies, as_of, context)
    withheld = table["withheld"].where(before, found["why"]).astype("str")
    said = (withheld.map(REASONS).fillna("") + " " + found["hint"]).str.strip()
    return table.assign(
        withheld=withheld, said=table["note"].where(before, said) if "note" in table.columns else said
    )


def _cleared(
    table: pd.DataFrame,
    every: pd.DataFrame,
    fresh: pd.DataFrame,
    policies: Policies,
    audience: Audience,
    as_of: str,
) -> pd.DataFrame:
    """Blank the hidden rows of one frame, say why in `note`, round, and mark what was cleared as public.

    `fresh` is `every` without what was hidden before anything was computed: nothing can be derived from that.
    Where a restricted return only says that a figure is missing, its words and its file stay behind.
    """
    if audience == Audience.PARTNERSHIP:
        return table
    judgement = every.set_axis(row_id(every))[["withheld", "said"]]
    withheld, said = (
        row_id(table).map(judgement[name].groupby(level=0).first()).astype("str") for name in judgement
    )
    missing = says_only_that_it_is_missing(table)
    silent = (withheld == "") & missing & ~visible(table, policies, audience, as_of=as_of)
    opened = (withheld == "") & (table["release"] != Release.PUBLIC.value) & ~missing
    plain = {name: blanked(table[name], silent) for name in table.columns.intersection(list(MISSING))}
    result = masked(table.assign(withheld=withheld, **plain), withheld != "", fresh)
    if (rounding := opened & will_be_rounded(table, policies)).any():
        # What was computed from the unrounded count would tell it.
        kept = {*observations.COLUMNS, *IDENTITY, "withheld"}
        computed = [name for name in table.columns if name not in kept]
        result = result.assign(
            **{name: blanked(result[name], rounding, NEUTRAL.get(name, "")) for name in computed}
        )
    result = result.assign(
        note=result["note"].mask(withheld != "", said),
        release=result["release"]
        .mask(withheld != "", Release.RESTRICTED.value)
        .mask(opened, Release.PUBLIC.value),
        release_basis=result["release_basis"].mask(opened, CLEARED),
    )
    return round_shown(result, opened, policies)


def _held_back(table: pd.DataFrame | None, hidden: pd.DataFrame, measures: set[str]) -> pd.DataFrame:
    """Blank the findings or corrections that may rest on hidden figures: only measure, its title and area stay.

    Those are the rows of the `measures` given, and rows that name no measure while anything is hidden; a
    column `release` saying `public` vouches that only published figures stand behind a row.
    """
    if table is None or table.empty or hidden.empty:
        return pd.DataFrame() if table is None else table
    everywhere = pd.Series("", table.index, dtype="str")
    measure, vouched = (
        table[name] if name in table.columns else everywhere for name in ("measure", "release")
    )
    blank = measure.fillna("").isin({*measures, ""}) & (vouched != Release.PUBLIC.value)
    words = {"severity": Severity.DISCLOSURE.value, "what": HELD_BACK, "reason": HELD_BACK}
    words |= {"suggestion": _WHERE_SEEN}
    kept = ("measure", "area", "number", "title")
    columns = {
        name: blanked(table[name], blank, words.get(name, "")) for name in table.columns if name not in kept
    }
    return table.assign(**columns)


def _explained(hidden: pd.DataFrame) -> pd.DataFrame:
    why = {"why": hidden["withheld"].map(REASONS), "what_would_show_it": hidden["withheld"].map(REMEDIES)}
    return hidden[[*KEY, "period_label", "withheld"]].assign(**why).reset_index(drop=True)
