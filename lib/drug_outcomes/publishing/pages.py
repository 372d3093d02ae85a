"""Pages: a notebook's outputs, or objects of the library, inside the page that surrounds them all.

The same inputs give the same bytes: nothing here reads a clock, a machine's name or a random number.
"""

import re
from collections.abc import Sequence
from functools import cache
from html import unescape
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
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
_RESERVED = ("main", "contents", "about-this-page")
_TEMPLATES = Path(str(files("drug_outcomes.publishing") / "templates"))
_HEADING = re.compile(r"<h([1-6])((?:\s[^>]*)?)>(.*?)</h\1>", re.DOTALL)
_ID = re.compile(r'\sid="([^"]*)"')
_UNSAID = re.compile(r'<span class="unseen">.*?</span>|<[^>]*>', re.DOTALL)


class PageWords(TypedDict):
    """What surrounds a page: its heading, what it covers, whose it is, how it is marked, where it leads.

    `here` is the page's own file name, which the navigation marks as current; `links` stand in the footer.
    """

    title: str
    period: str
    partnership: str
    marking: NotRequired[str]
    navigation: NotRequired[Sequence[tuple[str, str]]]
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
    body, _ = _exporter().from_notebook_node(notebook)
    return _surround(body, words)


def page(*parts: markup.Content, **words: Unpack[PageWords]) -> str:
    """Return a page that the library makes itself, such as the front page or the definitions."""
    return _surround(markup.together(*parts).html, words)


@cache
def style() -> str:
    """Return the style sheet of every page: the page's own rules and those of the objects."""
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8") + markup.objects_style()


def _surround(body: str, words: PageWords) -> str:
    body = _HEADING.sub(lambda found: "" if found[1] == "1" else found[0], body)
    body = _figures_numbered(_anchored(body))
    before, first, after = body.partition("<h2")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            words,
            before=Markup(before),  # noqa: S704 (made by the builders and the notebook template, which escape)
            contents=_contents(body),
            after=Markup(first + after),  # noqa: S704
            policy=POLICY,
            style=Markup(style()),  # noqa: S704 (the package's own file)
        )
    )


def _anchored(body: str) -> str:
    """Give every heading without an id one made from its words; a second one of the same words gets "-2"."""
    taken = {*_RESERVED, *_ID.findall(body)}

    def named(found: re.Match[str]) -> str:
        level, attributes, inner = found.groups()
        if _ID.search(attributes):
            return found[0]
        stem = re.sub(r"[^a-z0-9]+", "-", _said(inner).lower()).strip("-") or "section"
        anchor = next(name for n in count(1) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)
        taken.add(anchor)
        return f'<h{level} id="{anchor}"{attributes}>{inner}</h{level}>'

    return _HEADING.sub(named, body)


def _figures_numbered(body: str) -> str:
    numbers = count(1)
    filled = markup.FIGURE_NUMBER.replace("><", ">Figure {}: <")
    return re.sub(re.escape(markup.FIGURE_NUMBER), lambda _: filled.format(next(numbers)), body)


def _contents(body: str) -> list[tuple[str, str]]:
    seconds = [found for found in _HEADING.finditer(body) if found[1] == "2"]
    return [(_said(found[3]), anchor[1]) for found in seconds if (anchor := _ID.search(found[2]))]


def _said(inner: str) -> str:
    return unescape(_UNSAID.sub("", inner)).strip()


def _picture(output: NotebookNode, kind: str, cell: NotebookNode) -> str:
    """Return a picture that a cell drew by itself; without alternative text the gate will refuse the page."""
    data = "".join(output.data[kind])
    alt = output.metadata.get(kind, {}).get("alt") or cell.metadata.get("alt") or ""
    address = markup.data_uri(kind, data) if kind.endswith("xml") else f"data:{kind};base64,{data.strip()}"
    return markup.element("p", markup.image(address, alt), class_="picture").html


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
            "published": markup.unwrapped,
            "prose": lambda text: markup.markdown("".join(text)).html,
            "picture": _picture,
            # nbconvert's own filter of this name warns about every form that nobody publishes.
            "filter_data_type": lambda data: [kind for kind in _PUBLISHED_KINDS if kind in data][:1],
        },
        config=Config(
            {"TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": set(UNPUBLISHED_TAGS)}}
        ),
    )


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_TEMPLATES / "outcomes"), autoescape=True)
