"""Labels compared as people do, and the words by which figures are broken down."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

import pandas as pd

from drug_outcomes.sources import checks

Pattern = str | re.Pattern[str]

Fields = Mapping[str, Sequence[Pattern]]

#: A GSS code in full, as it stands in a cell of its own.
GSS_CODE = r"[EWKNS]\d{8}"


@lru_cache(maxsize=2**15)
def plain(text: str) -> str:
    """Bring a label to one form: case, spaces, line ends, byte-order marks and "[note 4]" do not matter."""
    text = unicodedata.normalize("NFKC", text).replace("\ufeff", "").casefold()
    text = re.sub(r"[\[(]notes? [^\])]*[\])]", " ", text)
    return " ".join(text.split())


@lru_cache(maxsize=2**15)
def squeeze(text: str) -> str:
    """Compare labels as people do: `plain`, without spaces, hyphens, underscores and closing punctuation."""
    return re.sub(r"[\s_\-–—‐‑:.]+|(?<=.)\*+$", "", plain(text).replace("&", " and "))


@lru_cache(maxsize=2**15)
def _matches(cell: str, pattern: Pattern) -> bool:
    label = plain(cell)
    without_footnote = re.sub(r"(?<=[a-z)])\d{1,2}(?:,\d{1,2})*$", "", label)
    if isinstance(pattern, str):
        return squeeze(pattern) in {squeeze(label), squeeze(without_footnote)}
    return bool(pattern.fullmatch(label) or pattern.fullmatch(without_footnote))


def columns(row: Sequence[str], fields: Fields) -> dict[str, list[int]]:
    """Return, for each field, the places of a header that its texts or patterns name."""
    named = [(place, cell) for place, cell in enumerate(row) if cell.strip()]
    return {
        field: [place for place, cell in named if any(_matches(cell, pattern) for pattern in patterns)]
        for field, patterns in fields.items()
    }


def example(patterns: Sequence[Pattern]) -> str:
    """Return one of the texts that name a field, for a refusal."""
    first = next((pattern for pattern in patterns if isinstance(pattern, str)), None)
    return repr(first) if first is not None else "by pattern"


#: Words for everybody, which a breakdown leaves out.
TOTALS = frozenset({"", "persons", "person", "people", "all", "total", "both", "all ages", "all persons", "both sexes"})

SEXES = ("Male", "Female")
_SEXES = {
    **dict.fromkeys(("m", "male", "males", "men", "boys"), "Male"),
    **dict.fromkeys(("f", "female", "females", "women", "girls"), "Female"),
    **dict.fromkeys((*map(squeeze, TOTALS), "notapplicable", "n/a"), ""),
}


#: Words of a breakdown that have been met before, as a pattern; a row with another keeps it, and is told.
_MET = {
    "sex": "|".join(SEXES),
    "substance": "Opiate|Non-opiate(?: only)?|Alcohol(?: only)?|Non-opiate & alcohol|OCU|Crack",
    "age": r".*\d.*",
}


def new_words(breakdowns: pd.Series, free: str = "") -> pd.Series:
    """Return what to note of rows whose breakdown has a word that was not met before, "" for the others.

    `free` is a key that may have any word.
    """
    each = pd.Series(breakdowns.unique(), dtype="str")
    notes = pd.Series("", each.index)
    for key, known in _MET.items():
        word = each.str.extract(rf"(?:^|;){key}=([^;]*)")[0].fillna("")
        new = ~word.str.fullmatch(f"(?:{known})?") & (notes == "") & (key != free)
        notes = notes.mask(new, checks.new_word(key, word))
    return breakdowns.map(dict(zip(each, notes, strict=True)))


def known_words(table: pd.DataFrame, name: str, words: Mapping[str, str], what: str) -> pd.Series:
    """Return column `name` of a `body` in the suite's words, by the squeezed text.

    Another text keeps its rows under its own name; where most are others the column is another, and refused.
    """
    found = table[name].map(squeeze).map(words)
    expected = f"{', '.join(sorted({*words.values()} - {''}))} or Total"
    checks.refuse_rows(table[checks.strangers(found.notna())], f"{{}} is not a {what}", word=name, expected=expected)
    return found.fillna(table[name].str.strip()).astype("str")


def sexes(table: pd.DataFrame) -> pd.Series:
    """Return column `sex` of a `body` as Male, Female, "" for everybody, or its own word: see `known_words`."""
    return known_words(table, "sex", _SEXES, "sex")


def ages(column: pd.Series) -> pd.Series:
    """Return ages as "18+", "15-64" or "<15": no "yrs", no "aged", and "" for all ages."""
    label = column.map(plain)
    text = label.str.replace(r"\b(?:aged?|yrs?\.?|years?|old|and)\b", "", regex=True)
    text = text.str.replace(" ", "").str.replace(r"[–—‐‑]|(?<=\d)to(?=\d)", "-", regex=True)
    text = text.str.replace(r"^(\d+)over$", r"\1+", regex=True).str.replace(r"^under", "<", regex=True)
    return text.where(~label.isin(TOTALS), "").astype("str")


def breakdown(parts: Mapping[str, pd.Series]) -> pd.Series:
    """Join columns as "age=18-29;sex=Female": keys sorted, words for everybody left out."""
    joined: pd.Series | None = None
    for name in sorted(parts):
        text = parts[name].astype("str").str.replace(";", ",").str.strip()
        pair = (f"{name}=" + text).where(~text.map(plain).isin(TOTALS), "")
        if joined is None:
            joined = pair
        else:
            joined = joined + pd.Series(";", pair.index).where((joined != "") & (pair != ""), "") + pair
    if joined is None:
        raise ValueError("a breakdown needs at least one column")
    return joined
