"""Pictures of charts: lean SVG with real text that follows light and dark pages, a wide and a narrow drawing.

The same figure gives the same bytes. A picture in a page stands for itself: it asks nothing of the network.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO, StringIO
from typing import Any, cast
from xml.etree import ElementTree

import matplotlib
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from drug_outcomes.reporting import plots, theme
from drug_outcomes.reporting.plots import Words

#: Width in points of the drawing beside words, and of the one for a telephone.
WIDE, NARROW = 410.0, 270.0
_TITLE = 44.0  # room in points for a title of two lines
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
#: What stands for each colour inside a picture, so that a dark page shows its counterpart.
_NAMES = {colour: f"--{chr(97 + place)}" for place, colour in enumerate(theme.DARK)}
_COLOUR = re.compile("|".join(_NAMES))
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_STYLE = (
    ":root{" + ";".join(f"{name}:{colour}" for colour, name in _NAMES.items()) + "}"
    "text{font-family:Arial,Helvetica,sans-serif}@media screen and (prefers-color-scheme:dark){:root{"
    + ";".join(f"{name}:{theme.DARK[colour]}" for colour, name in _NAMES.items()) + "}}"
)  # fmt: skip
_NOTHING = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True)
class Picture:
    """A chart as SVG in two widths, a small one in the narrow one alone.

    `cut` says that its axis begins above nought, `draw` draws it on other axes.
    """

    wide: str
    narrow: str
    cut: bool = False
    draw: Callable[[Axes], Words] | None = field(default=None, compare=False)
    height: float = 190.0

    def axes(self, title: str = "") -> Axes:
        """Draw the chart again on axes of its own, which JupyterLab shows and an analyst can draw on further."""
        from matplotlib import pyplot  # here: pages are drawn without it

        with look():
            drawn = pyplot.figure().add_axes((0, 0, 1, 1))
            width, height = 1.5 * WIDE, 1.5 * self.height
            if self.draw:
                plots.lay_out(drawn, self.draw(drawn), width, height)
            place = drawn.get_position()
            share = height / (height + _TITLE)  # room for the title above everything else
            drawn.set_position((place.x0, place.y0 * share, place.width, place.height * share))
            plots.figure_of(drawn).set_size_inches(width / 72, (height + _TITLE) / 72)
            plots.figure_of(drawn).text(0.01, 0.98, title, va="top", size=11)
        return drawn


@cache
def _look() -> dict[str, Any]:
    """Return every setting of matplotlib as the suite's charts want it."""
    with style.context(theme.style(), after_reset=True):
        return {str(name): value for name, value in matplotlib.rcParams.items()}


@contextmanager
def look() -> Iterator[None]:
    """Let charts have the suite's look inside, whatever an analyst has set outside."""
    with matplotlib.rc_context():
        # All of them are known to be valid, and checking takes longest.
        dict.update(cast("dict[str, Any]", matplotlib.rcParams), _look())
        yield


def axes() -> Axes:
    """Return axes on a figure of their own."""
    drawn = Figure().add_axes((0, 0, 1, 1))
    # Seaborn looks at the labels of ticks, and making ticks takes longer than drawing; see `plots.laid_out`.
    drawn.xaxis.set_major_locator(NullLocator())
    drawn.yaxis.set_major_locator(NullLocator())
    return drawn


#: A figure is made once for all pictures: its ticks cost more than what is drawn.
_kept = cache(axes)


def picture(
    draw: Callable[[Axes], Words], height: float = 170.0, narrow: float = 170.0, *, small: bool = False
) -> Picture:
    """Return what `draw` draws, as SVG of two widths; `height` and `narrow` are the heights in points.

    A `small` chart, one of several side by side, is drawn narrow alone.
    """
    with look():
        drawn = _kept()
        try:
            words = draw(drawn)
            wide = "" if small else _svg(drawn, words, WIDE, height)
            return Picture(wide, _svg(drawn, words, NARROW, narrow), words.cut, draw, height)
        finally:
            _swept(drawn)


def _swept(drawn: Axes) -> None:
    for one in [*drawn.lines, *drawn.collections, *drawn.patches, *drawn.texts]:
        one.remove()
    drawn.xaxis.set_major_locator(NullLocator())
    drawn.yaxis.set_major_locator(NullLocator())
    drawn.set_prop_cycle(None)
    drawn.grid(visible=False)
    drawn.grid(visible=True, axis="y")


def _svg(drawn: Axes, words: Words, width: float, height: float) -> str:
    with plots.laid_out(drawn, words, width, height):
        written = StringIO()
        plots.figure_of(drawn).savefig(written, format="svg", transparent=True, metadata=_NOTHING)
    return _lean(written.getvalue())


def png(drawn: Axes, words: Words, width: float, height: float) -> bytes:
    """Return a chart as PNG, twice as sharp as a screen."""
    with plots.laid_out(drawn, words, width, height):
        written = BytesIO()
        plots.figure_of(drawn).savefig(
            written, format="png", dpi=144, facecolor=theme.WHITE, metadata={"Software": None}
        )
    return written.getvalue()


def _lean(svg: str) -> str:
    """Return the same drawing in a third of the bytes: colours by name, the font once, like paths in one."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - matplotlib wrote it a moment ago
    short: dict[str, str] = {}
    for one in root.iter():
        one.text, one.tail = (one.text or "").strip() or None, None
        for name, value in list(one.attrib.items()):
            one.set(name, _shortened(name, value, short))
    _flatten(root)
    _pruned(root, {value for one in root.iter() for value in one.attrib.values()})
    root.attrib.pop("version", None)
    root.insert(0, _rules())
    return ElementTree.tostring(root, encoding="unicode")


def _shortened(name: str, value: str, short: dict[str, str]) -> str:
    """Return an attribute with fewer digits, colours by name and short ids."""
    if name == "style":
        return _restyled(value)
    if name == "id":
        return short.setdefault(value, f"_{len(short)}")
    if name == _XLINK:
        return "#" + short.setdefault(value[1:], f"_{len(short)}")
    if name == "clip-path":
        return f"url(#{short.setdefault(value[5:-1], f'_{len(short)}')})"
    return " ".join(_NUMBER.sub(_rounded, value).split())


def _flatten(parent: ElementTree.Element) -> None:
    """Open groups that say nothing, leave out what cannot be seen, and join neighbouring paths of one look."""
    kept: list[ElementTree.Element] = []
    for child in _opened(parent):
        path = child.tag == f"{{{_SVG}}}path"
        if path and (child.get("style") == "fill:none" or not child.get("d")):
            continue  # the ground, which a page gives, and lines to nowhere
        if path and kept and kept[-1].tag == child.tag and _like(kept[-1]) == _like(child):
            kept[-1].set("d", f"{kept[-1].get('d')} {child.get('d')}")
            continue
        _flatten(child)
        kept.append(child)
    parent[:] = kept
    looks = Counter(one.get("style", "") for one in kept if one.tag == f"{{{_SVG}}}use")
    if len(kept) > 1 and looks:
        usual, _ = looks.most_common(1)[0]
        parent.set("style", usual)
        for one in kept:
            if one.get("style") == usual:
                del one.attrib["style"]


def _opened(parent: ElementTree.Element) -> Iterator[ElementTree.Element]:
    for child in parent:
        if child.tag == f"{{{_SVG}}}g" and not set(child.attrib) - {"id"}:
            yield from _opened(child)
        elif not child.tag.endswith("metadata") and not (child.tag.endswith("defs") and not len(child)):
            yield child


def _like(path: ElementTree.Element) -> dict[str, str]:
    return {name: value for name, value in path.attrib.items() if name != "d"}


def _pruned(root: ElementTree.Element, values: set[str]) -> None:
    """Drop ids that nothing refers to, turns by nothing, and the look of marks that their neighbour has too."""
    for one in root.iter():
        if f"#{one.get('id')}" not in values and f"url(#{one.get('id')})" not in values:
            one.attrib.pop("id", None)
        if one.get("transform", "").startswith(("rotate(0", "rotate(-0 ")):
            del one.attrib["transform"]


def _rules() -> ElementTree.Element:
    rules = ElementTree.Element(f"{{{_SVG}}}style")
    rules.text = _STYLE
    return rules


def _restyled(text: str) -> str:
    parts = (part.strip() for part in text.split(";"))
    kept = [part.replace(": ", ":") for part in parts if part and not part.startswith("font-family")]
    return _COLOUR.sub(lambda found: f"var({_NAMES[found[0]]})", ";".join(kept))


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):z.1f}".removesuffix(".0")
