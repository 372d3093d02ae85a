"""Pages and their gate."""

import re

import nbformat.v4 as notebooks
import pytest
from bs4 import BeautifulSoup

import sample_page
from drug_outcomes.errors import PageRefused, UnreadableInput
from drug_outcomes.publishing import pages
from drug_outcomes.publishing.page_checks import stylesheet_faults
from drug_outcomes.reporting import markup
from drug_outcomes.reporting.accessibility import Compliance, statement
from seeded_faults import BROWSER_ONLY, FAULTS, MORE_FAULTS

SEEN_BY_GATE = {name: fault for name, fault in {**FAULTS, **MORE_FAULTS}.items() if name not in BROWSER_ONLY}
AROUND = {"title": "Title", "period": "2024/25 Q3", "partnership": "Exampleshire"}


@pytest.fixture(scope="module")
def page() -> str:
    return sample_page.page()


@pytest.fixture(scope="module")
def soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def _body_of(*cells, **words) -> BeautifulSoup:
    html = pages.convert(notebooks.new_notebook(cells=list(cells)), **{**AROUND, **words})
    return BeautifulSoup(html, "html.parser")


def _text(source: str):
    return notebooks.new_markdown_cell(source)


def test_a_sound_page_passes_the_gate(page):
    assert pages.gate(page) == []


def test_a_page_of_the_library_passes_the_gate():
    html = pages.page(markup.heading("One", 2), markup.paragraph("Words"), **AROUND)
    assert pages.gate(html) == []


def test_the_issue_seeds_twenty_four_faults():
    assert len(FAULTS) == 24


@pytest.mark.parametrize("name", [*FAULTS, *MORE_FAULTS])
def test_every_seeded_fault_changes_the_page(page, name):
    assert {**FAULTS, **MORE_FAULTS}[name](page) != page


@pytest.mark.parametrize("name", SEEN_BY_GATE)
def test_the_gate_sees(page, name):
    assert pages.gate(SEEN_BY_GATE[name](page))


def test_a_refusal_names_the_page_and_lists_every_fault(page):
    broken = FAULTS["two first-level headings"](FAULTS["language removed"](page))
    with pytest.raises(PageRefused, match=r"(?s)scorecard.html.*en-GB.*2 first-level headings"):
        pages.require(broken, "scorecard.html")


def test_a_page_without_faults_is_not_refused(page):
    pages.require(page, "scorecard.html")


@pytest.mark.parametrize(
    "text",
    [
        "Rates per 1,000 and/or counts, 2023/24 Q4",
        "Read https://www.gov.uk/government/publications for more",
        "The file is data/received/ons_population/2024.csv",
        "24/7 support, 16/17 year olds, n/a",
        "Send to someone@example.gov.uk",
        "None. None of the 4 measures is late; 0.0% to 10-0 by 2024-05, information, Nan Smith, +0.4",
    ],
)
def test_ordinary_words_are_not_taken_for_faults(text):
    assert pages.gate(pages.page(markup.paragraph(text), **AROUND)) == []


def test_a_page_over_its_limit_is_a_fault(page):
    assert pages.gate(page, page_limit=1000) == [f"the page has {len(page.encode()):,} bytes, more than 1,000"]


def test_a_picture_over_its_limit_is_a_fault(page):
    assert any("a picture has" in fault for fault in pages.gate(page, picture_limit=1000))


@pytest.mark.parametrize("text", ["", "<", "<<<>>>", "<html>", "<table><tr><td>", "\x00", "<svg", "<a href=>x"])
def test_the_gate_answers_in_words_whatever_it_is_given(text):
    assert all(isinstance(fault, str) for fault in pages.gate(text)) and pages.gate(text)


def test_the_same_notebook_gives_the_same_bytes(page):
    assert sample_page.page() == page


def test_a_page_of_forty_rows_and_two_charts_is_small():
    assert len(sample_page.page(rows=40).encode()) < 100_000


def test_a_scorecard_of_forty_rows_is_at_most_fifty_kilobytes():
    assert len(sample_page.scorecard().html.encode()) <= 50_000


def test_a_page_with_nothing_in_it_is_below_fifteen_kilobytes():
    assert len(pages.page(**AROUND).encode()) < 25_000


@pytest.mark.parametrize(
    "secret", ["PARAMETERS", "EXPLORING", "STDERR", "STDOUT", "alert(1)", "Axes:", "report.section", "<style>.outcomes"]
)
def test_what_serves_the_analyst_is_not_published(page, secret):
    assert secret not in page


def test_a_notebook_with_a_failed_cell_is_refused():
    failed = sample_page.code(
        notebooks.new_output("error", ename="ValueError", evalue="no such column", traceback=["secret"])
    )
    with pytest.raises(PageRefused, match="cell 2 of the notebook failed: ValueError: no such column"):
        _body_of(_text("# Title"), failed)


def test_the_title_joins_heading_period_and_partnership(soup):
    assert soup.title.string == "Treatment and recovery - 2024/25 Q3 - Exampleshire Combating Drugs Partnership"


def test_the_notebooks_own_title_does_not_become_a_second_one(soup):
    assert [heading.get_text() for heading in soup.find_all("h1")] == ["Treatment and recovery"]


def test_contents_list_the_second_level_headings_and_lead_to_them(soup):
    links = soup.select("nav.contents a")
    assert [soup.find(id=link["href"][1:]).get_text() for link in links] == [link.get_text() for link in links]
    assert links[0].get_text() == "What changed"


def test_a_few_sections_need_no_contents():
    assert _body_of(_text("## One"), _text("## Two")).find(id="contents") is None


def test_headings_of_the_same_words_have_different_ids():
    found = _body_of(_text("## Sources"), _text("## Sources"), _text("## Contents"), _text("## ???"))
    assert [heading["id"] for heading in found.find_all("h2")] == [
        "sources", "sources-2", "contents-2", "section",
    ]  # fmt: skip


def test_a_heading_over_nothing_is_not_published():
    nothing, still_nothing = (notebooks.new_code_cell("report.section('roles')") for _ in range(2))
    found = _body_of(
        _text("# Title\n\nWords"), _text("## Roles"), nothing, _text("## Rest"), _text("## Empty"), still_nothing
    )
    assert [heading.get_text() for heading in found.find_all("h2")] == ["Rest"]


def test_a_text_over_something_stays():
    shown = sample_page.code(sample_page.shown(markup.paragraph("Figures")))
    found = _body_of(_text("# Title"), _text("## Roles"), notebooks.new_code_cell("1"), shown)
    assert [heading.get_text() for heading in found.find_all("h2")] == ["Roles"]


def test_an_id_that_the_library_gave_is_kept():
    found = _body_of(sample_page.code(sample_page.shown(markup.heading("Deaths", 2, anchor="measure-20"))))
    assert found.find("h2")["id"] == "measure-20"


def test_the_current_page_is_marked_in_the_navigation(soup):
    assert [link.get_text() for link in soup.select("[aria-current=page]")] == ["Treatment and recovery"]


def test_the_marking_stands_above_and_below(soup):
    assert "Draft" in soup.header.get_text() and "Draft" in soup.footer.get_text()


def test_a_page_without_marking_carries_none():
    assert "marking" not in str(_body_of(_text("Words")).body)


def test_provenance_is_in_the_footer_in_the_order_given(soup):
    assert [term.get_text() for term in soup.footer.find_all("dt")] == ["As known on", "Audience", "Data", "Licence"]


def test_words_around_a_page_are_escaped():
    assert _body_of(title="<b>A & B</b>").h1.get_text() == "<b>A & B</b>"


def test_raw_html_in_a_text_cell_is_shown_as_text():
    assert _body_of(_text("<script>alert(1)</script>")).find("script") is None


def test_a_chart_that_a_cell_drew_itself_keeps_its_alternative_text():
    picture = notebooks.new_output("display_data", {"image/svg+xml": "<svg></svg>", "text/plain": "<Figure>"})
    picture.metadata = {"image/svg+xml": {"alt": "Bars: 3 of 5 measures have become better since 2023."}}
    assert _body_of(sample_page.code(picture)).img["alt"].startswith("Bars: 3 of 5")


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_a_chart_without_alternative_text_stops_the_page(kind):
    picture = notebooks.new_output("display_data", {kind: "aGVsbG8=", "text/plain": "<Figure>"})
    html = pages.convert(notebooks.new_notebook(cells=[sample_page.code(picture)]), **AROUND)
    assert any("alternative text has 0 characters" in fault for fault in pages.gate(html))


def test_a_bare_frame_stops_the_page():
    frame = notebooks.new_output("execute_result", {"text/html": "<table><tr><td>1</td></tr></table>"})
    html = pages.convert(notebooks.new_notebook(cells=[sample_page.code(frame)]), **AROUND)
    assert any("table without caption" in fault for fault in pages.gate(html))


def test_every_rule_for_objects_leaves_the_rest_of_a_notebook_alone():
    css = markup.objects_style()
    rules = re.sub(r"/\*.*?\*/|@media[^{]*\{", "", css, flags=re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", rules) for part in rule.split(",")]
    assert [selector for selector in selectors if not selector.startswith(".outcomes")] == []


def test_the_style_sheet_hides_neither_links_nor_focus():
    assert list(stylesheet_faults(pages.style())) == []


def test_the_style_sheet_has_print_phone_and_forced_colour_rules():
    assert all(
        word in pages.style()
        for word in ("@media print", "max-width:40em", "forced-colors:active", "size:A4", "prefers-color-scheme:dark")
    )


def _statement(**changed):
    words = {
        "partnership": "Exampleshire Combating Drugs Partnership",
        "scope": "the outcome pages of Exampleshire",
        "contact": "drugs@exampleshire.example",
        "compliance": Compliance.PARTIALLY,
        "issues": ["Some charts carry more than their alternative text says (1.1.1)."],
        "prepared": "1 April 2025",
        "reviewed": "1 April 2025",
        "tested": "20 March 2025",
    }
    return statement(**words | changed)


def test_the_accessibility_statement_passes_the_gate():
    assert pages.gate(pages.page(_statement(), **AROUND)) == []


@pytest.mark.parametrize(
    "required",
    [
        "This accessibility statement applies to the outcome pages of Exampleshire.",
        "This website is partially compliant with the Web Content Accessibility Guidelines version 2.2 AA standard",
        "The Equality and Human Rights Commission (EHRC) is responsible for enforcing the Public Sector Bodies",
        "This statement was prepared on 1 April 2025.",
    ],
)
def test_the_statement_carries_the_words_the_law_requires(required):
    assert required in _statement().text


@pytest.mark.parametrize("changed", [{"issues": []}, {"compliance": Compliance.FULLY}])
def test_a_statement_that_contradicts_itself_is_refused(changed):
    with pytest.raises(UnreadableInput, match="claims"):
        _statement(**changed)


def test_a_statement_of_full_compliance_lists_no_faults():
    assert "Non-accessible content" not in _statement(compliance=Compliance.FULLY, issues=[]).text
