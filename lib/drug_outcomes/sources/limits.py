"""What opening a file may cost. A few kilobytes can unpack to gigabytes, and two cells can span a million rows.

A workbook is opened in a process of its own first, which is ended when it takes too much memory or time; only a
workbook that came through, and whose sheets are of a size that a table has, is opened where figures are read.
"""

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import psutil

from drug_outcomes.errors import UnreadableInput

#: Bytes of a file, and of a workbook unpacked.
SIZE, UNPACKED = 250_000_000, 250_000_000
#: Rows and cells of one sheet, or of a text file: no table of figures that publishers send comes near.
ROWS, CELLS = 1_048_576, 8_000_000
#: Bytes of memory and seconds that opening a workbook may take.
MEMORY, SECONDS = 1_000_000_000, 60.0

_NARROWER = "open it in a spreadsheet, keep the rows and columns that are needed, and save those as CSV"
_PANIC, _TOO_MANY = 1, 9  # exit codes
_OPEN_ALL = f"""
import json, sys, python_calamine
try:
    book = python_calamine.load_workbook(sys.argv[1])
    spans = []
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        end = sheet.end or (0, 0)
        spans.append([name, end[0] + 1, end[1] + 1])
        del sheet
except Exception as error:
    if "limit exceeded" in str(error):  # calamine's own, of a hundred million cells
        sys.exit({_TOO_MANY})
    spans = []  # whoever opens it next says what is wrong with it
print(json.dumps(spans))
"""
_Row = TypeVar("_Row")
_OFTEN = 0.02  # seconds between two looks at a process


def require_size(file: Path) -> None:
    """Refuse a file of more bytes than are ever read, before any of them is."""
    size = file.stat().st_size
    if size > SIZE:
        raise _refusal(file, f"the file has {size / 1e6:,.0f} MB", f"at most {SIZE / 1e6:.0f} MB")


def require_table(file: Path, rows: int, cells: int, what: str = "the file") -> None:
    """Refuse a table of more rows or cells than are ever read."""
    if rows > ROWS:
        raise _refusal(file, f"{what} has {rows:,} rows", f"at most {ROWS:,} rows")
    if cells > CELLS:
        raise _refusal(file, f"{what} has {cells:,} cells in {rows:,} rows", f"at most {CELLS:,} cells")


def require_text(file: Path, text: str) -> None:
    """Refuse a text of more lines or cells than are ever read; separators within quotation marks count too."""
    rows = max(text.count("\n"), text.count("\r")) + 1
    require_table(file, rows, rows + max(text.count(one) for one in ",;\t"))


def require_workbook(file: Path) -> None:
    """Refuse a workbook that takes more memory, time, rows or cells to open than a table of figures may."""
    require_size(file)
    state = file.stat()
    for name, rows, columns in _spans(file, state.st_size, state.st_mtime_ns):
        require_table(file, rows, rows * columns, f"the sheet {name!r}")


def _spans(file: Path, size: int, changed: int) -> list[tuple[str, int, int]]:
    """Return name, rows and columns of each sheet."""
    found = _opened(file, size, changed)
    if isinstance(found, UnreadableInput):
        raise found
    spans: list[tuple[str, int, int]] = json.loads(found)
    return spans


@lru_cache(maxsize=256)
def _opened(file: Path, _size: int, _changed: int) -> str | UnreadableInput:
    """Open a workbook elsewhere, once as long as it does not change; return its spans, or why it is refused."""
    unpacked = _unpacked(file)
    if unpacked > UNPACKED:
        found = f"this workbook unpacks to {unpacked / 1e6:,.0f} MB"
        return _refusal(file, found, f"at most {UNPACKED / 1e6:.0f} MB")
    command = [sys.executable, "-I", "-c", _OPEN_ALL, str(file.resolve())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:  # noqa: S603 - fixed words
        try:
            told = _told(child)
        except _TooMuchError as much:
            return _refusal(file, f"opening it takes more than {much}", "less")
        finally:
            child.kill()
    if child.returncode == 0:
        return told
    if child.returncode != _PANIC:  # it says so, or the system ended it for want of memory
        return _refusal(file, f"a sheet spans more than {CELLS:,} cells", "less")
    return not_whole(file)


def in_time(rows: Iterable[_Row], file: Path) -> Iterator[_Row]:
    """Yield rows as long as they come in time."""
    until = time.monotonic() + SECONDS
    for row in rows:
        if time.monotonic() > until:
            raise _refusal(file, f"opening it takes more than {SECONDS:.0f} seconds", "less")
        yield row


def not_whole(file: Path, why: str = "") -> UnreadableInput:
    """Return the refusal of a workbook that cannot be opened."""
    return UnreadableInput(
        f"this is not a whole {file.suffix} workbook" + (f" ({why})" if why else ""),
        expected="the file as it was published or sent",
        try_next="fetch the file again; open it in a spreadsheet to see whether it is damaged",
        file=file,
    )


def _unpacked(file: Path) -> int:
    try:
        with zipfile.ZipFile(file) as package:
            return sum(part.file_size for part in package.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return 0  # not packed, or damaged


class _TooMuchError(Exception):
    """A process took more than it may."""


def _told(child: "subprocess.Popen[str]") -> str:
    """Return what the process prints, unless it takes too long or too much before it is done."""
    until, process = time.monotonic() + SECONDS, psutil.Process(child.pid)
    while True:
        try:
            return child.communicate(timeout=_OFTEN)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise _TooMuchError(f"{SECONDS:.0f} seconds") from None
            if _memory(process) > MEMORY:
                raise _TooMuchError(f"{MEMORY / 1e6:,.0f} MB of memory") from None


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def _refusal(file: Path, found: str, expected: str) -> UnreadableInput:
    return UnreadableInput(f"{found}, too much to open", expected=expected, try_next=_NARROWER, file=file)
