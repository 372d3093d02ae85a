"""The names and codes of areas in a publisher's table, and the look-up files that say which is which."""

import difflib
import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import labelling, reading

#: Some rows of a look-up file are of places abroad, or of none, and have no code.
_MOSTLY = 0.8
_GONE = re.compile(r"\(discontinued\)|\(until [^)]*\)", re.IGNORECASE)


def named(table: pd.DataFrame, column: str = "area_name", when: pd.Series | None = None) -> pd.DataFrame:
    """Return `area`, `note` and `place` for a column of names; refuse the file when none is known.

    A name without a code keeps its rows: `area` is "", the note says so, and `place` (else "") is for the
    breakdown, so that two such areas are told apart.
    """
    names = table[column].astype("str")
    found = ground.codes(names, when)
    if not (found != "").any():
        near = difflib.get_close_matches(names.iloc[0], filter(None, ground.table()["name"]), n=3)
        raise UnreadableInput(
            f"no area has the name {names.iloc[0]!r}",
            expected="names of areas in data/framework/areas.csv or data/areas",
            try_next=f"did you mean {' or '.join(near)}?" if near else "add the name as an alias there",
            row=int(table["row"].iloc[0]),
        )
    place = names.where(found == "", "")
    note = ("no code is known for the area " + place).where(found == "", "")
    return pd.DataFrame({"area": found, "note": note, "place": place})


def not_supplied(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return `rows` without zeros beside names of discontinued areas: nobody supplies them any more."""
    gone = names.astype("str").str.contains(_GONE) & (rows["value"] == 0)
    return rows.assign(
        value=rows["value"].mask(gone),
        numerator=rows["numerator"].mask(gone),
        status=rows["status"].mask(gone, str(Status.NOT_SUPPLIED)),
    )


def read(file: Path) -> pd.DataFrame:
    """Read a published look-up file: one row for each code and each thing the file says about it.

    `area` is the code in the file's first column of codes, `indicator` the header of another column,
    `text` its cell. Nothing in such a file is a figure, so `value` is empty and `status` not_applicable.
    """
    sheet = reading.read_sheet(file)
    labels = [label.strip().lstrip("\ufeff") for label in sheet.rows[0]]
    if "" in labels or len(set(labels)) < len(labels):
        raise UnreadableInput(
            f"the header has an empty or repeated name. Headers found: {'; '.join(labels)}",
            expected="one name for each column",
            row=1,
        )
    places = {label: place for place, label in enumerate(labels)}
    found = reading.body(sheet, reading.Header(1, places, sheet.rows[0]))
    codes = found[labels].apply(lambda column: column.str.fullmatch(labelling.GSS_CODE))
    coded = [name for name in labels if codes[name].all()] or sorted(
        (name for name in labels if codes[name].mean() > _MOSTLY),
        key=lambda name: -found.loc[codes[name], name].nunique(),
    )
    if not coded:
        raise UnreadableInput(
            f"no column holds an area code. Headers found: {'; '.join(labels)}",
            expected="a column of codes such as E06000045",
        )
    found = found[codes[coded[0]]]
    long = found.melt(id_vars=[coded[0], "row"], var_name="indicator", value_name="text")
    long = long.rename(columns={coded[0]: "area"}).sort_values(["row", "indicator"])
    return observations.conform(long.assign(status=str(Status.NOT_APPLICABLE), sheet=sheet.name))
