"""Builders of semantic HTML."""

import base64
import string

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.reporting import markup
from drug_outcomes.reporting.markup import Column, Display
from drug_outcomes.reporting.pictures import Picture

HOSTILE = "<script>alert('&\"')</script>"
DRAWN = Picture("<svg>wide</svg>", "<svg>narrow</svg>")
ALT = "Line chart: the rate fell from 7 to 6 in three years."


def _parsed(display: Display) -> BeautifulSoup:
    return BeautifulSoup(display.html, "html.parser")


def _table(**options) -> BeautifulSoup:
    rows = [["Deaths", "5.2", markup.tag("Higher", kind="higher", glyph="▲")], ["Treatment", "1,204", "Similar"]]
    return _parsed(markup.table(["Measure", Column("Local", number=True), "Verdict"], rows, "Scorecard", **options))


def _figure(**options) -> Display:
    words = {"alt": ALT, "source": "OHID"} | options
    return markup.figure("Deaths have become fewer", "Rate per 100,000", DRAWN, **words)


BUILDERS = {
    "plain": markup.plain(HOSTILE),
    "heading": markup.heading(HOSTILE, 2, anchor=HOSTILE),
    "paragraph": markup.paragraph(HOSTILE),
    "bullets": markup.bullets([HOSTILE]),
    "terms": markup.terms([(HOSTILE, HOSTILE)]),
    "link": markup.link(HOSTILE, HOSTILE, download=HOSTILE),
    "csv link": markup.csv_link(HOSTILE, HOSTILE, HOSTILE),
    "stacked": markup.stacked(HOSTILE, HOSTILE),
    "tag": markup.tag(HOSTILE, kind=HOSTILE, glyph=HOSTILE),
    "notice": markup.notice(HOSTILE, title=HOSTILE),
    "details": markup.details(HOSTILE, HOSTILE),
    "region": markup.region(HOSTILE, HOSTILE),
    "image": markup.image(HOSTILE, HOSTILE),
    "table": markup.table([HOSTILE], [[HOSTILE]], HOSTILE),
    "wide table": markup.table([HOSTILE], [[HOSTILE]], HOSTILE, responsive=False),
    "figure": markup.figure(
        HOSTILE,
        HOSTILE,
        Picture(HOSTILE, HOSTILE),
        alt=HOSTILE,
        source=HOSTILE,
        anchor=HOSTILE,
        legend=[(HOSTILE, HOSTILE)],
    ),
    "markdown": markup.markdown(HOSTILE),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_no_builder_lets_markup_through_from_words(name):
    assert _parsed(BUILDERS[name]).find("script") is None


@given(st.text(alphabet=string.printable, max_size=40).filter(str.strip))  # the parser folds bare space
@settings(max_examples=60)
def test_words_come_back_from_the_page_as_they_went_in(text):
    soup = _parsed(markup.link(text, "a.html", download=text))
    kept = "".join(character for character in text if character >= " " or character in "\t\n")
    assert soup.a.get_text() == kept and soup.a["download"] == kept


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u202e", "\u2066"])
def test_characters_that_deceive_are_dropped(character):
    assert markup.plain(f"a{character}b").html == "ab"


def test_a_display_in_a_notebook_brings_its_style_once():
    assert markup.plain("words")._repr_html_().count("<style>") == 1


def test_a_page_takes_the_notebooks_wrapping_away_again():
    assert markup.unwrapped(markup.paragraph("words")._repr_html_()) == "<p>words</p>"


def test_other_html_is_not_unwrapped():
    assert markup.unwrapped("<div>words</div>") == "<div>words</div>"


def test_a_display_reads_as_plain_words():
    assert repr(markup.table(["A", "B"], [["one", "two"]], "Caption")).splitlines() == ["Caption", "A | B", "one | two"]


def test_a_glyph_is_decoration_and_the_word_carries_the_meaning():
    soup = _parsed(markup.tag("Higher", kind="higher", glyph="▲"))
    assert soup.find(attrs={"aria-hidden": "true"}).get_text() == "▲"
    assert repr(markup.tag("Higher", glyph="▲")) == "Higher"


def test_a_table_has_a_caption_and_scopes():
    soup = _table()
    assert soup.caption.get_text() == "Scorecard"
    assert {cell["scope"] for cell in soup.thead.find_all("th")} == {"col"}


def test_every_row_has_one_row_header():
    assert [len(row.select('th[scope="row"]')) for row in _table().tbody.find_all("tr")] == [1, 1]


def test_another_column_may_be_the_row_header():
    assert [cell.get_text() for cell in _table(row_header=1).select("tbody th")] == ["5.2", "1,204"]


def test_a_responsive_table_keeps_its_roles_and_labels_its_cells():
    soup = _table()
    assert {part.get("role") for part in soup.find_all(["table", "thead", "tbody", "tr", "th", "td"])} == {
        "table",
        "rowgroup",
        "row",
        "columnheader",
        "rowheader",
        "cell",
    }
    assert [cell["data-l"] for cell in soup.select("tbody tr:first-child td")] == ["Local", "Verdict"]


def test_a_wide_table_scrolls_in_a_named_region_that_the_keyboard_reaches():
    region = _table(responsive=False).find("div")
    assert (region["role"], region["aria-label"], region["tabindex"]) == ("region", "Table: Scorecard", "0")


def test_numbers_are_aligned_with_their_heading():
    assert [cell.get_text() for cell in _table().select(".number")] == ["Local", "5.2", "1,204"]


@pytest.mark.parametrize("row", [["only one"], ["one", "two", "three"]])
def test_a_row_of_another_length_is_an_error_of_the_caller(row):
    with pytest.raises(ValueError, match="zip"):
        markup.table(["A", "B"], [row], "Caption")


def test_a_figure_has_title_subtitle_picture_and_source_in_this_order():
    parts = [part.name for part in _parsed(_figure()).figure.find_all(True, recursive=False)]
    assert parts == ["h4", "p", "picture", "figcaption"]


def test_a_figure_carries_its_alternative_text():
    assert _parsed(_figure()).img["alt"] == ALT


def test_a_figure_embeds_a_wide_drawing_and_a_narrow_one():
    soup = _parsed(_figure())
    addresses = soup.img["src"], soup.source["srcset"]
    drawn = [base64.b64decode(one.removeprefix("data:image/svg+xml;base64,")) for one in addresses]
    assert drawn == [b"<svg>wide</svg>", b"<svg>narrow</svg>"]


def test_a_legend_names_each_kind_of_mark():
    soup = _parsed(_figure(legend=[("local", "Exampleshire"), ("england", "England")]))
    assert soup.find(class_="legend").get_text(" ", strip=True) == "Exampleshire England"


def test_a_figure_takes_its_place_among_the_headings():
    assert _parsed(_figure(level=3, anchor="deaths")).h3["id"] == "deaths"


def test_a_csv_link_carries_the_file_for_a_spreadsheet():
    anchor = _parsed(markup.csv_link("Download", "deaths.csv", "measure,value\r\n")).a
    carried = base64.b64decode(anchor["href"].partition("base64,")[2])
    assert (anchor["download"], carried) == ("deaths.csv", b"\xef\xbb\xbfmeasure,value\r\n")


def test_attributes_that_are_not_set_are_not_written():
    assert markup.heading("words", 3).html == "<h3>words</h3>"
    assert markup.link("words", "a.html").html == '<a href="a.html">words</a>'


def test_a_second_level_heading_stands_in_the_contents():
    assert markup.together(markup.heading("What it is", 2), markup.heading("Part", 3)).outline == (
        ("What it is", "what-it-is"),
    )


def test_contents_travel_with_the_output_of_a_notebook():
    _, metadata = markup.heading("What it is", 2)._repr_html_()
    assert metadata == {"outline": [["What it is", "what-it-is"]]}


def test_written_text_may_emphasise_list_and_link():
    soup = _parsed(markup.markdown("**Now** see\n\n- [the guide](https://example.org/guide)"))
    assert soup.strong.get_text() == "Now" and soup.li.a["href"] == "https://example.org/guide"


@pytest.mark.parametrize("text", ["![a chart](https://e.org/a.png)", "<img src=x>", "[x](javascript:alert(1))"])
def test_written_text_loads_no_picture_and_runs_nothing(text):
    soup = _parsed(markup.markdown(text))
    assert soup.img is None and not [link for link in soup.find_all("a") if link["href"].startswith("javascript")]


def test_headings_of_written_text_take_their_place_below_the_pages():
    soup = _parsed(markup.markdown("# One\n\n## Two\n\n##### Five", top=4))
    assert [heading.name for heading in soup.find_all(True)] == ["h4", "h5", "h6"]
