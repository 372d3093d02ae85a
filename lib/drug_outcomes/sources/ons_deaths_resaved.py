"""Tidy re-saves of the ONS deaths tables, as analysts pass them on: other shapes, fewer words.

What such a file leaves unsaid (which deaths, which years, which area) has to come from its name or from the
caller, and the note of each row says so.
"""

import re

import pandas as pd

from drug_outcomes.definitions import ground
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, parsing, reading, stacking

_SUBSTANCE: labelling.Fields = {
    "period": ["year of death registration", "registration year", "year"],
    "area": ["usual residence code", "area code", "code"],
    "substance": ["substance"],
    "deaths": ["deaths", "number of deaths"],
}
_NATIONAL: labelling.Fields = {
    "period": ["year"],
    "drug_poisoning_deaths": ["drug_poisoning", "drug poisoning deaths"],
    "drug_misuse_deaths": ["drug_misuse", "drug misuse deaths"],
}
_MEANS: labelling.Fields = {
    "area": ["code"],
    "population": ["pop", "population"],
    "cause": ["cause"],
    "deaths": ["deaths"],
    "rate": ["mortrate"],
}
#: Words that say that numbers are deaths, and words that say otherwise whatever else a name holds.
MEANS = r"death|died|deceased|registration|registered|mortality"
CONTRADICTS = r"admission|admitted|hospital|attendance|treatment|prevalence|offence|seizure|referral|survey|ambulance"
_CAUSES = {"drd": "drug_misuse_deaths_annual_mean", "asd": "alcohol_specific_deaths_annual_mean"}
_PLACE = r"[EWKNSJ]\d{8}"
_JOINED = 3  # columns that join several authorities: the mark of the file made for treatment areas
_WINDOW = 3
_BLANK = {"": Status.NOT_PUBLISHED, "na": Status.NOT_PUBLISHED}


def read(sheet: reading.Sheet, *, kind: str, period: str, area: str, years: int) -> pd.DataFrame | None:
    """Read a re-save of a known shape; None where the sheet has none of them.

    Columns out: those of the observations schema that the file fills, with `row` and `breakdown`.
    """
    labels = {labelling.squeeze(cell) for cell in sheet.rows[0]}
    if {"substance", "deaths"} <= labels:
        return _by_substance(sheet)
    if {"cause", "deaths", "mortrate"} <= labels:
        return _annual_means(sheet, period)
    if {"year", "drugpoisoning", "drugmisuse"} <= labels:
        return _national(sheet, area)
    if "year" in labels and not any(re.fullmatch(_PLACE, cell.strip()) for row in sheet.rows for cell in row):
        return _by_name(sheet, kind, years)
    return None


def _dated(rows: pd.DataFrame, sheet: reading.Sheet, basis: Basis) -> pd.DataFrame:
    when = parsing.period_columns(rows, sheet.file, basis)
    return rows.drop(columns="period").join(when.drop(columns="period_status"))


def _counts(rows: pd.DataFrame, keep: list[str], figures: list[str], sheet: reading.Sheet) -> pd.DataFrame:
    counts = stacking.stack(rows, [*keep, "row"], figures, _BLANK, file=sheet.file)
    checks.refuse_rows(
        counts[counts["value"] % 1 > 0],
        "a number of deaths is not a whole number",
        file=sheet.file,
        expected="whole numbers",
    )
    return counts


def _by_substance(sheet: reading.Sheet) -> pd.DataFrame:
    """Read deaths by registration year, area and substance; the totals carry no substance."""
    found = reading.body(sheet, reading.find_header(sheet, _SUBSTANCE))
    found = reading.code_rows(found, "area", ["deaths"], file=sheet.file, pattern=_PLACE)
    counts = _counts(found, ["area", "period", "substance"], ["deaths"], sheet)
    numbered = counts["substance"].str.contains(r"^\d+\s")
    checks.refuse_rows(
        counts[~numbered] if numbered.any() else counts.iloc[:0],
        "the substance has no number in a file that numbers its substances",
        file=sheet.file,
        expected="a label such as 01 All drug poisonings",
    )
    label = counts["substance"].map(labelling.plain).str.replace(r"^\d+\s*|\s*\(.*", "", regex=True)
    name = label.str.capitalize()
    misuse = label.str.contains("misuse")
    total = label.str.fullmatch(r"(?:all )?(?:drug )?poisonings?|(?:all )?deaths? .*poisoning") | misuse
    indicator = misuse.map({True: "drug_misuse_deaths", False: "drug_poisoning_deaths"})
    rows = counts.assign(indicator=indicator, breakdown=("substance=" + name).where(~total, ""))
    return _dated(rows.drop(columns="substance"), sheet, Basis.CAL_YEAR)


def _national(sheet: reading.Sheet, area: str) -> pd.DataFrame:
    """Read totals by year of an area that the file does not name."""
    if not re.fullmatch(_PLACE, area):
        raise UnreadableInput(
            "nothing in the file says which area its totals are of",
            expected="a column of area codes",
            try_next="add a column of area codes: K04000001 when they are of England and Wales",
            file=sheet.file,
        )
    found = reading.body(sheet, reading.find_header(sheet, _NATIONAL))
    counts = _counts(found, ["period"], [name for name in _NATIONAL if name != "period"], sheet)
    wide = found.assign(**{name: pd.to_numeric(found[name]) for name in _NATIONAL if name != "period"})
    checks.refuse_rows(
        wide[wide["drug_misuse_deaths"] > wide["drug_poisoning_deaths"]],
        "more deaths from misuse than from poisoning, of which misuse is a part",
        file=sheet.file,
    )
    note = f"totals of {area} as stated by the reader of the file"
    return _dated(counts.assign(area=area, breakdown="", note=note), sheet, Basis.CAL_YEAR)


def _annual_means(sheet: reading.Sheet, period: str) -> pd.DataFrame:
    """Read mean deaths a year over a period that the file does not name, with the crude rate."""
    period = period or next(iter(re.findall(r"(?:19|20)\d\d-\d\d(?!\d)", sheet.file.stem)), "")
    if not period:
        raise UnreadableInput(
            "nothing in the file says which years its annual means cover",
            expected="a period",
            try_next="put 2017-19 into the file's name when that is what its maker says",
            file=sheet.file,
        )
    found = reading.body(sheet, reading.find_header(sheet, _MEANS))
    found = reading.code_rows(found, "area", ["deaths"], file=sheet.file, pattern=_PLACE)
    indicator = found["cause"].map(labelling.plain).map(_CAUSES)
    checks.refuse_rows(found[indicator.isna()], "the cause is unknown", file=sheet.file, expected="DRD or ASD")
    deaths = parsing.numbers(found["deaths"], _BLANK, file=sheet.file, rows=found["row"], name="deaths")
    rate = 100_000 * deaths["value"] / parsing.plain_numbers(found, "population", file=sheet.file, missing=("", "na"))
    stated = parsing.plain_numbers(found, "rate", file=sheet.file, missing=("", "na"))
    checks.refuse_rows(
        found[(rate - stated).abs() > 0.01 * stated],
        "the rate is not deaths over population, so the columns may be swapped",
        file=sheet.file,
    )
    note = f"mean of the years {period}, as stated by the reader of the file"
    rows = found[["area", "row"]].assign(**deaths, indicator=indicator, breakdown="", note=note, period=period)
    return _dated(rows, sheet, Basis.POOLED_CAL)


def _by_name(sheet: reading.Sheet, kind: str, years: int) -> pd.DataFrame:
    """Read one column for each authority and one row for each year, the last of a window of years."""
    checks.require_meaning(sheet.name, MEANS, CONTRADICTS, "deaths", file=sheet.file)
    labels = [cell.strip() for cell in sheet.rows[0]]
    fields = {"period": ["year"]} | {label: [label] for label in labels if labelling.squeeze(label) != "year"}
    found = reading.body(sheet, reading.find_header(sheet, fields))
    names = [name for name in found.columns if name not in {"period", "row"}]
    if sum(" and " in name for name in areas_without_code(names)) >= _JOINED:
        years = years or _WINDOW
    if not kind or not years:
        raise UnreadableInput(
            f"nothing in the file says {'how many years a figure covers' if kind else 'which deaths it counts'}",
            expected="a title, or a name with misuse or poisoning",
            try_next="put misuse or poisoning into the file's name; take the published table when years are unclear",
            file=sheet.file,
        )
    counts = _counts(found, ["period"], names, sheet)
    last = pd.to_numeric(counts["period"])
    label = (last - years + 1).astype("str") + "-" + (last % 100).astype("str").str.zfill(2)
    counts = counts.assign(period=label if years > 1 else counts["period"])
    placed = areas_lookup.named(counts["indicator"], counts["row"], file=sheet.file, when=last.astype("str") + "-12")
    note = f"deaths of {years} years ending with the year of the file; drug {kind} by the file's name or caller"
    rows = counts.assign(
        area=placed["area"],
        note=note + placed["area_note"].where(placed["area_note"] == "", "; " + placed["area_note"]),
        indicator=f"drug_{kind}_deaths",
        breakdown=labelling.breakdown({"area_name": placed["area_name"]}),
    )
    return _dated(rows, sheet, Basis.POOLED_CAL if years > 1 else Basis.CAL_YEAR)


def areas_without_code(names: list[str]) -> list[str]:
    """Return the names that no area has."""
    column = pd.Series(names, dtype="str")
    return list(column[ground.codes(column) == ""])
