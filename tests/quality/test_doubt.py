"""A figure with an open error takes part in nothing until it is explained or corrected, and is marked."""

import random
import re

import numpy as np
import pandas as pd
import pytest

import partnership
from drug_outcomes import figures, quality
from drug_outcomes.definitions import framework
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import downloads, headlines, national_report, report, tables, wording
from partnership import AREA
from small_evidence import COUNT, DEFINITIONS, ENGLAND, HERE, RATE, SHARE, evidence, year, years

MONTHLY = "drug_intelligence_submissions"  # a count of each month, which has process limits

DAY = "2025-06-01"
NOBODY = pd.DataFrame(columns=[column.name for column in explanations.COLUMNS], dtype="str")


def doubts(rows: list[dict], recorded: pd.DataFrame = NOBODY) -> list[str]:
    series = evidence(rows).series
    return list(quality.open_errors(series, DEFINITIONS, recorded, area=HERE, as_of=DAY))


STEADY = [412.0, 405.0, 431.0, 418.0, 399.0, 423.0, 409.0, 416.0]


@pytest.mark.parametrize(
    ("measure", "values", "rule"),
    [
        (COUNT, [*STEADY, 4150.0], "order_of_magnitude"),
        (COUNT, [*STEADY, 41.0], "order_of_magnitude"),
        (COUNT, [*STEADY, 41500.0], "order_of_magnitude"),
        (COUNT, [*STEADY, -409.0], "count_range"),
        (COUNT, [*STEADY, 410.5], "number_format"),
        (COUNT, [*STEADY, 1440.0], ""),  # 1440 for 414: not by one power, and not by an exchange
        (COUNT, [*STEADY, 560.0], ""),
        (SHARE, [24.1, 25.0, 24.6, 23.9, 24.4, 24.8, 25.1, 42.6], "digit_slip"),
        (SHARE, [24.1, 25.0, 24.6, 23.9, 24.4, 24.8, 25.1, 246.0], "percentage_range"),
        (SHARE, [24.1, 25.0, 24.6, 23.9, 24.4, 24.8, 25.1, 31.0], ""),
        (RATE, [5.6, 5.4, 5.5, 5.8, 5.7, 5.3, 5.9, 57.0], "order_of_magnitude"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["last", "middle"])
def test_a_slip_is_in_doubt_wherever_it_stands_and_nothing_else_is(measure, values, rule, place):
    ordered = values if place == "last" else [*values[:3], values[-1], *values[3:-1]]
    found = doubts(years(measure, *ordered))

    assert found == [rule if value == values[-1] else "" for value in ordered]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"lower": 18.0, "upper": 22.0}, "limits_enclose_value"),
        ({"lower": 24.0, "upper": 26.0}, ""),
        ({"numerator": 40.0, "denominator": 200.0}, "rate_recomputes"),
        ({"numerator": 50.0, "denominator": 200.0}, ""),
    ],
)
def test_a_figure_that_its_own_limits_or_counts_contradict_is_in_doubt(more, rule):
    assert doubts([year(SHARE, "2024/25", 25.0, **more)]) == [rule]


@pytest.mark.parametrize("seed", range(30))
def test_clean_series_are_left_alone_however_long_and_however_much_they_vary(seed):
    draw = np.random.default_rng(seed)
    mean, length, spread = draw.choice([5, 20, 90, 400, 2000]), int(draw.integers(2, 40)), draw.choice([1, 2])
    shape = mean / (spread - 0.999)
    rows = years(COUNT, *map(float, draw.poisson(draw.gamma(shape, mean / shape, length))))

    assert set(doubts(rows)) <= {""}


@pytest.mark.parametrize("seed", range(12))
def test_a_nought_too_many_is_found_in_series_of_every_size(seed):
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    mean, length = draw.choice([30, 90, 400, 2000]), draw.randint(3, 30)
    values = [float(round(draw.gauss(mean, mean**0.5))) for _ in range(length)]
    at = draw.randrange(length)
    values[at] *= 10

    assert [place for place, rule in enumerate(doubts(years(COUNT, *values))) if rule] == [at]


def test_what_somebody_explained_counts_again_until_the_figure_or_the_day_is_another():
    rows = years(COUNT, *STEADY, 4150.0)
    one = {"about": "order_of_magnitude", "measure": COUNT, "area": HERE, "period": "2026/27", "place": "",
           "figure": "4150", "figures": "4150", "explanation": "A merger", "who": "A", "recorded": "2025-05-01",
           "until": ""}  # fmt: skip
    explained, over, other = (pd.DataFrame([one | more]) for more in ({}, {"until": "2025-05-30"}, {"figure": "415"}))

    assert set(doubts(rows, explained)) == {""}
    assert [doubts(rows, held)[-1] for held in (over, other)] == ["order_of_magnitude"] * 2


def test_numbers_of_figures_in_doubt_lie_aside_and_come_back():
    series = evidence([year(SHARE, "2024/25", 250.0, lower=240.0, numerator=9.0), *years(COUNT, 4.0, 5.0)]).series
    aside = quality.mark(series, pd.Series(["percentage_range", "", ""]))
    back = quality.put_back(aside)

    assert aside[["value", "lower", "numerator"]].iloc[0].isna().all()
    pd.testing.assert_frame_equal(back.drop(columns="doubt"), series)


# From the files as received to what a page says.

COUNTS = [131, 120, 144, 127, 138, 125, 133, 141, 122, 136, 129, 134, 126, 139, 130, 128]
MONTHS = [f"{2023 + (8 + at) // 12}-{(8 + at) % 12 + 1:02}" for at in range(len(COUNTS))]
AGAIN = {"area": AREA, "audience": "partnership"}


def opened(folder, monkeypatch, counts: list[int]) -> report.Report:
    """Receive a count for each month, and an impossible percentage."""
    root = partnership.make(folder)
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    rows = [(MONTHLY, month, n) for month, n in zip(MONTHS, counts, strict=True)]
    share = ("drug_tests_on_arrest", "2023/24", 539)
    for source, sent in (("police", rows), ("opcc", [share])):
        partnership.receive(partnership.form(folder / f"{source}.csv", *sent), source, "2025-02-01")
    return report.Report.open("scorecard", **AGAIN)


def test_a_month_ten_times_too_high_moves_no_limits_until_it_is_explained(tmp_path, monkeypatch):
    wrong = [*COUNTS[:6], 1330, *COUNTS[7:]]
    read = opened(tmp_path, monkeypatch, wrong)
    said = {"explanation": "Two forces merged", "who": "A. Person", "when": "2025-02-02"}
    read.record_explanation("order_of_magnitude", MONTHLY, **said)
    before, after = (
        one.released.series.query("measure == @MONTHLY") for one in (read, report.Report.open("scorecard", **AGAIN))
    )

    assert list(before["value"]) == list(after["value"]) == wrong
    assert before["process_upper"].max() < 200
    assert set(before["signal"]) == {""}
    assert after["process_upper"].max() > 230
    assert [list(one["doubt"]).count("order_of_magnitude") for one in (before, after)] == [1, 0]


@pytest.mark.parametrize("newest", [1340, 13, -134])
def test_a_newest_figure_in_doubt_is_shown_and_marked_and_said_nothing_of(tmp_path, monkeypatch, newest):
    read = opened(tmp_path, monkeypatch, [*COUNTS[:-1], newest])
    row = next(one for one in wording.figures(read.released) if one["measure"] == MONTHLY)

    assert wording.local_value(row).endswith("(under query)")
    assert (row["value"], row["direction"], row["signal"], row["unusual"]) == (newest, "unknown", "", "")
    assert headlines.weight(row) == 0
    assert "under query" in wording.sentence(row)


def test_an_impossible_percentage_is_marked_wherever_it_stands(tmp_path, monkeypatch):
    read = opened(tmp_path, monkeypatch, COUNTS)
    every = list(read.definitions.measures["measure"])
    pages = {str(one): f"{one}.html" for one in read.definitions.priorities["priority"]}
    row = next(one for one in wording.figures(read.released) if one["number"] == 33)
    shown = [
        tables.scorecard(read.released, read.definitions, every, pages).text,
        tables.figures_of(row).text,
        national_report.coverage(read._page).text,
    ]
    table = downloads.scorecard(read.released).set_index("measure").loc["drug_tests_on_arrest"]

    assert [bool(re.search(r"539(\.0)?% \(?under query", text)) for text in shown] == [True] * 3
    assert (table["note"][:11], table["value"]) == ("Under query", 539)


def test_what_the_path_lays_aside_comes_back_for_every_figure(tmp_path, monkeypatch):
    root = partnership.make(tmp_path)
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    sent = partnership.form(tmp_path / "opcc.csv", ("drug_tests_on_arrest", "2023/24", 539))
    partnership.receive(sent, "opcc", "2025-02-01")
    known = figures.known(root, report.question(root, AREA, audience="partnership"))
    released = figures.released(known, report.question(root, AREA).period)

    assert known.series["value"].isna().all()
    assert list(released.series["value"]) == [539]
    assert not [name for name in released.series if name.startswith("doubtful_")]
    assert ENGLAND not in set(released.series.loc[released.series["doubt"] != "", "area"])
