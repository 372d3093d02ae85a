"""Blanking what is derived from a hidden figure: a column survives only if a list here says so.

A column that nobody has classified counts as derived from the whole series, so a new column is blanked
until somebody has thought about it.
"""

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.vocabulary import (
    Benchmark,
    Compared,
    Direction,
    DirectionBasis,
    EnglandReason,
    Status,
    Verdict,
    VerdictBasis,
)

#: The one marker. Two markers, for small and for protecting, would give away which is which.
MARKER: Final = "[c]"
SERIES: Final = ("measure", "area", "breakdown")

#: What survives in a hidden row: which figure it is, and what the definitions say of all of its measure.
IDENTITY: Final = frozenset(
    (
        *observations.KEY,
        *("period_label", "indicator", "source", "publisher", "licence", "age_months"),
        *(
            "number",
            "priority",
            "commitment",
            "title",
            "unit",
            "kind",
            "per",
            "decimals",
            "cadence",
            "usual_lag",
        ),
        *("polarity", "polarity_agreed_by", "polarity_agreed_on", "definition", "why_it_matters", "caveats"),
        *("area_name", "benchmark", "disclosive", "window_months", "basis"),
    )
)
#: Derived from the row's own figure alone: survive in a shown row, whatever is hidden beside it.
OWN: Final = frozenset(
    (
        *observations.COLUMNS,
        *("interval_lower", "interval_upper", "interval_lower_998", "interval_upper_998", "interval_method"),
        *("withheld", "value_text"),
    )
)
#: What a supplier's words about a missing figure stand in, and the file that tells them.
MISSING: Final = frozenset(("text", "note", "vintage", "file", "sheet", "row", "published_number"))
#: Derived from the previous figure too.
FROM_PREVIOUS: Final = frozenset(
    (
        *("previous_value", "previous_period_label", "change", "direction", "direction_basis"),
        *("two_period", "two_period_note"),
    )
)
#: England's own figure, which stands in a hidden row where England's row is shown ...
ENGLAND: Final = frozenset(
    (
        *("england_value", "england_lower", "england_upper", "england_text", "england_reason"),
        "england_period_label",
    )
)
#: ... and what is derived from both.
FROM_ENGLAND: Final = frozenset(("compared", "verdict", "verdict_basis", "verdict_level", "verdict_note"))
#: The figures of the region and of groups of areas, and what is derived from them and the row's own.
OTHERS: Final = frozenset(f"{other}_{name}" for other in Benchmark for name in ("value", "areas"))
FROM_OTHERS: Final = frozenset(f"{name}_{other}" for other in Benchmark for name in FROM_ENGLAND)

#: What a blanked enumerated column says. Other columns become "" or missing.
NEUTRAL: Final = {
    "direction": Direction.UNKNOWN.value,
    "direction_basis": DirectionBasis.NONE.value,
    "compared": Compared.NOT_COMPARABLE.value,
    "verdict": Verdict.NOT_TESTED.value,
    "verdict_basis": VerdictBasis.NONE.value,
    **{f"compared_{other}": Compared.NOT_COMPARABLE.value for other in Benchmark},
    **{f"verdict_{other}": Verdict.NOT_TESTED.value for other in Benchmark},
    **{f"verdict_basis_{other}": VerdictBasis.NONE.value for other in Benchmark},
    "status": Status.SUPPRESSED.value,
    "text": MARKER,
    "england_reason": EnglandReason.SUPPRESSED.value,
}

ENGLAND_CODE: Final = "E92000001"


def masked(figures: pd.DataFrame, hidden: pd.Series, every: pd.DataFrame) -> pd.DataFrame:
    """Blank the hidden rows of `figures` and what the other rows derive from hidden ones.

    Parameters
    ----------
    figures : figures frame with a column `withheld`, "" where the figure is shown.
    hidden : true where `figures` is hidden; same index.
    every : all figures known, latest and series together, with `withheld`: to look up neighbours.
    """
    clean = ~joined(figures, SERIES).isin(set(joined(every[every["withheld"] != ""], SERIES)))
    previous = clean | _is_shown(figures, "previous_period_label", every)
    england = _is_shown(figures, "england_period_label", every, area=ENGLAND_CODE)
    bad = set(every.loc[(every["area"] == ENGLAND_CODE) & (every["withheld"] != ""), "measure"])
    others = ~_hidden_elsewhere(figures, every)
    keep = {
        **dict.fromkeys(IDENTITY | {"withheld"}, pd.Series(True, figures.index)),
        **dict.fromkeys(OWN - IDENTITY - {"withheld"}, ~hidden),
        **dict.fromkeys(FROM_PREVIOUS, ~hidden & previous),
        **dict.fromkeys(ENGLAND, england | (~hidden & ~figures["measure"].isin(bad))),
        **dict.fromkeys(FROM_ENGLAND, ~hidden & (england | ~figures["measure"].isin(bad))),
        **dict.fromkeys(OTHERS, others),
        **dict.fromkeys(FROM_OTHERS, ~hidden & others),
    }
    columns = {
        name: blanked(figures[name], ~keep.get(name, ~hidden & clean), NEUTRAL.get(name, ""))
        for name in figures.columns
    }
    return figures.assign(**columns)


def blanked(column: pd.Series, where: pd.Series, word: str = "") -> pd.Series:
    """Replace the marked cells by `word` in text, by missing in anything else."""
    if not where.any():
        return column
    if isinstance(column.dtype, pd.StringDtype):
        return column.mask(where, word)
    if pd.api.types.is_bool_dtype(column):
        return column.astype("boolean").mask(where, pd.NA)
    if pd.api.types.is_integer_dtype(column):
        return column.astype("Int64").mask(where, pd.NA)
    nothing: Any = None if column.dtype == object else pd.NA
    return column.mask(where, nothing)


def joined(table: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """Join columns into one text per row, to look rows up by several columns at once."""
    parts = [table[name].astype("str").fillna("").to_list() for name in names]
    return pd.Series(map("\x1f".join, zip(*parts, strict=True)), table.index, dtype="str")


def _hidden_elsewhere(figures: pd.DataFrame, every: pd.DataFrame) -> pd.Series:
    """Say whether any figure of a row's measure is hidden in an area other than the row's own."""
    hidden = every.loc[every["withheld"] != "", ["measure", "area"]].drop_duplicates()
    own = joined(figures, ("measure", "area")).isin(set(joined(hidden, ("measure", "area"))))
    areas = figures["measure"].map(hidden["measure"].value_counts()).astype("float64").fillna(0)
    return areas > own


def _is_shown(figures: pd.DataFrame, label: str, every: pd.DataFrame, area: str | None = None) -> pd.Series:
    """Say whether the figure a row names by period label (its own area's, or `area`'s) is known and shown."""
    if label not in figures.columns:
        return pd.Series(False, figures.index)
    names = ("measure", "area", "breakdown", "period_label")
    wanted = figures.assign(period_label=figures[label], area=figures["area"] if area is None else area)
    shown = set(joined(every[every["withheld"] == ""], names)) - set(
        joined(every[every["withheld"] != ""], names)
    )
    return joined(wanted, names).isin(shown) & (figures[label] != "")
