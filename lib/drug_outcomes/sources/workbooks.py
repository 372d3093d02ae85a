"""Cells of .xls, .xlsx, .xlsb and .ods workbooks as the text a reader can trust.

python-calamine reads values quickly, but it gives a formula that was never calculated and an error cell
as an empty cell. An empty cell is a statement ("nothing published"), so both are found here and shown
as their text, which no reader takes for a number.
"""

import contextlib
import datetime as dt
import re
import warnings
import zipfile
from pathlib import Path

import openpyxl
import python_calamine

from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import limits

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NEVER_CALCULATED = re.compile(rb"<table:table-cell(?![^<>]*office:value-type)[^<>]*table:formula=[^<>]*>")
_DOUBTFUL = re.compile(rb'<f[ >/]|<c [^<>]*t="e"')
_ZIPPED = {".xlsx", ".xlsm", ".xlsb", ".ods"}


def sheet_names(file: Path) -> list[str]:
    """Names of the sheets that hold cells; links to other files ("ghost" sheets) are left out."""
    return [name for name in _open(file).sheet_names if not is_ghost(name)]


def is_ghost(name: str) -> bool:
    """Whether a sheet name is the trace of a link to another file."""
    return "file:///" in name.casefold()


def cells(file: Path, name: str) -> tuple[tuple[str, ...], ...]:
    """Every cell of one sheet as text, the first row being row 1 of the sheet."""
    sheet = _open(file).get_sheet_by_name(name)
    before = ("",) * (sheet.start or (0, 0))[1]
    rows = tuple((*before, *map(_text, row)) for row in sheet.iter_rows())
    return _with_formulas(file, name, rows) if file.suffix.casefold() in {".xlsx", ".xlsm"} else rows


def merged(file: Path, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Ranges of merged cells of one sheet as (row, column) of their first and last cell, counted from 0."""
    if file.suffix.casefold() not in {".xlsx", ".xlsm"}:
        return []
    return list(_open(file).get_sheet_by_name(name).merged_cell_ranges or [])


def _open(file: Path) -> python_calamine.CalamineWorkbook:
    limits.require_workbook(file)
    _refuse_unopenable(file)
    try:
        return python_calamine.load_workbook(file)
    except python_calamine.PasswordError as error:
        raise _password(file) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise limits.not_whole(file, getattr(error, "strerror", None) or str(error)) from error


def _refuse_unopenable(file: Path) -> None:
    suffix, content = file.suffix.casefold(), file.read_bytes()
    if content.startswith(_OLE) and _ENCRYPTED in content:
        raise _password(file)
    if suffix == ".ods" and content.startswith(b"PK"):
        _refuse_ods(file)
    if suffix in _ZIPPED and content.startswith(_OLE):
        raise UnreadableInput(
            f"this is an older .xls workbook under the name {file.suffix}",
            try_next="rename it to .xls, or save it again as .xlsx",
            file=file,
        )


def _refuse_ods(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as package:
            manifest, content = package.read("META-INF/manifest.xml"), package.read("content.xml")
    except (zipfile.BadZipFile, KeyError, OSError, ValueError):
        return  # calamine says what is wrong with the package
    if b"encryption-data" in manifest:
        raise _password(file)
    if _NEVER_CALCULATED.search(content):
        raise UnreadableInput(
            "a cell holds a formula that was never calculated",
            try_next="open the file in a spreadsheet, let it calculate, and save it again",
            file=file,
        )


def _password(file: Path) -> UnreadableInput:
    return UnreadableInput(
        "this workbook is protected by a password, so nothing in it can be read",
        expected="a workbook without a password",
        try_next="open it with the password and save a copy without one, inside the partnership's own folder",
        file=file,
    )


def _with_formulas(file: Path, name: str, rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Show uncalculated formulas and error cells, which arrive empty, as the text that stands in the file."""
    with zipfile.ZipFile(file) as package:
        parts = [part for part in package.namelist() if part.startswith("xl/worksheets/")]
        if not any(_DOUBTFUL.search(package.read(part)) for part in parts):
            return rows
    written = [tuple(value for value, _ in row) for row in cells_as_written(file, name)]
    return tuple(
        tuple(
            text or (str(formula) if isinstance(formula, str) and formula.startswith(("=", "#")) else "")
            for text, formula in zip(row, (*known, *[None] * len(row)), strict=False)
        )
        for row, known in zip(rows, (*written, *[()] * len(rows)), strict=False)
    )


def cells_as_written(file: Path, name: str) -> list[tuple[tuple[object, str], ...]]:
    """Every cell of a sheet of an Excel workbook: what stands in it, formulas as formulas, and its number format."""
    limits.require_workbook(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what openpyxl would lose on saving; nothing is saved
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=False)
            with contextlib.closing(book):
                sheet = book[name]
                sheet.reset_dimensions()  # what a file says of its size need not be so
                rows = limits.in_time(sheet.rows, file)
                return [tuple((cell.value, str(cell.number_format)) for cell in row) for row in rows]
        except UnreadableInput:
            raise
        except Exception as error:  # whatever openpyxl meets
            raise limits.not_whole(file, str(error)) from error


def _text(cell: object) -> str:
    """Render a cell: no ".0" on whole numbers, 15 digits as a spreadsheet keeps them, dates as ISO."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)
