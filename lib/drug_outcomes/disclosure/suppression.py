"""Complementary suppression: the cheapest further figures to hide, until every hidden count is safe.

A pattern protects a cell when two tables exist that agree with everything shown and differ in that cell by
the width the policy asks. Such a pair is a proof: each table is checked against every relation, so a pattern
is accepted on evidence, not on the solver's word. Hiding more never spoils a proof.

Small components are solved exactly for all protected cells together, as an integer programme with a decision
per figure and two tables per protected cell (Fischetti and Salazar, Management Science 47, 2001). In larger
ones each protected cell in turn takes the pair of tables that moves shown figures least, near the cell first
and then further away; what had to move is hidden.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import block_diag, csr_array, hstack, identity, vstack

from drug_outcomes.disclosure.auditing import width_of
from drug_outcomes.disclosure.model import Component, Effort, components, extreme, reconciled, solved

#: Why a figure is hidden, for those who may know. Published words never tell the first two apart.
PRIMARY: Final = "primary"
COMPLEMENTARY: Final = "complementary"
UNDECIDED: Final = "undecided"

#: How many relations away from a protected cell figures are looked for, in turn.
_HOPS: Final = (2, 4, 8, 1_000_000)
#: How far the tables of the exact search may leave the true counts, as a multiple of the width needed.
_REACH: Final = (4.0, 40.0)


def suppress(
    cells: pd.DataFrame,
    relations: pd.DataFrame,
    effort: Effort | None = None,
    *,
    settled: bool = False,
    audited: bool = False,
) -> pd.DataFrame:
    """Return the cells with `hidden` (what must not be shown), `reason` and `already`.

    Takes the frames described in `model`. `reason` is "" | primary | complementary | undecided. `already` marks
    cells whose interval is narrower than `protect` asks by what is known for good; hiding more cannot help, so
    only further narrowing is prevented; components in which nothing can be hidden any more are looked at for
    this only if `settled`. A component in which the solver gave up is withheld whole. If `audited`, only `already`
    is wanted: everything that can be hidden is, and the cheapest pattern is not looked for.
    """
    every = components(cells, reconciled(cells, relations)) if len(cells) else []
    choices = [part for part in every if settled or _can_hide(part, part.hidden).any()]
    nothing = pd.DataFrame({"cell": cells["cell"].iloc[:0], "reason": "", "already": False})
    states = [_protected(part, effort or Effort(), audited) for part in choices]
    found = pd.concat([nothing, *states]).set_index("cell")
    reason = cells["cell"].map(found["reason"]).astype("str").fillna("")
    reason = reason.mask((reason == "") & cells["hidden"], PRIMARY)
    already = cells["cell"].map(found["already"]).eq(True)
    return cells.assign(hidden=reason != "", reason=reason, already=already)


@dataclass(frozen=True)
class _State:
    """What has been decided for a component so far. `tables` all agree with what is shown."""

    hidden: np.ndarray
    needed: np.ndarray
    tables: np.ndarray
    undecided: bool = False

    def unproven(self, part: Component) -> list[int]:
        """Cells that no two tables show to be wide enough yet."""
        targets = (self.needed > 0) & part.hidden[part.figure_of]
        return [int(at) for at in np.flatnonzero(targets & (np.ptp(self.tables, axis=0) < self.needed))]

    def with_tables(self, part: Component, more: np.ndarray, tables: np.ndarray) -> "_State":
        """Hide more figures, and keep those of the new tables that then agree with what is shown."""
        hidden = self.hidden | more
        good = [table for table in tables if part.fits(table, hidden)]
        return replace(self, hidden=hidden, tables=np.vstack([self.tables, *good]))


def _protected(part: Component, effort: Effort, audited: bool) -> pd.DataFrame:
    before = part.hidden
    state = _start(part, effort)
    targets = state.unproven(part)
    if audited:
        state = replace(state, hidden=before | _can_hide(part, before))
    elif len(targets) * len(part.count) <= effort.joint:
        state = _exactly(part, state, targets, effort)
    for at in state.unproven(part):
        state = _one_by_one(part, state, at, effort)
    if not audited:
        state = _thinned(part, state, effort)
    words = np.where(before, PRIMARY, np.where(state.hidden, UNDECIDED if state.undecided else COMPLEMENTARY, ""))
    return pd.DataFrame(
        {
            "cell": part.names,
            "reason": words[part.figure_of],
            "already": (state.needed < part.protect) & before[part.figure_of],
        }
    )


def _can_hide(part: Component, hidden: np.ndarray) -> np.ndarray:
    return np.asarray(~hidden & ~part.fixed)


def _start(part: Component, effort: Effort) -> _State:
    """Begin with one table that agrees with everything: the truth, or where it is not all known, any other."""
    hidden, needed, nothing = part.hidden, part.protect, np.zeros(len(part.count))
    known = ~np.isnan(part.count)
    true = replace(part, low=np.where(known, part.count, part.low), high=np.where(known, part.count, part.high))
    for tried in (true, part):
        table, _ = extreme(tried, hidden, nothing, effort)
        if table is not None:
            return _State(hidden, needed, table[None, :])
    return _withheld(part, _State(hidden, nothing, nothing[None, :]))


def _withheld(part: Component, state: _State) -> _State:
    return replace(state, hidden=state.hidden | _can_hide(part, state.hidden), undecided=True)


def _one_by_one(part: Component, state: _State, at: int, effort: Effort) -> _State:
    """Protect one cell, unless what was done for others protects it already."""
    if state.undecided or at not in state.unproven(part):
        return state
    reached = np.zeros(len(part.count), dtype=bool)
    for hops in _HOPS:
        wider = _near(part, at, hops)
        if wider.sum() == reached.sum():
            break
        reached = wider
        more, tables = _least_moved(part, state, at, reached, effort)
        if more is not None:
            tried = state.with_tables(part, more, tables)
            if at not in tried.unproven(part):
                return tried
    return _known_already(part, state, at, effort)


def _near(part: Component, at: int, hops: int) -> np.ndarray:
    """Mark the cells at most so many relations away."""
    ties = abs(part.matrix)
    reached = np.zeros(len(part.count))
    reached[at] = 1
    for _ in range(hops):
        wider = ((ties.T @ (ties @ reached)) + reached > 0).astype(float)
        if (wider == reached).all():
            break
        reached = wider
    return reached > 0


def _movable(part: Component, loose: np.ndarray) -> np.ndarray:
    """Leave out the cells that a sum holds still because every other term of it stands still."""
    exact = abs(part.matrix[np.flatnonzero(part.least == part.most)]) > 0
    while True:
        alone = exact @ loose.astype(float) == 1
        held = ((exact.T @ alone.astype(float)) > 0) & loose
        if not held.any():
            return loose
        loose = loose & ~held


def _least_moved(
    part: Component, state: _State, at: int, near: np.ndarray, effort: Effort
) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the figures that move in the pair of tables that protects the cell and moves shown figures least.

    Both tables are the first table plus an upward and a downward movement of each cell near by. Moving a
    figure that is shown costs its price per unit; hidden ones move freely.
    """
    base, free = state.tables[0], _can_hide(part, state.hidden)
    low, high = part.bounds(state.hidden | free)
    movable = _movable(part, near & (high > low))
    if not movable[at]:
        return None, state.tables[:0]
    cells = np.flatnonzero(movable)
    up, down = (high - base)[cells], (base - low)[cells]
    price = np.where(free, part.cost, 0.0)[part.figure_of][cells]
    own_low, own_high = part.least - part.matrix @ base, part.most - part.matrix @ base
    ties = part.matrix[:, cells]
    rows = np.flatnonzero(np.diff(ties.indptr))
    move = hstack([ties[rows], -ties[rows]])
    apart = np.zeros(4 * len(cells))
    own = int(np.searchsorted(cells, at))
    apart[[own, own + 3 * len(cells)]] = 1
    apart[[own + len(cells), own + 2 * len(cells)]] = -1
    limits = np.tile(own_low[rows], 2), np.tile(own_high[rows], 2)
    whole = np.tile(part.whole[cells], 4).astype(int)
    for integer in (0 * whole, whole):
        answer = solved(
            np.tile(price, 4) + 1e-6,
            effort,
            integrality=integer,
            bounds=Bounds(0, np.maximum(np.concatenate([up, down, up, down]), 0)),
            constraints=[
                LinearConstraint(block_diag([move, move], format="csr"), *limits),
                LinearConstraint(apart[None, :], state.needed[at], np.inf),
            ],
        )
        if answer.x is None:
            return None, np.empty((0, len(base)))
        moved = answer.x.reshape(2, 2, len(cells))
        tables = np.vstack([base, base])
        tables[:, cells] += moved[:, 0] - moved[:, 1]
        if np.abs(tables - np.round(tables))[:, part.whole].max(initial=0) < 1e-6:
            break
    tables = np.where(part.whole, np.round(tables), tables)
    figures = np.zeros(len(part.cost), dtype=bool)
    figures[part.figure_of[(np.abs(tables - base) > 1e-6).any(axis=0)]] = True
    return figures & free, tables


def _thinned(part: Component, state: _State, effort: Effort) -> _State:
    """Show again, dearest first, every figure whose showing leaves a proof for each protected cell."""
    added = np.flatnonzero(state.hidden & ~part.hidden)
    settled = replace(part, fixed=np.ones_like(part.fixed))  # nothing more may be hidden on the way
    left = effort.proofs
    still = np.abs(state.tables - state.tables[0]) < 1e-6
    for figure in [] if state.undecided else added[np.argsort(-part.cost[added], kind="stable")]:
        fewer = state.hidden.copy()
        fewer[figure] = False
        trial = replace(state, hidden=fewer, tables=state.tables[still[:, part.figure_of == figure].all(axis=1)])
        for at in trial.unproven(part):
            left -= 1
            if left < 0:
                return state
            found = _least_moved(settled, trial, at, _near(part, at, _HOPS[-3]), effort)[1]
            trial = trial.with_tables(part, np.zeros_like(fewer), found)
            if at in trial.unproven(part):
                break
        else:
            state, still = trial, np.abs(trial.tables - trial.tables[0]) < 1e-6
    return state


def _known_already(part: Component, state: _State, at: int, effort: Effort) -> _State:
    """Hide everything on trial: where even that is too narrow, ask only that it becomes no narrower."""
    everything = state.hidden | _can_hide(part, state.hidden)
    width = width_of(part, everything, at, effort)
    if np.isnan(width) or width >= state.needed[at] or width == 0:
        needed = state.needed.copy()
        needed[at] = 0
        done = replace(state, needed=needed)
        return done if width == 0 else _withheld(part, done)
    needed = state.needed.copy()
    needed[at] = width
    return _one_by_one(part, replace(state, needed=needed), at, effort)


def _exactly(part: Component, state: _State, targets: list[int], effort: Effort) -> _State:
    """Solve for the cheapest figures to hide; where none within reach of the true counts will do, change nothing.

    Variables: one decision per figure, then for each target a low and a high table. A cell that could be shown
    leaves its range only if its figure is hidden.
    """
    base, figures, cells = state.tables[0], len(part.cost), len(part.count)
    free = _can_hide(part, state.hidden)
    if not targets or not free.any():
        return state
    shown_low, shown_high = part.bounds(state.hidden)
    still = np.flatnonzero(free[part.figure_of])
    pick = csr_array(identity(cells, format="csr")[still])
    tables = 2 * len(targets)
    apart = np.zeros((len(targets), figures + tables * cells))
    for number, at in enumerate(targets):
        apart[number, figures + 2 * number * cells + at] = -1
        apart[number, figures + (2 * number + 1) * cells + at] = 1
    for reach in _REACH:
        low, high = part.bounds(state.hidden | free)
        wide = reach * state.needed[targets].max()
        low, high = np.maximum(low, base - wide), np.minimum(high, base + wide)

        def if_hidden(by: np.ndarray) -> csr_array:
            at = (np.arange(len(still)), part.figure_of[still])
            return csr_array((by[still], at), shape=(len(still), figures))

        blocks = [(if_hidden(shown_low - low), pick), (if_hidden(shown_high - high), pick)]
        blocks += [(csr_array((len(part.least), figures)), part.matrix)]
        decisions = vstack([vstack([left for left, _ in blocks])] * tables)
        inner = block_diag([vstack([right for _, right in blocks])] * tables)
        infinite = np.full(len(still), np.inf)
        least = np.concatenate([shown_low[still], -infinite, part.least])
        most = np.concatenate([infinite, shown_high[still], part.most])
        answer = solved(
            np.concatenate([np.where(free, part.cost, 0), np.zeros(tables * cells)]),
            effort,
            integrality=np.concatenate([np.ones(figures), np.tile(part.whole, tables)]),
            bounds=Bounds(
                np.concatenate([np.where(state.hidden, 1, 0), np.tile(low, tables)]),
                np.concatenate([np.where(state.hidden | free, 1, 0), np.tile(high, tables)]),
            ),
            constraints=[
                LinearConstraint(
                    hstack([decisions, inner], format="csr"), np.tile(least, tables), np.tile(most, tables)
                ),
                LinearConstraint(csr_array(apart), state.needed[targets], np.inf),
            ],
        )
        if answer.x is not None:
            found = answer.x[figures:].reshape(tables, cells)
            found = np.where(part.whole, np.round(found), found)
            return state.with_tables(part, answer.x[:figures] > 0.5, found)
    return state
