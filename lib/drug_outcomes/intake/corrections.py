"""Declared fixes of published figures: what is wrong, what it should be, why, and who was told.

`corrections.csv` of an area names a figure and, in `expect`, the wrong value as published. That is the
guard: once the publisher prints something else, the fix is no longer applied and says so loudly. Files as
received are never touched, and a figure that was corrected carries the reason in its `note`.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.areas import CLOSED, Area
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import VALUED, Release, Severity, Status

FILE = "corrections.csv"
_COLUMNS = (
    edited_tables.ids("correction", "measure")
    + edited_tables.text("period", "expect", "reason")
    + edited_tables.codes("area")
    + edited_tables.word("action", ("replace", "drop", "note"))
    + edited_tables.numbers("value")
    + edited_tables.free("breakdown", "told", "status", "reference")
)
_OPTIONAL = edited_tables.dates("declared")
_TEXTS = ("expect", "found", "reason", "status", "outcome", "row")
#: Of a correction that is no longer made: the publisher has mended it, or it was a mistake of ours.
FIXED, WITHDRAWN = "fixed", "withdrawn"
_SUGGESTIONS = {
    "applied": "",
    "changed": "If the new figure is right, write 'fixed' as the correction's status; if not, expect the new one.",
    "unmatched": "Compare measure, area, period and breakdown with the figure as published.",
}


def declared(area: Area, as_of: str = "") -> pd.DataFrame:
    """Read what an area has declared by a date; all of it where none is given.

    Columns: correction, measure, area, period, breakdown, action, value, expect, reason, told, status,
    reference, declared (an ISO date or "": from which day the correction is made), row, and closed: whether it stands
    in restricted/, so that its words are the partnership's.
    Raises `UnreadableInput` with file, row, column and what was expected.
    """
    files = [file for file in (area.folder / FILE, area.folder / CLOSED / FILE) if file.exists()]
    if not files:
        names = [*(column.name for column in (*_COLUMNS, *_OPTIONAL)), "row"]
        empty = pd.DataFrame(columns=names, dtype="str").astype({"value": "float64", "row": "int64"})
        return empty.assign(closed=pd.Series(dtype="bool"))
    table = pd.concat([_read(file) for file in files], ignore_index=True)
    edited_tables.refuse(table, files[-1], "correction", table["correction"].duplicated(), "a name of its own")
    named = table.assign(area=table["area"].mask(table["area"] == "", area.code))
    in_force = (named["declared"] <= (as_of or "9999")) & (named["status"] != WITHDRAWN)
    return named[in_force].reset_index(drop=True)


def _read(file: Path) -> pd.DataFrame:
    table = edited_tables.read(file, _COLUMNS, key="correction", optional=_OPTIONAL)
    unsaid = (table["action"] == "replace") != table["value"].notna()
    edited_tables.refuse(table, file, "value", unsaid, "the right value to replace with, else nothing")
    return table.assign(row=np.arange(2, len(table) + 2), closed=file.parent.name == CLOSED)


def apply(known: pd.DataFrame, area: Area, as_of: str = "") -> pd.DataFrame:
    """Return the observations with the corrections made that were declared by a date.

    A figure is corrected where its newest vintage from the same source still says what the correction
    expects. `replace` sets the value and empties limits, and the numerator unless it is the value itself;
    `drop` leaves the rows out, so that an earlier vintage stands; `note` changes nothing but the note.
    """
    fixes = declared(area, as_of)
    if fixes.empty:
        return known
    hits = _hits(known, fixes)
    made = hits[hits["applies"]].set_index("place")
    dropped = made.index[made["action"] == "drop"]
    return _replaced(_noted(known, made), made[made["action"] == "replace"]).drop(index=dropped).reset_index(drop=True)


def outcomes(known: pd.DataFrame, area: Area, as_of: str = "") -> pd.DataFrame:
    """Return what became of every correction: the columns of `declared`, and outcome, found, release.

    `outcome` is applied, changed (the publisher prints `found` now) or unmatched. `release` is public where
    nothing but public figures stand behind the row.
    """
    fixes = declared(area, as_of)
    hits = _hits(known, fixes)
    names, matched = fixes["correction"], set(hits["correction"])
    newest = hits[hits["newest"]].drop_duplicates("correction", keep="last").set_index("correction")["said"]
    made = names.isin(hits.loc[hits["applies"], "correction"])
    closed = hits.loc[hits["release"] != Release.PUBLIC, "correction"]
    open_to_all = names.isin(matched - set(closed)) & ~fixes["closed"]
    return fixes.assign(
        outcome=np.select([made, names.isin(matched)], ["applied", "changed"], "unmatched"),
        found=newest.reindex(names).astype("str").fillna("").to_numpy(),
        release=np.where(open_to_all, str(Release.PUBLIC), str(Release.RESTRICTED)),
    ).astype({"outcome": "str", "found": "str", "release": "str"})


def findings(made: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Say what became of corrections, one finding each; `made` is what `outcomes` returns.

    `measures` has measure, number and title; the columns out are those of `quality.findings`, and release.
    A correction that was made is for information; one whose guard no longer holds is an error.
    """
    kept = made.astype(dict.fromkeys(_TEXTS, "str"))
    kept = kept[(made["outcome"] == "applied") | (made["status"] != FIXED)]
    by_outcome = {
        "applied": np.where(
            kept["action"] == "replace",
            "Published as " + kept["expect"] + ", shown as " + kept["value"].map("{:g}".format).astype("str") + ": ",
            np.where(kept["action"] == "drop", "Published as " + kept["expect"] + ", left out: ", "Noted: "),
        )
        + kept["reason"],
        "changed": "The correction expects " + kept["expect"] + ", and " + kept["found"] + " is published now: "
        "it is not made any more.",
        "unmatched": "The correction names a figure that is not held: it is not made.",
    }
    what = np.select([kept["outcome"] == name for name in by_outcome], list(by_outcome.values()), "")
    applied = kept["outcome"] == "applied"
    named = kept[["measure"]].merge(measures[["measure", "number", "title"]], on="measure", how="left")
    found = pd.DataFrame(
        {
            "number": named["number"].set_axis(kept.index),
            "title": named["title"].fillna("").set_axis(kept.index),
            "rule": np.where(applied, "correction_applied", "correction_guard"),
            "about": "figures",
            "severity": np.where(applied, str(Severity.INFO), str(Severity.ERROR)),
            "measure": kept["measure"],
            "area": kept["area"],
            "period_label": kept["period"],
            "document": kept["closed"].map({True: f"{CLOSED}/{FILE}", False: FILE}).astype("str"),
            "place": "row " + kept["row"],
            "what": what,
            "figures": kept["expect"] + "; " + kept["found"],
            "suggestion": kept["outcome"].map(_SUGGESTIONS),
            "status": kept["status"].mask(kept["status"] == "", "open"),
            "release": kept["release"],
        }
    )
    return found.astype(dict.fromkeys(found.columns.drop("number"), "str") | {"number": "Int64"})


def _hits(known: pd.DataFrame, fixes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per correction and observation it names: place, said, newest, applies ..."""
    own = known.assign(place=known.index, label=_label(known["period_label"]), said=_said(known))
    wanted = fixes[["correction", "action", "measure", "area", "breakdown", "expect", "value", "reason", "closed"]]
    pairs = own.drop(columns="value").merge(
        wanted.assign(label=_label(fixes["period"])), on=["measure", "area", "breakdown", "label"]
    )
    pairs = pairs.sort_values(["received", "vintage", "file", "row"], kind="stable")
    group = ["correction", "source", *KEY]
    newest = ~pairs.duplicated(group, keep="last")
    agrees = pairs["said"] == _plain(pairs["expect"])
    holds = (agrees & newest).groupby([pairs[name] for name in group]).transform("any").astype(bool)
    return pairs.assign(newest=newest, applies=agrees & holds)


def _label(labels: pd.Series) -> pd.Series:
    """Bring labels of periods to one form: "2021 - 23" and "2021-23" are one."""
    return labels.astype("str").str.casefold().str.replace(r"[\s–—-]+", "", regex=True)


def _said(known: pd.DataFrame) -> pd.Series:
    """Return what a row prints: its number, or its text where there is none."""
    return _plain(known["text"]).where(known["value"].isna(), known["value"].map("{:.10g}".format).astype("str"))


def _plain(texts: pd.Series) -> pd.Series:
    """Bring numbers as text to one form (7.10, 7.1); other text stays, without spaces."""
    bare = texts.astype("str").str.replace(r"[\s,]", "", regex=True)
    numbers = pd.to_numeric(bare, errors="coerce")
    return bare.where(numbers.isna(), numbers.map("{:.10g}".format).astype("str"))


def _noted(known: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    why = " (published as " + made["expect"] + "): " + made["reason"]
    told = "correction " + made["correction"] + why.mask(made["closed"].astype(bool), "")
    added = told.groupby(level=0).agg("; ".join).reindex(known.index).fillna("").astype("str")
    between = pd.Series("; ", known.index).where((known["note"] != "") & (added != ""), "")
    return known.assign(note=known["note"] + between + added)


def _replaced(known: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    right = made[~made.index.duplicated(keep="last")]["value"].reindex(known.index)
    fixed = right.notna()
    counted = known["numerator"] == known["value"]
    valued = known["status"].isin([str(status) for status in VALUED])
    emptied = {name: known[name].mask(fixed) for name in ("lower", "upper", "bound_low", "bound_high")}
    return known.assign(
        value=known["value"].mask(fixed, right),
        numerator=known["numerator"].mask(fixed & ~counted).mask(fixed & counted, right),
        text=known["text"].mask(fixed, right.map("{:g}".format)),
        status=known["status"].mask(fixed & ~valued, str(Status.PUBLISHED)),
        **emptied,
    )
