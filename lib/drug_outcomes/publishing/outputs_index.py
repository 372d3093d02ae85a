"""The list of all snapshots, outputs/index.html: newest first, and the only page that changes later."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drug_outcomes.definitions import areas
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.intake import received
from drug_outcomes.publishing import pages
from drug_outcomes.reporting import markup, wording
from drug_outcomes.reporting.markup import Content


@dataclass(frozen=True)
class Listed:
    """A snapshot that stands: its folder and what its manifest says."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def released(self) -> bool:
        """Whether it was cleared for release: its manifest says by whom and on which date; and not withdrawn."""
        return bool(self.manifest.get("released")) and not self.manifest.get("withdrawn")


def listed(root: Path) -> list[Listed]:
    """Return the snapshots below `root`/outputs, newest period first; partial ones are never listed."""
    found = []
    for file in sorted((root / "outputs").glob("*/*/*/snapshot.json")):
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # not a snapshot that stands: the next build replaces it
        if file.parent.name.partition(".")[0] in set(Audience) and not manifest.get("partial"):
            found.append(Listed(file.parent, manifest))
    order = sorted(found, key=lambda one: (one.manifest["area"], one.manifest["audience"]))
    return sorted(order, key=lambda one: (one.folder.parent.name, one.manifest["as_of"]), reverse=True)


def stands_released(folder: Path) -> str:
    """Return the date of knowledge of the released snapshot that stands in a folder, "" where none does."""
    try:
        one = Listed(folder, json.loads((folder / "snapshot.json").read_text(encoding="utf-8")))
        return str(one.manifest["as_of"]) if one.released else ""
    except (OSError, ValueError, KeyError):
        return ""


def last_released(root: Path, area: str, audience: str, before: tuple[str, str]) -> Path | None:
    """Return the newest released snapshot of an area and audience before a period's slug and as_of."""
    known = [
        one.folder
        for one in listed(root)
        if one.released
        and (one.manifest["area"], one.manifest["audience"]) == (area, audience)
        and (one.folder.parent.name, one.manifest["as_of"]) < before
    ]
    return known[0] if known else None


def write(root: Path) -> Path:
    """Write outputs/index.html and return it."""
    rows = [_row(root, one) for one in listed(root)]
    columns = ["Area and period", "Audience", "As known on", "State"]
    body = (
        markup.table(columns, rows, "Snapshots, newest period first")
        if rows
        else markup.paragraph("No snapshot has been built yet.")
    )
    html = pages.page(body, title="All periods", period="", partnership="Drug outcomes")
    pages.require(html, "index.html")
    file = root / "outputs" / "index.html"
    received.place(file, html.encode())
    return file


def _row(root: Path, one: Listed) -> list[Content]:
    name = f"{_area_name(root, one.manifest['area'])}, {one.manifest['period']}"
    address = (one.folder / "index.html").relative_to(root / "outputs").as_posix()
    return [
        markup.link(f"{name}, {one.manifest['audience']}", address),
        one.manifest["audience"].capitalize(),
        wording.date_in_words(one.manifest["as_of"]),
        "Withdrawn" if one.manifest.get("withdrawn") else "Released" if one.released else "Draft",
    ]


def _area_name(root: Path, area_id: str) -> str:
    """Return an area's name; its snapshots may outlive its folder under data/areas, and then its id is all there is."""
    if area_id not in areas.all_ids(root):
        return area_id
    area = areas.load(root, area_id)
    return area.name + area.mark
