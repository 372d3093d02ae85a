"""Partnerships of several councils: what adds up, what is refused, and what stays hidden."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from drug_outcomes import figures
from drug_outcomes.definitions import areas, framework, observations
from drug_outcomes.definitions.periods import Basis, parse
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.figures import Question
from drug_outcomes.intake.partnerships import add_partnership
from drug_outcomes.reporting import downloads
from exampleshire.many import many_areas
from material import PROJECT
from partnership import AREA, CODE, form, make

COUNT, SHARE, RATE, MEAN = (
    "residential_rehabilitation_entries",
    "stable_accommodation",
    "drug_offences",
    "caseload_adults",
)
ONE, TWO, WHOLE = "E06998001", "E06998002", "E06998900"


@pytest.fixture(scope="module")
def definitions() -> framework.Definitions:
    return framework.load(PROJECT / framework.FRAMEWORK)


@pytest.fixture(scope="module")
def pair() -> areas.Area:
    return dataclasses.replace(areas.load(PROJECT, "exampleshire"), code=WHOLE, members=(ONE, TWO))


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return many_areas(3, 2, 6, 3, seed=5, names=[COUNT, SHARE]).assign(withheld="")


def rows(measure: str, *members: dict[str, object]) -> pd.DataFrame:
    """Return a row for each member, in order, of one measure and year."""
    same = {"measure": measure, "period_label": "2023/24", "period_start": "2023-04", "period_end": "2024-03",
            "period_basis": "fin_year", "status": "published", "release": "public", "received": "2024-09-01",
            }  # fmt: skip
    told = [same | {"area": code} | one for code, one in zip((ONE, TWO), members, strict=False)]
    hidden = [str(one.pop("withheld", "")) for one in told]
    return observations.frame(told).assign(withheld=hidden)


def whole(shown, definitions, pair) -> pd.Series:
    found = add_partnership(shown, definitions, pair)
    mine = found[found["area"] == WHOLE]
    assert len(mine) == 1
    return mine.iloc[0]


def test_sums_and_shares_agree_with_a_slow_second_way(made, definitions, pair):
    found = add_partnership(made, definitions, pair)
    mine = found[found["area"] == WHOLE]
    assert len(mine) == len(made) / 3
    for _, row in mine.iterrows():
        parts = [
            part
            for _, part in made.iterrows()
            if part["area"] in (ONE, TWO)
            and all(part[name] == row[name] for name in ("measure", "breakdown", "period_start"))
        ]
        counted = sum(part["numerator"] for part in parts)
        expected = counted if row["measure"] == COUNT else 100 * counted / sum(p["denominator"] for p in parts)
        assert np.isclose(row["value"], expected)
        assert row["numerator"] == counted


def test_the_rows_of_the_members_stay_as_they_are(made, definitions, pair):
    found = add_partnership(made, definitions, pair)
    pd.testing.assert_frame_equal(found.iloc[: len(made)], made)


def test_an_area_of_one_council_has_nothing_added(made, definitions, pair):
    assert add_partnership(made, definitions, dataclasses.replace(pair, members=())) is made


@pytest.mark.parametrize(
    "member",
    [
        {"status": "suppressed", "text": "<5", "bound_low": 1, "bound_high": 4},
        {"value": np.nan, "status": "suppressed", "withheld": "suppressed"},
    ],
)
def test_a_hidden_member_hides_the_sum(definitions, pair, member):
    found = whole(rows(COUNT, {"value": 12, "numerator": 12}, member), definitions, pair)
    assert (found["status"], found["withheld"]) == ("suppressed", member.get("withheld", ""))
    assert pd.isna(found["value"]) and pd.isna(found["numerator"]) and "hidden" in found["note"]


def test_a_sum_with_a_published_marker_keeps_its_bounds(definitions, pair):
    hidden = {"status": "suppressed", "bound_low": 1, "bound_high": 4}
    found = whole(rows(COUNT, {"value": 12, "numerator": 12}, hidden), definitions, pair)
    assert (found["bound_low"], found["bound_high"]) == (13, 16)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("drug_misuse_deaths", "standardised rate"),
        (SHARE, "without their counts"),
        (RATE, "without their counts and populations"),
        (MEAN, "average or median"),
    ],
)
def test_what_cannot_be_made_from_parts_is_refused_with_the_reason(definitions, pair, measure, words):
    found = whole(rows(measure, {"value": 5.0}, {"value": 7.0}), definitions, pair)
    assert pd.isna(found["value"])
    assert found["status"] == "not_calculated" and words in found["note"]


def test_a_standardised_rate_is_refused_even_with_its_counts(definitions, pair):
    parts = ({"value": 5.0, "numerator": 30, "denominator": 600_000},) * 2
    assert pd.isna(whole(rows("drug_misuse_deaths", *parts), definitions, pair)["value"])


def test_a_missing_member_leaves_no_sum(definitions, pair):
    found = whole(rows(COUNT, {"value": 12, "numerator": 12}), definitions, pair)
    assert pd.isna(found["value"]) and "not every one of the 2 councils" in found["note"]


def test_zero_in_both_is_zero(definitions, pair):
    assert whole(rows(COUNT, *({"value": 0, "numerator": 0},) * 2), definitions, pair)["value"] == 0


def test_a_sum_is_as_firm_as_its_weakest_part_and_as_closed_as_its_most_closed(definitions, pair):
    parts = ({"value": 7, "status": "provisional", "release": "restricted"}, {"value": 8})
    found = whole(rows(COUNT, *parts), definitions, pair)
    assert (found["status"], found["release"], found["value"]) == ("provisional", "restricted", 15)


def test_what_somebody_publishes_for_the_partnership_stays(definitions, pair):
    own = rows(COUNT, {"value": 99.0}).assign(area=WHOLE)
    shown = pd.concat([own, rows(COUNT, {"value": 12}, {"value": 9})], ignore_index=True)
    assert whole(shown, definitions, pair)["value"] == 99


def test_rates_are_computed_again_from_counts_and_the_populations_of_the_members(definitions, pair):
    people = rows("", {"value": 1000.0}, {"value": 3000.0}).assign(
        source="ons_population",
        indicator="population",
        period_start="2023-01",
        period_end="2023-12",
        period_label="2023",
    )
    offences = rows(RATE, {"numerator": 4.0}, {"numerator": 8.0})
    found = add_partnership(pd.concat([offences, people], ignore_index=True), definitions, pair)
    mine = found[(found["area"] == WHOLE) & (found["measure"] == RATE)].iloc[0]
    assert (mine["value"], mine["numerator"], mine["denominator"]) == (3.0, 12, 4000)


@pytest.mark.parametrize(("approved", "shown"), [("public", "21"), ("partnership", "")])
def test_a_partnership_of_two_councils_is_cleared_as_a_whole(tmp_path, monkeypatch, approved, shown):
    root = make(tmp_path)
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    folder = root / "data" / "areas" / AREA
    toml = (folder / "area.toml").read_text(encoding="utf-8").replace(CODE, "E47000001")
    (folder / "area.toml").write_text(toml + 'members = ["E06000044", "E06000045"]\n', encoding="utf-8")
    place = "received" if approved == "public" else "restricted"
    file = form(folder / place / "icu" / "a.csv", (COUNT, "2024/25 Q3", 12))
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{COUNT},E06000045,2024/25 Q3,9\n")
    (folder / "received.csv").write_text(
        "file,sha256,source,received,from_whom,release,approved_for,reference,note\n"
        f"{place}/icu/a.csv,,icu,2025-02-01,ICU,,{approved},Minutes of the board,\n",
        encoding="utf-8",
    )
    period = parse("2024/25 Q3", Basis.QUARTER_FIN)
    assert period is not None
    released = figures.cleared(root, Question(AREA, period, "2025-03-05", Audience.PUBLIC))
    told = downloads.scorecard(released).set_index("measure").loc[COUNT]
    assert told["value_text"] == shown
