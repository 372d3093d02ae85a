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
#: Codes in tables of deaths: J marks non-residents of the nation.
PLACE = r"[EWKNSJ]\d{8}"
_JOINED = 3  # columns that join several authorities: the mark of the file made for treatment areas
_WINDOW = 3
_BLANK = {"": Status.NOT_PUBLISHED, "na": Status.NOT_PUBLISHED}


def read(sheet: reading.Sheet, *, kind: str, period: str, area: str, years: int) -> pd.DataFrame | None:
    """Read a re-save of a known shape; None where the sheet has none of them.

    Columns out: those of the observations schema that the file fills, with `row` and `breakdown`.
    """
    labels = {labelling.squeeze(cell) for cell in sheet.rows[0]}
    if {"substance", "deaths"} <= labels:
        return parsing.dated(_by_substance(sheet), Basis.CAL_YEAR)
    if {"cause", "deaths", "mortrate"} <= labels:
        return parsing.dated(_annual_means(sheet, period), Basis.POOLED_CAL)
    if {"year", "drugpoisoning", "drugmisuse"} <= labels:
        return parsing.dated(_national(sheet, area), Basis.CAL_YEAR)
    if "year" in labels and not any(re.fullmatch(PLACE, cell.strip()) for row in sheet.rows for cell in row):
        return _by_name(sheet, kind, years)
    return None


def _by_substance(sheet: reading.Sheet) -> pd.DataFrame:
    """Read deaths by registration year, area and substance; the totals carry no substance."""
    found = reading.code_rows(reading.table(sheet, _SUBSTANCE), "area", ["deaths"], pattern=PLACE)
    counts = stacking.stack(found, ["area", "period", "substance", "row"], ["deaths"], _BLANK, whole="deaths")
    numbered = counts["substance"].str.contains(r"^\d+\s")
    checks.refuse_rows(
        counts[~numbered & bool(numbered.any())],
        "the substance has no number in a file that numbers its substances",
        expected="a label such as 01 All drug poisonings",
    )
    label = counts["substance"].map(labelling.plain).str.replace(r"^\d+\s*|\s*\(.*", "", regex=True)
    misuse = label.str.contains("misuse")
    total = label.str.fullmatch(r"(?:all )?(?:drug )?poisonings?|(?:all )?deaths? .*poisoning") | misuse
    return counts.drop(columns="substance").assign(
        indicator=misuse.map({True: "drug_misuse_deaths", False: "drug_poisoning_deaths"}),
        breakdown=("substance=" + label.str.capitalize()).where(~total, ""),
    )


def _national(sheet: reading.Sheet, area: str) -> pd.DataFrame:
    """Read totals by year of an area that the file does not name."""
    if not re.fullmatch(PLACE, area):
        raise UnreadableInput(
            "nothing in the file says which area its totals are of",
            expected="a column of area codes",
            try_next="add a column of area codes: K04000001 when they are of England and Wales",
        )
    names = [name for name in _NATIONAL if name != "period"]
    counts = stacking.stack(reading.table(sheet, _NATIONAL), ["period", "row"], names, _BLANK, whole="deaths")
    wide = counts.pivot(index="row", columns="indicator", values="value").reset_index()  # noqa: PD010 - one each
    more = wide[wide["drug_misuse_deaths"] > wide["drug_poisoning_deaths"]]
    checks.refuse_rows(more, "more deaths from misuse than from poisoning, of which misuse is a part")
    return counts.assign(area=area, breakdown="", note=f"totals of {area} as stated by the reader of the file")


def _annual_means(sheet: reading.Sheet, period: str) -> pd.DataFrame:
    """Read mean deaths a year over a period that the file does not name, with the crude rate."""
    period = checks.only(
        [period] if period else re.findall(r"(?:19|20)\d\d-\d\d(?!\d)", sheet.file.stem),
        "which years its annual means cover",
        expected="one period",
        try_next="put 2017-19 into the file's name when that is what its maker says",
    )
    found = reading.code_rows(reading.table(sheet, _MEANS), "area", ["deaths"], pattern=PLACE)
    indicator = found["cause"].map(labelling.plain).map(_CAUSES)
    checks.refuse_rows(found[indicator.isna()], "the cause is unknown", expected="DRD or ASD")
    deaths = parsing.numbers(found, "deaths", _BLANK)
    population, stated = (parsing.plain_numbers(found, name, missing=_BLANK) for name in ("population", "rate"))
    wrong = (100_000 * deaths["value"] / population - stated).abs() > 0.01 * stated
    checks.refuse_rows(found[wrong], "the rate is not deaths over population, so the columns may be swapped")
    note = f"mean of the years {period}, as stated by the reader of the file"
    return found[["area", "row"]].assign(**deaths, indicator=indicator, breakdown="", note=note, period=period)


def _by_name(sheet: reading.Sheet, kind: str, years: int) -> pd.DataFrame:
    """Read one column for each authority and one row for each year, the last of a window of years."""
    checks.require_meaning(sheet.file, sheet.name, MEANS, CONTRADICTS, "deaths")
    labels = [cell.strip() for cell in sheet.rows[0]]
    names = [label for label in labels if labelling.squeeze(label) != "year"]
    found = reading.table(sheet, {"period": ["year"]} | {label: [label] for label in names})
    unknown = pd.Series(names, dtype="str")[(ground.codes(pd.Series(names, dtype="str")) == "").to_numpy()]
    if unknown.str.contains(" and ").sum() >= _JOINED:
        years = years or _WINDOW
    if not kind or not years:
        raise UnreadableInput(
            f"nothing in the file says {'how many years a figure covers' if kind else 'which deaths it counts'}",
            expected="a title, or a name with misuse or poisoning",
            try_next="put misuse or poisoning into the file's name; take the published table when years are unclear",
        )
    counts = stacking.stack(found, ["period", "row"], names, _BLANK, whole="deaths")
    last = pd.to_numeric(counts["period"])
    label = (last - years + 1).astype("str") + "-" + (last % 100).astype("str").str.zfill(2)
    placed = areas_lookup.named(counts, "indicator", last.astype("str") + "-12")
    note = f"deaths of {years} years ending with the year of the file; drug {kind} by the file's name or caller"
    rows = counts.assign(
        period=label if years > 1 else counts["period"],
        area=placed["area"],
        note=note + placed["note"].where(placed["note"] == "", "; " + placed["note"]),
        indicator=f"drug_{kind}_deaths",
        breakdown=labelling.breakdown({"area_name": placed["place"]}),
    )
    return parsing.dated(rows, Basis.POOLED_CAL if years > 1 else Basis.CAL_YEAR)
