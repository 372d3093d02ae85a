"""What every reader checks in the same way: keys, limits, parts against their whole, headers out of place.

Only what could make a number wrong is refused, in words that name file, row and value.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from drug_outcomes.errors import UnreadableInput


def merge_duplicates(frame: pd.DataFrame, key: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Merge rows that say the same of one key; refuse rows that differ, naming them (column `row`)."""
    merged = frame.drop_duplicates([*key, *values])
    clashing = merged[merged.duplicated(list(key), keep=False)]
    if not clashing.empty:
        first = clashing.iloc[0]
        rows = clashing.loc[(clashing[list(key)] == first[list(key)]).all(axis="columns"), "row"]
        raise UnreadableInput(
            f"rows {', '.join(map(str, rows))} give different figures for the same "
            f"{', '.join(f'{name} {first[name]!r}' for name in key)}",
            expected="one figure for each, or the same one repeated",
            try_next="find out which row is right and ask the publisher",
            row=int(first["row"]),
        )
    return merged.reset_index(drop=True)


def refuse_rows(bad: pd.DataFrame, found: str, *, word: str = "", expected: str = "", try_next: str = "") -> None:
    """Refuse the file when `bad` holds any row, naming the first and how many there are.

    `word` is a column, whose first cell stands for {} in `found`.
    """
    if not bad.empty:
        found = found.replace("{}", repr(bad[word].iloc[0])) if word else found
        more = f" ({len(bad)} such rows)" if len(bad) > 1 else ""
        raise UnreadableInput(found + more, expected=expected, try_next=try_next, row=int(bad["row"].iloc[0]))


def check_limits(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame`; refuse it when a value lies outside its own limits (columns lower, value, upper)."""
    outside = (frame["lower"] > frame["value"]) | (frame["upper"] < frame["value"]) | (frame["lower"] > frame["upper"])
    refuse_rows(
        frame[outside],
        "the value lies outside its own confidence limits, so columns may be swapped or shifted",
        expected="lower limit <= value <= upper limit",
        try_next="compare the header with the publisher's page",
    )
    return frame


def refuse_gap(
    rows: pd.DataFrame,
    keys: Sequence[str],
    whole: "pd.Series[bool]",
    parts: "pd.Series[bool]",
    what: str,
    *,
    least: int = 1,
    rounding: "float | pd.Series" = 0.0,
) -> None:
    """Refuse a file in which parts, all there and all with numbers, do not add up to their whole.

    Parameters
    ----------
    rows : value, row and `keys`, within which parts belong to a whole; `whole` and `parts` say which is which.
    least : how many parts make a whole.
    rounding : by how much the publisher's rounding may move each number: 2.5 where it is to the nearest 5.
    """
    grouped = rows[parts].groupby(list(keys))["value"]
    summed = pd.DataFrame({"parts": grouped.sum(), "size": grouped.size(), "held": grouped.count()})
    summed = summed[(summed["held"] == summed["size"]) & (summed["size"] >= least)]
    both = rows.assign(rounding=rounding)[whole].join(summed, on=list(keys), how="inner")
    gap = (both["value"] - both["parts"]).abs()
    wrong = both[gap > (both["rounding"] * (both["size"] + 1)).clip(lower=0.5)]
    first = wrong.iloc[:1].apply(lambda row: f": {row['parts']:,.10g} against {row['value']:,.10g}", axis="columns")
    refuse_rows(
        wrong,
        f"{what} do not add up{first.sum() if len(first) else ''}, so a figure or a label is wrong",
        expected="parts that make their whole, within the publisher's rounding",
        try_next="fetch the file again; a column may be shifted or swapped",
    )


def refuse_gap_in_england(
    rows: pd.DataFrame, keys: Sequence[str], *, rounding: float = 0.0, parts: str = r"E12\d{6}", least: int = 9
) -> None:
    """Refuse a file whose parts of England (codes like `parts`, column `area`) do not add up to it."""
    england, regions = rows["area"] == "E92000001", rows["area"].str.fullmatch(parts)
    refuse_gap(rows, keys, england, regions, "the parts of England", least=least, rounding=rounding)


def only(found: Iterable[str], what: str, *, expected: str, try_next: str = "") -> str:
    """Return the one thing that a title, a header or the file's name says, `what` it is; refuse none and several."""
    said = sorted(set(found))
    if len(said) != 1:
        found = f"the file names {' and '.join(said)}" if said else f"nothing in the file says {what}"
        raise UnreadableInput(found, expected=expected, try_next=try_next)
    return said[0]


def strangers(known: "pd.Series[bool]") -> "pd.Series[bool]":
    """Return which words of a column to refuse: all that are not known, where most are not.

    A word that was not met before keeps its row; a column of such words is another column.
    """
    return ~known if known.mean() < _MOSTLY else known & False


_MOSTLY = 0.5
#: How the note of a row begins that keeps a word which its reader has not met before.
NEW_WORD = "not met before: the "


def new_word(what: str, words: pd.Series) -> pd.Series:
    """Return notes that make findings of rows kept under a word of their own."""
    return NEW_WORD + what + " " + words


def refuse_swap(found: Sequence[str], orders: Sequence[Sequence[str]], *, row: int) -> None:
    """Refuse a header in a usual order but for two labels, each in the other's place.

    Where no figure tells two columns apart, that is what two swapped headers look like. Columns that are
    missing, added or in quite another order are left alone.

    Parameters
    ----------
    found : ids of the columns, as the header has them.
    orders : orders in which the publisher has published them.
    """
    swaps = [_out_of_place(found, order) for order in orders]
    if [] in swaps or not any(len(swap) == 2 for swap in swaps):
        return
    swap = next(swap for swap in swaps if len(swap) == 2)
    raise UnreadableInput(
        f"{swap[0]!r} and {swap[1]!r} stand in each other's place in the header",
        expected="columns in the order in which they are published, or in quite another",
        try_next="compare figures with the published table; if only the columns moved, move them back",
        row=row,
    )


def _out_of_place(found: Sequence[str], order: Sequence[str]) -> list[str]:
    both = [name for name in found if name in order]
    usual = [name for name in order if name in both]
    return [name for name, other in zip(both, usual, strict=False) if name != other]


def require_meaning(file: Path, said: str, means: str, contradicts: str, what: str, *, headers: str = "") -> None:
    """Refuse a table that nothing says is of `what`, or whose title, header or name says something else.

    Parameters
    ----------
    said : titles and sheet name of the table; the file's name is added.
    means, contradicts : patterns of words that say what it is, and what it is not.
    headers : may say what it is; columns of groups may hold any words.
    """
    words, labels = (re.sub(r"[_\W]+", " ", text).casefold() for text in (f"{file.stem} {said}", headers))
    other, named = re.search(contradicts, words), re.search(means, f"{words} {labels}")
    if other or not named:
        raise UnreadableInput(
            f"{other[0]!r} stands in its words, so these may not be {what}"
            if other
            else f"nothing in the file says that its numbers are {what}",
            expected=f"a title, header or file name that says {what}",
            try_next="keep the publisher's title and header, or take the file as published",
        )
