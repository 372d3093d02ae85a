"""Charts: what they show, their colours, their bytes, and that no words touch."""

import re
from itertools import pairwise
from typing import Any

import matplotlib
import pandas as pd
import pytest
from defusedxml import ElementTree
from matplotlib.colors import to_hex

from drug_outcomes.publishing import pages
from drug_outcomes.reporting import pictures, plots, strips, theme
from drug_outcomes.reporting.pictures import NARROW, WIDE, Picture
from drug_outcomes.reporting.plots import End, Mark, Words
from sample_page import line

YEARS = [(12.0 * place, f"{2015 + place}/{16 + place}") for place in range(8)]
AROUND = Words(ticks=YEARS)
#: Grounds on which text stands, of a light page and of a dark one.
LIGHT, DARK = ("#ffffff", "#f3f5f7"), (theme.DARK_GROUND, "#22272c")
#: Every pair of text and background in the style sheet and the charts.

TEXT_PAIRS = [
    ("#0b0c0c", "#ffdd00"),
    ("#ffffff", "#12436d"),
    *((text, ground) for ground in LIGHT for text in ("#0b0c0c", "#484949", "#12436d", "#1a65a6", "#0f385c")),
    *(("#54319f", ground) for ground in LIGHT),
    *((text, ground) for ground in DARK for text in ("#f3f3f3", "#c3c7ca", "#7db8ec", "#c9a8f5", "#c3dff7")),
    *((colour, "#ffffff") for colour in sorted(theme.TEXT_COLOURS)),
    *((theme.DARK[colour], theme.DARK_GROUND) for colour in sorted(theme.TEXT_COLOURS)),
]  # fmt: skip
_MARKS = (theme.EDGE, *theme.PALETTE)
#: Every border, line and area that carries meaning, on its ground.
GRAPHIC_PAIRS = [
    *((colour, "#ffffff") for colour in _MARKS),
    *((theme.DARK[colour], theme.DARK_GROUND) for colour in _MARKS),
]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colours."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _trend(points: pd.DataFrame, words: Words = AROUND, **options) -> Picture:
    return pictures.picture(lambda axes: plots.trend(axes, points, words, **options))


def _own(values=(3, 4, 5, 4, 6, 7, 8, 7), **options) -> Picture:
    return _trend(line(list(values)), **options)


def _process(values: list[float], **marked) -> Picture:
    points = line(values).assign(centre=5.0, low=2.0, high=7.5, unusual=False, in_run=False).assign(**marked)
    return pictures.picture(lambda axes: plots.process(axes, points, AROUND))


def _parts(svg: str, name: str) -> list[Any]:
    return list(ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{name}"))


def _texts(svg: str) -> list[str]:
    return [text.text or "" for text in _parts(svg, "text")]


def _drawn(svg: str, colour: str) -> list[str]:
    """Return the lines of a colour, each as its path."""
    name = pictures._NAMES[colour]
    return [
        one.get("d", "") for one in _parts(svg, "path")
        if f"stroke:var({name})" in one.get("style", "") and "fill:none" in one.get("style", "")
    ]  # fmt: skip


def test_the_contrast_of_black_on_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("colour", "ground"), GRAPHIC_PAIRS)
def test_lines_and_borders_stand_out_from_their_ground(colour, ground):
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("pair", list(pairwise(theme.PALETTE)))
def test_neighbouring_colours_stand_out_from_one_another(pair):
    assert contrast(*pair) >= 3


def test_the_local_line_stands_out_from_englands():
    assert contrast(theme.LOCAL, theme.ENGLAND) >= 3


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])


def test_no_colour_of_the_style_sheet_is_left_untested():
    tested = {part.lower() for pair in (*GRAPHIC_PAIRS, *TEXT_PAIRS) for part in pair}
    faint = {"#d0d3d6", "#3a4046"}  # lines between rows: they part, and carry no meaning
    paper = {"#000000"}  # print alone
    used = {_long(colour) for colour in re.findall(r"#[0-9a-f]{3,6}\b", pages.style())}
    assert used - tested - faint - paper == set()


def test_every_colour_of_a_chart_has_its_counterpart_on_a_dark_page():
    used = {to_hex(value) for value in (theme.INK, theme.QUIET, theme.GRID, theme.BAND, *theme.PALETTE)}
    assert used <= set(theme.DARK)


def test_a_picture_follows_a_dark_page():
    svg = _own().wide
    assert "prefers-color-scheme:dark" in svg and not re.search(r'style="[^"]*#[0-9a-f]{6}', svg)


def test_the_same_values_give_the_same_bytes():
    assert _own() == _own()


def test_one_chart_leaves_nothing_behind_in_the_next():
    before = _own()
    _process([5.0, 6, 5, 4, 5, 9, 5, 4], unusual=[False] * 5 + [True] + [False] * 2)
    assert _own() == before


@pytest.mark.parametrize("own", [{"lines.linewidth": 9}, {"xtick.major.pad": 20}, {"savefig.bbox": "tight"}])
def test_an_analysts_own_style_does_not_change_the_suites_charts(own):
    before = _own()
    with matplotlib.rc_context(own):
        assert _own() == before


def test_drawing_leaves_an_analysts_own_style_as_it_was():
    with matplotlib.rc_context({"lines.linewidth": 9}):
        _own()
        assert matplotlib.rcParams["lines.linewidth"] == 9


def test_an_analysts_seaborn_charts_take_the_same_palette_and_settings():
    with matplotlib.rc_context():
        theme.theme()
        assert {name: matplotlib.rcParams[name] for name in theme.SETTINGS} == theme.SETTINGS
        assert [to_hex(one["color"]) for one in matplotlib.rcParams["axes.prop_cycle"]] == list(theme.PALETTE)


def test_a_chart_of_many_points_is_small():
    values = [50.0 + place * 7 % 13 for place in range(60)]
    drawn = _process(values, unusual=[place % 9 == 0 for place in range(60)])
    assert max(len(drawn.wide), len(drawn.narrow)) * 4 / 3 <= 20_000


def test_a_drawing_says_neither_when_nor_by_what_it_was_made():
    assert not re.search(r"metadata|<!DOCTYPE|Matplotlib|\d{4}-\d\d-\d\dT", _own().wide)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_text_is_text_and_lies_flat(width):
    svg = getattr(_own(words=Words(ticks=YEARS, ends=[End(7, "7", "Exampleshire")])), width)
    assert {"7", "Exampleshire", "2022/23"} <= set(_texts(svg)) and "rotate(" not in svg


def test_a_dollar_sign_is_a_dollar_sign():
    assert "A$ and B$" in _texts(_own(words=Words(ticks=YEARS, ends=[End(7, "7", "A$ and B$")])).wide)


def test_the_local_area_is_solid_and_england_dashed():
    svg = _trend(pd.concat([line([3.0] * 8), line([4.0] * 8, "England")], ignore_index=True)).wide
    styles = [one.get("style", "") for one in _parts(svg, "path")]
    local, england = (f"stroke:var({pictures._NAMES[colour]})" for colour in (theme.LOCAL, theme.ENGLAND))
    assert ["dasharray" in style for style in styles if local in style] == [False]
    assert ["dasharray" in style for style in styles if england in style] == [True]


@pytest.mark.parametrize("values", [(1, 2, 3, None, 5, 6, 7, 8), (1, 2, 3, float("nan"), 5, 6, 7, 8)])
def test_a_line_is_not_drawn_across_a_gap(values):
    [path] = _drawn(_own(values).wide, theme.LOCAL)
    assert path.count("M") == 2


def test_grid_lines_are_at_most_ten():
    for top in (1, 7, 33, 999, 123456):
        svg = _own(range(top, top + 8)).wide
        assert sum(path.count("M") for path in _drawn(svg, theme.GRID)) <= 10


def test_the_axis_fits_the_data_and_says_when_it_is_cut():
    assert _own((50, 51, 52, 53, 52, 51, 50, 51)).cut and not _own((5, 51, 52, 53, 52, 51, 50, 51)).cut


def test_charts_side_by_side_have_the_same_axis():
    one, other = (_trend(line([value] * 8), scale=(10, 60)) for value in (20.0, 50.0))
    numbers = [[text for text in _texts(drawn.wide) if text.isdecimal()] for drawn in (one, other)]
    assert numbers[0] == numbers[1] != []


def test_a_point_far_beyond_the_others_is_clipped_and_told():
    svg = _own((4, 5, 4, 5, 400, 5, 4, 5), words=Words(ticks=YEARS, unit="%")).wide
    numbers = [text for text in _texts(svg) if text.endswith("%")]
    assert "400%" in numbers and "300%" not in numbers


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Return the place of every text: left, top, right, bottom, with letters as wide as the widest font's."""
    found = []
    for text in _parts(svg, "text"):
        style = text.get("style", "")
        size = float(re.search(r"font-size:([\d.]+)px", style)[1])
        width = len(text.text or "") * size * (0.66 if "font-weight" in style else 0.6)
        side = {"middle": 0.5, "end": 1.0}.get(re.search(r"text-anchor:(\w+)", style)[1], 0.0)
        left, base = float(text.get("x")) - side * width, float(text.get("y"))
        found.append((left, base - 0.75 * size, left + width, base + 0.2 * size))
    return found


def _touching(svg: str) -> list[tuple[str, str]]:
    boxes, words = _boxes(svg), _texts(svg)
    return [
        (words[one], words[other])
        for one in range(len(boxes)) for other in range(one)
        if min(boxes[one][2], boxes[other][2]) > max(boxes[one][0], boxes[other][0])
        and min(boxes[one][3], boxes[other][3]) > max(boxes[one][1], boxes[other][1])
    ]  # fmt: skip


_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
_MONTHS = [(float(place), f"{_NAMES[place % 12]} {18 + place // 12}") for place in range(96)]
_CROWDED = {
    "years": Words(ticks=YEARS, ends=[End(7, "7.0%", "Exampleshire"), End(7.1, "7.1%", "England")]),
    "months": Words(ticks=_MONTHS, ends=[End(at, "", f"limit {at}") for at in (4, 4.2, 4.4)]),
    "uneven years": Words(ticks=[(0.0, "2008/09"), (3.0, "2009/10"), (90.0, "2022/23"), (96.0, "2023/24")]),
    "marks": Words(ticks=YEARS, marks=[Mark(30, "Mar 20"), Mark(31, "Apr 20"), Mark(33, "new basis", breaks=True)]),
    "long names": Words(ticks=YEARS, ends=[End(5, "5.0%", "Bournemouth, Christchurch and Poole")]),
    "windows": Words(ticks=[(12.0 * place, f"Oct {20 + place} - Sept {21 + place}") for place in range(6)]),
}  # fmt: skip


@pytest.mark.parametrize("name", _CROWDED)
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_words_never_touch_and_are_never_cut_off(name, width):
    words = _CROWDED[name]
    points = line([4.0, 5, 4, 6, 5, 7, 6, 7][: len(words.ticks)]).assign(x=[x for x, _ in words.ticks][:8])
    svg = getattr(_trend(points, words), width)
    right = {"wide": WIDE, "narrow": NARROW}[width]
    assert _touching(svg) == []
    assert [box for box in _boxes(svg) if box[0] < -1 or box[2] > right + 1] == []


@pytest.mark.parametrize("count", [1, 2, 5, 14, 60, 400])
def test_the_last_period_is_always_labelled(count):
    ticks = [(12.0 * place, f"{1900 + place}") for place in range(count)]
    texts = _texts(_trend(line([1.0] * count), Words(ticks=ticks)).wide)
    assert f"{1900 + count - 1}" in texts and len(texts) < 24


@pytest.mark.parametrize(
    "values", [(0.0,) * 8, (5,) + (None,) * 7, (-3, -2, -1, 0, 1, 2, 3, 4), (1e9,) * 8, (1e-9,) * 8]
)
def test_any_values_make_a_chart(values):
    assert _own(values).wide.startswith("<svg")


def test_names_of_lines_that_end_together_do_not_touch():
    ends = [End(7, "", name) for name in ("North", "East", "South", "West")]
    svg = _own(words=Words(ticks=YEARS, ends=ends)).wide
    heights = sorted(
        float(one.get("y")) for one in _parts(svg, "text") if one.text in ("North", "East", "South", "West")
    )
    assert min(after - before for before, after in pairwise(heights)) >= 11


def test_a_process_chart_has_no_words_on_its_points():
    drawn = _process([5.0, 6, 5, 4, 5, 9, 5, 4], unusual=[False] * 5 + [True] + [False] * 2)
    assert [text for text in _texts(drawn.wide) if not re.fullmatch(r"[\d/]+", text)] == []


def test_a_run_is_held_together_by_a_bracket():
    inside = [False] * 2 + [True] * 6
    svg = _process([5.0, 4, 6, 6, 7, 6, 7, 6], in_run=inside).wide
    assert len(_drawn(svg, theme.SIGNAL)) == 1 and _drawn(_process([5.0] * 8).wide, theme.SIGNAL) == []


def test_small_counts_are_bars_with_their_numbers():
    points = line([3.0, None, 0, 11])
    texts = _texts(pictures.picture(lambda axes: plots.bars(axes, points, Words(ticks=YEARS[:4]))).wide)
    assert {"3", "0", "11", "2018/19"} <= set(texts)


def test_rows_beside_one_another_keep_their_order_and_numbers():
    rows = pd.DataFrame(
        {"value": [8.1, 7.1], "lower": [7.0, 6.0], "upper": [9.0, 8.0], "england": [6.3, 6.0], "others": [[], [5.0]]}
    )
    words = Words(rows=[("Opiates", "8.1%"), ("Crack", "7.1%")], unit="%")
    texts = _texts(pictures.picture(lambda axes: plots.beside(axes, rows, words)).wide)
    assert [text for text in texts if text in {"Opiates", "8.1%", "Crack", "7.1%"}] == [
        "Opiates",
        "8.1%",
        "Crack",
        "7.1%",
    ]


# Pictures the size of a word.


def _spark(values, segments="") -> str:
    kinds = segments or " " * len(values)
    return strips.sparkline([(float(x), y, kinds[x]) for x, y in enumerate(values)], [], "words").html


def test_a_sparkline_is_a_named_picture():
    assert 'role="img" aria-label="words"' in _spark([1, 2, 3])


@pytest.mark.parametrize(
    ("values", "segments", "stretches"),
    [
        ([1, 2, 3, 4], "", 1),
        ([1, 2, None, 3, 4], "", 2),
        ([1, 2, 3, 4], "aabb", 2),
        ([5, 5, 5], "", 1),
        ([1, 2, None], "", 1),
    ],
)
def test_a_sparkline_joins_only_what_belongs_together(values, segments, stretches):
    path = re.search(r'class="line" d="([^"]*)"', _spark(values, segments))[1]
    assert path.count("M") == stretches


def test_englands_mark_stands_in_the_middle_of_every_strip():
    nothing = float("nan")
    for value, england in ((7.1, 6.3), (0.5, 0.3), (48.5, 57.2), (5.6, 0.2)):
        html = strips.strip(value, nothing, nothing, england, [], "words").html
        assert f'class="england" d="M{strips.WIDTH // 2} ' in html


@pytest.mark.parametrize(("value", "shape"), [(2.0, "circle"), (9.0, "arrow")])
def test_a_figure_more_than_twice_englands_is_an_arrow(value, shape):
    html = strips.strip(value, 1.0, 20.0, 2.0, [0.5, 30.0], "words").html
    assert shape in html and ("circle" in html) != ("arrow" in html)


@pytest.mark.parametrize("numbers", [(0.0, 0.0, 0.0, 0.0), (5.0, 4.0, 6.0, float("nan")), (-1.0, -2.0, 0.0, 1.0)])
def test_a_strip_stays_within_its_box(numbers):
    html = strips.strip(*numbers, [1e9, 2.0], "words").html
    places = [float(one) for one in re.findall(r"[MH](-?[\d.]+)", html)]
    assert places and all(0 <= place <= strips.WIDTH for place in places)
