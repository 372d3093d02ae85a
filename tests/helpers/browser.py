"""The machine's Chromium, driven for tests of accessibility; tests skip where there is none."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDTHS = (1280, 320)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Contrast that axe cannot settle by itself; every pair of colours is tested in test_drawing instead.
UNSETTLED_CONTRAST = {"nonBmp", "shortTextContent", "elmPartiallyObscured", "elmPartiallyObscuring"}
#: The spacing that WCAG 2.2, success criterion 1.4.12, lets a reader set.
TEXT_SPACING = (
    "* {line-height:1.5 !important;letter-spacing:.12em !important;word-spacing:.16em !important}"
    " p {margin-bottom:2em !important}"
)


def executable() -> str:
    """Return where Chromium is, or skip."""
    found = os.environ.get("OUTCOMES_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium on this machine: install one, or set OUTCOMES_CHROMIUM to its path")
    return found


def require_arial() -> None:
    """Skip where the pages' font is missing, and one with its widths: lines and sheets then break elsewhere."""
    told = shutil.which("fc-match")
    found = subprocess.run([told, "Arial"], capture_output=True, text=True, check=True).stdout if told else "Arial"
    if not any(name in found for name in ("Arial", "Arimo", "Liberation")):
        pytest.skip("neither Arial nor a font of its widths on this machine: install Liberation Sans")


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a running browser, or skip with the reason."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    place = executable()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Any, source: str | Path, *, width: int = 1280, bypass: bool = True, **options: Any
) -> Iterator[Any]:
    """Yield a page of the browser that shows some HTML or a file; `bypass` lets axe past the page's policy."""
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=bypass, **options)
    page = context.new_page()
    if isinstance(source, Path):
        page.goto(source.resolve().as_uri())
    else:
        page.set_content(source)
    yield page
    context.close()


def axe_faults(page: Any) -> list[str]:
    """Return what axe holds against a page: violations, and what it could not settle apart from contrast."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations", "incomplete"]}
    response = axe.run(page, options=options).response
    found = [(fault, node) for fault in response["violations"] for node in fault["nodes"]]
    unsure = [(fault, node) for fault in response["incomplete"] for node in fault["nodes"] if not _settled(fault, node)]
    return [f"{fault['id']}: {node['html'][:120]}" for fault, node in found + unsure]


def _settled(fault: dict[str, Any], node: dict[str, Any]) -> bool:
    reasons = {(check.get("data") or {}).get("messageKey") for check in node["any"]}
    return fault["id"] == "color-contrast" and reasons <= UNSETTLED_CONTRAST


def overflow(page: Any) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
