"""Figures beside the measures: which observations of no measure a document asks for, and what they are called.

`data/framework/context.csv` names them. They are cleared with everything else; here they only get their names.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from drug_outcomes.definitions.framework import Definitions, parse_slice
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import Kind, Release

#: What tells apart the observations that context.csv names.
_NAMES = ["source", "indicator", "breakdown"]
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
    found = bare.assign(place=bare.index).merge(_claims(bare, definitions), on=_NAMES)
    ordered = found.sort_values(["order", "place"], kind="stable").drop(columns="order")
    return ordered.drop_duplicates([*KEY, "context", "received", "category", "row"]).reset_index(drop=True)


def _claims(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return which row of context.csv names what of `_NAMES` stands in some rows, in what category and order."""
    asked = definitions.context[definitions.context["source"] != ""].reset_index(names="order")
    slices = asked["slice"].map(parse_slice)
    asked = asked.assign(exact=slices, indicator=slices.map(lambda one: one.pop("indicator")).astype("str"))
    pairs = rows[_NAMES].drop_duplicates().merge(asked, on=["source", "indicator"])
    held = [dict(pair.split("=", 1) for pair in text.split(";") if pair) for text in pairs["breakdown"]]
    each = list(zip(held, pairs["exact"], pairs["dimension"], strict=True))
    named = pairs.assign(category=pd.array([split.get(by, "") for split, _, by in each], dtype="str"))
    told = [*_NAMES, "order", "context", "section", "category", *_TOLD]
    return named.loc[np.array([_fits(*one) for one in each], dtype=bool), told]


def _fits(split: Mapping[str, str], exact: Mapping[str, str], dimension: str) -> bool:
    """Whether a split is the one that a row of context.csv asks for; the whole of a split figure belongs to it too."""
    return exact.items() <= split.items() and split.keys() - exact.keys() <= {dimension}


def asked_for(rows: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Say which observations of no measure something rests on: context.csv, a denominator or a relation names them.

    Of a figure that is split, the splits that nobody names are left out, but only where all of it is public: what
    is hidden is protected with everything that is held about it.

    Parameters
    ----------
    rows : columns source, indicator, breakdown, release.
    """
    figure = rows["source"] + ":" + rows["indicator"]
    named = pd.MultiIndex.from_frame(_claims(rows, definitions)[_NAMES])
    picked = pd.Series(pd.MultiIndex.from_frame(rows[_NAMES]).isin(named), rows.index)
    measures, relations = definitions.measures, definitions.relations
    names = pd.concat([measures["denominator_from"], relations["total"], relations["parts"].str.split(";").explode()])
    secret = figure.isin(set(figure[rows["release"] != Release.PUBLIC]) & set(figure[picked]))
    return picked | secret | figure.isin(set(names))
