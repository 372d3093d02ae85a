"""Published scorecards: every edition of a Local Outcomes Framework is a source of figures.

For most partnerships their old scorecards are their only history. A scorecard is one table, a row for each
measure, whose header is repeated for each priority area, with one column of values for the area and one
for England. Measures are known by their titles; numbers change from edition to edition.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from drug_outcomes.definitions import areas, framework, ground, observations, segments
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import VALUED, Compared, Direction, Kind, Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import (
    checks,
    form,
    form_cells,
    labelling,
    markers,
    parsing,
    reading,
    scorecard_titles,
    workbooks,
)

SOURCE = "scorecard_edition"
_FIELDS = {
    "title": ("measure", "measure title", "indicator"),
    "unit": ("unit",),
    "period": ("time period", "latest time period", "period", "latest period"),
    "local": (re.compile(r"(?!england[ _]|compared).+[ _]value"),),
    "england": (re.compile(r"england[ _]value"),),
    "direction": (re.compile(r"direction[ _]of[ _]travel\b.*"),),
    "compared": (re.compile(r"compared[ _](?:to|with)[ _]england\b.*"),),
}
_OPTIONAL = {
    "number": ("measure no", "measure number", "no", "number", "ref"),
    "remark": (re.compile(r".*\bsparkline(?:[ _]note)?"),),
}
_LOCAL = re.compile(r"(.+?)[ _]value")
_MARKERS = markers.mapping({"": Status.NOT_SUPPLIED, "no value": Status.NOT_SUPPLIED, "*": Status.SUPPRESSED})
_AWAITED = re.compile(r".*\b(?:being established|in development|awaited|not yet available)\b.*")
_DIRECTIONS = {
    "↓": Direction.DOWN,
    "↑": Direction.UP,
    "↔": Direction.SAME,
    "→": Direction.SAME,
    "no change": Direction.SAME,
    "×": Direction.UNKNOWN,
    "x": Direction.UNKNOWN,
    "": Direction.UNKNOWN,
    **{str(word): word for word in Direction},
}
_COMPARED = {
    **{str(word).replace("_", " "): word for word in Compared},
    "similar": Compared.SAME,
    "no value": Compared.NOT_COMPARABLE,
    "": Compared.NOT_COMPARABLE,
}
_COUNTED = "a count for one area is not compared with England's"
_NOT_PRINTED = "no figure for England is printed on the scorecard"
_TITLE_CELLS = 4  # a title over the table fills no more cells
_VALUED = [str(status) for status in VALUED]


def read(
    file: Path, *, area: str = "", edition: str = "", released: str = "", definitions: Definitions | None = None
) -> pd.DataFrame:
    """Read one edition into observations: for each measure a row for the area and one for England.

    Parameters
    ----------
    file : TSV, CSV or workbook, or an edition re-typed in the layout of the form.
    area : GSS code, where the place in the header is none that has a folder under data/areas.
    edition : what the edition is called, for `vintage`.
    released : ISO date on which it came out, for `received`.
    definitions : the area's own set of measures, which is read where none is given.

    A row whose title is that of no measure is kept with an empty `measure`, its title under `indicator` and
    the nearest title in `note`: confirm it in the area's scorecard_map.csv.

    Raises
    ------
    UnreadableInput : naming file, row and value, for text that is no number, marker, arrow or period; a
        measure printed twice with different figures; a header or an area that cannot be told; a table in
        which no title is known, or whose signs contradict its values throughout.
    """
    table, place = _table(_sheet(file))
    code, folder = _area(place, area)
    if definitions is None:
        root = framework.home()
        definitions = framework.load(root / framework.FRAMEWORK)
        definitions = areas.own_definitions(definitions, areas.load(root, folder.name)) if folder else definitions
    matched = table.assign(
        measure=scorecard_titles.matched(table["title"], place, scorecard_titles.known(definitions, folder))
    )
    if (matched["measure"] == "").all():
        raise UnreadableInput(
            "no row carries the title of a measure",
            expected=f"titles as in {scorecard_titles.MAP} or scorecard_titles.csv",
        )
    here = _figures(matched, "local", code, definitions)
    england = _figures(matched, "england", areas.ENGLAND, definitions)
    _refuse_swapped(here, england, matched["block"])
    rows = pd.concat([here, england], ignore_index=True)
    rows = rows.sort_values("row", kind="stable").assign(vintage=edition, received=released, source=SOURCE)
    merged = checks.merge_duplicates(rows, ["measure", "indicator", "area", "period_label"], _COMPARED_CELLS)
    again = merged[(merged["measure"] != "") & merged.duplicated(["measure", "area"])]
    checks.refuse_rows(
        again,
        "a second row is the measure {}",
        word="measure",
        expected="each measure once in an edition",
        try_next=f"say in {scorecard_titles.MAP} which measure each title is",
    )
    return segments.named(observations.conform(merged), definitions)


_COMPARED_CELLS = ["text", "published_direction", "published_compared"]


def _sheet(file: Path) -> reading.Sheet:
    """Return the one sheet that holds a scorecard; beside it a workbook may hold notes."""
    names = reading.sheets(file)
    if len(names) == 1:
        return reading.read_sheet(file, names[0] or None)
    holding = [name for name in names if any(map(_is_header, workbooks.cells(file, name)))]
    return reading.read_sheet(file, holding[0] if len(holding) == 1 else None)


def _table(sheet: reading.Sheet) -> tuple[pd.DataFrame, str]:
    """Return the rows under every repetition of the header, and the place that the header names."""
    starts = [number for number, row in enumerate(sheet.rows) if _is_header(row)]
    for number, row in enumerate(sheet.rows[: starts[0]] if starts else (), start=1):
        if sum(bool(cell.strip()) for cell in row) > _TITLE_CELLS:
            found = "a row of the table stands above the first header, which is lost, and its columns with it"
            raise UnreadableInput(found, expected="a header above every part of the scorecard", row=number)
    blocks = [_block(sheet, start, end) for start, end in zip(starts, [*starts, len(sheet.rows)][1:], strict=True)]
    if not blocks:
        reading.find_header(sheet, _FIELDS, optional=_OPTIONAL)  # refuses, and lists the headers it found
        raise UnreadableInput("no row is the header of a scorecard")
    places = {place for _, place in blocks}
    if len(places) > 1:
        raise UnreadableInput(f"the headers name several areas: {', '.join(sorted(places))}", expected="one area")
    return pd.concat([rows for rows, _ in blocks], ignore_index=True), places.pop()


def _is_header(row: tuple[str, ...]) -> bool:
    found = labelling.columns(row, {name: _FIELDS[name] for name in ("title", "unit", "period")})
    return sum(map(bool, found.values())) > 1


def _block(sheet: reading.Sheet, start: int, end: int) -> tuple[pd.DataFrame, str]:
    blank: tuple[tuple[str, ...], ...] = ((),) * start
    part = reading.Sheet(sheet.file, sheet.name, (*blank, *sheet.rows[start:end]))
    header_alone = reading.Sheet(sheet.file, sheet.name, part.rows[: start + 1])
    header = reading.find_header(header_alone, _FIELDS, optional=_OPTIONAL)
    numbered = header if "number" in header.columns else _with_unlabelled_number(header, part)
    rows = form_cells.as_shown(
        reading.body(part, numbered, each_row_one_figure=False), sheet, numbered, ("local", "england")
    )
    rows = rows.assign(**{name: "" for name in _OPTIONAL if name not in rows.columns})
    place = _LOCAL.fullmatch(labelling.plain(header.texts[header.columns["local"]]))
    untitled = rows[(rows["title"] == "") & (rows[["period", "local", "england"]] != "").any(axis="columns")]
    checks.refuse_rows(
        untitled, "a row has figures and no title", expected="the title of a measure; the columns may be shifted"
    )
    return rows[rows["title"] != ""].assign(block=start), place[1].replace("_", " ") if place else ""


def _with_unlabelled_number(header: reading.Header, part: reading.Sheet) -> reading.Header:
    """Find the numbers of the measures, whose column has no label: the one that holds nothing else."""
    rows = [row for row in part.rows[header.row :] if any(row)]
    unlabelled = [place for place, text in enumerate(header.texts) if not text.strip()]
    whole = [
        place
        for place in unlabelled
        if all(re.fullmatch(r"\d{1,3}", row[place].strip()) for row in rows if place < len(row))
    ]
    columns = header.columns | ({"number": whole[0]} if len(whole) == 1 and rows else {})
    return reading.Header(header.row, columns, header.texts)


def _area(place: str, area: str) -> tuple[str, Path | None]:
    """Return the code of the area in the header, and its folder where it has one."""
    root = framework.home()
    known = str(ground.codes(pd.Series([place])).iloc[0])
    code = area or known
    if not code or (area and known and area != known):
        raise UnreadableInput(
            f"the header is for {place!r}" + (f", whose code is {known}, not {area}" if known else ""),
            expected="the name of an authority, as data/framework/areas.csv has it",
            try_next="give the GSS code of the area, or add the name there as an alias",
        )
    known_areas = (areas.load(root, name) for name in areas.all_ids(root))
    return code, next((one.folder for one in known_areas if one.code == code), None)


def _figures(table: pd.DataFrame, side: str, code: str, definitions: Definitions) -> pd.DataFrame:
    """Return the observations of one column of values: `side` is local or england."""
    lost = table["measure"] == ""
    measures = definitions.measures.set_index("measure")[["kind", "basis", "window_months"]]
    described = measures.reindex(table["measure"]).set_axis(table.index)
    figures = parsing.numbers(table, side, _MARKERS)
    here = side == "local"
    rows = figures.assign(
        measure=table["measure"],
        indicator=table["title"].where(lost, ""),
        area=code,
        row=table["row"],
        period_label=table["period"],
        numerator=figures["value"].where(described["kind"] == Kind.COUNT),
        published_title=table["title"],
        published_unit=table["unit"],
        published_number=table["number"],
        published_direction=_words(table, "direction", _DIRECTIONS) if here else "",
        published_compared=_words(table, "compared", _COMPARED) if here else "",
        note=_remarks(table) if here else "",
    )
    checks.refuse_rows(rows[rows["value"] < 0], "a value is below 0", expected="0 or more, or a marker")
    checks.refuse_rows(
        rows[rows["value"].notna() & (table["period"] == "")],
        "a value stands without its period",
        expected="a period, such as Dec 24; the columns may be shifted",
    )
    rows = _with_reasons(rows, table, described, here=here)
    nearest = table.loc[lost, "title"].map(lambda title: scorecard_titles.nearest(title, definitions))
    note = nearest.astype("str").reindex(rows.index).fillna(rows["note"])
    return pd.concat([rows.assign(note=note), _periods(table, described)], axis=1)


def _periods(table: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """Read the periods of known measures; those of unknown titles stay as printed, in `period_label`."""
    known = table["measure"] != ""
    return form.table_periods(table[known], described[known]).reindex(table.index, fill_value="")


def _words(table: pd.DataFrame, name: str, words: Mapping[str, str]) -> pd.Series:
    said = table[name].map(labelling.plain).map(words)
    checks.refuse_rows(
        table[said.isna()], f"{name} has text that is not known", expected=", ".join(filter(None, words))
    )
    return said.astype("str")


def _remarks(table: pd.DataFrame) -> pd.Series:
    numbers = table[table["remark"].str.fullmatch(r"[<\d.,%\s-]*\d[\d.,%\s]*")]
    checks.refuse_rows(
        numbers,
        "a figure stands in the column of sparklines",
        expected="a remark or nothing; the columns may be shifted",
    )
    return form_cells.with_formulas(table["remark"], table["formula"])


def _with_reasons(rows: pd.DataFrame, table: pd.DataFrame, described: pd.DataFrame, *, here: bool) -> pd.DataFrame:
    """Say why there is no figure: awaited, not supplied, not printed, or a count that nobody compares."""
    none = rows["status"] == Status.NOT_SUPPLIED
    if here:
        awaited = none & table["remark"].map(labelling.plain).str.fullmatch(_AWAITED)
        return rows.assign(status=rows["status"].mask(awaited, str(Status.AWAITED)))
    incomparable = (
        none & (table["compared"].map(labelling.plain) == "not comparable") & (described["kind"] == Kind.COUNT)
    )
    status = rows["status"].mask(none, str(Status.NOT_PUBLISHED)).mask(incomparable, str(Status.NOT_APPLICABLE))
    return rows.assign(status=status, note=np.select([incomparable, none], [_COUNTED, _NOT_PRINTED], ""))


def _refuse_swapped(here: pd.DataFrame, england: pd.DataFrame, block: pd.Series) -> None:
    """Refuse a table that says under one of its headers that two columns are mislabelled.

    So it does when most of its signs contradict their values, or most of its figures are England's alone.
    """
    said = here["published_compared"].map({str(Compared.HIGHER): 1, str(Compared.LOWER): -1})
    sign = (here["value"] - england["value"]).map(np.sign) * said
    alone = england["value"].notna() & here["value"].isna()
    seen = pd.DataFrame(
        {"contrary": sign < 0, "compared": sign.notna(), "alone": alone, "figures": here["value"].notna() | alone}
    ).groupby(block)
    counts = seen.sum()
    signs = (counts["contrary"] >= 2) & (counts["contrary"] > counts["compared"] / 2)
    figures = (counts["alone"] >= 2) & (counts["alone"] > counts["figures"] / 2)
    if (signs | figures).any():
        raise UnreadableInput(
            "most comparisons say the opposite of the values beside them, or stand beside no local value",
            expected="Higher where the area's value is above England's",
            try_next="check which column is the area's and which is England's",
            row=int(here.loc[block == (signs | figures).idxmax(), "row"].iloc[0]),
        )
