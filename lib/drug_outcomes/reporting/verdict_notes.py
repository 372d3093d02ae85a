"""The sentence under a verdict: which numbers it rests on, or what it would take to have one."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from drug_outcomes.definitions.areas import FEWEST_SIMILAR
from drug_outcomes.definitions.vocabulary import Benchmark, Kind, VerdictBasis
from drug_outcomes.reporting.numerals import number, printed
from drug_outcomes.statistics.bounds import Bound
from drug_outcomes.statistics.intervals import LEVEL_95, Interval, IntervalMethod, crude_rate, wilson
from drug_outcomes.statistics.peer_comparison import Refused

Row = dict[Hashable, Any]
#: A value nearer to its printed form than this is as printed.
_EXACT = 1e-9
_CALLED = {
    "england": "England's",
    Benchmark.REGION: "the region's",
    Benchmark.NEIGHBOURS: "statistical neighbours'",
    Benchmark.PEERS: "similarly deprived areas'",
}
#: What a comparison says of itself; other benchmarks than England have their name behind it.
_SAID = ("verdict_basis", "verdict_level", "verdict_sign", "verdict_apart", "verdict_needed")
_SPREAD = ("middle", "lowest", "highest")


def note(row: Mapping[Hashable, Any], benchmark: str = "england") -> str:
    """Return what the verdict of a figure rests on, in a sentence; "" where there is nothing to compare.

    `row` : a figure with the columns of `comparisons.add_comparison`, in and out.
    """
    suffix = "" if benchmark == "england" else f"_{benchmark}"
    own = {name: row[name + suffix] for name in _SAID}
    bound, bound_kind = _bound(row)
    beside = {"benchmark_value": row[f"{benchmark}_value"], "bound": bound, "bound_kind": bound_kind}
    told = {VerdictBasis.INTERVAL: _interval, VerdictBasis.BOUNDED: _bounded, VerdictBasis.NUMERIC_ONLY: _numeric}.get(
        own["verdict_basis"]
    )
    whole = dict(row) | own | beside
    return told(whole, f"{_CALLED[benchmark]} {_benchmark(whole)}") if told else ""


def not_pooled(row: Mapping[Hashable, Any], benchmark: str) -> str:
    """Say why a group of areas has no pooled figure, with the spread of its areas; "" where it has one."""
    refused, areas = row[f"{benchmark}_refused"], row[f"{benchmark}_areas"]
    if refused == Refused.FEW:
        return f"Not tested: {areas} have a figure for this period, and {FEWEST_SIMILAR} are needed."
    if not refused:
        return ""
    unit = "%" if row["kind"] == Kind.PROPORTION else ""
    middle, low, high = (_number(row[f"{benchmark}_{name}"], row["decimals"]) + unit for name in _SPREAD)
    return f"Not tested: {refused}. The middle of {areas} is {middle}, from {low} to {high}."


def _bound(row: Mapping[Hashable, Any]) -> tuple[float, str]:
    """Return the number of people that a rounded value was judged by, and how it stands to the true one."""
    if pd.notna(row["denominator"]):
        return float(row["denominator"]), str(Bound.EQUAL)
    usual = Bound.EQUAL if row["kind"] == Kind.PROPORTION else Bound.AT_LEAST
    stated = row.get("denominator_bound_kind", "")
    held = row.get("denominator_bound")
    return float("nan") if held is None or pd.isna(held) else float(held), str(
        stated if isinstance(stated, str) and stated else usual
    )


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
_SIDES = {-1: "Lower", 1: "Higher"}
_CANNOT_SAY = "We cannot say if this differs"
_UNPUBLISHED = "the number of people behind it was not published"


def _interval(row: Row, benchmark: str) -> str:
    own = row["interval_method"] != IntervalMethod.PUBLISHED
    people = f" of {printed(row, 'denominator')}" if own and row["kind"] != Kind.COUNT else ""
    source = "95% interval" if own else "published 95% interval"
    limits = _limits(Interval(row["interval_lower"], row["interval_upper"]), row)
    second = ", and so does the 99.8% interval" if row["verdict_level"] > 95 else ""
    found = f"{source} {limits} {_LIES[row['verdict_sign']]} {benchmark}"
    return f"{_quantity(row['value'], row)}{people}: {found}{second}."


def _bounded(row: Row, benchmark: str) -> str:
    value = _quantity(row["value"], row)
    if np.isnan(row["verdict_sign"]):
        return _undecided(row, value, benchmark)
    bound = printed(row, "bound")
    if row["bound_kind"] == Bound.EQUAL:
        source = f"{value} of {bound} people{_from_where(row)}"
        return f"{source}: 95% interval {_limits(_at(row), row)} {_LIES[row['verdict_sign']]} {benchmark}."
    if row["verdict_sign"] == 0:
        return f"Too few people to tell: {value} of at most {bound} people{_from_where(row)}, beside {benchmark}."
    side = f"{_SIDES[row['verdict_sign']]} than {benchmark}, by more than chance would explain"
    return f"{side}: {value} of at least {bound} people{_from_where(row)}."


def _undecided(row: Row, value: str, benchmark: str) -> str:
    if np.isinf(row["verdict_needed"]):
        return f"{value} and {benchmark} cannot be told apart as printed.{_refusal(row)}"
    known = f"we know only that there were {_how_many(row)}" if not np.isnan(row["bound"]) else _UNPUBLISHED
    return f"{_CANNOT_SAY}: {known}.{_refusal(row)}"


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
    if row["verdict_apart"] == 0:
        return f"{_quantity(row['value'], row)} and {benchmark} cannot be told apart as printed."
    if row["modelled"] and np.isnan(row["lower"]):
        why = "both are estimates published without their uncertainty"
    else:
        why = "its 95% interval was not published" if row["kind"] == Kind.STANDARDISED_RATE else _UNPUBLISHED
    return f"{_CANNOT_SAY}: {why}."
