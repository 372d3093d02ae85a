"""The door for analysts: tidy frames, axes, and frames for the partnership that say so."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import openpyxl
import pandas as pd
import pytest
from matplotlib import pyplot

import partnership
from drug_outcomes import open_area
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UsageError
from drug_outcomes.reporting.area_figures import AreaFigures
from partnership import AREA, COUNTED, GROUPED

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("analysts")
    made = partnership.make(base / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(made))
        partnership.receive_all(base, *partnership.RETURNS)
        yield made


@pytest.fixture(scope="module")
def here(root) -> AreaFigures:
    return open_area(AREA, audience="partnership")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    pyplot.close("all")


def test_a_series_has_a_row_for_each_period(here):
    assert list(here.series(COUNTED)["value"]) == [20 + n % 5 for n in range(18)]


def test_a_number_names_a_measure_as_its_id_does(here):
    number = int(here.latest.set_index("measure").loc[COUNTED, "number"])

    pd.testing.assert_frame_equal(here.series(number), here.series(COUNTED))


def test_the_newest_figure_stands_once_and_every_release_among_the_rows_as_received(here):
    assert list(here.latest.loc[here.latest["measure"] == GROUPED, "value"]) == [47]
    assert list(here.observations(GROUPED)["value"]) == [47, 41]


def test_the_public_sees_none_of_what_is_restricted(root):
    assert open_area(AREA).series(COUNTED)["value"].isna().all()
    assert open_area(AREA).observations(COUNTED)["value"].isna().all()


@pytest.mark.parametrize("save", ["to_csv", "to_excel"])
def test_what_the_partnership_saves_says_restricted_in_name_and_first_row(here, tmp_path, save):
    ending = {"to_csv": "csv", "to_excel": "xlsx"}[save]
    getattr(here.latest.head(2), save)(tmp_path / f"mine.{ending}")

    [file] = tmp_path.iterdir()
    first = file.read_text(encoding="utf-8-sig") if ending == "csv" else openpyxl.load_workbook(file).active["A1"].value
    assert file.name == f"RESTRICTED mine.{ending}"
    assert first.startswith("RESTRICTED")


def test_frames_say_restricted_to_the_partnership_and_not_to_the_public(root, here):
    assert "RESTRICTED" in repr(here.latest) and "RESTRICTED" in here.latest.head()._repr_html_()
    assert "RESTRICTED" not in repr(open_area(AREA).latest)


def test_a_plot_comes_back_as_axes_that_hold_every_point(here):
    drawn = here.plot(COUNTED)

    assert {20.0, 24.0} <= {float(one) for line in drawn.lines for one in line.get_ydata()}


def test_measures_side_by_side_are_a_line_each(here):
    labels = here.plot_measures([COUNTED, GROUPED]).get_legend_handles_labels()[1]

    assert len(labels) == 2


def test_areas_beside_one_another_are_a_bar_each(here):
    assert len(here.plot_areas(COUNTED).patches) == 1


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda here: here.series("drug_intelligence"), "drug_intelligence_submissions"),
        (lambda here: here.series(COUNTED, by="sex"), "none is held"),
        (lambda here: here.series(COUNTED, compare_with=["Atlantis"]), "neighbours"),
        (lambda here: here.plot_process(GROUPED), "here.plot"),
    ],
)
def test_what_is_not_held_is_told_with_what_to_type(here, ask, words):
    with pytest.raises(UsageError) as refused:
        ask(here)

    assert words in str(refused.value)
