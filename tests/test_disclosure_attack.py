"""Attacks on what is released: subtraction, differencing, back-solving and integer bounds.

Nothing here uses the suite's own model of relations. Partnerships are made with their sums written down as
they are made, and the attacker works on the released frames and those sums alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from drug_outcomes import observations
from drug_outcomes.disclosure import Catalogue, Context, Policy, ledger, release
from drug_outcomes.vocabulary import Audience

NEEDED = 3  # threshold 5: the ends of a hidden count's interval must be at least this far apart
WIDER = "E47000001"
FIRST = 2021 * 12 + 3
SEXES, AGES = ("Female", "Male"), ("18-29", "30-49", "50+")

Key = tuple[str, str, str, str, str]  # measure, area, start, end, breakdown


def month(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02d}"


@dataclass
class Partnership:
    """True counts, and the sums that hold between them."""

    counts: dict[Key, int] = field(default_factory=dict)
    denominators: dict[Key, int] = field(default_factory=dict)
    sums: set[tuple[Key, tuple[Key, ...]]] = field(default_factory=set)
    public: set[Key] = field(default_factory=set)
    printed_only: set[Key] = field(default_factory=set)


def partnership(rng: np.random.Generator, quarters: int) -> Partnership:
    """Draw a partnership of one or two councils with counts by sex and age, windows and percentages."""
    made = Partnership()
    areas = ["E06000001", "E06000002"][: rng.integers(1, 3)]
    for measure, kind in (("entries", "rolling"), ("starts", "so_far"), ("referrals", "year")):
        cubes = {
            area: rng.poisson(
                rng.gamma(1.0, rng.choice([2.0, 5.0, 12.0]), size=(2, 3)), size=(quarters, 2, 3)
            )
            for area in areas
        }
        if len(areas) > 1:
            cubes[WIDER] = sum(cubes.values())
        for area, cube in cubes.items():
            for start, length in windows(kind, quarters):
                add_table(made, measure, area, start, length, cube[start : start + length].sum(axis=0))
            for start, length in windows(kind, quarters):
                if length > 1:
                    add_window(made, measure, area, start, length)
        if len(areas) > 1:
            for key in [key for key in made.counts if key[0] == measure and key[1] == WIDER]:
                made.sums.add((key, tuple((key[0], area, *key[2:]) for area in areas)))
    add_percentages(made, rng, areas[0], quarters)
    long = [key for key in made.counts if key[0] == "referrals" and key[2][:4] != key[3][:4] and not key[4]]
    made.public |= {key for key in long if rng.random() < 0.5}
    return made


def windows(kind: str, quarters: int) -> Iterator[tuple[int, int]]:
    yield from ((start, 1) for start in range(quarters))
    if kind == "rolling":
        yield from ((start, 4) for start in range(quarters - 3))
    if kind == "so_far":
        yield from (
            (start, length)
            for start in range(0, quarters, 4)
            for length in (2, 3)
            if start + length <= quarters
        )
    if kind == "year":
        yield from ((start, 4) for start in range(0, quarters - 3, 4))


def key_of(measure: str, area: str, start: int, length: int, breakdown: str) -> Key:
    return measure, area, month(FIRST + 3 * start), month(FIRST + 3 * (start + length) - 1), breakdown


def add_table(made: Partnership, measure: str, area: str, start: int, length: int, cube: np.ndarray) -> None:
    def put(breakdown: str, count: int) -> Key:
        key = key_of(measure, area, start, length, breakdown)
        made.counts[key] = int(count)
        return key

    total = put("", cube.sum())
    made.sums.add((total, tuple(put(f"sex={sex}", cube[at].sum()) for at, sex in enumerate(SEXES))))
    made.sums.add((total, tuple(put(f"age={age}", cube[:, at].sum()) for at, age in enumerate(AGES))))


def add_window(made: Partnership, measure: str, area: str, start: int, length: int) -> None:
    for breakdown in ("", *(f"sex={sex}" for sex in SEXES), *(f"age={age}" for age in AGES)):
        quarters = tuple(key_of(measure, area, at, 1, breakdown) for at in range(start, start + length))
        made.sums.add((key_of(measure, area, start, length, breakdown), quarters))


def add_percentages(made: Partnership, rng: np.random.Generator, area: str, quarters: int) -> None:
    """Add the share of people in treatment who completed: one with counts, one as a bare percentage."""
    for start in range(quarters):
        size = int(rng.integers(8, 60))
        total = key_of("in_treatment", area, start, 1, "")
        made.counts[total] = size
        for measure in ("completions", "bare_share"):
            share = key_of(measure, area, start, 1, "")
            made.counts[share] = int(rng.binomial(size, rng.choice([0.05, 0.4, 0.9])))
            made.denominators[share] = size
        made.printed_only.add(share)


def observed(made: Partnership, last: str) -> pd.DataFrame:
    rows = []
    for key, count in made.counts.items():
        measure, area, start, end, breakdown = key
        if end > last:
            continue
        size, bare = made.denominators.get(key), key in made.printed_only
        value = count if size is None else round(100 * count / size, 1)
        rows.append(
            {
                "measure": measure,
                "area": area,
                "period_start": start,
                "period_end": end,
                "period_label": f"{start} to {end}",
                "period_basis": "range",
                "breakdown": breakdown,
                "status": "published",
                "text": str(value),
                "value": value,
                "numerator": None if bare else count,
                "denominator": None if bare else size,
                "release": "public" if key in made.public else "restricted",
                "source": "returns",
            }
        )
    return observations.frame(rows)


POLICIES = {
    measure: Policy(audience=Audience.PUBLIC)
    for measure in ("entries", "starts", "referrals", "in_treatment", "completions", "bare_share")
}
NOT_PEOPLE = Policy(audience=Audience.PUBLIC, people=False)
RELATIONS = Catalogue(
    links=pd.DataFrame(
        {"measure": ["completions", "bare_share"], "field": "d", "whole": "in_treatment", "per": 100.0}
    ),
    members=pd.DataFrame({"whole": WIDER, "part": ["E06000001", "E06000002"]}),
)


def editions(
    made: Partnership, rng: np.random.Generator, way: str
) -> tuple[list[pd.DataFrame], list[dict[Key, int]]]:
    """Release three editions, each a quarter later, the second after revising a few counts upwards."""
    policies = POLICIES | (
        {"bare_share": NOT_PEOPLE} if way == "with small shares taken for harmless" else {}
    )
    ends = sorted({key[3] for key in made.counts})[-3:]
    written, shown, truths = ledger.nothing(), [], []
    for number, last in enumerate(ends):
        if number == 1:
            revise(made, rng)
        table = observed(made, last)
        before = ledger.nothing() if way == "without the ledger" else written
        complementary = way != "without the complementary step"
        context = Context(relations=RELATIONS, ledger=before, complementary=complementary)
        out = release(table.iloc[:0], table, policies, Audience.PUBLIC, as_of=f"{last}-28", context=context)
        lines = ledger.entries(
            out.series,
            written,
            edition=last,
            on=f"{last}-28",
            by="tests",
            audience=Audience.PUBLIC,
            as_of=f"{last}-28",
        )
        written = pd.concat([written, lines], ignore_index=True)
        shown.append(out.series)
        truths.append(dict(made.counts))
    return shown, truths


def revise(made: Partnership, rng: np.random.Generator) -> None:
    """Raise a count of one quarter by a few, and every count that it is part of."""
    quarters = [key for key in made.counts if key[0] == "starts" and key[1] != WIDER and is_quarter(key)]
    cells = [key for key in quarters if key[4].startswith("age=")]
    start = cells[rng.integers(len(cells))]
    by = int(rng.integers(5, 9))
    sex = f"sex={SEXES[rng.integers(2)]}"
    raised = {key for key in made.counts if contains(key, start) and key[4] in (start[4], sex, "")}
    made.counts = {key: count + by * (key in raised) for key, count in made.counts.items()}
    made.public -= raised


def is_quarter(key: Key) -> bool:
    return (int(key[3][:4]) - int(key[2][:4])) * 12 + int(key[3][5:]) - int(key[2][5:]) == 2


def contains(key: Key, part: Key) -> bool:
    same_place = key[1] in (part[1], WIDER)
    return key[0] == part[0] and same_place and key[2] <= part[2] and part[3] <= key[3]


class Attacker:
    """What the released frames and the written-down sums say, and what follows."""

    def __init__(self, made: Partnership, shown: list[pd.DataFrame], truths: list[dict[Key, int]]) -> None:
        self.made, self.truth = made, truths[-1]
        self.known: list[dict[Key, float]] = [self.read(frame) for frame in shown]
        stayed = [
            {key: value for key, value in known.items() if self.truth[key] == truth.get(key)}
            for known, truth in zip(self.known, truths, strict=True)
        ]
        self.latest: dict[Key, float] = {}
        for known in stayed:
            self.latest |= known
        seen = set().union(*(self.keys(frame) for frame in shown))
        self.hidden = [key for key in seen if key not in self.latest]
        sizes = made.denominators
        self.small = [
            key
            for key in seen - made.public
            if 1 <= self.truth[key] <= 4 or 1 <= sizes.get(key, 0) - self.truth[key] <= 4
        ]
        self.hidden_small = [key for key in self.small if key in set(self.hidden)]
        self.equations = [(total, parts) for total, parts in made.sums if {total, *parts} <= seen]
        self.old = self.stale_equations(truths)

    @staticmethod
    def keys(frame: pd.DataFrame) -> set[Key]:
        return set(
            zip(
                frame["measure"],
                frame["area"],
                frame["period_start"],
                frame["period_end"],
                frame["breakdown"],
                strict=True,
            )
        )

    def read(self, frame: pd.DataFrame) -> dict[Key, float]:
        """Read counts, and denominators as counts of the measure that is the denominator; back-solve the rest."""
        known: dict[Key, float] = {}
        for row in frame[frame["withheld"] == ""].to_dict("records"):
            key = (row["measure"], row["area"], row["period_start"], row["period_end"], row["breakdown"])
            if not np.isnan(row["numerator"]):
                known[key] = row["numerator"]
            if not np.isnan(row["denominator"]):
                known["in_treatment", *key[1:]] = row["denominator"]
        for row in frame[frame["withheld"] == ""].to_dict("records"):
            key = (row["measure"], row["area"], row["period_start"], row["period_end"], row["breakdown"])
            size = known.get(("in_treatment", *key[1:]))
            if key in self.made.printed_only and size is not None:
                fits = [k for k in range(int(size) + 1) if abs(100 * k / size - row["value"]) <= 0.05 + 1e-9]
                if len(fits) == 1:
                    known[key] = fits[0]
        return known

    def stale_equations(self, truths: list[dict[Key, int]]) -> list[tuple[tuple[Key, ...], float]]:
        """Sums as an earlier edition showed them, whose hidden terms have not been revised: terms, total."""
        found = []
        for known, truth in zip(self.known[:-1], truths[:-1], strict=True):
            for total, parts in self.equations:
                terms = (total, *parts)
                if not all(key in known or self.truth[key] == truth.get(key) for key in terms):
                    continue
                changed = any(key in known and known[key] != self.truth[key] for key in terms)
                if changed:
                    fixed = {key: known[key] for key in terms if key in known}
                    rest = fixed.get(total, 0) - sum(fixed.get(key, 0) for key in parts)
                    signs = {total: -1.0} | dict.fromkeys(parts, 1.0)
                    found.append((tuple((key, signs[key]) for key in terms if key not in fixed), rest))
        return found

    def by_subtraction(self) -> set[Key]:
        """Take the only unknown out of a sum, again and again."""
        known = dict(self.latest)
        while True:
            news = {}
            for total, parts in self.equations:
                missing = [key for key in (total, *parts) if key not in known]
                if len(missing) == 1:
                    others = sum(known[key] for key in parts if key in known)
                    news[missing[0]] = others if missing[0] == total else known[total] - others
            for terms, rest in self.old:
                missing = [(key, sign) for key, sign in terms if key not in known]
                if len(missing) == 1:
                    news[missing[0][0]] = missing[0][1] * (
                        rest - sum(sign * known[key] for key, sign in terms if key in known)
                    )
            if not news:
                return {key for key in self.hidden_small if known.get(key) == self.truth[key]}
            known |= news

    def by_bounds(self) -> set[Key]:
        """Find the least and greatest value of every hidden count, as whole numbers."""
        at = {key: number for number, key in enumerate(self.hidden)}
        rows, values = [], []
        for total, parts in self.equations:
            row = np.zeros(len(at))
            for key, sign in ((total, -1.0), *((key, 1.0) for key in parts)):
                if key in at:
                    row[at[key]] += sign
            if row.any():
                rows.append(row)
                values.append(self.latest.get(total, 0) - sum(self.latest.get(key, 0) for key in parts))
        for terms, rest in self.old:
            row = np.zeros(len(at))
            left = rest
            for key, sign in terms:
                if key in at:
                    row[at[key]] += sign
                else:
                    left -= sign * self.latest[key]
            if row.any():
                rows.append(row)
                values.append(left)
        if not rows:
            return set()
        least = np.array([min(self.truth[key], 1) for key in self.hidden], dtype=float)
        limits = LinearConstraint(np.array(rows), values, values)
        found = set()
        for key in self.hidden_small:
            ends = []
            for sign in (1.0, -1.0):
                aim = np.zeros(len(at))
                aim[at[key]] = sign
                box = Bounds(least, 5000)
                answer = milp(aim, integrality=np.ones(len(at)), bounds=box, constraints=limits)
                assert answer.x is not None, "the truth itself must be feasible"
                ends.append(round(answer.x[at[key]]))
            if ends[1] - ends[0] < NEEDED:
                found.add(key)
        return found


def attacked(seed: int, way: str) -> tuple[int, int, int, int]:
    """Return how many small counts are hidden, and how many each attack recovers."""
    rng = np.random.default_rng(seed)
    made = partnership(rng, quarters=int(rng.integers(4, 7)))
    attacker = Attacker(made, *editions(made, rng, way))
    solved = sum(key in attacker.latest for key in attacker.small)
    return len(attacker.hidden_small), len(attacker.by_subtraction()), len(attacker.by_bounds()), solved


@pytest.mark.parametrize(
    ("way", "partnerships", "safe"),
    [
        ("as it should be", 10, True),
        ("without the complementary step", 5, False),
        ("without the ledger", 5, False),
        ("with small shares taken for harmless", 3, False),
    ],
)
def test_attacks_recover_nothing_unless_a_step_is_off(
    way: str, partnerships: int, safe: bool, thorough: bool
) -> None:
    seeds = range(100 if thorough else partnerships)
    hidden, subtracted, bounded, solved = np.array([attacked(seed, way) for seed in seeds]).sum(axis=0)
    print(
        f"\n{len(seeds)} partnerships released {way}: {hidden} small hidden counts; recovered by subtraction"
    )
    print(f"and differencing {subtracted}, by integer bounds {bounded}, by back-solving {solved}")
    assert bool(subtracted + bounded + solved == 0) is safe
