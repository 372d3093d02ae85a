"""The process chart of each series: which kind its figures allow, over which stretches, or why none.

Months and quarters only. Windows that overlap vary together by construction, so limits computed from their
steps would be far too narrow, and so do stocks, which the next period counts again; years are too few and are
judged by their trend.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import CarriedOver, Chart, Kind
from drug_outcomes.statistics.arrays import Array, Flags, flags, improvement_direction, numbers
from drug_outcomes.statistics.intervals import modelled_without_limits
from drug_outcomes.statistics.process_charts import Limits, attribute_limits, laney, runs, xmr
from drug_outcomes.statistics.series import each
from drug_outcomes.statistics.signals import Rule, seventh_on_one_side, special_causes, variation

#: No chart below the first, a run chart below the second, trial limits below the third in any stretch.
CHART_FROM, LIMITS_FROM, FIRM_FROM = 5, 12, 13
#: Laney's factor, and people in every period, from which a proportion or rate has limits by its size.
_OVERDISPERSED, _LARGE = 1.5, 1000
#: Below so many events a period the limits of an XmR chart of a count do not hold.
_FEW_EVENTS = 4
#: A shift lasts where the points on one side of the old mean outnumber the others by this share of all.
_MOSTLY = 0.5
_CHARTED = frozenset({Basis.MONTH, Basis.QUARTER_FIN, Basis.QUARTER_CAL})
_OVERLAPPING = frozenset({Basis.ROLLING12, Basis.POOLED_CAL, Basis.POOLED_FIN})
_PRIMED = {Kind.PROPORTION: Chart.P_PRIME, Kind.CRUDE_RATE: Chart.U_PRIME}
_NUMBERS = ["process_centre", "process_lower", "process_upper", "signal_side"]
#: What limits rest on.
_READ = ("kind", "value", "lower", "upper", "numerator", "denominator", "per", "modelled", "carried_over", "rebase")
_WORDS = ["process_chart", "signal", "process_note"]


#: Why what is there at one time has no process limits.
STOCK = "most of what is there at one time is still there at the next, so process limits would be too narrow"


class _Stretch(NamedTuple):
    """One series with a place for every period, held or not, and the number of its stretch between restarts.

    `counted` are the places that limits are computed from: those after a restart that is not due yet are not.
    """

    rows: pd.DataFrame
    places: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    groups: Array
    counted: Flags

    @classmethod
    def of(cls, ordered: pd.DataFrame) -> "_Stretch":
        months = float((ordered["_end"] - ordered["_start"] + 1).iloc[0])
        places = np.round(numbers(ordered["_end"] - ordered["_end"].iloc[0]) / months).astype(np.intp)
        values = np.full(places[-1] + 1, np.nan)
        values[places] = numbers(ordered["value"])
        agreed = places[flags(ordered["rebase"])] if "rebase" in ordered else places[:0]
        groups, counted, begun = np.zeros(len(values)), np.ones(len(values), dtype=bool), 0
        for place in agreed[agreed > 0]:
            if sustained(values[begun:place], values[place:]):
                groups[place:], begun = groups[place:] + 1, int(place)
                counted[:] = True
            elif np.sum(~np.isnan(values[begun:place])) >= LIMITS_FROM:
                counted[place:] = False
        return cls(ordered, places, groups, counted)

    def spread(self, column: str) -> Array:
        """Return a column with NaN for the periods that are not held."""
        full = np.full(len(self.groups), np.nan)
        full[self.places] = numbers(self.rows[column])
        return full


def sustained(before: Array, after: Array) -> bool:
    """Whether points lie on another level than those before: seven in a row and most on one side, twelve or more.

    Limits begin anew where somebody agreed to it and this holds; till then those of the earlier points go on.
    """
    sides = np.sign(after - np.nanmean(before)) if (~np.isnan(before)).any() else np.full(after.shape, np.nan)
    held = sides[~np.isnan(sides)]
    visible = bool(seventh_on_one_side(sides).any())
    return visible and len(held) >= LIMITS_FROM and abs(float(held.sum())) >= _MOSTLY * len(held)


def add_signals(series: pd.DataFrame) -> pd.DataFrame:
    """Add process limits and special causes to monthly and quarterly series.

    Parameters
    ----------
    series : as for `trends.add_trends`; where it exists, rebase (true at the first point for which new limits were
        agreed; they begin there if the shift is `sustained`).

    Returns
    -------
    The same rows with process_chart (a `vocabulary.Chart`, "" for none), process_centre, process_lower
    and process_upper (as drawn: a percentage stays within 0 and 100, a count above 0; signals are judged
    by the limits as computed), signal (a `signals.Rule`), signal_side (+1 high, -1 low), variation (a
    `signals.Variation`) and process_note: how the limits were made, or why there are none.
    """
    numeric = {name: np.full(len(series), np.nan) for name in _NUMBERS}
    words = {name: np.full(len(series), "", dtype=object) for name in _WORDS}
    for ordered in each(series, *_READ):
        found = _charted(ordered)
        place = ordered["_place"].to_numpy()
        for columns in (numeric, words):
            for name in columns:
                columns[name][place] = found[name]
    improvement = improvement_direction(series["polarity"], series["polarity_agreed"])
    kinds = variation(np.nan_to_num(numeric["signal_side"]), improvement).set_axis(series.index)
    texts = {name: pd.array(column, dtype="str") for name, column in words.items()}
    return series.assign(**numeric, **texts, variation=kinds)


def _charted(ordered: pd.DataFrame) -> dict[str, Array | str]:
    """Return the columns of one series in order of time."""
    basis, held = str(ordered["period_basis"].iloc[0]), int(ordered["value"].notna().sum())
    if basis in _OVERLAPPING:
        return _without("windows that overlap vary together, so they have no process limits")
    if basis not in _CHARTED:
        return _without("only months and quarters have process limits")
    if str(ordered["carried_over"].iloc[-1] if "carried_over" in ordered else "") == CarriedOver.STOCK:
        return _without(STOCK)
    if held < CHART_FROM:
        return _without(f"{held} {'point' if held == 1 else 'points'} held; a chart needs {CHART_FROM}")
    stretch = _Stretch.of(ordered)
    return _run_chart(stretch, held) if held < LIMITS_FROM else _limited(stretch, held)


def _without(reason: str) -> dict[str, Array | str]:
    return {**dict.fromkeys(_NUMBERS, np.array(np.nan)), "process_chart": "", "signal": "", "process_note": reason}


def _run_chart(stretch: _Stretch, held: int) -> dict[str, Array | str]:
    found = runs(stretch.spread("value"))
    more = "; it runs more to one side than chance allows" if found.signal else ""
    return {
        **_without(f"{held} points round their median; limits need {LIMITS_FROM}{more}"),
        "process_chart": str(Chart.RUN),
        "process_centre": np.array(stretch.rows["value"].median()),
    }


def _limited(stretch: _Stretch, held: int) -> dict[str, Array | str]:
    kind, values = str(stretch.rows["kind"].iloc[0]), stretch.spread("value")
    if kind == Kind.COUNT and np.nanmean(values) < _FEW_EVENTS:
        return _without(f"fewer than {_FEW_EVENTS} events a period: limits would not hold")
    chart = _chart(stretch, kind)
    limits = _limits(chart, stretch, values)
    causes = special_causes(values, limits, stretch.groups)
    top = {Kind.PROPORTION: 100.0}.get(Kind(kind), np.inf)
    centre, lower, upper = (part[stretch.places] for part in limits[:3])
    shown = ~np.isnan(values[stretch.places])
    return {
        "process_chart": str(chart),
        "process_centre": centre,
        "process_lower": np.clip(lower, 0, top),
        "process_upper": np.clip(upper, 0, top),
        "signal": np.where(shown, causes.rule.to_numpy(dtype=object)[stretch.places], str(Rule.NONE)),
        "signal_side": causes.side[stretch.places],
        "process_note": _made(chart, stretch, values, held),
    }


def _chart(stretch: _Stretch, kind: str) -> Chart:
    """Return p' or u' where the people of every point are known and are many, or explain too little; else XmR."""
    rows = stretch.rows[stretch.rows["value"].notna()]
    known = rows[["numerator", "denominator"]].notna().all(axis=None) and (rows["denominator"] > 0).all()
    if kind not in _PRIMED or not known or modelled_without_limits(rows).any():
        return Chart.XMR
    chart = _PRIMED[Kind(kind)]
    large = bool((rows["denominator"] >= _LARGE).all())
    factor = laney(stretch.spread("numerator"), stretch.spread("denominator"), chart)
    return chart if large or factor > _OVERDISPERSED else Chart.XMR


def _limits(chart: Chart, stretch: _Stretch, values: Array) -> Limits:
    if chart is Chart.XMR:
        return xmr(np.where(stretch.counted, values, np.nan), groups=stretch.groups)
    numerator = np.where(stretch.counted, stretch.spread("numerator"), np.nan)
    denominator = stretch.spread("denominator")
    per = float(stretch.rows["per"].iloc[0])
    return attribute_limits(chart, numerator, denominator, groups=stretch.groups, per=per)


def _made(chart: Chart, stretch: _Stretch, values: Array, held: int) -> str:
    sizes = pd.Series(~np.isnan(values) & stretch.counted).groupby(stretch.groups).sum()
    way = "outlying steps screened" if chart is Chart.XMR else "with Laney's correction"
    waiting = not stretch.counted.all()
    trial = "; trial limits" if waiting or (sizes < FIRM_FROM).any() else ""
    trial += ", those of the earlier points until a lasting shift shows" if waiting else ""
    parts = f" in {len(sizes)} stretches with limits of their own" if len(sizes) > 1 else ""
    return f"{chart} chart of {held} points{parts}, {way}{trial}"
