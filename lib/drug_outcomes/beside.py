"""Figures beside the measures: which observations of no measure a document asks for, and what they are called.

`data/framework/context.csv` names them. They are cleared with everything else; here they only get their names.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from drug_outcomes.framework import Definitions, parse_slice
from drug_outcomes.observations import KEY
from drug_outcomes.vocabulary import Kind

#: What of a row of context.csv travels with its figures.
_TOLD = ("title", "unit", "kind", "per", "decimals", "ages")


def wanted(rows: pd.DataFrame, definitions: Definitions, near: frozenset[str]) -> pd.DataFrame:
    """Return the observations of no measure that some row of context.csv names, each once.

    Counts are kept for the areas in `near` (whose sizes are alike or named); rates for every area.
    """
    found = _named(rows, definitions)
    compared = found["kind"] != Kind.COUNT
    places = found.loc[compared | found["area"].isin(near) | (found["section"] == "prevalence"), "place"]
    return rows.loc[rows.index.isin(places)].reset_index(drop=True)


def named(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return observations with the columns context, section, category and of their definition.

    `category` is the value of the dimension that a figure is split by, "" for all. An observation that stands
    for several figures comes once for each.
    """
    return _named(rows, definitions).drop(columns="place")


def newest(figures: pd.DataFrame, until: str) -> pd.DataFrame:
    """Return the newest named figure of each area and category that ends by an ISO month, as last received."""
    past = figures[(figures["period_end"] != "") & (figures["period_end"] <= until)]
    ordered = past.sort_values(["period_end", "received"], kind="stable")
    return ordered.drop_duplicates(["context", "area", "category"], keep="last")


def _named(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    bare = rows[rows["measure"] == ""]
    pairs = {text: _pairs(text) for text in bare["breakdown"].unique()}
    found = [_claimed(bare, pairs, row) for row in definitions.context.to_dict("records") if row["source"]]
    every = pd.concat(found) if found else bare.assign(context="", section="", category="", place=0)
    return every.drop_duplicates([*KEY, "context", "received", "category", "row"]).reset_index(drop=True)


def _pairs(breakdown: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in breakdown.split(";") if pair)


def _claimed(
    rows: pd.DataFrame, pairs: dict[str, dict[str, str]], row: Mapping[Hashable, Any]
) -> pd.DataFrame:
    """Return the observations that one row of context.csv names."""
    exact = parse_slice(str(row["slice"]))
    indicator, dimension = exact.pop("indicator"), str(row["dimension"])
    # The whole of a split figure belongs to it too: its category is "".
    keys = {frozenset(exact), frozenset((*exact, dimension))} if dimension else {frozenset(exact)}
    fitting = {
        text: held.get(dimension, "")
        for text, held in pairs.items()
        if frozenset(held) in keys and exact.items() <= held.items()
    }
    mine = rows[(rows["source"] == row["source"]) & (rows["indicator"] == indicator)]
    mine = mine[mine["breakdown"].isin(list(fitting))]
    told: pd.DataFrame = mine.assign(
        context=str(row["context"]),
        section=str(row["section"]),
        category=mine["breakdown"].map(fitting).astype("str"),
        place=mine.index,
        **{name: row[name] for name in _TOLD},
    )
    return told
