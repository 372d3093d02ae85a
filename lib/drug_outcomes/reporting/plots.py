"""One function for each kind of chart: seaborn on ordinary matplotlib axes, from values and words that are ready.

Each takes axes, so that an analyst can draw on further, and returns the `Words` that stand round the data.
`laid_out` writes them for a width: periods that never touch, names at the ends of lines, marks of events. No
arithmetic about figures.

A frame of points has a row for each point: `x` (month number), `value`, `lower`, `upper` (the interval; may be
missing), `who` (the name of the line) and `run`, which numbers the stretches that one line may join.
"""

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, cast

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from drug_outcomes.reporting import theme
from drug_outcomes.reporting.theme import (
    BAND,
    DASHES,
    EDGE,
    ENGLAND,
    INK,
    LOCAL,
    QUIET,
    SIGNAL,
    TEXT_COLOURS,
    WHITE,
)  # fmt: skip

#: Colours of lines in order: the local area, England, and others with a name where they end.
COLOURS = [LOCAL, ENGLAND, theme.TURQUOISE, theme.DARK_PINK]
_LINE = 12.5  # points from one line of text to the next
_LETTER = 0.62  # width of an average letter of the widest font, as a share of its size
_ENDS, _TICKS = 10.5, 10.0  # sizes of the words at the ends of lines, and of the periods
#: Lines with at most so many points show each point; with more, only the last one.
_POINTS_SHOWN = 16
#: A point so many times as far out as the next one leaves the scale, and is told by an arrow and its number.
_FAR_OUT = 2.5
#: An axis that would begin below this share of its top begins at nought.
_NEAR_NOUGHT = 0.45


@dataclass(frozen=True)
class Mark:
    """A word at a month: an event, or where a new series begins (`breaks`)."""

    x: float
    text: str
    breaks: bool = False


@dataclass(frozen=True)
class End:
    """What stands where a line ends: its number in bold, and below it what the line is."""

    y: float
    number: str
    name: str
    colour: str = QUIET


@dataclass(frozen=True)
class Words:
    """What stands round the data of a chart. `unit` follows the numbers of the axis ("%"); `small`: for one width."""

    ticks: Sequence[tuple[float, str]] = ()
    ends: Sequence[End] = ()
    marks: Sequence[Mark] = ()
    unit: str = ""
    numbers: Sequence[float] = ()
    rows: Sequence[tuple[str, str]] = field(default=())
    small: bool = False

    @property
    def cut(self) -> bool:
        """Whether the axis begins above nought."""
        return min(self.numbers, default=0.0) > 0


def trend(axes: Axes, points: pd.DataFrame, words: Words, scale: tuple[float, float] | None = None) -> Words:
    """Draw lines over time, the local area first; intervals are shaded, gaps and breaks are not bridged.

    `scale` is the lowest and highest value to fit, for charts that stand side by side; by default the data's.
    """
    import seaborn as sns

    names = list(dict.fromkeys(points["who"]))
    words = _scaled(axes, points[["value", "lower", "upper"]], words, scale)
    held = points[points["value"].notna()]
    sns.lineplot(
        held, x="x", y="value", hue="who", style="who", units="run", estimator=None, errorbar=None, legend=False,
        hue_order=names, palette=COLOURS[: len(names)], style_order=names, dashes=_dashes(names), ax=axes,
    )  # fmt: skip
    for _, run in held[held["lower"].notna() & held["upper"].notna()].groupby(["who", "run"]):
        colour = COLOURS[names.index(run["who"].iloc[0])]
        axes.fill_between(run["x"], run["lower"], run["upper"], color=colour, alpha=0.14, linewidth=0)
    local = held[held["who"] == names[0]]
    alone = held[held.groupby(["who", "run"])["x"].transform("size") == 1]
    shown = local if len(local) <= _POINTS_SHOWN else local.tail(1)
    _dots(axes, pd.concat([shown, alone]).drop_duplicates(["who", "x"]), names)
    _far_out(axes, local, words)
    return words


def process(axes: Axes, points: pd.DataFrame, words: Words) -> Words:
    """Draw a process chart: the usual range as a band, the average dashed, unusual points in another colour.

    `points` also has `centre`, `low`, `high` (the limits, which step where they restart), `unusual` (whether a
    point is a signal) and `in_run` (whether it is one of a run, which a bracket holds together).
    """
    import seaborn as sns

    words = _scaled(axes, points[["value", "low", "high"]], words)
    held = points[points["value"].notna()]
    limits = points[points["centre"].notna()]
    axes.fill_between(limits["x"], limits["low"], limits["high"], step="mid", color=BAND, linewidth=0)
    axes.step(limits["x"], limits["centre"], where="mid", color=EDGE, linewidth=1.1, linestyle=(0, (4, 3)))
    sns.lineplot(
        held, x="x", y="value", units="run", estimator=None, errorbar=None, color=LOCAL, linewidth=1.1, ax=axes
    )
    seen = held[held["value"] <= axes.get_ylim()[1]]
    sns.scatterplot(
        seen, x="x", y="value", hue="unusual", hue_order=[False, True], palette=[LOCAL, SIGNAL], legend=False,
        s=18 if len(held) > 40 else 30, linewidth=0, zorder=3, ax=axes,
    )  # fmt: skip
    for run in _runs(held):
        _bracket(axes, run)
    _far_out(axes, held, words)
    return words


def bars(axes: Axes, points: pd.DataFrame, words: Words) -> Words:
    """Draw small counts as bars from nought, each with its number above it."""
    import seaborn as sns

    held = points[points["value"].notna()]
    sns.barplot(held, x="x", y="value", native_scale=True, errorbar=None, color=LOCAL, saturation=1, width=0.7, ax=axes)
    top = max(held["value"].max(), 1.0)
    axes.set(xlim=_round_x(points["x"]), ylim=(0, top * 1.18), yticks=[])
    for x, value in zip(held["x"], held["value"], strict=True):
        axes.annotate(f"{value:,.0f}", (x, value), (0, 3), textcoords="offset points", ha="center", size=_ENDS)
    return words


def beside(axes: Axes, rows: pd.DataFrame, words: Words, scale: tuple[float, float] | None = None) -> Words:
    """Draw places beside one another: the local figure with its interval, England's, and other authorities.

    `rows` has a row for each line of the chart: `value`, `lower`, `upper`, `england`, and `others` (a list of
    the figures of other authorities, each a thin mark). The words of a row stand above it, see `laid_out`. The
    scale begins at nought, or holds the lowest and highest value of `scale`.
    """
    import seaborn as sns

    heights = range(len(rows) - 1, -1, -1)
    table = rows.assign(y=list(heights))
    for one in table.to_dict("records"):
        if len(one["others"]):
            axes.vlines(one["others"], one["y"] - 0.16, one["y"] + 0.16, color=EDGE, linewidth=1, alpha=0.6)
    axes.hlines(table["y"], table["value"], table["england"], color=theme.GRID, linewidth=4, zorder=1)
    axes.hlines(table["y"], table["lower"], table["upper"], color=LOCAL, linewidth=1.8, zorder=2)
    sns.scatterplot(table, x="value", y="y", color=LOCAL, s=70, linewidth=0, zorder=4, legend=False, ax=axes)
    sns.scatterplot(
        table, x="england", y="y", color=ENGLAND, marker="|", s=260, linewidth=2.8, zorder=3, legend=False, ax=axes
    )
    every = [*_held(table[["value", "lower", "upper", "england"]]), *(one for each in rows["others"] for one in each)]
    low, high, numbers = _fit(*(scale or (0.0, max(every))))
    axes.set(xlim=(low, high), ylim=(-0.45, len(rows) - 0.1), yticks=[])
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    return replace(words, numbers=numbers)


# What all kinds share.


def _held(values: pd.DataFrame) -> list[float]:
    """Return the numbers of a frame without what is missing."""
    every = values.to_numpy(dtype=float).ravel()
    return [float(one) for one in every[~pd.isna(every)]]


def _dashes(names: Sequence[str]) -> dict[str, str | tuple[float, float]]:
    looks: list[str | tuple[float, float]] = ["", DASHES, (1, 1.5), (6, 2)]
    return dict(zip(names, looks, strict=False))


def _dots(axes: Axes, points: pd.DataFrame, names: Sequence[str]) -> None:
    import seaborn as sns

    inside = points[points["value"] <= axes.get_ylim()[1]]
    sns.scatterplot(
        inside, x="x", y="value", hue="who", hue_order=names, palette=COLOURS[: len(names)], s=26,
        linewidth=0, legend=False, zorder=3, ax=axes,
    )  # fmt: skip


def _runs(held: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield each stretch of points that belong to a run."""
    stretch = (held["in_run"] != held["in_run"].shift()).cumsum()
    yield from (run for _, run in held[held["in_run"]].groupby(stretch))


def _bracket(axes: Axes, run: pd.DataFrame) -> None:
    """Draw a bracket beyond the points of a run, on the side of the average on which they lie."""
    low, high = axes.get_ylim()
    above = (run["value"] >= run["centre"]).mean() >= 0.5
    gap = (high - low) * 0.055 * (1 if above else -1)
    at = min((run["value"].max() if above else run["value"].min()) + gap, high) if above else max(
        run["value"].min() + gap, low
    )  # fmt: skip
    ends = [run["x"].iloc[0], run["x"].iloc[-1]]
    axes.plot([ends[0], *ends, ends[1]], [at - gap / 2.5, at, at, at - gap / 2.5], color=SIGNAL, linewidth=1.2)


def _scaled(axes: Axes, values: pd.DataFrame, words: Words, scale: tuple[float, float] | None = None) -> Words:
    """Fit the axes to the data, but for what lies far out, and return the words with the axis's numbers."""
    every = sorted(_held(values))
    inside = every
    while len(inside) > 5 and inside[-1] > _FAR_OUT * inside[-2] > 0:
        inside = inside[:-1]
    ends = scale or ((inside[0], inside[-1]) if inside else (0.0, 1.0))
    low, high, numbers = _fit(*ends, whole=bool(inside) and all(float(one).is_integer() for one in inside))
    x = [place for place, _ in words.ticks]
    axes.set(xlim=_round_x(x), ylim=(low, high))
    axes.set_autoscale_on(False)
    return replace(words, numbers=numbers)


def _fit(low: float, high: float, *, whole: bool = False) -> tuple[float, float, list[float]]:
    """Return where an axis begins and ends to hold two values, and the round numbers on it."""
    room = (high - low) * 0.08 or abs(high) * 0.2 or 1.0
    start = 0.0 if 0 <= low - room < _NEAR_NOUGHT * high else low - room
    start, end = min(start, low), max(high + room, start + 1e-9)
    found = MaxNLocator(nbins=5, integer=whole).tick_values(start, end)
    numbers = [float(one) for one in found if start - 1e-9 <= one <= end + 1e-9]
    return start, end, numbers


def _round_x(x: Sequence[float] | pd.Series) -> tuple[float, float]:
    first, last = (min(x), max(x)) if len(x) else (0.0, 1.0)
    room = (last - first) * 0.025 or 0.5
    return first - room, last + room


def _far_out(axes: Axes, points: pd.DataFrame, words: Words) -> None:
    """Tell a point beyond the scale by an arrow and its number."""
    top = axes.get_ylim()[1]
    for x, value in points.loc[points["value"] > top, ["x", "value"]].itertuples(index=False):
        axes.plot([x], [top], marker="^", color=SIGNAL, markersize=6, clip_on=False)
        text = f"{value:,.6g}{words.unit}"
        axes.annotate(text, (x, top), (-6, -2), textcoords="offset points", ha="right", va="top", size=_ENDS)


# Words round the data, for a width.


def figure_of(axes: Axes) -> Figure:
    """Return the figure that axes stand on by themselves."""
    return cast("Figure", axes.get_figure(root=True))


@contextmanager
def laid_out(axes: Axes, words: Words, width: float, height: float) -> Iterator[None]:
    """Give the figure so many points of width and height, and write the words round its axes while it is saved."""
    written = lay_out(axes, words, width, height)
    yield
    for one in written:
        one.remove()


def lay_out(axes: Axes, words: Words, width: float, height: float) -> list[Artist]:
    """Give the figure so many points of width and height, write the words round its axes, and return them."""
    figure_of(axes).set_size_inches(width / 72, height / 72)
    return _rows(axes, words, width, height) if words.rows else _sides(axes, words, width, height)


def _sides(axes: Axes, words: Words, width: float, height: float) -> list[Artist]:
    """Write periods, numbers, marks and ends round a chart over time."""
    labels = [_number(one, words.unit) for one in words.numbers]
    left = max((_width(label, _TICKS) for label in labels), default=0) + 8
    letters = 12 if width < 400 else 14
    ends = [(end, _lines(end, letters)) for end in words.ends]
    right = max((_width(line, _ENDS) for _, lines in ends for line in lines), default=0) + 10
    last = _width(words.ticks[-1][1], _TICKS) / 2 if words.ticks else 0
    left, right = max(left, 18), max(right, last)
    plot = width - left - right
    x_low, x_high = axes.get_xlim()
    per_point = (x_high - x_low) / plot
    levels = _levels(words.marks, per_point)
    shown = _fitting(words.ticks, per_point, x_low, left, months=True)
    above = 8 + _LINE * (max(levels, default=-1) + 1)
    below = 11 + _LINE
    axes.set_position((left / width, below / height, plot / width, (height - above - below) / height))
    axes.set_yticks(list(words.numbers), labels)
    axes.set_xticks([place for place, _ in shown], [label for _, label in shown])
    axes.tick_params(length=0, pad=4)
    axes.tick_params(axis="x", pad=7)
    axes.set(xlabel="", ylabel="")
    return [
        *_marks(axes, words.marks, levels, per_point), *_ends(axes, ends, height - above - below)
    ]  # fmt: skip


def _rows(axes: Axes, words: Words, width: float, height: float) -> list[Artist]:
    """Write the names of rows above them and their numbers at the right; the axis's numbers below."""
    right = max((_width(text, _ENDS) for _, text in words.rows), default=0) + 14
    left, below, above = 8.0, 20.0, 2.0
    axes.set_position((left / width, below / height, (width - left - right) / width, (height - below - above) / height))
    plot = width - left - right
    x_low, x_high = axes.get_xlim()
    ticks = [(one, _number(one, words.unit)) for one in words.numbers]
    shown = _fitting(ticks, (x_high - x_low) / plot, x_low, left, months=False)
    axes.set_xticks([place for place, _ in shown], [label for _, label in shown])
    axes.tick_params(length=0, pad=4)
    axes.set(xlabel="", ylabel="")
    across = blended_transform_factory(axes.transAxes, axes.transData)
    found: list[Artist] = []
    for row, (name, text) in enumerate(words.rows):
        y = len(words.rows) - 1 - row
        found.append(axes.text(0, y + 0.3, name, transform=across, ha="left", va="bottom", color=INK, size=_ENDS))
        found.append(
            axes.annotate(text, (1, y), (10, 0), xycoords=across, textcoords="offset points", ha="left",
                          va="center", size=_ENDS, fontweight="bold", color=LOCAL)
        )  # fmt: skip
    return found


def _number(number: float, unit: str) -> str:
    return f"{number:z,.6g}{unit}".replace("-", "\u2212")


def _width(text: str, size: float) -> float:
    return len(text) * size * _LETTER


def _fitting(
    ticks: Sequence[tuple[float, str]], per_point: float, x_low: float, left: float, *, months: bool
) -> list[tuple[float, str]]:
    """Return the last label and, going back, those that fit before it; of months only those of its month."""
    if not ticks:
        return []
    steps = [after - before for (before, _), (after, _) in pairwise(ticks)]
    last, first = ticks[-1][0], ticks[0][0]
    yearly = months and last - first > 36 and min(steps, default=12) < 12
    taken: list[tuple[float, str]] = []
    free = math.inf
    for place, label in reversed(ticks):
        half = _width(label, _TICKS) / 2
        at = (place - x_low) / per_point
        if (yearly and (last - place) % 12) or at + half + 6 > free or at - half < -left:
            continue
        taken.append((place, label))
        free = at - half
    return taken[::-1]


def _levels(marks: Sequence[Mark], per_point: float) -> list[int]:
    """Return for each mark the lowest line above the plot where its words meet no others."""
    levels: list[int] = []
    ends: dict[int, float] = {}
    for mark in marks:
        half = _width(mark.text, _TICKS) / 2 * per_point
        level = next(one for one in range(len(marks)) if ends.get(one, -math.inf) <= mark.x - half)
        ends[level] = mark.x + half + 6 * per_point
        levels.append(level)
    return levels


def _marks(axes: Axes, marks: Sequence[Mark], levels: Sequence[int], per_point: float) -> list[Artist]:
    """Draw a line through the plot for each mark, with its words above."""
    found: list[Artist] = []
    low, high = axes.get_xlim()
    for mark, level in zip(marks, levels, strict=True):
        dashes = (0, (5, 3)) if mark.breaks else (0, (1, 2))
        found.append(axes.axvline(mark.x, color=EDGE, linestyle=dashes, linewidth=1.1, zorder=1))
        half = _width(mark.text, _TICKS) / 2 * per_point
        side = "left" if mark.x - half < low else "right" if mark.x + half > high else "center"
        found.append(
            axes.annotate(mark.text, (mark.x, 1), (0, 3 + _LINE * level), xycoords=axes.get_xaxis_transform(),
                          textcoords="offset points", ha=side, va="bottom", color=QUIET, size=_TICKS)
        )  # fmt: skip
    return found


def _lines(end: End, letters: int) -> list[str]:
    """Return the lines that stand where a line ends: its number, and its name in as many as it takes."""
    return [line for line in (end.number, *textwrap.wrap(end.name, letters, break_long_words=False)) if line]


def _ends(axes: Axes, ends: Sequence[tuple[End, list[str]]], plot: float) -> list[Artist]:
    """Write what each line is where it ends, in its colour if legible; words that would touch move apart."""
    low, high = axes.get_ylim()
    ordered = sorted(ends, key=lambda one: one[0].y)
    sizes = [_LINE * len(lines) for _, lines in ordered]
    asked = [max(0.0, min(1.0, (end.y - low) / (high - low))) * plot for end, _ in ordered]
    middles = _apart(asked, sizes, plot)
    found: list[Artist] = []
    for (end, lines), middle, size in zip(ordered, middles, sizes, strict=True):
        shade = end.colour if end.colour in TEXT_COLOURS else INK
        for place, text in enumerate(lines):
            bold = place == 0 and end.number != ""
            at = (1.0, (middle + size / 2 - place * _LINE) / plot)
            look: dict[str, Any] = {"fontweight": "bold" if bold else "normal", "color": shade if bold else QUIET}
            found.append(
                axes.annotate(
                    text, at, (8, 0), xycoords="axes fraction", textcoords="offset points",
                    ha="left", va="top", size=_ENDS, **look,
                )
            )  # fmt: skip
    return found


def _apart(middles: Sequence[float], sizes: Sequence[float], room: float) -> list[float]:
    """Return places near those asked for that do not touch, the lowest first, within a little more than the room."""
    placed: list[float] = []
    floor = -_LINE / 2
    for middle, size in zip(middles, sizes, strict=True):
        placed.append(max(middle, floor + size / 2))
        floor = placed[-1] + size / 2
    ceiling = max(room + _LINE, floor - (floor - room - _LINE if floor > room + _LINE else 0))
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = min(placed[at], ceiling - sizes[at] / 2)
        ceiling = placed[at] - sizes[at] / 2
    return placed


__all__ = ["WHITE", "End", "Mark", "Words", "bars", "beside", "laid_out", "process", "trend"]
