"""OHID Fingertips: the CSV of all data of an indicator, and tidy extracts of one.

The export has a row for each area, period, sex, age and, for England, each deprivation group. England
stands in it twice. Widths differ between years (26 and 27 columns, or rows without the last), so columns
are found by name. `indicator` is Fingertips' own number as text.
"""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables, observations
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, parsing, reading

_EXPORT: labelling.Fields = {
    "indicator": ["Indicator ID"],
    "area": ["Area Code"],
    "sex": ["Sex"],
    "age": ["Age"],
    "category_type": ["Category Type"],
    "category": ["Category"],
    "period": ["Time period"],
    "value": ["Value"],
    "lower": [re.compile(r"lower ci( ?95(\.0)?)?%? ?(limit)?")],
    "upper": [re.compile(r"upper ci( ?95(\.0)?)?%? ?(limit)?")],
    "numerator": ["Count"],
    "denominator": ["Denominator"],
    "note": ["Value note"],
}
_EXPORT_MORE: labelling.Fields = {
    "name": ["Indicator Name"],
    "area_name": ["Area Name"],
    "parent": ["Parent Code"],
    "lower_998": [re.compile(r"lower ci 99\.8 ?(limit)?")],
    "upper_998": [re.compile(r"upper ci 99\.8 ?(limit)?")],
    "sortable": ["Time period Sortable"],
    "range": ["Time period range"],
    "trend": ["Recent Trend"],
    "new": ["New data"],
    "goal": ["Compared to goal"],
}
_TIDY: labelling.Fields = {"period": ["period", "time period"], "value": ["value"]}
_TIDY_MORE: labelling.Fields = {
    "area": ["area code"],
    "area_name": ["area name", "area"],
    "lower": [re.compile(r"lower( ci| limit)?([ _]?95(\.0)?)?%?( limit)?|lower_ci(_95)?(_limit)?")],
    "upper": [re.compile(r"upper( ci| limit)?([ _]?95(\.0)?)?%?( limit)?|upper_ci(_95)?(_limit)?")],
    "numerator": ["numerator", "count"],
    "denominator": ["denominator"],
    "indicator": ["indicator", "indicator id"],
    "sex": ["sex"],
    "age": ["age"],
    "category_type": ["category type"],
    "category": ["category"],
    "note": ["value note", "note"],
}
#: Any area of Fingertips: GSS codes, and those of health bodies.
_AREA = r"[EWKNSJ]\d{8}|[ne]E\d{8}|[A-DF-HLMPQRTUVYZ]\d{5}"
_MISSING = {"": Status.NOT_PUBLISHED, "na": Status.NOT_PUBLISHED}
#: "2021 - 22" is two calendar years here: financial years are written 2021/22.
_POOLED = r"\d{4}\s*[-–]\s*\d{2,4}"
_AGES = (
    r"all ages?|all|persons|not applicable|n/a"
    r"|(?:reception|year|school|working age|newborn|pregnan|birth|adult|child|infant).*"
    r"|(?:<|>|=|under|over|aged?)*\s*\d{1,3}\s*(?:\+|[-–]\s*\d{1,3}|to \d{1,3}|and over)?"
    r"\s*(?:yrs?|years?|old|wks?|weeks?|mths?|months?|days?)?.{0,20}"
)
_ID = re.compile(r"(?<!\d)(\d{3,6})(?!\d)")
#: Columns that never hold a figure; one in them has come from a column of figures.
_WORDS = ("note", "trend", "new", "goal")
_FIGURES = ("value", "lower", "upper", "numerator", "denominator")


def read(file: Path, *, indicator: str = "", basis: str = "") -> pd.DataFrame:
    """Read an export, or a tidy extract, into observations of every area, sex, age and deprivation group.

    Parameters
    ----------
    indicator : Fingertips' number, for an extract that does not give it.
    basis : kind of period (a `periods.Basis`), where a label such as 2022/23 means an academic year.
    """
    sheet = reading.read_sheet(file)
    sheet = _with_period(sheet)
    wide = [label for label in sheet.rows[0] if re.search(r"_\d{3,6}_\d{4}", label)]
    if wide:
        table = _melted(sheet, wide)
    elif _is_export(sheet):
        header = reading.find_header(sheet, _EXPORT, optional=_EXPORT_MORE)
        table = reading.body(sheet, header, last_may_be_absent=True)
    else:
        table = _tidy(sheet, indicator)
    return _observations(table, file, basis)


def _is_export(sheet: reading.Sheet) -> bool:
    """Whether a sheet is an export, of which no column may be missing; the newer service numbers indicators too."""
    tops = ({*map(labelling.squeeze, row)} for row in sheet.rows[:20])
    return any("indicatorid" in labels and "datefrom" not in labels for labels in tops)


def _with_period(sheet: reading.Sheet) -> reading.Sheet:
    """Add a label of the period to rows that have its first and last day, as the newer service writes them."""
    labels = [labelling.squeeze(cell) for cell in sheet.rows[0]]
    if not {"datefrom", "dateto"} <= set(labels) or {"period", "timeperiod"} & set(labels):
        return sheet
    first, last = labels.index("datefrom"), labels.index("dateto")
    below = tuple((*row, _between(row[first], row[last])) if len(row) == len(labels) else row for row in sheet.rows[1:])
    return reading.Sheet(sheet.file, sheet.name, ((*sheet.rows[0], "period"), *below))


def _between(first: str, last: str) -> str:
    """Return the label of a period from its days: "2023", "2021 - 23", "2022/23", else its months in words."""
    try:
        start, end = (date.fromisoformat(edited_tables.iso(day.strip()[:10])) for day in (first, last))
    except ValueError:
        return f"{first} to {last}"
    years = end.year - start.year
    if (start.month, end.month) == (1, 12):
        return f"{start.year} - {end.year % 100:02d}" if years else str(start.year)
    if (start.month, end.month, years) == (4, 3, 1):
        return f"{start.year}/{end.year % 100:02d}"
    return f"{start:%B %Y} to {end:%B %Y}"


def _tidy(sheet: reading.Sheet, indicator: str) -> pd.DataFrame:
    header = reading.find_header(sheet, _TIDY, optional=_TIDY_MORE)
    table = reading.body(sheet, header)
    if not {"area", "area_name"} & set(table.columns):
        raise UnreadableInput("no column names an area", expected="area_code or area_name", file=sheet.file)
    if "area" not in table.columns:
        found = areas_lookup.named(table["area_name"], table["row"], file=sheet.file)
        table = table.assign(area=found["area"], note=found["area_note"], place=found["area_name"])
    own = "indicator" in table.columns and table["indicator"].str.fullmatch(r"\d{1,6}").all()
    said = indicator or ("" if own else (_ID.search(sheet.file.stem) or [""])[0])
    if said:
        return table.assign(indicator=said)
    if "indicator" not in table.columns:
        raise UnreadableInput(
            "nothing in the file says which indicator this is",
            expected="a column Indicator ID, or its number in the file's name",
            file=sheet.file,
        )
    return table


def _melted(sheet: reading.Sheet, wide: list[str]) -> pd.DataFrame:
    """Turn columns such as `deaths_92432_2022-24` into rows."""
    fields: labelling.Fields = {"area": ["area code"]} | {label: [label] for label in wide}
    table = reading.body(sheet, reading.find_header(sheet, fields))
    long = table.melt(id_vars=["area", "row"], value_vars=wide, var_name="label", value_name="value")
    parts = long["label"].str.extract(r"_(?P<indicator>\d{3,6})_(?P<period>\d{4}\S*)$")
    return long.join(parts)


def _observations(table: pd.DataFrame, file: Path, basis: str) -> pd.DataFrame:
    table = table.assign(**{name: "" for name in (*_FIGURES, "note") if name not in table.columns})
    table = table.assign(
        **{name: "" for name in ("sex", "age", "category", "category_type") if name not in table.columns}
    )
    pattern = rf"{_AREA}|" if "place" in table.columns else _AREA  # a name without a code keeps its rows
    coded = reading.code_rows(_without_minus_one(table), "area", _FIGURES, file=file, pattern=pattern)
    _check_words(coded, file)
    figures = parsing.numbers(coded["value"], _MISSING, file=file, rows=coded["row"], name="Value")
    others = {name: parsing.plain_numbers(coded, name, file=file, missing=tuple(_MISSING)) for name in _FIGURES[1:]}
    parts = {
        "sex": labelling.sexes(coded, file=file),
        "age": labelling.ages(coded["age"]),
        "category": coded["category"],
        "category_type": coded["category_type"],
    }
    parts |= {"area_name": coded["place"]} if "place" in coded.columns else {}
    frame = coded[["indicator", "area", "note", "row"]].assign(
        **figures,
        **others,
        breakdown=labelling.breakdown(parts),
        **parsing.period_columns(coded, file, Basis(basis) if basis else None, {_POOLED: Basis.POOLED_CAL}),
    )
    frame = frame.assign(status=_status(frame))
    _cross_checks(frame, coded, file)
    merged = checks.merge_duplicates(frame, ["indicator", "area", "period_label", "breakdown"], _FIGURES, file=file)
    return observations.conform(merged.drop(columns="period_status"))


def _without_minus_one(table: pd.DataFrame) -> pd.DataFrame:
    """Blank every -1 of a row without a value: OHID's database writes "no value" so, in the limits as well."""
    cells = [name for name in (*_FIGURES, "lower_998", "upper_998") if name in table.columns]
    missing = table[["value", "lower", "upper"]].isin(["", "-1"]).all(axis="columns")
    return table.assign(**{name: table[name].mask(missing & (table[name] == "-1"), "") for name in cells})


def _check_words(table: pd.DataFrame, file: Path) -> None:
    """Refuse words that cannot belong to their column, because then two labels of the header are exchanged."""
    label = table["age"].map(labelling.plain)
    odd_age = (label == "") if "name" in table.columns else label == "?"
    odd_age |= checks.strangers((label == "") | label.str.fullmatch(_AGES))
    first = str(table["age"].where(odd_age).dropna().head(1).sum())
    checks.refuse_rows(table[odd_age], f"{first!r} is not an age", file=file, expected="such as 18+ yrs, All ages")
    for name in _WORDS:
        if name in table.columns:
            figures = table[table[name].str.fullmatch(r"[-\d.,]+")]
            checks.refuse_rows(figures, "a figure stands in a column of words", file=file)
    half = (table["category"] == "") != (table["category_type"] == "")
    half |= table["category_type"].str.contains(r"^(?:Most|Least|Second|Third|Fourth|Fifth) ", case=False)
    checks.refuse_rows(table[half], "Category and Category Type do not belong together", file=file)
    if "name" in table.columns:
        odd = ~table["indicator"].str.fullmatch(r"\d{1,6}")
        names = table.groupby("indicator")["name"].transform("nunique")
        ids = table.groupby("name")["indicator"].transform("nunique")
        checks.refuse_rows(
            table[odd | (names > 1) | (ids > 1)],
            "Indicator ID and Indicator Name do not belong together",
            file=file,
            expected="one number for each name",
        )


def _status(frame: pd.DataFrame) -> pd.Series:
    """Say why a value is empty, from the publisher's note."""
    note = frame["note"].str.casefold()
    why = np.select(
        [note.str.contains("suppress|disclos"), note.str.contains("cannot be calculated|not calculated|too small")],
        [str(Status.SUPPRESSED), str(Status.NOT_CALCULATED)],
        str(Status.NOT_PUBLISHED),
    )
    given = frame["status"].where(frame["status"] != str(Status.PUBLISHED), frame["period_status"])
    return given.where(frame["value"].notna() | frame["bound_high"].notna(), pd.Series(why, frame.index))


def _cross_checks(frame: pd.DataFrame, table: pd.DataFrame, file: Path) -> None:
    """Check every figure against the others of its row, and areas against England."""
    checks.check_limits(frame, file=file)
    limited = frame["lower"].notna() | frame["upper"].notna()
    whole = frame["lower"].notna() & frame["upper"].notna() & frame["value"].notna()
    checks.refuse_rows(
        frame[limited & ~whole], "a value stands without one of its limits, or limits without a value", file=file
    )
    _check_outer_limits(frame, table, file)
    _check_periods(frame, table, file)
    ratio = frame["value"] * frame["denominator"] / frame["numerator"]
    unit = 10 ** np.log10(ratio.where(ratio > 0)).round()
    plain_share = (ratio / unit - 1).abs() < 0.02
    swapped = (frame["numerator"] > frame["denominator"]) & ~plain_share
    checks.refuse_rows(
        frame[swapped],
        "the count is greater than the denominator, so the columns may be swapped",
        file=file,
        expected="Count at most Denominator, or a value that is their ratio",
    )
    usual = ratio.groupby([frame["indicator"], frame["breakdown"]]).transform("median")
    far = (frame["numerator"] >= 10) & ~(ratio / usual).between(0.4, 2.5) & ratio.notna()
    checks.refuse_rows(
        frame[far],
        "the value does not belong to its own count and denominator",
        file=file,
        expected="the same unit as in the other rows of this indicator",
    )
    _check_england(frame, file)


def _check_outer_limits(frame: pd.DataFrame, table: pd.DataFrame, file: Path) -> None:
    if {"lower_998", "upper_998"} <= set(table.columns):
        low, high = (
            parsing.plain_numbers(table, name, file=file, missing=tuple(_MISSING))
            for name in ("lower_998", "upper_998")
        )
        checks.refuse_rows(
            frame[(low > frame["lower"]) | (high < frame["upper"]) | (low.isna() != high.isna())],
            "the 99.8% limits do not lie around the 95% limits, so the columns may be swapped",
            file=file,
        )


def _check_periods(frame: pd.DataFrame, table: pd.DataFrame, file: Path) -> None:
    """Compare the period with the columns that repeat it: the sortable year, and the length."""
    start = frame["period_start"].str[:4]
    if "sortable" in table.columns:
        stated = table["sortable"].str[:4]
        checks.refuse_rows(
            frame[(stated != "") & (stated != start)],
            "the time period and its sortable form name different years",
            file=file,
        )
    if "range" in table.columns:
        odd = table[~table["range"].str.fullmatch(r"(?:\d{1,3}[a-z]{1,3}.*)?")]
        checks.refuse_rows(odd, "the time period range is no length of time", file=file, expected="1y, 3y")
        years = pd.to_numeric(table["range"].str.extract(r"^(\d+)y$")[0])
        months = pd.to_numeric(frame["period_end"].str[:4]) * 12 + pd.to_numeric(frame["period_end"].str[5:])
        months = months - pd.to_numeric(start) * 12 - pd.to_numeric(frame["period_start"].str[5:]) + 1
        checks.refuse_rows(
            frame[years.notna() & (months != years * 12)],
            "the time period and its range have different lengths",
            file=file,
        )


def _check_england(frame: pd.DataFrame, file: Path) -> None:
    """No area of England has more cases than England."""
    key = ["indicator", "period_label", "breakdown"]
    england = frame[frame["area"] == "E92000001"].drop_duplicates(key).set_index(key)["numerator"]
    national = pd.MultiIndex.from_frame(frame[key])
    whole = pd.Series(england.reindex(national).to_numpy(), index=frame.index)
    checks.refuse_rows(
        frame[frame["area"].str.startswith("E") & (frame["numerator"] > whole * 1.001 + 1)],
        "the area has more cases than England",
        file=file,
        expected="a part to be smaller than the whole",
    )
