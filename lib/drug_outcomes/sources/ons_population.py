"""ONS mid-year population estimates: the published workbook, and tables saved as CSV.

Residents in the middle of a year, by area and single year of age where the file has them. The estimates up to
mid-2020 rest on the census of 2011 until ONS revises them, those from mid-2021 on that of 2021; both are kept
as published, with a note, because a rate that crosses from one to the other seems to change.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, parsing, reading, stacking

_CODE = re.compile(
    r"(area|la|lad|ltla|utla|geography|new la|gss|mnemonic)?[ _]?(\d\d)?[ _]?(code|cd)[ _]?(\d\d)?"
)
_YEAR = re.compile(r"(?:population[ _]?(?:estimate[ _]?)?|mid[-_ ]?|june[ _])*((?:19|20)\d\d)")
_AGE = re.compile(r"(?:aged?[ _]?)?(\d{1,3})(\+|\s*and over|\s*or over)?")
_ALL_AGES = re.compile(r"all ages?|all persons|total|all")
_OTHER = re.compile(r"median|densit|components", re.IGNORECASE)
_COLUMNS = {
    "year": re.compile(r"(mid[- ]?)?year|date|period|time( period)?"),
    "sex": re.compile(r"sex|gender"),
    "age": re.compile(r"age|age[ _]group|single year of age"),
    "value": re.compile(r"population([ _]estimate)?|obs[ _]value|value|residents|persons"),
}
_MID_YEAR = re.compile(r"mid[- ]?(?:year )?((?:19|20)\d\d)", re.IGNORECASE)
_MARKERS = markers.mapping({"-": Status.NOT_PUBLISHED, "": Status.NOT_PUBLISHED, ":": Status.NOT_PUBLISHED})
_LAST_OF_OLD_CENSUS, _FIRST_OF_OLD_CENSUS = 2020, 2012
_OLD = "rests on the 2011 census unless revised, so it is not comparable with mid-2021 and later"
_REGIONS = 9
_OLDEST_AGE = 80  # a table that stops earlier does not cover everybody, so its ages are not added up


def read(file: Path, *, year: int = 0) -> pd.DataFrame:
    """Read every table of residents in the file.

    Indicator: population; breakdown `age` (single years, "90+") and `sex`. The headline row is all ages, both
    sexes. Periods are calendar years, as the year whose middle is meant.

    Parameters
    ----------
    year : the year of the estimates, where neither title nor column says it.
    """
    sheets = [reading.read_sheet(file, name or None) for name in reading.sheets(file)]
    tables = [table for sheet in sheets if (table := _table(sheet, year)) is not None] or [
        _by_name(sheets[0])
    ]
    rows = pd.concat(tables, ignore_index=True)
    key = ["indicator", "area", "period_label", "breakdown"]
    merged = checks.merge_duplicates(rows, key, ["value", "status"], file=file)
    _check_sums(merged, file)
    return observations.conform(merged.drop(columns=["sex", "age"]))


def _table(sheet: reading.Sheet, year: int) -> pd.DataFrame | None:
    """Read one sheet; None where it has no header with area codes and ages or years."""
    for row, cells in enumerate(sheet.rows[:40], start=1):
        labels = [labelling.plain(cell) for cell in cells]
        codes = [column for column, label in enumerate(labels) if _CODE.fullmatch(label)]
        if not codes:
            continue
        titles = " ".join(cell for above in sheet.rows[: row - 1] for cell in above)
        ages = _ages(sheet, row, labels)
        years = _years(sheet, row, labels)
        others = {
            name: places[0] for name, pattern in _COLUMNS.items() if (places := _fitting(labels, pattern))
        }
        others |= {"area": codes[0]}
        single = not ages and not years and {"year", "value"} <= set(others)
        if len(codes) > 1 or _OTHER.search(titles) or not (ages or years or single):
            return None
        if single:
            _refuse_two(sheet, row, labels)
            return _tidy(sheet, row, others)
        others.pop("value", None)
        if ages:
            return _by_age(sheet, row, ages, others, _said_year(sheet, titles, year))
        return _by_year(sheet, row, years, others)
    return None


def _refuse_two(sheet: reading.Sheet, row: int, labels: list[str]) -> None:
    for name, pattern in _COLUMNS.items():
        if len(_fitting(labels, pattern)) > 1:
            found = "; ".join(filter(None, labels))
            raise UnreadableInput(
                f"two columns could be {name}. Headers found: {found}",
                expected="one",
                file=sheet.file,
                row=row,
            )


def _fitting(labels: list[str], pattern: re.Pattern[str]) -> list[int]:
    return [column for column, label in enumerate(labels) if pattern.fullmatch(label)]


def _ages(sheet: reading.Sheet, row: int, labels: list[str]) -> dict[str, int]:
    """Return age -> column: "0", "1" ... "90+", and "" for all ages; ages out of order are refused."""
    found = {
        f"{match[1]}{'+' if match[2] else ''}": column
        for column, label in enumerate(labels)
        if (match := _AGE.fullmatch(label)) and not _YEAR.fullmatch(label)
    }
    if len(found) < 2:  # a single number is no table of ages
        return {}
    numbers = [int(age.rstrip("+")) for age in found]
    named = sum(bool(_AGE.fullmatch(label)) for label in labels)
    if numbers != list(range(len(numbers))) or named > len(found):
        raise UnreadableInput(
            f"the single years of age stand out of order: {', '.join(found)}",
            expected="0, 1, 2 and so on, each once",
            file=sheet.file,
            row=row,
        )
    everybody = [column for column, label in enumerate(labels) if _ALL_AGES.fullmatch(label)]
    if len(everybody) > 1:
        raise UnreadableInput("two columns could be all ages", expected="one", file=sheet.file, row=row)
    return {"": everybody[0]} | found if everybody else found


def _years(sheet: reading.Sheet, row: int, labels: list[str]) -> dict[str, int]:
    found = {match[1]: column for column, label in enumerate(labels) if (match := _YEAR.fullmatch(label))}
    years = [int(year) for year in found]
    if years not in (sorted(years), sorted(years, reverse=True)):
        raise UnreadableInput(
            f"the years stand in no order: {', '.join(found)}",
            expected="oldest or newest first",
            try_next="check the header: two labels may be swapped",
            file=sheet.file,
            row=row,
        )
    return found


def _said_year(sheet: reading.Sheet, titles: str, stated: int) -> str:
    said = set(_MID_YEAR.findall(f"{titles} {sheet.name}") or _MID_YEAR.findall(sheet.file.stem)) or (
        {str(stated)} if stated else set()
    )
    if len(said) > 1:
        raise UnreadableInput(
            f"the title names {' and '.join(sorted(said))}", expected="one year", file=sheet.file
        )
    return said.pop() if said else ""


def _by_age(
    sheet: reading.Sheet, row: int, ages: dict[str, int], others: dict[str, int], year: str
) -> pd.DataFrame:
    """Read one column for each age; all ages are added up where the file does not give them."""
    columns = {f"age {age}": column for age, column in ages.items()}
    table = _body(sheet, row, others | columns)
    if "year" not in others:
        if not year:
            raise UnreadableInput(
                "nothing in the file says which year this is",
                expected="a title with mid-2021, or a column year",
                try_next="keep the title, or put mid-2021 into the file's name",
                file=sheet.file,
            )
        table = table.assign(year=year)
    table = table.assign(sex=_sex(table, sheet))
    table = checks.merge_duplicates(table, ["area", "sex", "year"], list(columns), file=sheet.file)
    rows = stacking.stack(table, ["area", "sex", "year", "row"], list(columns), _MARKERS, file=sheet.file)
    rows = rows.assign(age=rows["indicator"].str.removeprefix("age "))
    single = rows[rows["age"] != ""]
    total = stacking.add_up(single, ["area", "sex", "year"]).rename(columns={"value": "sum"})
    if "" in ages:
        both = rows[rows["age"] == ""].merge(
            total[["area", "sex", "year", "sum"]], on=["area", "sex", "year"]
        )
        checks.refuse_rows(
            both[(both["value"] - both["sum"]).abs() > 0.5],
            "the single years of age do not add up to all ages",
            file=sheet.file,
        )
        return _dated(rows, sheet)
    whole = int(list(ages)[-1].rstrip("+")) >= _OLDEST_AGE
    added = total.rename(columns={"sum": "value"}).assign(
        age="", text="", note="sum of the single years of age"
    )
    return _dated(pd.concat([rows, added[whole & (total["parts"] > 0)]], ignore_index=True), sheet)


def _by_year(sheet: reading.Sheet, row: int, years: dict[str, int], others: dict[str, int]) -> pd.DataFrame:
    """Read one column for each year, with sex and age in columns of their own where the file has them."""
    table = _body(sheet, row, {name: column for name, column in others.items() if name != "year"} | years)
    table = table.assign(sex=_sex(table, sheet), age=labelling.ages(table["age"]) if "age" in table else "")
    rows = stacking.stack(table, ["area", "sex", "age", "row"], list(years), _MARKERS, file=sheet.file)
    return _dated(rows.rename(columns={"indicator": "year"}), sheet)


def _tidy(sheet: reading.Sheet, row: int, columns: dict[str, int]) -> pd.DataFrame:
    """Read one row for each figure, with its year."""
    table = _body(sheet, row, columns)
    table = table.assign(
        year=table["year"].str.extract(r"((?:19|20)\d\d)$")[0].fillna(table["year"]),
        sex=_sex(table, sheet),
        age=labelling.ages(table["age"]) if "age" in table else "",
    )
    rows = stacking.stack(table, ["area", "sex", "age", "year", "row"], ["value"], _MARKERS, file=sheet.file)
    return _dated(rows, sheet)


def _body(sheet: reading.Sheet, row: int, columns: dict[str, int]) -> pd.DataFrame:
    found = reading.body(sheet, reading.Header(row, columns, sheet.rows[row - 1]))
    figures = [name for name in columns if name not in ("area", "sex", "age", "year")]
    return reading.code_rows(found, "area", figures, file=sheet.file)


def _sex(table: pd.DataFrame, sheet: reading.Sheet) -> pd.Series:
    """Return the sex of each row: its own, or that of the sheet's name or title."""
    if "sex" in table.columns:
        coded = table["sex"].replace({"1": "Male", "2": "Female"})  # how the detailed ONS file writes them
        return labelling.sexes(table.assign(sex=coded), file=sheet.file)
    words = f"{sheet.name} {sheet.rows[0][0] if sheet.rows[0] else ''}".casefold()
    said = re.search(r"\b(females|males|persons)\b", words)
    return pd.Series({"females": "Female", "males": "Male"}.get(said[1] if said else "", ""), table.index)


def _by_name(sheet: reading.Sheet) -> pd.DataFrame:
    """Read one column for each authority by name, and one row for each year."""
    labels = [cell.strip() for cell in sheet.rows[0] if cell.strip()]
    names = [label for label in labels if labelling.squeeze(label) != "year"]
    fields: labelling.Fields = {"year": ["year"]} | {name: [name] for name in names}
    table = reading.body(sheet, reading.find_header(sheet, fields))
    rows = stacking.stack(table, ["year", "row"], names, _MARKERS, file=sheet.file)
    placed = areas_lookup.named(rows["indicator"], rows["row"], file=sheet.file, when=rows["year"] + "-06")
    return _dated(
        rows.assign(area=placed["area"], note=placed["area_note"], place=placed["area_name"], sex="", age=""),
        sheet,
    )


def _dated(rows: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    """Add indicator, period, breakdown and the note about the census."""
    checks.refuse_rows(
        rows[(rows["value"] % 1 > 0) | (rows["value"] < 0)],
        "a number of residents is not a whole number",
        file=sheet.file,
    )
    when = parsing.period_columns(rows.assign(period=rows["year"]), sheet.file, Basis.CAL_YEAR)
    parts = {"sex": rows["sex"], "age": rows["age"]} | (
        {"area_name": rows["place"]} if "place" in rows else {}
    )
    year = pd.to_numeric(rows["year"])
    old = year.between(_FIRST_OF_OLD_CENSUS, _LAST_OF_OLD_CENSUS)
    note = rows["note"].fillna("") if "note" in rows else pd.Series("", rows.index)
    note = (
        note
        + pd.Series("; ", rows.index).where(old & (note != ""), "")
        + pd.Series(_OLD, rows.index).where(old, "")
    )
    kept = rows[["area", "row", "sex", "age", "value", "numerator", "status", "text"]]
    return kept.assign(
        **when.drop(columns="period_status").assign(period_label="mid-" + rows["year"]),
        indicator="population",
        breakdown=labelling.breakdown(parts),
        note=note,
        sheet=sheet.name,
    )


def _check_sums(rows: pd.DataFrame, file: Path) -> None:
    """Men and women make everybody, and the nine regions make England."""
    key = ["area", "period_label", "age"]
    by_sex = rows.pivot_table(index=key, columns="sex", values="value", aggfunc="first")
    if {"", "Male", "Female"} <= set(by_sex.columns):
        off = by_sex[(by_sex["Male"] + by_sex["Female"] - by_sex[""]).abs() > 0.5].index
        checks.refuse_rows(
            rows[pd.MultiIndex.from_frame(rows[key]).isin(off)],
            "men and women do not make everybody",
            file=file,
        )
    england = rows[rows["area"] == "E92000001"].set_index(["period_label", "breakdown"])[["value", "row"]]
    regions = rows[rows["area"].str.startswith("E12")].groupby(["period_label", "breakdown"])["value"]
    both = england.join(regions.sum()[regions.count() == _REGIONS].rename("sum"), how="inner")
    checks.refuse_rows(
        both[(both["value"] - both["sum"]).abs() > 0.5], "the regions do not make England", file=file
    )
