"""Tables out of files: cells as text, and a header found by its words.

A reader calls `read_sheet`, `find_header` and `body`, then renames and reshapes. Nothing here guesses: where
a file leaves two readings open it is refused, in words that name file, row and value.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.sources import labelling, limits, selecting, workbooks

_WORKBOOKS = {".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"}
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_HEADER_DEPTH = 80  # no preamble is as long; further down the words of a header are data


@dataclass(frozen=True)
class Sheet:
    """One table of a file: text cells as published; `rows[0]` is row 1 of the file, `name` is "" for CSV."""

    file: Path
    name: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Header:
    """Where a header stands (`row` counts from 1) and which column holds which field."""

    row: int
    columns: dict[str, int]
    texts: tuple[str, ...] = ()


#: The sheet of a workbook that whoever hands it in means; readers see no other.
_meant: ContextVar[str] = ContextVar("sheet", default="")


@contextmanager
def only_sheet(name: str) -> Iterator[None]:
    """Let readers see one sheet of a workbook as if it had no other; "" for all of them."""
    before = _meant.set(name)
    try:
        yield
    finally:
        _meant.reset(before)


def sheets(file: Path) -> list[str]:
    """Names of the sheets of a workbook that are meant: see `only_sheet`; [""] for a CSV or TSV."""
    if _suffix(file) not in _WORKBOOKS:
        if _meant.get():
            raise UsageError(f"{file.name} has no sheets, so --sheet {_meant.get()!r} means nothing")
        return [""]
    names = workbooks.sheet_names(file)
    return [_choose_sheet(file, names, _meant.get())] if _meant.get() else names


def read_sheet(file: Path, name: str | None = None) -> Sheet:
    """Read one table as text. A workbook of several sheets needs a name; case and spaces do not matter.

    Raises `UnreadableInput` for a file that is absent, empty, binary, cut short, protected by a password
    or of an unknown kind, and for a sheet that is not in it.
    """
    if _suffix(file) in _DELIMITERS:
        return Sheet(file, "", _delimited(file))
    found = _choose_sheet(file, sheets(file), name)
    sheet = Sheet(file, found, workbooks.cells(file, found))
    if not any(any(row) for row in sheet.rows):
        raise UnreadableInput(f"the sheet {found!r} is empty", expected="a table", file=file)
    return sheet


def refuse_kind(file: Path) -> None:
    """Refuse what can be no table whatever a source says: temporary files, PDFs, files without content."""
    _suffix(file)


def _suffix(file: Path) -> str:
    suffix = file.suffix.casefold()
    if file.name.startswith(("~$", ".~lock")):
        raise UnreadableInput(
            "a spreadsheet keeps this file beside a workbook that is open; it holds no figures",
            expected="the workbook itself",
            try_next="close the workbook and hand in the file without ~$ in its name",
            file=file,
        )
    if not file.is_file():
        raise UnreadableInput("there is no such file", try_next="check the name and the folder", file=file)
    if suffix not in _WORKBOOKS | set(_DELIMITERS):
        raise UnreadableInput(
            f"files named {suffix or 'without an ending'} are not read",
            expected=f"one of {', '.join(sorted(_WORKBOOKS | set(_DELIMITERS)))}",
            try_next="save the table as CSV",
            file=file,
        )
    limits.require_size(file)
    if not file.read_bytes().strip():
        raise UnreadableInput("the file is empty", try_next="fetch it again", file=file)
    return suffix


def _choose_sheet(file: Path, names: Sequence[str], wanted: str | None) -> str:
    matching = [name for name in names if wanted is None or labelling.squeeze(name) == labelling.squeeze(wanted)]
    if wanted is not None and workbooks.is_ghost(wanted):
        raise UnreadableInput(f"{wanted!r} is a link to another file, not a sheet", file=file)
    if len(matching) != 1:
        raise UnreadableInput(
            f"there is no one sheet named {wanted!r}" if wanted else "the workbook has several sheets",
            expected=f"one of: {'; '.join(names)}",
            try_next="name the sheet with the figures (--sheet), or save it as CSV and hand that in",
            file=file,
        )
    return matching[0]


def _delimited(file: Path) -> tuple[tuple[str, ...], ...]:
    text = _decoded(file)
    limits.require_text(file, text)
    delimiter = _delimiter(text, file)
    try:
        rows = tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableInput(
            f"the quotation marks do not match ({error}); the file may be cut short or joined",
            try_next="fetch it again",
            file=file,
        ) from error
    _refuse_cut_short(file, text, rows)
    return rows


def _delimiter(text: str, file: Path) -> str:
    """Return what most lines are separated by: commas, or tabs that a spreadsheet saved under the name .csv.

    Semicolons are refused: where they separate cells, a comma may be a decimal point or a separator of
    thousands, and nothing in the file says which.
    """
    counts = ({one: line.count(one) for one in ",\t;"} for line in io.StringIO(text))
    most = Counter(max(count, key=count.__getitem__) for count in counts if any(count.values()))
    usual = max(most, key=most.__getitem__, default=_DELIMITERS[file.suffix.casefold()])
    if usual == ";":
        raise UnreadableInput(
            "the cells are separated by semicolons",
            expected="commas between cells and points in decimals",
            try_next="save it as .xlsx, or as CSV UTF-8 (comma delimited)",
            file=file,
        )
    return usual


def _decoded(file: Path) -> str:
    content = file.read_bytes()
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search("[\x00-\x08\x0e-\x1f]", text):
            return text
    raise UnreadableInput(
        "this is not a text file, whatever its name says",
        expected="text in UTF-8 or Windows-1252",
        try_next="if it is a workbook give it its own ending (.xlsx, .xls, .ods)",
        file=file,
    )


def _refuse_cut_short(file: Path, text: str, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a file that stops in the middle of a row: no line end, and fewer cells than the rows above."""
    if text.endswith(("\n", "\r")) or len(rows) < 2:
        return
    usual = Counter(len(row) for row in rows[:-1]).most_common(1)[0][0]
    prose = len(rows[-1]) == 1 and len(rows[-1][0].split()) > 1
    if len(rows[-1]) < usual and not prose:
        raise UnreadableInput(
            f"the last row has {len(rows[-1])} cells where the others have {usual}: the file is cut short",
            try_next="fetch it again",
            file=file,
            row=len(rows),
        )


def find_header(sheet: Sheet, fields: labelling.Fields, *, optional: labelling.Fields | None = None) -> Header:
    """Find the one row that names every field, by its words and never by position.

    Parameters
    ----------
    fields : field -> texts (or compiled patterns for the whole label) that name it; all must be present.
    optional : fields that may be absent; two columns for one of them are refused all the same.

    Raises `UnreadableInput`, listing the labels found, when a field has no column or two, or when the
    header stands twice.
    """
    top = [labelling.columns(row, fields) for row in sheet.rows[:_HEADER_DEPTH]]
    complete = [place for place, columns in enumerate(top) if all(columns.values())]
    if not complete:
        best = max(range(len(top)), key=lambda place: sum(map(bool, top[place].values())), default=0)
        absent = [field for field, columns in top[best].items() if not columns] if top else list(fields)
        raise _header_refusal(sheet, best, f"no column for {', '.join(absent)}", fields)
    row = complete[0]
    repeated = [place for place, cells in enumerate(sheet.rows) if place > row and cells == sheet.rows[row]]
    if len(complete) > 1 or repeated:
        again = (complete[1:] + repeated)[0] + 1
        raise _header_refusal(sheet, row, f"the header stands twice, in rows {row + 1} and {again}", fields)
    found = top[row] | labelling.columns(sheet.rows[row], optional or {})
    for field, columns in found.items():
        if len(columns) > 1:
            labels = ", ".join(f"{sheet.rows[row][place]!r} (column {place + 1})" for place in columns)
            raise _header_refusal(sheet, row, f"two columns could be {field}: {labels}", fields)
    chosen = {field: columns[0] for field, columns in found.items() if columns}
    shared = [place for place, count in Counter(chosen.values()).items() if count > 1]
    if shared:
        raise _header_refusal(sheet, row, f"one column, {sheet.rows[row][shared[0]]!r}, fits two fields", fields)
    return Header(row + 1, chosen, sheet.rows[row])


def _header_refusal(sheet: Sheet, row: int, found: str, fields: labelling.Fields) -> UnreadableInput:
    labels = [cell.strip() for cell in sheet.rows[row] if cell.strip()] if sheet.rows else []
    wanted = "; ".join(f"{field} ({labelling.example(patterns)})" for field, patterns in fields.items())
    return UnreadableInput(
        f"{found}. Headers found: {'; '.join(labels[:40])}{' ...' if len(labels) > 40 else ''}",
        expected=f"one header row with {wanted}",
        try_next="check that this is the right file of this source and that its header is as published",
        file=sheet.file,
        row=row + 1,
    )


def body(
    sheet: Sheet, header: Header, *, last_may_be_absent: bool = False, each_row_one_figure: bool = True
) -> pd.DataFrame:
    """Return the named columns below the header as trimmed text, with `row`, the row of the file.

    Blank rows are left out; footers stay for the reader. A row of another width than its neighbours has
    lost or gained a cell, so that its figures stand under the wrong labels: it is refused. So is a column
    that is not named and picks out a part.
    `each_row_one_figure`: see `selecting.refuse_unread`.
    `last_may_be_absent`: the publisher writes rows without the last column that the header names.
    """
    rows = [(number, row) for number, row in enumerate(sheet.rows, start=1) if number > header.row and any(row)]
    if not rows:
        raise UnreadableInput("there is a header and nothing below it", file=sheet.file, row=header.row)
    _refuse_other_widths(sheet, header, rows, allowed=1 if last_may_be_absent else 0)
    selecting.refuse_unread(
        sheet.file,
        header.row,
        header.texts,
        [*header.columns.values()],
        [row for _, row in rows if _is_data(row)],
        each_row_one_figure=each_row_one_figure,
    )
    table = pd.DataFrame(
        [[row[place].strip() if place < len(row) else "" for place in header.columns.values()] for _, row in rows],
        columns=list(header.columns),
        dtype="str",
    )
    return table.assign(row=[number for number, _ in rows])


def _refuse_other_widths(
    sheet: Sheet, header: Header, rows: Sequence[tuple[int, tuple[str, ...]]], *, allowed: int
) -> None:
    width = len(header.texts)
    data = [(number, row) for number, row in rows if _is_data(row)]
    usual = Counter(len(row) for _, row in data).most_common(1)[0][0] if data else width
    odd = [(number, len(row)) for number, row in data if len(row) != usual]
    spilled = any(cell.strip() for _, row in data for cell in row[width:])
    if not odd and data and (usual < width - allowed or spilled):
        odd, usual = [(data[0][0], usual)], width
    if odd:
        raise UnreadableInput(
            f"the row has {odd[0][1]} cells where {usual} are expected, so its figures may stand "
            f"under the wrong headers",
            try_next="fetch the file again, or save it again with every cell of the table",
            file=sheet.file,
            row=odd[0][0],
        )


def _is_data(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return len(filled) > 1 and any(character.isdigit() for cell in filled for character in cell)


def table(sheet: Sheet, fields: labelling.Fields, optional: labelling.Fields | None = None) -> pd.DataFrame:
    """Return the `body` below the one header that names every field."""
    return body(sheet, find_header(sheet, fields, optional=optional))


def code_rows(
    table: pd.DataFrame, column: str, figures: Sequence[str], *, pattern: str = labelling.GSS_CODE
) -> pd.DataFrame:
    """Keep the rows whose `column` holds an area code; footers and headings fall away.

    A row without a code that nevertheless fills one of the columns `figures` is data that cannot be
    placed, so it is refused rather than dropped.
    """
    coded = table[column].str.fullmatch(pattern)
    stray = table[~coded & (table[list(figures)] != "").any(axis="columns")]
    if not stray.empty:
        raise UnreadableInput(
            f"{stray[column].iloc[0]!r} stands where an area code should",
            expected="a code such as E06000045 in every row with figures",
            row=int(stray["row"].iloc[0]),
        )
    if not coded.any():
        raise UnreadableInput("no row holds an area code", expected="codes such as E06000045")
    return table[coded].reset_index(drop=True)


def refuse_unnamed(sheet: Sheet, header: Header) -> None:
    """Refuse a column that has figures below a header cell without words."""
    for place, text in enumerate(header.texts):
        cells = [row[place].strip() for row in sheet.rows[header.row :] if len(row) > place]
        if not text.strip() and sum(cell[:1].isdigit() for cell in cells) > 1:
            raise UnreadableInput(
                f"column {place + 1} has figures and no header",
                expected="a word above every column of figures",
                try_next="compare the header with the published table",
                file=sheet.file,
                row=header.row,
            )
