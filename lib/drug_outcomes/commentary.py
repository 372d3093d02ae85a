"""What people wrote beside the figures: `commentary/<period>.md` of an area.

A file holds sections headed by a commitment's or measure's id. Under the heading stand a line
`Author: ..., DATE` and the text in Markdown. Text for the partnership stands in `<period>.partnership.md`
and is never opened for the public.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes.areas import Area
from drug_outcomes.errors import DisclosureRefused, UnreadableInput
from drug_outcomes.periods import Period
from drug_outcomes.vocabulary import Audience

_HEADING = re.compile(r"^## +(?P<about>[a-z0-9_]+) *$", re.MULTILINE)
_SIGNED = re.compile(r"^Author: *(?P<author>.+), *(?P<date>\d{4}-\d{2}-\d{2}) *$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?")


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
    names = [
        f"{period.slug}.md",
        *([f"{period.slug}.partnership.md"] if audience is Audience.PARTNERSHIP else []),
    ]
    found = [passage for name in names for passage in _passages(area.folder / "commentary" / name, known)]
    earlier = _earlier(area, period, audience, known)
    marked = [
        Passage(**{**vars(passage), "carried_forward_from": earlier.get((passage.about, passage.text), "")})
        for passage in found
    ]
    return {
        about: [p for p in marked if p.about == about] for about in dict.fromkeys(p.about for p in marked)
    }


def _earlier(
    area: Area, period: Period, audience: Audience, known: Collection[str]
) -> dict[tuple[str, str], str]:
    """Return the label of the earliest of the eight quarters before in which a text already stood."""
    quarters = [period]
    for _ in range(8):
        quarters.append(quarters[-1].previous())
    return {
        (passage.about, passage.text): quarter.label
        for quarter in quarters[1:]
        for passage in _passages(area.folder / "commentary" / f"{quarter.slug}.md", known)
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
    signed = _SIGNED.search(body)
    if signed is None:
        raise UnreadableInput(
            f"the passage about {about} does not say who wrote it when",
            expected="a line 'Author: NAME, 2025-01-31' under its heading",
            file=file,
            row=line,
        )
    words = (body[: signed.start()] + body[signed.end() :]).strip()
    return Passage(about, signed["author"].strip(), signed["date"], words, file.name, line)


def require_nothing_hidden(passages: Collection[Passage], hidden: Mapping[str, Collection[float]]) -> None:
    """Refuse commentary that prints a number equal to a hidden figure of what it is about.

    Parameters
    ----------
    hidden : the hidden numbers by id of commitment or measure.
    """
    for passage in passages:
        for offset, row in enumerate(passage.text.splitlines()):
            printed = {float(word.replace(",", "")) for word in _NUMBER.findall(row)}
            if printed & set(hidden.get(passage.about, ())):
                raise DisclosureRefused(
                    f"the commentary on {passage.about} prints a number that is hidden on its page",
                    expected="no number equal to a hidden figure of this commitment",
                    try_next="write it in words that give no number, or move it to the partnership's file",
                    file=passage.file,
                    row=passage.line + offset + 1,
                )


def hidden_numbers(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, set[float]]:
    """Return the numbers that clearing took out, by measure and by commitment.

    Parameters
    ----------
    before, after : the same observations before and after `disclosure.withhold`, with equal index; `after`
        carries `withheld`. Both need a column `commitment`.
    """
    lost = before[after["withheld"] != ""]
    numbers = lost.melt(
        id_vars=["measure", "commitment"],
        value_vars=["value", "numerator", "denominator"],
        value_name="figure",
    ).dropna(subset="figure")
    by = [numbers.groupby(name)["figure"].agg(set) for name in ("measure", "commitment")]
    return {str(key): found for each in by for key, found in each.items()}
