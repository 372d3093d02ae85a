"""Cells and relations: what an intruder knows, as integers and linear constraints.

Cells frame, one row per count that somebody could want to know:
    cell        name
    count       the true count, NaN where not even the partnership knows it
    low, high   bounds everybody knows while the cell is hidden (default 0 and none)
    shown_low, shown_high  what is known while it is shown: the count, or its range where counts are rounded
    figure      the published figure that shows it; hiding a figure hides all its cells (default: the cell)
    hidden      must be hidden, or never was published
    fixed       is known to everybody already, cannot be hidden
    protect     how wide its feasible interval must stay, 0 if nobody needs protecting
    cost        what hiding it costs (default: about 1, a little more for larger counts, far more for a true zero)
Relations frame, one row per term: `relation`, `cell`, `coefficient`, and `low`, `high` for the sum of
coefficient x count.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

#: A count above this multiple of everything known is as good as unbounded.
_FAR: Final = 2
#: What hiding a true zero costs, beside about 1 for other counts: only where nothing else helps.
ZERO_COST: Final = 1000.0
_EXACT: Final = 1e-6
_NUMBERS: Final = ("count", "low", "high", "shown_low", "shown_high", "protect")


@dataclass(frozen=True)
class Effort:
    """How hard the solver may try.

    `nodes` limits each search and decides alone, the same on every machine; `seconds` is an emergency stop.
    `joint` is the largest number of protected cells x cells for which the cheapest pattern is sought exactly;
    `proofs` how many searches a component may take to show again what need not have been hidden.
    """

    nodes: int = 2000
    seconds: float = 20.0
    joint: int = 400
    proofs: int = 200


@dataclass(frozen=True)
class Component:
    """Cells that are tied together by relations, and by nothing to any others, as arrays.

    Parameters
    ----------
    names, count, low, high, shown_low, shown_high, protect : the columns of the cells frame.
    figure_of : the position of each cell's figure.
    hidden, fixed, cost : one element per figure.
    matrix, least, most : the relations: `least` <= `matrix` @ counts <= `most`.
    """

    names: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shown_low: np.ndarray
    shown_high: np.ndarray
    protect: np.ndarray
    figure_of: np.ndarray
    hidden: np.ndarray
    fixed: np.ndarray
    cost: np.ndarray
    matrix: csr_array
    least: np.ndarray
    most: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """Which cells are whole numbers: all but averages over years and the like."""
        return np.asarray(np.isnan(self.count) | (self.count % 1 == 0))

    @property
    def far(self) -> float:
        """A number no count can reasonably reach."""
        known = np.fmax(np.fmax(self.count, self.low), 0)
        ends = np.abs(self.least[np.isfinite(self.least)])
        return float(_FAR * (np.nansum(known) + ends.sum()) + 1000)

    def bounds(self, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is known of each cell when the figures marked in `hidden` are hidden."""
        away = hidden[self.figure_of]
        high = np.where(away, self.high, self.shown_high)
        return np.where(away, self.low, self.shown_low), np.minimum(high, self.far)

    def fits(self, table: np.ndarray, hidden: np.ndarray) -> bool:
        """Say whether a table of counts agrees with everything known."""
        low, high = self.bounds(hidden)
        sums = self.matrix @ table
        inside = (sums >= self.least - _EXACT) & (sums <= self.most + _EXACT)
        return bool(inside.all() and (table >= low - _EXACT).all() and (table <= high + _EXACT).all())


def completed(cells: pd.DataFrame) -> pd.DataFrame:
    """Fill the columns of a cells frame that were left out."""
    count = cells["count"].astype("float64")
    defaults: dict[str, Any] = {
        "low": 0.0,
        "high": np.inf,
        "shown_low": count,
        "shown_high": count,
        "figure": cells["cell"],
        "hidden": False,
        "fixed": False,
        "protect": 0,
        "cost": np.nan,
    }
    missing = {name: value for name, value in defaults.items() if name not in cells.columns}
    full = cells.assign(count=count, **missing)
    usual = (1 + count.fillna(0) / (1 + count.sum())).mask(count == 0, ZERO_COST)
    return full.assign(
        low=np.fmin(full["low"].astype("float64"), count),
        high=np.fmax(full["high"].astype("float64"), count),
        hidden=full["hidden"] | full["shown_low"].isna(),
        cost=full["cost"].fillna(usual),
    )


def reconciled(cells: pd.DataFrame, relations: pd.DataFrame) -> pd.DataFrame:
    """Widen the relations that the true counts break, just so far that the truth fits.

    Totals of published tables are often a little off their parts; without this the truth itself would be
    infeasible and nothing could be said. Rounded counts may lie anywhere in their range before that.
    """
    known = completed(cells).set_index("cell")
    shown = known.loc[relations["cell"], ["shown_low", "shown_high"]].to_numpy()
    ends = shown * relations["coefficient"].to_numpy(dtype=float)[:, None]
    limits = pd.DataFrame({"low": ends.min(axis=1), "high": ends.max(axis=1)}, index=relations.index)
    sums = limits.groupby(relations["relation"]).sum(skipna=False)
    least, most = relations["relation"].map(sums["low"]), relations["relation"].map(sums["high"])
    low, high = relations["low"].astype("float64"), relations["high"].astype("float64")
    return relations.assign(low=low.mask(most < low, most), high=high.mask(least > high, least))


def components(cells: pd.DataFrame, relations: pd.DataFrame) -> list[Component]:
    """Split the problem into parts that can be solved one by one.

    Cells that are known for certain tie nothing together; they become constants of the relations.
    """
    cells = completed(cells).reset_index(drop=True)
    relation_names, row_at = np.unique(relations["relation"].to_numpy(dtype=object), return_inverse=True)
    cell_at = relations["cell"].map(pd.Series(cells.index, index=cells["cell"])).to_numpy(dtype=int)
    weights = relations["coefficient"].to_numpy(dtype=float)
    matrix = csr_array((weights, (row_at, cell_at)), shape=(len(relation_names), len(cells)))
    limits = relations.groupby("relation", sort=True)[["low", "high"]].first()
    figures = cells.groupby("figure", sort=True).agg(
        hidden=("hidden", "any"), fixed=("fixed", "all"), cost=("cost", "max")
    )
    figure_at = cells["figure"].map(pd.Series(range(len(figures)), index=figures.index)).to_numpy(dtype=int)
    constant = (cells["fixed"] & (cells["shown_low"] == cells["shown_high"])).to_numpy()
    known = matrix[:, constant] @ cells["count"].to_numpy()[constant]
    least, most = limits["low"].to_numpy() - known, limits["high"].to_numpy() - known
    cell_group, row_group = _groups(matrix, figure_at, constant, len(figures))
    parts = []
    for number in np.unique(cell_group[~constant]):
        inside = np.flatnonzero((cell_group == number) & ~constant)
        rows = np.flatnonzero(row_group == number)
        used, places = np.unique(figure_at[inside], return_inverse=True)
        own = cells.iloc[inside]
        columns = {name: own[name].to_numpy(dtype=float) for name in _NUMBERS}
        of_figures = {name: figures[name].to_numpy()[used] for name in ("hidden", "fixed", "cost")}
        ties = {"matrix": matrix[rows][:, inside], "least": least[rows], "most": most[rows]}
        names = own["cell"].to_numpy(dtype=object)
        parts.append(Component(names=names, figure_of=places, **columns, **of_figures, **ties))
    return parts


def _groups(
    matrix: csr_array, figure_at: np.ndarray, constant: np.ndarray, figures: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the component of each cell and of each relation.

    Cells, relations and figures are the nodes of a graph; constants are left out of it.
    """
    rows, cells = matrix.shape
    terms = matrix.tocoo()
    loose, own = ~constant[terms.col], np.flatnonzero(~constant)
    start = np.concatenate([terms.col[loose], own])
    end = np.concatenate([cells + terms.row[loose], cells + rows + figure_at[own]])
    size = cells + rows + figures
    graph = csr_array((np.ones(len(start)), (start, end)), shape=(size, size))
    number = connected_components(graph, directed=False)[1]
    return number[:cells], number[cells : cells + rows]


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off the standard output what HiGHS prints there whatever it is told; CSV may be going that way."""
    before = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    library = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
    try:
        os.dup2(nothing, 1)
        yield
        library.fflush(None)
    finally:
        os.dup2(before, 1)
        os.close(before)
        os.close(nothing)


def solved(objective: np.ndarray, effort: Effort, **problem: Any) -> OptimizeResult:  # noqa: ANN401 - as milp takes it
    """Solve an integer programme within the effort allowed, without a word."""
    with _silence():
        return milp(objective, options={"node_limit": effort.nodes, "time_limit": effort.seconds}, **problem)


def extreme(
    part: Component, hidden: np.ndarray, objective: np.ndarray, effort: Effort
) -> tuple[np.ndarray | None, bool]:
    """Return the table of counts that makes the objective smallest, and whether that is proven."""
    low, high = part.bounds(hidden)
    answer = solved(
        objective,
        effort,
        integrality=part.whole.astype(int),
        bounds=Bounds(low, high),
        constraints=LinearConstraint(part.matrix, part.least, part.most) if len(part.least) else None,
    )
    if answer.x is None:
        return None, answer.status == 2
    table = np.where(part.whole, np.round(answer.x), answer.x)
    return (table, answer.status == 0) if part.fits(table, hidden) else (None, False)
