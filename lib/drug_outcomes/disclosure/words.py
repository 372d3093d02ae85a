"""Words that people wrote beside the figures: which numbers they print, and which of those are hidden."""

import re

import pandas as pd

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPELT = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def could_tell(written: pd.DataFrame, lost: pd.DataFrame, commitments: "pd.Series[str]") -> "pd.Series[bool]":
    """Return whether some words could tell a hidden figure.

    Words do where anything of their own measure is hidden, and where they print a number, in digits or spelt
    out, that is hidden in the same commitment; words on no measure, hidden anywhere.

    Parameters
    ----------
    written : `measure` ("" for none) and `text`.
    lost : the observations that clearing takes out, as they were before it.
    commitments : the commitment of each measure, by measure.
    """
    hidden = hidden_numbers(lost, commitments)
    everywhere: set[float] = set().union(*hidden.values())
    named = written["measure"] != ""
    near = written["measure"].map(commitments).where(named)
    told = [
        bool(_numbers(text) & (hidden.get(str(group), set()) if about else everywhere))
        for text, group, about in zip(written["text"], near, named, strict=True)
    ]
    return (named & written["measure"].isin(set(lost["measure"]))) | pd.Series(
        told, written.index, dtype=bool
    )


def hidden_numbers(lost: pd.DataFrame, commitments: "pd.Series[str]") -> dict[str, set[float]]:
    """Return the numbers that clearing took out, by measure and by commitment."""
    numbers = lost.assign(commitment=lost["measure"].map(commitments)).melt(
        id_vars=["measure", "commitment"],
        value_vars=["value", "numerator", "denominator"],
        value_name="figure",
    )
    held = numbers.dropna(subset=["figure", "commitment"])
    groups = [held.groupby(name)["figure"].agg(set) for name in ("measure", "commitment")]
    return {str(key): found for group in groups for key, found in group.items()}


def _numbers(text: str) -> set[float]:
    """Return every number that a text may be read to print: 1,234 and 1.5 as a whole and in parts, and nine."""
    digits = {float(word.replace(",", "")) for word in _NUMBER.findall(text) if word.count(".") < 2}
    parts = {float(part) for word in _NUMBER.findall(text) for part in re.split("[.,]", word)}
    spelt = {float(_SPELT.index(word)) for word in re.findall(r"[a-z]+", text.casefold()) if word in _SPELT}
    return digits | parts | spelt
