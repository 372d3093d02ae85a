"""Which figures the public may not see, and why: small ones, restricted ones, and those that give them away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.definitions.vocabulary import VALUED, Audience, Release, Status
from drug_outcomes.disclosure import ledger as ledgers
from drug_outcomes.disclosure.catalogue import PERIOD, Catalogue, cells_of, relations_of, running_totals
from drug_outcomes.disclosure.hints import hints, relations_of_hints, unsaid
from drug_outcomes.disclosure.ledger import KEY
from drug_outcomes.disclosure.masking import joined
from drug_outcomes.disclosure.model import Effort
from drug_outcomes.disclosure.percentages import must_withhold, relations_of_changes
from drug_outcomes.disclosure.policy import Policies, Policy, is_small
from drug_outcomes.disclosure.suppression import COMPLEMENTARY, UNDECIDED, suppress

#: Why a figure is withheld. Small and protecting figures share one word: two would tell which is which.
SUPPRESSED: Final = "suppressed"
RESTRICTED: Final = "restricted"
_COUNTS: Final = ("numerator", "denominator")
#: What holds of a figure that was released before and is in no file any more.
_GONE: Final[dict[str, Any]] = {
    "known": True,
    "private": False,
    "people": False,
    "external": False,
    "hidden": False,
    "worth": 1.0,
    "status": str(Status.PUBLISHED),
}
_ROW: Final = (*KEY, "source", "release", "status", "value", *_COUNTS)


@dataclass(frozen=True)
class Context:
    """What clearing takes into account beside the figures.

    Parameters
    ----------
    relations : which figures hang together, by definition (`catalogue.catalogue`).
    ledger : what has been released before (`ledger.read`); what the public saw by `as_of` counts as known.
    vintages : the observations as they came, earlier vintages too: a count that was hidden and has been revised
        since stays protected.
    effort : how hard the solver may try.
    complementary : false hides small and restricted figures alone. For tests that show what that gives away.
    """

    relations: Catalogue = field(default_factory=Catalogue)
    ledger: pd.DataFrame = field(default_factory=ledgers.nothing)
    vintages: pd.DataFrame = field(default_factory=observations.empty)
    effort: Effort = field(default_factory=Effort)
    complementary: bool = True


def row_id(table: pd.DataFrame) -> pd.Series:
    """Join what tells one row of a figure from another of the same figure."""
    return joined(table, _ROW)


def is_public(table: pd.DataFrame) -> pd.Series:
    """Say which observations stand in a named public release already."""
    return table["release"] == Release.PUBLIC.value


def visible(table: pd.DataFrame, policies: Mapping[str, Policy], audience: Audience, *, as_of: str = "") -> pd.Series:
    """Say which observations the audience could see at all, before small numbers are hidden.

    For the public these are what is published, and what was approved or whose embargo has ended by `as_of`, unless
    the policy of its measure keeps it back.
    """
    if audience == Audience.PARTNERSHIP:
        return pd.Series(True, table.index)
    of = Policies(policies)
    open_to = {name: of[name].audience == Audience.PUBLIC for name in table["measure"].unique()}
    until = table["release"].str.extract(r"^restricted_until (\d{4}-\d{2}-\d{2})$", expand=False)
    approved = (table["release"] == Release.APPROVED.value) | (until <= as_of).fillna(False).astype(bool)
    return is_public(table) | (approved & table["measure"].map(open_to).astype(bool))


def says_only_that_it_is_missing(table: pd.DataFrame) -> pd.Series:
    """Say which rows carry no figure and no hint of one: awaited, not supplied, not collected ..."""
    silent = ~table["status"].isin([str(status) for status in (*VALUED, Status.SUPPRESSED)])
    return silent & table[list(observations.NUMBER_COLUMNS)].isna().all(axis=1)


def judged(
    table: pd.DataFrame, policies: Policies, as_of: str, context: Context, *, audited: bool = False
) -> pd.DataFrame:
    """Return `why` each row is withheld from the public ("" where shown), a `hint`, and whether it is a `leak`.

    The index is that of `table`. A leak is a hidden count that follows from what is known already more closely
    than its policy allows: an earlier release, or the publisher, gave it away. If `audited`, all of these are looked
    for and `why` means nothing, else only those beside which something can still be hidden.
    """
    distinct = table.drop_duplicates(list(_ROW)).reset_index(drop=True)
    rows = _described(distinct, policies, as_of, context)
    why = pd.Series("", rows.index, dtype="str").mask(rows["small"], SUPPRESSED).mask(rows["private"], RESTRICTED)
    choice = ~rows["known"] & (why == "") & rows["first"] & ~says_only_that_it_is_missing(rows)
    leak = pd.Series(False, rows.index)
    settled = audited or bool((rows["hint"] != "").any())
    asked = choice | (settled & (why != ""))
    if context.complementary and asked.any():
        rows = rows.assign(hidden=why != "", asked=asked)
        more, leak = _complementary(rows, policies, context, as_of, settled, audited)
        if audited and (rows.loc[leak, "hint"] != "").any():  # a hint that gives something away is never said
            rows = unsaid(rows, rows.loc[leak, "name"])
            more, leak = _complementary(rows, policies, context, as_of, settled, audited)
        why = why.mask((why == "") & more.notna(), more)
    if settled:
        seen = ledgers.known_before(context.ledger, as_of)
        printed = joined(rows, (*KEY, *_COUNTS)).isin(set(joined(seen, (*KEY, *_COUNTS))))
        leak |= printed & (why != "") & rows["numerator"].notna()
    told = rows["hint"].mask(rows["name"].isin(rows.loc[leak, "name"]), "")
    found = pd.DataFrame({"why": why, "hint": told, "leak": leak}).set_axis(row_id(rows))
    return found.loc[row_id(table)].set_axis(table.index)


def _described(table: pd.DataFrame, policies: Policies, as_of: str, context: Context) -> pd.DataFrame:
    """Add what clearing needs to know of each row: `figure`, `name`, `known`, `private`, `people`, `small` ...

    Known is what is published, and what was approved and stands in an earlier edition with the same counts.
    """
    known = context.relations
    open_to_all = visible(table, policies, Audience.PUBLIC, as_of=as_of)
    seen = ledgers.known_before(context.ledger, as_of)
    said = joined(table, (*KEY, *_COUNTS)).isin(set(joined(seen, (*KEY, *_COUNTS))))
    outside = set(known.links.loc[known.links["whole"].str.contains(":"), "measure"])
    months = month_number(table["period_end"]) - month_number(table["period_start"]) + 1
    rows = table.assign(
        figure=joined(table, KEY),
        name=_name(table),
        known=is_public(table) | (open_to_all & said & table["numerator"].notna()),
        private=~open_to_all & ~says_only_that_it_is_missing(table),
        people=table["measure"].map({name: policies[name].people for name in table["measure"].unique()}).astype(bool),
        external=table["measure"].isin(outside),
        # Headlines and long periods are totals that readers look for first.
        worth=np.where(table["breakdown"] == "", 4.0, 1.0) * (1 + months.astype("float64").fillna(1.0) / 12),
    ).sort_values("known", ascending=False, kind="stable")
    rows = rows.assign(first=~rows.duplicated("figure"), **hints(rows, policies))
    # Of two different rows for one figure the public one stands; the other is not shown beside it.
    return rows.assign(small=~rows["known"] & (~rows["first"] | _small(rows, policies, known))).loc[table.index]


def _name(table: pd.DataFrame) -> pd.Series:
    return table["measure"].mask(table["measure"] == "", table["source"] + ":" + table["indicator"])


def _small(rows: pd.DataFrame, policies: Policies, known: Catalogue) -> pd.Series:
    """Say which rows show a small number: numerator, those left over, denominator, or whatever must fit."""
    per = rows["measure"].map({name: policies[name].per for name in rows["measure"].unique()})
    left = (rows["denominator"] - rows["numerator"]).where(~rows["external"])
    uncounted = rows["value"].where(rows["numerator"].isna() & (per == 1) & (rows["measure"] != ""))
    result = rows["people"] & (rows["status"] == Status.SUPPRESSED.value)
    for counts in (rows["numerator"], rows["denominator"], left, uncounted):
        by_measure = counts.groupby(rows["measure"])
        result |= by_measure.transform(lambda column: is_small(column, policies[str(column.name)])).astype(bool)
    part = rows[["numerator", "denominator"]].isna().any(axis=1)
    bare = rows[rows["value"].notna() & (per > 1) & part & ~rows["known"]]
    size = bare["denominator"].fillna(_linked(bare, rows, known, "d")["numerator"])
    restricted = _linked(bare, rows, known, "n")["private"].eq(True)
    columns = (bare["value"], bare["measure"], bare["numerator"], size, bare["lower"], bare["upper"], restricted)
    solved = [
        must_withhold(
            value, policies[measure], decimals=max(map(_decimals, (value, low, high))), numerator=count,
            denominators=None if np.isnan(n) else (int(n), int(n)), limits=(low, high), restricted=held,
        )
        for value, measure, count, n, low, high, held in zip(*columns, strict=True)
    ]  # fmt: skip
    return result | pd.Series(solved, bare.index, dtype=bool).reindex(rows.index, fill_value=False)


def _linked(rows: pd.DataFrame, every: pd.DataFrame, known: Catalogue, part: str) -> pd.DataFrame:
    """Return, on the index of `rows`, the row of the figure that counts their numerator or denominator."""
    keys = ["area", "breakdown", *PERIOD]
    links = known.links.loc[known.links["field"] == part, ["measure", "whole"]].drop_duplicates("measure")
    counts = every[["name", *keys, "numerator", "private"]].rename(columns={"name": "whole"})
    found = rows[["measure", *keys]].merge(links, on="measure", how="left")
    return found.merge(counts.drop_duplicates(["whole", *keys]), on=["whole", *keys], how="left").set_axis(rows.index)


def _decimals(value: float) -> int:
    """Count the decimals that a published number has, at most 6; a missing one has none."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _complementary(
    rows: pd.DataFrame, policies: Policies, context: Context, as_of: str, settled: bool, audited: bool
) -> tuple[pd.Series, pd.Series]:
    """Return which further rows must be withheld and why (missing where shown), and which are leaks."""
    stated = pd.concat([context.relations.sums, context.relations.links.rename(columns={"measure": "part"})])
    names = set(rows.loc[rows["asked"], "name"])
    for _ in range(2):
        tied = stated[stated["whole"].isin(names) | stated["part"].isin(names)]
        names |= {*tied["whole"], *tied["part"]}
    near = rows[rows["name"].isin(names) & rows["first"]]
    if not (near["numerator"].notna() | (near["status"] == Status.SUPPRESSED.value)).any():
        return pd.Series(pd.NA, rows.index, dtype="str"), pd.Series(False, rows.index)
    seen = ledgers.known_before(context.ledger, as_of, heads=True)
    seen = seen[_name(seen).isin(names) | seen["change_of"].isin(names) | ~ledgers.is_figure(seen)]
    held = context.vintages.iloc[: None if len(seen) else 0]
    held = held[_name(held).isin(names) & held["numerator"].notna()]
    held = held.assign(private=~visible(held, policies, Audience.PUBLIC, as_of=as_of), known=is_public(held))
    cells, relations = problem(near, policies, context.relations, seen, held)
    found = suppress(cells, relations, context.effort, settled=settled, audited=audited)
    added = found[found["reason"].isin([COMPLEMENTARY, UNDECIDED])].groupby("figure")["reason"].first()
    leaks = set(found.loc[found["already"], "shown_by"].str.replace(r"@[^@]*$", "", regex=True))
    return rows["figure"].map(added).replace(COMPLEMENTARY, SUPPRESSED), rows["figure"].isin(leaks)


def problem(
    rows: pd.DataFrame, policies: Policies, known: Catalogue, seen: pd.DataFrame, vintages: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells and relations of described rows, and of what earlier editions showed (see `model`).

    A figure that an earlier edition showed with its present numbers is known. One that it showed, or hid, with
    other numbers is a cell of its own, in the sums as they stood then. `vintages` tells what was hidden then;
    what it does not tell is taken not to have been revised since. A percentage change that an edition printed
    ties the two counts as they stood then.
    """
    said = set(joined(seen, (*KEY, *_COUNTS)))
    exact = rows["measure"].map({name: policies[name].rounding_base == 1 for name in rows["measure"].unique()})
    alike = joined(rows, (*KEY, *_COUNTS)).isin(said)
    rows = rows.assign(known=rows["known"] | (alike & rows["numerator"].notna()))
    last = seen[ledgers.is_figure(seen)].drop_duplicates(list(KEY), keep="last")
    last = last.assign(figure=joined(last, KEY), name=_name(last), **_GONE)
    gone = last[~last["figure"].isin(set(rows["figure"]))]
    cells = [cells_of(pd.concat([rows, gone], ignore_index=True), policies)]
    relations = [relations_of(cells[0], known), relations_of_hints(rows, cells[0])]
    for number, before in enumerate(ledgers.editions(seen)):
        then = _as_seen(rows, before, _newest(vintages, before["as_of"].max()), said, exact.astype(bool))
        changes = seen[(seen["edition"] == before["edition"].iloc[-1]) & (seen["change_of"] != "")]
        touched = {*then.loc[then["figure"] != rows["figure"], "name"], *changes["change_of"]}
        if touched:
            old = cells_of(pd.concat([then[then["name"].isin(touched)], gone], ignore_index=True), policies)
            tied = pd.concat([relations_of(old, known), relations_of_changes(changes, old)])
            own = tied["cell"].where(tied["cell"].isin(old["cell"]), tied["cell"] + f"@{number}")
            cells.append(old)
            relations.append(tied.assign(relation=tied["relation"] + f"@{number}", cell=own))
    every, tied = pd.concat(cells).drop_duplicates("cell"), pd.concat(relations, ignore_index=True)
    return pd.concat([every, running_totals(tied, every)], ignore_index=True), tied


def _newest(vintages: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Return the newest vintage of each figure on a day, from each source."""
    then = vintages[vintages["received"] <= as_of].sort_values(["received", "vintage", "row"], kind="stable")
    return then.drop_duplicates([*KEY, "source"], keep="last")


def _as_seen(
    rows: pd.DataFrame, before: pd.DataFrame, held: pd.DataFrame, said: set[str], exact: pd.Series
) -> pd.DataFrame:
    """Return the rows with the numbers of an earlier edition where those were others; their figure gets a mark.

    `before` is what had been shown by then, `held` what was held then: numbers that no edition `said` were hidden.
    Where counts are not shown exactly, what was shown stands for what was held. The mark is the numbers, since
    the same numbers are the same secret in every edition.
    """
    shown = before.set_index(joined(before, KEY))[list(_COUNTS)].reindex(rows["figure"])
    by_source = held.set_index(joined(held, (*KEY, "source")))[[*_COUNTS, "private", "known"]]
    kept = by_source.reindex(joined(rows, (*KEY, "source"))).set_axis(rows.index)
    told = shown["numerator"].notna().set_axis(rows.index)
    told &= ~exact | kept["numerator"].isna()
    old = shown.set_axis(rows.index).where(told, kept[list(_COUNTS)])
    other = old["numerator"].notna() & (old.fillna(-1) != rows[list(_COUNTS)].fillna(-1)).any(axis=1)
    printed = joined(rows.assign(**old), (*KEY, *_COUNTS)).isin(said)
    changed = other & (told | printed | kept["known"].eq(True))
    revised = other & ~changed
    unsaid = {name: rows[name].mask(revised) for name in ("bound_low", "bound_high")}
    return rows.assign(
        **{name: rows[name].mask(other, old[name]) for name in _COUNTS},
        **unsaid,
        figure=rows["figure"].mask(other, rows["figure"] + "@" + joined(old, _COUNTS)),
        known=(rows["known"] & ~revised) | changed,
        hidden=(rows["hidden"] & ~changed) | revised,
        private=rows["private"].mask(revised, kept["private"].eq(True)),
    )
