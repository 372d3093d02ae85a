"""ONS deaths registered by local authority: related to drug poisoning, and to drug misuse.

Misuse is the smaller part of poisoning and lies in tables of the same shape, so what a table counts is
taken from its own words, never from its place: title, then footnotes, then a statement of the caller, then
the file's name. Where none of them says, the file is refused. Deaths belong to the year of registration.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.sources import checks, labelling, markers, ons_deaths_resaved, parsing, reading, stacking

#: What a table can count -> (indicator of the number, indicator of the age-standardised rate).
KINDS = {
    "poisoning": ("drug_poisoning_deaths", "drug_poisoning_rate"),
    "misuse": ("drug_misuse_deaths", "drug_misuse_deaths_rate"),
}
_MISSING = markers.mapping({":": Status.NOT_CALCULATED, "": Status.NOT_PUBLISHED, "z": Status.NOT_APPLICABLE})
_PLACE = r"[EWKNSJ]\d{8}"
_LABELS = {
    "deaths": re.compile(r"(number of )?(deaths|registrations)( registered)?"),
    "rate": re.compile(r"(age[- ]standardised )?(mortality )?rates?( per .*)?|asmr"),
    "lower": re.compile(r"(lower|lcl)\b.*"),
    "upper": re.compile(r"(upper|ucl)\b.*"),
}
_WINDOW = re.compile(r"((?:19|20)\d\d)\s*(?:-|–|—|to|/)\s*((?:19|20)?\d\d)(?!\d)", re.IGNORECASE)
_LONGEST = 5  # years pooled in one figure; a longer range in a title is the span of the whole table
_FIGURES = ("value", "lower", "upper", "numerator")
_AUTHORITIES = 140  # so many upper-tier codes are all of England, so that they must add up to it


@dataclass(frozen=True)
class Table:
    """One table of a file: its sheet, where the header ends, which column holds codes, and its own words."""

    sheet: reading.Sheet
    header: int
    code: int
    titles: tuple[str, ...]
    footnotes: tuple[str, ...]


def read(file: Path, *, kind: str = "", period: str = "", area: str = "", window_years: int = 0) -> pd.DataFrame:
    """Read every table of the file that counts deaths by area.

    Indicators: drug_poisoning_deaths, drug_poisoning_rate, drug_misuse_deaths, drug_misuse_deaths_rate
    (rates per 100,000, age-standardised, with the number of deaths as numerator).

    Parameters
    ----------
    kind : "poisoning" or "misuse", where the file does not say.
    period : what a table covers, "2019-21", where the file does not say.
    area : GSS code of the one area that a table without areas is about.
    window_years : of how many years a column `year` names the last, where the file does not say.
    """
    if kind not in {"", *KINDS}:
        raise UsageError(f"kind is {kind!r}", expected="poisoning or misuse")
    sheets = [reading.read_sheet(file, name or None) for name in reading.sheets(file)]
    found = ons_deaths_resaved.read(
        sheets[0], kind=kind or said_by_name(file), period=period, area=area, years=window_years
    )
    if found is None:
        tables = [table for table in map(_locate, sheets) if table is not None]
        if not tables:
            raise _no_table(sheets[0])
        found = pd.concat([_figures(table, kind, period) for table in tables], ignore_index=True)
    found = found.reindex(columns=[*found.columns, *(name for name in _FIGURES if name not in found)])
    key = ["indicator", "area", "period_label", "breakdown"]
    merged = checks.merge_duplicates(found, key, _FIGURES, file=file)
    _check_parts(merged, file)
    return observations.conform(merged)


def _no_table(sheet: reading.Sheet) -> UnreadableInput:
    labels = [cell.strip() for cell in sheet.rows[0] if cell.strip()]
    return UnreadableInput(
        f"no table of deaths by area was found. Headers found: {'; '.join(labels[:40])}",
        expected="a header with Deaths and Rate, or with one column for each year, over rows with area codes",
        try_next="check that this is the release by local authority",
        file=sheet.file,
    )


def _locate(sheet: reading.Sheet) -> Table | None:
    """Find the table of a sheet by its area codes; None where a sheet has only words."""
    coded = [
        (row, column)
        for row, cells in enumerate(sheet.rows, start=1)
        for column, cell in enumerate(cells)
        if re.fullmatch(_PLACE, cell.strip())
    ]
    columns = {column for _, column in coded}
    if not coded:
        return None
    if len(columns) > 1:
        raise UnreadableInput("area codes stand in several columns", expected="one column of codes", file=sheet.file)
    first, last = coded[0][0], coded[-1][0]
    header = next((row for row in range(first - 1, 0, -1) if _is_header(sheet.rows[row - 1])), 0)
    if not header:
        raise _no_table(sheet)
    words = [" ".join(filter(None, map(str.strip, cells))) for cells in sheet.rows]
    return Table(sheet, header, coded[0][1], (sheet.name, *words[: header - 1]), tuple(words[last:]))


def _is_header(cells: Sequence[str]) -> bool:
    return len(_kinds_of(cells)) > 1 or sum(_label_period(cell) != "" for cell in cells) > 1


def _kinds_of(cells: Sequence[str]) -> dict[int, str]:
    """Return column -> deaths, rate, lower or upper, for the cells that name one; a period in them is allowed."""
    found: dict[int, str] = {}
    for column, cell in enumerate(cells):
        label = re.sub(r"(?<=[a-z)])\d$", "", labelling.plain(_WINDOW.sub(" ", cell)).strip(" :,-()"))
        named = [name for name, pattern in _LABELS.items() if pattern.fullmatch(label)]
        found |= {column: named[0]} if named else {}
    return found


def _label_period(cell: str) -> str:
    """Return the period that a header cell is: a year, or several years pooled; "" for another cell."""
    text = re.sub(r"\s*[\[(].*", "", cell.strip())
    return text if re.fullmatch(r"(?:19|20)\d\d", text) or _WINDOW.fullmatch(text) else ""


def _figures(table: Table, kind: str, period: str) -> pd.DataFrame:
    header = table.sheet.rows[table.header - 1]
    words = " ".join([*table.titles, *header])
    means, contradicts = ons_deaths_resaved.MEANS, ons_deaths_resaved.CONTRADICTS
    checks.require_meaning(words, means, contradicts, "deaths", file=table.sheet.file)
    kind = _kind(table, kind)
    columns = _kinds_of(header)
    if columns:
        rows = pd.concat([_block(table, block, kind, period) for block in _blocks(columns)], ignore_index=True)
    else:
        rows = _across(table, kind)
    return rows.assign(breakdown=_sex(table), sheet=table.sheet.name)


def _kind(table: Table, stated: str) -> str:
    """Say whether the table is about poisoning or misuse, from its own words first."""
    numbered = [title for title in table.titles if re.match(r"\s*table\s*\d", title, re.IGNORECASE)]
    for words in (numbered, table.titles, table.footnotes):
        said = {kind for kind in KINDS if re.search(rf"\b{kind}s?\b", " ".join(words), re.IGNORECASE)}
        if len(said) == 1:
            found = said.pop()
            if stated not in {"", found}:
                raise UnreadableInput(
                    f"the table says it is about drug {found}, not {stated}",
                    expected=f"a table of deaths related to drug {stated}",
                    file=table.sheet.file,
                )
            return found
    found = stated or said_by_name(table.sheet.file)
    if not found:
        raise UnreadableInput(
            "nothing in the file says whether it counts deaths from drug poisoning or from drug misuse",
            expected="a title with one of the two",
            try_next="keep the title of the published table, or put misuse or poisoning into the file's name",
            file=table.sheet.file,
        )
    return found


def said_by_name(file: Path) -> str:
    """Return the kind that the file's name holds, "" where it holds none or both."""
    said = [kind for kind in KINDS if kind in file.stem.casefold()]
    return said[0] if len(said) == 1 else ""


def _sex(table: Table) -> str:
    words = set(re.findall(r"\b(males|females|persons)\b", " ".join(table.titles).casefold()))
    only = {"males": "sex=Male", "females": "sex=Female"}
    return only.get(words.pop(), "") if len(words) == 1 else ""


def _blocks(columns: dict[int, str]) -> list[dict[str, int]]:
    """Split the columns of figures into one group for each period: a name that comes again starts another."""
    blocks: list[dict[str, int]] = [{}]
    for column, name in sorted(columns.items()):
        if name in blocks[-1]:
            blocks.append({})
        blocks[-1][name] = column
    return blocks


def _block(table: Table, block: dict[str, int], kind: str, period: str) -> pd.DataFrame:
    """Read deaths, rate and limits of one period."""
    sheet, labels = table.sheet, table.sheet.rows[table.header - 1]
    lost = [name for name in ("deaths", "rate") if name not in block]
    if lost:
        raise UnreadableInput(
            f"no column for {lost[0]}. Headers found: {'; '.join(filter(None, labels))}",
            expected="Deaths and Rate for every period",
            file=sheet.file,
            row=table.header,
        )
    flags = {
        f"flag {column}": column
        for column in range(min(block.values()), max(block.values()))
        if not (column < len(labels) and labels[column].strip())
    }
    found = _body(table, {**block, **flags})
    unreliable = (found[list(flags)].map(labelling.plain) == "u").any(axis="columns") if flags else False
    for flag in flags:
        odd = found[~found[flag].map(labelling.plain).isin(["", "u"])]
        checks.refuse_rows(odd, "an unnamed column holds more than the flag u", file=sheet.file)
    return _observed(found, unreliable, KINDS[kind], _block_period(table, block, period), sheet)


def _body(table: Table, columns: dict[str, int]) -> pd.DataFrame:
    """Return the rows with a code and figures; counties that only head a list have none."""
    header = reading.Header(table.header, {"area": table.code, **columns}, table.sheet.rows[table.header - 1])
    found = reading.body(table.sheet, header)
    names = list(columns)
    coded = reading.code_rows(found, "area", names, file=table.sheet.file, pattern=_PLACE)
    return coded[(coded[names] != "").any(axis="columns")]


def _observed(
    found: pd.DataFrame, unreliable: "pd.Series[bool] | bool", names: tuple[str, str], period: str, sheet: reading.Sheet
) -> pd.DataFrame:
    file = sheet.file
    deaths = _counts(found.rename(columns={"deaths": names[0]}), [names[0]], file)
    rate = parsing.numbers(found["rate"], _MISSING, file=file, rows=found["row"], name="Rate")
    flagged = rate["status"].mask((rate["status"] == Status.PUBLISHED) & unreliable, str(Status.UNRELIABLE))
    limits = {
        name: parsing.plain_numbers(found, name, file=file, missing=tuple(_MISSING))
        for name in ("lower", "upper")
        if name in found.columns
    }
    rates = found[["area", "row"]].assign(**rate.assign(status=flagged), **limits)
    rates = rates.assign(indicator=names[1], numerator=deaths["value"].to_numpy())
    both = pd.concat([deaths, rates], ignore_index=True)
    if limits:
        checks.check_limits(both.assign(**{name: both.get(name) for name in ("lower", "upper")}), file=file)
    return _dated(both.assign(period=period), file)


def _counts(found: pd.DataFrame, columns: Sequence[str], file: Path) -> pd.DataFrame:
    """Return one row for each count; a fraction is refused, because rates then stand where deaths should."""
    counts = stacking.stack(found, ["area", "row"], columns, _MISSING, file=file)
    checks.refuse_rows(
        counts[(counts["value"] % 1 > 0) | (counts["value"] < 0)],
        "a number of deaths is not a whole number, so the columns may be swapped",
        file=file,
        expected="whole numbers under Deaths",
    )
    return counts


def _block_period(table: Table, block: dict[str, int], stated: str) -> str:
    """Return the period of a block: in its own header, in the row above it, in a title, or as stated."""
    rows = table.sheet.rows
    cells = [rows[table.header - 1][column] for column in sorted(block.values())]
    for row in range(table.header - 2, max(table.header - 5, -1), -1):
        cells += [cell for cell in reversed(rows[row][: min(block.values()) + 1]) if _windows(cell)][:1]
    nearest = next((found for cell in cells if (found := _windows(cell))), [])
    found = nearest or _windows(" ".join(table.titles)) or _single_year(table.titles)
    found = found or [stated][: bool(stated)] or _windows(table.sheet.file.stem)
    if len(set(found)) != 1:
        raise UnreadableInput(
            f"the table names {' and '.join(sorted(set(found))) or 'no period'}",
            expected="one period in the title, such as 2019 to 2021",
            try_next="keep the title of the published table, or put 2019-21 into the file's name",
            file=table.sheet.file,
            row=table.header,
        )
    return found[0]


def _windows(text: str) -> list[str]:
    """Return the periods of a few years that a text names, "2019 to 2021"; longer spans are no period."""
    found = []
    for match in _WINDOW.finditer(text):
        first, last = int(match[1]), int(match[2][-2:])
        if 0 < (last - first) % 100 < _LONGEST:
            found.append(f"{first}-{last:02}")
    return found


def _single_year(titles: Sequence[str]) -> list[str]:
    return re.findall(r"registered in ((?:19|20)\d\d)\b(?!\s*(?:to|-|–|and))", " ".join(titles).casefold())


def _across(table: Table, kind: str) -> pd.DataFrame:
    """Read a table with one column for each year, in either order, or for each period of a few years."""
    sheet, labels = table.sheet, table.sheet.rows[table.header - 1]
    places = {label: column for column, cell in enumerate(labels) if (label := _label_period(cell))}
    years = [int(label[:4]) for label in places]
    repeated = sum(bool(_label_period(cell)) for cell in labels) > len(places)
    steps = {later - earlier for earlier, later in pairwise(years)}
    if repeated or len(steps) != 1:
        raise UnreadableInput(
            f"the years do not follow each other: {', '.join(map(str, years))}",
            expected="each year once, oldest or newest first, without a gap",
            try_next="check the header against the published table: two labels may be swapped",
            file=sheet.file,
            row=table.header,
        )
    found = _body(table, places)
    names = KINDS[kind]
    rates = bool(re.search(r"\brates?\b", " ".join(table.titles).casefold()))
    if rates:
        long = stacking.stack(found, ["area", "row"], list(places), _MISSING, file=sheet.file)
        long = long.assign(numerator=float("nan"))
    else:
        long = _counts(found, list(places), sheet.file)
    long = long.rename(columns={"indicator": "period"}).assign(indicator=names[rates])
    return _dated(long, sheet.file)


def _dated(rows: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Add the period columns for `period`, a year or several pooled."""
    when = parsing.period_columns(rows, file, Basis.CAL_YEAR, {"(?i)" + _WINDOW.pattern: Basis.POOLED_CAL})
    return rows.drop(columns="period").join(when.drop(columns="period_status"))


def _check_parts(rows: pd.DataFrame, file: Path) -> None:
    """Numbers of the nine regions, and of all upper-tier authorities, must add up to England."""
    counts = rows[rows["indicator"].isin([names[0] for names in KINDS.values()])]
    key = ["indicator", "period_label", "breakdown"]
    checks.refuse_gap_in_england(counts, key, file=file)
    authorities = r"E(?:06|08|09|10)\d{6}"
    checks.refuse_gap_in_england(counts, key, file=file, parts=authorities, least=_AUTHORITIES)
