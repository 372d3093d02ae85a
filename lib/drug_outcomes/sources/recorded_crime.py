"""Police recorded drug offences: Table C2 of the Office for National Statistics, Home Office open data.

Table C2 has a total row for each force, a row for each community safety partnership, and rows such as
"Unassigned Hampshire" for offences that the force could not place. Open data have a row for each offence
and quarter. Offences that belong to no partnership are kept in rows of their own under the force's code and
named in the note of every partnership of that force. Recorded drug offences follow what the police do.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, markers, offence_areas, offence_rows, parsing, reading, stacking

_PLACES: labelling.Fields = {
    "force": ("Police Force Area code", "PFA code"),
    "force_name": ("Police Force Area name", "PFA name"),
    "csp": ("Community Safety Partnership code", "CSP code"),
    "csp_name": ("Community Safety Partnership name", "CSP name"),
    "council": ("Local Authority code", "LA code"),
}
_FIGURES: labelling.Fields = {"drug_offences": ("Drug offences",)}
_TOTAL: labelling.Fields = {"total_offences": (re.compile(r"(total|all) (recorded crime|offences).*"),)}
#: With the drug offences these groups make the total; they are read only to check it.
_GROUPS: labelling.Fields = {
    "violence": ("Violence against the person",),
    "sexual": ("Sexual offences",),
    "robbery": ("Robbery", "Robbery offences"),
    "theft": ("Theft offences",),
    "damage": ("Criminal damage and arson", "Criminal damage and arson offences"),
    "weapons": ("Possession of weapons offences", "Possession of weapons"),
    "order": ("Public order offences",),
    "other": (re.compile(r"miscellaneous crimes( against society)?"),),
}
_CODES = {"force": r"(?:E23|W15)\d{6}", "csp": r"(?:E22|W14|W22)\d{6}", "council": r"(?:E0[6-9]|W06)\d{6}"}
_ORDER = ("total_offences", "violence", "sexual", "robbery", "theft", "damage", "drug_offences", "weapons",
          "order", "other")  # fmt: skip
#: Drug offences were 2.8 to 5.7 per cent of recorded crime in England in every year; most groups lie outside.
_LOWEST_SHARE, _HIGHEST_SHARE = 0.026, 0.08


def read(file: Path, *, period: str = "") -> pd.DataFrame:
    """Read Table C2 (rolling years) or open data (quarters, and financial years of four quarters).

    Indicators: drug_offences; total_offences (Table C2); drug_possession, drug_trafficking (open data).
    Areas: partnerships (E22), councils (E06-E09, the sum of their partnerships), forces (E23), England.
    Breakdown: "recording=Unassigned" for offences in no partnership, "force=..." for national forces.

    Raises `UnreadableInput` for a table of rates, for totals that their parts do not make, and for a
    table that neither says which year it covers nor is said (`period`) to be of one.
    """
    sheets = _sheets(file)
    if all(_words(sheet) & {"offencegroup", "offencesubgroup"} for sheet in sheets):
        return offence_rows.observe(sheets)
    if len(sheets) > 1:
        raise UnreadableInput(
            f"several sheets hold recorded crime: {', '.join(sheet.name for sheet in sheets)}",
            expected="one table of counts (Table C2)",
            try_next="name the sheet with Table C2: --sheet",
        )
    return _table_c2(sheets[0], period)


def _words(sheet: reading.Sheet) -> set[str]:
    return {labelling.squeeze(cell) for row in sheet.rows[:80] for cell in row}


def _sheets(file: Path) -> list[reading.Sheet]:
    """Return the one table of a CSV, or the sheets of a workbook that hold counts of offences."""
    names = reading.sheets(file)
    chosen = [name for name in names if re.search(r"c2$", labelling.squeeze(name))] or names
    if len(chosen) == 1:
        return [reading.read_sheet(file, chosen[0] or None)]
    known = {"offencegroup", "offencesubgroup", "drugoffences"}
    sheets = [reading.read_sheet(file, name) for name in chosen if "note" not in name.casefold()]
    found = [sheet for sheet in sheets if _words(sheet) & known and not _of_rates(sheet)]
    if not found:
        raise UnreadableInput(
            f"no sheet holds counts of drug offences; sheets found: {', '.join(names)}",
            expected="Table C2, or the open data by offence",
        )
    return found


def _of_rates(sheet: reading.Sheet) -> bool:
    return bool(re.search(r"\brates?\b|per 1,?000\b", " ".join(" ".join(row) for row in sheet.rows[:6])))


def _table_c2(sheet: reading.Sheet, period: str) -> pd.DataFrame:
    header = reading.find_header(sheet, {**_PLACES, **_FIGURES}, optional={**_TOTAL, **_GROUPS})
    figures = sorted(set(header.columns) - set(_PLACES), key=lambda field: header.columns[field])
    checks.refuse_swap(figures, [_ORDER], row=header.row)
    table = reading.code_rows(reading.body(sheet, header), "force", list(_FIGURES), pattern=_CODES["force"])
    table = _named(checks.merge_duplicates(table, ["force", "csp", "csp_name"], figures))
    counts = stacking.stack(table, [*_PLACES, "recording", "place_note", "row"], figures, markers.USUAL)
    rates = counts["value"] % 1 > 0
    checks.refuse_rows(
        counts[rates | _of_rates(sheet)],
        "this table holds rates or shares, not numbers of offences",
        expected="whole numbers of offences",
        try_next="take Table C2, the table of numbers",
    )
    _check_sums(counts)
    counts = counts[counts["indicator"].isin([*_FIGURES, *_TOTAL])].assign(period=_year_ending(sheet, header, period))
    whole = (counts["csp"] == "") & (counts["recording"] == "")
    table = offence_areas.by_area(counts[~whole].assign(sheet=sheet.name), counts[whole].assign(sheet=sheet.name))
    return observations.conform(parsing.dated(with_share_told(table)))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Add `recording`, the name of a row in no partnership; take the force from its name where they differ.

    The publisher sometimes writes another force's code beside "Unassigned X"; the sums settle it.
    """
    council = table["council"].str.fullmatch(_CODES["council"])
    wrong = ~table["csp"].str.fullmatch(_CODES["csp"]) & (table["csp"] != "")
    wrong |= (table["csp"] == "") & council | (table["force_name"] == "")
    checks.refuse_rows(
        table[wrong | (not council.any())],
        "codes of force, partnership and local authority do not belong together",
        expected="E23000030, E22000120, E06000045; neither of the last two in the row of a force",
        try_next="fetch the file again; columns may be swapped or shifted",
    )
    name = table["force_name"].map(labelling.plain)
    total = (table["csp"] == "") & (table["csp_name"] == "")
    known = dict(zip(name[total], table.loc[total, "force"], strict=True))
    force = name.map(known).where(name.isin(known), table["force"])
    note = "the file writes " + table["force"] + " beside this force's name; "
    recording = table["csp_name"].where(table["csp"] == "", "")
    return table.assign(
        recording=recording.str.replace(r"(?i)^unassigned\b.*", "Unassigned", regex=True),
        council=table["council"].where(council, ""),
        place_note=note.where(force != table["force"], ""),
        force=force,
    )


def _check_sums(counts: pd.DataFrame) -> None:
    """Compare each row's total with its groups of offences, and each force with its partnerships and the rest."""
    total, drugs = counts["indicator"] == "total_offences", counts["indicator"] == "drug_offences"
    most = counts["row"].map(counts[total].set_index("row")["value"])
    checks.refuse_rows(counts[drugs & (counts["value"] > most)], "more drug offences than offences of all groups")
    groups = drugs | counts["indicator"].isin(_GROUPS)
    checks.refuse_gap(counts, ["row"], total, groups, "the groups of offences", least=len(_GROUPS) + 1)
    whole = (counts["csp"] == "") & (counts["recording"] == "")
    known = counts["value"].notna()  # the parts that are not published are none
    parts = "partnerships and unassigned offences of a force"
    checks.refuse_gap(counts, ["force", "indicator"], whole, ~whole & known, parts)


def with_share_told(table: pd.DataFrame) -> pd.DataFrame:
    """Compare England's share of drug offences with its history, and note a share that there never was."""
    england = table[table["area"] == "E92000001"].set_index("indicator")["value"]
    share = england.get("drug_offences", float("nan")) / england.get("total_offences", float("nan"))
    if not (share < _LOWEST_SHARE or share > _HIGHEST_SHARE):
        return table
    usual = f"{_LOWEST_SHARE:.1%} to {_HIGHEST_SHARE:.1%} in every year since 2002/03: two headers may be swapped"
    told = checks.new_word("share of drug offences in England", pd.Series(f"{share:.1%} ({usual})", table.index))
    return table.assign(note=table["note"].mask(table["area"] == "E92000001", told + "; " + table["note"]))


def _year_ending(sheet: reading.Sheet, header: reading.Header, stated: str) -> str:
    above = " ".join(" ".join(cell.split()) for row in sheet.rows[: header.row - 1] for cell in row)
    found = re.findall(r"(?i)year ending ([a-z]+ \d{4})", above)
    in_name = re.findall(r"(?i)ye[ _-]?([a-z]{3,9})[ _-]?(\d{4}|\d\d)", sheet.file.stem)
    year = checks.only(
        found or list(map(" ".join, in_name)) or [stated.removeprefix("year ending ")][: bool(stated)],
        "which year it covers",
        expected='one title such as "..., year ending June 2025"',
        try_next="keep the title rows of the sheet when saving it as CSV, or say it: --period 'June 2025'",
    )
    return f"year ending {year}"
