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
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, parsing, reading, selecting, stacking

_CODE = re.compile(
    r"(area|la|lad|ltla|utla|geography|new la|gss|mnemonic)?[ _]?(\d\d)?[ _]?(code|cd)[ _]?(\d\d)?|mnemonic"
)
_YEAR = re.compile(r"(?:population[ _]?(?:estimate[ _]?)?|mid[-_ ]?|june[ _])*((?:19|20)\d\d)")
_AGE = re.compile(r"(?:aged?[ _]?)?(\d{1,3})(\+|\s*and over|\s*or over)?")
_ALL_AGES = re.compile(r"all ages?|all persons|total|all")
_AGES = re.compile(r"all ages?|total|aged? ?\d.*|\d{1,3}( ?[-–+]| to ).*|under \d+")
_SEXES = re.compile(r"total|all|persons|people|males?|females?|men|women")
_OTHER = re.compile(r"median|densit|components", re.IGNORECASE)
_COLUMNS = {
    "year": re.compile(r"(mid[- ]?)?year|date([ _]name)?|period|time( period)?"),
    "sex": re.compile(r"(c[ _])?(sex|gender)([ _]name)?"),
    "age": re.compile(r"(c[ _])?age([ _]?(group|band))?([ _]name)?|single year of age"),
    "value": re.compile(r"population([ _]estimate)?|obs[ _]value|value|residents|persons"),
}
#: What says that numbers are residents ("mye24" is the publisher's name, "c age" a dimension of its service).
_MEANS = r"pop|resident|\bmye\d|mid (?:year )?(?:19|20)\d\d|\bc age\b"
_CONTRADICTS = (
    r"attendance|admission|death|birth|household|dwelling|patient|pupil|crime|offence|claim|benefit|treatment"
    r"|misuse|poisoning|suspension|exclusion|rate per|per 1|percent|density|migration|prescri|referral|employ"
    r"|workforce|jobs|ethnic|unemploy|prison|caseload|people who|users|employee"
)
_MID_YEAR = re.compile(r"(?:mid[- _]?(?:year[- _]?)?|\bmye)((?:(?:19|20)\d\d)|(?<=mye)\d\d)(?!\d)", re.IGNORECASE)
_DATE, _ALSO_SAID = re.compile(r"date|year|time"), {"sex": _COLUMNS["sex"], "age": _COLUMNS["age"]}
_MARKERS = markers.mapping({"-": Status.NOT_PUBLISHED, "": Status.NOT_PUBLISHED, ":": Status.NOT_PUBLISHED})
_LAST_OF_OLD_CENSUS, _FIRST_OF_OLD_CENSUS = 2020, 2012
_OLD = "rests on the 2011 census unless revised, so it is not comparable with mid-2021 and later"
_SEXES_APART = ("Female", "Male")
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
    tables = [table for sheet in sheets if (table := _table(sheet, year)) is not None] or [_by_name(sheets[0])]
    rows = pd.concat(tables, ignore_index=True)
    key = ["indicator", "area", "period_label", "breakdown"]
    merged = checks.merge_duplicates(rows, key, ["value", "status"], file=file)
    whole = _with_everybody(_with_everybody(merged, "age", file), "sex", file)
    checks.refuse_gap_in_england(whole, ["period_label", "breakdown"], file=file)
    return observations.conform(whole.drop(columns=["sex", "age"]))


def _table(sheet: reading.Sheet, year: int) -> pd.DataFrame | None:
    """Read one sheet; None where it has no header with area codes and ages or years."""
    for row, cells in enumerate(sheet.rows[:40], start=1):
        labels = [labelling.plain(cell) for cell in cells]
        codes = [column for column, label in enumerate(labels) if _CODE.fullmatch(label)]
        if not codes:
            continue
        titles = " ".join(cell for above in sheet.rows[: row - 1] for cell in above)
        said = _said(sheet, row)
        ages = _ages(sheet, row, labels)
        years = _years(sheet, row, labels)
        others = {name: places[0] for name in _COLUMNS if (places := _fitting(labels, name))}
        others |= {"area": codes[0]}
        single = not ages and not years and {"year", "value"} <= set(others)
        if len(codes) > 1 or _OTHER.search(titles) or not (ages or years or single or said):
            return None
        words, headers = f"{sheet.name} {titles}", " ".join(labels)
        checks.require_meaning(words, _MEANS, _CONTRADICTS, "residents", file=sheet.file, headers=headers)
        if said and not single:
            return _asked(sheet, row, codes[0], said)
        if single:
            _refuse_two(sheet, row, labels)
            return _tidy(sheet, row, others)
        others.pop("value", None)
        if ages:
            return _by_age(sheet, row, ages, others, _said_year(sheet, titles, year))
        return _by_year(sheet, row, years, others)
    return None


def _refuse_two(sheet: reading.Sheet, row: int, labels: list[str]) -> None:
    for name in _COLUMNS:
        if len(_fitting(labels, name)) > 1:
            found = "; ".join(filter(None, labels))
            raise UnreadableInput(
                f"two columns could be {name}. Headers found: {found}", expected="one", file=sheet.file, row=row
            )


def _fitting(labels: list[str], name: str) -> list[int]:
    """Return the columns that may be `name`; where one of them is its name and one its code, the name."""
    found = [column for column, label in enumerate(labels) if _COLUMNS[name].fullmatch(label)]
    return [column for column in found if labels[column].endswith("name")] or found


def _said(sheet: reading.Sheet, row: int) -> dict[str, str]:
    """Return what lines such as "Sex :","Total" above the header say; one that selects otherwise is refused."""
    said = {}
    for number, cells in enumerate(sheet.rows[: row - 1], start=1):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) != 2 or not filled[0].endswith(":"):
            continue
        name = labelling.plain(filled[0]).rstrip(" :")
        known = next((one for one in _ALSO_SAID if _ALSO_SAID[one].fullmatch(name)), "")
        if _DATE.fullmatch(name):
            said["year"] = filled[1]
        elif known:
            said[known] = filled[1]
        elif not selecting.is_everybody(filled[1]):
            raise UnreadableInput(
                f"the line {filled[0]!r} picks out a part ({filled[1]})",
                expected="a table of everybody, or lines of date, sex and age",
                file=sheet.file,
                row=number,
            )
    return said


def _asked(sheet: reading.Sheet, row: int, code: int, said: dict[str, str]) -> pd.DataFrame:
    """Read the answer to a query: date, sex and age stand in lines above the header, or one of them in it."""
    labels = {label.strip(): place for place, label in enumerate(sheet.rows[row - 1]) if label.strip()}
    columns = {label: place for label, place in labels.items() if place > code}
    plain = [labelling.plain(label) for label in columns]
    across = next(
        (
            name
            for name, pattern in (("year", _YEAR), ("sex", _SEXES), ("age", _AGES))
            if plain and all(pattern.fullmatch(label) for label in plain) and len(plain) > (name in said)
        ),
        "",
    )
    if not across or not {"year"} <= {across, *said}:
        raise UnreadableInput(
            f"nothing says which {'people' if 'year' in said else 'year'} the columns are of: {', '.join(columns)}",
            expected="a line with the date, and columns of ages, sexes or years",
            file=sheet.file,
            row=row,
        )
    table = _body(sheet, row, {"area": code} | columns)
    rows = stacking.stack(table, ["area", "row"], list(columns), _MARKERS, file=sheet.file)
    rows = rows.assign(**({"sex": "", "age": ""} | said | {across: rows["indicator"]}))
    return _dated(_in_words(rows, sheet), sheet)


def _in_words(rows: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    return rows.assign(
        year=rows["year"].str.extract(r"((?:19|20)\d\d)$")[0].fillna(rows["year"]),
        sex=labelling.sexes(rows, file=sheet.file),
        age=labelling.ages(rows["age"]),
    )


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
    found = _MID_YEAR.findall(f"{titles} {sheet.name}") or _MID_YEAR.findall(sheet.file.stem)
    said = {f"20{year}" if len(year) == 2 else year for year in found} or ({str(stated)} if stated else set())
    if len(said) > 1:
        raise UnreadableInput(f"the title names {' and '.join(sorted(said))}", expected="one year", file=sheet.file)
    return said.pop() if said else ""


def _by_age(sheet: reading.Sheet, row: int, ages: dict[str, int], others: dict[str, int], year: str) -> pd.DataFrame:
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
    return _dated(rows.assign(age=rows["indicator"].str.removeprefix("age ")), sheet)


def _by_year(sheet: reading.Sheet, row: int, years: dict[str, int], others: dict[str, int]) -> pd.DataFrame:
    """Read one column for each year, with sex and age in columns of their own where the file has them."""
    table = _body(sheet, row, {name: column for name, column in others.items() if name != "year"} | years)
    table = table.assign(sex=_sex(table, sheet), age=labelling.ages(table["age"]) if "age" in table else "")
    rows = stacking.stack(table, ["area", "sex", "age", "row"], list(years), _MARKERS, file=sheet.file)
    return _dated(rows.rename(columns={"indicator": "year"}), sheet)


def _tidy(sheet: reading.Sheet, row: int, columns: dict[str, int]) -> pd.DataFrame:
    """Read one row for each figure, with its year."""
    table = _body(sheet, row, columns)
    table = _in_words(table.assign(sex=_sex(table, sheet), age=table.get("age", "")), sheet)
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
    checks.require_meaning(sheet.name, _MEANS, _CONTRADICTS, "residents", file=sheet.file)
    labels = [cell.strip() for cell in sheet.rows[0] if cell.strip()]
    names = [label for label in labels if labelling.squeeze(label) != "year"]
    fields: labelling.Fields = {"year": ["year"]} | {name: [name] for name in names}
    table = reading.body(sheet, reading.find_header(sheet, fields))
    rows = stacking.stack(table, ["year", "row"], names, _MARKERS, file=sheet.file)
    placed = areas_lookup.named(rows["indicator"], rows["row"], file=sheet.file, when=rows["year"] + "-06")
    return _dated(
        rows.assign(area=placed["area"], note=placed["area_note"], place=placed["area_name"], sex="", age=""), sheet
    )


def _dated(rows: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    """Add indicator, period, breakdown and the note about the census."""
    checks.refuse_rows(
        rows[(rows["value"] % 1 > 0) | (rows["value"] < 0)],
        "a number of residents is not a whole number",
        file=sheet.file,
    )
    when = parsing.period_columns(rows.assign(period=rows["year"]), sheet.file, Basis.CAL_YEAR)
    parts = {"sex": rows["sex"], "age": rows["age"]} | ({"area_name": rows["place"]} if "place" in rows else {})
    year = pd.to_numeric(rows["year"])
    old = year.between(_FIRST_OF_OLD_CENSUS, _LAST_OF_OLD_CENSUS)
    note = rows["note"].fillna("") if "note" in rows else pd.Series("", rows.index)
    note = note + pd.Series("; ", rows.index).where(old & (note != ""), "") + pd.Series(_OLD, rows.index).where(old, "")
    kept = rows[["area", "row", "sex", "age", "value", "numerator", "status", "text"]]
    return kept.assign(
        **when.drop(columns="period_status").assign(period_label="mid-" + rows["year"]),
        indicator="population",
        breakdown=labelling.breakdown(parts),
        note=note,
        sheet=sheet.name,
    )


def _with_everybody(rows: pd.DataFrame, name: str, file: Path) -> pd.DataFrame:
    """Add up the parts that `name` (age, sex) divides people into, where all are there and no total stands.

    A total that stands must be their sum.
    """
    keys = ["area", "period_label", "sex" if name == "age" else "age"]
    part = rows["age"].str.fullmatch(r"\d+\+?") if name == "age" else rows["sex"] != ""
    summed = stacking.add_up(rows[part], keys)
    if name == "age":
        numbers = rows[part].assign(age=pd.to_numeric(rows.loc[part, "age"].str.rstrip("+")))
        highest = numbers.groupby(keys)["age"].max().reindex(pd.MultiIndex.from_frame(summed[keys]))
        complete = (highest.to_numpy() + 1 == summed["parts"]) & (highest.to_numpy() >= _OLDEST_AGE)
    else:
        complete = summed["parts"] == len(_SEXES_APART)
    whole = rows[rows[name] == ""]
    both = whole.merge(summed[complete], on=keys, suffixes=("", "_sum"))
    checks.refuse_rows(
        both[(both["value"] - both["value_sum"]).abs() > 0.5],
        "the single years of age do not add up to all ages" if name == "age" else "men and women do not make everybody",
        file=file,
    )
    there = pd.MultiIndex.from_frame(summed[keys]).isin(pd.MultiIndex.from_frame(whole[keys]))
    about = rows[part].drop_duplicates(keys).drop(columns=["value", "numerator", "status", "row", name])
    added = summed[complete & ~there].drop(columns="parts").merge(about, on=keys)
    said = "sum of the single years of age" if name == "age" else "sum of men and women"
    note = added["note"].mask(added["note"] != "", added["note"] + "; ") + said
    added = added.assign(**{name: ""}, text="", note=note)
    added = added.assign(breakdown=labelling.breakdown({"sex": added["sex"], "age": added["age"]}))
    both_kinds: pd.DataFrame = pd.concat([rows, added], ignore_index=True)
    return both_kinds
