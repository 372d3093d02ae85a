"""Which measure a title of a published scorecard is. Titles are compared whole; a near one is only offered."""

import difflib
import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.sources import labelling

#: In an area's folder: titles that its scorecards have used, and the measure that each of them is.
MAP = "scorecard_map.csv"


def known(definitions: Definitions, folder: Path | None) -> dict[str, str]:
    """Return the measure of every title known: from scorecards, definitions and the area's own map.

    Raises `UnreadableInput` with the row of a map that names no measure of the area.
    """
    tables = [definitions.scorecard_titles, definitions.measures]
    if folder and (folder / MAP).exists():
        confirmed = edited_tables.read(
            folder / MAP, edited_tables.text("title") + edited_tables.ids("measure"), key="title"
        )
        measures = list(definitions.measures["measure"])
        edited_tables.known(confirmed, folder / MAP, "measure", measures, "the area's set of measures")
        tables.append(confirmed)
    titles = pd.concat([table[["title", "measure"]] for table in tables])
    return dict(zip(titles["title"].map(_key), titles["measure"], strict=True))


def matched(titles: pd.Series, place: str, titled: dict[str, str]) -> pd.Series:
    """Return the measure of each title as printed, or without the place it names; "" for none."""
    exact = titles.map(_key).map(titled)
    elsewhere = titles.map(lambda title: _key(_without_place(title, place))).map(titled)
    return exact.astype("str").fillna(elsewhere.astype("str")).fillna("")


def nearest(title: str, definitions: Definitions) -> str:
    """Say that no measure has a title, and which known title is nearest."""
    titles = definitions.scorecard_titles.set_index("title")["measure"]
    near = difflib.get_close_matches(title, titles.index, n=1, cutoff=0.4)
    hint = f"; nearest: {titles[near[0]]}" if near else ""
    return f"no measure has this title{hint}. Confirm it in {MAP}"


def _key(title: str) -> str:
    return re.sub(r"[^a-z0-9+]+", "", labelling.plain(title).replace("&", " and "))


def _without_place(title: str, place: str) -> str:
    named = rf"\s*\b(?:(?:in|within|across|with|for)\s+)?\(?{re.escape(place)}\b\)?"
    return re.sub(named, " ", labelling.plain(title).replace("(" + place + ")", place))
