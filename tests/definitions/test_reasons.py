"""Absent is a value with a reason: a frame passes a door whole or not at all."""

import pandas as pd
import pytest

from drug_outcomes.definitions import observations, reasons
from drug_outcomes.definitions.reasons import REASONS
from drug_outcomes.definitions.vocabulary import VALUED, Status
from drug_outcomes.errors import UnreadableInput


def figure(**cells: object) -> pd.DataFrame:
    held = {"measure": "entries", "area": "E06000044", "status": "published", "value": 7.0}
    return observations.frame([held]).assign(**{"withheld": "", **cells})


@pytest.mark.parametrize("status", list(Status))
def test_a_figure_is_missing_exactly_where_its_status_says_so(status):
    bare = figure(value=float("nan"), status=str(status))
    if status in VALUED:
        with pytest.raises(UnreadableInput, match="value is missing; status says"):
            reasons.require(bare, "figures")
    else:
        reasons.require(bare, "figures")


@pytest.mark.parametrize("column", [name for name in REASONS if name != "value"])
def test_every_number_needs_its_own_reason(column):
    reason = REASONS[column]
    said = {reason.column: next(iter(word for word in reason.gone if word), "")}

    reasons.require(figure(**{column: float("nan"), **said}), "figures")
    with pytest.raises(UnreadableInput, match=f"{column} is missing; {reason.column} says 'yes'"):
        reasons.require(figure(**{column: float("nan"), reason.column: "yes"}), "figures")


@pytest.mark.parametrize("column", ["value", "numerator", "denominator", "lower", "upper", "interval_lower"])
def test_a_hidden_figure_that_stands_there_is_refused(column):
    hidden = figure(value=float("nan"), withheld="restricted")
    reasons.require(hidden, "figures")

    with pytest.raises(UnreadableInput, match=f"{column} is hidden and stands there"):
        reasons.require(hidden.assign(**{column: 7.0}), "figures")


def test_text_is_never_missing_and_the_refusal_names_the_row():
    wrong = figure(note=pd.array([None], dtype="str"))

    with pytest.raises(UnreadableInput, match=r"note is missing \(entries, E06000044; 1 such\)"):
        reasons.require_texts(wrong, "figures")


def test_a_column_of_any_kind_of_value_is_refused_because_storage_would_change_it():
    with pytest.raises(UnreadableInput, match="points is a column of any kind"):
        reasons.require_texts(figure(points=[[1, 2]]), "figures")
