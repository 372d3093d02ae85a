"""The sentence under a verdict: which numbers it rests on, or what it would take to have one."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Kind, VerdictBasis
from drug_outcomes.reporting.numerals import number, printed
from drug_outcomes.statistics.bounds import Bound
from drug_outcomes.statistics.intervals import LEVEL_95, Interval, IntervalMethod, crude_rate, wilson

Row = dict[Hashable, Any]
#: A value nearer to its printed form than this is as printed.
_EXACT = 1e-9


def written(rested: pd.DataFrame, called: str) -> pd.Series:
    """Return a note for each row; "" where there is nothing to compare.

    Parameters
    ----------
    rested : the columns of `comparisons.add_comparison`, in and out, and benchmark_value, bound, bound_kind,
        sign, people_needed, apart.
    called : the benchmark's name: "England".
    """
    whose = f"{called}'" if called.endswith("s") else f"{called}'s"
    notes = [_note(row, whose) for row in rested.to_dict("records")]
    return pd.Series(notes, index=rested.index, dtype="str")


def _note(row: Row, whose: str) -> str:
    told = {
        VerdictBasis.INTERVAL: _interval,
        VerdictBasis.BOUNDED: _bounded,
        VerdictBasis.NUMERIC_ONLY: _numeric,
    }
    note = told.get(row["verdict_basis"])
    return note(row, f"{whose} {_benchmark(row)}") if note else ""


def _benchmark(row: Row) -> str:
    """Write the benchmark, with one more decimal where it was worked out and a limit would look like it."""
    value, places = row["benchmark_value"], np.nan_to_num(row["decimals"])
    ends = [end for end in (row["interval_lower"], row["interval_upper"]) if not np.isnan(end)]
    alike = any(_number(end, places) == _number(value, places) for end in ends)
    worked_out = abs(value - round(value, int(places))) > _EXACT
    return _quantity(value, row | {"decimals": places + (alike and worked_out)})


def _quantity(value: float, row: Row) -> str:
    text = _number(value, row["decimals"])
    if row["kind"] == Kind.PROPORTION:
        return f"{text}%"
    if row["kind"] in (Kind.CRUDE_RATE, Kind.STANDARDISED_RATE):
        return f"{text} per {printed(row, 'per')}"
    return text


def _number(value: float, decimals: float) -> str:
    return number(value, 0 if np.isnan(decimals) else int(decimals))


def _limits(interval: Interval, row: Row) -> str:
    """Write both limits, with one more decimal where the usual ones would make a limit look like the benchmark."""
    ends = [float(interval.lower), float(interval.upper)]
    target = _number(row["benchmark_value"], row["decimals"])
    more = any(_number(end, row["decimals"]) == target for end in ends)
    lower, upper = (_number(end, np.nan_to_num(row["decimals"]) + more) for end in ends)
    return f"{lower} to {upper}"


_LIES = {-1: "lies below", 0: "contains", 1: "lies above"}
_IS = {-1: "is below", 1: "is above"}


def _interval(row: Row, benchmark: str) -> str:
    own = row["interval_method"] != IntervalMethod.PUBLISHED
    people = f" of {printed(row, 'denominator')} people" if own and row["kind"] != Kind.COUNT else ""
    source = "95% interval" if own else "published 95% interval"
    limits = _limits(Interval(row["interval_lower"], row["interval_upper"]), row)
    second = ", and so does the 99.8% interval" if row["verdict_level"] > 95 else ""
    return (
        f"{_quantity(row['value'], row)}{people}: {source} {limits} {_LIES[row['sign']]} {benchmark}{second}."
    )


def _bounded(row: Row, benchmark: str) -> str:
    value = _quantity(row["value"], row)
    if np.isnan(row["sign"]):
        return _undecided(row, value, benchmark)
    bound = printed(row, "bound")
    if row["bound_kind"] == Bound.EQUAL:
        source = f"{value} of {bound} people{_from_where(row)}"
        return f"{source}: 95% interval {_limits(_at(row), row)} {_LIES[row['sign']]} {benchmark}."
    if row["sign"] == 0:
        return f"{value} of at most {bound} people{_from_where(row)}: too few to differ from {benchmark}."
    enough = f"{value} {_IS[row['sign']]} {benchmark} from {printed(row, 'people_needed')} people on"
    return f"{enough}, however it was rounded; there were at least {bound}{_from_where(row)}."


def _undecided(row: Row, value: str, benchmark: str) -> str:
    if np.isinf(row["people_needed"]):
        return f"{value} and {benchmark} cannot be told apart as printed.{_refusal(row)}"
    takes = (
        f"{value} differs from {benchmark} if at least {printed(row, 'people_needed')} people were counted"
    )
    known = "" if np.isnan(row["bound"]) else f"; {_how_many(row)} does not decide it"
    return f"{takes}{known}.{_refusal(row)}"


def _how_many(row: Row) -> str:
    words = {Bound.EQUAL: "", Bound.AT_LEAST: "at least ", Bound.AT_MOST: "at most "}
    return f"{words[Bound(row['bound_kind'])]}{printed(row, 'bound')}{_from_where(row)}"


def _source_note(row: Row) -> str:
    note = row.get("denominator_bound_note", "")
    return note if isinstance(note, str) else ""


def _from_where(row: Row) -> str:
    note = _source_note(row)
    return f" ({note})" if note else ""


def _refusal(row: Row) -> str:
    """Say why the number of people that another measure gives was not used."""
    note = _source_note(row) if np.isnan(row["bound"]) else ""
    return f" {note[:1].upper()}{note[1:]}." if note else ""


def _at(row: Row) -> Interval:
    """Return the interval that the printed value would have with the number of people known from elsewhere."""
    method = wilson if row["kind"] == Kind.PROPORTION else crude_rate
    events = np.round(row["value"] * row["bound"] / row["per"])
    return method(events, row["bound"], LEVEL_95, row["per"])


def _numeric(row: Row, benchmark: str) -> str:
    value = _quantity(row["value"], row)
    if row["apart"] == 0:
        return f"{value} and {benchmark} cannot be told apart as printed."
    why = "both rest on estimates published without limits" if row["modelled"] else "no limits are known"
    return f"{value} {_IS[row['apart']]} {benchmark} as printed; {why}, so the difference is not tested."
