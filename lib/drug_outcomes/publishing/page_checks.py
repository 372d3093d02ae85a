"""The gate: what a page may not be, checked without a browser before it is published.

Each check is a few lines that yield faults in words. What only a browser can see (contrast, overflow) is
tested with axe; axe in turn does not see about half of what is checked here. Rules: WCAG 2.2 AA, and the
suite's own that a page asks nothing of the network and gives nothing away about the machine that made it.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from bs4 import BeautifulSoup, Tag

from drug_outcomes.errors import PageRefused

#: No script, no request to anywhere: the browser enforces it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PAGE_LIMIT = 1_000_000
PICTURE_LIMIT = 40_000
ALT_LENGTHS = range(30, 301)

_PLACEHOLDER_ALT = "no description has been provided"
_USELESS_ALT = re.compile(
    r"^(an? |the )?(image|picture|photo|graphic|screenshot)s? (of|for|showing)\b|\.(png|svg|jpe?g|gif)$", re.I
)
_USELESS_LINKS = {"here", "click here", "link", "more", "read more", "this", "this link", "download"}
_FORBIDDEN = (
    *("script", "noscript", "iframe", "frame", "object", "embed", "applet", "audio", "video", "base", "link"),
    *("form", "marquee", "blink", "template", "foreignobject"),
)
_ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.I)
_CSS_REQUEST = re.compile(r"@import\b|url\(\s*['\"]?\s*(?!data:|#)", re.I)
_NO_UNDERLINE = re.compile(r"text-decoration(?:-line)?\s*:\s*none", re.I)
_NO_FOCUS_RING = re.compile(r"outline(?:-width|-style)?\s*:\s*(?:none|0)\b", re.I)
_ZOOM_LOCK = re.compile(r"user-scalable\s*=\s*(no|0)|maximum-scale", re.I)
_PRIVATE = {
    "the path of a file on a machine": re.compile(
        r"(?<![\w/.:])/(?:(?:home|Users|root|tmp|usr|var|opt|mnt|etc|srv)\b|[\w.-]+/)[\w./-]*"
        r"|\b[A-Za-z]:\\\w[^\s<]*|\\\\[\w.-]+\\[^\s<]+|\bfile:/[^\s<]+"
    ),
    "a traceback": re.compile(r'Traceback \(most recent call|\bFile "[^"]+", line \d+|<ipython-input|ipykernel_\d+'),
    "a warning of a program": re.compile(r"\b[A-Z][A-Za-z]*Warning: "),
    "a terminal's colour code": re.compile(r"\x1b\[|\[\d+(;\d+)*m\b"),
}
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
#: What a program prints where it has no number, or a nought with a sign. People begin sentences with "None", too.
_NO_NUMBER = re.compile(
    r"(?<![\w<-])(?:nan|NaN|NaT|(?<=[a-z\d,] )None|None(?=%)|<NA>|[-+\u2212]?inf|[-\u2212]0(?:\.0+)?%?)"
    r"(?![\w-]|\.\d|[-\u2212]\d)"
)
#: Where a drawing has no place for what it draws.
_NO_PLACE = re.compile(r"(?<![\w-])(?:nan|NaN|None|-?inf)(?![\w-])")
#: In a cell that holds nothing else.
_MISSING = {"none", "<na>", "inf", "-inf", "null"}
_DRAWING, _FILE = (
    re.compile(rf"data:{kind}[^,]*;base64,([A-Za-z0-9+/=]*)") for kind in (r"image/svg\+xml", "text/csv")
)
#: What a drawing says in words.
_WRITTEN = re.compile(r">([^<>]+)<")


def gate(html: str, *, page_limit: int = PAGE_LIMIT, picture_limit: int = PICTURE_LIMIT) -> list[str]:
    """Return every fault of a page, in words; an empty list means that it may be published.

    Limits are in bytes; a picture is counted as it stands in the page, base64 included.
    """
    soup = BeautifulSoup(html, "html.parser")
    faults = [fault for check in _CHECKS for fault in check(soup)]
    if (size := len(html.encode())) > page_limit:
        faults.append(f"the page has {size:,} bytes, more than {page_limit:,}")
    drawings = [("img", "src"), ("source", "srcset")]
    sizes = (len(_attribute(one, name)) for tag, name in drawings for one in soup.find_all(tag))
    faults += [f"a picture has {size:,} bytes, more than {picture_limit:,}" for size in sizes if size > picture_limit]
    return list(dict.fromkeys(faults))


def require(html: str, page_name: str) -> None:
    """Stop the build unless the page passes; the refusal lists every fault.

    Raises
    ------
    PageRefused
    """
    faults = gate(html)
    if faults:
        raise PageRefused(
            f"{page_name} may not be published: " + "; ".join(faults),
            expected="a page that passes every check of the gate",
            try_next="mend the notebook cell or the builder that makes each of these parts, then build again",
        )


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name, "")
    return " ".join(value) if isinstance(value, list) else str(value or "")


def _having(soup: BeautifulSoup, attribute: str) -> list[Tag]:
    """Return the tags that carry an attribute; asking for all tags is four times as quick as for an attribute."""
    return [tag for tag in soup.find_all(True) if attribute in tag.attrs]


def _said(tag: Tag) -> str:
    """Return what is read out: text outside hidden parts, and the names of pictures."""
    if _attribute(tag, "aria-hidden") == "true":
        return ""
    own = _attribute(tag, "alt") if tag.name == "img" else ""
    if tag.name == "svg" or _attribute(tag, "aria-label"):
        return _attribute(tag, "aria-label")
    inner = (_said(child) if isinstance(child, Tag) else str(child) for child in tag.children)
    return " ".join(f"{own} {' '.join(inner)}".split())


def _spoken(tag: Tag) -> bool:
    return any(character.isalnum() for character in _said(tag))


def _shown(tag: Tag, length: int = 60) -> str:
    text = " ".join(tag.get_text(" ").split()) or str(tag)
    return f"“{text[:length]}…”" if len(text) > length else f"“{text}”"


def _document(soup: BeautifulSoup) -> Iterator[str]:
    root = soup.html
    if root is None or _attribute(root, "lang") != "en-GB":
        yield 'the page does not say lang="en-GB"'
    title = soup.title.get_text(strip=True) if soup.title else ""
    if not title:
        yield "the page has no title"
    elif soup.h1 is not None and not title.startswith(soup.h1.get_text(" ", strip=True)):
        yield f"the title {title!r} does not begin with the page's heading"
    policies = soup.find_all("meta", attrs={"http-equiv": re.compile("^content-security-policy$", re.I)})
    if [_attribute(policy, "content") for policy in policies] != [POLICY]:
        yield "the page does not carry the content security policy"
    viewports = [_attribute(tag, "content") for tag in soup.find_all("meta", attrs={"name": "viewport"})]
    if len(viewports) != 1 or _ZOOM_LOCK.search(viewports[0]):
        yield "the viewport is missing or keeps readers from zooming"
    if soup.find("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)}):
        yield "the page reloads itself or goes elsewhere"


def _landmarks(soup: BeautifulSoup) -> Iterator[str]:
    for name in ("main", "header", "footer"):
        if len(soup.find_all(name)) != 1:
            yield f"the page has {len(soup.find_all(name))} {name} elements, not one"
    first = soup.body.find(["a", "button", "summary"]) if soup.body else None
    target = _attribute(first, "href") if first else ""
    if soup.main is None or not target.startswith("#") or target[1:] != _attribute(soup.main, "id"):
        yield "the first link does not skip to the main content"
    named = [(_attribute(tag, "role") or str(tag.name), _name_of(soup, tag)) for tag in _named_landmarks(soup)]
    for (role, name), times in Counter(named).items():
        if times > 1:
            yield f"{times} landmarks ({role}) share the name {name!r}"


def _named_landmarks(soup: BeautifulSoup) -> list[Tag]:
    return [*soup.find_all("nav"), *soup.find_all(role="region")]


def _name_of(soup: BeautifulSoup, tag: Tag) -> str:
    pointed = (soup.find(id=part) for part in _attribute(tag, "aria-labelledby").split())
    return " ".join(_said(part) for part in pointed if part) or _attribute(tag, "aria-label").strip()


def _headings(soup: BeautifulSoup) -> Iterator[str]:
    headings = soup.find_all(_HEADINGS)
    levels = [int(heading.name[1]) for heading in headings]
    if levels.count(1) != 1:
        yield f"the page has {levels.count(1)} first-level headings, not one"
    for (_, before), (heading, level) in pairwise(zip(headings, levels, strict=True)):
        if level > before + 1:
            yield f"heading {_shown(heading)} skips from level {before} to level {level}"
    yield from ("a heading has no words" for heading in headings if not _spoken(heading))


def _ids(soup: BeautifulSoup) -> Iterator[str]:
    ids = Counter(_attribute(tag, "id") for tag in _having(soup, "id"))
    yield from (f"the id {name!r} occurs {times} times" for name, times in ids.items() if times > 1 or not name)
    for target in (_attribute(tag, "href") for tag in _having(soup, "href")):
        if target.startswith("#") and target[1:] not in ids:
            yield f"the link to {target} leads nowhere"
    for attribute in ("aria-labelledby", "aria-describedby", "aria-controls", "headers", "for"):
        for tag in _having(soup, attribute):
            missing = [name for name in _attribute(tag, attribute).split() if name not in ids]
            yield from (f"{attribute} points to {name!r}, which is not on the page" for name in missing)


def _pictures(soup: BeautifulSoup) -> Iterator[str]:
    headings = {tag.get_text(" ", strip=True).casefold() for tag in soup.find_all(_HEADINGS)}
    for image in soup.find_all("img"):
        alt = _attribute(image, "alt").strip()
        if _PLACEHOLDER_ALT in alt.casefold():
            yield "a picture has placeholder alternative text"
        elif len(alt) not in ALT_LENGTHS:
            yield f"a picture's alternative text has {len(alt)} characters, not 30 to 300: {alt[:60]!r}"
        elif _USELESS_ALT.search(alt):
            yield f"a picture's alternative text does not give its message: {alt[:60]!r}"
        elif alt.casefold().rstrip(".") in headings:
            yield f"a picture's alternative text only repeats its title: {alt[:60]!r}"
    for drawing in soup.find_all("svg"):
        hidden = _attribute(drawing, "aria-hidden") == "true"
        if not hidden and not (_attribute(drawing, "role") == "img" and _attribute(drawing, "aria-label").strip()):
            yield 'a drawing has neither aria-hidden nor role="img" with a name'
    for tag in soup.find_all(role="img"):
        if not _attribute(tag, "aria-label").strip():
            yield "something shown as a picture has no name"


_FIGURE_PARTS = {"heading": ["h2", "h3", "h4", "h5", "h6"], "picture": ["img", "svg"], "caption": ["figcaption"]}


def _figures(soup: BeautifulSoup) -> Iterator[str]:
    for figure in soup.find_all("figure"):
        missing = [part for part, names in _FIGURE_PARTS.items() if not figure.find(names)]
        yield from (f"the figure {_shown(figure)} has no {part}" for part in missing)
        if (caption := figure.find("figcaption")) and caption.find_next_sibling():
            yield f"the figure {_shown(figure)} goes on after its caption"


def _tables(soup: BeautifulSoup) -> Iterator[str]:
    for table in soup.find_all("table"):
        caption = table.find("caption")
        name = _shown(caption or table)
        if caption is None or not _spoken(caption):
            yield f"table without caption: {name}"
        rows = table.find_all("tr")
        heads, body = ([row for row in rows if bool(row.find_parent("thead")) is head] for head in (True, False))
        if not heads or any(cell.name != "th" for row in heads for cell in row.find_all(["td", "th"])):
            yield f"the header row of table {name} is not made of header cells"
        if any(
            _attribute(cell, "scope") not in {"col", "row", "colgroup", "rowgroup"} for cell in table.find_all("th")
        ):
            yield f"table {name} has header cells without scope"
        if any(len(row.find_all("th", scope="row")) != 1 for row in body):
            yield f"table {name} has rows without one row header"
        if len({len(row.find_all(["td", "th"])) for row in rows if not row.find(colspan=True)}) > 1:
            yield f"table {name} has rows of different lengths"
        yield from _cells(table, name)


def _cells(table: Tag, name: str) -> Iterator[str]:
    for cell in table.find_all(["td", "th"]):
        if not _spoken(cell):
            yield f"table {name} has a cell without words, a number or a named picture"
        missing = [text for text in cell.stripped_strings if text.casefold() in _MISSING]
        yield from (f"table {name} shows {text!r} in place of a reason" for text in missing)


def _tags(soup: BeautifulSoup) -> Iterator[str]:
    for tag in soup.find_all(class_="tag"):
        if not _spoken(tag):
            yield "a status is shown by colour or a sign alone, without a word"


def _links(soup: BeautifulSoup) -> Iterator[str]:
    for anchor in soup.find_all("a"):
        href = _attribute(anchor, "href").strip()
        said = _said(anchor)
        if not href:
            yield f"a link leads nowhere: {_shown(anchor)}"
        if not _spoken(anchor):
            yield f"a link to {href[:60]!r} has no words"
        elif said.casefold() in _USELESS_LINKS:
            yield f"a link's words do not say where it leads: {said!r}"
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", href, re.I)
        allowed = scheme is None or scheme[1].lower() in {"https", "http", "mailto", "tel"}
        if not allowed and not (href.startswith("data:text/csv") and anchor.has_attr("download")):
            yield f"a link uses an address that does not travel: {href[:60]!r}"
        if href.startswith(("/", "\\")):
            yield f"a link is not relative, so the folder could not be moved: {href[:60]!r}"


def _network(soup: BeautifulSoup) -> Iterator[str]:
    for tag in soup.find_all(_FORBIDDEN):
        yield f"the page holds a {tag.name} element"
    for tag in soup.find_all(True):
        for attribute in tag.attrs:
            value = _attribute(tag, attribute)
            if attribute.lower().startswith("on"):
                yield f"{tag.name} carries a script in {attribute}"
            address = attribute in {"src", "srcset", "poster", "background", "data", "xlink:href"}
            if address or (attribute == "href" and tag.name != "a"):
                if not value.startswith(("data:image/", "#")):
                    yield f"{tag.name} loads {value[:60]!r}, which is not in the page"
            elif _CSS_REQUEST.search(value) and attribute in {"style", "fill", "stroke", "filter", "mask"}:
                yield f"{tag.name} loads something through its {attribute}"


def _styles(soup: BeautifulSoup) -> Iterator[str]:
    for style in soup.find_all("style"):
        yield from stylesheet_faults(style.get_text())
    for tag in _having(soup, "style"):
        yield from stylesheet_faults(f"{tag.name}{{{_attribute(tag, 'style')}}}")
        yield f"{tag.name} carries a style of its own, which nobody has checked"


def stylesheet_faults(css: str) -> Iterator[str]:
    """Yield what a style sheet may not do: ask the network, hide that a link is one, hide the focus."""
    if _CSS_REQUEST.search(css):
        yield "the style sheet loads something that is not in the page"
    for selector, rules in re.findall(r"([^{}]*)\{([^{}]*)\}", css):
        if re.search(r"(?<![\w.#-])a(?![\w-])", selector) and _NO_UNDERLINE.search(rules):
            yield f"links are not underlined: {selector.strip()!r}"
        if _NO_FOCUS_RING.search(rules):
            yield f"the focus is hidden: {selector.strip()!r}"


def _keyboard(soup: BeautifulSoup) -> Iterator[str]:
    for tag in _having(soup, "tabindex"):
        order = _attribute(tag, "tabindex")
        if order not in {"0", "-1"}:
            yield f"tabindex {order!r} changes the order of the page"
        if order == "0" and not (_attribute(tag, "role") and _name_of(soup, tag)):
            yield f"{_shown(tag)} takes the keyboard's focus and has no role or name"
    for tag in soup.find_all(class_="scroll"):
        if not (tag.get("tabindex") == "0" and _attribute(tag, "role") == "region" and _name_of(soup, tag)):
            yield f"{_shown(tag)} scrolls and cannot be reached with the keyboard, or has no name"
    for tag in soup.find_all("details"):
        first = tag.find(True)
        if first is None or first.name != "summary" or not _spoken(first):
            yield f"{_shown(tag)} opens without saying what it holds"


def _numbers(soup: BeautifulSoup) -> Iterator[str]:
    """Find what a program prints for a missing number, in words, in drawings and in the files that links carry."""
    for where, text in (*_words(soup), *_carried(soup)):
        if found := _NO_NUMBER.search(text):
            near = " ".join(text[max(0, found.start() - 40) : found.end() + 20].split())
            yield (
                f"{where} shows {found[0]!r} where a number or the reason for its absence belongs: {near!r}; "
                "whoever maintains the library has to tell the reason there"
            )


def _words(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for text in soup.find_all(string=True):
        if text.parent and text.parent.name != "style":
            yield "the page", str(text)
    for name in ("alt", "aria-label", "title"):
        yield from ((f"the {name} of a {tag.name}", _attribute(tag, name)) for tag in _having(soup, name))


def _carried(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield the words of drawings, and the files that links carry."""
    for found in _addresses(soup, _FILE):
        yield "a download", found
    for drawing in _addresses(soup, _DRAWING):
        yield from (("a drawing", text) for text in _WRITTEN.findall(drawing))


def _addresses(soup: BeautifulSoup, kind: re.Pattern[str]) -> Iterator[str]:
    """Yield the files of a kind that stand in addresses of the page."""
    for tag in soup.find_all(["a", "img", "source"]):
        for name in ("href", "src", "srcset"):
            if found := kind.match(_attribute(tag, name)):
                yield base64.b64decode(found[1]).decode("utf-8", "replace")


def _drawings(soup: BeautifulSoup) -> Iterator[str]:
    for drawing in (*map(str, soup.find_all("svg")), *_addresses(soup, _DRAWING)):
        if found := _NO_PLACE.search(_WRITTEN.sub("><", drawing)):
            yield (
                f"a drawing puts something at {found[0]!r}: {drawing[found.start() - 40 : found.end()]!r}; "
                "whoever maintains the library has to leave it out and say why"
            )


def _privacy(soup: BeautifulSoup) -> Iterator[str]:
    attributes = (
        _attribute(tag, name)
        for tag in soup.find_all(True)
        for name in tag.attrs
        if not _attribute(tag, name).startswith("data:") and not _ELSEWHERE.match(_attribute(tag, name))
    )
    texts = (str(text) for text in soup.find_all(string=True) if text.parent and text.parent.name != "style")
    for text in (*texts, *attributes):
        for what, pattern in _PRIVATE.items():
            if found := pattern.search(text):
                yield f"the page shows {what}: {found[0][:60]!r}"


_CHECKS: tuple[Callable[[BeautifulSoup], Iterator[str]], ...] = (
    *(_document, _landmarks, _headings, _ids, _pictures, _figures, _tables, _tags, _links, _numbers),
    _drawings,
    *(_network, _styles, _keyboard, _privacy),
)
