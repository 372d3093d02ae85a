"""One reader for every table that `data/framework/layouts.csv` describes: which column is what, as rows.

A layout is known by the headers that its rows name. A column that no row names may stand in the file only if
it selects nothing: where rows differ in nothing else the file is refused with its name.
"""

import re
from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables, observations, periods, project
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, parsing, reading

FILE = "layouts.csv"
ROLES = {
    "area": "codes or names of areas; of several such columns the first that is filled counts",
    "period": "the period; words may put it into a label, as in 'year ending March {}'",
    "value": "numbers that are counted; name is the indicator; words the period where header or no column has it",
    "score": "numbers that are no counts; name is the indicator",
    "numerator": "what the value of the indicator in name counts",
    "denominator": "among how many; name is the indicator, or empty for all",
    "lower": "lower 95% limit of the indicator in name",
    "upper": "upper 95% limit of the indicator in name",
    "indicator": "what the number of the row is; words are text=indicator separated by ;",
    "filter": "only rows with one of the words, separated by ;, are read",
    "breakdown": "a group; name is its key; words are text=group separated by ;, and text= for everybody",
    "unused": "a column that selects nothing",
}
_COLUMNS = (
    *edited_tables.ids("layout"),
    *edited_tables.text("source", "header"),
    *edited_tables.word("role", ROLES),
    *edited_tables.free("name", "words", "basis"),
)
_MARKERS = markers.mapping(
    markers.MISSING,
    {"": Status.NOT_PUBLISHED, "x": Status.NOT_PUBLISHED, "z": Status.NOT_APPLICABLE, ":": Status.NOT_CALCULATED,
     "c": Status.SUPPRESSED, "u": Status.NOT_PUBLISHED, "*": Status.SUPPRESSED, "low": Status.SUPPRESSED,
     "-": Status.NOT_PUBLISHED, "null": Status.NOT_COLLECTED},
)  # fmt: skip
_Row = dict[Hashable, str]
_BESIDE = ("numerator", "denominator", "lower", "upper")


def layouts() -> pd.DataFrame:
    """Return the rows of layouts.csv: layout, source, header, role, name, words, basis."""
    file = project.home() / project.FRAMEWORK / FILE
    return _layouts(file, file.stat().st_mtime_ns) if file.exists() else pd.DataFrame(columns=["source"])


@lru_cache(maxsize=4)
def _layouts(file: Path, _: int) -> pd.DataFrame:
    table = edited_tables.read(file, _COLUMNS)
    unnamed = table["role"].isin(["value", "score", "breakdown"]) & (table["name"] == "")
    edited_tables.refuse(table, file, "name", unnamed, "what the numbers or groups of the column are called")
    bases = ["", *map(str, periods.Basis)]
    edited_tables.known(table, file, "basis", bases, "periods")
    return table


def read(file: Path, source: str = "", sheet: str = "") -> pd.DataFrame:
    """Read a table of a source by the first of its layouts whose headers are all there.

    Raises `UnreadableInput` with what each layout misses.
    """
    found = _layouts_of(reading.read_sheet(file, sheet or None), source)
    fitting = next((one for one in found if not isinstance(one, UnreadableInput)), None)
    if fitting is None:
        why = UnreadableInput(f"no layout of {source} is described", expected=f"rows in {FILE}")
        raise next((one for one in found if isinstance(one, UnreadableInput)), why)
    return _observed(*fitting)


def fits(file: Path, source: str) -> bool:
    """Whether a file has the headers of a layout of this source."""
    if source not in set(layouts()["source"]) or len(reading.sheets(file)) > 1:
        return False
    return any(not isinstance(one, UnreadableInput) for one in _layouts_of(reading.read_sheet(file), source))


_Fitting = tuple[reading.Sheet, reading.Header, pd.DataFrame]


def _layouts_of(sheet: reading.Sheet, source: str) -> "list[_Fitting | UnreadableInput]":
    """Return the header that a sheet has of each layout of a source, or why it has none."""
    found: list[_Fitting | UnreadableInput] = []
    mine = layouts()[layouts()["source"] == source]
    for _, layout in mine.groupby("layout", sort=False):
        try:
            found.append((sheet, _header(sheet, layout), layout))
        except UnreadableInput as refusal:
            found.append(refusal)
    return found


def _pattern(header: str) -> re.Pattern[str] | None:
    """Return a header that is a pattern, with the period as a group, compiled; None for a plain one."""
    return re.compile(header) if "(" in header and "\\" in header else None


def _header(sheet: reading.Sheet, layout: pd.DataFrame) -> reading.Header:
    """Find the columns of a layout; those with the period in their header are named by it."""
    patterns = {header: pattern for header in layout["header"] if (pattern := _pattern(header))}
    found = reading.find_header(sheet, {header: (header,) for header in layout["header"] if header not in patterns})
    columns = dict(found.columns)
    for header, pattern in patterns.items():
        matching = {text: place for place, text in enumerate(found.texts) if pattern.fullmatch(labelling.plain(text))}
        if not matching:
            raise UnreadableInput(f"no column for {header}", row=found.row)
        columns |= matching
    return reading.Header(found.row, columns, found.texts)


def _observed(sheet: reading.Sheet, header: reading.Header, layout: pd.DataFrame) -> pd.DataFrame:
    table = reading.body(sheet, header)
    roles = {role: layout[layout["role"] == role].to_dict("records") for role in ROLES}
    for one in roles["filter"]:
        wanted = {labelling.squeeze(word) for word in one["words"].split(";")}
        table = table[table[one["header"]].map(labelling.squeeze).isin(wanted)]
    named = table[[one["header"] for one in roles["area"]]].replace("", None).bfill(axis="columns").iloc[:, 0]
    table = table[named.notna()].assign(named=named)
    groups = {one["name"]: _worded(table[one["header"]], one["words"]) for one in roles["breakdown"]}
    table = table.assign(breakdown=labelling.breakdown(groups) if groups else "")
    columns = _each_number(header, [*roles["value"], *roles["score"]])
    numbers = pd.concat([_column(table, one, roles) for one in columns], ignore_index=True)
    _refuse_unnamed_selection(numbers, header, layout)
    basis = next(filter(None, layout["basis"]), "")
    dated = parsing.dated(numbers.assign(period=numbers["written"]), periods.Basis(basis) if basis else None)
    placed = areas_lookup.named(numbers, "named", dated["period_end"])
    apart = labelling.breakdown({"place": placed["place"]})
    return observations.conform(
        dated.drop(columns=["named", "written", "label"]).assign(
            area=placed["area"],
            note=placed["note"],
            period_label=numbers["label"],
            breakdown=numbers["breakdown"].str.cat(apart, sep=";").str.strip(";"),
            sheet=sheet.name,
        )
    )


def _each_number(header: reading.Header, numbers: list[_Row]) -> list[_Row]:
    """Return the columns of numbers: each its header, role, indicator and label of its period."""
    return [
        one | {"header": text, "period": (one["words"] or "{}").format(*matched.groups()) if pattern else one["words"]}
        for one in numbers
        for pattern in [_pattern(one["header"])]
        for text in header.columns
        if (matched := re.fullmatch(pattern or re.escape(one["header"]), labelling.plain(text) if pattern else text))
    ]


def _column(table: pd.DataFrame, one: _Row, roles: dict[str, list[_Row]]) -> pd.DataFrame:
    """Return the observations of one column of numbers."""
    cells = parsing.numbers(table, one["header"], _MARKERS)
    beside = {"numerator": cells["value"]} if one["role"] == "value" else {}
    beside |= {
        role: parsing.numbers(table, other["header"], _MARKERS)["value"]
        for role in _BESIDE
        for other in roles[role]
        if other["name"] in ("", one["name"])
    }
    label = written = pd.Series(one["period"], table.index)
    for period in roles["period"]:
        label = table[period["header"]].map((period["words"] or "{}").format)
        # With a basis the cell itself is the period, and the words are only how it is shown.
        written = table[period["header"]] if period["basis"] else label
    indicator = pd.Series(one["name"], table.index)
    for named in roles["indicator"]:
        words = _worded(table[named["header"]], named["words"]).str.casefold()
        indicator = words.str.replace(r"[^a-z0-9]+", "_", regex=True).str.strip("_")
    kept = ["named", "row", "breakdown"]
    return table[kept].assign(indicator=indicator, label=label, written=written, **cells, **beside)


def _worded(column: pd.Series, words: str) -> pd.Series:
    """Replace the texts that a row names; others stay as they are."""
    known = dict(pair.split("=", 1) for pair in words.split(";") if "=" in pair)
    squeezed = {labelling.squeeze(text): word for text, word in known.items()}
    return column.map(lambda text: squeezed.get(labelling.squeeze(text), text)).astype("str")


def _refuse_unnamed_selection(numbers: pd.DataFrame, header: reading.Header, layout: pd.DataFrame) -> None:
    """Refuse a file with two rows of one area, period and group: a column that nobody named tells them apart."""
    twice = numbers[numbers.duplicated(["named", "indicator", "label", "breakdown"], keep=False)]
    named = {labelling.squeeze(text) for text in (*layout["header"], *header.columns)}
    others = [text for text in header.texts if text.strip() and labelling.squeeze(text) not in named]
    told = [f"{row}: {where}, {when}" for row, where, when in twice[["row", "named", "label"]].to_numpy().tolist()]
    checks.refuse_rows(
        twice,
        f"rows are of the same area, period and group ({'; '.join(told[:2])})",
        expected="one row for each, or a column that tells them apart" + (f": {'; '.join(others)}" if others else ""),
        try_next=f"say in {FILE} what the column is: {', '.join(ROLES)}",
    )
