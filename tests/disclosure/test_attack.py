"""Attacks on what is released: subtraction, differencing, back-solving and integer bounds.

Nothing here uses the suite's own model of relations. Partnerships are made with their sums written down as
they are made, and the attacker works on the released frames and those sums alone. He is told which counts
were revised between editions, and looks for what was hidden in any of them.
"""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from drug_outcomes.definitions import framework, observations
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import CLEARED, Catalogue, Context, Policy, leaks, ledger, withhold
from drug_outcomes.intake import labels
from drug_outcomes.intake.received import Entry
from drug_outcomes.reporting import downloads
from material import PROJECT
from searching import places_of

DEFINITIONS = framework.load(PROJECT / "data" / "framework")

NEEDED = 3  # threshold 5: the ends of a hidden count's interval must be at least this far apart
WIDER = "E47000001"
FIRST = 2021 * 12 + 3
#: A restricted count, long enough to be found in any file.
KEPT = "seized"
#: Shares that are told with their 95% limits alone, and with their numerator alone.
LIMITED, PARTED = "limited_share", "parted_share"
SHARES = ("completions", "bare_share", LIMITED, PARTED)
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
    with_limits: set[Key] = field(default_factory=set)


def partnership(rng: np.random.Generator, quarters: int) -> Partnership:
    """Draw a partnership of one or two councils with counts by sex and age, windows and percentages."""
    made = Partnership()
    areas = ["E06000001", "E06000002"][: rng.integers(1, 3)]
    kinds = (("starts", "so_far"), ("entries", "rolling"), ("referrals", "year"))
    for measure, kind in (kinds[0], kinds[rng.integers(1, 3)]):
        cubes = {
            area: rng.poisson(rng.gamma(1.0, rng.choice([2.0, 5.0, 12.0]), size=(2, 3)), size=(quarters, 2, 3))
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
    made.counts[key_of(KEPT, areas[0], 0, 1, "")] = int(rng.integers(100_000, 1_000_000))
    return made


def windows(kind: str, quarters: int) -> Iterator[tuple[int, int]]:
    yield from ((start, 1) for start in range(quarters))
    if kind == "rolling":
        yield from ((start, 4) for start in range(quarters - 3))
    if kind == "so_far":
        yield from (
            (start, length) for start in range(0, quarters, 4) for length in (2, 3) if start + length <= quarters
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
    """Add the share of people in treatment who completed: one with counts, one as a bare percentage.

    Beside it shares of groups that no other figure counts: one with limits and no count, one with its count alone.
    """
    for start in range(quarters):
        size = int(rng.integers(8, 60))
        total = key_of("in_treatment", area, start, 1, "")
        made.counts[total] = size
        for measure in ("completions", "bare_share"):
            share = key_of(measure, area, start, 1, "")
            made.counts[share] = int(rng.binomial(size, rng.choice([0.05, 0.4, 0.9])))
            made.denominators[share] = size
        made.printed_only.add(share)
        own = np.random.default_rng([start, size])  # of its own: what is drawn above stays as it was
        for measure in (LIMITED, PARTED):
            share = key_of(measure, area, start, 1, "")
            made.denominators[share] = int(own.integers(8, 60))
            made.counts[share] = int(own.binomial(made.denominators[share], own.choice([0.05, 0.4, 0.9])))
        made.with_limits.add(key_of(LIMITED, area, start, 1, ""))


#: Files that a figure may have come in: source, what the log says, and what the row says itself.
FILES = [
    ("icu", "public", ""),
    ("icu", "public", ""),
    ("icu", "public", ""),
    ("police", "public", "public"),
    ("fingertips", "public", ""),
    ("icu", f"restricted_until {month(FIRST)}-01", ""),
    ("icu", "restricted_until 2099-01-01", "public"),
    ("fingertips", "partnership", "public"),
]
PUBLISHED = ("scorecard_edition", "public", "public")


def labelled(table: pd.DataFrame, seed: int, *, believed: bool) -> pd.DataFrame:
    """Draw for every figure the file that it came in, and label it as the suite would, or as the labels say."""
    public = table["release"] == "public"
    drawn = [
        zlib.crc32(f"{seed}|{'|'.join(key)}".encode()) % len(FILES)
        for key in table[["measure", "area", "breakdown"]].itertuples(index=False, name=None)
    ]
    files = [PUBLISHED if known else FILES[at] for known, at in zip(public, drawn, strict=True)]
    parts = []
    for file in dict.fromkeys(files):
        source, approved, own = file
        rows = table[[one == file for one in files]].assign(source=source, release=own)
        names = dict.fromkeys(("file", "sha256", "received", "from_whom", "release", "note"), "")
        entry = Entry(**names, source=source, approved_for=approved, reference="site", folder=Path())
        release = approved if believed else labels.of(rows, entry, DEFINITIONS)
        parts.append(rows.assign(release=release))
    return pd.concat(parts).loc[table.index].assign(source=table["source"])


def limits(count: int, size: int) -> tuple[float, float]:
    """Return the 95% limits of a percentage as they are printed, by Wilson's formula."""
    share, z = count / size, 1.959964
    middle, spread = share + z**2 / (2 * size), z * (share * (1 - share) / size + z**2 / (4 * size**2)) ** 0.5
    low, high = (100 * (middle + sign * spread) / (1 + z**2 / size) for sign in (-1, 1))
    return round(max(low, 0), 1), round(min(high, 100), 1)


def observed(made: Partnership, last: str) -> pd.DataFrame:
    rows = []
    for key, count in made.counts.items():
        measure, area, start, end, breakdown = key
        if end > last:
            continue
        size, bare = made.denominators.get(key), key in made.printed_only | made.with_limits
        lower, upper = limits(count, size) if size and key in made.with_limits else (None, None)
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
                "denominator": None if bare or measure == PARTED else size,
                "lower": lower,
                "upper": upper,
                "release": "public" if key in made.public else "approved",
                "source": "returns",
            }
        )
    return observations.frame(rows)


POLICIES = {
    measure: Policy(audience=Audience.PUBLIC, per=100 if measure in SHARES else 1)
    for measure in ("entries", "starts", "referrals", "in_treatment", *SHARES)
}
NOT_PEOPLE = Policy(audience=Audience.PUBLIC, people=False, per=100)
#: The ways in which a release is audited. Backwards, an edition of what was known earlier is released later.
AUDITED = ("as it should be", "with labels at random", "backwards")
#: What is switched off of the policies, by the way in which editions are released.
OFF = {
    "with small shares taken for harmless": {"bare_share": NOT_PEOPLE},
    "without a look at limits": {LIMITED: NOT_PEOPLE},
    "without a look at what is left over": {PARTED: NOT_PEOPLE},
}
RELATIONS = Catalogue(
    links=pd.DataFrame({"measure": ["completions", "bare_share"], "field": "d", "whole": "in_treatment"}),
    members=pd.DataFrame({"whole": WIDER, "part": ["E06000001", "E06000002"]}),
)


@dataclass(frozen=True)
class Edition:
    """What one edition showed, what was true then, and which counts had been published."""

    shown: pd.DataFrame
    truth: dict[Key, int]
    public: set[Key]


def editions(made: Partnership, rng: np.random.Generator, way: str, number: int) -> tuple[list[Edition], list[int]]:
    """Release editions, each a quarter later; between two of them small counts are revised.

    Also returned: how many editions the audit refused, and in how many figures the solver was undecided.
    """
    policies = POLICIES | OFF.get(way, {})
    relations = replace(RELATIONS, members=Catalogue().members) if way == "without the members" else RELATIONS
    came, held = [], observations.empty()
    for place, last in enumerate(sorted({key[3] for key in made.counts})[-number:]):
        if place:
            revise(made, rng)
        table = observed(made, last).assign(received=f"{last}-28")
        if "labels" in way:
            table = labelled(table, len(made.counts), believed="believed" in way)
        held = pd.concat([held, table], ignore_index=True)
        came.append((last, table, held, dict(made.counts), set(made.public)))
    written, found, refused, undecided = ledger.nothing(), [], 0, 0
    for place, (last, table, vintages, truth, public) in enumerate(came[::-1] if "backwards" in way else came):
        as_of = f"{last}-28"
        on = f"{2030 + place}-01-01" if "backwards" in way else as_of
        context = Context(
            relations=relations,
            ledger=ledger.nothing() if way == "without the ledger" else written,
            vintages=vintages,
            complementary=way != "without the complementary step",
        )
        shown = withhold(table, policies, Audience.PUBLIC, as_of=as_of, context=context)
        words = {"edition": last, "on": on, "by": "tests", "audience": Audience.PUBLIC, "as_of": as_of}
        added = pd.concat([written, ledger.entries(shown, written, **words)], ignore_index=True)
        if way in AUDITED:
            # A total that a publisher prints later may give away what earlier editions hid: not released then.
            latest = came[-1] if "backwards" in way else came[place]
            audits = {one[0]: one[1:3] for one in ((last, table, vintages), latest)}
            if any(gives_away(*each, added, policies, context, f"{then}-28") for then, each in audits.items()):
                refused += 1
                continue
        undecided += int((shown["withheld"] == "undecided").sum())
        written = added
        found.append(Edition(shown, truth, public))
    return found, [refused, undecided]


def gives_away(
    table: pd.DataFrame,
    vintages: pd.DataFrame,
    added: pd.DataFrame,
    policies: dict[str, Policy],
    context: Context,
    as_of: str,
) -> bool:
    """Audit a release by what was known on a date: the edition's own, or that of the latest released before it."""
    audited = replace(context, vintages=vintages, ledger=ledger.all_known(added, as_of))
    return len(leaks(table, policies, as_of=as_of, context=audited)) > 0


def revise(made: Partnership, rng: np.random.Generator) -> None:
    """Raise a small count of one quarter by a few, and every count that it is part of."""
    cells = [
        key
        for key, count in made.counts.items()
        if key[0] == "starts" and key[1] != WIDER and is_quarter(key) and key[4].startswith("age=") and count < 5
    ]
    if not cells:
        return
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


Count = tuple[Key, int]  # a key, and what it truly was: a revised count is another one


class Attacker:
    """What the released frames and the written-down sums say, and what follows."""

    def __init__(self, made: Partnership, released: list[Edition]) -> None:
        self.made = made
        self.known: set[Count] = set()
        self.solved: set[Count] = set()
        small: set[Count] = set()
        equations: set[tuple[Count, ...]] = set()
        for edition in released:
            seen = self.keys(edition.shown)
            self.read(edition)
            small |= {(key, edition.truth[key]) for key in seen - edition.public if self.is_small(key, edition)}
            equations |= {
                tuple((key, edition.truth[key]) for key in (total, *parts))
                for total, parts in made.sums
                if {total, *parts} <= seen
            }
        self.kept = {
            key for edition in released for key in self.keys(edition.shown[edition.shown["withheld"] == "restricted"])
        }
        self.told = sum(
            not pd.isna(count) and 1 <= count <= 4 and key not in edition.public
            for edition in released
            for key, count in zip(self.keys_in_order(edition.shown), edition.shown["numerator"], strict=True)
            if key[0] not in SHARES
        )
        self.solved &= small
        self.hidden_small = small - self.known
        self.equations = list(equations)

    def is_small(self, key: Key, edition: Edition) -> bool:
        count, size = edition.truth[key], self.made.denominators.get(key, 0)
        return 1 <= count <= 4 or 1 <= size - count <= 4

    @staticmethod
    def keys(frame: pd.DataFrame) -> set[Key]:
        names = ["measure", "area", "period_start", "period_end", "breakdown"]
        return {key for key in frame[names].itertuples(index=False, name=None) if key[0] != KEPT}

    def read(self, edition: Edition) -> None:
        """Read counts, and denominators as counts of the measure that is the denominator; back-solve the rest."""
        frame = edition.shown[edition.shown["withheld"] == ""]
        numerators = self.keys(frame[frame["numerator"].notna()])
        sizes = {("in_treatment", *key[1:]) for key in self.keys(frame[frame["denominator"].notna()])}
        self.known |= {(key, edition.truth[key]) for key in numerators | sizes}
        self.solved |= {(key, edition.truth[key]) for key in numerators}
        bare = frame[frame["measure"] == "bare_share"]
        for key, value in zip(self.keys_in_order(bare), bare["value"], strict=True):
            size = edition.truth["in_treatment", *key[1:]]
            if (("in_treatment", *key[1:]), size) in self.known:
                fits = [k for k in range(size + 1) if abs(100 * k / size - value) <= 0.05 + 1e-9]
                if len(fits) == 1:
                    self.known.add((key, fits[0]))
                    self.solved.add((key, fits[0]))
        of_limits = frame[frame["measure"] == LIMITED]
        printed = zip(of_limits["value"], of_limits["lower"], of_limits["upper"], strict=True)
        for key, (value, *ends) in zip(self.keys_in_order(of_limits), printed, strict=True):
            fitting = {
                (count, size)
                for size in range(2, 100)
                for count in range(size + 1)
                if abs(100 * count / size - value) <= 0.05 + 1e-9 and limits(count, size) == tuple(ends)
            }
            if len(fitting) == 1:
                self.solved.add((key, next(iter(fitting))[0]))

    @staticmethod
    def keys_in_order(frame: pd.DataFrame) -> list[Key]:
        names = ["measure", "area", "period_start", "period_end", "breakdown"]
        return list(frame[names].itertuples(index=False, name=None))

    def by_subtraction(self) -> set[Count]:
        """Take the only unknown out of a sum, again and again."""
        known = set(self.known)
        while True:
            news = {
                missing[0]
                for terms in self.equations
                if len(missing := [count for count in terms if count not in known]) == 1
            }
            if not news:
                return self.hidden_small & known
            known |= news

    def by_bounds(self) -> set[Count]:
        """Find the least and greatest value of every hidden count, as whole numbers."""
        hidden = sorted({count for terms in self.equations for count in terms} - self.known)
        at = {count: place for place, count in enumerate(hidden)}
        targets = [count for count in self.hidden_small if count in at]
        if not targets:
            return set()
        rows, values = [], []
        for terms in self.equations:
            row, rest = np.zeros(len(at)), 0.0
            for count, sign in zip(terms, (-1.0, *[1.0] * (len(terms) - 1)), strict=True):
                if count in at:
                    row[at[count]] += sign
                else:
                    rest -= sign * count[1]
            if row.any():
                rows.append(row)
                values.append(rest)
        # A nought is shown, unless its source keeps all figures back: then a hidden count can be one.
        least = np.array([min(count[1], 1) * (count[0] not in self.kept) for count in hidden], dtype=float)
        limits, box = LinearConstraint(csr_array(np.array(rows)), values, values), Bounds(least, 5000)
        found = set()
        for count in targets:
            ends = []
            for sign in (1.0, -1.0):
                aim = np.zeros(len(at))
                aim[at[count]] = sign
                answer = milp(aim, integrality=np.ones(len(at)), bounds=box, constraints=limits)
                assert answer.x is not None, "the truth itself must be feasible"
                ends.append(round(answer.x[at[count]]))
            if ends[1] - ends[0] < NEEDED:
                found.add(count)
        return found


def in_the_bytes(made: Partnership, released: list[Edition], folder: Path) -> int:
    """Write the editions as they are published, and count where the restricted number is found."""
    folder.mkdir()
    for place, edition in enumerate(released):
        text = downloads.csv_text(edition.shown)
        (folder / f"{place}.csv").write_text(text, encoding="utf-8", newline="")
        with zipfile.ZipFile(folder / f"{place}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("figures.csv", text)
    [secret] = [count for key, count in made.counts.items() if key[0] == KEPT]
    return len(places_of(secret, folder))


def attacked(seed: int, way: str, folder: Path) -> list[int]:
    """Return what is released, refused, undecided, shown and hidden, and how much each attack recovers."""
    rng = np.random.default_rng(seed)
    made = partnership(rng, quarters=4 + (seed % 5 == 0))
    released, kept_back = editions(made, rng, way, 3 - seed % 2)
    attacker = Attacker(made, released)
    attacks = [len(attacker.by_subtraction()), len(attacker.by_bounds()), len(attacker.solved)]
    shown = sum(int((edition.shown["withheld"] == "").sum()) for edition in released)
    told = [len(released), *kept_back, shown, len(attacker.hidden_small)]
    return [*told, *attacks, in_the_bytes(made, released, folder)]


@pytest.mark.parametrize(
    ("way", "seeds", "safe"),
    [
        ("as it should be", range(5), True),
        ("backwards", (2, 6), True),
        ("backwards, without the audit", (2,), False),
        ("without the complementary step", (0, 1), False),
        ("without the ledger", (0,), False),
        ("without the members", (0, 1), False),
        *((way, (0,), False) for way in OFF),
    ],
)
def test_attacks_recover_nothing_unless_a_step_is_off(
    way: str, seeds: Sequence[int], safe: bool, thorough: bool, tmp_path: Path
) -> None:
    seeds = range(20 if way == "backwards" else 100) if thorough and safe else seeds
    counts = np.array([attacked(seed, way, tmp_path / str(seed)) for seed in seeds]).sum(axis=0)
    editions, refused, undecided, shown, hidden, subtracted, bounded, solved, found = counts
    print(f"\n{len(seeds)} partnerships released {way}: {editions} editions, {refused} refused by the audit;")
    print(f"{shown} figures shown, {undecided} undecided and withheld, {hidden} small counts hidden; recovered by")
    print(f"subtraction and differencing {subtracted}, by integer bounds {bounded}, by back-solving {solved};")
    print(f"in bytes {found}")
    assert bool(subtracted + bounded + solved == 0) is safe
    assert found == 0
    assert way == "backwards" or 10 * refused <= editions, "nothing is proven by refusing"


@pytest.mark.parametrize(("way", "safe"), [("with labels at random", True), ("with labels at random, believed", False)])
def test_no_label_gives_a_small_count_away(way: str, safe: bool, thorough: bool) -> None:
    seeds = range(100) if thorough and safe else range(2)
    totals = np.zeros(7, dtype=int)
    for seed in seeds:
        rng = np.random.default_rng(1000 + seed)
        made = partnership(rng, quarters=4)
        released, kept_back = editions(made, rng, way, 2)
        attacker = Attacker(made, released)
        shown = [edition.shown[edition.shown["withheld"] == ""] for edition in released]
        large = sum(int((one["release_basis"] == CLEARED).sum()) for one in shown)
        found = [len(attacker.by_subtraction()), len(attacker.by_bounds()), len(attacker.solved)]
        totals += np.array([len(released), kept_back[0], large, *found, attacker.told])
    print(f"\n{len(seeds)} partnerships {way}: editions, refused, approved figures shown, recovered by subtraction,")
    print(f"by bounds, by back-solving, small counts shown that nobody published: {totals.tolist()}")
    assert bool(totals[3:].sum() == 0) is safe
    assert totals[2] > 0 or not safe, "nothing is proven by hiding everything"
