"""What readers meet, measured: words outside folds, heights, labels that touch or are cut off."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from browser import axe_faults, chromium, opened, overflow

_DRAWING = re.compile(r'(?:src|srcset)="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"')

#: Which labels of each drawing on the page touch one another or leave the drawing, by its place.
_LABELS = """
drawings => {
  document.body.innerHTML = drawings.map(one => `<div>${one}</div>`).join('');
  return [...document.querySelectorAll('svg')].flatMap((svg, place) => {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
    const cut = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1).map(([text]) => `${place}: ${text} is cut off`);
    const touching = boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([, b]) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > .5
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
      .map(([other]) => `${place}: ${one} and ${other} touch`));
    return [...cut, ...touching];
  });
}
"""
#: Which words of the page lie on others, or beyond what can be seen of them.
_TEXTS = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), lines = [];
  for (let node; node = walker.nextNode();) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})
        || parent.closest('.unseen, .skip, svg, style')
        || getComputedStyle(parent.closest('thead, p') || parent).position === 'absolute') continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width > 1) lines.push([node.data.trim().slice(0, 40), box, parent]);
  }
  const seen = parent => {
    for (let one = parent; one; one = one.parentElement)
      if (getComputedStyle(one).position === 'sticky') return false;
    return true;
  };
  const still = lines.filter(([, , parent]) => seen(parent)).sort((a, b) => a[1].top - b[1].top);
  const found = still.filter(([, box, parent]) => !parent.closest('.scroll')
    && (box.right > innerWidth + 1 || box.left < -1)).map(([text]) => `${text} is cut off`);
  still.forEach(([one, a], at) => {
    for (let next = at + 1; next < still.length && still[next][1].top < a.bottom - 2; next++) {
      const [other, b] = still[next];
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
          && Math.min(a.bottom, b.bottom) - b.top > 4) found.push(`${one} and ${other} touch`);
    }
  });
  return found;
}
"""


def words(html: str) -> int:
    """Return how many words a page shows before anything is opened."""
    soup = BeautifulSoup(html, "html.parser")
    for fold in soup.find_all("details"):
        for part in fold.find_all(True, recursive=False):
            if part.name != "summary":
                part.decompose()
    return len(soup.body.get_text(" ").split()) if soup.body else 0


def drawings(html: str) -> list[str]:
    """Return the charts of a page, wide and narrow, as SVG."""
    return [base64.b64decode(found).decode() for found in _DRAWING.findall(html)]


def crowded_labels(shown: Any, svgs: Sequence[str]) -> list[str]:
    """Return which labels of some charts touch or are cut off; `shown` is a page of the browser, left changed."""
    found: list[str] = shown.evaluate(_LABELS, list(svgs))
    return found


def crowded_text(shown: Any) -> list[str]:
    """Return which words of an open page touch others or are cut off."""
    found: list[str] = shown.evaluate(_TEXTS)
    return found


def height(shown: Any) -> int:
    """Return how many pixels high an open page is."""
    return int(shown.evaluate("document.documentElement.scrollHeight"))


def pages_of(folder: Path) -> dict[str, str]:
    """Return the pages of a snapshot by name."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.html"))}


#: What pages may not be: words outside folds of the front page, and of all pages but the definitions; heights at 1280.
FRONT_PAGE = 600
WORDS = {"southampton": 14_000, "exampleshire": 21_000}
HEIGHTS = {
    ("southampton", "treatment_and_recovery"): 9_000, ("exampleshire", "treatment_and_recovery"): 13_500,
    ("southampton", "scorecard"): 3_200, ("exampleshire", "scorecard"): 3_200,
}  # fmt: skip
#: What nobody says to a councillor: verdicts in the words of a test, and software's own voice.
_STRANGE = re.compile(
    r"however it was rounded|if at least [\d,]+ people|newest years have intervals|\bits doubt\b|\bthe doubt of\b"
    r"|Requiring focus: None|Nobody has written|\b[Tt]he (library|suite)\b|Source: The |\b[Nn]otebook|data ?frame"
    r"|(?<![\d.,])1 (points|adults|people|measures|figures|periods|years|months|findings|deaths|queries)\b"
    r"|\bin 20\d{4}\b|Published as \[|Hidden by the publisher|[Nn]ot loaded|\bKendall|\b(by|up|down) 0\.0 |Similar than"
    r"|\bparameters?\b|\bboolean\b|\bkernel\b|\bnull\b|\bPython\b|\bfunction\b"
)


def over_budget(area: str, pages: dict[str, str]) -> list[str]:
    """Return by how much the pages of an area say more than they may, before anything is opened."""
    told = {name: words(html) for name, html in pages.items()}
    total = sum(number for name, number in told.items() if name != "definitions")
    found = [f"front page: {told['index']} words"] if told["index"] > FRONT_PAGE else []
    found += [f"all pages: {total} words"] if total > WORDS[area] else []
    return found + ([] if "<svg" in pages["index"] else ["front page: no picture"])


def strange_words(html: str) -> list[str]:
    """Return what a page says that nobody says, each with the words before it."""
    soup = BeautifulSoup(html, "html.parser")
    for part in soup.find_all("style"):
        part.decompose()
    text = " ".join(soup.get_text(" ").split())
    return [text[max(0, found.start() - 50) : found.end()] for found in _STRANGE.finditer(text)]


def crowded_pages(area: str, folder: Path, looks: Sequence[tuple[str, int]], *, axe: bool = False) -> list[str]:
    """Return what touches, is cut off, too wide or too high on pages opened at some widths, and what axe finds."""
    found = []
    with chromium() as browser:
        for name, width in looks:
            with opened(browser, folder / f"{name}.html", width=width) as shown:
                limit = HEIGHTS.get((area, name)) if width == 1280 else None
                faults = [*crowded_text(shown), *(axe_faults(shown) if axe else [])]
                faults += ["it scrolls sideways"] if overflow(shown) > 0 else []
                faults += [f"{height(shown)} pixels high"] if limit and height(shown) > limit else []
                found += [f"{name} at {width}: {fault}" for fault in faults]
        drawn = [svg for name in {name for name, _ in looks} for svg in drawings((folder / f"{name}.html").read_text())]
        with opened(browser, "<body></body>") as shown:
            found += crowded_labels(shown, drawn)
    return found
