"""Which further cells are hidden, checked by listing every table that agrees with what is shown."""

import os
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.disclosure import Effort, Policy, audit, catalogue, model, suppress

POLICY = Policy()
CELLS = [(row, column) for row in range(3) for column in range(3)]
APPROXIMATE = Effort(joint=0)


def problem(table: np.ndarray, *, margins_fixed: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A 3 by 3 table with its margins and its total."""
    rows = [{"cell": f"r{row}", "count": table[row].sum()} for row in range(3)]
    columns = [{"cell": f"c{column}", "count": table[:, column].sum()} for column in range(3)]
    inner = [{"cell": f"{row}{column}", "count": table[row, column]} for row, column in CELLS]
    total = [{"cell": "total", "count": table.sum()}]
    cells = pd.DataFrame(inner + rows + columns + total)
    small = cells["count"].between(1, POLICY.threshold - 1)
    own = cells.index < len(CELLS)
    sums = {f"r{at}": [f"{at}{other}" for other in range(3)] for at in range(3)}
    sums |= {f"c{at}": [f"{other}{at}" for other in range(3)] for at in range(3)}
    sums |= {"total": ["r0", "r1", "r2"], " total": ["c0", "c1", "c2"]}
    terms = [(whole, whole.strip(), 1.0) for whole in sums] + [
        (whole, part, -1.0) for whole, parts in sums.items() for part in parts
    ]
    relations = pd.DataFrame(terms, columns=["relation", "cell", "coefficient"]).assign(low=0.0, high=0.0)
    hidden = small & (own | (not margins_fixed))
    return (
        cells.assign(
            low=(cells["count"] > 0).astype(float),
            hidden=hidden,
            protect=np.where(hidden, POLICY.needed_width, 0),
            fixed=~own & margins_fixed,
        ),
        relations,
    )


def every_table(table: np.ndarray) -> np.ndarray:
    """All 3 by 3 tables of whole numbers with the same margins."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    ranges = [range(min(rows[row], columns[column]) + 1) for row, column in CELLS if row < 2 and column < 2]
    a, b, c, d = np.array(list(product(*ranges))).T
    last_column = np.stack([rows[0] - a - b, rows[1] - c - d])
    last_row = np.stack([columns[0] - a - c, columns[1] - b - d])
    corner = rows[2] - last_row.sum(axis=0)
    found = np.stack([a, b, last_column[0], c, d, last_column[1], *last_row, corner], axis=1)
    return found[(found >= 0).all(axis=1)]


def ranges_of(table: np.ndarray, tables: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """How far apart each cell's values are in the tables that agree with what is shown."""
    flat = table.ravel()
    agree = (tables[:, ~hidden] == flat[~hidden]).all(axis=1) & (tables[:, hidden] >= np.minimum(flat[hidden], 1)).all(
        axis=1
    )
    return np.ptp(tables[agree], axis=0)


def smallest_safe(table: np.ndarray, tables: np.ndarray, primary: np.ndarray) -> int | None:
    """The least number of inner cells that must be hidden, by trying every set of them."""
    others = np.flatnonzero(~primary)
    sizes = []
    for choice in product([False, True], repeat=len(others)):
        hidden = primary.copy()
        hidden[others] = choice
        if (ranges_of(table, tables, hidden)[primary] >= POLICY.needed_width).all():
            sizes.append(int(hidden.sum()))
    return min(sizes, default=None)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.booleans())
def test_what_suppress_leaves_shown_protects_every_small_cell(counts: list[int], exact: bool) -> None:
    table = np.array(counts).reshape(3, 3)
    cells, relations = problem(table, margins_fixed=True)
    found = suppress(cells, relations, Effort() if exact else APPROXIMATE)
    hidden = found["hidden"].to_numpy()[:9]
    width = ranges_of(table, every_table(table), hidden)
    expected = ranges_of(table, every_table(table), np.ones(9, dtype=bool))
    small = (table.ravel() > 0) & (table.ravel() < 5)
    enough = np.minimum(POLICY.needed_width, expected)
    assert (width[small] >= enough[small]).all()


@settings(max_examples=15)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9))
def test_the_audit_finds_the_interval_that_listing_every_table_finds(counts: list[int]) -> None:
    table = np.array(counts).reshape(3, 3)
    cells, relations = problem(table, margins_fixed=True)
    found = audit(cells, relations).iloc[:9]
    hidden = cells["hidden"].to_numpy()[:9]
    width = (found["feasible_high"] - found["feasible_low"]).to_numpy()
    assert (width[hidden] == ranges_of(table, every_table(table), hidden)[hidden]).all()


@pytest.mark.parametrize(("effort", "allowed"), [(Effort(), 1.0), (APPROXIMATE, 1.1)])
def test_suppression_costs_little_more_than_the_smallest_safe_pattern(
    effort: Effort, allowed: float, thorough: bool
) -> None:
    rng = np.random.default_rng(7)
    hidden, smallest, tables = 0, 0, 0
    for _ in range(100 if thorough else 20):
        table = rng.poisson(rng.gamma(1.5, 5.0, size=(3, 3)))
        cells, relations = problem(table, margins_fixed=True)
        best = smallest_safe(table, every_table(table), cells["hidden"].to_numpy()[:9])
        if best is not None:
            hidden += int(suppress(cells, relations, effort)["hidden"].sum())
            smallest, tables = smallest + best, tables + 1
    kept, most = (1 - count / (9 * tables) for count in (hidden, smallest))
    print(
        f"\n{tables} tables of 9 cells, {'exact' if effort.joint else 'approximate'} search: {kept:.1%} of cells kept,"
    )
    print(f"{most:.1%} with the smallest safe pattern")
    assert smallest <= hidden <= allowed * smallest


def test_two_hidden_in_every_row_and_column_is_not_enough() -> None:
    table = np.array([[25, 10, 1, 3], [1, 6, 5, 3], [1, 10, 10, 3], [1, 1, 10, 3]])
    hidden = np.zeros((4, 4), dtype=bool)
    hidden[[0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 0, 1, 0, 2, 0, 1]] = True
    cells = pd.DataFrame({"cell": [str(at) for at in range(16)], "count": table.ravel(), "low": 1.0})
    lines = [(f"row{at}", table[at], np.arange(4) + 4 * at) for at in range(4)]
    lines += [(f"column{at}", table[:, at], np.arange(4) * 4 + at) for at in range(4)]
    terms = [(name, str(at), 1.0, counts.sum()) for name, counts, places in lines for at in places]
    relations = pd.DataFrame(terms, columns=["relation", "cell", "coefficient", "low"])
    found = audit(cells.assign(hidden=hidden.ravel()), relations.assign(high=relations["low"]))
    exact = found["feasible_low"] == found["feasible_high"]
    assert (hidden.sum(axis=0)[:3] >= 2).all() and (hidden.sum(axis=1) >= 2).all()
    assert exact.sum() == 8


def sum_of(counts: dict[str, float], whole: str, **columns: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells whose last is the sum of the others; small ones are hidden and protected."""
    cells = pd.DataFrame({"cell": list(counts), "count": list(counts.values())})
    small = cells["count"].between(1, 4) & (cells["cell"] != whole)
    cells = cells.assign(low=(cells["count"] != 0).astype(float), hidden=small, protect=3.0 * small, fixed=False)
    sign = np.where(cells["cell"] == whole, 1.0, -1.0)
    relations = pd.DataFrame({"relation": "sum", "cell": cells["cell"], "coefficient": sign, "low": 0.0, "high": 0.0})
    return cells.assign(**columns), relations


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 3, "b": 35, "whole": 38}, {"a", "b"}),  # the smallest other part rather than the total
        ({"a": 1, "b": 1, "whole": 2}, {"a", "b", "whole"}),  # two ones can only sum to two
        ({"a": 4, "b": 4, "whole": 8}, {"a", "b"}),  # 1 to 7 each
        ({"a": 3, "b": 0, "c": 7, "d": 9, "whole": 19}, {"a", "c"}),  # never a true zero while there is another way
        ({"a": 3, "b": 0, "whole": 3}, {"a", "whole"}),
        ({"a": 6, "b": 35, "whole": 41}, set()),
    ],
)
def test_the_cheapest_cells_are_hidden(counts: dict[str, float], hidden: set[str]) -> None:
    cells, relations = sum_of(counts, "whole")
    cells = cells.assign(cost=np.where(cells["cell"] == "whole", 5.0, np.nan))
    found = suppress(cells, relations)
    assert set(found.loc[found["hidden"], "cell"]) == hidden


def test_what_was_released_before_is_not_hidden_again() -> None:
    cells, relations = sum_of({"a": 3, "b": 6, "c": 30, "whole": 39}, "whole")
    found = suppress(cells.assign(fixed=cells["cell"].isin(["b", "whole"])), relations)
    assert set(found.loc[found["hidden"], "cell"]) == {"a", "c"}


def test_a_count_that_is_known_already_is_said_to_be() -> None:
    cells, relations = sum_of({"a": 3, "b": 35, "whole": 38}, "whole", fixed=[False, True, True])
    found = suppress(cells, relations, settled=True)
    assert found["already"].tolist() == [True, False, False]


def test_a_safe_count_is_not_said_to_be_known_where_nothing_can_be_hidden() -> None:
    cells, relations = sum_of({"a": 3, "b": 4, "whole": 7}, "whole", fixed=[False, False, True])
    assert not suppress(cells, relations, settled=True)["already"].any()


def test_rounded_totals_protect_more_than_exact_ones() -> None:
    cells, relations = sum_of({"a": 3, "b": 35, "whole": 38}, "whole")
    base = 5
    shown = (cells["count"] + base / 2) // base * base
    blurred = cells.assign(shown_low=np.ceil(shown - base / 2), shown_high=np.ceil(shown + base / 2) - 1)
    assert set(suppress(blurred, relations)["cell"][suppress(blurred, relations)["hidden"]]) == {"a"}


def test_a_component_that_the_solver_gives_up_on_is_withheld_whole() -> None:
    cells, relations = sum_of({"a": 3, "b": 35, "c": 12, "whole": 50}, "whole")
    found = suppress(cells, relations, Effort(seconds=0.0, joint=0))
    assert set(found["reason"]) == {"primary", "undecided"}


def test_totals_that_miss_their_parts_are_no_obstacle() -> None:
    cells, relations = sum_of({"a": 3, "b": 35, "whole": 40}, "whole")
    found = suppress(cells, relations)
    assert found["hidden"].sum() == 2


def test_what_the_solver_prints_does_not_reach_the_standard_output(monkeypatch, capfd) -> None:
    def chatty(*args: object, **options: object) -> object:
        os.write(1, b"HighsMipSolverData")
        return solver(*args, **options)

    solver = model.milp
    monkeypatch.setattr(model, "milp", chatty)
    cells, relations = sum_of({"a": 3, "b": 35, "whole": 38}, "whole")
    suppress(cells, relations)
    assert capfd.readouterr().out == ""


def test_windows_of_which_no_count_is_known_miss_nothing():
    months = pd.DataFrame({"start": ["a@000001", "a@000004"], "end": ["a@000013", "a@000016"], "months": 12})

    assert list(catalogue._missed(months.assign(count=np.nan))) == [0.0, 0.0]
