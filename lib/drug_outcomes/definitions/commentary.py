"""What people wrote beside the figures: `commentary/<period>.md` of an area.

A file holds sections headed by a commitment's or measure's id. Under the heading stand a line
`Author: ..., DATE` and the text in Markdown. Text for the partnership stands in a file of the same
name under `restricted/commentary/` (or, of a fictional area, in `<period>.partnership.md`) and is never opened for the
public.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from drug_outcomes.definitions.areas import CLOSED, Area
from drug_outcomes.definitions.periods import Period
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import UnreadableInput

_HEADING = re.compile(r"^## +(?P<about>[a-z0-9_]+) *$", re.MULTILINE)
_SIGNED = re.compile(r"\s*Author: *(?P<author>.+), *(?P<date>\d{4}-\d{2}-\d{2}) *(?:\n|$)")


FOLDER = "commentary"


@dataclass(frozen=True)
class Passage:
    """One piece of commentary: what it is about, who wrote it when, the text, and where it stands."""

    about: str
    author: str
    date: str
    text: str
    file: str
    line: int
    carried_forward_from: str = ""


def read(area: Area, period: Period, audience: Audience, known: Collection[str]) -> dict[str, list[Passage]]:
    """Return the passages for a period by what they are about.

    `known` are the ids that a heading may name; another heading is `UnreadableInput`. A passage whose words
    are the same as in an earlier period says from which one it is carried forward.
    """
    found = _of_period(area, period, audience, known)
    earlier = _earlier(area, period, audience, known)
    marked = [replace(each, carried_forward_from=earlier.get((each.about, each.text), "")) for each in found]
    return {about: [each for each in marked if each.about == about] for about in {each.about for each in marked}}


def _of_period(area: Area, period: Period, audience: Audience, known: Collection[str]) -> list[Passage]:
    """Return the passages of one period; the partnership's own file is opened for the partnership alone."""
    files = [area.folder / FOLDER / f"{period.slug}.md"]
    if audience is Audience.PARTNERSHIP:
        files.append(area.folder / FOLDER / f"{period.slug}.partnership.md")
        files.append(area.folder / CLOSED / FOLDER / f"{period.slug}.md")
    return [passage for file in files for passage in _passages(file, known)]


def _earlier(area: Area, period: Period, audience: Audience, known: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the label of the earliest of the quarters of two years before in which a text already stood."""
    quarters = [period.shifted(-3 * step) for step in range(1, 9)]
    return {
        (passage.about, passage.text): quarter.label
        for quarter in quarters
        for passage in _of_period(area, quarter, audience, known)
    }


def _passages(file: Path, known: Collection[str]) -> list[Passage]:
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    starts = list(_HEADING.finditer(text))
    stray = [line for line in text.splitlines() if line.startswith("## ") and not _HEADING.match(line)]
    if stray:
        raise UnreadableInput(
            f"the heading {stray[0]!r} names no id", expected="## <commitment or measure id>", file=file
        )
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [_passage(file, text, start, end, known) for start, end in zip(starts, ends, strict=True)]


def _passage(file: Path, text: str, start: re.Match[str], end: int, known: Collection[str]) -> Passage:
    line = text.count("\n", 0, start.start()) + 1
    about, body = start["about"], text[start.end() : end]
    if about not in known:
        raise UnreadableInput(
            f"the heading '## {about}' is neither a commitment nor a measure",
            expected="an id such as " + ", ".join(sorted(known)[:3]),
            file=file,
            row=line,
        )
    signed = _SIGNED.match(body)
    if signed is None:
        raise UnreadableInput(
            f"the passage about {about} does not say who wrote it when",
            expected="a line 'Author: NAME, 2025-01-31' under its heading",
            file=file,
            row=line,
        )
    rest = body[signed.end() :]
    begins = start.end() + signed.end() + len(rest) - len(rest.lstrip())
    return Passage(
        about, signed["author"].strip(), signed["date"], rest.strip(), file.name, text.count("\n", 0, begins) + 1
    )


def lines(area: Area, period: Period, known: Collection[str]) -> list[dict[str, str | int]]:
    """Return every line of a period's public commentary: about, text, file, row."""
    return [
        {"about": each.about, "text": line, "file": f"commentary/{each.file}", "row": each.line + offset}
        for each in _of_period(area, period, Audience.PUBLIC, known)
        for offset, line in enumerate(each.text.splitlines())
    ]
