"""The ledger: every figure ever released, so that later editions are cleared against what is known.

`data/areas/<area>/released/ledger.csv` is only ever appended to. An edition adds the figures it shows that the
ledger does not hold yet with the same numbers. Withdrawing an edition adds a line and takes none away,
since what was seen stays known. `accepted_disclosures.csv` beside it lists leaks of the past that were found and
accepted, with reason, name and date, so that only new narrowing is refused.

A line whose `change_of` names a count (a measure, or `<source>:<indicator>`) is a percentage change of that count,
from the end of its baseline to the end of the newer window: on March 2022, to June 2024, is 2022-04 to 2024-06.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from drug_outcomes.definitions import logbook, observations
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure.masking import joined
from drug_outcomes.errors import DisclosureRefused, UnreadableInput, UsageError

KEY: Final = (*observations.KEY, "indicator")
NUMBERS: Final = ("value", "lower", "upper", "numerator", "denominator", "bound_low", "bound_high")
_WORDS: Final = (*KEY, "source", "publisher", "vintage", "licence", "period_label", "text")
COLUMNS: Final = ("edition", "event", "on", "by", "audience", "as_of", *_WORDS, *NUMBERS, "change_of")
#: Where in an area's folder the ledger and the accepted disclosures stand.
FOLDER: Final = "released"
FILE: Final = "ledger.csv"
ACCEPTED: Final = (*KEY, "reason", "by", "on")
_RELEASED, _WITHDRAWN = "released", "withdrawn"


def read(file: Path) -> pd.DataFrame:
    """Return the ledger, empty where there is none yet.

    One that is torn, was edited by hand or lacks a column is `UnreadableInput`, which names the line.
    """
    logbook.require_untouched(file)
    return _read(file, COLUMNS, NUMBERS)


def of_area(folder: Path) -> pd.DataFrame:
    """Return the ledger in an area's folder."""
    return read(folder / FOLDER / FILE)


def read_accepted(file: Path) -> pd.DataFrame:
    """Return the accepted disclosures. One without reason, name or date is `UnreadableInput`."""
    table = _read(file, ACCEPTED, ())
    for column in ("reason", "by", "on"):
        empty = np.flatnonzero(table[column].str.strip() == "")
        if len(empty):
            raise UnreadableInput(
                f"an accepted disclosure without {column}",
                expected="who accepted it, when and why",
                file=file,
                row=int(empty[0]) + 2,
            )
    return table


def _read(file: Path, columns: tuple[str, ...], numbers: tuple[str, ...]) -> pd.DataFrame:
    if not file.exists():
        return pd.DataFrame(columns=list(columns), dtype="str").astype(dict.fromkeys(numbers, "float64"))
    try:
        table = pd.read_csv(file, dtype="str", keep_default_na=False)
        short = np.flatnonzero(table.isna().any(axis=1))
        if len(short):
            raise UnreadableInput(
                "a line ends before its last column: it may be torn", expected=f"{len(columns)} columns",
                file=file, row=int(short[0]) + 2,
            )  # fmt: skip
        filled = {name: pd.to_numeric(table[name].replace("", np.nan)).astype("float64") for name in numbers}
        return table[list(columns)].assign(**filled)
    except (ValueError, KeyError, pd.errors.ParserError) as error:
        raise UnreadableInput(f"{error}", expected=f"a CSV with {', '.join(columns)}", file=file) from error


def nothing() -> pd.DataFrame:
    """Return a ledger without entries."""
    return pd.DataFrame(columns=list(COLUMNS), dtype="str").astype(dict.fromkeys(NUMBERS, "float64"))


def known_before(ledger: pd.DataFrame, on: str = "", *, heads: bool = False) -> pd.DataFrame:
    """Return what the public has seen: figures of public editions released up to a date, or ever.

    With `heads` the line that stands for each edition itself comes along.
    """
    seen = (ledger["event"] == _RELEASED) & (ledger["audience"] == Audience.PUBLIC.value)
    return ledger[seen & (ledger["on"] <= on if on else True) & (heads | is_figure(ledger))]


def require_named(ledger: pd.DataFrame, measures: Collection[str], sources: Collection[str]) -> None:
    """Refuse a percentage change of a count that nobody knows: it would protect nothing (`UnreadableInput`)."""
    source = ledger["change_of"].str.extract("^(.+?):.", expand=False)
    known = ledger["change_of"].isin({"", *measures}) | source.isin(list(sources))
    for name in ledger.loc[~known, "change_of"].head(1):
        raise UnreadableInput(
            f"a percentage change of '{name}', which nobody counts",
            expected="in change_of a measure of measures.csv, or <source>:<indicator>",
            file=FILE,
            row=int(np.flatnonzero(~known)[0]) + 2,
        )


def is_figure(ledger: pd.DataFrame) -> pd.Series:
    """Say which lines are figures; the others stand for an edition itself."""
    return ledger["measure"] + ledger["indicator"] != ""


def all_known(ledger: pd.DataFrame, on: str) -> pd.DataFrame:
    """Return the ledger with every release dated `on` at the latest, so that nothing in it is left for later."""
    return ledger.sort_values("as_of", kind="stable").assign(on=lambda table: table["on"].where(table["on"] <= on, on))


def entries(
    shown: pd.DataFrame, ledger: pd.DataFrame, *, edition: str, on: str, by: str, audience: Audience, as_of: str
) -> pd.DataFrame:
    """Return the lines that releasing an edition adds: one for itself, and each figure new or changed.

    `shown` holds the figures of the edition with `withheld`; hidden ones are not written down.
    """
    if (ledger["edition"] == edition).any():
        raise UsageError(f"edition {edition!r} is in the ledger already", try_next="release it under another name")
    figures = shown[shown["withheld"] == ""].drop_duplicates(list(KEY))
    before = ledger[(ledger["event"] == _RELEASED) & (ledger["audience"] == str(audience))]
    last = before.drop_duplicates(list(KEY), keep="last")
    fresh = _said(figures)[~_said(figures).isin(set(_said(last)))].index
    head = pd.DataFrame([dict.fromkeys(_WORDS, "")])
    lines = pd.concat([head, figures.loc[fresh]], ignore_index=True)
    return lines.assign(
        edition=edition, event=_RELEASED, on=on, by=by, audience=str(audience), as_of=as_of, change_of=""
    ).reindex(columns=list(COLUMNS))


def _said(table: pd.DataFrame) -> pd.Series:
    return joined(table.assign(**{name: table[name].round(9) for name in NUMBERS}), (*KEY, "text", *NUMBERS))


def withdrawal(ledger: pd.DataFrame, *, edition: str, on: str, by: str) -> pd.DataFrame:
    """Return the line that withdraws an edition; its figures stay in the ledger."""
    if not (ledger["edition"] == edition).any():
        raise UsageError(f"edition {edition!r} is not in the ledger")
    words = {**dict.fromkeys(COLUMNS, ""), **dict.fromkeys(NUMBERS, np.nan)}
    return pd.DataFrame([{**words, "edition": edition, "event": _WITHDRAWN, "on": on, "by": by}])[list(COLUMNS)]


def append(file: Path, lines: pd.DataFrame) -> None:
    """Add lines at the end of the ledger, which is made if need be: all of them or none. Nothing is rewritten."""
    with logbook.one_at_a_time(file):
        read(file)
        header = ",".join(COLUMNS) + "\n"
        text = lines[list(COLUMNS)].to_csv(header=False, index=False, lineterminator="\n")
        logbook.append(file, header, text)


def editions(seen: pd.DataFrame) -> list[pd.DataFrame]:
    """Return what was known after each edition, oldest first: the newest line of each figure.

    Oldest is what was known first: readers put an edition of earlier figures, released later, in its place.
    """
    ordered = seen.sort_values("as_of", kind="stable")
    ends = np.flatnonzero(~ordered["edition"].duplicated(keep="last").to_numpy())
    return [ordered.iloc[: end + 1].drop_duplicates(list(KEY), keep="last") for end in ends]


def refuse_leaks(leaks: pd.DataFrame, accepted: pd.DataFrame) -> None:
    """Refuse a release that has leaks nobody has accepted: `DisclosureRefused` names the figures, not the numbers."""
    marked = leaks.merge(accepted[list(KEY)].drop_duplicates(), on=list(KEY), how="left", indicator=True)
    new = marked[marked["_merge"] == "left_only"]
    if len(new):
        words = (new["measure"] + " " + new["breakdown"] + " " + new["period_label"]).str.replace("  ", " ")
        raise DisclosureRefused(
            f"{len(new)} hidden figures can be worked out from what has been released: {'; '.join(words[:5])}",
            expected="no hidden figure known more closely than its policy allows",
            try_next="withhold more, or list each in accepted_disclosures.csv with reason, name and date",
        )
