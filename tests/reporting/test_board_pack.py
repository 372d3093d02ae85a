"""The board pack: a Word document with the numbers of the pages, the same bytes from the same figures."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.document import Document as Word

from drug_outcomes import figures
from drug_outcomes.definitions import areas, events
from drug_outcomes.reporting import board_pack, markup, plan_report, report, tables, word_document
from drug_outcomes.reporting.charts import Place
from drug_outcomes.reporting.document_page import DocumentPage
from material import PROJECT

MARKING = "Draft - not cleared for release"


@pytest.fixture(scope="module", params=[("exampleshire", "public"), ("southampton", "partnership")], ids="-".join)
def page(request) -> DocumentPage:
    area_id, audience = request.param
    asked = report.question(PROJECT, area_id, audience=audience)
    definitions, area = areas.with_definitions(PROJECT, area_id, asked.audience)
    return DocumentPage(PROJECT, figures.cleared(PROJECT, asked), definitions, area, asked.period)


def made(page: DocumentPage) -> bytes:
    place = Place(page.area, {}, events.by_measure(page.area, page.definitions))
    return board_pack.pack(page, place, MARKING, None)


@pytest.fixture(scope="module")
def content(page) -> bytes:
    return made(page)


@pytest.fixture(scope="module")
def word(content) -> Word:
    return Document(io.BytesIO(content))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def shown(html: str, without: tuple[str, ...] = ()) -> Iterator[list[list[str]]]:
    """The cells of each table as a page shows them before anything is opened."""
    soup = BeautifulSoup(html, "html.parser")
    for part in soup.select("details, svg, [aria-hidden=true]"):
        part.decompose()
    for table in soup.find_all("table"):
        rows = [[squeezed(cell.get_text(" ")) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        kept = [place for place, head in enumerate(rows[0]) if head not in without]
        yield [[row[place] for place in kept] for row in rows]


def test_every_cell_is_the_pages(page, word):
    scorecard = tables.scorecard(page.released, page.definitions, list(page.definitions.scorecard["measure"]), {})
    parts = [scorecard, plan_report.in_brief(page), plan_report.decisions(page)]
    wanted = [table for part in parts if part for table in shown(part.html, ("Trend",))]
    held = [[[squeezed(cell.text) for cell in row.cells] for row in table.rows] for table in word.tables]

    def bare(rows: list[list[list[str]]]) -> list[list[list[str]]]:
        return [[[cell.replace(" ", "") for cell in row] for row in table] for table in rows]

    print(f"{sum(len(row) for table in held for row in table)} cells compared")
    assert bare(held) == bare(wanted)
    assert sum(len(table) for table in held) > len(page.definitions.scorecard)


def test_the_same_figures_give_the_same_bytes_without_an_hour_or_anything_embedded(page, content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        dates = {entry.date_time for entry in archive.infolist()}
        everything = b"".join(archive.read(name) for name in names)

    assert content == made(page)
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert not [name for name in names if "embed" in name or "vba" in name.lower() or "thumbnail" in name]
    assert b'TargetMode="External"' not in everything and b"python-docx" not in everything


def test_it_can_be_heard_and_found_in(page, word):
    pictures = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    headings = [line.text for line in word.paragraphs if line.style.name.startswith("Heading 1")]
    repeated = [table.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for table in word.tables]

    assert all(len(words) >= 30 for words in pictures) and len(pictures) == len(
        [name for name in headings if name.startswith("In depth")]
    )
    assert headings[:3] == ["Three things", "Scorecard", "What changed"]
    assert all(repeated) and word.core_properties.language == "en-GB"


def test_the_mark_of_a_draft_goes_when_it_is_released(content):
    after = word_document.remarked(content, MARKING, "Released on 2 April 2026")
    told = [line.text for line in Document(io.BytesIO(after)).paragraphs]

    assert told[0].startswith("Released on 2 April 2026") and not any(MARKING in line for line in told)


def test_words_are_as_far_apart_as_on_a_page():
    body = markup.together(
        markup.paragraph("One ", markup.emphasis("two"), ", three."),
        markup.table(["A"], [[markup.stacked("four", "five", "six")]], "B"),
        markup.details("Folded", markup.paragraph("away")),
    )
    held = Document(io.BytesIO(word_document.document("T", "A", "2026-03-31", "M", body, {})))

    assert "One two, three." in [line.text for line in held.paragraphs]
    assert held.tables[0].rows[1].cells[0].text == "four\nfive\nsix"
    assert not any("away" in line.text for line in held.paragraphs)
