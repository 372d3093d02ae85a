"""Charts to take away: what is in them, what is not, and how large they are."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from defusedxml import ElementTree
from PIL import Image

from drug_outcomes import figures
from drug_outcomes.definitions import areas
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import chart_files, charts, report, wording
from drug_outcomes.reporting.charts import Drawn, Place
from material import PROJECT

SOME = ("drug_misuse_deaths", "unmet_need_opiates", "active_drug_networks")


@pytest.fixture(scope="module")
def released() -> Released:
    return figures.cleared(PROJECT, report.question(PROJECT, "southampton"))


@pytest.fixture(scope="module")
def place() -> Place:
    return Place(areas.with_definitions(PROJECT, "southampton")[1], {}, {})


def _files(released: Released, place: Place) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(chart_files.archive(released, SOME, place, "Southampton, 2024/25 Q3"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def files(released, place) -> dict[str, bytes]:
    return _files(released, place)


@pytest.fixture(scope="module")
def deaths(released, place) -> Drawn:
    row = next(row for row in wording.figures(released) if row["measure"] == SOME[0])
    drawn = charts.measure(released, row, place)
    assert drawn
    return drawn


def _words(svg: bytes) -> str:
    return " ".join("".join(one.itertext()) for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("}text"))


def test_a_measure_with_a_chart_has_two_files_and_one_without_has_none(files):
    assert sorted(files) == [f"{name}.{kind}" for name in SOME[:2] for kind in ("png", "svg")]


def test_the_words_of_its_page_stand_round_a_chart(files, deaths):
    told = _words(files["drug_misuse_deaths.svg"])
    wanted = (deaths.title, *deaths.subtitle.split(), *(text for _, text in deaths.legend), *deaths.source.split())
    assert [word for word in wanted if word not in told] == []
    assert "Southampton, 2024/25 Q3" in told


@pytest.mark.parametrize("name", SOME[:2])
def test_a_picture_tells_its_message_and_neither_when_nor_with_what_it_was_made(files, name, deaths):
    told = Image.open(BytesIO(files[f"{name}.png"])).info
    assert set(told) == {"Title", "Description"} and told["Description"]
    assert not re.search(rb"<dc:(date|creator)|matplotlib v", files[f"{name}.svg"])


def test_no_chart_is_larger_than_forty_kilobytes(files):
    assert max(map(len, files.values())) <= 40_000


def test_every_program_can_show_its_colours(files):
    assert not any(b"var(" in one or b"<script" in one for name, one in files.items() if name.endswith("svg"))


def test_the_same_figures_give_the_same_files(files, released, place):
    assert _files(released, place) == files


def test_what_is_for_the_partnership_says_so(released, place):
    told = _files(replace(released, audience=Audience.PARTNERSHIP), place)
    assert "RESTRICTED. For the partnership only." in _words(told["drug_misuse_deaths.svg"])
