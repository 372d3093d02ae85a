"""Every mixture of held, hidden and missing: areas of four measures made by a seed, of which every page is built.

A mixture leaves out measures, areas, periods and breakdowns, shifts what was known when, labels figures restricted,
suppressed, provisional or awaited, and holds single points, gaps, noughts, huge and tiny values. With --thorough
300 are built; one that fails is made smaller, measure by measure, as long as it fails in the same way.
"""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pandas as pd
import pytest

import building
import partnership
from drug_outcomes.definitions.periods import Basis, Period
from material import PROJECT
from partnership import AREA, CODE

ENGLAND = "E92000001"
DEFINED = pd.read_csv(PROJECT / "data/framework/measures.csv").set_index("measure")
SHARES = ("proportion", "standardised_rate", "crude_rate", "mean")
#: The month after the newest period that a mixture may hold.
_NOW = 2024 * 12 + 12
_LENGTH = {"month": 1, "quarter_fin": 3, "fin_year": 12, "rolling12": 12, "acad_year": 12, "pooled_cal": 36}
_STEP = {"month": 1, "quarter_fin": 3, "rolling12": 3}


def periods(basis: str, number: int) -> list[Period]:
    """Return the newest periods of a basis, oldest first."""
    months = _LENGTH[basis]
    found: list[Period] = []
    for end in range(_NOW - 1, _NOW - 400, -1):
        try:
            one = Period(end - months + 1, months, Basis(basis))
        except Exception:  # noqa: S112 - no period of this basis ends in this month
            continue
        if not found or found[-1].end - one.end >= _STEP.get(basis, 12):
            found.append(one)
        if len(found) == number:
            break
    return found[::-1]


def value(random: Random, kind: str) -> float:
    """Return a number of any size that a figure of a kind can have."""
    if kind == "proportion":
        return random.choice([0, 100, round(random.uniform(0, 100), random.choice([0, 1, 2]))])
    if kind in SHARES:
        return random.choice([0, round(random.uniform(0, 20), 2), 0.01])
    return random.choice([0, 1, 3, random.randint(5, 60), random.randint(60, 3000), 999_999])


def returned(random: Random, measure: str) -> list[dict[str, object]]:
    """Return the rows of one measure in a return, of which any may be absent, hidden or odd."""
    defined = DEFINED.loc[measure]
    number = random.choice([0, 1, 1, 2, 5, 14, 26])
    places = random.choice([[CODE], [CODE, ENGLAND], [ENGLAND], [CODE, ENGLAND, "E06000045"]])
    label = random.choice(["", "", "restricted", "restricted_until 2025-01-31", "public"])
    rows = []
    for one in periods(str(defined["basis"]), number):
        if random.random() < 0.15:
            continue
        for place in places:
            for part in random.choice([[""], [""], ["", "sex=Female", "sex=Male"], ["sex=Female"]]):
                shown = value(random, str(defined["kind"]))
                status = random.choices(
                    ["", "provisional", "suppressed", "awaited", "not_published"], [12, 2, 1, 1, 1]
                )[0]
                absent = status in ("suppressed", "awaited", "not_published")
                rows.append(
                    {
                        "measure": measure, "area": place, "period": one.label, "breakdown": part,
                        "value": "" if absent else shown, "status": status, "release": label,
                        "release_basis": "board paper" if label == "public" else "",
                    }
                )  # fmt: skip
    return rows


def make(root: Path, seed: int, left_out: Sequence[str] = ()) -> tuple[str, str]:
    """Make the project of a seed, without some measures; return the period and the date to ask for."""
    random = Random(seed)  # noqa: S311 - the same mixture for the same seed
    partnership.make(root)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    kept = random.sample(list(DEFINED.index), 4)
    folder = root / "data" / "areas" / AREA
    changes = [f"omit,{name}" for name in DEFINED.index if name not in kept]
    (folder / "measures.csv").write_text("\n".join(["action,measure", *changes]) + "\n", encoding="utf-8")
    for place, measure in enumerate(kept):
        rows = returned(random, measure)
        source, on = (str(DEFINED.loc[measure, "source"]), random.choice(["2024-11-02", "2025-01-20", "2025-03-01"]))
        if not rows or measure in left_out or random.random() < 0.15:
            continue
        file = root / "mail" / f"{place}.csv"
        file.parent.mkdir(exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        partnership.receive(file, source, on)  # one that is refused has not come
    period = random.choice(["2024/25 Q3", "2024/25 Q3", "2024/25 Q2", "2025/26 Q1"])
    return period, random.choice(["2025-03-05", "2025-03-05", "2025-02-01", "2024-12-01"])


def faults(root: Path, seed: int, audience: str, left_out: Sequence[str] = ()) -> list[str]:
    """Return what kept pages of a mixture from being built, or from being ones that may be published."""
    shutil.rmtree(root, ignore_errors=True)
    with building.home(root):
        period, on = make(root, seed, left_out)
        try:
            return building.snapshot(root, AREA, period, on, audience).faults
        except Exception as failure:  # whatever it is, a mixture must not meet it
            return [f"{type(failure).__name__}: {failure}"]


def smaller(root: Path, seed: int, audience: str) -> list[str]:
    """Return the measures that a failure does not need."""
    left_out: list[str] = []
    for measure in Random(seed).sample(list(DEFINED.index), 4):  # noqa: S311
        if faults(root, seed, audience, [*left_out, measure]):
            left_out.append(measure)
    return left_out


@pytest.mark.parametrize("audience", ["public", "partnership"])
def test_every_page_of_every_mixture_is_built(tmp_path, thorough, audience, record_property):
    seeds = range(300 if thorough else 2)
    found = {seed: told for seed in seeds if (told := faults(tmp_path / "made", seed, audience))}
    record_property("mixtures built", len(seeds))

    told = {seed: (said, smaller(tmp_path / "made", seed, audience)) for seed, said in list(found.items())[:3]}
    assert told == {}, f"{len(found)} of {len(seeds)} mixtures fail"
