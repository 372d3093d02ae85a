"""Estimates of how many people use opiates and crack, or depend on alcohol, with their limits.

Three shapes are read: a tidy table of one substance, the workbook of opiate and crack estimates with its
header in two rows, and the file of the UK's Sustainable Development Goals, which also holds the number in
treatment and the need that is met. Indicators: prevalence (people), prevalence_rate (per 1,000), in_treatment,
met_need (percentage). Breakdown: substance.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, ndtms_tables, parsing, reading

_ENGLAND = "E92000001"
_SDG: labelling.Fields = {
    "period": ["Year"],
    "series": ["Series"],
    "units": ["Units"],
    "area_name": ["Local Authority"],
    "decile": ["Deprivation decile"],
    "area": ["GeoCode"],
    "value": ["Value"],
}
_TIDY: labelling.Fields = {
    "period": [re.compile(r"(financial |time )?(year|period)")],
    "area_name": ["Local_Authority", "area name", "area", "local authority name"],
    "value": [
        re.compile(r"(alcohol[_ ])?(dependent|dependence)( adults)?|(point )?estimate|number( of users)?|prevalence")
    ],
    "lower": [re.compile(r".*\b_?(lower|lcl).*|.*_lower.*")],
    "upper": [re.compile(r".*\b_?(upper|ucl).*|.*_upper.*")],
}
_TIDY_MORE: labelling.Fields = {
    "area": [re.compile(r"area[_ ]code([_ ]gss)?|gss([_ ]code)?|geocode|code")],
    "substance": ["substance", "drug", "drug group"],
}
_MARKERS = markers.mapping(
    markers.MISSING,
    {"na": Status.NOT_PUBLISHED, "": Status.NOT_PUBLISHED, "-": Status.NOT_PUBLISHED},
    {"c": Status.SUPPRESSED, "*": Status.SUPPRESSED, "z": Status.NOT_APPLICABLE, "x": Status.NOT_PUBLISHED},
    {":": Status.NOT_CALCULATED},
)
_SERIES = {
    "estimated prevalence": "prevalence",
    "met need": "met_need",
    "people in treatment": "in_treatment",
    "unmet need": "unmet_need",
}
_SHARES = ("met_need", "unmet_need")
_GROUPS = {"prevalence": "number", "prevalence_rate": "rate"}
_ABOVE = "Number of users, or Rate per thousand, above every substance"
_SIDE: labelling.Fields = {
    "area_name": [re.compile(r"local authority( name)?|area( name)?")],
    "population": [re.compile(r".*population.*")],
}
_SIDE_MORE: labelling.Fields = {"region": [re.compile(r"region( name)?")]}
_YEARS = re.compile(r"((?:19|20)\d\d)\s*(?:-|–|/|to)\s*((?:19|20)?\d\d)(?!\d)")


def read(file: Path, *, period: str = "", substance: str = "") -> pd.DataFrame:
    """Read estimates of any of the three shapes into observations of all areas in the file.

    Parameters
    ----------
    period : what the estimates are of, "2019/20", where neither title nor column says it.
    substance : OCU, Opiate, Crack or Alcohol, where the file does not say.
    """
    rows = pd.concat([_table(sheet, period, substance) for sheet in _sheets(file)], ignore_index=True)
    key = ["indicator", "area", "period_label", "breakdown"]
    merged = checks.merge_duplicates(_agreeing(rows, key), key, parsing.FIGURES)
    _check_two_ways(merged)
    return observations.conform(merged)


def _agreeing(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give percentages that stand twice and agree to two decimals the value of the first, and say so."""
    same = rows.assign(shown=rows["value"].round(2)).groupby([*key, "shown"])["value"]
    first = same.transform("first").where(rows["indicator"].isin(_SHARES), rows["value"])
    twice = rows["indicator"].isin(_SHARES) & (same.transform("nunique") > 1)
    remark = "published twice, with values that agree to two decimals"
    return rows.assign(value=rows["value"].mask(twice, first), note=rows["note"].mask(twice, remark))


def _sheets(file: Path) -> list[reading.Sheet]:
    """Return the sheets that hold estimates: of several, those with the word lower in a header."""
    sheets = [reading.read_sheet(file, name or None) for name in reading.sheets(file)]
    held = [one for one in sheets if any("lower" in labelling.plain(cell) for row in one.rows[:12] for cell in row)]
    if len(sheets) > 1 and not held:
        names = "; ".join(one.name for one in sheets)
        raise UnreadableInput("no sheet holds estimates with limits", expected=f"one of {names} with Lower and Upper")
    return held if len(sheets) > 1 else sheets


def _table(sheet: reading.Sheet, period: str, substance: str) -> pd.DataFrame:
    labels = [{labelling.squeeze(cell) for cell in row} for row in sheet.rows[:12]]
    grouped = next((row for row, cells in enumerate(sheet.rows[:12], start=1) if len(_estimates(cells)) > 1), 0)
    if any({"series", "geocode"} <= row for row in labels):
        table = _goals(sheet)
    else:
        table = _two_rows(sheet, grouped, period) if grouped else _tidy(sheet, substance)
    split = {name: table[name] for name in ("substance", "age", "deprivation_decile") if name in table}
    dated = parsing.dated(table, None, ndtms_tables.PERIODS)
    rows = dated[["area", "indicator", "note", "row", "period_label", "period_start", "period_end", "period_basis"]]
    rows = rows.assign(
        **parsing.figures(table, _MARKERS),
        breakdown=labelling.breakdown({**split, "area_name": table["place"]}),
        sheet=sheet.name,
    )
    checks.refuse_rows(rows[rows["value"] < 0], "an estimate is below 0")
    counted = rows["indicator"].isin(["prevalence", "in_treatment"]) & rows["numerator"].isna()
    rows = rows.assign(numerator=rows["numerator"].mask(counted, rows["value"]))
    return areas_lookup.not_supplied(rows, table["area_name"])


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    """Add `area`, `note` and `place`: the code of the row, or that of its name where the code is none."""
    found = areas_lookup.named(table)
    if "area" not in table.columns:
        return table.assign(**found)
    given = table["area"].str.fullmatch(labelling.GSS_CODE)
    by_name = "placed by its name, because " + table["area"] + " is no area code"
    return table.assign(
        area=table["area"].where(given, found["area"]),
        note=found["note"].where(found["area"] == "", by_name).where(~given, ""),
        place=found["place"].where(~given, ""),
    )


def _tidy(sheet: reading.Sheet, substance: str) -> pd.DataFrame:
    header = reading.find_header(sheet, _TIDY, optional=_TIDY_MORE)
    table = reading.body(sheet, header)
    table = table[(table["value"] != "") | (table["period"] != "")].reset_index(drop=True)
    if "substance" not in table.columns:
        in_header = "alcohol" in labelling.plain(header.texts[header.columns["value"]])
        said = [substance] if substance else ["Alcohol"] if in_header else []
        try_next = "add a column Substance with OCU, Opiate, Crack or Alcohol"
        table = table.assign(substance=checks.only(said, "which substance", expected="its name", try_next=try_next))
    return _placed(table.assign(substance=ndtms_tables.substances(table), indicator="prevalence"))


def _goals(sheet: reading.Sheet) -> pd.DataFrame:
    """Read the file of the Development Goals: England is the row without name, code and decile."""
    table = reading.table(sheet, _SDG)
    parts = table["series"].str.extract(r"^(?P<substance>.+?)\s+-\s+(?P<what>.+)$").fillna("")
    indicator = parts["what"].map(labelling.plain).map(_SERIES)
    grouped = table["decile"].map(labelling.plain).str.contains(r"^(?:$|.*(?:decile|quintile))")
    percent = table["units"].str.contains("%")
    for wrong, found, expected in (
        (indicator.isna(), "the series is unknown", "prevalence, met need or treatment"),
        (~grouped, "the deprivation group is not one", "Decile 1 to 10"),
        (
            percent != indicator.isin(_SHARES),
            "the unit is not the series' own",
            "Percentage for need, Number for people",
        ),
    ):
        checks.refuse_rows(table[wrong], found, expected=expected)
    national = (table["area_name"] == "") & (table["area"] == "")
    local = table["area"].str.fullmatch(labelling.GSS_CODE)
    place = table["area_name"].where(~local & ~national, "")
    return table.assign(
        area=table["area"].where(local, "").where(~national, _ENGLAND),
        note=("no code is given for the area " + place).where(place != "", ""),
        place=place,
        indicator=indicator,
        substance=ndtms_tables.substances(parts.assign(row=table["row"])),
        deprivation_decile=table["decile"],
    )


def _estimates(cells: Sequence[str]) -> list[tuple[str, dict[str, int]]]:
    """Return (substance, columns of value, lower and upper) in the order of a header of substances and limits."""
    found: list[tuple[str, dict[str, int]]] = []
    for column, cell in enumerate(cells):
        label = re.sub(r"(?<=[a-z])\d$", "", labelling.plain(cell))
        substance = ndtms_tables.substance_of(label)
        if substance:
            found.append((substance, {"value": column}))
        bound = next((name for name in ("lower", "upper") if name in label), "")
        if bound and found and bound not in found[-1][1]:
            found[-1][1][bound] = column
    return [(substance, columns) for substance, columns in found if len(columns) > 1]


def _two_rows(sheet: reading.Sheet, row: int, period: str) -> pd.DataFrame:
    """Read the table whose upper header row says number or rate, and whose lower says substance and limit."""
    lower = sheet.rows[row - 1]
    upper = sheet.rows[row - 2] if row > 1 else ("",) * len(lower)
    groups = pd.Series(upper).mask(lambda cells: cells == "").ffill().fillna("").map(labelling.plain)
    labels = tuple(one or other for one, other in zip(upper, lower, strict=True))
    joined = reading.Sheet(sheet.file, sheet.name, (*((),) * (row - 1), labels))
    places = reading.find_header(joined, _SIDE, optional=_SIDE_MORE).columns
    age = re.search(r"\d+\s*-\s*\d+|\d+\+", labelling.plain(labels[places["population"]]))
    blocks = []
    for substance, columns in _estimates(lower):
        kind = [name for name, word in _GROUPS.items() if word in groups[columns["value"]]]
        indicator = checks.only(kind, "whether columns are numbers or rates", expected=_ABOVE)
        table = reading.body(sheet, reading.Header(row, places | columns, lower))
        of = table["population"] if indicator == "prevalence_rate" else ""
        found = table.assign(indicator=indicator, substance=substance, denominator=of)
        blocks.append(found[table["population"] != ""])
    table = pd.concat(blocks, ignore_index=True)
    named = table["area_name"].where(table["area_name"] != "", table.get("region", ""))
    return _placed(
        table.assign(
            area_name=named, age=age[0].replace(" ", "") if age else "", period=period or _said_period(sheet, row)
        )
    )


def _said_period(sheet: reading.Sheet, row: int) -> str:
    """Return the period that the title or the sheet's name states."""
    words = " ".join([*(cell for cells in sheet.rows[: row - 1] for cell in cells), sheet.name])
    said = [f"{match[1]}/{match[2][-2:]}" for match in _YEARS.finditer(words)]
    return checks.only(said, "which years the estimates are of", expected="one financial year in the title")


def _check_two_ways(rows: pd.DataFrame) -> None:
    """Check the need that is met, the rate and the union of substances against the numbers behind them."""
    key = ["area", "period_label", "breakdown"]
    known = rows.pivot_table(index=key, columns="indicator", values="value", aggfunc="first")
    known = known.reindex(columns=["prevalence", "in_treatment"])
    both = rows.join(known, on=key)
    met = (both["value"] - 100 * both["in_treatment"] / both["prevalence"]).abs() > 0.5
    rate = (both["value"] - 1000 * both["prevalence"] / both["denominator"]).abs() > 0.06
    every = rows[rows["breakdown"].str.contains("substance=OCU")]
    parts = rows[rows["breakdown"].str.contains("substance=(?:Opiate|Crack)$")]
    common = ["indicator", "area", "period_label"]
    pairs = every.merge(parts[[*common, "value"]], on=common, suffixes=("", "_part"))
    for wrong, found in (
        (both[met & (both["indicator"] == "met_need")], "the need that is met is not treatment over prevalence"),
        (both[rate & (both["indicator"] == "prevalence_rate")], "the rate is not the number over the population"),
        (pairs[pairs["value_part"] > pairs["value"] * 1.001], "a part is more than opiates and crack together"),
    ):
        checks.refuse_rows(wrong, found)
