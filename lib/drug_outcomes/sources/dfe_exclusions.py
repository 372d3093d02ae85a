"""Suspensions and permanent exclusions: files of Explore Education Statistics, older and newer layouts.

By reason (perm_drug_alcohol, fixed_drug_alcohol, or a column `reason`), by area (headcount, all suspensions)
and by pupil characteristics. The code of the country stands in every row, so the level says which code is
the area's. London appears as Inner and Outer London only; they are added to a London of today's code.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, markers, parsing, reading, stacking

_FIELDS: labelling.Fields = {
    "time": ("time_period",),
    "identifier": ("time_identifier",),
    "level": ("geographic_level",),
    "country": ("country_code",),
    "region": ("region_code",),
    "council": ("new_la_code",),
}
_NAMES: labelling.Fields = {
    "region_name": ("region_name",),
    "council_name": ("la_name",),
    "school_type": ("school_type", "education_phase"),
    "reason": ("reason", "exclusion_reason", "reason_for_exclusion"),
}
_NOT_A_RATE = r"(?!.*(?:rate|perc|one_plus|one plus))"
_FIGURES: labelling.Fields = {
    "suspensions_drug_alcohol": (re.compile(_NOT_A_RATE + r"(?:fixed|susp).*drug.*"),),
    "permanent_exclusions_drug_alcohol": (re.compile(_NOT_A_RATE + r"perm.*drug.*"),),
    "suspensions": ("fixed_excl", "suspension", "suspensions", "number of suspensions"),
    "permanent_exclusions": ("perm_excl", "permanent_exclusions", "number of permanent exclusions"),
    "headcount": ("headcount", "number of pupils"),
}
_RATES: labelling.Fields = {
    "suspensions_rate": ("fixed_excl_rate", "susp_rate", "suspension_rate"),
    "permanent_exclusions_rate": ("perm_excl_rate", "permanent_exclusion_rate"),
}
_REASONS = ["physical_pupils", "physical_adult", "verbal_pupil", "verbal_adult", "bullying", "racist_abuse",
            "sexual_misconduct", "drug_alcohol", "damage", "theft", "persistent_disruptive", "other"]  # fmt: skip
#: Published side by side: where one is, the other is under another name.
_PAIRS = (
    ("suspensions_drug_alcohol", "permanent_exclusions_drug_alcohol"),
    ("suspensions", "permanent_exclusions"),
    ("headcount", "suspensions_rate"),
)
_LEVELS = {"national": "country", "country": "country", "regional": "region", "region": "region",
           "local authority": "council", "local authorities": "council", "la": "council"}  # fmt: skip
#: Levels below or beside local authorities, of which nothing is kept.
_OTHER_LEVELS = ("school", "local authority district", "parliamentary constituency", "provider", "ward")
_CODE_OF = {"country": "E92", "region": "E12|E13", "council": "E0[6789]|E10"}
_TOTAL = ("total", "all", "all schools", "all pupils", "all reasons", "all school types", "total pupils")
_SCHOOLS = {
    "primary": "State-funded primary",
    "secondary": "State-funded secondary",
    "special": "Special",
    "pupil referral|alternative provision|^prus?$": "Alternative provision",
    "independent": "Independent",
    "all.through": "All-through",
}
_OLD_MARKERS = {"x": Status.SUPPRESSED}
_NEW_MARKERS = {"x": Status.NOT_PUBLISHED, "c": Status.SUPPRESSED, "z": Status.NOT_APPLICABLE,
                "low": Status.SUPPRESSED, "u": Status.UNRELIABLE}  # fmt: skip
_ALWAYS = {".": Status.NOT_APPLICABLE, "": Status.NOT_PUBLISHED, "..": Status.NOT_PUBLISHED, ":": Status.NOT_PUBLISHED}
_PLACE = ["period", "area", "breakdown"]
_INNER_AND_OUTER, _LONDON = ("E13000001", "E13000002"), "E12000007"


def read(file: Path) -> pd.DataFrame:
    """Read one data file, all years, levels and school types.

    Indicators: suspensions_drug_alcohol, permanent_exclusions_drug_alcohol, suspensions,
    permanent_exclusions, headcount. Where the file has the headcount it is the denominator of the counts.
    Breakdown: "school_type=..." and other filters of the file; totals carry none.

    Raises `UnreadableInput` for terms instead of years, unknown levels, codes of another level, and where
    rates, regions or the two kinds of exclusion contradict each other.
    """
    sheet = reading.read_sheet(file)
    header = _header(sheet)
    _refuse_swapped_reasons(header)
    table = reading.body(sheet, header)
    # A footer has no level, nor a code of a country.
    table = _placed(table[(table["level"] != "") | table["country"].str.fullmatch(labelling.GSS_CODE)])
    if "school_type" in table:
        table = table.assign(**_school_types(table))
    figures = [name for name in (*_FIGURES, *_RATES) if name in table]
    groups = {
        name.removeprefix("filter ").replace(" ", "_"): table[name] for name in map(str, table) if "filter " in name
    }
    groups |= {"place": table["place"]} | ({"school_type": table["school_type"]} if "school_type" in table else {})
    totals = {name: cells.mask(cells.map(labelling.plain).isin(_TOTAL), "") for name, cells in groups.items()}
    table = _of_drugs(table.assign(breakdown=labelling.breakdown(totals)))
    marks = _markers(table, figures)
    _refuse_blank(table, figures)
    cells = stacking.stack(table, ["period", "area", "breakdown", "reason_of", "note", "row"], figures, marks)
    low = cells["text"].str.casefold() == "low"  # more than none, and rounds to none
    cells = cells.assign(
        indicator=cells["indicator"] + cells["reason_of"],
        bound_low=cells["bound_low"].mask(low, 0.0),
        bound_high=cells["bound_high"].mask(low, 0.5),
    )
    cells = checks.merge_duplicates(cells, ["indicator", *_PLACE], ["text"])
    counts = _with_headcount(cells)
    _check_sums(counts)
    counts = pd.concat([counts, _london(counts)], ignore_index=True).drop(columns="reason_of")
    return observations.conform(parsing.dated(counts, periods.Basis.ACAD_YEAR).assign(sheet=sheet.name))


def _header(sheet: reading.Sheet) -> reading.Header:
    """Find the known columns and, among the others, the filters: columns that say Total in some row."""
    if {"col_name", "col_type"} <= {labelling.plain(cell) for cell in sheet.rows[0]}:
        raise UnreadableInput(
            "this is the meta file, which names columns and holds no figures",
            try_next=f"read {sheet.file.name.replace('.meta', '')}",
        )
    header = reading.find_header(sheet, _FIELDS, optional={**_NAMES, **_FIGURES, **_RATES})
    reading.refuse_unnamed(sheet, header)
    lacking = [one for pair in _PAIRS for one in pair if set(pair) - set(header.columns) == {one}]
    lacking = [one for one in lacking if one != "suspensions_rate"]
    if lacking or not set(_FIGURES) & set(header.columns):
        labels = [text for text in header.texts if text.strip()]
        what = lacking[0].replace("_", " ") if lacking else "suspensions, exclusions or pupils"
        raise UnreadableInput(
            f"no column holds {what}. Headers found: {'; '.join(labels[:40])}",
            expected="fixed_drug_alcohol and perm_drug_alcohol, or suspension, perm_excl and headcount",
            row=header.row,
        )
    filters = {
        f"filter {labelling.plain(text)}": place
        for place, text in enumerate(header.texts)
        if place not in header.columns.values()
        and any(labelling.plain(row[place]) in _TOTAL for row in sheet.rows[header.row :] if len(row) > place)
    }
    return reading.Header(header.row, {**header.columns, **filters}, header.texts)


def _refuse_swapped_reasons(header: reading.Header) -> None:
    """Compare the order of reasons with the published one, and with that of the other kind of exclusion."""
    found = [re.fullmatch(r"(perm|fixed|susp)\w*?_([a-z_]+)", labelling.plain(text)) for text in header.texts]
    named = [(one.group(1), one.group(2)) for one in found if one and "rate" not in one.group(2)]
    kinds = list(dict.fromkeys(kind for kind, _ in named))
    orders = [_REASONS, *([reason for one, reason in named if one == kind] for kind in kinds)]
    usual = [
        [f"{kind} {reason}" for kind in blocks for reason in order]
        for blocks in (kinds, kinds[::-1])
        for order in orders
    ]
    if any(reason == "drug_alcohol" for _, reason in named):
        checks.refuse_swap([" ".join(pair) for pair in named], usual, row=header.row)


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    """Add `area`, `period`, `note` and `place`; keep national, regional and local authority rows."""
    level = table["level"].map(labelling.plain)
    table = table[~level.isin(_OTHER_LEVELS)].assign(kind=level.map(_LEVELS))
    code = table["country"]
    for kind in ("region", "council"):
        code = code.mask(table["kind"] == kind, table[kind])
    nowhere = (table["kind"] == "council") & (code.str.len() < 2)
    fits = pd.Series(data=False, index=table.index)
    for kind, pattern in _CODE_OF.items():
        fits |= (table["kind"] == kind) & code.str.match(pattern) & code.str.fullmatch(labelling.GSS_CODE)
    for wrong, found, expected in (
        (table["kind"].isna(), "a geographic level is unknown", "National, Regional or Local authority"),
        (
            table["identifier"].map(labelling.plain) != "academic year",
            "these are not figures of a whole academic year",
            "the time_identifier 'Academic year'",
        ),
        (
            ~fits & ~nowhere,
            "the code of the area is not one of its level; columns may be swapped or shifted",
            "E92 for National, E12 or E13 for Regional, E06 to E10 for Local authority",
        ),
    ):
        checks.refuse_rows(table[wrong], found, expected=expected)
    name = table["council_name"].where(nowhere, "") if "council_name" in table else pd.Series("", table.index)
    known = ground.codes(name.str.replace(r"\(pre .*\)", "", regex=True, case=False))
    return table.assign(
        area=code.where(~nowhere, known),
        period=table["time"],
        note=("no code is in the file for " + name).where(nowhere, ""),
        place=name.where(known == "", ""),
    )


def _school_types(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return one name for each type of school: releases differ in words and case. A new type keeps its own."""
    label = table["school_type"].map(labelling.plain)
    found = pd.Series("", table.index).mask(label.isin(_TOTAL), "Total")
    for words, name in _SCHOOLS.items():
        found = found.where((found != "") | ~label.str.contains(words), name)
    new = found == ""
    checks.refuse_rows(
        table[new & bool(new.all())],
        "{} is not a known type of school, nor is any other in the column",
        word="school_type",
        expected=f"Total, {', '.join(_SCHOOLS.values())}",
    )
    own = table["school_type"].str.strip()
    note = table["note"].mask(new, checks.new_word("type of school", own))
    return {"school_type": found.mask(new, own), "note": note}


def _of_drugs(table: pd.DataFrame) -> pd.DataFrame:
    """In a file with a column of reasons keep drugs and alcohol, and the total of all reasons."""
    if "reason" not in table:
        return table.assign(reason_of="")
    reason = table["reason"].map(labelling.plain)
    drugs, total = reason.str.contains(r"\bdrugs?\b"), reason.isin(_TOTAL)
    if not drugs.any():
        raise UnreadableInput(f"no reason is drugs or alcohol; found: {', '.join(sorted(set(table['reason'])))}"[:400])
    return table.assign(reason_of=drugs.map({True: "_drug_alcohol", False: ""}))[drugs | total]


def _markers(table: pd.DataFrame, figures: list[str]) -> dict[str, Status]:
    """Return what "x" means: a small number until 2018/19, not available in releases that also use "c"."""
    used = {text for name in figures for text in table[name].str.casefold().unique()}
    newer = bool(used & {"c", "z", "low"}) or table["time"].str[:4].max() >= "2019"
    return markers.mapping(_NEW_MARKERS if newer else _OLD_MARKERS, _ALWAYS)


def _refuse_blank(table: pd.DataFrame, figures: list[str]) -> None:
    """Refuse a column without any figure, or with none for England: another column's header stands there."""
    national = table[table["kind"] == "country"]
    blank = [name for name in figures for rows in (table, national) if len(rows) and (rows[name] == "").all()]
    if blank:
        raise UnreadableInput(
            f"the column of {blank[0].replace('_', ' ')} is blank, for England at least",
            expected="a figure or a marker in every row",
            try_next="compare the header with the meta file: headers may be swapped",
        )


def _with_headcount(cells: pd.DataFrame) -> pd.DataFrame:
    """Fill the denominator where the file has pupils; check published rates against it, then drop them."""
    pupils = cells.loc[cells["indicator"] == "headcount"].set_index(_PLACE)["value"].rename("denominator")
    rate = cells["indicator"].str.endswith("_rate")
    counts = cells[~rate]
    if pupils.empty:
        return counts
    counts = counts.join(pupils, on=_PLACE)
    rates = cells[rate].set_index([*_PLACE, "indicator"])["value"].rename("rate")
    both = counts.assign(indicator=counts["indicator"] + "_rate").join(rates, on=[*_PLACE, "indicator"])
    allowed = 0.0051 + 100 * 2.6 / both["denominator"]
    checks.refuse_rows(
        both[(100 * both["value"] / both["denominator"] - both["rate"]).abs() > allowed],
        "the published rate is not the count for every 100 pupils, so columns may be swapped or shifted",
    )
    return counts.assign(denominator=counts["denominator"].where(counts["indicator"] != "headcount"))


def _check_sums(counts: pd.DataFrame) -> None:
    """Compare England with its regions, all rounded to 5, and the two kinds of exclusion with each other."""
    twice = counts["area"].isin(_INNER_AND_OUTER) & bool((counts["area"] == _LONDON).any())
    keys = ["indicator", "period", "breakdown"]
    checks.refuse_gap_in_england(counts[~twice], keys, rounding=2.5, parts=r"E1[23]\d{6}")
    sums = counts.groupby("indicator")["value"].sum()
    for ending in ("", "_drug_alcohol"):
        if sums.get(f"permanent_exclusions{ending}", 0) > sums.get(f"suspensions{ending}", float("inf")):
            raise UnreadableInput(
                "there are more permanent exclusions than suspensions",
                expected="far more suspensions; two headers may be swapped",
            )


def _london(counts: pd.DataFrame) -> pd.DataFrame:
    """Add Inner and Outer London where the file has no row for London as a region."""
    if (counts["area"] == _LONDON).any():
        return counts.head(0)
    both = counts[counts["area"].isin(_INNER_AND_OUTER)]
    keys = ["indicator", "period", "breakdown"]
    added = stacking.add_up(both, keys)
    if "denominator" in both:
        pupils = both.groupby(keys, as_index=False)["denominator"].sum(min_count=2)
        added = added.merge(pupils, on=keys, how="left")
    added = added[added["parts"] == 2].drop(columns="parts")
    return added.assign(area=_LONDON, note="sum of Inner and Outer London")
