"""Every published case of disclosure control, through the public functions."""

import json
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.disclosure import Policy, audit, candidates, follow_parents, is_small, rounded, suppress
from material import vectors_folder

CASES = json.loads((vectors_folder() / "disclosure_control.json").read_text(encoding="utf-8"))


def table_of(rows: list[list[int]], hidden: set[tuple[int, int]], protect: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and relations of a two-way table whose margins are published."""
    table = np.array(rows)
    at = [(row, column) for row in range(table.shape[0]) for column in range(table.shape[1])]
    cells = pd.DataFrame(
        {
            "cell": [f"{row}{column}" for row, column in at],
            "count": [table[place] for place in at],
            "low": 1.0,
            "hidden": [place in hidden for place in at],
            "protect": [protect if place in hidden else 0 for place in at],
        }
    )
    margins = [("row", row, table[row].sum(), 0) for row in range(table.shape[0])]
    margins += [("column", column, table[:, column].sum(), 1) for column in range(table.shape[1])]
    relations = [
        {"relation": f"{name}{number}", "cell": f"{place[0]}{place[1]}", "coefficient": 1, "low": total, "high": total}
        for name, number, total, axis in margins
        for place in at
        if place[axis] == number
    ]
    return cells, pd.DataFrame(relations)


def primary(given: dict[str, Any]) -> object:
    return is_small(pd.Series(given["counts"]), Policy(threshold=given["threshold"])).astype(int).tolist()


def cascade_from_suppressed_parent(given: dict[str, Any]) -> object:
    parents = pd.Series(given["parent"]).astype(bool)
    children = pd.Series(given["child_parent"])
    return follow_parents(parents, children, pd.Series(given["rank"])).astype(int).tolist()


def feasibility_audit(given: dict[str, Any]) -> object:
    bounds = given["known_bounds"]
    cells = pd.DataFrame(
        {
            "cell": list(bounds),
            "count": np.nan,
            "low": [low for low, _ in bounds.values()],
            "high": [high for _, high in bounds.values()],
            "hidden": True,
        }
    )
    relations = pd.DataFrame(
        [
            {"relation": number, "cell": name, "coefficient": weight, "low": line["lo"], "high": line["hi"]}
            for number, line in enumerate(given["linear_equalities"])
            for name, weight in line["coef"].items()
        ]
    )
    found = audit(cells, relations).set_index("cell")
    intervals = {name: [row["feasible_low"], row["feasible_high"]] for name, row in found.iterrows()}
    return {"interval": intervals, "disclosed": [name for name, (low, high) in intervals.items() if low == high]}


def back_calculate_numerator(given: dict[str, Any]) -> object:
    size = given["denominator"]
    found = candidates(
        given["published"],
        decimals=given["decimals"],
        per=given["multiplier"],
        denominators=(size, size),
        methods=("rounding",),
    )
    fits = found["numerator"].astype(int).tolist()
    # Of many candidates a case names the least and the greatest.
    named = fits if len(fits) <= 10 else [fits[0], fits[-1]]
    return {"candidates": named, "n_candidates": len(fits)}


def suppress_then_round(given: dict[str, Any]) -> object:
    policy = Policy(threshold=given["threshold"], rounding_base=given["base"])
    value = pd.Series([given["value"]])
    return "c" if is_small(value, policy)[0] else rounded(value, policy.rounding_base)[0]


def secondary_rank2_in_group(given: dict[str, Any]) -> object:
    """The second of a group is hidden where one of it was: the group's hidden parent takes the next lowest along."""
    group, rank = pd.Series(given["group"]), pd.Series(given["rank"])
    hidden = pd.Series(given["primary"]).astype(bool)
    taken = follow_parents(hidden.groupby(group).any(), group, rank)
    return (taken & ~hidden & group.map(hidden.groupby(group).sum()).eq(1)).astype(int).tolist()


def secondary_2d_count_rule(given: dict[str, Any]) -> object:
    """The rule that is not enough, by trying every pattern: no row or column with exactly one hidden cell."""
    table = np.array(given["table"])
    small = (table > 0) & (table <= given["threshold_max"])
    open_to_choice = list(zip(*np.nonzero(~small), strict=True))
    best: tuple[int, int] | None = None
    for number in range(len(open_to_choice) + 1):
        for more in combinations(open_to_choice, number):
            hidden = small.copy()
            for place in more:
                hidden[place] = True
            if 1 in hidden.sum(axis=0) or 1 in hidden.sum(axis=1):
                continue
            cost = int(hidden.sum()), int(table[hidden].sum())
            best = min(best or cost, cost)
        if best:
            break
    assert best is not None
    return {"min_cells": best[0], "min_total": best[1]}


def audit_2d(given: dict[str, Any]) -> object:
    cells, relations = table_of(given["table"], {tuple(place) for place in given["suppressed"]}, 1)
    found = audit(cells, relations)
    disclosed = found.loc[found["feasible_low"] == found["feasible_high"], "cell"].tolist()
    return {"disclosed": disclosed, "n_disclosed": len(disclosed)}


def secondary_2d_audited(given: dict[str, Any]) -> object:
    policy = Policy(threshold=given["threshold_max"] + 1)
    small = set(zip(*np.nonzero(pd.DataFrame(given["table"]).apply(is_small, policy=policy)), strict=True))
    cells, relations = table_of(given["table"], small, policy.needed_width)
    found = suppress(cells, relations)
    assert audit(found, relations)["safe"].all()
    hidden = found[found["hidden"]]
    return {"min_cells": len(hidden), "min_total": hidden["count"].sum(), "example_pattern": hidden["cell"].tolist()}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_published_cases_are_reproduced(case: dict[str, Any]) -> None:
    found, expected = globals()[case["input"]["op"]](case["input"]), case["expected"]
    ours = {name: expected[name] for name in found} if isinstance(found, dict) else expected
    assert found == ours
