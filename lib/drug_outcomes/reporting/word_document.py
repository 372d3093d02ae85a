"""A Word document from the objects of a page: real headings, lists and tables, pictures with their words.

What is folded on the page, or only drawn there, stays out. The same objects give the same bytes.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from drug_outcomes.reporting import workbook
from drug_outcomes.reporting.markup import Display

_LISTS = {"ul": "List Bullet", "ol": "List Number"}
_HEADINGS = {"h2": 1, "h3": 2, "h4": 3, "h5": 4}
_FONT, _SIZE, _IN_TABLE = "Arial", Pt(10), Pt(8)
_MARGIN, _WIDTH = Mm(16), Mm(178)
#: The part of a table's width that its first column takes, which names what the row is about.
_FIRST = 0.36
#: In the archive: the part that holds the words.
_WORDS = "word/document.xml"


def document(
    title: str, author: str, as_of: str, marking: str, body: Display, pictures: Mapping[str, bytes], *,
    without: tuple[str, ...] = (),
) -> bytes:  # fmt: skip
    """Return a document of A4 pages.

    Parameters
    ----------
    as_of : the ISO date that its properties name; no clock is read.
    marking : what stands above the title, such as that it is a draft.
    pictures : PNGs by the alternative text of the pictures in `body`.
    without : headings of columns that are only drawn on a page.
    """
    word = _blank(title, author, as_of)
    word.add_paragraph().add_run(marking).bold = True
    word.add_heading(title, 0)
    soup = BeautifulSoup(body.html, "html.parser")
    for unseen in soup.select("details, svg, style, [aria-hidden=true], nav"):
        unseen.decompose()
    _add(word, soup, pictures, without)
    written = io.BytesIO()
    word.save(written)
    return _packed(written.getvalue())


def remarked(content: bytes, before: str, after: str) -> bytes:
    """Return a document whose marking says something else."""
    return _packed(content, before.encode(), after.encode())


def _packed(content: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """Return the archive with no hour in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return workbook.archive(files | ({_WORDS: files[_WORDS].replace(before, after)} if before else {}))


def _blank(title: str, author: str, as_of: str) -> Word:
    """Return an empty document in British English, with nothing of whoever made its template."""
    word = Document()
    told, day = word.core_properties, datetime.fromisoformat(as_of)
    told.title, told.author, told.last_modified_by, told.comments = title, author, author, ""
    told.language, told.created, told.modified, told.revision = "en-GB", day, day, 1
    package = word.part.package
    for key in [key for key, one in package.rels.items() if one.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del package.rels[key]
    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = _MARGIN
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    for name in ("Normal", "Title", "Caption", *(f"Heading {level}" for level in _HEADINGS.values())):
        style = word.styles[name]
        style.font.name = _FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if "heme" in key]:
            del fonts.attrib[theme]
    normal = word.styles["Normal"]
    normal.font.size, normal.paragraph_format.space_after = _SIZE, Pt(4)
    return word


def _add(word: Word, parent: Tag, pictures: Mapping[str, bytes], without: tuple[str, ...]) -> None:
    """Add the blocks below an element, in order."""
    for one in parent.children:
        if not isinstance(one, Tag):
            continue
        if one.name in _HEADINGS:
            word.add_heading(_text(one), _HEADINGS[one.name])
        elif one.name in ("p", "figcaption"):
            _write(word.add_paragraph(), one)
        elif one.name in _LISTS:
            for item in one.find_all("li", recursive=False):
                _write(word.add_paragraph(style=_LISTS[one.name]), item)
        elif one.name == "dl":
            for term in one.find_all("dt"):
                line = word.add_paragraph()
                line.add_run(f"{_text(term)}: ").bold = True
                _write(line, term.find_next_sibling("dd") or term)
        elif one.name == "table":
            _table(word, one, without)
        elif one.name == "img":
            _picture(word, str(one["alt"]), pictures)
        else:
            _add(word, one, pictures, without)


def _picture(word: Word, alt: str, pictures: Mapping[str, bytes]) -> None:
    shown = word.add_picture(io.BytesIO(pictures[alt]), width=_WIDTH)
    shown._inline.docPr.set("descr", alt)  # python-docx has no other way to alternative text


def _table(word: Word, one: Tag, without: tuple[str, ...]) -> None:
    """Add a table with its caption above, and its header row again on each page."""
    rows = [row.find_all(["th", "td"], recursive=False) for row in one.find_all("tr")]
    places = [place for place, head in enumerate(rows[0]) if _text(head) not in without]
    if one.caption:
        caption = word.add_paragraph(_text(one.caption), style="Caption")
        caption.paragraph_format.keep_with_next = True
    table = word.add_table(rows=0, cols=len(places), style="Table Grid")
    table.autofit = False
    rest = int(_WIDTH * (1 - _FIRST) / max(1, len(places) - 1))
    for place, column in enumerate(table.columns):
        column.width = rest if place else int(_WIDTH * _FIRST)
    for row in rows:
        cells = table.add_row().cells
        for cell, place in zip(cells, places, strict=True):
            _fill(cell, row[place])
    for line in table.rows:
        properties = line._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    word.add_paragraph().paragraph_format.space_after = Pt(0)


def _fill(cell: _Cell, one: Tag) -> None:
    line = cell.paragraphs[0]
    line.paragraph_format.space_after = Pt(0)
    if "number" in one.get_attribute_list("class"):
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _write(line, one, bold=one.name == "th" and one.get("scope") == "col")
    for run in line.runs:
        run.font.size = _IN_TABLE


def _write(line: Paragraph, one: Tag, *, bold: bool = False) -> None:
    """Write the words of an element; small print begins a line of its own."""
    for text, strong in _pieces(one):
        line.add_run(text).bold = True if bold or strong else None


def _pieces(one: Tag) -> Iterator[tuple[str, bool]]:
    """Yield the words of an element and whether they are strong, with the gaps that a page shows between them."""
    begun = spaced = False
    for piece in one.descendants:
        if not isinstance(piece, NavigableString):
            continue
        around = [parent for parent in piece.parents if one in parent.parents]
        inside = {parent.name for parent in around} | {
            kind for each in around for kind in each.get_attribute_list("class")
        }
        text = " ".join(piece.split())
        if text:
            small = bool(inside & {"small", "unit"}) and around[0].find(string=True) is piece
            gap = ("\n" if small else " " if spaced or piece[0].isspace() else "") if begun else ""
            yield gap + text, bool(inside & {"strong", "b", "tag"})
            begun, spaced = True, piece[-1].isspace()
        elif piece:
            spaced = True


def _text(one: Tag) -> str:
    return " ".join("".join(text for text, _ in _pieces(one)).split())
