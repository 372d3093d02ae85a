"""Words that people wrote beside the figures: which numbers they print, and which of those are hidden.

One check for commentary, events, corrections, targets, explanations and reasons. It reads numbers as people write them:
as printed or rounded, with spaces or in words, as a share of so many, and as what is left over.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import DisclosureRefused

#: Where a number that is hidden is printed: beside its measure or commitment, or anywhere else.
BESIDE, ELSEWHERE = "beside", "elsewhere"
#: In an area's folder: lines that print a number which only happens to equal a hidden one, by name and reason.
ACCEPTED: Final = Path("released", "accepted_words.csv")
_ACCEPTED_COLUMNS = edited_tables.text("text", "reason", "by") + edited_tables.dates("on", blank=False)
#: From this size on a number in a text about something else is taken for the hidden figure that it equals.
_UNMISTAKABLE = 100
_FEW = 10

_SPELT = {
    "no": 0, "nought": 0, "nil": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_TIMES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_SHARES = {"half": 50.0, "a quarter": 25.0, "three quarters": 75.0, "a third": 100 / 3, "two thirds": 200 / 3}
_SHARES |= {"a fifth": 20.0, "two fifths": 40.0, "three fifths": 60.0, "four fifths": 80.0, "a tenth": 10.0}
_WORD = "|".join(sorted([*_SPELT, *_TIMES], key=len, reverse=True))
_IN_WORDS = re.compile(
    rf"\b(?:a )?(?:{_WORD})(?:(?:[ -]|(?<=hundred) and |(?<=thousand) and )(?:{_WORD}))*"
    rf"(?: point(?: (?:{_WORD}))+)?\b"
)
_IN_DIGITS = re.compile(r"\d{1,3}(?:[ ,']\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
#: Dates, years, quarters, links, sums of money and lengths of time: numbers that are none of a figure's.
_NOT_A_FIGURE = re.compile(
    rf"https?://\S+|\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{4}}/\d\d(?:\d\d)?\b|\bq[1-4]\b|£ ?[\d,.]+"
    rf"|\b(?:\d{{1,2}}(?:st|nd|rd|th)? )?{_MONTH} \d{{4}}\b|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\b"
    r"|\b(?:in|since|by|of|to|from|until|year|and|before|during) (?:19|20)\d\d\b(?! [a-z])"
    r"|\b[\d.]+(?: |-)(?:minutes?|hours?|days?|weeks?|months?|years?|quarters?|times|am|pm)\b"
    r"|\b(?:measures?|pages?|figures?|sections?|tables?|rows?|aged?|under|over) \d+(?:(?:-| to )\d+)?\b(?! (?:%|per))"
)
_PER_CENT = re.compile(r" ?(?:%|per ?cent\b|percent\b|in (?:a |every )?hundred\b|in 100\b)")
_COUNTED = (
    "women|woman|men|man|people|persons?|residents?|clients?|patients?|children|child|pupils?|adults?|girls?|boys?|"
    "deaths?|males?|females?|families|parents|users|cases?|of|out"
)
_OF = re.compile(r" ?(?:[a-z]+ ){0,2}?(?:in|of|out of) (?:the |every |all |a total of )?(\d[\d ,]*)")


@dataclass(frozen=True)
class Printed:
    """A number that a text prints: its size, its decimals, and whether it is a share or counts something."""

    number: float
    decimals: int = 0
    share: bool = False
    counted: bool = False


def printed(text: str, nouns: Iterable[str] = ()) -> list[Printed]:
    """Return every number that a text may be read to print, in digits or in words.

    `nouns` are words before which also a number below ten counts, beside those for people.
    """
    plain = _plain(text)
    follows = re.compile(rf" ?(?:[a-z]+ ){{0,2}}?(?:{'|'.join([_COUNTED, *nouns])})\b")
    shares = [
        Printed(size, share=True)
        for word, size in _SHARES.items()
        if re.search(rf"\b{word}(?= (?:of|were|was|are|is|left|completed|did|do|had|have|stayed)\b|[.,;]|$)", plain)
    ]
    return [*shares, *_numbers(_in_digits(plain), follows)]


def _plain(text: str) -> str:
    """Return a text without what only looks different: entities, marks, odd spaces and digits of other scripts."""
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    plain = "".join(str(unicodedata.digit(each, each)) for each in plain).casefold()
    plain = re.sub(r"[*_`~\\]|<[^<>]*>", "", plain)
    plain = re.sub(r"[‐‑‒–—]", "-", re.sub(r"\s+", " ", plain.replace("·", ".").replace("’", "'")))
    plain = re.sub(r"(?<=\d) ?\. ?(?=\d)", ".", plain)
    apart = r"(?<![\d.,])\d(?: \d)+(?:\.\d(?: \d)*)?(?![\d.,]\d)"
    plain = re.sub(apart, lambda found: found[0].replace(" ", ""), plain)
    return _NOT_A_FIGURE.sub(" ; ", plain)


def _in_digits(text: str) -> str:
    return _IN_WORDS.sub(lambda found: _number_of(found[0]), text)


def _number_of(words: str) -> str:
    """Return a number in words as digits; words that are none as they are."""
    whole, _, point = words.partition(" point ")
    total = group = 0
    for word in re.split(r"[ -]", whole):
        if word in _SPELT:
            group = group * _SPELT[word] if word == "dozen" and group else group + _SPELT[word]
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in _TIMES:
            total, group = total + max(group, 1) * _TIMES[word], 0
    decimals = "".join(str(_SPELT.get(word, "")) for word in point.split())
    return f"{total + group}" + (f".{decimals}" if decimals else "")


def _numbers(text: str, follows: re.Pattern[str]) -> Iterator[Printed]:
    for found in _IN_DIGITS.finditer(text):
        word = re.sub(r"[ ']", "", found[0])
        comma = re.fullmatch(r"\d+,\d{1,2}", word)
        word = word.replace(",", "." if comma else "")
        share = _PER_CENT.match(text, found.end()) is not None
        counted = not share and follows.match(text, found.end()) is not None
        yield Printed(float(word), len(word.partition(".")[2]), share, counted)
        of = _OF.match(text, found.end())
        if of and float(re.sub(r"[ ,]", "", of[1])) > 0:
            size = float(re.sub(r"[ ,]", "", of[1]))
            yield Printed(100 * float(word) / size, int(size > 100), share=True)


def hidden_numbers(lost: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers that clearing took out, and what is left of a whole beside them: measure, number."""
    left = (lost["denominator"] - lost["numerator"]).astype("float64")
    shares = lost["value"].astype("float64").where(lost["denominator"].notna() | (lost["value"] % 1 != 0))
    columns = [lost["value"], lost["numerator"], lost["denominator"], left, 100 - shares]
    every = pd.concat([column.astype("float64") for column in columns], keys=range(len(columns)))
    measures = pd.concat([lost["measure"]] * len(columns), keys=range(len(columns)))
    found = pd.DataFrame({"measure": measures, "number": every}).dropna()
    return found[found["number"] >= 0].drop_duplicates(ignore_index=True)


def told(written: pd.DataFrame, lost: pd.DataFrame, definitions: Definitions) -> "pd.Series[str]":
    """Return of each text whether it prints a hidden number: BESIDE its measure, ELSEWHERE, or "".

    Parameters
    ----------
    written : `about` (a measure, a commitment, another subject, or "") and `text`.
    lost : the observations that clearing takes out, as they were before it.
    """
    measures = definitions.measures
    hidden = hidden_numbers(lost).merge(measures[["measure", "commitment", "title"]], on="measure", how="left")
    nouns = {word for unit in measures["unit"].str.casefold() for word in re.findall(r"[a-z]{4,}", unit)}
    group = measures.set_index("measure")["commitment"]
    pairs = zip(written["about"], written["text"], strict=True)
    found = [_told(str(group.get(about, about)), text, hidden, nouns) for about, text in pairs]
    return pd.Series(found, written.index, dtype="str")


def _told(commitment: str, text: str, hidden: pd.DataFrame, nouns: set[str]) -> str:
    numbers = [one for one in printed(text, nouns) if one.number >= _FEW or one.share or one.counted or one.decimals]
    if not numbers or hidden.empty:
        return ""
    near = (hidden["commitment"] == commitment) | hidden["measure"].isin(_named(text, hidden))
    if any(_equal(one, hidden.loc[near, "number"]) for one in numbers):
        return BESIDE
    large = [one for one in numbers if one.decimals or one.counted or one.number >= _UNMISTAKABLE]
    return ELSEWHERE if any(_equal(one, hidden["number"]) for one in large) else ""


def _named(text: str, hidden: pd.DataFrame) -> set[str]:
    """Return the measures whose name a text says: most of the longer words of its title."""
    said = {word[:6] for word in re.findall(r"[a-z]{4,}", _plain(text))}
    names = hidden.drop_duplicates("measure").set_index("measure")["title"].fillna("")
    wanted = {name: {word[:6] for word in re.findall(r"[a-z]{4,}", title.casefold())} for name, title in names.items()}
    return {str(name) for name, words in wanted.items() if words and len(words & said) >= max(2, 0.6 * len(words))}


def _equal(one: Printed, numbers: "pd.Series[float]") -> bool:
    """Whether a printed number is one of the hidden ones, as far as it is printed.

    Without decimals only a share, and a number told in round tens, stands for anything but itself.
    """
    loose = 10.0**-one.decimals / 2 if one.share or one.decimals else 0.0
    digits = f"{one.number:.0f}"
    nought = len(digits) - len(digits.rstrip("0"))
    loose = max(loose, 10.0 ** min(nought, len(digits) - 2) / 2 if nought and len(digits) > 2 else 0.0)
    return bool(((numbers - one.number).abs() <= loose + 1e-9).any())


def could_tell(written: pd.DataFrame, lost: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether some words could tell a hidden figure.

    Words do where anything of their own measure is hidden, and where they print a hidden number. They are only kept
    back, so that here a number counts however small it is: nobody is made to write them again.
    """
    hidden = hidden_numbers(lost)["number"]
    alike = written["text"].map(lambda text: any(_equal(one, hidden) for one in printed(text))).astype(bool)
    return ((written["about"] != "") & written["about"].isin(set(lost["measure"]))) | alike


def require_untold(written: pd.DataFrame, lost: pd.DataFrame, definitions: Definitions, folder: Path) -> pd.DataFrame:
    """Return the texts that print, somewhere else, a number which is hidden, and which nobody has accepted.

    `written` has file and row beside what `told` reads. A text that prints it beside its measure is refused with
    `DisclosureRefused`, which names its place and never the number.
    """
    where = told(written, lost, definitions)
    for row in written[where == BESIDE].head(1).to_dict("records"):
        raise DisclosureRefused(
            f"the words on {row['about'] or 'every measure'} print a number that is hidden on their page",
            expected="no number that is, or rounds, or leaves over a hidden figure of this commitment",
            try_next="write it in words that give no number, or move it to the partnership's file in restricted/",
            file=row["file"],
            row=row["row"],
        )
    elsewhere = written[where == ELSEWHERE]
    return elsewhere[~elsewhere["text"].map(_squeezed).isin(accepted(folder))]


def accepted(folder: Path) -> set[str]:
    """Return the lines that somebody has waved through; one without name, date or reason is `UnreadableInput`."""
    file = folder / ACCEPTED
    if not file.exists():
        return set()
    return set(edited_tables.read(file, _ACCEPTED_COLUMNS)["text"].map(_squeezed))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def refuse_elsewhere(found: pd.DataFrame) -> None:
    """Refuse a release whose texts print a hidden number somewhere else, unless somebody waved that through."""
    if len(found):
        row = found.iloc[0]
        raise DisclosureRefused(
            f"{len(found)} lines print a number that equals a hidden figure; the first is in {row['file']}",
            expected="no such number, or a line of released/accepted_words.csv for each",
            try_next="reword it, or copy the line into accepted_words.csv as text, with reason, by and on",
            row=int(str(row["row"])),
        )
