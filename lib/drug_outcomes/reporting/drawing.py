"""Drawings: charts as SVG with real text, from values and words that are ready. No arithmetic about figures.

The look is seaborn's "white" theme with the Analysis Function's palette (government colours, tested for
contrast): the local area is dark blue and solid, England orange and dashed, always. Lines are labelled
where they end, all text lies flat, and the same inputs give the same bytes.
"""

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from drug_outcomes.reporting.markup import Display, element, plain

Dashes = str | tuple[float, tuple[float, ...]]

INK, QUIET, GRID, WHITE = "#0b0c0c", "#484949", "#d9d9d9", "#ffffff"
DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
#: The Analysis Function's four categories in its order, which keeps neighbours apart.
PALETTE = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE)
#: Colours in which text is legible on white (4.5 to 1); other series are named in ink.
TEXT_COLOURS = frozenset({INK, QUIET, DARK_BLUE, DARK_PINK, DARK_GREY})
#: How the first to fourth series are drawn; dashes tell them apart without colour.
LINES: tuple[tuple[str, Dashes], ...] = (
    (DARK_BLUE, "-"),
    (ORANGE, (0, (5, 2))),
    (TURQUOISE, (0, (6, 2, 1.5, 2))),
    (DARK_PINK, (0, (1.5, 1.5))),
)
SERIES_LIMIT = len(LINES)

#: Seaborn's "white" theme as far as a chart uses it, and the suite's own choices.
SETTINGS: Any = {
    "figure.facecolor": WHITE,
    "axes.facecolor": WHITE,
    "axes.axisbelow": True,
    "axes.edgecolor": "#595959",
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.linewidth": 1.0,
    "grid.color": GRID,
    "grid.linestyle": "-",
    "grid.linewidth": 0.8,
    "font.family": ["sans-serif"],
    # Laid out with the font that matplotlib carries, which is wider than Arial: nothing overflows elsewhere.
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 12.0,
    "legend.frameon": False,
    "lines.linewidth": 2.5,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.bottom": False,
    "ytick.left": False,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "drug-outcomes",
}
#: The suite draws its grid itself, see `_empty`.
_BARE = {**SETTINGS, "axes.grid": False}
_POINTS = 72  # per inch
_WIDTH = 8.0  # inches
_LINE = 15.0  # height of a line of text, points
_PLOT = 265.0  # height of the plot, points, whatever stands above and below it
_FROM_EDGE = ("data", "edge")  # across in the data's numbers, up from the lower edge of the plot
_FROM_SIDE = ("edge", "data")  # across from the left edge of the plot, up in the data's numbers
_AWAY = 7.0  # points between the plot and the labels of its axes
_LEFT, _RIGHT = 0.085, 0.79


def theme() -> None:
    """Give an analyst's own seaborn charts in JupyterLab the look of the suite's."""
    import seaborn  # here, because no chart of the suite needs it and it costs most of a second

    seaborn.set_theme(style="white", palette=list(PALETTE), rc=SETTINGS)


@dataclass(frozen=True)
class Series:
    """A line: `None` is a gap, and neighbours whose `segments` differ are not joined."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    lower: Sequence[float | None] = ()
    upper: Sequence[float | None] = ()
    segments: Sequence[str] = ()


@dataclass(frozen=True)
class Mark:
    """Words at a place: an event, a break, a signal, or why there is a gap."""

    x: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A row of a dot plot: an area, its value and interval, and the words that stand beside it."""

    name: str
    value: float | None
    text: str
    lower: float | None = None
    upper: float | None = None
    local: bool = False


@dataclass(frozen=True)
class Limits:
    """The centre line and process limits, one number per point of the series; a step where a phase begins."""

    centre: Sequence[float | None]
    lower: Sequence[float | None]
    upper: Sequence[float | None]
    names: tuple[str, str, str] = ("Average", "Lower limit", "Upper limit")


@dataclass(frozen=True)
class Surroundings:
    """What a chart over time has besides its lines.

    `ticks` are places and labels of periods, `gaps` says in a word why a point is missing, `unit` follows
    the numbers of the axis ("%"). An axis that does not start at zero says so.
    """

    ticks: Sequence[tuple[float, str]]
    gaps: Sequence[Mark] = ()
    events: Sequence[Mark] = ()
    breaks: Sequence[Mark] = ()
    unit: str = ""
    from_zero: bool = True


def line_chart(series: Sequence[Series], around: Surroundings) -> str:
    """Return SVG of at most four series over time, the local area first and England second."""
    if len(series) > SERIES_LIMIT:
        raise ValueError(f"{len(series)} series; a chart holds at most {SERIES_LIMIT}")
    with style.context(_BARE, after_reset=True):
        figure, axes = _over_time(around)
        for one, (colour, dashes) in reversed(list(zip(series, LINES, strict=False))):
            _draw_series(axes, one, colour, dashes)
        _scale(axes, around, [number for one in series for number in (*one.y, *one.lower, *one.upper)])
        _label_ends(
            axes, [(one.name, _last(one.y), colour) for one, (colour, _) in zip(series, LINES, strict=False)]
        )
        return _svg(figure)


def process_chart(series: Series, limits: Limits, around: Surroundings, signals: Sequence[Mark] = ()) -> str:
    """Return SVG of one series with its process limits; signals are diamonds with their words."""
    with style.context(_BARE, after_reset=True):
        figure, axes = _over_time(around)
        bounds = (limits.centre, limits.lower, limits.upper)
        for bound, dashes in zip(bounds, ("-", (0, (4, 3)), (0, (4, 3))), strict=True):
            axes.step(
                series.x, _numbers(bound), where="mid", color=DARK_GREY, linestyle=dashes, linewidth=1.3
            )
        _draw_series(axes, series, DARK_BLUE, "-", marker="o")
        values = dict(zip(series.x, series.y, strict=True))
        _draw_signals(axes, [(signal, values[signal.x]) for signal in signals])
        _scale(axes, around, [number for part in (series.y, *bounds) for number in part])
        ends = [(name, _last(bound), DARK_GREY) for name, bound in zip(limits.names, bounds, strict=True)]
        _label_ends(axes, [(series.name, _last(series.y), DARK_BLUE), *ends])
        return _svg(figure)


def dot_plot(dots: Sequence[Dot], *, reference: Mark | None = None, unit: str = "") -> str:
    """Return SVG of areas beside one another, in the order given; `reference` is a line, normally England."""
    names = [textwrap.fill(dot.name, 24) for dot in dots]
    height = 0.44 * len(dots) + 1.05
    with style.context(_BARE, after_reset=True):
        figure, axes = _empty(height, (0.28, 0.55 / height, 0.5, 1 - 1.05 / height))
        left, right = _reach(dots, reference)
        axes.set(xlim=(left, right), ylim=(len(dots) - 0.4, -0.6))
        _mark_across(axes, left, right, unit)
        if reference is not None:
            axes.axvline(reference.x, color=ORANGE, linestyle=LINES[1][1], linewidth=2, zorder=1)
            _write(axes, reference.text, (reference.x, 1), (0, 4), _FROM_EDGE, ha="center", fontsize=12)
        _draw_dots(axes, [(place, dot) for place, dot in enumerate(dots) if not dot.local], DARK_GREY, 1.5)
        _draw_dots(axes, [(place, dot) for place, dot in enumerate(dots) if dot.local], DARK_BLUE, 2.5)
        for place, (name, dot) in enumerate(zip(names, dots, strict=True)):
            look = {
                "va": "center",
                "fontsize": 11,
                "fontweight": "bold" if dot.local else "normal",
                "color": INK,
            }
            _write(axes, name, (0, place), (-_AWAY, 0), _FROM_SIDE, ha="right", **look)
            _write(axes, textwrap.fill(dot.text, 17), (1, place), (10, 0), _FROM_SIDE, ha="left", **look)
        return _svg(figure)


def _reach(dots: Sequence[Dot], reference: Mark | None) -> tuple[float, float]:
    """Return where the axis of a dot plot begins and ends: round all that is drawn, with a little room."""
    drawn = [number for dot in dots for number in (dot.value, dot.lower, dot.upper)]
    held = [number for number in drawn if number is not None] + ([reference.x] if reference else []) or [0.0]
    room = (max(held) - min(held)) * 0.05 or 0.5
    return min(held) - room, max(held) + room


def sparkline(values: Sequence[float | None], label: str, *, segments: Sequence[str] = ()) -> Display:
    """Return a line the size of a word; `label` says it in words. Fewer than two points: words alone."""
    numbers = _numbers(values)
    held = [number for number in numbers if not math.isnan(number)]
    if len(held) < 2:
        return plain(label)
    width, height, edge = 96, 26, 4
    low, spread = min(held), max(held) - min(held)
    places = [
        f"{edge + at * (width - 2 * edge) / (len(numbers) - 1):.1f},"
        f"{height - edge - ((number - low) / spread if spread else 0.5) * (height - 2 * edge):.1f}"
        for at, number in enumerate(numbers)
    ]
    runs = list(_runs(numbers, segments))
    lines = [element("polyline", points=" ".join(places[at] for at in run)) for run in runs if len(run) > 1]
    dots = [_spot(places[run[0]], 1.5) for run in runs if len(run) == 1]
    drawn = element(
        "svg",
        *(*lines, *dots, _spot(places[runs[-1][-1]], 3)),
        class_="spark",
        role="img",
        aria_label=label,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )
    return Display(drawn.html, label)


def _spot(place: str, radius: float) -> Display:
    across, down = place.split(",")
    return element("circle", cx=across, cy=down, r=f"{radius:g}")


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else float(value) for value in values]


def _runs(numbers: Sequence[float], segments: Sequence[str]) -> Iterator[list[int]]:
    """Yield the stretches of neighbouring points that a line may join."""
    kinds = segments or [""] * len(numbers)
    for (missing, _), run in groupby(range(len(numbers)), lambda at: (math.isnan(numbers[at]), kinds[at])):
        if not missing:
            yield list(run)


def _last(values: Sequence[float | None]) -> float:
    return next((number for number in reversed(_numbers(values)) if not math.isnan(number)), math.nan)


def _over_time(around: Surroundings) -> tuple[Figure, Axes]:
    """Return a figure with its periods, events, breaks and gaps in place; the margins fit their words."""
    labels = _thinned(around.ticks)
    under = max((label.count("\n") + 1 for _, label in labels), default=1)
    levels = _levels(around)
    over = max((level for _, _, level in levels), default=-1) + 1
    below, above = 16 + _LINE * under, 12 + _LINE * over
    height = _PLOT + below + above
    figure, axes = _empty(height / _POINTS, (_LEFT, below / height, _RIGHT - _LEFT, _PLOT / height))
    places = [place for place, _ in around.ticks]
    if places:
        room = (max(places) - min(places)) * 0.03 or 0.5
        axes.set_xlim(min(places) - room, max(places) + room)
    for place, label in labels:
        look = {"ha": "center", "va": "top", "fontsize": 11, "color": INK}
        _write(axes, label, (place, 0), (0, -_AWAY), _FROM_EDGE, **look)
    for mark, dashes, level in levels:
        axes.axvline(mark.x, color="#595959", linestyle=dashes, linewidth=1.2, zorder=1)
        _write(axes, mark.text, (mark.x, 1), (0, 4 + _LINE * level), _FROM_EDGE)
    for gap in _gap_words(around.gaps):
        _write(axes, gap.text, (gap.x, 0), (0, 3), _FROM_EDGE)
    return figure, axes


def _empty(height: float, place: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """Return a figure of so many inches with a plot that has no axes of its own: a tick costs more than a line."""
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes(place)
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    axes.plot((0, 1), (0, 0), color="#595959", linewidth=1, transform=axes.transAxes, clip_on=False)
    return figure, axes


def _write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[float, float],
    measured: tuple[str, str] = ("data", "data"),
    **look: object,
) -> None:
    """Write quiet words above a place, moved by so many points; `look` says what differs.

    `measured` says for each direction whether the place is one of the data or a share of the plot. Words near
    the left edge begin at their place, so that they are not cut off.
    """
    left, right = axes.get_xlim()
    side = "left" if at[0] - left < 0.12 * (right - left) else "center"
    usual = {"ha": side, "va": "bottom", "fontsize": 10, "color": QUIET}
    chosen: dict[str, Any] = {**usual, **look}
    across, up = (axes.transData if one == "data" else axes.transAxes for one in measured)
    figure: Any = axes.get_figure()
    moved = ScaledTranslation(offset[0] / _POINTS, offset[1] / _POINTS, figure.dpi_scale_trans)
    axes.text(*at, text, transform=blended_transform_factory(across, up) + moved, **chosen)


def _thinned(ticks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return as many period labels as fit side by side, always with the last one."""
    wrapped = [(place, textwrap.fill(label, 9, break_long_words=False)) for place, label in ticks]
    longest = max((len(line) for _, label in wrapped for line in label.split("\n")), default=1)
    fitting = int(_WIDTH * _POINTS * (_RIGHT - _LEFT) / (longest * 7 + 8))
    every = max(1, math.ceil(len(wrapped) / max(1, fitting)))
    return wrapped[::-1][::every][::-1]


def _levels(around: Surroundings) -> list[tuple[Mark, Dashes, int]]:
    """Return events and breaks, each with its dashes and the lowest line where its words meet no others."""
    marks: list[tuple[Mark, Dashes]] = [(mark, (0, (1, 2))) for mark in around.events]
    marks += [(mark, (0, (6, 3))) for mark in around.breaks]
    places = [place for place, _ in around.ticks] or [0.0]
    per_point = ((max(places) - min(places)) or 1.0) / (_WIDTH * _POINTS * (_RIGHT - _LEFT))
    placed: list[tuple[Mark, Dashes, int]] = []
    for mark, dashes in sorted(marks, key=lambda pair: (pair[0].x, pair[0].text)):
        meets = {
            level
            for other, _, level in placed
            if mark.x - other.x < (len(mark.text) + len(other.text)) * 3.4 * per_point
        }
        placed.append((mark, dashes, next(level for level in range(len(placed) + 1) if level not in meets)))
    return placed


def _gap_words(gaps: Sequence[Mark]) -> list[Mark]:
    """Return one word in the middle of each stretch of gaps of the same kind."""
    stretches = (list(run) for _, run in groupby(sorted(gaps, key=lambda gap: gap.x), lambda gap: gap.text))
    return [Mark((run[0].x + run[-1].x) / 2, run[0].text) for run in stretches]


def _draw_series(axes: Axes, series: Series, colour: str, dashes: Dashes, *, marker: str = "") -> None:
    numbers = _numbers(series.y)
    lower, upper = (_numbers(side) if side else numbers for side in (series.lower, series.upper))
    for run in _runs(numbers, series.segments):
        across, values = [series.x[at] for at in run], [numbers[at] for at in run]
        low, high = [lower[at] for at in run], [upper[at] for at in run]
        alone = len(run) == 1
        axes.plot(across, values, color=colour, linestyle=dashes, marker=marker or ("o" if alone else ""))
        if alone:
            axes.vlines(across, low, high, color=colour, linewidth=1.5)
        else:
            axes.fill_between(across, low, high, color=colour, alpha=0.16, linewidth=0)


def _draw_signals(axes: Axes, signals: Sequence[tuple[Mark, float | None]]) -> None:
    held = [(signal, value) for signal, value in signals if value is not None]
    across, values = [signal.x for signal, _ in held], [value for _, value in held]
    # One drawing for all: each by itself would repeat its outline, and charts have a limit of size.
    axes.plot(
        across,
        values,
        linestyle="",
        marker="D",
        color=DARK_PINK,
        markersize=9,
        markeredgecolor=WHITE,
        zorder=5,
    )
    for signal, value in held:
        if signal.text:
            _write(axes, signal.text, (signal.x, value), (0, 9))


def _draw_dots(axes: Axes, dots: Sequence[tuple[int, Dot]], colour: str, width: float) -> None:
    """Draw dots of one kind with their intervals; those of other areas are open."""
    held = [(place, dot) for place, dot in dots if dot.value is not None]
    lower, upper = (_numbers([getattr(dot, side) for _, dot in held]) for side in ("lower", "upper"))
    places, values = [place for place, _ in held], _numbers([dot.value for _, dot in held])
    axes.hlines(places, lower, upper, color=colour, linewidth=width)
    inside = colour if colour == DARK_BLUE else WHITE
    axes.plot(values, places, "o", color=colour, markersize=9, markerfacecolor=inside, zorder=3)


def _mark_across(axes: Axes, left: float, right: float, unit: str) -> None:
    """Draw the grid and the numbers of an axis that runs from left to right."""
    for number in _round_numbers(left, right, 5):
        axes.axvline(number, color=GRID, linewidth=0.8, zorder=0.5)
        look = {"ha": "center", "va": "top", "fontsize": 11, "color": INK}
        _write(axes, _axis_label(number, unit), (number, 0), (0, -_AWAY), _FROM_EDGE, **look)


def _mark_up(axes: Axes, low: float, high: float, unit: str, *, whole: bool) -> None:
    """Draw the grid and the numbers of an axis that runs from the foot to the top."""
    for number in _round_numbers(low, high, 6, whole=whole):
        axes.axhline(number, color=GRID, linewidth=0.8, zorder=0.5)
        look = {"ha": "right", "va": "center", "fontsize": 11, "color": INK}
        _write(axes, _axis_label(number, unit), (0, number), (-_AWAY, 0), _FROM_SIDE, **look)


def _round_numbers(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return round numbers to mark on an axis, all of them on it."""
    found = MaxNLocator(nbins=most, integer=whole).tick_values(low, high)
    return [float(number) for number in found if low <= number <= high]


def _axis_label(number: float, unit: str) -> str:
    return f"{number:,.6g}{unit}"


def _scale(axes: Axes, around: Surroundings, values: Sequence[float | None]) -> None:
    held = [number for number in _numbers(values) if not math.isnan(number)] or [0.0]
    top, bottom = max(held), min(held)
    room = (top - bottom) * 0.1 or 1.0
    low, high = (
        (min(0.0, bottom), top * 1.06 if top > 0 else 1.0)
        if around.from_zero
        else (bottom - room, top + room)
    )
    axes.set_ylim(low, high)
    _mark_up(axes, low, high, around.unit, whole=all(number.is_integer() for number in held))
    if not around.from_zero:
        _write(axes, "The axis does not start at zero", (axes.get_xlim()[0], 0), (4, 3), _FROM_EDGE)


def _label_ends(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Name each line where it ends, in its colour if legible; names that would touch move apart."""
    low, high = axes.get_ylim()
    height = _PLOT
    held = [
        (name, (value - low) / (high - low) * height, colour)
        for name, value, colour in ends
        if value == value
    ]
    wrapped = sorted(
        ((textwrap.fill(name, 15), at, colour) for name, at, colour in held), key=lambda one: one[1]
    )
    below = -math.inf
    for name, at, colour in wrapped:
        half = _LINE * (name.count("\n") + 1) / 2
        middle = max(at, below + half)
        below = middle + half
        look = {"ha": "left", "va": "center", "fontsize": 12, "fontweight": "bold"}
        shade = colour if colour in TEXT_COLOURS else INK
        _write(axes, name, (1, 0), (8, middle), ("edge", "edge"), color=shade, **look)


def _svg(figure: Figure) -> str:
    """Return the figure as SVG without date, maker and document type, so that only it decides the bytes."""
    written = StringIO()
    figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = written.getvalue()
    return _lean(text[text.index("<svg") :])


#: Said once for the whole drawing instead of at every word.
_FONTS = "font-family: 'DejaVu Sans', 'Arial', 'Helvetica', sans-serif; "
_UNTURNED = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
#: Points along a level line, of which the first and the last say all: a limit that holds for years has many.
_LEVEL = re.compile(r"(L \S+ (\S+) \n)(?:L \S+ \2 \n)*(L \S+ \2 \n)")
#: Names of groups, which nothing refers to.
_GROUP_NAME = re.compile(r'<g id="[^"]*"')


def _lean(svg: str) -> str:
    """Return the same drawing in less than half the bytes: shorter numbers, level lines and names, fonts said once."""
    tagged = re.sub(r"<[^>]+>", lambda tag: _LONG_NUMBER.sub(_rounded, _UNTURNED.sub("", tag[0])), svg)
    once = tagged.replace(_FONTS, "").replace("<svg ", f'<svg style="{_FONTS.rstrip("; ")}" ', 1)
    level = _LEVEL.sub(r"\1\3", re.sub(r"\n\s*", "\n", once))
    return _GROUP_NAME.sub("<g", level)


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
