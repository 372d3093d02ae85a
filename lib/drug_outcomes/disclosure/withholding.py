"""The only door out: figures, findings and corrections that an audience may see.

`withhold` takes out what may not be shown, before anything is computed. `seal` looks once more that nothing of it
came back, and makes the one kind of object that charts, tables, wording and downloads accept.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from drug_outcomes.definitions import columns, observations
from drug_outcomes.definitions.vocabulary import Audience, Release, Severity
from drug_outcomes.disclosure.clearing import (
    RESTRICTED,
    SUPPRESSED,
    Context,
    judged,
    says_only_that_it_is_missing,
    visible,
)
from drug_outcomes.disclosure.ledger import KEY
from drug_outcomes.disclosure.masking import blanked, masked
from drug_outcomes.disclosure.policy import Policies, Policy, round_shown
from drug_outcomes.disclosure.released import Released
from drug_outcomes.disclosure.suppression import UNDECIDED
from drug_outcomes.errors import DisclosureRefused

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
#: What a supplier's words about a missing figure stand in, and the file that tells them.
_TELLING: Final = ("text", "note", "vintage", "file", "sheet", "row", "published_number")
_WHERE_SEEN: Final = "The partnership sees it in its own pages."


def withhold(
    table: pd.DataFrame,
    policies: Mapping[str, Policy],
    audience: Audience,
    *,
    as_of: str = "",
    context: Context | None = None,
) -> pd.DataFrame:
    """Hide what an audience may not see of observations, before anything is computed from them.

    Adds the column `withheld` ("" | suppressed | restricted | undecided); what was withheld before stays so. Hidden
    rows keep only which figure they are, and say why in `note`; restricted rows that may be shown become public, with
    the reason in `release_basis`, rounded as their policy says. Where a restricted return says only that a figure is
    missing, its words and its file stay behind.
    """
    of, table = Policies(policies), _with_withheld(table)
    if Audience(audience) is Audience.PARTNERSHIP:
        return table
    before = table["withheld"] != ""
    if (before | (table["release"] == Release.PUBLIC.value)).all():
        return table
    found = judged(table, of, as_of, context or Context())
    withheld = table["withheld"].where(before, found["why"]).astype("str")
    hidden, missing = withheld != "", says_only_that_it_is_missing(table)
    silent = ~hidden & missing & ~visible(table, of, audience, as_of=as_of)
    opened = ~hidden & ~missing & (table["release"] != Release.PUBLIC.value)
    why = (withheld.map(REASONS).fillna("") + " " + found["hint"]).str.strip()
    plain = {name: blanked(table[name], silent) for name in _TELLING}
    result = masked(table.assign(withheld=withheld, **plain), hidden)
    told = result.assign(
        note=result["note"].mask(hidden, why.mask(before, table["note"])),
        release=result["release"].mask(hidden, Release.RESTRICTED.value).mask(opened, Release.PUBLIC.value),
        release_basis=result["release_basis"].mask(opened & (result["release_basis"] == ""), CLEARED),
    )
    return round_shown(told, opened, of)


def seal(
    latest: pd.DataFrame,
    series: pd.DataFrame,
    audience: Audience,
    *,
    as_of: str = "",
    findings: pd.DataFrame | None = None,
    corrections: pd.DataFrame | None = None,
    beside: pd.DataFrame | None = None,
    revisions: pd.DataFrame | None = None,
) -> Released:
    """Return what an audience may see, made from figures that `withhold` has cleared.

    Columns that the table of columns does not know are left out. Findings, corrections and revisions, which are not
    derived from these figures, are told only as far as they rest on none that is hidden.

    Raises
    ------
    DisclosureRefused : a figure was not cleared, or a hidden one holds a number again.
    """
    audience = Audience(audience)
    frames = {"latest": latest, "series": series, "beside": observations.empty() if beside is None else beside}
    sealed = {name: _sealed(_with_withheld(frame), audience, name) for name, frame in frames.items()}
    every = pd.concat([frame[[*KEY, "period_label", "withheld"]] for frame in sealed.values()])
    hidden = every[every["withheld"] != ""].drop_duplicates(list(KEY))
    told = {"findings": findings, "corrections": corrections, "revisions": revisions}
    return Released(
        audience=audience,
        as_of=as_of,
        suppressions=_explained(hidden),
        **sealed,
        **{name: _held_back(table, hidden, set(hidden["measure"])) for name, table in told.items()},
    ).checked()


def _sealed(frame: pd.DataFrame, audience: Audience, name: str) -> pd.DataFrame:
    """Return a frame in the columns that are known, having looked that it was cleared for the audience."""
    frame = frame[columns.known(frame.columns)]
    if audience is Audience.PARTNERSHIP:
        return frame
    numbers = frame.columns.intersection(list(columns.HELD))
    held = frame[numbers].notna().any(axis=1)
    hidden = frame["withheld"].fillna("") != ""
    for found, bad in {
        "holds a number of a hidden figure": held & hidden,
        "shows a figure that was not cleared": held & ~hidden & (frame["release"] != Release.PUBLIC.value),
    }.items():
        if bad.any():
            row = frame[bad].iloc[0]
            which = ", ".join((row["measure"] or row["indicator"], row["area"], row["period_label"]))
            raise DisclosureRefused(
                f"the frame {name!r} {found}: {which}",
                expected="figures cleared by disclosure.withhold before anything is computed from them",
            )
    return masked(frame, hidden, derived=True)


def leaks(
    table: pd.DataFrame, policies: Mapping[str, Policy], *, as_of: str = "", context: Context | None = None
) -> pd.DataFrame:
    """Return the observations that are hidden now but follow from what was released before (see `clearing.judged`)."""
    return table[judged(table, Policies(policies), as_of, context or Context(), audited=True)["leak"]]


def _with_withheld(table: pd.DataFrame) -> pd.DataFrame:
    if "withheld" in table.columns:
        return table
    return table.assign(withheld=pd.Series("", table.index, dtype="str"))


def _held_back(table: pd.DataFrame | None, hidden: pd.DataFrame, measures: set[str]) -> pd.DataFrame:
    """Blank the findings or corrections that may rest on hidden figures: only measure, its title and area stay.

    Those are the rows of the `measures` given, and rows that name no measure while anything is hidden; a
    column `release` saying `public` vouches that only published figures stand behind a row.
    """
    if table is None or table.empty or hidden.empty:
        return pd.DataFrame() if table is None else table
    everywhere = pd.Series("", table.index, dtype="str")
    measure, vouched = (table[name] if name in table.columns else everywhere for name in ("measure", "release"))
    blank = measure.fillna("").isin({*measures, ""}) & (vouched != Release.PUBLIC.value)
    words = {"severity": Severity.DISCLOSURE.value, "what": HELD_BACK, "reason": HELD_BACK}
    words |= {"suggestion": _WHERE_SEEN}
    kept = ("measure", "area", "number", "title")
    columns = {name: blanked(table[name], blank, words.get(name, "")) for name in table.columns if name not in kept}
    return table.assign(**columns)


def _explained(hidden: pd.DataFrame) -> pd.DataFrame:
    why = {"why": hidden["withheld"].map(REASONS), "what_would_show_it": hidden["withheld"].map(REMEDIES)}
    return hidden[[*KEY, "period_label", "withheld"]].assign(**why).reset_index(drop=True)
