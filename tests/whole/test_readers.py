"""What readers meet, every public page of both areas at every width: run with `--thorough`.

The ordinary run holds Southampton's pages and a sample in the browser where it has built them, in `test_main_job`.
"""

from pathlib import Path

import pytest

import looking
from browser import axe_faults, chromium, opened, require_arial
from building import home
from drug_outcomes import cli
from material import PROJECT

WIDTHS = (1280, 430, 390, 320)


@pytest.fixture(scope="module", params=("southampton", "exampleshire"))
def snapshot(request, thorough, tmp_path_factory) -> tuple[str, Path]:
    """The public pages of an area."""
    if not thorough:
        pytest.skip("every page of both areas is built and opened with --thorough")
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


def test_pages_say_no_more_than_somebody_reads(snapshot, pages):
    assert looking.over_budget(snapshot[0], pages) == []


def test_pages_speak_as_people_do(pages):
    assert {name: found for name, html in pages.items() if (found := looking.strange_words(html))} == {}


@pytest.mark.parametrize(
    "said",
    ["From 12 people on, however it was rounded", "0 of the 5 newest years have intervals", "1 points held",
     "The library knows no names", "in 202223", "Source: The police force", "up by 0.0 from 0.8"],
)  # fmt: skip
def test_words_that_nobody_says_are_noticed(said):
    assert looking.strange_words(f"<p>{said}</p>")


def test_nothing_touches_or_is_cut_off_at_any_width_and_axe_finds_nothing(snapshot, pages, record_property):
    require_arial()
    looks = [(name, width) for name in pages for width in WIDTHS]
    record_property("cases of", f"pages opened, {len(looks)}")
    assert looking.crowded_pages(*snapshot, looks, axe=True) == []


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["dark", "forced"])
def test_axe_finds_nothing_in_the_dark_or_in_forced_colours(snapshot, pages, look):
    with chromium() as browser:
        for name in pages:
            with opened(browser, snapshot[1] / f"{name}.html", **look) as shown:
                assert axe_faults(shown) == []
