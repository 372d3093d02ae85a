"""Recorded offences by area: partnerships, councils, forces, what is in no partnership, and England."""

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.sources import forces, stacking

#: What tells figures of one area apart.
KEYS = ["indicator", "period"]
_ENGLISH_FORCES = 39


def by_area(parts: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each area: partnerships, councils, forces, offences in no partnership, England."""
    whole = _forces(parts, totals)
    loose = parts[parts["recording"] != ""]
    inside = parts[parts["recording"] == ""].merge(_aside(loose), on=[*KEYS, "force"], how="left")
    inside = inside.assign(note=inside["place_note"] + inside["aside"].fillna(""))
    keys = [*KEYS, "council", "note", *(["sheet"] if "sheet" in inside else [])]
    councils = stacking.add_up(inside[inside["council"] != ""], keys)
    several = "sum of " + councils["parts"].astype("str") + " community safety partnerships; "
    councils = councils.assign(
        area=councils["council"], note=several.where(councils["parts"] > 1, "") + councils["note"]
    )
    found = [
        inside[inside["csp"] != ""].assign(area=inside["csp"]),
        councils,
        whole.assign(area=whole["force"]),
        loose.assign(area=loose["force"], breakdown="recording=" + loose["recording"], note=loose["place_note"]),
        _england(whole),
    ]
    table = pd.concat(found, ignore_index=True)
    table = table.assign(note=table["note"].fillna("").str.removesuffix("; "))
    return table[[name for name in table.columns if name in (*observations.COLUMNS, "period")]]


def _forces(parts: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Add to the forces' own rows the forces of one single partnership, which have none."""
    alone = parts[~parts["force"].isin(totals["force"]) & ~parts.duplicated([*KEYS, "force"], keep=False)]
    alone = alone[alone["csp"] != ""].assign(without_total=True)
    whole = pd.concat([totals.assign(without_total=False), alone], ignore_index=True)
    national = whole["force"] == forces.NATIONAL
    return whole.assign(
        breakdown=("force=" + forces.tidy(whole["force_name"])).where(national | (whole["force"] == ""), ""),
        note=whole["without_total"].map({True: "the file gives this force no total row", False: ""}),
    )


def _aside(loose: pd.DataFrame) -> pd.DataFrame:
    """Return `aside` for each force: what its rows in no partnership hold, for the notes of the others."""
    apart = loose[~loose["place_note"].str.startswith("no code")]
    number = _written(apart["value"]).where(apart["value"].notna(), "an unpublished number of")
    kind = apart["indicator"].str.removesuffix("_offences").str.replace("_", " ")
    what = number + " " + kind + " offences"
    words = what + ' as "' + apart["csp_name"].str.strip() + '"'
    together: pd.DataFrame = (
        apart.assign(aside=words).groupby([*KEYS, "force"])["aside"].agg(lambda told: " and ".join(told)).reset_index()
    )
    return together.assign(aside="the force records a further " + together["aside"] + ", in no partnership")


def _england(whole: pd.DataFrame) -> pd.DataFrame:
    """Return England where all its forces are in the file: the sum of their total rows, without Wales."""
    english = whole[whole["force"].str.startswith("E23")]
    complete = english.groupby(KEYS)["force"].transform("nunique") == _ENGLISH_FORCES
    totals = english[complete & ~english["without_total"]]
    rest = english[complete & english["without_total"]]
    left = rest["force_name"].str.strip() + " (" + _written(rest["value"]) + ")"
    left_out = rest.assign(left=left).groupby(KEYS, as_index=False)["left"].agg(", ".join)
    summed = stacking.add_up(totals, KEYS).merge(left_out, on=KEYS, how="left")
    note = "sum of " + summed["parts"].astype("str") + " English police force totals, without Wales"
    without = ", and without " + summed["left"] + ", which has no total row"
    return summed.assign(area="E92000001", breakdown="", note=note + without.fillna(""))


def _written(count: pd.Series) -> pd.Series:
    return count.map("{:,.0f}".format).astype("str")
