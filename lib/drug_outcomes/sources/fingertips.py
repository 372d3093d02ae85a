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

from drug_outcomes.definitions import edited_tables, observations, periods
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
_GROUPS = ("sex", "age", "category", "category_type")
_OUTER = ("lower_998", "upper_998")


def read(file: Path, *, indicator: str = "", basis: str = "") -> pd.DataFrame:
    """Read an export, or a tidy extract, into observations of every area, sex, age and deprivation group.

    Parameters
    ----------
    indicator : Fingertips' number, for an extract that does not give it.
    basis : kind of period (a `periods.Basis`), where a label such as 2022/23 means an academic year.
    """
    sheet = _with_period(reading.read_sheet(file))
    wide = [label for label in sheet.rows[0] if re.search(r"_\d{3,6}_\d{4}", label)]
    if wide:
        table = _melted(sheet, wide)
    elif _is_export(sheet):
        table = reading.body(sheet, reading.find_header(sheet, _EXPORT, optional=_EXPORT_MORE), last_may_be_absent=True)
    else:
        table = _tidy(sheet, indicator)
    return _observations(table, basis)


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
    table = reading.table(sheet, _TIDY, _TIDY_MORE)
    if "area" not in table.columns:
        if "area_name" not in table.columns:
            raise UnreadableInput("no column names an area", expected="area_code or area_name")
        table = table.assign(**areas_lookup.named(table))
    own = "indicator" in table.columns and table["indicator"].str.fullmatch(r"\d{1,6}").all()
    said = indicator or ("" if own else (_ID.search(sheet.file.stem) or [""])[0])
    if said or "indicator" in table.columns:
        return table.assign(indicator=said) if said else table
    raise UnreadableInput(
        "nothing in the file says which indicator this is",
        expected="a column Indicator ID, or its number in the file's name",
    )


def _melted(sheet: reading.Sheet, wide: list[str]) -> pd.DataFrame:
    """Turn columns such as `deaths_92432_2022-24` into rows."""
    table = reading.table(sheet, {"area": ["area code"]} | {label: [label] for label in wide})
    long = table.melt(["area", "row"], wide, var_name="label", value_name="value")
    return long.join(long["label"].str.extract(r"_(?P<indicator>\d{3,6})_(?P<period>\d{4}\S*)$"))


def _observations(table: pd.DataFrame, basis: str) -> pd.DataFrame:
    table = table.assign(**{name: "" for name in (*_GROUPS, "note") if name not in table.columns})
    figures = [name for name in (*parsing.FIGURES, *_OUTER) if name in table.columns]
    pattern = rf"{_AREA}|" if "place" in table.columns else _AREA  # a name without a code keeps its rows
    table = _without_minus_one(table, figures)
    coded = reading.code_rows(table, "area", [name for name in figures if name not in _OUTER], pattern=pattern)
    _check_words(coded)
    parts = {
        "sex": labelling.sexes(coded),
        "age": labelling.ages(coded["age"]),
        "category": coded["category"],
        "category_type": coded["category_type"],
        "area_name": coded.get("place", pd.Series("", coded.index)),
    }
    frame = coded[["indicator", "area", "period", "note", "row"]].assign(
        **parsing.figures(coded, _MISSING), breakdown=labelling.breakdown(parts)
    )
    frame = parsing.dated(frame, Basis(basis) if basis else None, {_POOLED: Basis.POOLED_CAL})
    frame = frame.assign(status=_status(frame))
    _cross_checks(frame, coded)
    return observations.conform(
        checks.merge_duplicates(frame, ["indicator", "area", "period_label", "breakdown"], parsing.FIGURES)
    )


def _without_minus_one(table: pd.DataFrame, figures: list[str]) -> pd.DataFrame:
    """Blank every -1 of a row without a value: OHID's database writes "no value" so, in the limits as well."""
    told = [name for name in ("value", "lower", "upper") if name in figures]
    missing = table[told].isin(["", "-1"]).all(axis="columns")
    return table.assign(**{name: table[name].mask(missing & (table[name] == "-1"), "") for name in figures})


def _check_words(table: pd.DataFrame) -> None:
    """Refuse words that cannot belong to their column, because then two labels of the header are exchanged."""
    export = "name" in table.columns
    label = table["age"].map(labelling.plain)
    odd_age = checks.strangers((label == "") | label.str.fullmatch(_AGES)) | ((label == "") & export)
    checks.refuse_rows(table[odd_age], "{} is not an age", word="age", expected="such as 18+ yrs, All ages")
    words = [name for name in _WORDS if name in table.columns]
    figures = table[words].apply(lambda column: column.str.fullmatch(r"[-\d.,]+")).any(axis="columns")
    checks.refuse_rows(table[figures], "a figure stands in a column of words")
    half = (table["category"] == "") != (table["category_type"] == "")
    half |= table["category_type"].str.contains(r"^(?:Most|Least|Second|Third|Fourth|Fifth) ", case=False)
    checks.refuse_rows(table[half], "Category and Category Type do not belong together")
    if export:
        odd = ~table["indicator"].str.fullmatch(r"\d{1,6}")
        odd |= table.groupby("indicator")["name"].transform("nunique") > 1
        odd |= table.groupby("name")["indicator"].transform("nunique") > 1
        checks.refuse_rows(table[odd], "Indicator ID and Indicator Name do not belong together", expected="one of each")


def _status(frame: pd.DataFrame) -> pd.Series:
    """Say why a value is empty, from the publisher's note."""
    note = frame["note"].str.casefold()
    why = np.select(
        [note.str.contains("suppress|disclos"), note.str.contains("cannot be calculated|not calculated|too small")],
        [str(Status.SUPPRESSED), str(Status.NOT_CALCULATED)],
        str(Status.NOT_PUBLISHED),
    )
    return frame["status"].where(frame["value"].notna() | frame["bound_high"].notna(), pd.Series(why, frame.index))


def _cross_checks(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    """Check every figure against the others of its row, and areas against England."""
    value, numerator, denominator = frame["value"], frame["numerator"], frame["denominator"]
    limits = frame[["lower", "upper"]].notna()
    unlimited = limits.any(axis="columns") & ~(limits.all(axis="columns") & value.notna())
    ratio = value * denominator / numerator
    unit = 10 ** np.log10(ratio.where(ratio > 0)).round()
    swapped = (numerator > denominator) & ~((ratio / unit - 1).abs() < 0.02)
    usual = ratio.groupby([frame["indicator"], frame["breakdown"]]).transform("median")
    far = (numerator >= 10) & ~(ratio / usual).between(0.4, 2.5) & ratio.notna()
    key = ["indicator", "period_label", "breakdown"]
    england = frame[frame["area"] == "E92000001"].drop_duplicates(key).set_index(key)["numerator"]
    whole = frame.join(england.rename("england"), on=key)["england"]
    for wrong, found in (
        (unlimited, "a value stands without one of its limits, or limits without a value"),
        (_outside(frame, table), "the 99.8% limits do not lie around the 95% limits, so the columns may be swapped"),
        (_misdated(frame, table), "the time period and the columns that repeat it name different years or lengths"),
        (swapped, "the count is greater than the denominator, so the columns may be swapped"),
        (far, "the value does not belong to its own count and denominator, as in other rows of this indicator"),
        (frame["area"].str.startswith("E") & (numerator > whole * 1.001 + 1), "the area has more cases than England"),
    ):
        checks.refuse_rows(frame[wrong], found, try_next="compare the header with that of the publisher's file")


def _outside(frame: pd.DataFrame, table: pd.DataFrame) -> "pd.Series[bool]":
    """Return where the outer limits do not lie around the inner ones."""
    if not set(_OUTER) <= set(table.columns):
        return pd.Series(data=False, index=frame.index)
    low, high = (parsing.plain_numbers(table, name, missing=_MISSING) for name in _OUTER)
    return (low > frame["lower"]) | (high < frame["upper"]) | (low.isna() != high.isna())


def _misdated(frame: pd.DataFrame, table: pd.DataFrame) -> "pd.Series[bool]":
    """Return where the period is another than its sortable form, or of another length than its range."""
    blank = pd.Series("", table.index)
    stated, length = table.get("sortable", blank).str[:4], table.get("range", blank)
    odd = table[~length.str.fullmatch(r"(?:\d{1,3}[a-z]{1,3}.*)?")]
    checks.refuse_rows(odd, "the time period range is no length of time", expected="1y, 3y")
    start, end = (periods.month_number(frame[name]) for name in ("period_start", "period_end"))
    years = pd.to_numeric(length.str.extract(r"^(\d+)y$")[0])
    other_year = (stated != "") & (stated != frame["period_start"].str[:4])
    return other_year | (years.notna() & (end - start + 1 != years * 12))
