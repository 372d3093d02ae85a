"""The schema of observations: one row per published figure, with status and provenance.

A reader returns rows of this schema; everything later adds columns to it. Months are ISO text
("2024-10"), which sorts as time does; `periods.month_number` turns a column of them into integers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

#: Text columns are never missing: "" where there is nothing to say.
TEXT_COLUMNS = (
    "measure",  # id in measures.csv; "" while a reader's row has not been matched to one
    "indicator",  # what the source itself calls it: "92432", "in_treatment", "drug_offences"
    "area",  # GSS code, E06000045
    "period_label",  # as published
    "period_start",  # ISO month, "" when no period was published
    "period_end",  # ISO month, inclusive
    "period_basis",  # a value of periods.Basis
    "breakdown",  # "" for the headline, else "age=18-29;sex=Female", keys sorted
    "status",  # a value of vocabulary.Status
    "text",  # the cell as published
    "note",  # the publisher's or reader's remark
    "segment",  # stretches of a series with different segments are never joined
    "release",  # public | approved | restricted | restricted_until 2025-06-01
    "release_basis",  # why it is public
    "received",  # ISO date on which the partnership had it
    "vintage",  # the release it came in, in the publisher's words
    "publisher",
    "licence",
    "source",  # a source id
    "file",  # path below data/, with / on every platform
    "sheet",  # "" for CSV
    "published_direction",  # what a scorecard edition printed, for checking
    "published_compared",
    "published_title",
    "published_unit",
    "published_number",
)
NUMBER_COLUMNS = (
    "value",
    "lower",  # published 95 % limits only; computed ones are added later as interval_lower, interval_upper
    "upper",
    "numerator",
    "denominator",
    "bound_low",  # for "<5": 1
    "bound_high",  # for "<5": 4
)
INTEGER_COLUMNS = ("row",)  # row in the file as received, header = 1
COLUMNS = TEXT_COLUMNS + NUMBER_COLUMNS + INTEGER_COLUMNS

#: The figures of all areas that can be set beside one another.
ALIKE = ("measure", "period_start", "period_end", "segment")
#: One figure: what is measured, where, when, for whom. Vintages differ in `received` and `source`.
KEY = ("measure", "area", "period_start", "period_end", "period_basis", "breakdown", "segment")


def empty() -> pd.DataFrame:
    """Return a frame with every column of the schema and no rows."""
    return frame([])


def frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Turn row dictionaries into an observations frame; absent fields become "" or NaN."""
    return conform(pd.DataFrame(list(rows)))


def conform(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of the schema that `table` lacks, set the types, order the columns.

    Columns outside the schema are an error of the caller: `KeyError` names them.
    """
    unknown = [name for name in table.columns if name not in COLUMNS]
    if unknown:
        raise KeyError(f"not columns of the observations schema: {unknown}")
    blank, missing = pd.Series("", table.index, dtype="str"), pd.Series(float("nan"), table.index)
    texts = {name: _text(table[name]) if name in table else blank for name in TEXT_COLUMNS}
    numbers = {name: pd.to_numeric(table.get(name, missing)).astype("float64") for name in NUMBER_COLUMNS}
    integers = {name: pd.to_numeric(table.get(name, missing)).astype("Int64") for name in INTEGER_COLUMNS}
    return pd.DataFrame({**texts, **numbers, **integers}, index=table.index).reset_index(drop=True)


def _text(column: pd.Series) -> pd.Series:
    held = column.notna()
    return column.astype("str") if held.all() else column.astype("str").where(held, "")
