"""Semantic HTML from templates, which escape whatever they are given.

An object is a `Display`. JupyterLab and VS Code call its `_repr_html_`, which brings the objects' own
style; a published page carries that style once. Nothing here knows a measure, an area or a number: callers
pass words that are ready.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from itertools import count
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import escape

from drug_outcomes.reporting.pictures import Picture

#: Characters that no published text needs: control characters (except tab and new line) and those that
#: reverse the reading order, which can make a name read as something else.
_DROPPED = dict.fromkeys((*range(9), *range(11, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_BLOCKS = frozenset(
    {"p", "li", "dt", "dd", "tr", "caption", "figcaption", "summary", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_TEMPLATES = Path(str(files("drug_outcomes.reporting") / "templates"))
_NOTEBOOK_CLOSING = "</div>"


@dataclass(frozen=True)
class Display:
    """A piece of page: `html` is safe to publish; `outline` holds title and anchor of its second-level headings."""

    html: str
    outline: tuple[tuple[str, str], ...] = ()

    def __html__(self) -> str:
        return self.html

    @property
    def text(self) -> str:
        """The same in plain words, as a terminal shows it."""
        return _Said.of(self.html)

    def _repr_html_(self) -> str | tuple[str, dict[str, object]]:
        shown = f"{_notebook_opening()}{self.html}{_NOTEBOOK_CLOSING}"
        return (shown, {"outline": [list(one) for one in self.outline]}) if self.outline else shown

    def __repr__(self) -> str:
        return self.text.strip()


Content = str | Display


class _Said(HTMLParser):
    """Collects what a reader meets: words, and the names of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden: list[str] = []

    @classmethod
    def of(cls, html: str) -> str:
        """Return the words of some HTML, a line for each block, cells parted by a bar."""
        reader = cls()
        reader.feed(html)
        reader.close()
        return "".join(reader.parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        void = tag in ("img", "wbr", "source")
        if not void and (self.hidden or found.get("aria-hidden") == "true" or tag in ("svg", "style")):
            self.hidden.append(tag)
        if len(self.hidden) == (tag == "svg"):
            self.parts += [found.get("alt" if tag == "img" else "aria-label") or ""] if tag in ("img", "svg") else []
        if tag in ("td", "th") and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            self.hidden.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden and data.strip("\n"):
            self.parts.append(data)


@cache
def environment(folder: Path = _TEMPLATES) -> Environment:
    """Return the templates of a folder, which escape whatever is not a Display."""
    return Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, undefined=StrictUndefined,
        finalize=lambda value: value.translate(_DROPPED) if type(value) is str else value,
    )  # fmt: skip


def render(template: str, **words: object) -> Display:
    """Return what a template makes of some words; whatever is not a Display is escaped."""
    return Display(environment().get_template(template).render(words))


def _made(macro: str, *values: object) -> Display:
    return Display(str(getattr(environment().get_template("macros.html.j2").module, macro)(*values)))


@cache
def objects_style() -> str:
    """Return the style sheet of the objects that notebooks show."""
    return (_TEMPLATES / "objects.css").read_text(encoding="utf-8")


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


def plain(text: str) -> Display:
    """Return `text`, escaped, as a Display."""
    return Display(str(escape(text.translate(_DROPPED))))


def together(*parts: Content | None) -> Display:
    """Return the parts one after another."""
    shown = [plain(part) if isinstance(part, str) else part for part in parts if part is not None]
    return Display("".join(part.html for part in shown), tuple(one for part in shown for one in part.outline))


def breakable(text: str) -> Display:
    """Return a path or file name that may go on in the next line after a slash or an underscore."""
    return Display("<wbr>".join(plain(part).html for part in re.split(r"(?<=[/_])(?![/_])", text)))


def heading(text: Content, level: int, *, anchor: str | None = None) -> Display:
    """Return a heading; one of the second level has an `anchor` in any case, and stands in the page's contents."""
    words = text if isinstance(text, str) else text.text.strip()
    own = anchor or (slug(words) if level == 2 else None)
    return Display(_made("heading", text, level, own).html, ((words, own),) if level == 2 and own else ())


def paragraph(*parts: Content | None, class_: str | None = None) -> Display:
    """Return a paragraph; `class_` "lede" is larger, "subtitle" and "note" are quieter."""
    return _made("paragraph", [part for part in parts if part is not None], class_)


def bullets(items: Iterable[Content], *, ordered: bool = False) -> Display:
    """Return a list of items, numbered when the order matters."""
    return _made("bullets", list(items), "ol" if ordered else "ul")


def terms(pairs: Iterable[tuple[str, Content]], *, class_: str = "terms") -> Display:
    """Return a list of terms, each with its description."""
    return _made("terms", list(pairs), class_)


def link(label: Content, href: str, *, download: str | None = None) -> Display:
    """Return a link; `download` is the file name that the browser offers."""
    return _made("link", label, href, download)


def csv_link(label: str, file_name: str, csv: str) -> Display:
    """Return a link that carries the whole CSV, so that it works from a single e-mailed page.

    The byte order mark is for people who open the file in a spreadsheet with a double click.
    """
    return link(label, data_uri("text/csv;charset=utf-8", "\ufeff" + csv), download=file_name)


def emphasis(text: Content) -> Display:
    """Return text that matters more than what surrounds it."""
    return _made("wrapped", "strong", text, None)


def small(text: Content) -> Display:
    """Return a side remark, such as the unit and source under a measure's name."""
    return _made("wrapped", "small", text, None)


def group(body: Content, class_: str) -> Display:
    """Return parts that are laid out together."""
    return _made("wrapped", "div", body, class_)


def unseen(text: str) -> Display:
    """Return text for people who hear the page: it is there, and not drawn."""
    return _made("wrapped", "span", text, "unseen")


def stacked(main: Content, *below: Content | None) -> Display:
    """Return a cell of two or more lines: what matters first, then side remarks."""
    return _made("stacked", main, [line for line in below if line])


def tag(word: str, *, kind: str = "neutral", glyph: str = "") -> Display:
    """Return a status in a word. `kind` chooses the border colour only; `glyph` is decoration.

    Kinds: neutral, higher, lower, similar, better, worse, query.
    """
    return _made("tag", word, kind, glyph)


def notice(*parts: Content, kind: str = "inset", title: str = "") -> Display:
    """Return a paragraph set apart; kinds are "inset" and "warning"."""
    return _made("notice", parts, kind, title)


def details(summary: Content, *body: Content | None) -> Display:
    """Return text that opens on request."""
    return _made("details", summary, [part for part in body if part is not None])


def region(name: str, body: Content) -> Display:
    """Return a box that scrolls sideways on narrow screens: named, and reachable with the keyboard."""
    return _made("region", name, body)


def image(address: str, alt: str) -> Display:
    """Return a picture with what it says in words."""
    return _made("image", address, alt)


def picture(drawn: Picture, alt: str) -> Display:
    """Return a chart of which narrow screens show the narrow drawing, with what it says in words."""
    wide, narrow = (svg and data_uri("image/svg+xml", svg) for svg in (drawn.wide, drawn.narrow))
    return _made("picture", wide, narrow, alt) if wide else image(narrow, alt)


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
    cells = [list(zip(heads, row, strict=True)) for row in rows]
    built = _made("table", heads, cells, caption, row_header, responsive, class_)
    name = caption if isinstance(caption, str) else caption.text.strip()
    return built if responsive else region(f"Table: {name}", built)


def figure(
    title: str,
    subtitle: str,
    drawn: Picture,
    *,
    alt: str,
    source: str,
    legend: Sequence[tuple[str, str]] = (),
    level: int = 4,
    anchor: str | None = None,
    icon: str = "",
) -> Display:
    """Return a chart with its finding as title, its measure as subtitle, its alternative text and source.

    `alt` gives the message with its numbers (30 to 300 characters); `legend` holds pairs of a kind of mark and
    what it means; `icon` is the kind of variation that a process chart shows.
    """
    # Side by side there is no room for a line that stands among what is folded below each.
    told = "" if legend and not drawn.wide else f"Source: {source}"
    return _made("figure", title, subtitle, picture(drawn, alt), told, legend, level, anchor, icon)


def data_uri(kind: str, text: str) -> str:
    """Return `text` as an address that needs no network."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def slug(words: str) -> str:
    """Return an id made from words."""
    return "-".join(re.findall(r"[a-z0-9]+", words.lower())) or "section"


class Anchors:
    """The ids of a page's headings as they are given, and the contents of the page."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)
        self.contents: list[tuple[str, str]] = []

    def give(self, words: str, level: int) -> str:
        """Return the id of a heading made from its words, the second of the same words with "-2"."""
        stem = slug(words)
        anchor = next(name for n in count(1) if (name := stem if n == 1 else f"{stem}-{n}") not in self._taken)
        self._taken.add(anchor)
        if level == 2:
            self.contents.append((words, anchor))
        return anchor

    def took(self, outline: Iterable[Sequence[str]]) -> None:
        """Take note of headings that carry ids of their own."""
        for words, anchor in outline:
            self._taken.add(anchor)
            self.contents.append((words, anchor))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def markdown(text: str, *, top: int = 1, anchors: Anchors | None = None, leave_out: Iterable[int] = ()) -> Display:
    """Return what people wrote, rendered: raw HTML is shown as text and pictures are not loaded.

    `top` is the level that a first-level heading takes on the page; `anchors` gives headings their ids; headings
    of the levels in `leave_out` are not shown.
    """
    tokens, shown = _markdown().parse(text.translate(_DROPPED)), []
    left_out = False
    for place, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            level = min(6, int(token.tag[1]) + top - 1)
            token.tag = f"h{level}"
            left_out = level in leave_out and token.type == "heading_open"
            if level in leave_out:
                continue
            if anchors is not None and token.type == "heading_open":
                token.attrSet("id", anchors.give(_words(tokens[place + 1].children or []), level))
        if not left_out:
            shown.append(token)
    return Display(_markdown().renderer.render(shown, _markdown().options, {}))


def _words(tokens: Iterable[object]) -> str:
    return "".join(getattr(one, "content", "") for one in tokens).strip()
