"""Estimates of how many people use opiates and crack, or depend on alcohol, with their limits.

Three shapes are read: a tidy table of one substance, the workbook of opiate and crack estimates with its
header in two rows, and the file of the UK's Sustainable Development Goals, which also holds the number in
treatment and the need that is met. Indicators: prevalence (people), prevalence_rate (per 1,000), in_treatment,
met_need (percentage). Breakdown: substance.
"""

import re
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
_FIGURES = ("value", "lower", "upper", "numerator", "denominator")
_GROUPS = {"prevalence": re.compile(r".*number.*"), "prevalence_rate": re.compile(r".*rate.*")}
_SIDE = {
    "area_name": re.compile(r"local authority( name)?|area( name)?"),
    "population": re.compile(r".*population.*"),
    "region": re.compile(r"region( name)?"),
}
_YEARS = re.compile(r"((?:19|20)\d\d)\s*(?:-|–|/|to)\s*((?:19|20)?\d\d)(?!\d)")


def read(file: Path, *, period: str = "", substance: str = "") -> pd.DataFrame:
    """Read estimates of any of the three shapes into observations of all areas in the file.

    Parameters
    ----------
    period : what the estimates are of, "2019/20", where neither title nor column says it.
    substance : OCU, Opiate, Crack or Alcohol, where the file does not say.
    """
    rows = pd.concat([_table(reading.read_sheet(file, name or None), period, substance) for name in _sheets(file)])
    checks.check_limits(rows, file=file)
    key = ["indicator", "area", "period_label", "breakdown"]
    merged = checks.merge_duplicates(_agreeing(rows, key), key, _FIGURES, file=file)
    _check_two_ways(merged, file)
    return observations.conform(merged)


def _agreeing(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give percentages that stand twice and agree to two decimals the value of the first, and say so."""
    shares = rows["indicator"].isin(_SHARES)
    same = [*key, "shown"]
    shown = rows.assign(shown=rows["value"].round(2))
    first = shown.groupby(same, dropna=False)["value"].transform("first")
    differing = shares & (first != rows["value"]) & rows["value"].notna()
    twice = shares & shown.assign(differing=differing).groupby(same, dropna=False)["differing"].transform("any")
    remark = "published twice, with values that agree to two decimals"
    return rows.assign(value=rows["value"].mask(differing, first), note=rows["note"].mask(twice, remark))


def _sheets(file: Path) -> list[str]:
    """Return the sheets that hold estimates: those with the word lower in a header."""
    names = reading.sheets(file)
    if len(names) == 1:
        return names
    held = [
        name
        for name in names
        if any("lower" in labelling.plain(cell) for row in reading.read_sheet(file, name).rows[:12] for cell in row)
    ]
    if not held:
        raise UnreadableInput(
            "no sheet holds estimates with limits",
            expected=f"one of {'; '.join(names)} with Lower and Upper",
            file=file,
        )
    return held


def _table(sheet: reading.Sheet, period: str, substance: str) -> pd.DataFrame:
    labels = [{labelling.squeeze(cell) for cell in row} for row in sheet.rows[:12]]
    if any({"series", "geocode"} <= row for row in labels):
        return _goals(sheet)
    grouped = next((row for row, cells in enumerate(sheet.rows[:12], start=1) if len(_estimates(cells)) > 1), 0)
    return _two_rows(sheet, grouped, period) if grouped else _tidy(sheet, substance)


def _observed(table: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    """Add figures, period and area to rows with period, area_name, indicator, breakdown and text figures."""
    table = table.assign(**{name: "" for name in _FIGURES if name not in table.columns})
    figures = parsing.numbers(table["value"], _MARKERS, file=sheet.file, rows=table["row"], name="Value")
    others = {
        name: parsing.plain_numbers(table, name, file=sheet.file, missing=tuple(_MARKERS)) for name in _FIGURES[1:]
    }
    when = parsing.period_columns(table, sheet.file, None, ndtms_tables.PERIODS).drop(columns="period_status")
    kept = table[["area", "indicator", "breakdown", "note", "row"]]
    checks.refuse_rows(table[figures["value"] < 0], "an estimate is below 0", file=sheet.file)
    counted = table["indicator"].isin(["prevalence", "in_treatment"]) & others["numerator"].isna()
    others["numerator"] = others["numerator"].mask(counted, figures["value"])
    return kept.assign(**figures, **others, **when, sheet=sheet.name)


def _place(table: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    """Return `area`, `note` and `place`: the code of the row, or that of its name where the code is none."""
    names = table["area_name"]
    found = areas_lookup.named(names, table["row"], file=sheet.file)
    if "area" not in table.columns:
        return found.rename(columns={"area_note": "note", "area_name": "place"})
    given = table["area"].str.fullmatch(labelling.GSS_CODE)
    by_name = "placed by its name, because " + table["area"] + " is no area code"
    return pd.DataFrame(
        {
            "area": table["area"].where(given, found["area"]),
            "note": found["area_note"].where(found["area"] == "", by_name).where(~given, ""),
            "place": found["area_name"].where(~given, ""),
        }
    )


def _tidy(sheet: reading.Sheet, substance: str) -> pd.DataFrame:
    header = reading.find_header(sheet, _TIDY, optional=_TIDY_MORE)
    table = reading.body(sheet, header)
    label = labelling.plain(header.texts[header.columns["value"]])
    table = table[(table["value"] != "") | (table["period"] != "")].reset_index(drop=True)
    if "substance" not in table.columns:
        said = substance or ("Alcohol" if "alcohol" in label else "")
        if not said:
            raise UnreadableInput(
                "nothing in the file says which substance its estimates are of",
                expected="a column Substance, or its name in the header",
                try_next="add a column Substance with OCU, Opiate, Crack or Alcohol",
                file=sheet.file,
            )
        table = table.assign(substance=said)
    placed = _place(table, sheet)
    parts = {"substance": ndtms_tables.substances(table, file=sheet.file), "area_name": placed["place"]}
    described = table.drop(columns=["area"], errors="ignore").assign(
        area=placed["area"], note=placed["note"], indicator="prevalence", breakdown=labelling.breakdown(parts)
    )
    return _observed(described, sheet)


def _goals(sheet: reading.Sheet) -> pd.DataFrame:
    """Read the file of the Development Goals: England is the row without name, code and decile."""
    table = reading.body(sheet, reading.find_header(sheet, _SDG))
    parts = table["series"].str.extract(r"^(?P<substance>.+?)\s+-\s+(?P<what>.+)$").fillna("")
    indicator = parts["what"].map(labelling.plain).map(_SERIES)
    checks.refuse_rows(
        table[indicator.isna()], "the series is unknown", file=sheet.file, expected="prevalence, met need or treatment"
    )
    grouped = table["decile"].map(labelling.plain).str.contains(r"^(?:$|.*(?:decile|quintile))")
    checks.refuse_rows(table[~grouped], "the deprivation group is not one", file=sheet.file, expected="Decile 1 to 10")
    percent = table["units"].str.contains("%")
    checks.refuse_rows(
        table[percent != indicator.isin(_SHARES)],
        "the unit does not belong to the series",
        file=sheet.file,
        expected="Percentage for need, Number for people",
    )
    national = (table["area_name"] == "") & (table["area"] == "")
    local = table["area"].str.fullmatch(labelling.GSS_CODE)
    place = table["area_name"].where(~local & ~national, "")
    gone = areas_lookup.discontinued(table["area_name"]) & table["value"].str.fullmatch(r"0(\.0)?")
    split = {
        "substance": ndtms_tables.substances(parts.assign(row=table["row"]), file=sheet.file),
        "deprivation_decile": table["decile"],
        "area_name": place,
    }
    described = table.assign(
        area=table["area"].where(local, "").where(~national, _ENGLAND),
        note=("no code is given for the area " + place).where(place != "", ""),
        indicator=indicator,
        breakdown=labelling.breakdown(split),
    )
    rows = _observed(described, sheet)
    return rows.assign(
        value=rows["value"].mask(gone),
        numerator=rows["numerator"].mask(gone),
        status=rows["status"].mask(gone, str(Status.NOT_SUPPLIED)),
    )


def _estimates(cells: tuple[str, ...]) -> list[tuple[str, dict[str, int]]]:
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
    labels = [labelling.plain(one or other) for one, other in zip(upper, lower, strict=True)]
    where = {name: _column(sheet, labels, pattern, row) for name, pattern in _SIDE.items()}
    places = {name: column for name, column in where.items() if column is not None}
    age = re.search(r"\d+\s*-\s*\d+|\d+\+", labels[places["population"]])
    blocks = []
    for substance, columns in _estimates(lower):
        kind = [name for name, pattern in _GROUPS.items() if pattern.fullmatch(groups[columns["value"]])]
        if len(kind) != 1:
            raise UnreadableInput(
                f"nothing says whether the columns of {substance} are numbers or rates",
                expected="Number of users, or Rate per thousand, above them",
                file=sheet.file,
                row=row,
            )
        table = reading.body(sheet, reading.Header(row, places | columns, lower))
        blocks.append(
            table[table["population"] != ""].assign(
                indicator=kind[0],
                substance=substance,
                denominator=table["population"] if kind[0] == "prevalence_rate" else "",
            )
        )
    table = pd.concat(blocks, ignore_index=True)
    region = table["region"] if "region" in table else pd.Series("", table.index)
    named = table["area_name"].where(table["area_name"] != "", region)
    placed = _place(table.assign(area_name=named), sheet)
    parts = {
        "substance": table["substance"],
        "age": pd.Series(age[0].replace(" ", "") if age else "", table.index),
        "area_name": placed["place"],
    }
    described = table.assign(
        area=placed["area"],
        note=placed["note"],
        period=period or _said_period(sheet, row),
        breakdown=labelling.breakdown(parts),
    )
    return _observed(described, sheet)


def _column(sheet: reading.Sheet, labels: list[str], pattern: re.Pattern[str], row: int) -> int | None:
    """Return the one column whose label fits; None for a region, which a table may leave out."""
    found = [column for column, label in enumerate(labels) if pattern.fullmatch(label)]
    if len(found) > 1 or (not found and pattern is not _SIDE["region"]):
        raise UnreadableInput(
            f"{len(found)} columns could be the {pattern.pattern}. Headers found: {'; '.join(filter(None, labels))}",
            expected="one column each for local authority and population",
            file=sheet.file,
            row=row,
        )
    return found[0] if found else None


def _said_period(sheet: reading.Sheet, row: int) -> str:
    """Return the period that the title or the sheet's name states."""
    words = " ".join(cell for cells in sheet.rows[: row - 1] for cell in cells)
    said = {f"{match[1]}/{match[2][-2:]}" for match in _YEARS.finditer(f"{words} {sheet.name}")}
    if len(said) != 1:
        raise UnreadableInput(
            f"the table names {' and '.join(sorted(said)) or 'no year'}",
            expected="one financial year in the title",
            try_next="keep the title of the published table",
            file=sheet.file,
        )
    return said.pop()


def _check_two_ways(rows: pd.DataFrame, file: Path) -> None:
    """Check the need that is met, the rate and the union of substances against the numbers behind them."""
    key = ["area", "period_label", "breakdown"]
    wide = rows.pivot_table(index=key, columns="indicator", values="value", aggfunc="first")
    wide = wide.reindex(columns=["prevalence", "in_treatment", "met_need"])
    met = (wide["met_need"] - 100 * wide["in_treatment"] / wide["prevalence"]).abs() > 0.5
    at = pd.MultiIndex.from_frame(rows[key])
    checks.refuse_rows(
        rows[at.isin(met[met].index)], "the need that is met is not treatment over prevalence", file=file
    )
    rates = rows[rows["indicator"] == "prevalence_rate"].set_index(key)
    both = rates.join(wide["prevalence"], how="inner")
    off = (both["value"] - 1000 * both["prevalence"] / both["denominator"]).abs() > 0.06
    checks.refuse_rows(both[off], "the rate is not the number over the population", file=file)
    every = rows[rows["breakdown"].str.contains("substance=OCU")]
    parts = rows[rows["breakdown"].str.contains("substance=(?:Opiate|Crack)$")]
    common = ["indicator", "area", "period_label"]
    pairs = every.merge(parts[[*common, "value"]], on=common, suffixes=("", "_part"))
    checks.refuse_rows(
        pairs[pairs["value_part"] > pairs["value"] * 1.001], "a part is more than opiates and crack together", file=file
    )
