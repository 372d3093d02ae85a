"""As many areas as a test or benchmark wants, in the schema of observations; nothing of it is kept in a file.

The first area is England, the sum of all others. Every second measure is a count, the others are percentages
with their two counts. In a breakdown the groups make the total.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from drug_outcomes.definitions.observations import COLUMNS, INTEGER_COLUMNS, TEXT_COLUMNS
from drug_outcomes.definitions.periods import Basis, Period, iso_month, month_index
from drug_outcomes.definitions.vocabulary import Release, Status
from exampleshire.places import ENGLAND_CODE

_LAST = Period(month_index("2025-10"), 3, Basis.QUARTER_FIN)
Counts = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def many_areas(
    areas: int, measures: int, periods: int, breakdowns: int, seed: int = 1, *, names: Sequence[str] = ()
) -> pd.DataFrame:
    """Return `areas` x `measures` x `periods` x `breakdowns` observations.

    Parameters
    ----------
    areas : how many, England among them where there are two or more.
    periods : quarters, the last of them October to December 2025.
    breakdowns : rows for each figure: the total and its groups, one fewer.
    names : ids for the measures, as many as `measures`; made up where none are given.
    """
    return pd.concat(each_area(areas, measures, periods, breakdowns, seed, names=names), ignore_index=True)


def each_area(
    areas: int, measures: int, periods: int, breakdowns: int, seed: int = 1, *, names: Sequence[str] = ()
) -> Iterator[pd.DataFrame]:
    """Yield what `many_areas` returns, one area at a time, so that not all of it need stand in memory."""
    ids = list(names) or [f"measure_{number:03d}" for number in range(1, measures + 1)]
    events, people = _counts(areas, len(ids), periods, breakdowns, seed)
    for place in range(areas):
        yield _area(place, ids, events[place], people[place], england=areas > 1)


def _counts(areas: int, measures: int, periods: int, breakdowns: int, seed: int) -> tuple[Counts, Counts]:
    """Return events and the people they are among, by area, measure, period and breakdown."""
    draws = np.random.default_rng(seed)
    shape = (areas, measures, periods, max(breakdowns - 1, 1))
    sizes = draws.integers(200, 4000, (areas, measures, 1, 1))
    people = np.broadcast_to(sizes // shape[3] + 1, shape)
    shares = draws.uniform(0.05, 0.6, (areas, measures, 1, 1))
    events = draws.binomial(people, shares)
    if areas > 1:
        sums = [np.concatenate([each[1:].sum(axis=0, keepdims=True), each[1:]]) for each in (events, people)]
        events, people = sums[0], sums[1]
    if breakdowns == 1:
        return events, people
    with_total = [np.concatenate([each.sum(axis=3, keepdims=True), each], axis=3) for each in (events, people)]
    return with_total[0], with_total[1]


def _area(place: int, ids: list[str], events: Counts, people: Counts, *, england: bool) -> pd.DataFrame:
    _, quarters, groups = events.shape
    every = [_LAST.shifted(-3 * (quarters - 1 - number)) for number in range(quarters)]
    measure, quarter, group = (axis.ravel() for axis in np.indices(events.shape))
    counted, share = events.ravel().astype("float64"), measure % 2 == 1
    code = ENGLAND_CODE if england and place == 0 else f"E06998{place:03d}"
    texts = {
        "measure": _taken(ids, measure),
        "period_label": _taken([one.label for one in every], quarter),
        "period_start": _taken([one.start_month for one in every], quarter),
        "period_end": _taken([one.end_month for one in every], quarter),
        "breakdown": _taken(["", *(f"group=G{number:02d}" for number in range(1, groups))], group),
        "received": _taken([f"{iso_month(one.end + 2)}-27" for one in every], quarter),
    }
    same = {
        "area": code,
        "period_basis": str(Basis.QUARTER_FIN),
        "status": str(Status.PUBLISHED),
        "release": str(Release.PUBLIC),
        "vintage": "made for a test",
        "source": "icu",
        "file": f"{code}.csv",
    }
    constant = np.zeros(counted.size, dtype="int64")
    filling = {name: _taken([same.get(name, "")], constant) for name in TEXT_COLUMNS if name not in texts}
    among = np.where(share, people.ravel(), np.nan)
    numbers = {
        "value": np.where(share, 100 * counted / people.ravel(), counted),
        "numerator": counted,
        "denominator": among,
        **{name: np.full(counted.size, np.nan) for name in ("lower", "upper", "bound_low", "bound_high")},
    }
    rows = {name: pd.array(np.arange(2, counted.size + 2), dtype="Int64") for name in INTEGER_COLUMNS}
    return pd.DataFrame({**texts, **filling, **numbers, **rows})[list(COLUMNS)]


def _taken(words: list[str], places: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return the word at each place, without a Python object for every row."""
    return pd.array(words, dtype="str").take(places)
