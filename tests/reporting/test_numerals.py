"""Numbers on pages: what is none is refused with the name of its column, and nought has no sign."""

import math

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.errors import PageRefused
from drug_outcomes.reporting import wording
from drug_outcomes.reporting.numerals import as_held, in_three_digits, number, printed
from drug_outcomes.reporting.wording import Row

NONE = [math.nan, math.inf, -math.inf, None, pd.NaT, pd.NA, np.float64("nan"), "", "7 people"]


@pytest.mark.parametrize("nothing", NONE, ids=repr)
@pytest.mark.parametrize(
    "say",
    [
        lambda value: number(value, 1, "england_value"),
        lambda value: printed({"england_value": value}, "england_value"),
        lambda value: in_three_digits(value, "england_value"),
        lambda value: as_held(value, "england_value"),
    ],
    ids=["number", "printed", "in_three_digits", "as_held"],
)
def test_what_is_no_number_is_refused_with_the_name_of_its_column(say, nothing):
    with pytest.raises(PageRefused, match=r"england_value is .* where a page wants a number"):
        say(nothing)


@pytest.mark.parametrize("column", ["value", "england_value"])
def test_a_cell_of_a_figure_names_the_column_that_is_missing(column):
    figure = {"value": math.nan, "england_value": math.nan, "text": "", "england_text": "", "kind": "mean"}
    row = Row({**figure, "decimals": 1, "unit": "cases"})

    with pytest.raises(PageRefused, match=f"^{column} is nan"):
        wording.quantity(row, column)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-0.0, 0, "0"), (-0.04, 1, "0.0"), (-0.06, 1, "\u22120.1"), (1234.5, 1, "1,234.5"), (7, 0, "7")],
)
def test_nought_has_no_sign_and_others_a_real_one(value, decimals, text):
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3100, "3,100"), (53.31, "53.3"), (0.333, "0.33"), (-42.0, "\u221242"), (-0.001, "0")]
)
def test_a_number_in_about_three_digits(value, text):
    assert in_three_digits(value) == text


@pytest.mark.parametrize(("value", "text"), [(3.0, "+3"), (-3.25, "\u22123.25"), (12_000.0, "+12,000")])
def test_a_difference_carries_its_sign(value, text):
    assert as_held(value, signed=True) == text
