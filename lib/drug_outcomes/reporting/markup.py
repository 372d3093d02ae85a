"""Semantic HTML objects: small builders that escape whatever they are given.

An object is a `Display`. JupyterLab and VS Code call its `_repr_html_`, which brings the objects' own
style; a published page carries that style once. The text form is what a terminal or a screen reader user
at a console meets. Nothing here knows a measure, an area or a number: callers pass words that are ready.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from markdown_it import MarkdownIt

#: Characters that no published text needs: control characters (except tab and new line) and those that
#: reverse the reading order, which can make a name read as something else.
_DROPPED = dict.fromkeys((*range(9), *range(11, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_BLOCKS = frozenset(
    {"p", "li", "dt", "dd", "tr", "caption", "figcaption", "summary", "h1", "h2", "h3", "h4", "h5", "h6"}
)
#: A published page writes "Figure 1: " and so on here; in a notebook the place stays empty.
FIGURE_NUMBER = '<span class="figure-number"></span>'
_NOTEBOOK_CLOSING = "</div>"


@dataclass(frozen=True)
class Display:
    """A piece of page: `html` is safe to publish, `text` says the same in plain words."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return f"{_notebook_opening()}{self.html}{_NOTEBOOK_CLOSING}"

    def __repr__(self) -> str:
        return self.text.strip()


Content = str | Display


@cache
def objects_style() -> str:
    """Return the style sheet of the objects that notebooks show."""
    return (files("drug_outcomes.reporting") / "templates" / "objects.css").read_text(encoding="utf-8")


@cache
def _notebook_opening() -> str:
    return f'<div class="outcomes"><style>{objects_style()}</style>'


def unwrapped(html: str) -> str:
    """Return an output's HTML without what `Display` adds for notebooks; other HTML comes back as it is."""
    if not html.startswith(_notebook_opening()):
        return html
    return html.removeprefix(_notebook_opening()).removesuffix(_NOTEBOOK_CLOSING)


def without_style(html: str) -> str:
    """Return an output's HTML as a notebook needs it when an earlier output carries the style already."""
    return html.replace(_notebook_opening(), '<div class="outcomes">', 1)


def escaped(text: str) -> str:
    """Return `text` safe inside an element or a quoted attribute."""
    return escape(text.translate(_DROPPED))


def plain(text: str) -> Display:
    """Return `text`, escaped, as a Display."""
    return Display(escaped(text), text.translate(_DROPPED))


def element(name: str, *children: Content | None, **attributes: str | int | None) -> Display:
    """Return one element: strings are escaped, `None` is left out; `data_l` is written `data-l`."""
    parts = [plain(child) if isinstance(child, str) else child for child in children if child is not None]
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(part.html for part in parts)
    text = "" if attributes.get("aria_hidden") == "true" else "".join(part.text for part in parts)
    return Display(f"<{name}{written}>{inner}</{name}>", text + "\n" if name in _BLOCKS else text)


def together(*parts: Content | None) -> Display:
    """Return the parts one after another."""
    shown = [plain(part) if isinstance(part, str) else part for part in parts if part is not None]
    return Display("".join(part.html for part in shown), "".join(part.text for part in shown))


def breakable(text: str) -> Display:
    """Return a path or file name that may go on in the next line after a slash or an underscore."""
    return Display(re.sub(r"[/_]+", r"\g<0><wbr>", escaped(text)), plain(text).text)


def heading(text: Content, level: int, *, anchor: str | None = None) -> Display:
    """Return a heading; without an `anchor` the page gives it an id made from its text."""
    return element(f"h{level}", text, id=anchor)


def paragraph(*parts: Content, class_: str | None = None) -> Display:
    """Return a paragraph; `class_` "lede" is larger, "subtitle" and "note" are quieter."""
    return element("p", *parts, class_=class_)


def bullets(items: Iterable[Content], *, ordered: bool = False) -> Display:
    """Return a list of items, numbered when the order matters."""
    return element("ol" if ordered else "ul", *(element("li", item) for item in items))


def terms(pairs: Iterable[tuple[str, Content]], *, class_: str = "terms") -> Display:
    """Return a list of terms, each with its description."""
    rows = (element("div", element("dt", term), element("dd", text)) for term, text in pairs)
    return element("dl", *rows, class_=class_)


def link(label: Content, href: str, *, download: str | None = None) -> Display:
    """Return a link; `download` is the file name that the browser offers."""
    return element("a", label, href=href, download=download)


def csv_link(label: str, file_name: str, csv: str) -> Display:
    """Return a link that carries the whole CSV, so that it works from a single e-mailed page.

    The byte order mark is for people who open the file in a spreadsheet with a double click.
    """
    return link(label, data_uri("text/csv;charset=utf-8", "\ufeff" + csv), download=file_name)


def emphasis(text: Content) -> Display:
    """Return text that matters more than what surrounds it."""
    return element("strong", text)


def small(text: Content) -> Display:
    """Return a side remark, such as the unit and source under a measure's name."""
    return element("small", text)


def unseen(text: str) -> Display:
    """Return text for people who hear the page: it is there, and not drawn."""
    return element("span", text, class_="unseen")


def stacked(main: Content, *below: Content | None) -> Display:
    """Return a cell of two or more lines: what matters first, then side remarks."""
    remarks = [small(line) for line in below if line]
    return together(element("span", main, class_="main"), *(together(" ", remark) for remark in remarks))


def tag(word: str, *, kind: str = "neutral", glyph: str = "") -> Display:
    """Return a status in a word. `kind` chooses the border colour only; `glyph` is decoration.

    Kinds: neutral, higher, lower, similar, better, worse, query.
    """
    mark = element("span", glyph, aria_hidden="true") if glyph else None
    return element("span", mark, " " if glyph else None, element("span", word), class_=f"tag tag-{kind}")


def notice(*parts: Content, kind: str = "inset", title: str = "") -> Display:
    """Return a paragraph set apart; kinds are "inset" and "warning"."""
    lead = together(emphasis(title), " ") if title else None
    return element("div", element("p", lead, *parts), class_=f"notice notice-{kind}")


def details(summary: Content, *body: Content) -> Display:
    """Return text that opens on request; print opens it."""
    return element("details", element("summary", summary), *body)


def region(name: str, body: Content) -> Display:
    """Return a box that scrolls sideways on narrow screens: named, and reachable with the keyboard."""
    return element("div", body, class_="scroll", role="region", aria_label=name, tabindex=0)


def image(address: str, alt: str) -> Display:
    """Return a picture with what it says in words."""
    return Display(f'<img src="{escaped(address)}" alt="{escaped(alt)}">', alt + "\n")


@dataclass(frozen=True)
class Column:
    """A column of a table: its label, and whether its cells are numbers (aligned right)."""

    label: str
    number: bool = False


def table(
    columns: Sequence[str | Column],
    rows: Iterable[Sequence[Content]],
    caption: Content,
    *,
    row_header: int = 0,
    responsive: bool = True,
    class_: str = "",
) -> Display:
    """Return a table with caption, column headers and one row header per row.

    A responsive table turns its rows into labelled cards on narrow screens; because that takes the table's
    meaning away in some browsers, every part carries its role. Another table scrolls inside a named region.
    """
    heads = [Column(column) if isinstance(column, str) else column for column in columns]
    body = [_row(heads, row, row_header, responsive) for row in rows]
    built = element(
        "table",
        element("caption", caption),
        element("thead", _head(heads, responsive), role="rowgroup" if responsive else None),
        element("tbody", *body, role="rowgroup" if responsive else None),
        class_=" ".join(filter(None, ("cards" if responsive else "", class_))) or None,
        role="table" if responsive else None,
    )
    name = caption if isinstance(caption, str) else caption.text.strip()
    return built if responsive else region(f"Table: {name}", built)


def _head(heads: Sequence[Column], responsive: bool) -> Display:
    role = "columnheader" if responsive else None
    return _line(
        [element("th", head.label, scope="col", role=role, class_=_align(head)) for head in heads], responsive
    )


def _row(heads: Sequence[Column], cells: Sequence[Content], row_header: int, responsive: bool) -> Display:
    built = []
    for place, (head, cell) in enumerate(zip(heads, cells, strict=True)):
        header = place == row_header
        made = element(
            "th" if header else "td",
            cell,
            scope="row" if header else None,
            role=("rowheader" if header else "cell") if responsive else None,
            data_l=head.label if responsive and not header else None,
            class_=_align(head),
        )
        built.append(made)
    return _line(built, responsive)


def _line(cells: Sequence[Display], responsive: bool) -> Display:
    row = element("tr", *cells, role="row" if responsive else None)
    return Display(row.html, " | ".join(cell.text for cell in cells) + "\n")


def _align(head: Column) -> str | None:
    return "number" if head.number else None


def figure(
    title: str,
    subtitle: str,
    svg: str,
    *,
    alt: str,
    source: str,
    data: Display | None = None,
    download: Display | None = None,
    level: int = 3,
    anchor: str | None = None,
) -> Display:
    """Return a chart with its title, subtitle, alternative text and source, and its data beneath.

    `title` says what the chart shows in a sentence, `subtitle` says measure, place and period, `alt` gives
    the message with its numbers (30 to 300 characters), `data` is the table of what is drawn. The data
    follow the figure because nothing may come after a caption inside it.
    """
    named = element(f"h{level}", Display(FIGURE_NUMBER, ""), title, id=anchor)
    drawn = image(data_uri("image/svg+xml", svg), alt)
    shown = element(
        "figure",
        named,
        paragraph(subtitle, class_="subtitle"),
        region(f"Chart: {title}", drawn),
        element("figcaption", f"Source: {source}"),
    )
    behind = together(data, None if download is None else paragraph(download))
    if not behind.html:
        return shown
    return together(shown, details(together("Data behind this chart", unseen(f": {title}")), behind))


def data_uri(kind: str, text: str) -> str:
    """Return `text` as an address that needs no network."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def markdown(text: str, *, top: int = 1) -> Display:
    """Return what people wrote, rendered: raw HTML is shown as text and pictures are not loaded.

    `top` is the level that a first-level heading takes on the page.
    """
    tokens = _markdown().parse(text.translate(_DROPPED))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + top - 1)}"
    return Display(_markdown().renderer.render(tokens, _markdown().options, {}), text)
