"""Every mixture of held, hidden and missing: areas of four measures made by a seed, of which every page is built.

A mixture leaves out files, measures, areas, periods and breakdowns, shifts what was known when, labels figures
restricted, suppressed, provisional or awaited, takes returns back, and holds single points, gaps, noughts, huge and
tiny values. With --thorough 300 are built; one that fails is made smaller, part by part, as long as it fails.
"""

from collections.abc import Callable

import pandas as pd
import pytest

import mixtures
from drug_outcomes.disclosure import masking, withholding
from drug_outcomes.reporting import headlines, wording
from drug_outcomes.statistics import series_analysis
from mixtures import TRAITS, Mixture

EVERY = 300
#: Protections of the library: where each stands, and what is left of it when it is switched off.
PROTECTIONS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "a hidden figure has no number": (withholding, "masked", lambda figures, *_, **__: figures),
    "hidden text is empty, never missing": (
        masking, "blanked", lambda column, where, word="": column.mask(where, pd.NA)
    ),
    "a missing figure is told by its reason": (wording, "has_value", lambda row: True),
    "a baseline that is not held says so": (
        series_analysis, "_with_baselines",
        lambda *given, kept=series_analysis._with_baselines: kept(*given).assign(baseline_basis="held"),
    ),
    "every measure without a figure is counted": (
        headlines, "counts", lambda released, kept=headlines.counts: kept(released) | {"restricted": 0, "awaited": 0}
    ),
}  # fmt: skip


#: What is built of each mixture in the ordinary run: every notebook, or those that tell the most in words.
ORDINARY: dict[str, tuple[int, list[str]]] = {"public": (0, []), "partnership": (1, ["scorecard", "progress_report"])}


@pytest.mark.parametrize("audience", ORDINARY)
def test_every_page_of_every_mixture_is_built(tmp_path, thorough, audience):
    seed, only = ORDINARY[audience]
    seeds, only = (range(EVERY), []) if thorough else ([seed], only)
    pages, found = 0, {}
    for seed in seeds:
        made = mixtures.built(tmp_path / "made", Mixture(seed), audience, only)
        pages += len(made.pages)
        if made.faults:
            found[seed] = made.faults
    left_out = {name: sum(name not in Mixture(seed).traits for seed in seeds) for name in TRAITS}
    print(f"{len(seeds)} mixtures for the {audience}: {pages} pages built; left out of mixtures: {left_out}")

    least = {
        seed: (mixtures.smaller(tmp_path / "made", Mixture(seed), audience).parts, told)
        for seed, told in list(found.items())[:3]
    }
    assert least == {}, f"{len(found)} of {len(seeds)} mixtures fail"


def test_the_mixtures_have_every_trait():
    seen = [Mixture(seed).traits for seed in range(EVERY)]

    assert {name for name in TRAITS if any(name in one for one in seen)} == set(TRAITS)
    assert frozenset() in seen


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_mixtures_find_a_protection_that_is_switched_off(tmp_path, monkeypatch, thorough, protection):
    monkeypatch.setattr(*PROTECTIONS[protection])
    # Mixture 5 is known to need them all; with --thorough they are looked for from the first one on.
    for seed in range(EVERY) if thorough else [5]:
        made = mixtures.built(tmp_path / "made", Mixture(seed), "public", only=["scorecard"])
        if made.faults:
            print(f"{protection}: found by mixture {seed}: {made.faults[0][:200]}")
            return
    pytest.fail(f"no mixture finds it when this does not hold: {protection}")
