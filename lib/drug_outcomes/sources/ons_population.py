"""ONS mid-year population estimates: the published workbook, and tables saved as CSV.

Residents in the middle of a year, by area and single year of age where the file has them. The estimates up to
mid-2020 rest on the census of 2011 until ONS revises them, those from mid-2021 on that of 2021; both are kept
as published, with a note, because a rate that crosses from one to the other seems to change.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

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
_SINGLE_AGE = re.compile(r"(?:aged?[ _]?)?(\d{1,3})(\+|\s*and over|\s*or over)?")
_ALL_AGES = re.compile(r"all ages?|all persons|total|all")
_AGE = re.compile(r"all ages?|total|aged? ?\d.*|\d{1,3}( ?[-–+]| to ).*|under \d+")
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
_GROUPS = ("sex", "age")
_ALSO_SAID = {"year": re.compile(r"date|year|time")} | {name: _COLUMNS[name] for name in _GROUPS}
_MARKERS = markers.mapping({"-": Status.NOT_PUBLISHED, "": Status.NOT_PUBLISHED, ":": Status.NOT_PUBLISHED})
_LAST_OF_OLD_CENSUS, _FIRST_OF_OLD_CENSUS = 2020, 2012
_OLD = "rests on the 2011 census unless revised, so it is not comparable with mid-2021 and later"
_OLDEST_AGE = 80  # a table that stops earlier does not cover everybody, so its ages are not added up


def read(file: Path, *, period: str = "") -> pd.DataFrame:
    """Read every table of residents in the file.

    Indicator: population; breakdown `age` (single years, "90+") and `sex`. The headline row is all ages, both
    sexes. Periods are calendar years, as the year whose middle is meant.

    Parameters
    ----------
    period : the year of the estimates, as 2024 or mid-2024, where neither title nor column says it.
    """
    sheets = [reading.read_sheet(file, name or None) for name in reading.sheets(file)]
    tables = [table for sheet in sheets if (table := _table(sheet, period)) is not None] or [_by_name(sheets[0])]
    rows = pd.concat(tables, ignore_index=True)
    merged = checks.merge_duplicates(rows, ["area", "period_label", "breakdown"], ["value", "status"])
    whole = _with_everybody(_with_everybody(merged, "age"), "sex")
    checks.refuse_gap_in_england(whole, ["period_label", "breakdown"])
    return observations.conform(whole.drop(columns=[*_GROUPS, "place"]))


def _table(sheet: reading.Sheet, period: str) -> pd.DataFrame | None:
    """Read one sheet; None where it has no header with area codes and ages or years."""
    labelled = (
        (row, labels)
        for row, cells in enumerate(sheet.rows[:40], start=1)
        if any(map(_CODE.fullmatch, labels := [labelling.plain(cell) for cell in cells]))
    )
    row, labels = next(labelled, (0, []))
    titles = " ".join(cell for above in sheet.rows[: max(row - 1, 0)] for cell in above)
    codes = [column for column, label in enumerate(labels) if _CODE.fullmatch(label)]
    if len(codes) != 1 or _OTHER.search(titles):
        return None
    said = _said(sheet, row)
    ages, years = _ages(row, labels), _years(row, labels)
    others = {name: places[0] for name in _COLUMNS if (places := _fitting(labels, name))} | {"area": codes[0]}
    single = not ages and not years and {"year", "value"} <= set(others)
    if not (ages or years or single or said):
        return None
    checks.require_meaning(
        sheet.file, f"{sheet.name} {titles}", _MEANS, _CONTRADICTS, "residents", headers=" ".join(labels)
    )
    if single:
        _refuse_two(row, labels)
        return _across(sheet, row, {"value": others.pop("value")}, "", others)
    others.pop("value", None)
    if said:
        labels = [label.strip() for label in sheet.rows[row - 1]]
        columns = {label: place for place, label in enumerate(labels) if label and place > codes[0]}
        return _across(sheet, row, columns, _asked(list(columns), said), {"area": codes[0]}, said)
    if ages:
        told = {} if "year" in others else {"year": _said_year(sheet, titles, period)}
        return _across(sheet, row, ages, "age", others, told)
    others.pop("year", None)
    return _across(sheet, row, years, "year", others)


def _refuse_two(row: int, labels: list[str]) -> None:
    for name in _COLUMNS:
        if len(_fitting(labels, name)) > 1:
            found = "; ".join(filter(None, labels))
            raise UnreadableInput(f"two columns could be {name}. Headers found: {found}", expected="one", row=row)


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
        if known:
            said[known] = filled[1]
        elif not selecting.is_everybody(filled[1]):
            raise UnreadableInput(
                f"the line {filled[0]!r} picks out a part ({filled[1]})",
                expected="a table of everybody, or lines of date, sex and age",
                row=number,
            )
    return said


def _asked(columns: list[str], said: dict[str, str]) -> str:
    """Return what the columns of a query's answer stand for, where lines above it say the others."""
    plain = [labelling.plain(label) for label in columns]
    kinds = {"year": _YEAR, "sex": _SEXES, "age": _AGE}
    across = [
        name
        for name, pattern in kinds.items()
        if plain and all(map(pattern.fullmatch, plain)) and len(plain) > (name in said)
    ]
    if not across or "year" not in {across[0], *said}:
        raise UnreadableInput(
            f"nothing says which {'people' if 'year' in said else 'year'} the columns are of: {', '.join(columns)}",
            expected="a line with the date, and columns of ages, sexes or years",
        )
    return across[0]


def _ages(row: int, labels: list[str]) -> dict[str, int]:
    """Return age -> column: "0", "1" ... "90+", and "" for all ages; ages out of order are refused."""
    named = [
        (f"{match[1]}{'+' if match[2] else ''}", column)
        for column, label in enumerate(labels)
        if (match := _SINGLE_AGE.fullmatch(label)) and not _YEAR.fullmatch(label)
    ]
    if len(dict(named)) < 2:  # a single number is no table of ages
        return {}
    if [int(age.rstrip("+")) for age, _ in named] != list(range(len(named))):
        raise UnreadableInput(
            f"the single years of age stand out of order: {', '.join(age for age, _ in named)}",
            expected="0, 1, 2 and so on, each once",
            row=row,
        )
    everybody = [("", column) for column, label in enumerate(labels) if _ALL_AGES.fullmatch(label)]
    if len(everybody) > 1:
        raise UnreadableInput("two columns could be all ages", expected="one", row=row)
    return dict(everybody + named)


def _years(row: int, labels: list[str]) -> dict[str, int]:
    found = {match[1]: column for column, label in enumerate(labels) if (match := _YEAR.fullmatch(label))}
    if list(found) not in (sorted(found), sorted(found, reverse=True)):
        raise UnreadableInput(
            f"the years stand in no order: {', '.join(found)}",
            expected="oldest or newest first",
            try_next="check the header: two labels may be swapped",
            row=row,
        )
    return found


def _said_year(sheet: reading.Sheet, titles: str, stated: str) -> str:
    found = _MID_YEAR.findall(f"{titles} {sheet.name}") or _MID_YEAR.findall(sheet.file.stem)
    return checks.only(
        [f"20{year}" if len(year) == 2 else year for year in found] or re.findall(r"(?:19|20)\d\d", stated),
        "which year this is",
        expected="a title with mid-2021, or a column year",
        try_next="keep the title or the publisher's file name (mye24tables), or say the year: --period 2021",
    )


def _across(
    sheet: reading.Sheet,
    row: int,
    columns: dict[str, int],
    across: str,
    others: dict[str, int],
    said: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Read a table whose `columns` of figures are each an age, a year or a sex (`across`), or one of all.

    The other groups stand in columns (`others`), or above the table (`said`).
    """
    found = reading.body(sheet, reading.Header(row, others | columns, sheet.rows[row - 1]))
    found = reading.code_rows(found, "area", list(columns))
    kept = [name for name in (*_GROUPS, "year") if name != across]
    found = found.assign(**{name: said.get(name, "") for name in kept if name not in found})
    if "sex" not in {across, *others, *said}:
        words = f"{sheet.name} {sheet.rows[0][0] if sheet.rows[0] else ''}".casefold()
        found = found.assign(sex=(re.findall(r"\b(?:females|males|persons)\b", words) or [""])[0])
    rows = stacking.stack(found, ["area", *kept, "row"], list(columns), _MARKERS, whole="residents")
    rows = rows.assign(**{across: rows["indicator"]}) if across else rows
    coded = rows["sex"].replace({"1": "Male", "2": "Female"})  # how the detailed ONS file writes them
    return _dated(
        rows.assign(
            sex=labelling.sexes(rows.assign(sex=coded)),
            age=labelling.ages(rows["age"]),
            year=rows["year"].str.extract(r"((?:19|20)\d\d)$")[0].fillna(rows["year"]),
            note="",
            place="",
        ),
        sheet,
    )


def _by_name(sheet: reading.Sheet) -> pd.DataFrame:
    """Read one column for each authority by name, and one row for each year."""
    checks.require_meaning(sheet.file, sheet.name, _MEANS, _CONTRADICTS, "residents")
    names = [cell.strip() for cell in sheet.rows[0] if labelling.squeeze(cell) not in ("", "year")]
    table = reading.table(sheet, {"year": ["year"]} | {name: [name] for name in names})
    rows = stacking.stack(table, ["year", "row"], names, _MARKERS, whole="residents")
    placed = areas_lookup.named(rows, "indicator", rows["year"] + "-06")
    return _dated(rows.assign(**placed, sex="", age=""), sheet)


def _dated(rows: pd.DataFrame, sheet: reading.Sheet) -> pd.DataFrame:
    """Add indicator, period, breakdown and the note about the census."""
    old = pd.to_numeric(rows["year"], errors="coerce").between(_FIRST_OF_OLD_CENSUS, _LAST_OF_OLD_CENSUS)
    kept = rows[["area", "row", *_GROUPS, "place", "value", "numerator", "status", "text"]]
    return parsing.dated(kept.assign(period=rows["year"]), Basis.CAL_YEAR).assign(
        period_label="mid-" + rows["year"],
        indicator="population",
        breakdown=labelling.breakdown({"sex": rows["sex"], "age": rows["age"], "area_name": rows["place"]}),
        note=_joined(rows["note"], pd.Series(_OLD, rows.index).where(old, "")),
        sheet=sheet.name,
    )


def _joined(notes: pd.Series, more: pd.Series) -> pd.Series:
    return notes.str.cat(more, sep="; ").str.strip("; ")


def _with_everybody(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Add up the parts that `name` (age, sex) divides people into, where all are there and no total stands.

    A total that stands must be their sum.
    """
    keys = ["area", "period_label", "sex" if name == "age" else "age"]
    highest = pd.to_numeric(rows["age"].str.extract(r"^(\d+)\+?$")[0])
    part = highest.notna() if name == "age" else rows["sex"].isin(labelling.SEXES)
    groups = [rows[key].where(part) for key in keys]
    size = part.groupby(groups).transform("sum")
    highest = highest.groupby(groups).transform("max")
    complete = part & ((highest + 1 == size) & (highest >= _OLDEST_AGE) if name == "age" else size == 2)
    whole = rows[name] == ""
    checks.refuse_gap(rows, keys, whole, complete, "single years of age" if name == "age" else "men and women")
    told = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(rows.loc[whole, keys]))
    alone = rows[complete & ~told]
    about = alone.drop_duplicates(keys).drop(columns=["value", "numerator", "status", "row", name])
    added = stacking.add_up(alone, keys).drop(columns="parts").merge(about, on=keys)
    sums = pd.Series("sum of the single years of age" if name == "age" else "sum of men and women", added.index)
    added = added.assign(**{name: ""}, text="", note=_joined(added["note"], sums))
    added = added.assign(breakdown=labelling.breakdown({"sex": added["sex"], "age": added["age"]}))
    both: pd.DataFrame = pd.concat([rows, added], ignore_index=True)
    return both
