"""Areas of four measures made by a seed: every mixture of held, hidden and missing.

A mixture is a set of parts, of which any can be left out without changing the others: its four measures, and what
else `TRAITS` names.
"""

import csv
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pandas as pd
from bs4 import BeautifulSoup

import building
import partnership
from drug_outcomes import cli
from drug_outcomes.definitions.periods import Basis, Period
from material import PROJECT
from partnership import AREA, CODE

ENGLAND, OTHER, WHOLE = "E92000001", "E06000045", "E47000001"
DEFINED = pd.read_csv(PROJECT / "data/framework/measures.csv", dtype="str", keep_default_na=False).set_index("measure")
#: What a mixture may have beside its measures, and how often.
TRAITS = {
    "added": 0.3, "retired": 0.3, "county": 0.25, "targets": 0.4, "sent again": 0.4, "taken back": 0.2,
}  # fmt: skip
ADDED = {
    "action": "add", "measure": "kits_given_out", "commitment": "services_capacity", "title": "Kits given out",
    "unit": "kits", "kind": "count", "basis": "quarter_fin", "source": "icu",
}  # fmt: skip
#: The month after the newest period that a mixture may hold.
_NOW = 2024 * 12 + 12
_LENGTH = {"month": 1, "quarter_fin": 3, "fin_year": 12, "rolling12": 12, "acad_year": 12, "pooled_cal": 36}
_STEP = {"month": 1, "quarter_fin": 3, "rolling12": 3}
_ABSENT = ("suppressed", "awaited", "not_published", "not_collected", "not_calculated")
#: What is left of a sentence where a word of it was missing; dots to write on are none.
_BROKEN = re.compile(r"[,;:(] *(?!\.{3})[.;,)]|(?<!\.)\.\.(?!\.)|\(\s*\)|[{}]|\bof measures\b")
_SUMMED = re.compile(r"(\d+) of (\d+) measures? (?:has|have) a figure(;[^.]*)?\.")


@dataclass(frozen=True)
class Mixture:
    """What a seed asks for, without what is left out of it."""

    seed: int
    left_out: frozenset[str] = frozenset()

    def random(self, part: str) -> Random:
        """Return the numbers of one part, which no other part changes."""
        return Random(f"{self.seed} {part}")  # noqa: S311 - the same mixture for the same seed

    @property
    def kept(self) -> list[str]:
        """The four measures of the framework that the area tracks."""
        return self.random("measures").sample(sorted(DEFINED.index), 4)

    @property
    def traits(self) -> frozenset[str]:
        """What it has beside its measures."""
        return frozenset(
            name for name, share in TRAITS.items() if self.random(name).random() < share and name not in self.left_out
        )

    @property
    def parts(self) -> list[str]:
        """Everything that can be left out."""
        return [*sorted(self.traits), *self.kept]

    @property
    def asked(self) -> tuple[str, str]:
        """The period and the date to ask for."""
        random = self.random("asked")
        period = random.choice(["2024/25 Q3", "2024/25 Q3", "2024/25 Q2", "2025/26 Q1"])
        return period, random.choice(["2025-03-05", "2025-03-05", "2025-02-01", "2024-12-01"])


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
        return random.choice([0, 100, 1e-6, round(random.uniform(0, 100), random.choice([0, 1, 2]))])
    if kind in ("standardised_rate", "crude_rate", "mean"):
        return random.choice([0, round(random.uniform(0, 20), 2), 0.01, 1e-6, 9e5])
    return random.choice([0, 1, 3, random.randint(5, 60), random.randint(60, 3000), 999_999])


def returned(random: Random, measure: str, basis: str, kind: str, places: list[list[str]]) -> list[dict[str, object]]:
    """Return the rows of one measure in a return, of which any may be absent, hidden or odd."""
    number, codes = random.choice([0, 1, 1, 2, 5, 14, 26]), random.choice(places)
    label = random.choice(["", "", "restricted", "restricted_until 2025-01-31", "public", "public"])
    rows = []
    for one in periods(basis, number):
        if random.random() < 0.15:
            continue
        for place in codes:
            for part in random.choice([[""], [""], ["", "sex=Female", "sex=Male"], ["sex=Female"]]):
                shown = value(random, kind)
                status = random.choices(["", "provisional", *_ABSENT], [12, 2, 1, 1, 1, 1, 1])[0]
                rows.append(
                    {
                        "measure": measure, "area": place, "period": one.label, "breakdown": part,
                        "value": "" if status in _ABSENT else shown, "status": status, "release": label,
                        "release_basis": "board paper" if label == "public" else "",
                    }
                )  # fmt: skip
    return rows


def make(root: Path, mixture: Mixture) -> None:
    """Make the project of a mixture."""
    partnership.make(root)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    folder, kept, traits = root / "data" / "areas" / AREA, mixture.kept, mixture.traits
    places = [[CODE], [CODE, ENGLAND], [ENGLAND], [CODE, ENGLAND, OTHER]]
    if "county" in traits:
        toml = (folder / "area.toml").read_text(encoding="utf-8").replace(f'code = "{CODE}"', f'code = "{WHOLE}"')
        (folder / "area.toml").write_text(f'{toml}members = ["{CODE}", "{OTHER}"]\n', encoding="utf-8")
        places = [[CODE, OTHER], [CODE, OTHER, ENGLAND], [OTHER, ENGLAND], [CODE], [WHOLE, OTHER]]
    changes = [{"action": "omit", "measure": name} for name in DEFINED.index if name not in kept]
    _write(folder / "measures.csv", [*([ADDED] if "added" in traits else []), *changes])
    if "retired" in traits:
        file = root / "data" / "framework" / "measures.csv"
        table = pd.read_csv(file, dtype="str", keep_default_na=False)
        table["retired"] = table["retired"].mask(table["measure"] == kept[0], "2024-09")
        table.to_csv(file, index=False, lineterminator="\n")
    if "targets" in traits:
        _write(folder / "targets.csv", [_target(mixture, name) for name in kept[1:]])
    own = [(name, *DEFINED.loc[name, ["source", "basis", "kind"]]) for name in kept]
    own += [tuple(ADDED[name] for name in ("measure", "source", "basis", "kind"))] if "added" in traits else []
    for measure, source, basis, kind in own:
        for again in ("", "sent again") if "sent again" in traits else ("",):
            random = mixture.random(measure + again)
            rows = returned(random, measure, basis, kind, places)
            if rows and measure not in mixture.left_out and random.random() > 0.15:
                local = any(row["area"] != ENGLAND for row in rows)
                _receive(random, source, _write(root / "mail" / f"{measure}{again}.csv", rows), local, traits)


def _receive(random: Random, source: str, file: Path, local: bool, traits: Collection[str]) -> None:
    """Receive a return, in the area's log or, where it is of England alone, in everybody's; take some back again."""
    on, log = random.choice(["2024-11-02", "2025-01-20", "2025-03-01"]), (("--area", AREA) if local else ())
    public = ("--approved-for", "public", "--reference", "minutes of the board")
    words = ["receive", str(file), "--source", source, "--on", on, *log, *random.choice([(), public])]
    cli.main(words)  # one that is refused has not come
    if "taken back" in traits and random.random() < 0.5:
        cli.main(["receive", "--withdraw", str(file), "--on", "2025-03-02", *log])


def _target(mixture: Mixture, measure: str) -> dict[str, object]:
    random, basis = mixture.random(f"target {measure}"), str(DEFINED.loc[measure, "basis"])
    return {
        "measure": measure, "baseline_period": random.choice(periods(basis, 5)).label,
        "baseline": random.choice(["", "", "12"]), "target": random.choice([0, 20, 40]), "due": "2027-03",
        "agreed_by": "Partnership board", "agreed_on": "2024-06-20", "superseded_by": "",
    }  # fmt: skip


def _write(file: Path, rows: list[dict[str, object]]) -> Path:
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as text:
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file


def built(root: Path, mixture: Mixture, audience: str, only: Collection[str] = ()) -> building.Built:
    """Build every page of a mixture, or those of some notebooks; its faults are what the pages may not be."""
    shutil.rmtree(root, ignore_errors=True)
    with building.home(root):
        make(root, mixture)
        for notebook in (root / "notebooks").glob("*.ipynb"):
            if only and notebook.stem not in only:
                notebook.unlink()
        try:
            made = building.snapshot(root, AREA, *mixture.asked, audience)
        except Exception as failure:  # whatever it is, a mixture must not meet it
            return building.Built(None, faults=[f"{type(failure).__name__}: {failure}"])
    made.faults += [f"{name}: {fault}" for name, html in made.pages.items() for fault in broken(html)]
    made.faults += uncounted(made.pages.get("index", ""))
    return made


def broken(html: str) -> list[str]:
    """Return the sentences of a page that are not whole."""
    soup = BeautifulSoup(html, "html.parser")
    for style in soup.find_all(["style", "script"]):
        style.decompose()
    told = {" ".join(one.get_text("").split()) for one in soup.find_all(["p", "li", "td", "dd", "figcaption"])}
    return [f"a sentence is not whole: {one[:200]}" for one in sorted(told) if _BROKEN.search(one)]


def uncounted(html: str) -> list[str]:
    """Return what does not add up on a front page: every measure has a figure, or is counted by why it has none."""
    said = _SUMMED.search(building.words(html))
    if said is None:
        return ["index: it does not say how many measures have a figure"]
    held, every, missing = int(said[1]), int(said[2]), sum(map(int, re.findall(r"\d+", said[3] or "")))
    return [] if held + missing == every else [f"index: the counts do not add up: {said[0]}"]


def smaller(root: Path, mixture: Mixture, audience: str) -> Mixture:
    """Return the mixture without whatever a failure does not need."""
    for part in mixture.parts:
        less = Mixture(mixture.seed, mixture.left_out | {part})
        if built(root, less, audience).faults:
            mixture = less
    return mixture
