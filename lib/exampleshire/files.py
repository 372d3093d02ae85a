"""Files of the fictional area as tables of text, and their bytes, which no clock or library version changes.

Workbooks are written here, without compression and with a fixed date inside, because spreadsheet libraries
stamp the hour into what they save and compress differently from version to version.
"""

import csv
import io
import zipfile
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

Row = tuple[str, ...]


@dataclass(frozen=True)
class File:
    """One file: where it stands below the area's folder, its cells, and what the log says about it.

    `source` "" marks a file that the log does not list. `sheets` are (name, rows); a CSV has one.
    """

    path: str
    sheets: tuple[tuple[str, tuple[Row, ...]], ...]
    source: str = ""
    received: str = ""
    from_whom: str = "publisher's website"
    release: str = ""
    approved_for: str = "public"
    reference: str = ""
    note: str = ""
    encoding: str = "utf-8"
    line_end: str = "\n"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the first sheet."""
        return self.sheets[0][1]

    def with_rows(self, rows: tuple[Row, ...]) -> "File":
        """Return the file with other rows in its first sheet."""
        return replace(self, sheets=((self.sheets[0][0], rows), *self.sheets[1:]))

    def content(self) -> bytes:
        """Return the bytes."""
        if self.path.endswith(".ods"):
            return _ods(self.sheets)
        if self.path.endswith(".xlsx"):
            return _xlsx(self.sheets)
        text = io.StringIO(newline="")
        delimiter = "\t" if self.path.endswith(".tsv") else ","
        csv.writer(text, delimiter=delimiter, lineterminator=self.line_end).writerows(self.rows)
        return text.getvalue().encode(self.encoding)


def table(path: str, rows: list[Row], **about: str) -> File:
    """Return a file of one table."""
    return File(path, (("", tuple(rows)),), **about)


def _package(parts: dict[str, str]) -> bytes:
    """Return a zip archive, stored and dated 1980, so that its bytes depend on its parts alone."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # zipfile writes the system it runs on
            archive.writestr(entry, text)
    return held.getvalue()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdecimal() and cell == cell.strip()


def _column(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _xlsx_cell(cell: str, place: str) -> str:
    if _is_number(cell):
        return f'<c r="{place}"><v>{cell}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def _xlsx(sheets: tuple[tuple[str, tuple[Row, ...]], ...]) -> bytes:
    main, relations = f"{_OFFICE}/spreadsheetml/2006/main", f"{_OFFICE}/officeDocument/2006/relationships"
    kinds = f"{_OFFICE}/package/2006"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{content}.worksheet+xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, (name, _) in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{relations}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{kinds}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{kinds}/relationships"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{kinds}/relationships">{links}</Relationships>',
    }
    for number, (_, rows) in enumerate(sheets, start=1):
        cells = "".join(
            f'<row r="{line}">'
            + "".join(_xlsx_cell(cell, f"{_column(place)}{line}") for place, cell in enumerate(row) if cell)
            + "</row>"
            for line, row in enumerate(rows, start=1)
        )
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'{_XML}<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return _package(parts)


def _ods_cell(cell: str) -> str:
    if not cell:
        return "<table:table-cell/>"
    kind = f'office:value-type="float" office:value="{cell}"' if _is_number(cell) else 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(cell)}</text:p></table:table-cell>"


def _ods(sheets: tuple[tuple[str, tuple[Row, ...]], ...]) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets
    )
    return _package(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{names}:manifest:1.0" '
            'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="{kind}"/><manifest:file-entry manifest:full-path="content.xml" '
            'manifest:media-type="text/xml"/></manifest:manifest>',
            "content.xml": f'{_XML}<office:document-content xmlns:office="{names}:office:1.0" '
            f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" office:version="1.2">'
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        }
    )
