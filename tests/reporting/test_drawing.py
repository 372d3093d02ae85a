"""Drawings: what they show, their colours, their bytes."""

import base64
import re
from itertools import pairwise

import matplotlib
import pytest
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex

from drug_outcomes.publishing import pages
from drug_outcomes.reporting import drawing
from drug_outcomes.reporting.drawing import Dot, Limits, Mark, Series, Surroundings

YEARS = [(float(place), f"{2015 + place}/{16 + place}") for place in range(8)]
AROUND = Surroundings(YEARS)
#: Every pair of text and background in the style sheet and the drawings.
TEXT_PAIRS = [
    ("#0b0c0c", "#ffffff"),
    ("#0b0c0c", "#f3f3f3"),
    ("#0b0c0c", "#ffdd00"),
    ("#484949", "#ffffff"),
    ("#ffffff", "#12436d"),
    *((link, ground) for link in ("#1a65a6", "#0f385c", "#54319f") for ground in ("#ffffff", "#f3f3f3")),
    *((colour, "#ffffff") for colour in sorted(drawing.TEXT_COLOURS)),
]
#: Every border, line and area that carries meaning, on white.
GRAPHIC_COLOURS = [
    "#858686",
    "#595959",
    "#28a197",
    "#801650",
    "#3d3d3d",
    "#f46a25",
    "#12436d",
    *drawing.PALETTE,
]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colours."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _series(
    name: str = "Exampleshire", y: tuple[float | None, ...] = (3, 4, 5, 4, 6, 7, 8, 7), **more
) -> Series:
    return Series(name, [place for place, _ in YEARS], y, **more)


def _texts(svg: str) -> list[str]:
    return [text.get_text() for text in BeautifulSoup(svg, "html.parser").find_all("text")]


def _lines(svg: str, colour: str = drawing.DARK_BLUE) -> list[str]:
    paths = re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', svg)
    return [path for path, style in paths if f"stroke: {colour.lower()}" in style and "fill: none" in style]


def test_the_contrast_of_black_on_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("colour", GRAPHIC_COLOURS)
def test_lines_and_borders_stand_out_from_white(colour):
    assert contrast(colour, "#ffffff") >= 3


@pytest.mark.parametrize("pair", list(pairwise(drawing.PALETTE)))
def test_neighbouring_colours_stand_out_from_one_another(pair):
    assert contrast(*pair) >= 3


def test_the_local_line_stands_out_from_englands():
    assert contrast(drawing.DARK_BLUE, drawing.ORANGE) >= 3


def test_series_differ_in_dashes_as_well_as_colour():
    assert len({dashes for _, dashes in drawing.LINES}) == drawing.SERIES_LIMIT


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])


def test_no_colour_of_the_style_sheet_is_left_untested():
    tested = {
        colour.lower() for colour in (*GRAPHIC_COLOURS, *(part for pair in TEXT_PAIRS for part in pair))
    }
    faint = {"#b1b4b6"}  # lines between rows: they part, and carry no meaning
    paper = {"#000000"}  # print alone
    used = {_long(colour) for colour in re.findall(r"#[0-9a-f]{3,6}\b", pages.style())}
    assert used - tested - faint - paper == set()


def test_the_same_values_give_the_same_bytes():
    assert drawing.line_chart([_series()], AROUND) == drawing.line_chart([_series()], AROUND)


@pytest.mark.parametrize("own", [{"lines.linewidth": 9}, {"xtick.major.pad": 20}, {"savefig.bbox": "tight"}])
def test_an_analysts_own_style_does_not_change_the_suites_charts(own):
    before = drawing.line_chart([_series()], AROUND)
    with matplotlib.rc_context(own):
        assert drawing.line_chart([_series()], AROUND) == before


def test_drawing_leaves_an_analysts_own_style_as_it_was():
    with matplotlib.rc_context({"lines.linewidth": 9}):
        drawing.line_chart([_series()], AROUND)
        assert matplotlib.rcParams["lines.linewidth"] == 9


def test_an_analysts_seaborn_charts_take_the_same_palette_and_settings():
    with matplotlib.rc_context():
        drawing.theme()
        assert {name: matplotlib.rcParams[name] for name in drawing.SETTINGS} == drawing.SETTINGS
        assert [to_hex(one["color"]) for one in matplotlib.rcParams["axes.prop_cycle"]] == [
            colour.lower() for colour in drawing.PALETTE
        ]


def test_a_chart_is_small():
    series = [_series(name, lower=[2.0] * 8, upper=[9.0] * 8) for name in ("A", "B", "C", "D")]
    assert len(base64.b64encode(drawing.line_chart(series, AROUND).encode())) <= 40_000


def test_a_drawing_says_neither_when_nor_by_what_it_was_made():
    svg = drawing.line_chart([_series()], AROUND)
    assert not re.search(r"metadata|<!DOCTYPE|Matplotlib|\d{4}-\d\d-\d\dT", svg)


def test_text_is_text():
    assert {"Exampleshire", "England", "2022/23"} <= set(
        _texts(drawing.line_chart([_series(), _series("England")], AROUND))
    )


def test_all_text_lies_flat():
    turns = re.findall(r"rotate\(([^ )]+)", drawing.line_chart([_series()], AROUND))
    assert {float(turn) for turn in turns} <= {0.0}


def test_a_dollar_sign_is_a_dollar_sign():
    assert "A$ and B$" in _texts(drawing.line_chart([_series("A$ and B$")], AROUND))


def test_five_series_are_too_many():
    with pytest.raises(ValueError, match="5 series; a chart holds at most 4"):
        drawing.line_chart([_series()] * 5, AROUND)


def test_the_local_area_is_solid_and_england_dashed():
    svg = drawing.line_chart([_series(), _series("England", (2, 3, 2, 3, 2, 3, 2, 3))], AROUND)
    styles = re.findall(r'style="(fill: none; stroke[^"]*)"', svg)
    assert [("dasharray" in style) for style in styles if "#12436d" in style] == [False]
    assert [("dasharray" in style) for style in styles if "#f46a25" in style] == [True]


def test_a_line_is_not_drawn_across_a_gap():
    assert len(_lines(drawing.line_chart([_series(y=(1, 2, 3, None, 5, 6, 7, 8))], AROUND))) == 2


def test_a_missing_number_is_a_gap_too():
    assert len(_lines(drawing.line_chart([_series(y=(1, 2, 3, float("nan"), 5, 6, 7, 8))], AROUND))) == 2


def test_segments_are_never_joined():
    assert len(_lines(drawing.line_chart([_series(segments="aaaabbbb")], AROUND))) == 2


def test_a_gap_says_why():
    around = Surroundings(YEARS, gaps=[Mark(3, "Hidden"), Mark(4, "Hidden")])
    assert (
        _texts(drawing.line_chart([_series(y=(1, 2, 3, None, None, 6, 7, 8))], around)).count("Hidden") == 1
    )


def test_events_and_breaks_are_named_on_lines_of_their_own():
    marks = {
        "events": [Mark(3, "New provider"), Mark(3.1, "Lockdown")],
        "breaks": [Mark(3.2, "New definition")],
    }
    svg = drawing.line_chart([_series()], Surroundings(YEARS, **marks))
    found = re.findall(r' y="(\S+)"[^>]*>(New provider|Lockdown|New definition)<', svg)
    assert len({height for height, _ in found}) == 3


def test_grid_lines_are_at_most_ten():
    for top in (1, 7, 33, 999, 123456):
        svg = drawing.line_chart([_series(y=tuple(range(top, top + 8)))], AROUND)
        assert svg.count(f"stroke: {drawing.GRID}") <= 10


def test_the_axis_starts_at_zero():
    assert "0" in _texts(drawing.line_chart([_series(y=(50, 51, 52, 53, 52, 51, 50, 51))], AROUND))


def test_an_axis_that_does_not_start_at_zero_says_so():
    around = Surroundings(YEARS, from_zero=False)
    texts = _texts(drawing.line_chart([_series(y=(50, 51, 52, 53, 52, 51, 50, 51))], around))
    assert "The axis does not start at zero" in texts and "0" not in texts


def test_the_unit_follows_the_numbers():
    assert "2%" in _texts(drawing.line_chart([_series()], Surroundings(YEARS, unit="%")))


@pytest.mark.parametrize("count", [1, 2, 5, 14, 60, 400])
def test_the_last_period_is_always_labelled(count):
    ticks = [(float(place), f"{1900 + place}") for place in range(count)]
    line = Series("A", [place for place, _ in ticks], [1.0] * count)
    texts = _texts(drawing.line_chart([line], Surroundings(ticks)))
    assert f"{1900 + count - 1}" in texts and len(texts) < 24


@pytest.mark.parametrize(
    "values",
    [(None,) * 8, (0.0,) * 8, (5,) + (None,) * 7, (-3, -2, -1, 0, 1, 2, 3, 4), (1e9,) * 8, (1e-9,) * 8],
)
def test_any_values_make_a_chart(values):
    assert drawing.line_chart([_series(y=values)], AROUND).startswith("<svg")


def test_no_periods_make_an_empty_chart():
    assert drawing.line_chart([Series("A", [], [])], Surroundings([])).startswith("<svg")


def test_names_of_lines_that_end_together_do_not_touch():
    svg = drawing.line_chart([_series(name) for name in ("North", "East", "South", "West")], AROUND)
    heights = sorted(float(found) for found in re.findall(r' y="(\S+)"[^>]*>(?:North|East|South|West)', svg))
    assert min(after - before for before, after in pairwise(heights)) >= 14


def test_a_process_chart_names_its_lines_and_its_signals():
    limits = Limits([5.0] * 8, [2.0] * 8, [7.5] * 8)
    texts = _texts(drawing.process_chart(_series(), limits, AROUND, [Mark(6, "Above the limit")]))
    assert {"Average", "Lower limit", "Upper limit", "Exampleshire", "Above the limit"} <= set(texts)


def test_a_dot_plot_shows_areas_in_the_order_given():
    dots = [Dot("Northby", 8.1, "8.1", 7, 9), Dot("Exampleshire", 7.1, "7.1", 6, 8, local=True)]
    texts = _texts(drawing.dot_plot(dots, reference=Mark(6.3, "England 6.3")))
    assert [text for text in texts if text in {"Northby", "Exampleshire"}] == ["Northby", "Exampleshire"]
    assert "England 6.3" in texts


def test_an_area_without_a_figure_says_why():
    assert "Hidden" in _texts(drawing.dot_plot([Dot("Northby", None, "Hidden"), Dot("Eastby", 3, "3")]))


def test_a_dot_plot_of_hidden_figures_alone_is_drawn():
    assert "Hidden" in _texts(drawing.dot_plot([Dot("Northby", None, "Hidden")]))


def test_a_sparkline_is_a_named_picture():
    drawn = BeautifulSoup(drawing.sparkline([1, 2, 3], "3 points, from 1 to 3").html, "html.parser").svg
    assert (drawn["role"], drawn["aria-label"]) == ("img", "3 points, from 1 to 3")


@pytest.mark.parametrize("values", [[], [1], [None, 2, None], [float("nan")]])
def test_fewer_than_two_points_are_told_in_words(values):
    assert drawing.sparkline(values, "One point").html == "One point"


@pytest.mark.parametrize(
    ("values", "segments", "lines", "dots"),
    [
        ([1, 2, 3, 4], "", 1, 1),
        ([1, 2, None, 3, 4], "", 2, 1),
        ([1, 2, 3, 4], "aabb", 2, 1),
        ([1, None, 3, 4], "", 1, 2),
        ([5, 5, 5], "", 1, 1),
        ([1, 2, 3, None], "", 1, 1),
    ],
)
def test_a_sparkline_joins_only_what_belongs_together(values, segments, lines, dots):
    html = drawing.sparkline(values, "words", segments=segments).html
    assert (html.count("<polyline"), html.count("<circle")) == (lines, dots)


def test_a_sparkline_stays_within_its_box():
    html = drawing.sparkline([-1e9, 0, 1e9, 5], "words").html
    points = [point.split(",") for found in re.findall(r'points="([^"]*)"', html) for point in found.split()]
    assert all(0 <= float(across) <= 96 and 0 <= float(down) <= 26 for across, down in points)
