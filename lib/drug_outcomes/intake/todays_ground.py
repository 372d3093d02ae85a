"""Figures of today's ground: those filed under earlier codes, and those filed for its parts.

A code that changed while the ground stayed is replaced by today's, with a note. Where a file has no figure of
an area but one of every district, partnership or earlier council that its ground consists of, their sum
stands for it. Earlier councils whose ground was divided are other ground: their figures are not joined.
"""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from drug_outcomes.definitions import ground
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.observations import COLUMNS, KEY
from drug_outcomes.errors import UsageError
from drug_outcomes.intake.sums import summed

#: What a cut's parts are called in notes.
_WORDS = {
    "districts": "districts",
    "partnerships": "community safety partnerships",
    "earlier_councils": "earlier councils",
}
LEFT_OUT_COLUMNS = ("source", "file", "rows", "periods", "reason")
#: One figure of one file, whatever area it is filed under.
_FIGURE = [*(name for name in KEY if name != "area"), "indicator", "source", "file", "sheet", "vintage"]


@dataclass(frozen=True)
class Resolved:
    """Rows under today's codes, and what of an area's ground could not be brought there.

    Attributes
    ----------
    rows : observations.
    left_out : source, file, rows (how many), periods (first to last), reason (a sentence).
    """

    rows: pd.DataFrame
    left_out: pd.DataFrame


def resolve(rows: pd.DataFrame, codes: Collection[str], definitions: Definitions, told_of: str = "") -> Resolved:
    """Bring figures to today's ground.

    Parameters
    ----------
    rows : observations, matched to measures or not.
    codes : the areas that sums are made for.
    told_of : the area of which it is told what was left out.
    """
    renewed = recoded(rows)
    sums = [one for code in sorted(codes) for one in _sums(renewed, code, definitions)]
    told = pd.DataFrame(_left_out(renewed, sums, told_of), columns=list(LEFT_OUT_COLUMNS))
    return Resolved(pd.concat([renewed, *sums], ignore_index=True) if sums else renewed, told)


def of_area(rows: pd.DataFrame, code: str, definitions: Definitions) -> pd.DataFrame:
    """Return what one file says of an area, under any code that its ground has had, or in sum of its parts.

    An area the file does not hold is refused with `UsageError`, naming near ones.
    """
    now = ground.today(code)
    found = resolve(rows, [now], definitions, now)
    chosen = found.rows[found.rows["area"] == now]
    if chosen.empty:
        held = sorted(set(rows["area"]) - {""})
        near = difflib.get_close_matches(code, held, n=5, cutoff=0.5)
        raise UsageError(
            "; ".join([f"the file holds no figure for the area {code!r}", *found.left_out["reason"].unique()]),
            expected=f"one of the {len(held)} areas in it, for example {', '.join(near or held[:5])}",
            try_next="give the GSS code of an area in the file, such as E06000045",
        )
    return chosen.reset_index(drop=True)


def recoded(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace earlier codes of the same ground by today's; a row under today's code of the same file stands."""
    held = {code: ground.today(code) for code in rows["area"].unique()}
    earlier = rows["area"].map(held) != rows["area"]
    if not earlier.any():
        return rows
    why = ground.table().set_index("code")["note"].reindex(rows.loc[earlier, "area"]).fillna("").to_numpy()
    note = "filed under " + rows.loc[earlier, "area"] + ", an earlier code of this ground"
    note += pd.Series([f"; {words}" if words else "" for words in why], note.index)
    said = rows["note"].where(rows["note"] == "", rows["note"] + "; ")
    renewed = rows.assign(area=rows["area"].map(held), note=rows["note"].where(~earlier, said + note))
    figure = pd.MultiIndex.from_frame(renewed[["area", *_FIGURE]])
    twice = earlier & figure.isin(figure[~earlier])
    return renewed[~twice].reset_index(drop=True)


def _sums(rows: pd.DataFrame, code: str, definitions: Definitions) -> Iterator[pd.DataFrame]:
    """Yield the sums of parts for figures that no row of their file has for the whole."""
    held = pd.MultiIndex.from_frame(rows.loc[rows["area"] == code, _FIGURE])
    for cut in ground.cuts(code):
        parts = rows[rows["area"].isin(cut.parts)]
        if parts.empty:
            continue
        figure = pd.MultiIndex.from_frame(parts[_FIGURE])
        complete = parts.groupby(_FIGURE)["area"].transform("nunique") == len(cut.parts)
        fresh = parts[complete & ~figure.isin(held)].assign(withheld="", needed=len(cut.parts))
        if fresh.empty:
            continue
        made = summed(fresh, _FIGURE, definitions, _WORDS[cut.what]).assign(area=code)
        held = held.append(pd.MultiIndex.from_frame(made[_FIGURE]))
        yield made[list(COLUMNS)].astype(rows.dtypes[list(COLUMNS)])


def _left_out(
    rows: pd.DataFrame, sums: Collection[pd.DataFrame], code: str
) -> Iterator[tuple[str, str, int, str, str]]:
    """Yield what files say of a part of the area's ground, or of more than it, that stands for nothing."""
    if not code:
        return
    names = ground.table().set_index("code")["name"]
    own = pd.concat([rows, *sums])
    own = own[own["area"] == code]
    for other in sorted(ground.other_ground(code)):
        because = (
            f"{names[other]} ({other}) is other ground, of which {names[code]} is a part: its figures are not joined"
        )
        yield from _counted(rows[rows["area"] == other], own, because)
    cuts = ground.cuts(code)
    lost = rows[rows["area"].isin([part for cut in cuts for part in cut.parts])]
    for _, some in lost.groupby("file", sort=False):
        held = set(some["area"])
        cut = max(cuts, key=lambda one: len(held.intersection(one.parts)) / len(one.parts))
        because = (
            f"not every one of the {len(cut.parts)} {_WORDS[cut.what]} of {names[code]} "
            "has these figures in the file, so they are not added up"
        )
        yield from _counted(some, own, because)


def _counted(rows: pd.DataFrame, own: pd.DataFrame, because: str) -> Iterator[tuple[str, str, int, str, str]]:
    there = pd.MultiIndex.from_frame(own[_FIGURE])
    lost = rows[~pd.MultiIndex.from_frame(rows[_FIGURE]).isin(there)]
    for (source, file), some in lost.groupby(["source", "file"], sort=False):
        first, last = some.sort_values("period_end")["period_label"].iloc[[0, -1]]
        span = first if first == last else f"{first} to {last}"
        yield str(source), str(file), len(some), span, because
