"""Charts to take away: each as SVG and PNG, with the words that stand round it on its page.

Colours are plain and the ground is white, so that every program shows them. Nothing tells when or where they were made.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import charts, headlines, pictures, plots, theme, wording, workbook
from drug_outcomes.reporting.charts import Drawn, Place

FILE = "charts.zip"
_LEAD = 14.0  # points from one line of words to the next
_EDGE = 6.0  # points that words stay away from the edge
_LETTER = 0.66  # width of an average letter of the widest font in bold, as a share of its size
#: Twice as sharp as a screen, in as many colours as a chart has with their edges.
_DOTS, _COLOURS = 144, 48
_UNTOLD = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def _line(**look: Any) -> Callable[[], Artist]:  # noqa: ANN401 - settings of a line
    return lambda: Line2D([], [], **look)


def _dot(**look: Any) -> Callable[[], Artist]:  # noqa: ANN401 - settings of a mark
    return lambda: Line2D([], [], linestyle="", **look)


#: What stands for each kind of mark in a legend.
_KEYS: dict[str, Callable[[], Artist]] = {
    "shade": lambda: Patch(color=theme.LOCAL, alpha=0.14, linewidth=0),
    "band": lambda: Patch(color=theme.BAND, linewidth=0),
    "average": _line(color=theme.EDGE, linewidth=1.1, linestyle=(0, (4, 3))),
    "unusual": _dot(color=theme.SIGNAL, marker="o", markersize=5),
    "run": _line(color=theme.SIGNAL, linewidth=1.4),
    "local": _dot(color=theme.LOCAL, marker="o", markersize=7),
    "england": _dot(color=theme.ENGLAND, marker="|", markersize=11, markeredgewidth=2.8),
    "interval": _line(color=theme.LOCAL, linewidth=1.8),
    "others": _dot(color=theme.EDGE, marker="|", markersize=8, markeredgewidth=1),
}


def archive(released: Released, measures: Sequence[str], place: Place, title: str) -> bytes:
    """Return an archive of the charts of some measures, `<measure>.svg` and `<measure>.png`; `title` names the edition.

    A measure has the chart of its card, on a scale of its own; one without a chart has no file.
    """
    wording.require_released(released)
    only = ["RESTRICTED. For the partnership only."] if released.audience is Audience.PARTNERSHIP else []
    files: dict[str, bytes] = {}
    for row in headlines.of_measures(released, list(measures)):
        shown = wording.has_value(row) or wording.is_hidden(row)
        if shown and (drawn := charts.measure(released, row, place)):
            svg, png = files_of(drawn, [*only, f"{wording.named(row)}. {title}."])
            files |= {f"{row['measure']}.svg": svg, f"{row['measure']}.png": png}
    return workbook.archive(files)


def files_of(drawn: Drawn, told: Sequence[str]) -> tuple[bytes, bytes]:
    """Return a chart as SVG and as PNG: finding and subtitle above it; legend, what is `told` and source below it."""
    picture = drawn.picture
    assert picture.draw is not None  # noqa: S101 - only pictures that were never kept have lost it
    above = [*_lines(drawn.title, 12.0, theme.INK, "bold"), *_lines(drawn.subtitle, 10.0, theme.QUIET)]
    below = [line for text in (*told, f"Source: {drawn.source}") for line in _lines(text, 9.0, theme.QUIET)]
    head = _LEAD * len(above) + 2 * _EDGE
    foot = _LEAD * (len(below) + bool(drawn.legend)) + 2 * _EDGE
    height, width = picture.height + head + foot, pictures.WIDE + 2 * _EDGE
    kept = {"Title": drawn.title, "Description": drawn.alt}
    with pictures.look():
        axes = pictures.axes()
        plots.lay_out(axes, picture.draw(axes), pictures.WIDE, picture.height)
        figure, stands = plots.figure_of(axes), axes.get_position()
        figure.set_size_inches(width / 72, height / 72)
        across, up, left = pictures.WIDE / width, picture.height / height, _EDGE / width
        axes.set_position(
            (stands.x0 * across + left, stands.y0 * up + foot / height, stands.width * across, stands.height * up)
        )
        for line, (text, look) in enumerate(above):
            figure.text(left, 1 - (_LEAD * line + _EDGE) / height, text, va="top", **look)
        for line, (text, look) in enumerate(reversed(below)):
            figure.text(left, (_LEAD * line + _EDGE) / height, text, va="bottom", **look)
        if drawn.legend:
            figure.legend(
                [_KEYS[kind]() for kind, _ in drawn.legend], [text for _, text in drawn.legend], loc="lower left",
                bbox_to_anchor=(left, (_LEAD * len(below) + _EDGE) / height), ncols=len(drawn.legend), fontsize=9.0,
                columnspacing=1.2, handlelength=1.4, borderpad=0.0, borderaxespad=0.2,
            )  # fmt: skip
        svg, dots = StringIO(), BytesIO()
        figure.savefig(svg, format="svg", facecolor=theme.WHITE, metadata=_UNTOLD | kept)
        figure.savefig(dots, format="png", dpi=_DOTS, facecolor=theme.WHITE)
    return svg.getvalue().encode(), _small(dots, kept)


def _small(dots: BytesIO, told: Mapping[str, str]) -> bytes:
    """Return a PNG of a third of the bytes, of which only what is told is told."""
    words, small = PngInfo(), BytesIO()
    for name, text in told.items():
        words.add_itxt(name, text)
    Image.open(dots).convert("RGB").quantize(_COLOURS).save(small, format="png", optimize=True, pnginfo=words)
    return small.getvalue()


def _lines(text: str, size: float, colour: str, weight: str = "normal") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the lines of a text as wide as a chart, each with its look."""
    letters = int(pictures.WIDE / (size * _LETTER))
    yield from ((line, {"size": size, "color": colour, "weight": weight}) for line in textwrap.wrap(text, letters))
