"""Pages: a notebook's outputs, or objects of the library, inside the page that surrounds them all.

The same inputs give the same bytes: nothing here reads a clock, a machine's name or a random number.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

import nbformat
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from drug_outcomes.errors import PageRefused
from drug_outcomes.publishing.page_checks import POLICY, gate, require
from drug_outcomes.reporting import markup

__all__ = ["POLICY", "PageWords", "convert", "gate", "page", "require", "style"]

#: Cells with these tags serve the analyst, not the reader.
UNPUBLISHED_TAGS = ("parameters", "injected-parameters", "interactive", "checks")
#: Of the forms an output comes in, the first that is here is published.
_PUBLISHED_KINDS = ("text/html", "text/markdown", "image/svg+xml", "image/png")
#: Ids of the surrounding page, which nothing in the body may take.
_RESERVED = ("main", "contents")
_TEMPLATES = Path(str(files("drug_outcomes.publishing") / "templates"))


class PageWords(TypedDict):
    """What surrounds a page: its heading, what it covers, whose it is, how it is marked, where it leads.

    `here` is the page's own file name, which the navigation marks as current; `turn` leads to the page before and
    the page after; `links` stand in the footer.
    """

    title: str
    period: str
    partnership: str
    marking: NotRequired[str]
    navigation: NotRequired[Sequence[tuple[str, str]]]
    turn: NotRequired[Sequence[tuple[str, str]]]
    provenance: NotRequired[Sequence[tuple[str, str]]]
    links: NotRequired[Sequence[tuple[str, str]]]
    here: NotRequired[str]


def convert(notebook: NotebookNode, **words: Unpack[PageWords]) -> str:
    """Return the page of an executed notebook.

    Text cells and what the library displays are published; code, printed text, warnings, widgets, scripts
    and cells tagged as in `UNPUBLISHED_TAGS` are not. `title` takes the place of the notebook's own
    first-level heading.

    Raises
    ------
    PageRefused : a cell of the notebook failed.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise PageRefused(
                    f"cell {number} of the notebook failed: {output.ename}: {output.evalue}",
                    expected="a notebook in which every cell ran",
                    try_next="open the notebook in JupyterLab and run it from the top",
                )
    given = {"anchors": markup.Anchors(_RESERVED)}
    shown = nbformat.from_dict({**notebook, "cells": list(_with_something_under_them(notebook.cells))})
    body, resources = _exporter().from_notebook_node(shown, resources=given)
    return _surround(body, resources["anchors"].contents, words)


def _with_something_under_them(cells: Sequence[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield the cells without texts whose code shows nothing: a heading over nothing is not published."""
    numbers = accumulate(cell.cell_type != "code" for cell in cells)
    for number, section in groupby(zip(numbers, cells, strict=True), key=itemgetter(0)):
        mine = [cell for _, cell in section]
        ran = [cell for cell in mine if cell.cell_type == "code"]
        if number <= 1 or not ran or any(map(_shows, ran)):
            yield from mine


def _shows(cell: NotebookNode) -> bool:
    if set(cell.metadata.get("tags", [])) & set(UNPUBLISHED_TAGS):
        return False
    return any(kind in output.get("data", {}) for output in cell.outputs for kind in _PUBLISHED_KINDS)


def page(*parts: markup.Content, **words: Unpack[PageWords]) -> str:
    """Return a page that the library makes itself, such as the front page or the definitions."""
    body = markup.together(*parts)
    return _surround(body.html, body.outline, words)


@cache
def style() -> str:
    """Return the style sheet of every page: the rules of the objects, and the page's own."""
    return markup.objects_style() + (_TEMPLATES / "page.css").read_text(encoding="utf-8")


def _surround(body: str, contents: Sequence[tuple[str, str]], words: PageWords) -> str:
    empty = dict.fromkeys(("marking", "navigation", "provenance", "links", "here", "turn"))
    # Made by the builders and the notebook's template, which escape; the style is the package's own file.
    made = {"body": markup.Display(body), "style": markup.Display(style())}
    template = markup.environment(_TEMPLATES / "outcomes").get_template("page.html.j2")
    return template.render(**{**empty, **words}, **made, contents=contents, policy=POLICY)


def _published(output: NotebookNode, anchors: markup.Anchors) -> str:
    """Return an object that the library displays; headings that it brings join the page's contents."""
    anchors.took(output.metadata.get("text/html", {}).get("outline", ()))
    return markup.unwrapped("".join(output.data["text/html"]))


def _prose(text: str, anchors: markup.Anchors) -> str:
    return markup.markdown("".join(text), anchors=anchors, leave_out=[1]).html


def _picture(output: NotebookNode, kind: str, cell: NotebookNode) -> str:
    """Return a picture that a cell drew by itself; without alternative text the gate will refuse the page."""
    data = "".join(output.data[kind])
    alt = output.metadata.get(kind, {}).get("alt") or cell.metadata.get("alt") or ""
    address = markup.data_uri(kind, data) if kind.endswith("xml") else f"data:{kind};base64,{data.strip()}"
    return markup.paragraph(markup.image(address, alt), class_="picture").html


class _NotebookBody(TemplateExporter):
    output_mimetype = "text/html"


@cache
def _exporter() -> TemplateExporter:
    """Return the kept exporter: making one costs more than converting a notebook with it."""
    return _NotebookBody(  # type: ignore[no-untyped-call]  # nbconvert is half typed
        file_extension=".html",
        template_name="outcomes",
        extra_template_basedirs=[str(_TEMPLATES)],
        filters={
            "published": _published,
            "prose": _prose,
            "picture": _picture,
            # nbconvert's own filter of this name warns about every form that nobody publishes.
            "filter_data_type": lambda data: [kind for kind in _PUBLISHED_KINDS if kind in data][:1],
        },
        config=Config({"TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": set(UNPUBLISHED_TAGS)}}),
    )
