"""What opening a file may cost: small files that would take gigabytes or hours are refused before they do."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from drug_outcomes import cli
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import limits, reading, workbooks
from material import PROJECT

MEGABYTES = 10**6
NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def ods(file: Path, rows: str) -> Path:
    """Write an OpenDocument spreadsheet of one table with these rows."""
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    content = (
        f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr("content.xml", content)
    return file


def cell(text: str, repeated: int = 1) -> str:
    told = f'table:number-columns-repeated="{repeated}" office:value-type="string"'
    return f"<table:table-cell {told}><text:p>{text}</text:p></table:table-cell>"


def row(cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def xlsx(file: Path, sheet: str, strings: str = "") -> Path:
    """Write an Excel workbook whose one sheet and shared strings are this XML."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    others = {
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {space}>{strings}</sst>",
    }
    with zipfile.ZipFile(whole) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name in made.namelist():
            package.writestr(name, others.pop(name, "") or made.read(name))
        for name, text in others.items():
            package.writestr(name, text)
    return file


def corners(file: Path) -> Path:
    return xlsx(file, '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def long_text_everywhere(file: Path) -> Path:
    cells = "".join('<c t="s"><v>0</v></c>' for _ in range(20))
    rows = "".join(f"<row>{cells}</row>" for _ in range(10_000))
    return xlsx(file, rows, f"<si><t>{'x' * 30_000}</t></si>")


def packed_nothing(file: Path) -> Path:
    return xlsx(file, f'<row r="1"><c r="A1"><v>1</v></c></row>{" " * (limits.UNPACKED + 1)}')


def said_to_be_wide(file: Path) -> Path:
    """A form whose one sheet claims a grid that it does not have."""
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("measure", "area", "period", "value"))
    xlsx(file, f"<row>{names}</row><row>{names}</row>")
    with zipfile.ZipFile(file) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file


def far_repeats(file: Path) -> Path:
    return ods(file, row(cell("a", 16_384), 1_048_576))


def far_apart(file: Path) -> Path:
    empty = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    return ods(file, row(cell("a", 1_000)) + empty + row(cell("b", 1_000)))


def text_repeated(file: Path) -> Path:
    return ods(file, row(cell("x" * 100_000, 16_384), 10))


def many_lines(file: Path) -> Path:
    file.write_bytes(b"a,b\n" + b"1,2\n" * limits.ROWS)
    return file


def many_cells(file: Path) -> Path:
    file.write_bytes((b"," * 1_000 + b"\n") * (limits.CELLS // 1_000))
    return file


def many_bytes(file: Path) -> Path:
    with file.open("wb") as sparse:
        sparse.truncate(limits.SIZE + 1)
    return file


BOMBS = {
    "corners.xlsx": corners,
    "text.xlsx": long_text_everywhere,
    "packed.xlsx": packed_nothing,
    "repeats.ods": far_repeats,
    "apart.ods": far_apart,
    "text.ods": text_repeated,
    "lines.csv": many_lines,
    "cells.csv": many_cells,
    "bytes.csv": many_bytes,
    "bytes.xlsx": many_bytes,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_would_cost_too_much_is_refused_in_words_by_every_reader(tmp_path, name, capsys, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(PROJECT))
    file = BOMBS[name](tmp_path / name)
    assert name.startswith("bytes") or file.stat().st_size < 10 * MEGABYTES
    start = time.monotonic()
    codes = {cli.main(["read", source, str(file)]) for source in ("police", "fingertips", "homelessness")}
    told = capsys.readouterr()

    assert codes == {3}
    assert "too much to open" in told.err and "Try: open it in a spreadsheet" in told.err
    assert str(tmp_path) not in told.err and "Traceback" not in told.err
    assert time.monotonic() - start < limits.SECONDS


@pytest.mark.parametrize("name", ["repeats.ods", "corners.xlsx", "cells.csv"])
def test_refusing_costs_a_bounded_amount_of_memory(tmp_path, name, thorough, monkeypatch):
    file = BOMBS[name](tmp_path / name)
    code = (
        "import resource, sys; from drug_outcomes import cli; code = cli.main(sys.argv[1:]);"
        "kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN;"
        "print(code, max(resource.getrusage(kind).ru_maxrss for kind in kinds) // 1000)"
    )
    monkeypatch.setenv(framework.HOME_VARIABLE, str(PROJECT))
    done = subprocess.run(
        [sys.executable, "-c", code, "read", "fingertips", str(file)], capture_output=True, text=True, check=True
    )
    exit_code, megabytes = map(int, done.stdout.split())

    assert exit_code == 3
    assert megabytes < 1.5 * limits.MEMORY / MEGABYTES


def test_a_workbook_that_takes_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.0)
    monkeypatch.setattr(limits, "_OFTEN", 0.0)  # looked at before any machine can have opened it
    file = xlsx(tmp_path / "slow.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>')

    with pytest.raises(UnreadableInput, match="more than 0 seconds"):
        reading.read_sheet(file)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK" + bytes(500), b"\xd0\xcf\x11\xe0" + bytes(2_000)])
@pytest.mark.parametrize("suffix", [".xlsx", ".ods", ".xls", ".xlsb"])
def test_a_damaged_workbook_is_refused_in_words(tmp_path, content, suffix):
    file = tmp_path / f"damaged{suffix}"
    file.write_bytes(content)

    with pytest.raises(UnreadableInput) as refusal:
        reading.read_sheet(file)
    assert str(tmp_path) not in str(refusal.value)


def test_cells_stand_where_they_stood_in_the_sheet(tmp_path):
    file = xlsx(tmp_path / "apart.xlsx", '<row r="3"><c r="C3"><v>1</v></c><c r="E3"><v>2.5</v></c></row>')

    assert reading.read_sheet(file).rows == (("",) * 5, ("",) * 5, ("", "", "1", "", "2.5"))


def test_what_a_sheet_says_of_its_own_size_is_not_believed(tmp_path):
    file = said_to_be_wide(tmp_path / "form.xlsx")

    assert [len(row) for row in workbooks.cells_as_written(file, "Sheet")] == [4, 4]


def test_a_workbook_that_one_library_opens_and_another_does_not_is_refused(tmp_path, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("styles")

    monkeypatch.setattr(workbooks.openpyxl, "load_workbook", broken)
    with pytest.raises(UnreadableInput, match="not a whole"):
        workbooks.cells_as_written(said_to_be_wide(tmp_path / "form.xlsx"), "Sheet")
