"""Pictures the size of a word, drawn by hand: a page holds forty, and each costs a hundredth of a chart.

A sparkline is a measure's past, England dashed beside it; a strip is one figure on its own scale, with its
interval, England's mark, and other authorities as thin lines. No side means good.
"""

import math
from collections.abc import Sequence

from drug_outcomes.reporting import markup
from drug_outcomes.reporting.markup import Display

WIDTH, HEIGHT, _EDGE = 168, 22, 5
#: A line: months, values, and the stretch that each point belongs to.
Line = Sequence[tuple[float, float | None, str]]


def sparkline(local: Line, england: Line, label: str) -> Display:
    """Return a line over time; gaps and breaks are not bridged, and the newest point is marked."""
    held = [(x, y) for x, y, _ in local if y is not None]
    every = [*held, *((x, y) for x, y, _ in england if y is not None)]
    across = _scale([x for x, _ in every], _EDGE, WIDTH - _EDGE)
    down = _scale([y for _, y in every], HEIGHT - _EDGE, _EDGE)
    paths = [("past", _path(england, across, down)), ("line", _path(local, across, down))]
    last = held[-1]
    dots = [(_short(across(last[0])), _short(down(last[1])))]
    return _drawn(label, paths, dots, 3)


def strip(value: float, lower: float, upper: float, england: float, others: Sequence[float], label: str) -> Display:
    """Return a figure on a scale from nought to twice England's, whose mark stands in the middle of every strip.

    What lies beyond is drawn at the edge, the figure itself as an arrow. Without England the scale is the others'.
    """
    known = not math.isnan(england)
    across = _scale([0.0, 2 * england or 1.0] if known else [value, *others], _EDGE, WIDTH - _EDGE)
    middle, place = HEIGHT / 2, across(value)
    beyond = not _EDGE <= place <= WIDTH - _EDGE
    paths = [
        ("rail", f"M{_EDGE} {middle:g}H{WIDTH - _EDGE}"),
        ("others", "".join(f"M{_at(across(one))} {middle - 5:g}v10" for one in others)),
        ("apart", _between(value, england, across) if not others else ""),
        ("interval", _between(lower, upper, across)),
        ("england", f"M{_at(across(england))} {middle - 8:g}v16" if known else ""),
        ("arrow", f"M{WIDTH - 9} {middle - 5:g}l9 5l-9 5z" if beyond else ""),
    ]
    return _drawn(label, paths, [] if beyond else [(_at(place), f"{middle:g}")], 4.5)


class _scale:  # noqa: N801 - used as a function
    """Carries a number from what is shown to a place in the picture."""

    def __init__(self, shown: Sequence[float], first: float, last: float) -> None:
        self.low, self.spread = min(shown), max(shown) - min(shown)
        self.first, self.length = first, last - first

    def __call__(self, number: float) -> float:
        """Return the place of a number; of numbers that are all the same the middle."""
        return self.first + self.length * ((number - self.low) / self.spread if self.spread else 0.5)


def _path(line: Line, across: _scale, down: _scale) -> str:
    """Return the stretches of neighbouring points that a line may join."""
    parts, before = [], None
    for x, y, segment in line:
        if y is not None:
            # A point that nothing joins is a line of no length, which round ends make a dot.
            parts.append(
                f"L{_short(across(x))} {_short(down(y))}" if before == segment
                else f"M{_short(across(x))} {_short(down(y))}h0"
            )  # fmt: skip
        before = segment if y is not None else None
    return "".join(parts)


def _between(one: float, other: float, across: _scale) -> str:
    if math.isnan(one) or math.isnan(other):
        return ""
    return f"M{_at(across(one))} {HEIGHT / 2:g}H{_at(across(other))}"


def _at(place: float) -> str:
    return _short(min(max(place, _EDGE), WIDTH - _EDGE))


def _short(number: float) -> str:
    return f"{number:z.1f}".removesuffix(".0")


def _drawn(label: str, paths: Sequence[tuple[str, str]], dots: Sequence[tuple[str, str]], radius: float) -> Display:
    return markup.render(
        "strip.html.j2", label=label, paths=paths, dots=dots, radius=radius, width=WIDTH, height=HEIGHT
    )
