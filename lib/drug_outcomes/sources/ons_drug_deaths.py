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
_LABELS = {
    "deaths": re.compile(r"(number of )?(deaths|registrations)( registered)?"),
    "rate": re.compile(r"(age[- ]standardised )?(mortality )?rates?( per .*)?|asmr"),
    "lower": re.compile(r"(lower|lcl)\b.*"),
    "upper": re.compile(r"(upper|ucl)\b.*"),
}
_WINDOW = re.compile(r"((?:19|20)\d\d)\s*(?:-|–|—|to|/)\s*((?:19|20)?\d\d)(?!\d)", re.IGNORECASE)
_LONGEST = 5  # years pooled in one figure; a longer range in a title is the span of the whole table
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
    named = kind or said_by_name(file)
    found = ons_deaths_resaved.read(sheets[0], kind=named, period=period, area=area, years=window_years)
    if found is None:
        tables = [table for table in map(_locate, sheets) if table is not None]
        if not tables:
            raise _no_table(sheets[0])
        found = pd.concat([_figures(table, kind, period) for table in tables], ignore_index=True)
    figures = [name for name in parsing.FIGURES if name in found]
    merged = checks.merge_duplicates(found, ["indicator", "area", "period_label", "breakdown"], figures)
    # Numbers of the nine regions, and of all upper-tier authorities, must add up to England.
    counts = merged[merged["indicator"].isin([number for number, _ in KINDS.values()])]
    for parts, least in ((r"E12\d{6}", 9), (r"E(?:06|08|09|10)\d{6}", _AUTHORITIES)):
        checks.refuse_gap_in_england(counts, ["indicator", "period_label", "breakdown"], parts=parts, least=least)
    return observations.conform(merged)


def _no_table(sheet: reading.Sheet) -> UnreadableInput:
    labels = [cell.strip() for cell in sheet.rows[0] if cell.strip()]
    return UnreadableInput(
        f"no table of deaths by area was found. Headers found: {'; '.join(labels[:40])}",
        expected="a header with Deaths and Rate, or with one column for each year, over rows with area codes",
        try_next="check that this is the release by local authority",
    )


def _locate(sheet: reading.Sheet) -> Table | None:
    """Find the table of a sheet by its area codes; None where a sheet has only words."""
    coded = [
        (row, column)
        for row, cells in enumerate(sheet.rows, start=1)
        for column, cell in enumerate(cells)
        if re.fullmatch(ons_deaths_resaved.PLACE, cell.strip())
    ]
    if not coded:
        return None
    if len({column for _, column in coded}) > 1:
        raise UnreadableInput("area codes stand in several columns", expected="one column of codes")
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
    labels = [labelling.plain(_WINDOW.sub(" ", cell)).strip(" :,-()") for cell in cells]
    labels = [re.sub(r"(?<=[a-z)])\d$", "", label) for label in labels]
    named = {column: [one for one in _LABELS if _LABELS[one].fullmatch(label)] for column, label in enumerate(labels)}
    return {column: found[0] for column, found in named.items() if found}


def _label_period(cell: str) -> str:
    """Return the period that a header cell is: a year, or several years pooled; "" for another cell."""
    text = re.sub(r"\s*[\[(].*", "", cell.strip())
    return text if re.fullmatch(r"(?:19|20)\d\d", text) or _WINDOW.fullmatch(text) else ""


def _figures(table: Table, kind: str, period: str) -> pd.DataFrame:
    header = table.sheet.rows[table.header - 1]
    words = " ".join([*table.titles, *header])
    means, contradicts = ons_deaths_resaved.MEANS, ons_deaths_resaved.CONTRADICTS
    checks.require_meaning(table.sheet.file, words, means, contradicts, "deaths")
    names = KINDS[_kind(table, kind)]
    blocks = _blocks(_kinds_of(header))
    found = [_block(table, block, names, period) for block in blocks] or [_across(table, names)]
    rows = pd.concat(found, ignore_index=True)
    # A year, or several pooled.
    dated = parsing.dated(rows, Basis.CAL_YEAR, {"(?i)" + _WINDOW.pattern: Basis.POOLED_CAL})
    return dated.assign(breakdown=_sex(table), sheet=table.sheet.name)


def _kind(table: Table, stated: str) -> str:
    """Say whether the table is about poisoning or misuse, from its own words first."""
    numbered = [title for title in table.titles if re.match(r"\s*table\s*\d", title, re.IGNORECASE)]
    for words in (numbered, table.titles, table.footnotes):
        said = [kind for kind in KINDS if re.search(rf"\b{kind}s?\b", " ".join(words), re.IGNORECASE)]
        if len(said) == 1 and stated not in {"", *said}:
            raise UnreadableInput(f"the table says it is about drug {said[0]}, not {stated}")
        if len(said) == 1:
            return said[0]
    found = stated or said_by_name(table.sheet.file)
    return checks.only(
        [found] if found else [],
        "whether it counts deaths from drug poisoning or from drug misuse",
        expected="a title with one of the two",
        try_next="keep the title of the published table, or put misuse or poisoning into the file's name",
    )


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
    blocks: list[dict[str, int]] = []
    for column, name in sorted(columns.items()):
        if not blocks or name in blocks[-1]:
            blocks.append({})
        blocks[-1][name] = column
    return blocks


def _block(table: Table, block: dict[str, int], names: tuple[str, str], period: str) -> pd.DataFrame:
    """Read deaths, rate and limits of one period."""
    labels = table.sheet.rows[table.header - 1]
    lost = [name for name in ("deaths", "rate") if name not in block]
    if lost:
        raise UnreadableInput(
            f"no column for {lost[0]}. Headers found: {'; '.join(filter(None, labels))}",
            expected="Deaths and Rate for every period",
            row=table.header,
        )
    flags = {
        f"flag {column}": column
        for column in range(min(block.values()), max(block.values()))
        if not (column < len(labels) and labels[column].strip())
    }
    found = _body(table, {**block, **flags}).rename(columns={"deaths": names[0], "rate": "value"})
    flagged = found[list(flags)].map(labelling.plain)
    odd = ~flagged.isin(["", "u"]).all(axis="columns")
    checks.refuse_rows(found[odd], "an unnamed column holds more than the flag u")
    deaths = stacking.stack(found, ["area", "row"], [names[0]], _MISSING, whole="deaths")
    rates = found[["area", "row"]].assign(**parsing.figures(found, _MISSING), indicator=names[1])
    unreliable = (flagged == "u").any(axis="columns") & (rates["status"] == Status.PUBLISHED)
    rates = rates.assign(
        numerator=deaths["value"].to_numpy(), status=rates["status"].mask(unreliable, str(Status.UNRELIABLE))
    )
    return pd.concat([deaths, rates], ignore_index=True).assign(period=_block_period(table, block, period))


def _body(table: Table, columns: dict[str, int]) -> pd.DataFrame:
    """Return the rows with a code and figures; counties that only head a list have none."""
    header = reading.Header(table.header, {"area": table.code, **columns}, table.sheet.rows[table.header - 1])
    names = list(columns)
    coded = reading.code_rows(reading.body(table.sheet, header), "area", names, pattern=ons_deaths_resaved.PLACE)
    return coded[(coded[names] != "").any(axis="columns")].reset_index(drop=True)


def _block_period(table: Table, block: dict[str, int], stated: str) -> str:
    """Return the period of a block: in its own header, in the row above it, in a title, or as stated."""
    rows = table.sheet.rows
    cells = [rows[table.header - 1][column] for column in sorted(block.values())]
    for row in range(table.header - 2, max(table.header - 5, -1), -1):
        cells += [cell for cell in reversed(rows[row][: min(block.values()) + 1]) if _windows(cell)][:1]
    nearest = next((found for cell in cells if (found := _windows(cell))), [])
    found = nearest or _windows(" ".join(table.titles)) or _single_year(table.titles)
    return checks.only(
        found or [stated][: bool(stated)] or _windows(table.sheet.file.stem),
        "which period it covers",
        expected="one period in the title, such as 2019 to 2021",
        try_next="keep the title of the published table, or put 2019-21 into the file's name",
    )


def _windows(text: str) -> list[str]:
    """Return the periods of a few years that a text names, "2019 to 2021"; longer spans are no period."""
    spans = [(int(match[1]), int(match[2][-2:])) for match in _WINDOW.finditer(text)]
    return [f"{first}-{last:02}" for first, last in spans if 0 < (last - first) % 100 < _LONGEST]


def _single_year(titles: Sequence[str]) -> list[str]:
    return re.findall(r"registered in ((?:19|20)\d\d)\b(?!\s*(?:to|-|–|and))", " ".join(titles).casefold())


def _across(table: Table, names: tuple[str, str]) -> pd.DataFrame:
    """Read a table with one column for each year, in either order, or for each period of a few years."""
    labels = table.sheet.rows[table.header - 1]
    places = {label: column for column, cell in enumerate(labels) if (label := _label_period(cell))}
    years = [int(label[:4]) for label in places]
    repeated = sum(bool(_label_period(cell)) for cell in labels) > len(places)
    steps = {later - earlier for earlier, later in pairwise(years)}
    if repeated or len(steps) != 1:
        raise UnreadableInput(
            f"the years do not follow each other: {', '.join(map(str, years))}",
            expected="each year once, oldest or newest first, without a gap",
            try_next="check the header against the published table: two labels may be swapped",
            row=table.header,
        )
    rates = bool(re.search(r"\brates?\b", " ".join(table.titles).casefold()))
    found = _body(table, places)
    long = stacking.stack(found, ["area", "row"], list(places), _MISSING, whole="" if rates else "deaths")
    long = long.assign(numerator=float("nan")) if rates else long
    return long.rename(columns={"indicator": "period"}).assign(indicator=names[rates])
