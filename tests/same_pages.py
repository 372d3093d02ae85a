"""Compare two output folders as their readers see them: `python tests/same_pages.py BEFORE AFTER`.

HTML is parsed, with white space, the coordinates of drawings and the style sheet left out; CSV and ODS are compared
cell by cell, JSON key by key. Versions, hashes and the names of inputs are no part of what a reader sees. Prints
every difference and exits with 1 where there is one.
"""

import argparse
import base64
import csv
import difflib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Comment, NavigableString, Tag

#: Attributes that say where and how something is drawn, not what is said.
_DRAWN = frozenset(
    (
        *("x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "d", "points", "transform"),
        *("width", "height", "viewbox", "viewBox", "style", "class"),
    )
)
#: Manifest keys that tell of the build and not of what was built.
_BUILD = frozenset(("versions", "files", "inputs", "keys", "library", "stamps", "key", "sha256"))
_SKIPPED = frozenset((".runs", ".lock"))
_HASH = re.compile(r"\b[0-9a-f]{12,64}\b")


def said(html: str) -> list[str]:
    """Return what a page says, line by line: tags with their attributes, texts, alternative texts."""
    return list(_lines(BeautifulSoup(html, "html.parser")))


def _lines(node: Tag) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, Comment):
            continue
        if isinstance(child, NavigableString):
            words = " ".join(child.split())
            if words:
                yield _HASH.sub("HASH", words)
        elif isinstance(child, Tag) and child.name not in ("style", "meta"):
            yield f"<{child.name}{_attributes(child)}>"
            yield from _lines(child)


def _attributes(tag: Tag) -> str:
    told = []
    for name, value in sorted(tag.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else str(value)
        if name in _DRAWN:
            continue
        if text.startswith("data:image/svg+xml;base64,"):
            drawing = base64.b64decode(text.partition(",")[2]).decode("utf-8")
            text = " ".join(said(drawing))
        elif text.startswith("data:"):
            text = text.partition(",")[0]
        told.append(f" {name}={' '.join(_HASH.sub('HASH', text).split())!r}")
    return "".join(told)


def _csv(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [" | ".join(row) for row in csv.reader(lines)]


def _ods(file: Path) -> list[str]:
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    content = ElementTree.fromstring(zipfile.ZipFile(file).read("content.xml"))  # noqa: S314 - our own file
    rows = []
    for sheet in content.iter(f"{table}table"):
        rows.append(f"sheet {sheet.get(f'{table}name')}")
        for row in sheet.iter(f"{table}table-row"):
            rows.append(" | ".join(" ".join("".join(cell.itertext()).split()) for cell in row))
    return rows


def _json(file: Path) -> list[str]:
    return json.dumps(_told(json.loads(file.read_text(encoding="utf-8"))), indent=1, sort_keys=True).split("\n")


def _told(value: object) -> object:
    if isinstance(value, dict):
        return {name: _told(part) for name, part in value.items() if name not in _BUILD}
    if isinstance(value, list):
        return [_told(part) for part in value]
    return _HASH.sub("HASH", value) if isinstance(value, str) else value


def content(file: Path) -> list[str]:
    """Return what one file says, as lines that can be compared."""
    if file.suffix == ".html":
        return said(file.read_text(encoding="utf-8"))
    if file.suffix == ".csv":
        return _csv(file)
    if file.suffix == ".ods":
        return _ods(file)
    if file.suffix == ".json":
        return _json(file)
    if file.suffix == ".ipynb":
        return []  # the page is its conversion
    return [file.read_bytes().hex()]


def differences(before: Path, after: Path) -> dict[str, list[str]]:
    """Return the lines that differ of each file, by its path; a file that stands on one side only is a line too."""
    files = {
        file.relative_to(folder).as_posix()
        for folder in (before, after)
        for file in folder.rglob("*")
        if file.is_file() and not _SKIPPED & set(file.relative_to(folder).parts)
    }
    found = {name: list(_compared(before / name, after / name)) for name in sorted(files)}
    return {name: lines for name, lines in found.items() if lines}


def _compared(before: Path, after: Path) -> Iterator[str]:
    if not before.is_file() or not after.is_file():
        yield f"only {'after' if after.is_file() else 'before'}"
        return
    changed = difflib.unified_diff(content(before), content(after), n=0, lineterm="")
    yield from (line for line in changed if not line.startswith(("---", "+++", "@@")))


def main() -> int:
    """Compare the folders named on the command line."""
    parser = argparse.ArgumentParser(description="Compare two output folders as their readers see them.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--most", type=int, default=20, help="lines printed of each file")
    options = parser.parse_args()
    found = differences(options.before, options.after)
    for name, lines in found.items():
        print(f"{name}: {len(lines)} lines differ")
        print(*(f"    {line[:400]}" for line in lines[: options.most]), sep="\n")
    print(f"{len(found)} files differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
