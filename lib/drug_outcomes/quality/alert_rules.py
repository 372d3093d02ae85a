"""What is odd about alerts, and why the words of one may not go out as a notice."""

import re
from collections.abc import Hashable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import pandas as pd

from drug_outcomes.disclosure import words
from drug_outcomes.disclosure.policy import Policy

#: The columns whose words a notice is made of.
TOLD = ("sold_as", "tested_as", "harm", "place", "advice")
#: How strong something is, or what it is called (2C-B), counts nobody.
_DOSE = re.compile(
    r"(?-i:\b\d[A-Z]?-[A-Z]+\b)|\d+(?:\.\d+)? ?(?:mg|g|ml|mcg|micrograms?|milligrams?|grams?|%|per cent)(?![a-z])",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
    r"|\b\d+[a-z]?,? (?:\w+ ){1,3}(?:street|road|lane|avenue|close|way|court|house)\b",
    re.IGNORECASE,
)
_FEW = re.compile(r"\b(?:both|couple|pair|twins|trio)\b", re.IGNORECASE)
_GRADING = re.compile(r"\bgrad(?:e|ed|ing)\b", re.IGNORECASE)


class Doubt(StrEnum):
    """What a rule asks about an alert, as a page says it."""

    LATE = "Late notice"
    NO_APPROVER = "No approver"
    KEPT = "Past its delete-by date"


WHY: Mapping[Doubt, str] = {
    Doubt.LATE: "The notice came, or is waited for, longer than the matrix allows.",
    Doubt.NO_APPROVER: "A notice is asked for, and nobody is named who approved it.",
    Doubt.KEPT: "It should have been deleted by then: delete the row.",
}


def waited(alerts: pd.DataFrame, as_of: str) -> "pd.Series[float]":
    """Return the days from each report to its notice, or to a day where none has been given; NaN: none is asked for."""
    until = pd.to_datetime(alerts["told_on"].where(alerts["told_on"] != "", as_of))
    days = (until - pd.to_datetime(alerts["received"])).dt.days.astype("float")
    return days.where(alerts["days"].notna())


def doubts(alerts: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Return what the rules ask about alerts as known on a day: a row for each alert and doubt: alert, doubt."""
    asked = alerts["days"].notna()
    found = {
        Doubt.LATE: asked & (waited(alerts, as_of) > alerts["days"]),
        Doubt.NO_APPROVER: asked & (alerts["approved_by"].str.strip() == ""),
        Doubt.KEPT: alerts["delete_by"] < as_of,
    }
    return pd.concat([alerts.loc[mask, ["alert"]].assign(doubt=str(doubt)) for doubt, mask in found.items()])


def refusals(alert: Mapping[Hashable, Any], as_of: str, names: Iterable[str]) -> list[str]:
    """Return why no notice may be written of an alert, in words that repeat nothing of it; none where it may.

    `names` are people whose names nothing that goes out may hold.
    """
    told = ". ".join(alert[column] for column in TOLD)
    grade = re.escape(f"{alert['source_grade']}{alert['information_grade']}")
    threshold = Policy().threshold
    small = [one for one in words.printed(_DOSE.sub(" ", told)) if 0 < one.number < threshold]
    people = [name for name in (*names, alert["approved_by"]) if name]
    wrong = {
        "the matrix asks for no notice": pd.isna(alert["days"]),
        "it is closed": alert["closed"] != "",
        "nobody is named in approved_by": not alert["approved_by"].strip(),
        "its delete-by date has passed": alert["delete_by"] < as_of,
        "there is no advice to give": not alert["advice"].strip(),
        "its words name the source": _holds(told, alert["source"].split(",")),
        "its words name the exact place": bool(_PLACE.search(told)) or _holds(told, alert["exact_place"].split(",")),
        "its words tell the grading": bool(_GRADING.search(told) or re.search(rf"\b{grade}\b(?!-)", told)),
        f"its words hold a number below {threshold}": bool(small or _FEW.search(told)),
        "its words name somebody": _holds(told, people),
    }
    return [why for why, holds_true in wrong.items() if holds_true]


def _holds(text: str, parts: Iterable[str]) -> bool:
    plain = " ".join(text.split()).casefold()
    return any(" ".join(part.split()).casefold() in plain for part in parts if part.strip())
