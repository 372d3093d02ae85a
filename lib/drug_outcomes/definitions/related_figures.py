"""Figures beside the measures: which observations of no measure a document asks for, and what they are called.

`data/framework/context.csv` names them. They are cleared with everything else; here they only get their names.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from drug_outcomes.definitions.framework import Definitions, parse_slice
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import Kind, Release

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


def asked_for(rows: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Say which observations of no measure something rests on: context.csv, a denominator or a relation names them.

    Of a figure that is split, the splits that nobody names are left out, but only where all of it is public: what
    is hidden is protected with everything that is held about it.

    Parameters
    ----------
    rows : columns source, indicator, breakdown, release.
    """
    figure = rows["source"] + ":" + rows["indicator"]
    pairs = {text: _pairs(text) for text in rows["breakdown"].unique()}
    asked = [row for row in definitions.context.to_dict("records") if row["source"]]
    picked = pd.Series(False, rows.index)
    for row in asked:
        picked |= _is_claimed(rows, pairs, row)
    measures, relations = definitions.measures, definitions.relations
    names = pd.concat([measures["denominator_from"], relations["total"], relations["parts"].str.split(";").explode()])
    secret = figure.isin(set(figure[rows["release"] != Release.PUBLIC]) & set(figure[picked]))
    return picked | secret | figure.isin(set(names))


def _claimed(rows: pd.DataFrame, pairs: dict[str, dict[str, str]], row: Mapping[Hashable, Any]) -> pd.DataFrame:
    """Return the observations that one row of context.csv names."""
    mine = rows[_is_claimed(rows, pairs, row)]
    categories = {text: held.get(str(row["dimension"]), "") for text, held in pairs.items()}
    told: pd.DataFrame = mine.assign(
        context=str(row["context"]),
        section=str(row["section"]),
        category=mine["breakdown"].map(categories).astype("str"),
        place=mine.index,
        **{name: row[name] for name in _TOLD},
    )
    return told


def _is_claimed(rows: pd.DataFrame, pairs: dict[str, dict[str, str]], row: Mapping[Hashable, Any]) -> pd.Series:
    exact = parse_slice(str(row["slice"]))
    indicator, dimension = exact.pop("indicator"), str(row["dimension"])
    # The whole of a split figure belongs to it too: its category is "".
    keys = {frozenset(exact), frozenset((*exact, dimension))} if dimension else {frozenset(exact)}
    fitting = [text for text, held in pairs.items() if frozenset(held) in keys and exact.items() <= held.items()]
    named: pd.Series = (rows["source"] == row["source"]) & (rows["indicator"] == indicator)
    return named & rows["breakdown"].isin(fitting)
