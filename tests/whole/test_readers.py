"""What readers meet: budgets of words and height, plain words, nothing that touches or is cut off.

Ordinarily a sample of Southampton's pages is opened; `--thorough` opens every page of both areas at every width.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from browser import axe_faults, chromium, opened, overflow, require_arial
from building import home
from drug_outcomes import cli
from material import PROJECT

AREAS = ("southampton", "exampleshire")
#: What is opened ordinarily: page and width.
SAMPLE = (("index", 320), ("scorecard", 1280), ("treatment_and_recovery", 1280), ("reduce_demand", 320))
WIDTHS = (1280, 430, 390, 320)


@pytest.fixture(scope="module", params=AREAS)
def snapshot(request, thorough, tmp_path_factory) -> tuple[str, Path]:
    """The public pages of an area."""
    if request.param != AREAS[0] and not thorough:
        pytest.skip("the other area is built with --thorough")
    root = tmp_path_factory.mktemp("readers")
    for name in ("data", "notebooks"):
        (root / name).symlink_to(PROJECT / name)
    with home(root):
        assert cli.main(["snapshot", "--area", request.param]) == 0
    [folder] = (root / "outputs" / request.param).glob("*/public")
    return request.param, folder


@pytest.fixture(scope="module")
def pages(snapshot) -> dict[str, str]:
    return looking.pages_of(snapshot[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def test_pages_say_no_more_than_somebody_reads(snapshot, pages):
    assert looking.over_budget(snapshot[0], pages) == []


def test_pages_speak_as_people_do(pages):
    assert {name: found for name, html in pages.items() if (found := looking.strange_words(html))} == {}


@pytest.mark.parametrize(
    "said",
    ["From 12 people on, however it was rounded", "0 of the 5 newest years have intervals", "1 points held",
     "The library knows no names", "in 202223", "Source: The police force", "Up by 0.0 from 0.8"],
)  # fmt: skip
def test_words_that_nobody_says_are_noticed(said):
    assert looking.strange_words(f"<p>{said.replace('Up by', 'up by')}</p>")


def test_no_words_of_a_chart_touch_or_are_cut_off(pages, browser):
    with opened(browser, "<body></body>") as shown:
        drawings = [one for html in pages.values() for one in looking.drawings(html)]
        assert len(drawings) > 20 and looking.crowded_labels(shown, drawings) == []


def test_pages_are_no_longer_than_they_may_be_and_nothing_on_them_touches(
    snapshot, pages, browser, thorough, record_property
):
    require_arial()
    area, folder = snapshot
    looks = [(name, width) for name in pages for width in WIDTHS] if thorough else SAMPLE
    found = []
    for name, width in looks:
        with opened(browser, folder / f"{name}.html", width=width) as shown:
            crowded = [
                *looking.crowded_text(shown),
                *([f"{overflow(shown)} too wide"] if overflow(shown) > 0 else []),
            ]
            high = looking.height(shown) > looking.HEIGHTS.get((area, name), 10**6) and width == WIDTHS[0]
            axe = axe_faults(shown) if thorough else []
            found += [
                f"{name} at {width}: {one}" for one in (*crowded, *axe, *(["too high"] if high else []))
            ]
    record_property("cases of", f"pages opened, {len(looks)}")
    assert found == []


@pytest.mark.parametrize(
    "look", [{"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["dark", "forced"]
)
def test_axe_finds_nothing_on_the_front_page_in_the_dark_or_in_forced_colours(snapshot, browser, look):
    with opened(browser, snapshot[1] / "index.html", **look) as shown:
        assert axe_faults(shown) == []
