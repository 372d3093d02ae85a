"""One reader for every table that `data/framework/layouts.csv` describes: which column is what, as rows.

A layout is known by the headers that its rows name. A column that no row names may stand in the file only if
it selects nothing: where rows differ in nothing else the file is refused with its name.
"""

import re
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables, observations, periods, project
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, labelling, markers, parsing, reading

FILE = "layouts.csv"
ROLES = {
    "area": "codes or names of areas; of several such columns the first that is filled counts",
    "period": "the period; words may put it into a label, as in 'year ending March {}'",
    "value": "numbers that are counted; name is the indicator; words the period where the header has it",
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
_NUMBERS = ("value", "score")
_Row = dict[str, str]
_BESIDE = ("numerator", "denominator", "lower", "upper")


def layouts() -> pd.DataFrame:
    """Return the rows of layouts.csv: layout, source, header, role, name, words, basis."""
    file = project.home() / project.FRAMEWORK / FILE
    return _layouts(file, file.stat().st_mtime_ns) if file.exists() else pd.DataFrame(columns=["source"])


@lru_cache(maxsize=4)
def _layouts(file: Path, _: int) -> pd.DataFrame:
    table = edited_tables.read(file, _COLUMNS)
    unnamed = table["role"].isin([*_NUMBERS, "breakdown"]) & (table["name"] == "")
    edited_tables.refuse(table, file, "name", unnamed, "what the numbers or groups of the column are called")
    bases = ["", *map(str, periods.Basis)]
    edited_tables.known(table, file, "basis", bases, "periods")
    return table


def read(file: Path, source: str = "", sheet: str = "") -> pd.DataFrame:
    """Read a table of a source by the first of its layouts whose headers are all there.

    Raises `UnreadableInput` with what each layout misses.
    """
    mine = layouts()[layouts()["source"] == source]
    if mine.empty:
        raise UnreadableInput(f"no layout of {source} is described", expected=f"rows in {FILE}", file=file)
    opened = reading.read_sheet(file, sheet or None)
    refusals = []
    for _, layout in mine.groupby("layout", sort=False):
        try:
            header = _header(opened, layout)
        except UnreadableInput as refusal:
            refusals.append(refusal)
            continue
        return _observed(opened, header, layout)
    raise refusals[0]


def fits(file: Path, source: str) -> bool:
    """Whether a file has the headers of a layout of this source."""
    mine = layouts()[layouts()["source"] == source]
    if mine.empty or len(reading.sheets(file)) > 1:
        return False
    sheet = reading.read_sheet(file)
    for _, layout in mine.groupby("layout", sort=False):
        try:
            _header(sheet, layout)
        except UnreadableInput:
            continue
        return True
    return False


def _pattern(header: str) -> re.Pattern[str] | None:
    """Return a header that is a pattern, with the period as a group, compiled; None for a plain one."""
    return re.compile(header) if "(" in header and "\\" in header else None


def _header(sheet: reading.Sheet, layout: pd.DataFrame) -> reading.Header:
    """Find the columns of a layout; those with the period in their header are named by it."""
    plain = [header for header in layout["header"] if _pattern(header) is None]
    found = reading.find_header(sheet, {header: (header,) for header in plain})
    columns = dict(found.columns)
    for header in layout["header"]:
        pattern = _pattern(header)
        if pattern is None:
            continue
        matching = {text: place for place, text in enumerate(found.texts) if pattern.fullmatch(labelling.plain(text))}
        if not matching:
            raise UnreadableInput(f"no column for {header}", file=sheet.file, row=found.row)
        columns |= matching
    return reading.Header(found.row, columns, found.texts)


def _observed(sheet: reading.Sheet, header: reading.Header, layout: pd.DataFrame) -> pd.DataFrame:
    table = reading.body(sheet, header)
    roles = {str(role): _rows(rows) for role, rows in layout.groupby("role", sort=False)}
    for one in roles.get("filter", []):
        wanted = {labelling.squeeze(word) for word in one["words"].split(";")}
        table = table[table[one["header"]].map(labelling.squeeze).isin(wanted)]
    place = table[[one["header"] for one in roles["area"]]].replace("", None).bfill(axis="columns").iloc[:, 0]
    table = table[place.notna()].assign(place=place)
    groups = {one["name"]: _worded(table[one["header"]], one["words"]) for one in roles.get("breakdown", [])}
    table = table.assign(breakdown=labelling.breakdown(groups) if groups else "")
    numbers = pd.concat([_column(table, one, roles, sheet) for one in _each_number(header, roles)])
    numbers = numbers.reset_index(drop=True)
    _refuse_unnamed_selection(numbers, sheet, header, layout)
    basis = next((one["basis"] for one in layout.to_dict("records") if one["basis"]), "")
    when = periods.parse_column(numbers["written"], periods.Basis(basis) if basis else None, file=sheet.file)
    placed = areas_lookup.named(numbers["place"], numbers["row"], file=sheet.file, when=when["period_end"])
    apart = ("place=" + placed["area_name"]).where(placed["area_name"] != "", "")
    between = ((numbers["breakdown"] != "") & (apart != "")).map({True: ";", False: ""})
    return observations.conform(
        numbers.drop(columns=["place", "written"])
        .join(when)
        .assign(
            area=placed["area"],
            note=placed["area_note"],
            breakdown=numbers["breakdown"] + between + apart,
            sheet=sheet.name,
        )
    )


def _rows(table: pd.DataFrame) -> list[_Row]:
    return [{str(name): str(cell) for name, cell in row.items()} for row in table.to_dict("records")]


def _each_number(header: reading.Header, roles: dict[str, list[_Row]]) -> list[_Row]:
    """Return the columns of numbers: each its header, role, indicator and label of its period."""
    found = []
    for role in _NUMBERS:
        for one in roles.get(role, []):
            pattern = _pattern(one["header"])
            if pattern is None:
                found.append(one)
                continue
            for text in header.columns:
                matched = pattern.fullmatch(labelling.plain(text))
                if matched:
                    label = (one["words"] or "{}").format(*matched.groups())
                    found.append(one | {"header": text, "period": label})
    return found


def _column(table: pd.DataFrame, one: _Row, roles: dict[str, list[_Row]], sheet: reading.Sheet) -> pd.DataFrame:
    """Return the observations of one column of numbers."""

    def parsed(column: str) -> pd.DataFrame:
        return parsing.numbers(table[column], _MARKERS, file=sheet.file, rows=table["row"], name=column)

    cells = parsed(one["header"])
    beside = {
        role: parsed(other["header"])["value"]
        for role in _BESIDE
        for other in roles.get(role, [])
        if other["name"] in ("", one["name"])
    }
    if one["role"] == "value":
        beside = {"numerator": cells["value"]} | beside
    label = written = pd.Series(one.get("period", ""), table.index)
    for period in roles.get("period", []):
        label = table[period["header"]].map((period["words"] or "{}").format)
        # With a basis the cell itself is the period, and the words are only how it is shown.
        written = table[period["header"]] if period["basis"] else label
    indicator = pd.Series(one["name"], table.index)
    for named in roles.get("indicator", []):
        indicator = _worded(table[named["header"]], named["words"]).map(_as_id)
    return table[["place", "row", "breakdown"]].assign(
        indicator=indicator, period_label=label, written=written, **cells, **beside
    )


def _worded(column: pd.Series, words: str) -> pd.Series:
    """Replace the texts that a row names; others stay as they are."""
    known = dict(pair.split("=", 1) for pair in words.split(";") if "=" in pair)
    squeezed = {labelling.squeeze(text): word for text, word in known.items()}
    return column.map(lambda text: squeezed.get(labelling.squeeze(text), text)).astype("str")


def _as_id(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def _refuse_unnamed_selection(
    numbers: pd.DataFrame, sheet: reading.Sheet, header: reading.Header, layout: pd.DataFrame
) -> None:
    """Refuse a file with two rows of one area, period and group: a column that nobody named tells them apart."""
    key = ["place", "indicator", "period_label", "breakdown"]
    twice = numbers[numbers.duplicated(key, keep=False)]
    if twice.empty:
        return
    named = {labelling.squeeze(text) for text in layout["header"]} | {*map(labelling.squeeze, header.columns)}
    others = [text for text in header.texts if text.strip() and labelling.squeeze(text) not in named]
    raise UnreadableInput(
        f"rows {', '.join(map(str, twice['row'].head(2)))} are of the same area, period and group "
        f"({twice['place'].iloc[0]}, {twice['period_label'].iloc[0]})",
        expected="one row for each, or a column that tells them apart" + (f": {'; '.join(others)}" if others else ""),
        try_next=f"say in {FILE} what the column is: {', '.join(ROLES)}",
        file=sheet.file,
        row=int(twice["row"].iloc[0]),
    )
