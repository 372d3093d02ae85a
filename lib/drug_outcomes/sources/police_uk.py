"""Street-level crime of police.uk: one row for each crime, counted by month and local authority.

The authority is the one in the name of the small area ("Southampton 012B"), never the force. A force that
stops sending leaves no rows, and that is not a zero: a count of none is given only where the force sent
drug crimes from elsewhere in the same month. Crimes that a force records outside its own area, and those of
the British Transport Police, stand apart, because they are only part of what happened there.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.sources import checks, forces, labelling, parsing, reading

_FIELDS: labelling.Fields = {
    "period": ("Month",),
    "force_name": ("Reported by",),
    "lsoa": ("LSOA code",),
    "lsoa_name": ("LSOA name",),
    "crime": ("Crime type",),
}
_ALSO: labelling.Fields = {"id": ("Crime ID",)}
_DRUGS = ("drugs", "drug offences")
#: Words of a new type that may be drug crimes under another name.
_LIKE_DRUGS = r"^$|drug|substance|narcotic|possession|traffick|cannabis"
#: Every category that police.uk has used.
_CRIMES = {
    *_DRUGS, "anti-social behaviour", "bicycle theft", "burglary", "criminal damage and arson", "other crime",
    "other theft", "possession of weapons", "public disorder and weapons", "public order", "robbery",
    "shoplifting", "theft from the person", "vehicle crime", "violence and sexual offences", "violent crime",
}  # fmt: skip
_NAME = re.compile(r"^(.*\S)\s+\d{3}[A-Z]$")
_KEY = ["period", "force_name"]


def read(file: Path) -> pd.DataFrame:
    """Count the drug crimes in a street file of one or more months and forces.

    Indicator: drugs_recorded. Areas: local authorities and forces. Breakdown: "force=..." for crimes that
    the area's own force did not record, "place=..." for an authority without a known code.

    Raises `UnreadableInput` for a crime type, month or small area that is not one, and for two different
    rows with one crime's number.
    """
    sheet = reading.read_sheet(file)
    header = reading.find_header(sheet, _FIELDS, optional=_ALSO)
    table = _checked(reading.body(sheet, header, each_row_one_figure=False))
    table = table.assign(place=table["lsoa_name"].str.extract(_NAME)[0].fillna(""), drugs=table["crime"].isin(_DRUGS))
    table = table.assign(sent=table.groupby(_KEY)["drugs"].transform("any"))
    counts = pd.concat([_by_council(table), _by_force(table)], ignore_index=True)
    value = counts["value"].astype("float64").where(counts["sent"])
    none = "the force sent no drug crime from anywhere in this month, which is not a count of none"
    rows = counts[["area", "breakdown", "period", "row"]].assign(
        indicator="drugs_recorded",
        value=value,
        numerator=value,
        status=counts["sent"].map({False: str(Status.NOT_SUPPLIED), True: str(Status.PUBLISHED)}),
        note=counts["note"].where(counts["sent"], none),
        sheet=sheet.name,
    )
    return observations.conform(parsing.dated(rows, periods.Basis.MONTH))


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with tidy crime types, each numbered crime once."""
    words = table.drop(columns=["row", "id"], errors="ignore")
    table = table[(words != "").any(axis="columns")]  # a footer has words in the first column only
    crime = table["crime"].map(labelling.plain)
    new = ~crime.isin(_CRIMES)
    located = (table["lsoa"] != "") | (table["lsoa_name"] != "")
    fitting = table["lsoa"].str.fullmatch(r"[EWSN]\d{8}") & table["lsoa_name"].str.fullmatch(_NAME.pattern)
    numbers = table.get("id", pd.Series("", table.index))
    for wrong, found, expected in (
        (
            checks.strangers(~new) | (new & crime.str.contains(_LIKE_DRUGS)),
            "this is not a crime type of police.uk; it may be drug crimes under a new name",
            "Drugs, Burglary and so on",
        ),
        (
            located & ~fitting,
            "code and name of the small area do not fit each other; columns may be swapped or shifted",
            "E01017139 and Southampton 012B",
        ),
        (~table["force_name"].str.match("[A-Za-z]"), "the crime is reported by no force", "the name of a police force"),
        (~numbers.str.fullmatch("(?:[0-9a-fA-F]{16,})?"), "this is not the number of a crime", "letters and figures"),
    ):
        checks.refuse_rows(table[wrong], found, expected=expected)
    table = table.assign(crime=crime)
    numbered = table[(numbers != "") & crime.isin(_DRUGS)]
    once = checks.merge_duplicates(numbered, ["id"], [*_FIELDS]) if len(numbered) else numbered
    return pd.concat([table.drop(index=numbered.index), once], ignore_index=True)


def _by_council(table: pd.DataFrame) -> pd.DataFrame:
    """Count by authority; drug crimes recorded by another force than the area's own are set apart."""
    known = ground.table().set_index("code")
    counts = _counted(table[table["place"] != ""], "place")
    area = ground.codes(counts["place"])
    force = forces.codes(counts["force_name"])
    elsewhere = (force != area.map(known["pfa_code"]).fillna("")) | (force == "")
    unknown = "no code is known for the area " + counts["place"]
    none = "none among " + counts["rows"].astype("str") + " crimes of all types"
    counts = counts.assign(
        area=area,
        breakdown=_apart(counts, elsewhere, counts["place"].where(area == "", "")),
        note=none.where(counts["value"] == 0, "").where(area != "", unknown),
    )
    counties = _by_county(counts[~elsewhere], known["county"].where(known["until"] == "", ""))
    return pd.concat([counts[(counts["value"] > 0) | ~elsewhere], counties])


def _counted(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Count the drug crimes of each month, force and `keys`: `value`, of `rows` crimes, whether any were `sent`."""
    grouped = table.groupby([*_KEY, *keys], as_index=False)
    return grouped.agg(value=("drugs", "sum"), row=("row", "min"), sent=("sent", "first"), rows=("row", "size"))


def _apart(counts: pd.DataFrame, elsewhere: "pd.Series[bool]", place: "pd.Series[str] | None" = None) -> pd.Series:
    parts = {"force": forces.tidy(counts["force_name"]).where(elsewhere, "")}
    return labelling.breakdown(parts | ({"place": place} if place is not None else {}))


def _by_county(districts: pd.DataFrame, county: "pd.Series[str]") -> pd.DataFrame:
    """Add up districts. A force's file holds every crime of its area, so a district without a row had none."""
    inside = districts.assign(area=districts["area"].map(county).fillna(""))
    grouped = inside[inside["area"] != ""].groupby([*_KEY, "area"], as_index=False)
    summed = grouped.agg(value=("value", "sum"), row=("row", "min"), sent=("sent", "first"), named=("place", "nunique"))
    note = "sum of its districts, " + summed["named"].astype("str") + " of them with crimes of any type"
    return summed.assign(breakdown="", note=note)


def _by_force(table: pd.DataFrame) -> pd.DataFrame:
    """Count what each force recorded anywhere, with or without a place."""
    counts = _counted(table)
    lost = table[table["drugs"] & (table["place"] == "")].groupby(_KEY).size().rename("lost")
    lost = counts.join(lost, on=_KEY)["lost"]
    area = forces.codes(counts["force_name"])
    note = lost.fillna(0).astype("int64").astype("str") + " of them without a place"
    return counts.assign(
        area=area, breakdown=_apart(counts, area.isin(["", forces.NATIONAL])), note=note.where(lost.notna(), "")
    )
