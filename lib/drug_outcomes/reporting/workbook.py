"""An OpenDocument workbook, written directly: small, the same bytes for the same tables, and accessible.

It follows the Analysis Function's checklist for spreadsheets: document title, language and author; a cover,
contents and notes; one named table a sheet from column A, its title in A1 and its notes above it; one header
row; no merged cells, filters, colours or frozen panes. No kept library writes ODS with these properties.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from drug_outcomes.reporting.markup import plain

Cell = str | float
#: The earliest date that the format of the archive can hold: no clock is read.
_WHEN = (1980, 1, 1, 0, 0, 0)
_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office", "table": "table", "text": "text", "style": "style", "manifest": "manifest",
        "fo": "xsl-fo-compatible", "meta": "meta",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(frozen=True)
class Sheet:
    """A sheet: its tab, its title in A1, lines under it, and its table (`columns` empty for text alone).

    It prints as wide as a sheet of paper, on `sheets` of them, or on as many as it takes.
    """

    tab: str
    title: str
    lines: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    sheets: int = 0


def ods(title: str, author: str, sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook. Numbers stay numbers; text that is empty leaves an empty cell."""
    ranges = "".join(_range(sheet) for sheet in sheets if sheet.columns)
    tables = "".join(_table(sheet) for sheet in sheets)
    content = (
        f'{_HEAD}<office:document-content {_SPACES} office:version="1.3"><office:automatic-styles>'
        f"{_STYLES}</office:automatic-styles><office:body><office:spreadsheet>{tables}"
        f"<table:database-ranges>{ranges}</table:database-ranges></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    meta = (
        f'{_HEAD}<office:document-meta {_SPACES} office:version="1.3"><office:meta><dc:title>{_escaped(title)}'
        f"</dc:title><dc:creator>{_escaped(author)}</dc:creator><dc:language>en-GB</dc:language>"
        "</office:meta></office:document-meta>"
    )
    parts = {"content.xml": content, "styles.xml": _DEFAULTS, "meta.xml": meta}
    return _packed({**parts, "META-INF/manifest.xml": _manifest(parts)})


def _escaped(text: str) -> str:
    return plain(text).html


def _packed(parts: dict[str, str]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # The kind comes first and bare, so that programs know the file by its first bytes.
        archive.writestr(_entry("mimetype", zipfile.ZIP_STORED), _KIND)
        for name, text in parts.items():
            archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), text.encode())
    return packed.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of some files, the same bytes for the same files."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as whole:
        for name, held in files.items():
            whole.writestr(_entry(name, zipfile.ZIP_DEFLATED), held)
    return packed.getvalue()


def _entry(name: str, way: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type, entry.create_system, entry.external_attr = way, 3, 0o644 << 16
    return entry


def _manifest(parts: dict[str, str]) -> str:
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in parts
    )
    return (
        f'{_HEAD}<manifest:manifest {_SPACES} manifest:version="1.3"><manifest:file-entry manifest:full-path="/" '
        f'manifest:version="1.3" manifest:media-type="{_KIND}"/>{files}</manifest:manifest>'
    )


def _table(sheet: Sheet) -> str:
    above = _row([sheet.title], "title") + "".join(_row([line], "plain") for line in sheet.lines)
    widths = "".join(
        f'<table:table-column table:style-name="{_width(sheet, place)}"/>'
        for place in range(max(1, len(sheet.columns)))
    )
    opening = f'<table:table table:name="{_escaped(sheet.tab)}" table:style-name="print{sheet.sheets}">'
    if not sheet.columns:
        return f"{opening}{widths}{above}</table:table>"
    head = f"<table:table-header-rows>{_row(sheet.columns, 'head')}</table:table-header-rows>"
    body = "".join(_row(cells, "plain") for cells in sheet.rows)
    return f"{opening}{widths}{above}{head}{body}</table:table>"


def _width(sheet: Sheet, place: int) -> str:
    if not sheet.columns:
        return "wide"
    longest = max((len(str(row[place])) for row in sheet.rows), default=0)
    return next(name for name, (most, _) in _WIDTHS.items() if longest <= most)


def _row(cells: Sequence[Cell], style: str) -> str:
    return f"<table:table-row>{''.join(_cell(value, style) for value in cells)}</table:table-row>"


def _cell(value: Cell, style: str) -> str:
    if isinstance(value, str):
        if not value:
            return "<table:table-cell/>"
        # Shorthand stands in columns of numbers, so it is aligned as they are.
        look = "number" if value.startswith("[") and style == "plain" else style
        lines = "".join(f"<text:p>{_escaped(line)}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell table:style-name="{look}" office:value-type="string">{lines}</table:table-cell>'
    shown = repr(value)
    return (
        f'<table:table-cell table:style-name="number" office:value-type="float" office:value="{shown}">'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def _range(sheet: Sheet) -> str:
    first, last = len(sheet.lines) + 2, len(sheet.lines) + 2 + len(sheet.rows)
    place = f"'{sheet.tab}'.A{first}:'{sheet.tab}'.{_letters(len(sheet.columns))}{last}"
    return (
        f'<table:database-range table:name="{_escaped(sheet.tab)}" '
        f'table:target-range-address="{_escaped(place)}" table:contains-header="true"/>'
    )


def _letters(column: int) -> str:
    """Return the letters of a column counted from 1: 27 is AA."""
    above, place = divmod(column - 1, 26)
    return (_letters(above) if above else "") + chr(65 + place)


def _style(name: str, text: str, align: str) -> str:
    return (
        f'<style:style style:name="{name}" style:family="table-cell"><style:table-cell-properties '
        f'fo:wrap-option="wrap"/><style:paragraph-properties fo:text-align="{align}"/>'
        f"<style:text-properties {text}/></style:style>"
    )


#: Columns by the letters that they have to hold at most.
_WIDTHS = {"slim": (10, "3.2cm"), "narrow": (24, "4.8cm"), "middle": (70, "11cm"), "wide": (10**9, "16cm")}
#: On how many sheets of paper a sheet prints; 0 for as many as it takes.
_PRINTED = (0, 2)
_ARIAL = 'style:font-name="Arial" fo:font-family="Arial" fo:font-size="12pt" fo:language="en" fo:country="GB"'
_STYLES = (
    _style("plain", _ARIAL, "start")
    + _style("number", _ARIAL, "end")
    + _style("head", f'{_ARIAL} fo:font-weight="bold"', "start")
    + _style("title", f'{_ARIAL.replace("12pt", "15pt")} fo:font-weight="bold"', "start")
    + "".join(
        f'<style:style style:name="{name}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width}"/></style:style>'
        for name, (_, width) in _WIDTHS.items()
    )
    + "".join(
        f'<style:style style:name="print{sheets}" style:family="table" style:master-page-name="print{sheets}"/>'
        for sheets in _PRINTED
    )
)
_DEFAULTS = (
    f'{_HEAD}<office:document-styles {_SPACES} office:version="1.3"><office:styles>'
    f'<style:default-style style:family="table-cell"><style:text-properties {_ARIAL}/></style:default-style>'
    "</office:styles><office:automatic-styles>"
    + "".join(
        f'<style:page-layout style:name="page{sheets}"><style:page-layout-properties fo:page-width="29.7cm" '
        f'fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.2cm" style:scale-to-X="1" '
        f'style:scale-to-Y="{sheets}"/></style:page-layout>'
        for sheets in _PRINTED
    )
    + "</office:automatic-styles><office:master-styles>"
    + "".join(
        f'<style:master-page style:name="print{sheets}" style:page-layout-name="page{sheets}"/>' for sheets in _PRINTED
    )
    + "</office:master-styles></office:document-styles>"
)
