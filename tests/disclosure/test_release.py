"""The door out: what passes, what is blanked, and what is said instead."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.columns import COLUMNS
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import (
    MARKER,
    Catalogue,
    Context,
    Policy,
    Released,
    Shows,
    leaks,
    ledger,
    seal,
    visible,
    withhold,
)
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.statistics import intervals, trends

PUBLIC, PARTNERSHIP = Audience.PUBLIC, Audience.PARTNERSHIP
OPEN, CLOSED = Policy(audience=PUBLIC), Policy(audience=PARTNERSHIP)
SHARE = Policy(audience=PUBLIC, per=100)
AREA, ENGLAND = "E06000045", "E92000001"
SECRET = 987


def row(month: int, count: float | None, **fields: object) -> dict[str, object]:
    period = {"period_start": f"2024-{month:02d}", "period_end": f"2024-{month:02d}", "period_basis": "month"}
    figure = {"value": count, "numerator": count, "text": "" if count is None else f"{count:g}"}
    names = {"measure": "entries", "area": AREA, "period_label": f"month {month}", "source": "returns", "row": month}
    return {**names, **period, **figure, "status": "published", "release": "approved", **fields}


def figures(*rows: dict[str, object]) -> pd.DataFrame:
    return observations.frame(rows)


def cleared(
    table: pd.DataFrame, policy: Policy = OPEN, audience: Audience = PUBLIC, *, as_of: str = "", **more: object
) -> Released:
    shown = withhold(table, {"entries": policy, "share": policy}, audience, as_of=as_of)
    return seal(shown.tail(1), shown, audience, as_of=as_of, **more)


def said(frame: pd.DataFrame) -> str:
    """Everything that a frame says, as one text."""
    return frame.drop(columns="row", errors="ignore").to_csv()


def test_the_partnership_sees_everything() -> None:
    table = figures(row(1, 3), row(2, SECRET))
    out = cleared(table, CLOSED, PARTNERSHIP)
    pd.testing.assert_frame_equal(out.series.drop(columns="withheld"), table, check_like=True)


def test_released_figures_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        cleared(figures(row(1, 9))).audience = PARTNERSHIP  # type: ignore[misc]


@pytest.mark.parametrize(("count", "shown"), [(0, True), (1, False), (4, False), (5, True), (17, True)])
def test_counts_of_people_below_the_threshold_are_hidden(count: int, shown: bool) -> None:
    out = cleared(figures(row(1, count)))
    assert (out.series["withheld"][0] == "") is shown
    assert out.series["text"][0] == (str(count) if shown else MARKER)


@pytest.mark.parametrize(
    ("policy", "count", "shown"),
    [
        (Policy(audience=PUBLIC, show_zero=False), 0, False),
        (Policy(audience=PUBLIC, threshold=8), 7, False),
        (Policy(audience=PUBLIC, threshold=8), 8, True),
        (Policy(audience=PUBLIC, people=False), 3, True),
        (Policy(audience=PARTNERSHIP, people=False), 300, False),
    ],
)
def test_the_policy_decides_what_is_hidden(policy: Policy, count: int, shown: bool) -> None:
    assert (cleared(figures(row(1, count)), policy).series["withheld"][0] == "") is shown


def test_what_is_published_already_is_shown_unchanged() -> None:
    table = figures(
        row(1, 3, release="public"),
        row(2, None, release="public", status="suppressed", text="<5", bound_low=1, bound_high=4),
    )
    out = cleared(table, CLOSED)
    pd.testing.assert_frame_equal(out.series.drop(columns="withheld"), table, check_like=True)


def test_the_next_figure_of_a_restricted_source_stays_restricted() -> None:
    out = cleared(figures(row(1, 12, release="public"), row(2, 14)), CLOSED)
    assert out.series["withheld"].tolist() == ["", "restricted"]


@pytest.mark.parametrize(("as_of", "shown"), [("2024-05-31", False), ("2024-06-01", True)])
def test_an_embargo_ends_on_its_day(as_of: str, shown: bool) -> None:
    table = figures(row(1, 12, release="restricted_until 2024-06-01"))
    assert (cleared(table, OPEN, as_of=as_of).series["withheld"][0] == "") is shown


def test_a_measure_without_a_policy_is_not_published() -> None:
    assert withhold(figures(row(1, 12)), {}, PUBLIC)["withheld"].tolist() == ["restricted"]


@pytest.mark.parametrize("policy", [OPEN, CLOSED])
def test_a_missing_figure_keeps_its_reason(policy: Policy) -> None:
    out = cleared(figures(row(1, None, status="awaited")), policy)
    assert out.series[["status", "withheld"]].iloc[0].tolist() == ["awaited", ""]


def test_a_restricted_return_on_a_missing_figure_keeps_its_words_and_its_file_to_itself() -> None:
    words = {"note": "987 were late", "text": "~987", "file": "restricted/police/a.csv", "vintage": "987"}
    raw = observations.frame([row(1, None, status="not_supplied", **words)])
    out = cleared(raw, CLOSED).series
    assert "987" not in said(out) and "restricted/police" not in said(out)
    assert out[["status", "withheld"]].iloc[0].tolist() == ["not_supplied", ""]
    assert withhold(raw, {"entries": CLOSED}, PARTNERSHIP)["note"][0] == "987 were late"


@pytest.mark.parametrize("column", ["numerator", "denominator", "lower", "bound_high"])
def test_a_restricted_number_is_hidden_though_no_value_was_calculated_from_it(column: str) -> None:
    raw = observations.frame([row(1, None, status="not_calculated", **{column: SECRET})])
    assert str(SECRET) not in said(withhold(raw, {"entries": CLOSED}, PUBLIC))
    assert str(SECRET) in said(withhold(raw, {"entries": OPEN}, PUBLIC))


def test_a_restricted_figure_that_its_supplier_hid_does_not_say_that_it_is_small() -> None:
    out = cleared(figures(row(1, None, status="suppressed", text="<5", bound_low=1, bound_high=4), row(2, 300)), CLOSED)
    hidden = out.series[["text", "status", "note", "bound_high"]]
    assert hidden.iloc[0].equals(hidden.iloc[1])


def test_nothing_but_the_identity_survives_in_a_hidden_row() -> None:
    out = cleared(figures(row(1, SECRET, note="was 987", vintage="987", file="987.csv")), CLOSED)
    left = out.series.iloc[0]
    told = {"text", "status", "note", "release", "withheld"}
    blank = [name for name in out.series.columns if not COLUMNS[name].stays and name not in told]
    assert all(pd.isna(left[name]) or left[name] == "" for name in blank)
    assert str(SECRET) not in said(out.series) + said(out.latest) + said(out.suppressions)


def test_what_is_computed_after_clearing_knows_nothing_of_a_hidden_figure() -> None:
    months = [row(1, SECRET), row(2, 12, release="public"), row(3, 14, release="public")]
    shown = withhold(observations.frame(months), {"entries": CLOSED}, PUBLIC)
    kinds = {"kind": "count", "per": 1, "decimals": 0, "counted": True, "modelled": False, "window_months": 1}
    found = trends.add_direction(intervals.add_intervals(shown.assign(**kinds, cadence=1)))
    assert found["direction"].tolist() == ["unknown", "unknown", "up"]
    assert found[["previous_value", "change"]].iloc[:2].isna().all(axis=None)


@pytest.mark.parametrize("column", ["value", "numerator", "denominator", "lower", "bound_high"])
def test_a_hidden_figure_that_holds_a_number_again_is_not_sealed(column: str) -> None:
    shown = withhold(figures(row(1, SECRET)), {"entries": CLOSED}, PUBLIC)
    with pytest.raises(DisclosureRefused, match="a number of a hidden figure: entries, E06000045, month 1"):
        seal(shown, shown.assign(**{column: float(SECRET)}), PUBLIC)


def test_a_figure_that_was_never_cleared_is_not_sealed() -> None:
    with pytest.raises(DisclosureRefused, match="was not cleared: entries"):
        seal(figures(), figures(row(1, 12)), PUBLIC)


def test_a_column_that_the_table_of_columns_does_not_know_is_hidden() -> None:
    shown = withhold(figures(row(1, 12)), {"entries": OPEN}, PUBLIC)
    table = shown.assign(points=[[SECRET]], interval_lower=8.0)
    for audience in (PUBLIC, PARTNERSHIP):
        assert set(seal(table, table, audience).series.columns) - set(shown.columns) == {"interval_lower"}


def test_a_count_is_rounded_before_anything_is_computed_from_it() -> None:
    raw = figures(row(1, 9, release="public"), row(2, 9871), row(3, 20, release="public"))
    shown = withhold(raw, {"entries": Policy(audience=PUBLIC, rounding_base=5)}, PUBLIC)
    assert shown["numerator"].tolist() == [9, 9870, 20] and "9871" not in said(shown).replace(",", "")


def test_one_marker_and_one_wording_for_small_and_protecting_figures() -> None:
    out = cleared(figures(row(1, 3, breakdown="sex=Female"), row(1, 35, breakdown="sex=Male"), row(1, 38)))
    hidden = out.series[out.series["withheld"] != ""]
    assert len(hidden) == 2
    assert len(hidden[["text", "status", "note", "withheld"]].drop_duplicates()) == 1
    assert len(out.suppressions) == 2 and out.suppressions[["why", "what_would_show_it"]].nunique().tolist() == [1, 1]


def test_withholding_twice_changes_nothing() -> None:
    raw = observations.frame(
        [row(1, 3, breakdown="sex=Female"), row(1, 35, breakdown="sex=Male"), row(1, 38), row(2, 9)]
    )
    once = withhold(raw, {"entries": OPEN}, PUBLIC)
    pd.testing.assert_frame_equal(withhold(once, {"entries": OPEN}, PUBLIC), once)


def test_a_figure_that_is_cleared_says_so() -> None:
    out = withhold(observations.frame([row(1, 12)]), {"entries": OPEN}, PUBLIC)
    assert out[["release", "release_basis"]].iloc[0].tolist() == [
        "public",
        "cleared for publication: small numbers hidden",
    ]


def test_of_two_rows_for_a_figure_only_the_public_one_is_shown() -> None:
    raw = observations.frame([row(1, 40, release="public"), row(1, 43)])
    assert withhold(raw, {"entries": OPEN}, PUBLIC)["value"].tolist()[0] == 40
    assert math.isnan(withhold(raw, {"entries": OPEN}, PUBLIC)["value"].tolist()[1])


def test_counts_are_rounded_and_percentages_follow_from_rounded_counts() -> None:
    raw = observations.frame(
        [row(1, 0, measure="share", value=100 * 13 / 48, numerator=13, denominator=48, text="27.1")]
    )
    out = withhold(raw, {"share": Policy(audience=PUBLIC, rounding_base=5)}, PUBLIC).iloc[0]
    assert out[["numerator", "denominator"]].tolist() == [15, 50]
    assert [out["value"], out["text"]] == [pytest.approx(30.0), "30"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(82, 234, True), (16, 25, True), (3, 16, False), (22, 25, False), (25, 25, True), (0, 25, True), (0, 3, False)],
)
def test_a_percentage_is_hidden_only_with_a_small_number_behind_it(
    numerator: int, denominator: int, shown: bool
) -> None:
    value = 100 * numerator / denominator
    raw = observations.frame([row(1, value, measure="share", numerator=numerator, denominator=denominator)])
    assert (withhold(raw, {"share": OPEN}, PUBLIC)["withheld"][0] == "") is shown


@pytest.mark.parametrize(
    ("value", "size", "shown"), [(18.8, 16, False), (64.0, 25, True), (18.8, None, True), (88.0, 25, False)]
)
def test_a_bare_percentage_is_hidden_if_its_known_denominator_gives_a_small_number_away(
    value: float, size: float | None, shown: bool
) -> None:
    raw = observations.frame(
        [row(1, value, measure="share", numerator=None), *([row(1, size, release="public")] if size else [])]
    )
    links = pd.DataFrame({"measure": ["share"], "field": ["d"], "whole": ["entries"]})
    out = withhold(raw, {"share": SHARE, "entries": OPEN}, PUBLIC, context=Context(Catalogue(links=links)))
    assert (out["withheld"][0] == "") is shown


def test_a_bare_rate_is_hidden_if_it_gives_a_restricted_count_away() -> None:
    raw = observations.frame(
        [row(1, 35.0, measure="share", numerator=None), row(1, 82, measure="counted"), row(1, 234, release="public")]
    )
    links = pd.DataFrame({"measure": "share", "field": ["n", "d"], "whole": ["counted", "entries"]})
    out = withhold(
        raw, {"share": SHARE, "entries": OPEN, "counted": CLOSED}, PUBLIC, context=Context(Catalogue(links=links))
    )
    assert out["withheld"].tolist() == ["suppressed", "restricted", ""]


def test_members_of_a_wider_area_are_protected_from_subtraction() -> None:
    members = pd.DataFrame({"whole": "E47000001", "part": ["E06000001", "E06000002", "E06000003"]})
    counts = {"E47000001": 57, "E06000001": 4, "E06000002": 20, "E06000003": 33}
    raw = observations.frame([row(1, count, area=area) for area, count in counts.items()])
    out = withhold(raw, {"entries": OPEN}, PUBLIC, context=Context(Catalogue(members=members)))
    assert out["withheld"].tolist() == ["", "suppressed", "suppressed", ""]


def test_a_measure_that_is_the_sum_of_others_is_protected_from_subtraction() -> None:
    sums = pd.DataFrame({"whole": "entries", "part": ["first", "second"]})
    raw = observations.frame([row(1, 38), row(1, 35, measure="first"), row(1, 3, measure="second")])
    policies = dict.fromkeys(["entries", "first", "second"], OPEN)
    out = withhold(raw, policies, PUBLIC, context=Context(Catalogue(sums=sums)))
    assert out["withheld"].tolist() == ["", "suppressed", "suppressed"]


@pytest.mark.parametrize("released", ["public", "approved"])
def test_quarters_are_protected_from_the_year(released: str) -> None:
    def window(first: int, last: int, count: int, release: str) -> dict[str, object]:
        return row(
            first,
            count,
            period_end=f"2024-{last:02d}",
            period_basis="range",
            release=release,
            period_label=f"{first}-{last}",
        )

    counts = [(1, 3, 3), (4, 6, 12), (7, 9, 14), (10, 12, 20)]
    raw = observations.frame([*(window(*each, "approved") for each in counts), window(1, 12, 49, released)])
    out = withhold(raw, {"entries": OPEN}, PUBLIC)
    assert out["withheld"].tolist() == ["suppressed", "suppressed", "", "", ""]


def test_quarters_of_people_who_are_counted_once_a_year_are_left_alone() -> None:
    def window(first: int, last: int, count: int) -> dict[str, object]:
        return row(first, count, period_end=f"2024-{last:02d}", period_basis="range", period_label=f"{first}-{last}")

    raw = observations.frame([window(1, 6, 3), window(7, 12, 40), window(1, 12, 31)])
    assert withhold(raw, {"entries": OPEN}, PUBLIC)["withheld"].tolist() == ["suppressed", "", ""]


def test_an_earlier_edition_is_taken_into_account() -> None:
    raw = observations.frame([row(1, 3, breakdown="sex=Female"), row(1, 35, breakdown="sex=Male"), row(1, 38)])
    first = withhold(raw.iloc[2:], {"entries": OPEN}, PUBLIC)
    lines = ledger.entries(
        first, ledger.nothing(), edition="one", on="2024-02-01", by="A", audience=PUBLIC, as_of="2024-02-01"
    )
    out = withhold(raw, {"entries": OPEN}, PUBLIC, as_of="2024-03-01", context=Context(ledger=lines))
    assert out["withheld"].tolist() == ["suppressed", "suppressed", ""]


def test_a_total_that_an_earlier_edition_showed_before_its_revision_is_taken_into_account() -> None:
    parts = [row(1, 3, breakdown="age=1"), row(1, 35, breakdown="age=2"), row(1, 9, breakdown="age=3")]
    old = observations.frame([*parts, row(1, 47)])
    hidden = withhold(old, {"entries": OPEN}, PUBLIC)
    lines = ledger.entries(
        hidden, ledger.nothing(), edition="one", on="2024-02-01", by="A", audience=PUBLIC, as_of="2024-02-01"
    )
    new = observations.frame([*parts, row(1, 60), row(1, 13, breakdown="age=4")])
    out = withhold(new, {"entries": OPEN}, PUBLIC, as_of="2024-03-01", context=Context(ledger=lines))
    assert hidden["withheld"].tolist() == ["suppressed", "", "suppressed", ""]
    assert out["withheld"][0] == out["withheld"][2] == "suppressed"


def test_a_leak_of_the_past_is_found() -> None:
    raw = observations.frame([row(1, 3, breakdown="sex=Female"), row(1, 35, breakdown="sex=Male"), row(1, 38)])
    lines = ledger.entries(
        raw.assign(withheld=["suppressed", "", ""]),
        ledger.nothing(),
        edition="one",
        on="2024-02-01",
        by="A",
        audience=PUBLIC,
        as_of="2024-02-01",
    )
    found = leaks(raw, {"entries": OPEN}, as_of="2024-03-01", context=Context(ledger=lines))
    assert found["breakdown"].tolist() == ["sex=Female"]
    assert leaks(raw, {"entries": OPEN}).empty


@pytest.mark.parametrize(
    ("shows", "counts", "said_of_last"),
    [
        (Shows.NOTHING, (20, 31), ""),
        (Shows.BAND, (20, 31), "It is between 25 and 49."),
        (Shows.BAND, (20, 3), ""),
        (Shows.BAND, (20, 1234), "It is between 1,000 and 2,499."),
        (Shows.DIRECTION, (20, 31), "It is higher than in the period before."),
        (Shows.DIRECTION, (31, 20), "It is lower than in the period before."),
        (Shows.DIRECTION, (30, 31), "It is about the same as in the period before."),
        (Shows.DIRECTION, (30, 3), ""),
        (Shows.DIRECTION, (3, 30), ""),
        (Shows.DIRECTION, (7, 6), ""),
    ],
)
def test_restricted_figures_reach_the_public_as_policy_allows(
    shows: Shows, counts: tuple[int, int], said_of_last: str
) -> None:
    raw = observations.frame([row(1, counts[0]), row(2, counts[1])])
    out = withhold(raw, {"entries": Policy(shows=shows)}, PUBLIC)
    reason = "Not for publication: the supplier shares this figure with the partnership only."
    assert out["note"][1] == f"{reason} {said_of_last}".strip()
    assert out["text"].tolist() == [MARKER, MARKER]


def test_a_band_is_not_said_where_it_would_give_the_count_away() -> None:
    parts = [row(1, 26, breakdown="sex=Female"), row(1, 5, breakdown="sex=Male"), row(1, 31, release="public")]
    out = withhold(observations.frame(parts), {"entries": Policy(shows=Shows.BAND)}, PUBLIC)
    assert not out["note"].str.contains("between").any()


def test_findings_on_hidden_figures_are_held_back() -> None:
    findings = pd.DataFrame(
        {
            "rule": ["order_of_magnitude", "late", "statement"],
            "measure": ["entries", "other", ""],
            "number": [1, 2, np.nan],
            "what": ["987 is odd", "Nothing since May", "The report says 987"],
            "figures": ["987", "", "987"],
            "row": [4, 5, 6],
        }
    )
    out = cleared(figures(row(1, SECRET)), CLOSED, findings=findings, corrections=findings).findings
    assert str(SECRET) not in said(out)
    assert out["what"].tolist()[1] == "Nothing since May"


def test_findings_on_figures_withheld_before_are_held_back_as_well() -> None:
    early = withhold(observations.frame([row(1, SECRET), row(2, 12, release="public")]), {"entries": CLOSED}, PUBLIC)
    findings = pd.DataFrame(
        {"measure": ["entries"], "what": ["Published as 9870, shown as 987"], "release": "restricted"}
    )
    assert str(SECRET) not in said(cleared(early, CLOSED, findings=findings).findings)


def test_a_finding_that_is_vouched_for_is_kept() -> None:
    findings = pd.DataFrame({"measure": ["entries"], "what": ["The report says 12"], "release": ["public"]})
    assert cleared(figures(row(1, SECRET)), CLOSED, findings=findings).findings["what"][0] == "The report says 12"


def test_every_hidden_figure_is_explained_in_words() -> None:
    out = cleared(figures(row(1, 3), row(2, 30)))
    assert out.suppressions["period_label"].tolist() == ["month 1"]
    assert "small" in out.suppressions["why"][0] and "longer period" in out.suppressions["what_would_show_it"][0]


def test_visible_is_what_policy_would_let_out_before_small_numbers_are_hidden() -> None:
    raw = observations.frame([row(1, 3), row(1, 9, measure="share"), row(2, 9, measure="share", release="public")])
    assert visible(raw, {"entries": OPEN, "share": CLOSED}, PUBLIC).tolist() == [True, False, True]
    assert visible(raw, {}, PARTNERSHIP).all()


@pytest.mark.parametrize("counts", [(100, 92, 108), (100, 95, 105), (100, 100, 100), (100, 60, 140), (100, 140, 60)])
def test_directions_of_two_months_do_not_give_away_how_their_known_sum_is_split(counts: tuple[int, int, int]) -> None:
    def window(first: int, last: int, count: int, **fields: object) -> dict[str, object]:
        return row(first, count, period_end=f"2024-{last:02d}", period_basis="range", **fields)

    sums = [window(1, 1, counts[0], release="public"), window(2, 3, sum(counts[1:]), release="public")]
    raw = observations.frame([window(2, 2, counts[1]), window(3, 3, counts[2]), *sums])
    policy = {"entries": Policy(shows=Shows.DIRECTION)}
    words = [note.partition("It is ")[2][:3] for note in withhold(raw, policy, PUBLIC)["note"]]
    says = {"": lambda _: True, "hig": lambda by: by >= 1.1, "low": lambda by: by <= 0.9}
    says["abo"] = lambda by: 0.9 < by < 1.1
    fits = [
        split
        for split in range(1, sum(counts[1:]))
        if says[words[0]](split / counts[0]) and says[words[1]]((sum(counts[1:]) - split) / split)
    ]
    assert max(fits) - min(fits) >= 0.1 * max(counts[1:])
    assert leaks(raw, policy).empty


def test_a_band_that_is_not_said_refuses_no_release() -> None:
    parts = [row(1, 26, breakdown="sex=Female"), row(1, 5, breakdown="sex=Male"), row(1, 31, release="public")]
    assert leaks(observations.frame(parts), {"entries": Policy(shows=Shows.BAND)}).empty
