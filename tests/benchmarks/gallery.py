"""Take pictures of the pages of snapshots, and measure them: `gallery.py [--into DIR] FOLDER...`.

Each page is taken at 1280, 390 and 320 pixels; the front page, the scorecard and a page of cards also dark, in
forced colours and printed. What is measured is what `tests/whole/test_readers.py` holds: words, heights, bytes, labels
that touch or are cut off, and with --axe what axe finds.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

import looking
from browser import axe_faults, chromium, opened, overflow

_LOOKS: dict[str, dict[str, Any]] = {
    "1280": {"width": 1280}, "390": {"width": 390}, "320": {"width": 320},
    "dark": {"width": 1280, "color_scheme": "dark"},
    "forced": {"width": 1280, "forced_colors": "active"},
}  # fmt: skip
_EVERY_LOOK = ("index", "scorecard", "treatment_and_recovery")


def take(folder: Path, into: Path | None, *, axe: bool, only: list[str]) -> None:
    """Print the measures of a folder's pages, and keep their pictures in `into`."""
    found = {name: html for name, html in looking.pages_of(folder).items() if not only or name in only}
    print(f"{folder}\n{'page':24}{'words':>7}{'kB':>6}{'1280':>7}{'390':>7}  faults")
    total = 0
    with chromium() as browser:
        for name, html in found.items():
            total += looking.words(html) if name != "definitions" else 0
            faults, heights = [], {}
            for look, options in _LOOKS.items():
                if look in ("dark", "forced") and name not in _EVERY_LOOK:
                    continue
                with opened(browser, folder / f"{name}.html", **options) as shown:
                    heights[look] = looking.height(shown)
                    faults += [f"{look}: {one}" for one in looking.crowded_text(shown)]
                    faults += [f"{look}: {wider} px too wide"] if (wider := overflow(shown)) > 0 else []
                    faults += [f"{look}: axe: {one}" for one in axe_faults(shown)] if axe else []
                    if into:
                        shown.screenshot(path=into / f"{name}-{look}.png", full_page=True)
            with opened(browser, "<body></body>", width=1280) as shown:
                faults += looking.crowded_labels(shown, looking.drawings(html))
            if into and name in _EVERY_LOOK:
                with opened(browser, folder / f"{name}.html") as shown:
                    shown.pdf(path=into / f"{name}.pdf", prefer_css_page_size=True)
            print(f"{name:24}{looking.words(html):7}{len(html.encode()) // 1000:6}"
                  f"{heights['1280']:7}{heights['390']:7}  {len(faults)}")  # fmt: skip
            for fault in dict.fromkeys(faults):
                print(f"    {fault}")
    print(f"words outside folds and definitions: {total:,}\n")


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="snapshots: outputs/AREA/PERIOD/AUDIENCE")
    parser.add_argument("--into", type=Path, help="where pictures go; without it pages are only measured")
    parser.add_argument("--axe", action="store_true", help="run axe too")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    asked = parser.parse_args()
    for folder in asked.folders:
        into = asked.into / "-".join(folder.resolve().parts[-3:]) if asked.into else None
        if into:
            into.mkdir(parents=True, exist_ok=True)
        take(folder, into, axe=asked.axe, only=asked.only)


if __name__ == "__main__":
    main()
