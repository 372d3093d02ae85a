"""Columns that a reader does not know and that pick out a part: women only, or one age group.

A column may be left out only if it cannot select: it says nothing but "all", or repeats a column that is read.
Any other would make the figures of a part look like those of everybody.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import labelling

#: Words of which the header of a column that selects consists.
_GROUP = re.compile(
    r"sex|gender|ages?|agegroup|ageband|ethnic|ethnicity|race|nationality|religion|disability|deprivation"
    r"|category|characteristic|tenure|offence|crime|substance|drugs?|cohort|quintile|decile|imd|phase"
    r"|sexuality|orientation|subgroup|breakdown|housing|employment|cause|diagnosis|intent"
)
_BESIDE = re.compile(
    r"c|groups?|bands?|names?|code|type|desc|description|label|of|the|and|level|by|main|detailed|filter"
    r"|values?|class|status|single|years?"
)
_EVERYBODY = labelling.TOTALS | {
    *("t", "_t", "none", "-", "value", "not applicable", "n/a", "na", "z", "any", "everyone", "everybody"),
    *("all people", "all categories", "all groups", "all usual residents", "total population", "all sexes"),
    *("all ethnicities", "all tenures", "all drugs", "all substances", "all offences", "all pupils"),
}
#: Cells that are words of a part whatever stands above them.
_PART = re.compile(
    r"(?:fe)?males?|(?:wo)?men|boys|girls|white(?: british)?|asian.*|black.*|mixed.*|other ethnic.*"
    r"|(?:aged? )?\d{1,2} ?(?:-|–|to) ?\d{1,3}(?: years?| yrs?)?|aged? \d.*|(?:under|over) \d{1,2}s?"
    r"|\d{1,2}(?:\+| and over| years and over)|(?:owned|rented|social rent|private rent).*"
)
#: Headers of columns that describe the area, the comparison or the file, and never a part.
_BESIDE_AREA = re.compile(
    r"parent|region|country|county|area|authority|geograph|compar|trend|name|note|goal|new data|code|\bid\b|url"
    r"|date|source|level|status|comment|level|row"
)
_NUMBER = re.compile(r"-?[\d.,]+%?")


def refuse_unread(
    file: Path,
    header: int,
    texts: Sequence[str],
    read: Sequence[int],
    rows: Sequence[tuple[str, ...]],
    *,
    each_row_one_figure: bool = True,
) -> None:
    """Refuse a file with a column that selects and is not read, naming the column.

    Parameters
    ----------
    header : row of the header. texts : its cells.
    read : places of the columns that are read. rows : the rows of data.
    each_row_one_figure : so that two rows alike in all that is read are two parts of one figure, told apart by
        a column that is not; otherwise rows are counted or added up.
    """
    known = {place: _cells(rows, place) for place in read}
    twice = _alike(known, len(rows)) if each_row_one_figure else []
    for place, text in enumerate(texts):
        if place in known or not text.strip():
            continue
        cells = _cells(rows, place)
        parts = {cell for cell in cells if not is_everybody(cell)}
        apart = not _BESIDE_AREA.search(labelling.plain(text)) and any(
            cells[one] != cells[other] and not _NUMBER.fullmatch(cells[one]) for one, other in twice
        )
        if apart or (parts and _selects(text, parts) and not _repeats(text, cells, texts, known)):
            some = ", ".join(sorted(parts)[:3])
            raise UnreadableInput(
                f"the column {text.strip()!r} picks out a part ({some}), and this reader does not know it",
                expected="a file of everybody, or columns for the groups that this source is published by",
                try_next="fetch it for everybody, or take the column out if it repeats another",
                file=file,
                row=header,
            )


def _alike(known: Mapping[int, Sequence[str]], count: int) -> list[tuple[int, int]]:
    """Return pairs of rows that are alike in every column that is read."""
    first: dict[tuple[str, ...], int] = {}
    pairs = []
    for row in range(count):
        earlier = first.setdefault(tuple(cells[row] for cells in known.values()), row)
        if earlier != row:
            pairs.append((earlier, row))
    return pairs


def is_everybody(cell: str) -> bool:
    """Whether a cell selects nobody: "Total", "all ages", an empty one."""
    return labelling.plain(cell) in _EVERYBODY


def _cells(rows: Sequence[tuple[str, ...]], place: int) -> list[str]:
    return [row[place].strip() if place < len(row) else "" for row in rows]


def _selects(header: str, parts: set[str]) -> bool:
    """Whether a column is one of groups: its header says so, or all its cells do."""
    words = set(re.findall(r"[a-z]+", labelling.plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header))))
    groups = {word for word in words if _GROUP.fullmatch(word)}
    named = bool(groups) and all(_BESIDE.fullmatch(word) for word in words - groups)
    if named and {"age", "sex", "gender"} & words and not re.search(r"\d", header):
        return True  # ages and codes of sexes may be numbers
    texts = {cell for cell in parts if not _NUMBER.fullmatch(cell)}
    return bool(texts) and (named or all(_PART.fullmatch(labelling.plain(cell)) for cell in texts))


def _repeats(header: str, cells: Sequence[str], texts: Sequence[str], known: Mapping[int, Sequence[str]]) -> bool:
    """Whether each cell follows from one column that is read; one that never changes from its namesake."""
    stem = labelling.squeeze(re.split(r"[_ ](?:code|name|type|id|sort)", labelling.plain(header))[0])
    for place, others in known.items():
        namesake = len(stem) > 1 and labelling.squeeze(texts[place]).startswith(stem)
        follows = len(set(zip(others, cells, strict=True))) == len(set(others))
        if follows and (namesake or (len(set(cells)) > 1 and len(set(others)) < len(others))):
            return True
    return False
