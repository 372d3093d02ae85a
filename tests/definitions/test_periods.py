"""Labels of periods are read as published, or refused; periods are plain arithmetic of months."""

import csv
import json
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.definitions.periods import (
    Basis,
    Period,
    financial_quarters,
    iso_month,
    month_index,
    month_number,
    parse,
    parse_quarter,
    quarter_of,
    sequence,
    slug,
    split_status,
)
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError
from material import vectors_folder

VECTORS = vectors_folder()
with (VECTORS / "period_parse.csv").open(encoding="utf-8", newline="") as handle:
    PARSE = {row["id"]: row for row in csv.DictReader(handle)}
ALGEBRA = {case["id"]: case for case in json.loads((VECTORS / "period_algebra.json").read_text(encoding="utf-8"))}


def read(label: str, basis: str = "") -> Period:
    period = parse(label, Basis(basis) if basis else None)
    assert period is not None
    return period


def months_of(period: Period) -> tuple[str, str]:
    return period.start_month, period.end_month


# Published vectors


@pytest.mark.parametrize("case", PARSE.values(), ids=PARSE.keys())
def test_a_published_label_is_read_as_the_vector_says(case):
    basis = Basis(case["basis_hint"]) if case["basis_hint"] else None
    if case["start"] == "ERROR":
        with pytest.raises(UnreadableInput):
            parse(case["label"], basis)
        return
    period = parse(case["label"], basis)
    found = (period.start_month, period.end_month, str(period.months), str(period.basis)) if period else ()
    wanted = (case["start"], case["end"], case["months"], case["period_type"]) if case["start"] else ()
    assert found == wanted


def _quarter(year: int, quarter: int) -> Period:
    return read(f"{year} Q{quarter}")


def _rolling_end(given: dict) -> dict:
    start = _quarter(given["year"], given["quarter"]).start
    basis = Basis.ROLLING12 if given["years"] == 1 else Basis.RANGE
    end = Period(start, 12 * given["years"], basis).end
    last = Period(end - 2, 3, Basis.QUARTER_CAL).label
    return {"year": int(last[:4]), "quarter": int(last[-1])}


def _answer(given: dict) -> object:
    match given["op"]:
        case "previous" | "next" | "year_before":
            return getattr(read(given["period"]), given["op"])().label
        case "contains" | "overlap_months" | "comparable":
            return getattr(read(given["period"]), given["op"])(read(given["other"]))
        case "lag_months":
            return {"months": read(given["period"]).lag_months(given["published"]), "error": None}
        case "rolling_quarterly_end":
            return _rolling_end(given)
        case "iterate_months":
            first, last = (iso_month(year * 12 + month - 1) for year, month in (given["start"], given["end"]))
            return len(sequence(read(first), read(last)))
        case "iterate_quarters":
            return len(sequence(_quarter(*given["start"]), _quarter(*given["end"])))
        case "iterate_years":
            return len(sequence(read(str(given["start"])), read(str(given["end"]))))
        case "parse_label":
            start, end = months_of(read(given["label"]))
            return {"start": start, "end": end}
    raise AssertionError(f"the vectors have an operation this test does not know: {given['op']}")


@pytest.mark.parametrize("case", ALGEBRA.values(), ids=ALGEBRA.keys())
def test_period_algebra_agrees_with_the_vector(case):
    assert _answer(case["input"]) == case["expected"]


# Labels of the documents and of publishers' files


@pytest.mark.parametrize(
    ("label", "basis", "first", "last", "kind"),
    [
        ("Dec 24", "", "2024-12", "2024-12", "month"),
        ("Sept 24", "", "2024-09", "2024-09", "month"),
        ("SEPTEMBER 2024", "", "2024-09", "2024-09", "month"),
        ("Jun24", "", "2024-06", "2024-06", "month"),
        ("Dec-24", "", "2024-12", "2024-12", "month"),
        ("Dec ’24", "", "2024-12", "2024-12", "month"),
        ("2022-02", "", "2022-02", "2022-02", "month"),
        ("2011-12", "month", "2011-12", "2011-12", "month"),
        ("Dec 99", "", "1999-12", "1999-12", "month"),
        ("Oct 23 - Sept 24", "", "2023-10", "2024-09", "rolling12"),
        ("Oct 23 – Sept 24", "", "2023-10", "2024-09", "rolling12"),
        ("  oct 23\u00a0–  SEP 24 ", "", "2023-10", "2024-09", "rolling12"),
        ("Jun24 - May25", "", "2024-06", "2025-05", "rolling12"),
        ("Apr 21-Mar22", "", "2021-04", "2022-03", "fin_year"),
        ("Apr 23 - Mar 24", "rolling12", "2023-04", "2024-03", "rolling12"),
        ("2023/24", "rolling12", "2023-04", "2024-03", "rolling12"),
        ("Oct-Sept 24", "", "2023-10", "2024-09", "rolling12"),
        ("Oct-Dec 2022", "", "2022-10", "2022-12", "quarter_fin"),
        ("Oct-Dec 2022", "quarter_cal", "2022-10", "2022-12", "quarter_cal"),
        ("Oct 21-Jun 22", "", "2021-10", "2022-06", "part_year"),
        ("March 2022 to February 2023", "", "2022-03", "2023-02", "rolling12"),
        ("April 2022 to March 2025", "", "2022-04", "2025-03", "pooled_fin"),
        ("January 2021 to March 2023", "", "2021-01", "2023-03", "range"),
        ("year ending March 2022", "", "2021-04", "2022-03", "fin_year"),
        ("year ending Jun 2025", "", "2024-07", "2025-06", "rolling12"),
        ("YE Jun 2025", "", "2024-07", "2025-06", "rolling12"),
        ("year ending August 2024", "acad_year", "2023-09", "2024-08", "acad_year"),
        ("2023/2024", "", "2023-04", "2024-03", "fin_year"),
        ("1999/00", "", "1999-04", "2000-03", "fin_year"),
        ("2010 to 2011", "fin_year", "2010-04", "2011-03", "fin_year"),
        ("2022 to 23", "fin_year", "2022-04", "2023-03", "fin_year"),
        ("2021-22", "pooled_cal", "2021-01", "2022-12", "pooled_cal"),
        ("2021-22", "acad_year", "2021-09", "2022-08", "acad_year"),
        ("201617", "acad_year", "2016-09", "2017-08", "acad_year"),
        ("201617", "fin_year", "2016-04", "2017-03", "fin_year"),
        ("2021-23", "", "2021-01", "2023-12", "pooled_cal"),
        ("2021–23", "", "2021-01", "2023-12", "pooled_cal"),
        ("2006 - 08", "", "2006-01", "2008-12", "pooled_cal"),
        ("2010-12", "pooled_cal", "2010-01", "2012-12", "pooled_cal"),
        ("1997-2000", "", "1997-01", "2000-12", "pooled_cal"),
        ("2013/14-15/16", "", "2013-04", "2016-03", "pooled_fin"),
        ("2013-14 to 2015-16", "", "2013-04", "2016-03", "pooled_fin"),
        ("Q4 2021/22", "", "2022-01", "2022-03", "quarter_fin"),
        ("2024-25-q3", "", "2024-10", "2024-12", "quarter_fin"),
        ("2023/24Q1", "", "2023-04", "2023-06", "quarter_fin"),
        ("Quarter 2 2023/24", "", "2023-07", "2023-09", "quarter_fin"),
        ("Q1 2006", "", "2006-01", "2006-03", "quarter_cal"),
        ("2025Q2", "quarter_cal", "2025-04", "2025-06", "quarter_cal"),
    ],
)
def test_a_label_is_read(label, basis, first, last, kind):
    period = read(label, basis)
    assert (*months_of(period), str(period.basis)) == (first, last, kind)


@pytest.mark.parametrize(
    ("label", "basis", "first", "last", "kind"),
    [
        ("23/24", "", "2023-04", "2024-03", "fin_year"),
        ("99/00", "", "1999-04", "2000-03", "fin_year"),
        ("11/12", "fin_year", "2011-04", "2012-03", "fin_year"),
        ("22-23", "fin_year", "2022-04", "2023-03", "fin_year"),
        ("22-23", "acad_year", "2022-09", "2023-08", "acad_year"),
        ("FY 2023/24", "", "2023-04", "2024-03", "fin_year"),
        ("FY23-24", "", "2023-04", "2024-03", "fin_year"),
        ("2023/24 (financial year)", "", "2023-04", "2024-03", "fin_year"),
        ("Financial year 22/23", "rolling12", "2022-04", "2023-03", "rolling12"),
        ("academic year 22/23", "", "2022-09", "2023-08", "acad_year"),
        ("Q3 24/25", "", "2024-10", "2024-12", "quarter_fin"),
        ("24/25 Q3", "quarter_fin", "2024-10", "2024-12", "quarter_fin"),
        ("Qtr 1, 22/23", "", "2022-04", "2022-06", "quarter_fin"),
        ("Quarter 4 of FY 2021/22", "", "2022-01", "2022-03", "quarter_fin"),
        ("12 months to March 2024", "", "2023-04", "2024-03", "fin_year"),
        ("12 months ending Sept 23", "", "2022-10", "2023-09", "rolling12"),
        ("Rolling 12 months to June 2024", "", "2023-07", "2024-06", "rolling12"),
        ("twelve months to Dec 22", "", "2022-01", "2022-12", "cal_year"),
        ("year ending 31 March 2024", "", "2023-04", "2024-03", "fin_year"),
        ("Year ended 30th June 2022", "", "2021-07", "2022-06", "rolling12"),
        ("year to 29 February 2024", "", "2023-03", "2024-02", "rolling12"),
        ("year to 31/03/24", "", "2023-04", "2024-03", "fin_year"),
        ("quarter ending 31 December 2024", "", "2024-10", "2024-12", "quarter_fin"),
        ("3 months to June 2023", "quarter_cal", "2023-04", "2023-06", "quarter_cal"),
        ("6m to Sep-23", "", "2023-04", "2023-09", "part_year"),
        ("H1 2024/25", "", "2024-04", "2024-09", "part_year"),
        ("22/23 H2", "", "2022-10", "2023-03", "part_year"),
        ("1 April 2022 to 31 March 2023", "", "2022-04", "2023-03", "fin_year"),
        ("01/10/2023 - 30/09/2024", "", "2023-10", "2024-09", "rolling12"),
        ("2023-07-01 to 2023-09-30", "", "2023-07", "2023-09", "quarter_fin"),
        ("2021/22 Q1 - 2021/22 Q2", "", "2021-04", "2021-09", "part_year"),
        ("2021/22 Q1 - 2021/22 Q4", "", "2021-04", "2022-03", "fin_year"),
        ("2022/23 Q2 to 2023/24 Q1", "", "2022-07", "2023-06", "rolling12"),
    ],
)
def test_a_label_that_people_write_every_day_is_read(label, basis, first, last, kind):
    period = read(label, basis)
    assert (*months_of(period), str(period.basis)) == (first, last, kind)


@pytest.mark.parametrize(
    "label",
    ["year ending 30 March 2024", "year to 31/02/2024", "1/13/2023 to 31/03/2024", "2 April 2022 to 31 March 2023",
     "31 March 2024", "11/12", "24/26", "Q3 24/26", "2022/23 Q2 to 2023/25 Q1", "H3 2024/25"],
)  # fmt: skip
def test_parts_of_months_and_years_that_do_not_follow_are_no_period(label):
    with pytest.raises(UnreadableInput, match="not a period"):
        parse(label)


@pytest.mark.parametrize("written", ["Q{q} {y}", "{y} Q{q}", "{y}Q{q}", "Quarter {q}, {y}", "q{q} {y:.2}"])
@given(year=st.integers(2001, 2060), quarter=st.integers(1, 4))
def test_a_quarter_of_one_year_is_refused_where_financial_quarters_are_meant(written, year, quarter):
    label = written.replace("{y:.2}", f"{year % 100:02}").format(q=quarter, y=year)
    meant = [Period(year * 12 + months + 3 * quarter - 3, 3, Basis.QUARTER_FIN).label for months in (0, 3)]
    with pytest.raises(UnreadableInput, match=f"write {meant[0]} or {meant[1]}"):
        parse(label, Basis.QUARTER_FIN)


@pytest.mark.parametrize("label", ["FY 2024", "FY24", "H1 2024", "2022 H2"])
def test_a_year_that_may_begin_in_either_of_two_is_refused(label):
    with pytest.raises(UnreadableInput, match=r"can be read as .* or "):
        parse(label)


@pytest.mark.parametrize("label", ["", "  ", "No Value", "NO VALUE", "TBC", "tbc "])
def test_a_label_that_says_there_is_no_period_gives_none(label):
    assert parse(label) is None


@pytest.mark.parametrize("label", ["2021-22", "2010 to 2011", "2006 - 07", "2011-12", "2010-12", "201617", "2024Q4"])
def test_a_label_with_two_readings_is_refused_until_a_basis_is_stated(label):
    with pytest.raises(UnreadableInput, match=r"can be read as .* or (.|\n)*state the basis") as refusal:
        parse(label)
    assert f'"{label}"' in str(refusal.value)


@pytest.mark.parametrize(
    ("label", "basis"),
    [
        ("Dec 24", "quarter_fin"),
        ("2023/24", "cal_year"),
        ("2017", "fin_year"),
        ("2017", "pooled_cal"),
        ("2021-23", "fin_year"),
        ("2010-12", "range"),
        ("2023/24 Q4", "quarter_cal"),
        ("Oct 23 - Sept 24", "acad_year"),
        ("Oct 21-Jun 22", "fin_year"),
    ],
)
def test_a_label_that_disagrees_with_the_stated_basis_is_refused(label, basis):
    with pytest.raises(UnreadableInput, match=basis):
        parse(label, Basis(basis))


@pytest.mark.parametrize(
    "label", ["Autumn 2023", "Expected end 2023", "Summer 2023 (Apr 19-Mar 20)", "expected March 2024"]
)
def test_a_release_window_is_refused_as_one(label):
    with pytest.raises(UnreadableInput, match="release window"):
        parse(label)


@pytest.mark.parametrize(
    "label",
    [
        "2023/25", "2023/23", "2023/25 Q1", "2013/15-15/16", "2013/14-15/17", "2013/14-12/13", "2023-21",
        "2022-98", "Dec 23 - Jan 23", "2023/24 Q5", "2022-13", "2022-00", "Foo 24", "Marble 24", "Dec 2",
        "Dec", "Dec 20245", "24 Dec 2024", "2024-12-31", "12/13", "1824", "3301", "2023/24 (prov)", "n/a",
        "-", "Q1", "year ending 2022", "2023.0", "Dec 24 Dec 24", "20161718", "nan",
    ],
)  # fmt: skip
def test_what_is_not_a_period_is_refused_by_name(label):
    with pytest.raises(UnreadableInput) as refusal:
        parse(label)
    assert label in str(refusal.value)


@given(st.text(max_size=30) | st.from_regex(r"\A[A-Za-z0-9 /–-]{1,24}\Z"))
@settings(max_examples=300)
def test_any_text_gives_a_period_none_or_a_refusal(text):
    try:
        period = parse(text)
    except UnreadableInput:
        return
    assert period is None or isinstance(period, Period)


# Canonical labels

SHAPES = {
    Basis.MONTH: (st.just(1), range(12)),
    Basis.QUARTER_FIN: (st.just(3), range(0, 12, 3)),
    Basis.QUARTER_CAL: (st.just(3), range(0, 12, 3)),
    Basis.FIN_YEAR: (st.just(12), [3]),
    Basis.CAL_YEAR: (st.just(12), [0]),
    Basis.ACAD_YEAR: (st.just(12), [8]),
    Basis.ROLLING12: (st.just(12), range(12)),
    Basis.POOLED_CAL: (st.sampled_from(range(24, 132, 12)), [0]),
    Basis.POOLED_FIN: (st.sampled_from(range(24, 132, 12)), [3]),
    Basis.PART_YEAR: (st.integers(2, 11), range(12)),
    Basis.RANGE: (st.integers(2, 400), range(12)),
}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    basis = draw(st.sampled_from(Basis))
    lengths, first_months = SHAPES[basis]
    start = draw(st.integers(1950, 2060)) * 12 + draw(st.sampled_from(first_months))
    return Period(start, draw(lengths), basis)


@given(periods())
def test_the_label_of_a_period_reads_back_as_the_period(period):
    assert parse(period.label, period.basis) == period


@given(periods())
def test_the_label_in_other_typography_reads_back_as_the_period(period):
    assert parse(f" {period.label.upper().replace('-', '–')} ", period.basis) == period


@given(periods())
def test_a_label_without_its_basis_is_never_read_as_other_months_of_the_same_basis(period):
    try:
        plain = parse(period.label)
    except UnreadableInput:
        return
    assert plain is not None
    assert plain == period or plain.basis != period.basis


@pytest.mark.parametrize(
    ("label", "basis", "canonical"),
    [
        ("september 2024", "", "Sept 24"),
        ("Oct 2023 to Sep 2024", "", "Oct 23 - Sept 24"),
        ("Apr 19-Mar 20", "", "2019/20"),
        ("Jan-Dec 21", "", "2021"),
        ("Q4 2021/22", "", "2021/22 Q4"),
        ("Oct-Dec 2024", "", "2024/25 Q3"),
        ("2013/14-15/16", "", "2013/14 - 15/16"),
        ("1998 to 2001", "", "1998-2001"),
        ("Dec 1985", "", "Dec 1985"),
        ("201617", "acad_year", "2016/17"),
    ],
)
def test_one_period_has_one_label(label, basis, canonical):
    period = read(label, basis)
    assert (period.label, str(period)) == (canonical, canonical)


def test_a_year_spelled_out_in_months_equals_the_year():
    assert read("Apr 19-Mar 20") == read("2019/20")
    assert len({read("Apr 19-Mar 20"), read("2019/20"), read("year ending March 2020")}) == 1


# Algebra


@given(periods())
def test_previous_and_next_are_adjacent_and_undo_each_other(period):
    assert period.previous().next() == period
    assert period.previous().end + 1 == period.start
    assert period.previous().overlap_months(period) == 0


@given(periods(), periods())
def test_overlap_is_the_number_of_shared_months(one, other):
    shared = set(range(one.start, one.end + 1)) & set(range(other.start, other.end + 1))
    assert one.overlap_months(other) == other.overlap_months(one) == len(shared)
    assert one.contains(other) == (len(shared) == other.months)


@given(periods())
def test_a_period_is_comparable_with_the_same_months_of_another_year(period):
    assert period.comparable(period.year_before())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oct 21-Jun 22", "Apr 19-Mar 20"),
        ("Oct 21-Jun 22", "Jul 21-Mar 22"),
        ("2023/24 Q4", "2023/24 Q3"),
        ("2022", "2022/23"),
    ],
)
def test_different_lengths_or_seasons_are_not_comparable(one, other):
    assert not read(one).comparable(read(other))


@pytest.mark.parametrize(
    ("label", "cadence", "published_before"),
    [
        ("Oct 23 - Sept 24", None, "Jul 23 - Jun 24"),
        ("Oct 23 - Sept 24", 1, "Sept 23 - Aug 24"),
        ("2021-23", None, "2020-22"),
        ("2013/14-15/16", None, "2012/13-14/15"),
        ("Oct 21-Jun 22", None, "Oct 20-Jun 21"),
        ("2023/24 Q1", None, "2022/23 Q4"),
        ("Dec 24", None, "Nov 24"),
        ("2023/24", None, "2022/23"),
    ],
)
def test_the_period_published_before_may_overlap(label, cadence, published_before):
    assert read(label).previous_published(cadence) == read(published_before)


@pytest.mark.parametrize("when", ["2024-12", "2024-12-31", date(2024, 12, 1)])
def test_age_is_counted_from_the_last_month(when):
    assert read("Oct 23 - Sept 24").age_months(when) == 3


def test_publication_before_the_period_ends_is_refused():
    with pytest.raises(UnreadableInput, match="2023/24 lasts until 2024-03"):
        read("2023/24").lag_months("2024-02")


def test_publication_in_the_last_month_is_no_lag():
    assert read("2023/24").lag_months("2024-03") == 0


@pytest.mark.parametrize(("as_of", "stale"), [("2025-09", False), ("2025-10", True)])
def test_a_figure_is_stale_once_the_next_is_overdue(as_of, stale):
    assert read("2023/24").stale(as_of, cadence=12, usual_lag=6) is stale


@pytest.mark.parametrize(
    ("start", "months", "basis"),
    [
        (24288, 12, "fin_year"),
        (24288, 5, "month"),
        (24289, 3, "quarter_fin"),
        (24288, 0, "range"),
        (24288, 13, "part_year"),
    ],
)
def test_a_span_that_its_basis_does_not_allow_is_refused(start, months, basis):
    with pytest.raises(UnreadableInput, match=basis):
        Period(start, months, Basis(basis))


def test_a_period_is_rebuilt_from_the_months_of_a_frame():
    assert Period.between("2023-10", "2024-09", Basis.ROLLING12) == read("Oct 23 - Sept 24")


@given(st.integers(1900 * 12, 2100 * 12))
def test_months_and_iso_text_are_inverse(index):
    assert month_index(iso_month(index)) == index


@pytest.mark.parametrize("text", ["2024", "2024-13", "2024-00", "Dec 24", "", "2024-1", "2024-10-31T"])
def test_a_month_that_is_not_iso_text_is_refused(text):
    with pytest.raises(UnreadableInput, match="is not a month"):
        month_index(text)


# Columns


def test_iso_months_become_numbers_and_empty_text_is_missing():
    column = pd.Series(["2024-10", "", "1999-01"], index=[2, 0, 1], name="period_start", dtype="str")
    numbers = month_number(column)
    wanted = pd.Series([24297, None, 23988], index=[2, 0, 1], name="period_start", dtype="Int64")
    pd.testing.assert_series_equal(numbers, wanted)


def test_a_column_with_text_that_is_no_month_is_refused():
    with pytest.raises(UnreadableInput, match="Dec 24"):
        month_number(pd.Series(["2024-12", "Dec 24"]))


# Folder names, status words, snapshot quarters


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2024/25 Q3", "2024-25-q3"),
        ("Oct 23 - Sept 24", "oct-23-sept-24"),
        ("../../etc", "etc"),
        ("Île <b>", "ile-b"),
        ("a\\b\tc", "ab-c"),
    ],
)
def test_a_slug_is_a_safe_folder_name(text, name):
    assert slug(text) == name


@given(st.text(max_size=40))
def test_a_slug_holds_nothing_but_letters_figures_and_hyphens(text):
    try:
        name = slug(text)
    except UsageError:
        return
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug(name) == name


@given(st.integers(1950, 2060), st.sampled_from(range(1, 5)))
def test_the_folder_name_of_a_financial_quarter_reads_back(year, quarter):
    period = Period(year * 12 + quarter * 3, 3, Basis.QUARTER_FIN)
    assert parse_quarter(period.slug) == period


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("2018 (Rev)", ("2018", Status.REVISED)),
        ("2025 (prov)", ("2025", Status.PROVISIONAL)),
        ("2020 (Final)", ("2020", Status.PUBLISHED)),
        ("2016-17 (OT)", ("2016-17", Status.PUBLISHED)),
        ("2023/24 [p]", ("2023/24", Status.PROVISIONAL)),
        (" 2023/24 ", ("2023/24", Status.PUBLISHED)),
    ],
)
def test_a_status_suffix_is_split_from_its_label(label, parts):
    assert split_status(label) == parts


def test_an_unknown_status_suffix_is_refused():
    with pytest.raises(UnreadableInput, match="whatever"):
        split_status("2018 (whatever)")


@pytest.mark.parametrize(
    ("label", "advice"),
    [
        ("2023/24", "2023/24 Q4"),
        ("Nov 24", "2024/25 Q3"),
        ("2024 Q4", "2024/25 Q3"),
        ("2024Q4", "financial quarter"),
        ("Autumn 2023", "financial quarter"),
        ("No Value", "financial quarter"),
        ("../x", "financial quarter"),
    ],
)
def test_a_snapshot_period_must_be_a_financial_quarter(label, advice):
    with pytest.raises(UsageError, match=advice) as refusal:
        parse_quarter(label)
    assert label in str(refusal.value)


def test_the_quarter_of_a_month_contains_it():
    assert quarter_of("2025-03-31").label == "2024/25 Q4"
    assert quarter_of(date(2025, 4, 1)).label == "2025/26 Q1"


def test_quarters_run_from_the_first_to_the_last():
    labels = [quarter.label for quarter in financial_quarters("2023/24 Q3", read("2024/25 Q2"))]
    assert labels == ["2023/24 Q3", "2023/24 Q4", "2024/25 Q1", "2024/25 Q2"]


def test_a_single_quarter_is_a_sequence_of_one():
    assert financial_quarters("2023/24 Q3", "2023/24 Q3") == [read("2023/24 Q3")]


@pytest.mark.parametrize(
    ("first", "last"), [("2024/25 Q3", "2024/25 Q2"), ("2024/25", "2024/25 Q2"), ("x", "2024/25 Q2")]
)
def test_quarters_that_run_backwards_or_are_no_quarters_are_refused(first, last):
    with pytest.raises(UsageError):
        financial_quarters(first, last)


def test_a_sequence_needs_periods_of_one_kind():
    with pytest.raises(OutcomesError, match="same kind"):
        sequence(read("2023"), read("2023/24"))
