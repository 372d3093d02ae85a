"""The observation form: what partners return, and history re-typed."""

import csv
import functools
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes import sources
from drug_outcomes.definitions import due, framework
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError
from drug_outcomes.sources import form, form_template
from material import PROJECT

HEADER = "measure,area,period,value"
ROW = "employment_support_job_starts,E06000045,2024/25 Q2,12"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@pytest.fixture(scope="module")
def definitions():
    return _definitions()


def written(folder: Path, *lines: str, name: str = "return.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@functools.cache
def _definitions():
    return framework.load(PROJECT / framework.FRAMEWORK)


def read(folder: Path, *lines: str, **options) -> pd.DataFrame:
    return form.read(written(folder, *lines), definitions=_definitions(), **options)


def one(folder: Path, header: str, row: str) -> pd.Series:
    return read(folder, header, row).iloc[0]


def refused(folder: Path, *lines: str, **options) -> str:
    with pytest.raises(UnreadableInput) as refusal:
        read(folder, *lines, **options)
    return str(refusal.value)


# What a form says


def test_four_columns_are_enough(tmp_path):
    found = one(tmp_path, HEADER, ROW)
    assert (found["measure"], found["area"], found["value"]) == ("employment_support_job_starts", "E06000045", 12)
    assert (found["period_start"], found["period_end"], found["status"]) == ("2024-07", "2024-09", "published")


def test_a_count_is_its_own_numerator(tmp_path):
    assert one(tmp_path, HEADER, ROW)["numerator"] == 12


def test_a_measure_may_be_told_by_its_number(tmp_path):
    assert one(tmp_path, HEADER, "29,E06000045,2024/25 Q2,12")["measure"] == "employment_support_job_starts"


@pytest.mark.parametrize("area", ["E06000045", "e06000045", "Southampton", "southampton", " SOUTHAMPTON "])
def test_an_area_may_be_told_by_code_or_name(tmp_path, area):
    assert one(tmp_path, HEADER, f"29,{area},2024/25 Q2,12")["area"] == "E06000045"


def test_columns_may_stand_in_any_order_and_case(tmp_path):
    found = one(tmp_path, "VALUE,Period,Measure No,Area code", "12,2024/25 Q2,29,E06000045")
    assert (found["value"], found["period_label"]) == (12, "2024/25 Q2")


def test_a_column_of_the_senders_own_is_left_alone(tmp_path):
    assert one(tmp_path, HEADER + ",our team", ROW + ",north")["value"] == 12


def test_every_row_knows_its_place_in_the_file(tmp_path):
    assert list(read(tmp_path, HEADER, ROW, ROW.replace("Q2", "Q1"))["row"]) == [2, 3]


@pytest.mark.parametrize(
    ("measure", "label", "start", "end"),
    [
        ("drug_misuse_deaths", "2021-23", "2021-01", "2023-12"),
        ("under_18s_completions", "2023-24", "2023-04", "2024-03"),
        ("school_suspensions", "2023/24", "2023-09", "2024-08"),
        ("drug_offences", "year ending Jun 2025", "2024-07", "2025-06"),
        ("active_drug_networks", "Sept 24", "2024-09", "2024-09"),
        ("mental_health_unmet_need", "Oct 23 - Sept 24", "2023-10", "2024-09"),
        ("mental_health_unmet_need", "year ending September 2024", "2023-10", "2024-09"),
    ],
)
def test_an_ambiguous_period_has_the_basis_of_its_measure(tmp_path, measure, label, start, end):
    found = one(tmp_path, HEADER, f"{measure},E06000045,{label},5")
    assert (found["period_start"], found["period_end"]) == (start, end)


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("Q3 24/25", "2024-10", "2024-12"),
        ("24/25 Q3", "2024-10", "2024-12"),
        ("2024/25 Q3", "2024-10", "2024-12"),
        ("Oct-Dec 2024", "2024-10", "2024-12"),
        ("quarter ending 31 December 2024", "2024-10", "2024-12"),
    ],
)
def test_an_everyday_label_of_a_quarter_is_read(tmp_path, label, start, end):
    found = one(tmp_path, HEADER, f'29,E06000045,"{label}",12')
    assert (found["period_start"], found["period_end"]) == (start, end)


@pytest.mark.parametrize(
    ("measure", "label", "said"),
    [
        ("29", "2023 Q4", "October to December 2023 .* or January to March 2024"),
        ("29", "Q1 2025", "January to March 2025 .* or April to June 2025"),
        ("29", "2023Q2", "write 2023/24 Q1 or 2023/24 Q2"),
        ("under_18s_completions", "2024", "write it as in 2024/25"),
        ("school_suspensions", "2024", "write it as in 2023/24"),
        ("mental_health_unmet_need", "2024", "write it as in Oct 23 - Sept 24"),
    ],
)
def test_a_label_that_may_mean_two_periods_is_refused_with_what_to_write(tmp_path, measure, label, said):
    assert re.search(said, refused(tmp_path, HEADER, f"{measure},E06000045,{label},41"))


@pytest.mark.parametrize(
    ("cell", "status", "bounds"),
    [("<5", "suppressed", (1, 4)), ("x", "suppressed", None), ("", "not_supplied", None), ("z", "not_applicable", None),
     ("No Value", "not_supplied", None), ("[c]", "suppressed", None), ("12 [p]", "provisional", None)],
)  # fmt: skip
def test_a_marker_is_a_status_and_never_zero(tmp_path, cell, status, bounds):
    found = one(tmp_path, HEADER, f"29,E06000045,2024/25 Q2,{cell}")
    assert found["status"] == status
    assert pd.isna(found["value"]) or found["value"] == 12
    assert bounds is None or (found["bound_low"], found["bound_high"]) == bounds


def test_zero_is_a_figure(tmp_path):
    found = one(tmp_path, HEADER, "29,E06000045,2024/25 Q2,0")
    assert (found["value"], found["status"]) == (0, "published")


def test_the_text_as_published_is_kept_beside_the_value(tmp_path):
    found = one(tmp_path, HEADER + ",text", "1,E06000045,Dec 24,51,51.0")
    assert (found["value"], found["text"]) == (51, "51.0")


@pytest.mark.parametrize(("text", "agrees"), [("6.2", True), ("6", True), ("6.196007", True), ("6.1", False)])
def test_the_text_may_be_rounded_and_is_no_other_number(tmp_path, text, agrees):
    row = f"drug_offences,E06000045,2023/24,6.196007,{text}"
    if agrees:
        assert one(tmp_path, HEADER + ",text", row)["text"] == text
    else:
        assert "different numbers" in refused(tmp_path, HEADER + ",text", row)


def test_words_beside_a_status_that_explains_them_are_kept(tmp_path):
    found = one(tmp_path, HEADER + ",text,status", "21,E06000045,No Value,,New flows being set up,awaited")
    assert (found["status"], found["text"], found["period_start"]) == ("awaited", "New flows being set up", "")


@pytest.mark.parametrize("value", ["539", "-1", "100.5"])
def test_a_returned_percentage_out_of_range_is_refused_with_its_row(tmp_path, value):
    assert "row 2" in refused(tmp_path, HEADER, f"33,E06000045,2023/24,{value}")


@pytest.mark.parametrize("more", ["-5,,", "4,-4,", "4,,-1"])
def test_a_number_below_nought_is_refused_with_its_row(tmp_path, more):
    assert "row 2" in refused(tmp_path, HEADER + ",numerator,denominator", f"29,E06000045,2024/25 Q2,{more}")


@pytest.mark.parametrize("row", ["33,E06000045,2023/24,539,public", "29,E06000045,2024/25 Q2,-5,public"])
def test_what_a_publication_printed_is_told_as_printed(tmp_path, row):
    assert one(tmp_path, HEADER + ",release", row)["value"] in (539, -5)


def test_what_was_taken_in_before_is_left_to_the_rules_of_quality(tmp_path):
    found = read(tmp_path, HEADER, "33,E06000045,2023/24,539", held=True)
    assert found["value"].iloc[0] == 539


@pytest.mark.parametrize("value", ["0", "100"])
def test_the_ends_of_a_percentage_are_percentages(tmp_path, value):
    assert one(tmp_path, HEADER, f"33,E06000045,2023/24,{value}")["value"] == float(value)


def test_a_percentage_told_by_its_two_counts_is_worked_out(tmp_path):
    found = one(tmp_path, HEADER + ",numerator,denominator", "27,E06000045,Oct 23 - Sept 24,,80,100")
    assert (found["value"], found["status"]) == (80, "published")


def test_a_breakdown_is_brought_to_one_form(tmp_path):
    found = one(tmp_path, HEADER + ",breakdown", ROW + ",Sex=Female; age=18-29;ethnicity=All")
    assert found["breakdown"] == "age=18-29;sex=Female"


@pytest.mark.parametrize("date", ["2025-03-31", "31/03/2025"])
def test_dates_are_read_as_written_in_britain(tmp_path, date):
    assert one(tmp_path, HEADER + ",released", ROW + "," + date)["received"] == "2025-03-31"


def test_provenance_goes_where_it_belongs(tmp_path):
    found = one(
        tmp_path,
        HEADER + ",publisher,release,licence,reference,release_basis,segment,source",
        ROW + ",The council,restricted_until 2025-06-01,OGL,e-mail of 3 May,agreed,new,icu",
    )
    assert (found["vintage"], found["release"], found["segment"], found["source"]) == (
        "e-mail of 3 May", "restricted_until 2025-06-01", "new", "icu",
    )  # fmt: skip


def test_the_long_layout_of_restricted_reports_is_read_too(tmp_path):
    found = one(
        tmp_path,
        "measure_no,area_code,period,value,lower_ci,upper_ci,numerator,denominator,flag,source,retrieved",
        "27,E06000045,Oct 23 - Sept 24,81.6,78.0,84.0,816,1000,provisional,ndtms_local_outcomes,2025-01-15",
    )
    assert (found["lower"], found["status"], found["received"]) == (78, "provisional", "2025-01-15")


def test_the_registry_reads_a_local_return_by_its_source(tmp_path):
    found = sources.read("icu", written(tmp_path, HEADER, ROW))
    assert set(found["source"]) == {"icu"}


@pytest.mark.parametrize("source", sorted(sources.READERS))
def test_a_return_is_read_whatever_source_it_is_handed_in_under(tmp_path, source):
    found = sources.read(source, written(tmp_path, HEADER, ROW))
    assert (set(found["source"]), list(found["value"])) == ({source}, [12])


@pytest.mark.parametrize(
    ("value", "counts", "said"),
    [("0.62", "31,50", "0.62 or 62"), ("0.071", "71,1000", "0.071 or 7.1"), ("0.5", "1,200", "")],
)
def test_a_percentage_told_as_a_fraction_is_asked_about(tmp_path, value, counts, said):
    row = f"under_18s_completions,E06000045,2024/25,{value},{counts}"
    lines = (f"{HEADER},numerator,denominator", row)
    assert said in refused(tmp_path, *lines) if said else list(read(tmp_path, *lines)["value"]) == [0.5]


def test_semicolons_between_the_cells_are_named(tmp_path):
    assert "separated by semicolons" in refused(tmp_path, HEADER.replace(",", ";"), ROW.replace(",", ";"))


def test_equal_duplicates_merge(tmp_path):
    assert len(read(tmp_path, HEADER, ROW, ROW)) == 1


# What is refused, with its row


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("employment_support_jobs,E06000045,2024/25 Q2,12", "employment_support_job_starts"),
        ("99,E06000045,2024/25 Q2,12", "there is no measure '99'"),
        (",E06000045,2024/25 Q2,12", "there is no measure ''"),
        ("29,Southhampton,2024/25 Q2,12", "there is no area 'Southhampton'"),
        ("29,E06999999,2024/25 Q2,12", "there is no area 'E06999999'"),
        ("29,,2024/25 Q2,12", "there is no area ''"),
        ("29,E06000045,2024/25,12", "quarter_fin"),
        ("1,E06000045,2023/24,600", "month"),
        ("29,E06000045,Q9,12", "not a period"),
        ("29,E06000045,,12", "without a period"),
        ("1,E06000045,2024-12-24,12", "is a day"),
        ("29,E06000045,2024/25 Q2,twelve", "'twelve'"),
        ("29,E06000045,2024/25 Q2,=6+6", "'=6+6'"),
        ("29,E06000045,2024/25 Q2,1.2.3", "'1.2.3'"),
        ("29,E06000045,2024/25 Q2,£12", "'£12'"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row(tmp_path, row, said):
    message = refused(tmp_path, HEADER, ROW, row)
    assert said in message
    assert "return.csv, row 3" in message


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("status", "maybe", "status"),
        ("status", "suppressed", "a number stands beside a status"),
        ("released", "March 2025", "released"),
        ("released", "2025-3-1", "released"),
        ("released", "31/31/2025", "released"),
        ("release", "secret", "release"),
        ("source", "icuu", "no such source"),
        ("breakdown", "women", "breakdown"),
        ("text", "21", "different numbers"),
        ("numerator", "13", "numerator is another number"),
        ("numerator", "some", "'some'"),
        ("lower,upper", "13,14", "confidence limits"),
        ("published_direction", "sideways", "published_direction"),
        ("staus", "provisional", "'staus'"),
        ("numeratr", "12", "'numeratr'"),
    ],
)
def test_a_wrong_optional_column_is_refused(tmp_path, columns, cells, said):
    assert said in refused(tmp_path, f"{HEADER},{columns}", f"{ROW},{cells}")


def test_a_status_that_promises_a_figure_needs_one(tmp_path):
    assert "there is none" in refused(tmp_path, HEADER + ",status", "29,E06000045,2024/25 Q2,,revised")


def test_different_figures_for_one_thing_are_refused(tmp_path):
    assert "rows 2, 3" in refused(tmp_path, HEADER, ROW, ROW.replace(",12", ",13"))


def test_a_row_of_another_source_is_refused(tmp_path):
    assert "'police'" in refused(tmp_path, HEADER + ",source", ROW + ",icu", source="police")


@pytest.mark.parametrize("missing", ["measure", "area", "period", "value"])
def test_a_missing_column_lists_the_headers_found(tmp_path, missing):
    names = [name for name in HEADER.split(",") if name != missing]
    message = refused(tmp_path, ",".join(names), "a,b,c")
    assert missing in message
    assert names[0] in message


def test_a_form_is_known_by_its_header(tmp_path, project):
    (tmp_path / "prose.csv").write_text("this is no table\n", encoding="utf-8")
    assert form.is_form(written(tmp_path, HEADER, ROW))
    assert not form.is_form(tmp_path / "prose.csv")
    assert not form.is_form(project / "data" / "framework" / "measures.csv")
    assert not form.is_form(tmp_path / "absent.csv")


# Workbooks


def workbook(folder: Path, *rows: tuple, name: str = "return.xlsx", title: str = "Return", percent: str = "") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if percent:
        sheet[percent].number_format = "0.0%"
    book.save(folder / name)
    return folder / name


def test_a_workbook_is_read_like_the_csv(tmp_path, definitions):
    file = workbook(tmp_path, tuple(HEADER.split(",")), (29, "E06000045", "2024/25 Q2", 12))
    columns = ["measure", "area", "period_start", "value", "status", "row"]
    expected = read(tmp_path, HEADER, ROW)[columns]
    pd.testing.assert_frame_equal(form.read(file)[columns], expected)


def test_a_workbook_of_one_sheet_may_call_it_anything(tmp_path):
    file = workbook(tmp_path, tuple(HEADER.split(",")), (29, "E06000045", "2024/25 Q2", 12), title="Sheet1")
    assert form.read(file)["value"].iloc[0] == 12


@pytest.mark.parametrize("title", ["Return (2)", "Sheet2", "January"])
def test_a_second_return_in_a_workbook_is_never_dropped(tmp_path, title):
    file = workbook(tmp_path, tuple(HEADER.split(",")), (29, "E06000045", "2024/25 Q2", 12))
    book = openpyxl.load_workbook(file)
    for row in (HEADER.split(","), ["29", "E06000045", "2024/25 Q2", 15]):
        book[title].append(row) if title in book.sheetnames else book.create_sheet(title).append(row)
    book.save(file)
    with pytest.raises(UnreadableInput, match=f"Return; {re.escape(title)}"):
        sources.read("icu", file)


def test_merged_cells_are_named_as_what_they_are(tmp_path):
    rows = [(29, "E06000045", label, 12) for label in ("2024/25 Q1", "2024/25 Q2", "2024/25 Q3")]
    file = workbook(tmp_path, tuple(HEADER.split(",")), *rows)
    book = openpyxl.load_workbook(file)
    book["Return"].merge_cells("B2:B4")
    book.save(file)
    with pytest.raises(UnreadableInput, match="cells B2 to B4 are merged"):
        form.read(file)


def test_a_percentage_kept_as_a_fraction_is_read_as_the_sender_saw_it(tmp_path):
    rows = (tuple(HEADER.split(",")), ("stable_accommodation", "E06000045", "Oct 23 - Sept 24", 0.816))
    found = form.read(workbook(tmp_path, *rows, percent="D2")).iloc[0]
    assert (found["value"], found["text"]) == (81.6, "81.6%")


def test_a_formula_that_was_never_calculated_is_refused(tmp_path):
    file = workbook(tmp_path, tuple(HEADER.split(",")), (29, "E06000045", "2024/25 Q2", "=6+6"))
    with pytest.raises(UnreadableInput, match="row 2"):
        form.read(file)


def test_a_date_where_a_period_should_stand_is_refused(tmp_path):
    file = workbook(tmp_path, tuple(HEADER.split(",")), (1, "E06000045", pd.Timestamp("2024-12-24"), 12))
    with pytest.raises(UnreadableInput, match="is a day"):
        form.read(file)


def test_a_password_is_refused_in_words(tmp_path):
    file = tmp_path / "return.xlsx"
    file.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(UnreadableInput, match="password"):
        form.read(file)


def test_a_workbook_that_hides_its_percentages_is_refused(tmp_path, monkeypatch):
    pd.DataFrame([[29, "E06000045", "2024/25 Q2", 12]], columns=HEADER.split(",")).to_excel(
        tmp_path / "return.ods", engine="odf", index=False
    )
    with pytest.raises(UnreadableInput, match="percentages"):
        form.read(tmp_path / "return.ods")


# The form that partners are sent

FORMS = ["police", "icu", "drugscope", "opcc", "ndtms_domes", "ndtms_local_outcomes"]


@pytest.mark.parametrize("source", FORMS)
def test_the_form_as_sent_reads_back_with_nothing_supplied(tmp_path, definitions, source):
    for file in form_template.template(definitions, source, "E06000045", tmp_path, on="2025-04-15"):
        found = form.read(file, source=source, definitions=definitions)
        wanted = definitions.measures.loc[definitions.measures["source"] == source, "measure"]
        assert list(found["measure"]) == list(wanted)
        assert set(found["status"]) == {"not_supplied"}


def test_the_form_filled_in_reads_back_with_the_figures(tmp_path, definitions):
    _, file = form_template.template(definitions, "icu", "E06000045", tmp_path, on="2025-04-15")
    book = openpyxl.load_workbook(file)
    for number in range(2, book["Return"].max_row + 1):
        book["Return"].cell(number, form_template.COLUMNS.index("value") + 1).value = str(number * 3)
    book.save(file)
    found = form.read(file, source="icu", definitions=definitions)
    assert list(found["value"]) == [number * 3 for number in found["row"]]


def test_the_workbook_offers_lists_and_explains_itself(tmp_path, definitions):
    _, file = form_template.template(definitions, "icu", "E06000045", tmp_path, on="2025-04-15")
    book = openpyxl.load_workbook(file)
    lists = book["Return"].data_validations.dataValidation
    assert {str(one.sqref)[0] for one in lists} == {"A", "B", "C", "H"}
    assert book.sheetnames == ["Return", "Lists", "Notes"]
    assert book["Return"]["C2"].number_format == "@"


def test_both_forms_say_the_same(tmp_path, definitions):
    plain, file = form_template.template(definitions, "police", "E06000045", tmp_path, on="2025-04-15")
    with plain.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    cells = [[cell or "" for cell in row] for row in openpyxl.load_workbook(file)["Return"].iter_rows(values_only=True)]
    assert rows == cells


@pytest.mark.parametrize(
    ("measure", "on", "label"),
    [
        ("active_drug_networks", "2025-01-31", "Nov 24"),
        ("active_drug_networks", "2025-02-01", "Dec 24"),
        ("employment_support_job_starts", "2024-12-01", "2024/25 Q2"),
        ("employment_support_job_starts", "2024-11-30", "2024/25 Q1"),
        ("drug_related_violent_crime", "2024-06-01", "2023/24"),
        ("drug_related_violent_crime", "2024-05-31", "2022/23"),
        ("mental_health_unmet_need", "2025-01-01", "Oct 23 - Sept 24"),
        ("drug_misuse_deaths", "2024-11-30", "2021-23"),
        ("school_suspensions", "2025-08-01", "2023/24"),
    ],
)
def test_the_last_period_due_is_the_one_usually_out(definitions, measure, on, label):
    assert due.last_due(definitions.measure(measure), on).label == label


@pytest.mark.parametrize("source", ["fingertips", "nowhere"])
def test_a_source_that_is_no_return_has_no_form(tmp_path, definitions, source):
    with pytest.raises(UsageError):
        form_template.template(definitions, source, "E06000045", tmp_path)


# Broken in many ways


def test_no_damage_gives_a_wrong_number_in_silence(tmp_path):
    rows = [HEADER + ",numerator,denominator,note",
            "29,E06000045,2024/25 Q2,12,,,first",
            "27,E06000045,Oct 23 - Sept 24,81.6,816,1000,",
            "39,E06000045,2023/24,<5,,,small"]  # fmt: skip
    whole = "\n".join(rows) + "\n"
    truth = {("employment_support_job_starts", 12.0, 0.0), ("stable_accommodation", 81.6, 1000.0)}
    damages = {
        "truncated in a row": whole[: whole.index("816")],
        "shifted left": whole.replace("29,E06", "E06"),
        "shifted right": whole.replace("29,E06", ",29,E06"),
        "header renamed": whole.replace("value", "amount"),
        "headers swapped": whole.replace("period,value", "value,period"),
        "counts swapped": whole.replace("numerator,denominator", "denominator,numerator"),
        "value and count swapped": whole.replace("value,numerator", "numerator,value"),
        "value and base swapped": whole.replace("value,numerator,denominator", "denominator,numerator,value"),
        "first two swapped": whole.replace("measure,area", "area,measure"),
        "unknown marker": whole.replace(",12,", ",?,"),
        "row twice": whole + rows[1] + "\n",
        "row twice, different": whole + rows[1].replace("12", "13") + "\n",
        "empty": "",
        "header alone": rows[0] + "\n",
        "header twice": rows[0] + "\n" + whole,
        "column twice": whole.replace("note", "value"),
        "other case": whole.upper().replace("OCT 23 - SEPT 24", "oct 23 - sept 24"),
        "formula": whole.replace(",12,", ",=6+6,"),
        "semicolons": whole.replace(",", ";"),
        "blank lines": whole.replace("\n", "\n\n"),
        "windows line ends": whole.replace("\n", "\r\n"),
        "rows reordered": "\n".join([rows[0], *rows[:0:-1]]) + "\n",
        "spaces": whole.replace(",", " , "),
        "decimal comma": whole.replace("81.6", '"81,6"'),
        "quote left open": whole.replace("first", '"first'),
        "percent sign": whole.replace("81.6", "81.6%"),
        "letters in a number": whole.replace(",12,", ",l2,"),
        "rank for a period": whole.replace("2024/25 Q2", "2"),
        "another area": whole.replace("E06000045", "E0600045"),
    }
    right = wrong = 0
    for name, text in damages.items():
        try:
            found = form.read(written(tmp_path, text.rstrip("\n"), name="damaged.csv"), definitions=_definitions())
        except OutcomesError:
            continue
        figures = zip(found["measure"], found["value"], found["denominator"].fillna(0), strict=True)
        silent = {figure for figure in figures if pd.notna(figure[1])} - truth
        right, wrong = right + (not silent), wrong + bool(silent)
        assert not silent, name
    for name, content in {"binary": bytes(range(256)) * 4, "utf-16": whole.encode("utf-16")}.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
        try:
            right += len(form.read(tmp_path / f"{name}.csv")) == 3
        except OutcomesError:
            continue
    tried = len(damages) + 2
    print(f"form: {tried} damages tried, {right} read right, {tried - right - wrong} refused, {wrong} wrong")
    assert tried >= 20


@settings(max_examples=40)
@given(st.text(max_size=12))
def test_any_text_for_a_value_is_that_number_or_a_reason(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    with (folder / "return.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([HEADER.split(","), [29, "E06000045", "2024/25 Q2", text]])
    try:
        found = form.read(folder / "return.csv", definitions=_definitions()).iloc[0]
    except UnreadableInput:
        return
    assert pd.isna(found["value"]) == (found["status"] not in {"published", "provisional", "revised", "estimated"})


@pytest.mark.parametrize(
    ("cell", "instead"),
    [
        *(("12 (est)", "type 12, status estimated"), ("about 50", "type 50, status estimated")),
        *(("12 prov", "type 12, status provisional"), ("1,204 clients", "type 1,204, and the words under note")),
        *(("nil", "type 0"), ("tbc by ICB", "leave the cell empty"), ("12-15", "type one number")),
    ],
)
def test_a_cell_that_says_more_than_a_number_is_told_what_to_type(tmp_path, cell, instead):
    with pytest.raises(UnreadableInput, match=re.escape(instead)):
        read(tmp_path, "measure,area,period,value", f'treatment_workforce,E06000045,2024/25 Q3,"{cell}"')


def test_all_that_is_wrong_is_told_at_once_cell_by_cell(tmp_path):
    with pytest.raises(UnreadableInput) as refused:
        read(
            tmp_path,
            "measure,area,period,value",
            "treatment_workforce,E06000045,2024/25 Q3,12 (est)",
            "treatment_workforce,E06000045,2024/25 Q2,11",
            "treatment_workforce,Atlantis,2024 Q4,tbc by ICB",
            "treatment_workforces,E06000045,2024/25 Q1,10",
        )
    told = str(refused.value)
    assert "5 cells" in told and [f"row {row}:" in told for row in (2, 3, 4, 5)] == [True, False, True, True]
    assert all(
        words in told for words in ("status estimated", "Atlantis", "2024 Q4", "tbc by ICB", "treatment_workforces")
    )
