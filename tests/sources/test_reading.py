"""What every reader shares: text out of files, headers by their words, numbers with a status."""

import datetime as dt
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput, UsageError, naming
from drug_outcomes.sources import checks, labelling, parsing, reading, workbooks

FILE = Path("figures.csv")


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def sheet(*rows: tuple[str, ...]) -> reading.Sheet:
    return reading.Sheet(FILE, "", rows)


def written(folder: Path, content: bytes | str, name: str = "figures.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def parsed(*texts: str, **markers: Status) -> pd.DataFrame:
    rows = pd.Series(range(2, len(texts) + 2))
    return parsing.numbers(pd.DataFrame({"value": texts, "row": rows}), "value", markers)


# Files.


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "empty"),
        (b" \n\n", "a.csv", "empty"),
        (b"a,b\n1,\x00\x01\x02\n", "a.csv", "not a text file"),
        (b"a,b,c\n1,2,3\n4,5", "a.csv", "cut short"),
        (b'a,b\n1,"2\n', "a.csv", "quotation marks"),
        (b"a,b\n1,2\n", "a.pdf", "not read"),
        (b"a,b\n1,2\n", "a", "not read"),
        (b"a,b\n1,2\n", "a.xlsx", "not a whole .xlsx"),
        (b"PK\x03\x04 cut", "a.ods", "not a whole .ods"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path, content, name, words):
    with pytest.raises(UnreadableInput, match=words):
        reading.read_sheet(written(tmp_path, content, name))


def test_an_absent_file_is_refused():
    with pytest.raises(UnreadableInput, match="no such file"):
        reading.read_sheet(Path("nowhere.csv"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_is_read_in_the_encodings_that_publishers_use(tmp_path, encoding):
    file = written(tmp_path, "name,note\nBristol,’90s – £5\n".encode(encoding))
    assert reading.read_sheet(file).rows[1] == ("Bristol", "’90s – £5")


def test_markers_are_never_turned_into_missing_values(tmp_path):
    file = written(tmp_path, "a,b,c,d\nNULL,NA,N/A,nan\n")
    assert reading.read_sheet(file).rows[1] == ("NULL", "NA", "N/A", "nan")


def test_a_line_end_inside_quotes_belongs_to_the_cell(tmp_path):
    assert reading.read_sheet(written(tmp_path, b'"a\nb",c\r\n1,2\r\n')).rows[0] == ("a\nb", "c")


def test_a_file_without_a_last_line_end_is_read_when_its_last_row_is_whole(tmp_path):
    assert len(reading.read_sheet(written(tmp_path, "a,b\n1,2\n3,4")).rows) == 3


def test_a_tab_inside_one_cell_does_not_make_a_table_of_tabs(tmp_path):
    assert reading.read_sheet(written(tmp_path, 'a,b\n"x\t\t\ty",2\n3,4\n')).rows[1] == ("x\t\t\ty", "2")


def test_semicolons_are_refused_because_commas_may_be_decimal_points(tmp_path):
    with pytest.raises(UnreadableInput, match="separated by semicolons"):
        reading.read_sheet(written(tmp_path, "code;2023\nE06000045;7,125\n"))


def test_tabs_under_the_name_csv_are_seen(tmp_path):
    assert reading.read_sheet(written(tmp_path, "a\tb\nx, y\t2\n")).rows[1] == ("x, y", "2")


# Workbooks.


def workbook(folder: Path, rows: list[list[object]], *more: str) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Table 1"
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name).append(["x"])
    file = folder / "book.xlsx"
    book.save(file)
    return file


def test_cells_of_a_workbook_are_text_without_spurious_decimals(tmp_path):
    file = workbook(tmp_path, [["a", "b", "c", "d"], [1532, 7.1, dt.date(2024, 4, 1), True]])
    assert reading.read_sheet(file).rows[1] == ("1532", "7.1", "2024-04-01", "TRUE")


def test_a_formula_without_a_result_and_an_error_show_as_text(tmp_path):
    file = workbook(tmp_path, [["a", "b"], ["=1+1", "#N/A"]])
    assert reading.read_sheet(file).rows[1] == ("=1+1", "#N/A")


def test_a_workbook_of_several_sheets_needs_a_name_in_any_case(tmp_path):
    file = workbook(tmp_path, [["a"]], "Notes")
    assert reading.read_sheet(file, "TABLE 1").name == "Table 1"
    with pytest.raises(UnreadableInput, match="several sheets"):
        reading.read_sheet(file)


def test_a_missing_sheet_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(UnreadableInput, match="Table 1; Notes"):
        reading.read_sheet(workbook(tmp_path, [["a"]], "Notes"), "Table 9")


def test_a_sheet_that_is_a_link_to_another_file_is_no_sheet():
    assert workbooks.is_ghost("'file:///D:/old.xlsx'#$A3")


def test_ghost_sheets_are_left_out(real):
    names = reading.sheets(real / "homelessness" / "Detailed_LA_202212.ods")
    assert len(names) == 33 and "A3" in names


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_a_workbook_with_a_password_is_refused_in_words(tmp_path, name):
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    with pytest.raises(UnreadableInput, match="protected by a password"):
        reading.read_sheet(written(tmp_path, content, name))


def test_an_ods_with_a_formula_never_calculated_is_refused(tmp_path):
    document, table, row = OpenDocumentSpreadsheet(), Table(name="S"), TableRow()
    row.addElement(TableCell(formula="of:=[.A1]+1"))
    table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(tmp_path / "a.ods")
    with pytest.raises(UnreadableInput, match="never calculated"):
        reading.read_sheet(tmp_path / "a.ods")


# Headers.

FIELDS = {"area": ["Area code"], "value": ["Value"]}


@pytest.mark.parametrize(
    "row",
    [
        ("Area Code", "Value"),
        ("\ufeffAREA\nCODE", " value "),
        ("area_code", "Value1"),
        ("Area code [note 4]", "Value*"),
        ("AreaCode", "VALUE:"),
        ("Area\u00a0code", "Value²"),
    ],
)
def test_a_header_is_known_by_its_words_however_they_are_set(row):
    header = reading.find_header(sheet(("A title",), row, ("E06000045", "1")), FIELDS)
    assert (header.row, header.columns) == (2, {"area": 0, "value": 1})


def test_columns_are_found_wherever_they_stand():
    assert reading.find_header(sheet(("x", "Value", "Area code")), FIELDS).columns == {"area": 2, "value": 1}


def test_a_pattern_must_fit_the_whole_label():
    fields = {"lower": [re.compile(r"lower ci 95(\.0)? limit")]}
    assert reading.find_header(sheet(("Lower CI 95.0 limit", "Lower CI 99.8 limit")), fields).columns == {"lower": 0}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Area code", "Figure")], "no column for value.*Headers found: Area code; Figure"),
        ([("Area code", "Value", "Value")], "two columns could be value"),
        ([("Area code", "Value"), ("E06000045", "1"), ("Area code", "Value")], "stands twice, in rows 1 and 3"),
        ([], "no column"),
    ],
)
def test_a_header_that_leaves_a_doubt_is_refused(rows, words):
    with pytest.raises(UnreadableInput, match=words):
        reading.find_header(sheet(*rows), FIELDS)


def test_two_columns_for_an_optional_field_are_refused_as_well():
    with pytest.raises(UnreadableInput, match="two columns could be note"):
        reading.find_header(sheet(("Area code", "Value", "Note", "Note")), FIELDS, optional={"note": ["Note"]})


def body(*rows: tuple[str, ...], **options: bool) -> pd.DataFrame:
    found = sheet(("Area code", "Value", "More"), *rows)
    return reading.body(found, reading.find_header(found, FIELDS), **options)


def test_a_body_keeps_the_rows_of_the_file():
    table = body(("E06000045", " 1 ", "x"), ("", "", ""), ("E06000044", "2", "x"))
    assert table["row"].tolist() == [2, 4] and table["value"].tolist() == ["1", "2"]


@pytest.mark.parametrize("odd", [("E06000045", "1"), ("E06000045", "1", "x", "7")])
def test_a_row_that_lost_or_gained_a_cell_is_refused(odd):
    with pytest.raises(UnreadableInput, match="row 3: the row has"):
        body(("E06000001", "1", "x"), odd, ("E06000002", "2", "x"))


def test_rows_all_one_short_are_refused_unless_the_publisher_leaves_the_last_column_out():
    short = [("E06000001", "1"), ("E06000002", "2")]
    assert body(*short, last_may_be_absent=True)["value"].tolist() == ["1", "2"]
    with pytest.raises(UnreadableInput):
        body(*short)


def test_a_footer_is_no_row_of_data():
    table = body(("E06000001", "1", "x"), ("Source: ONS",))
    kept = reading.code_rows(table, "area", ["value"])
    assert kept["area"].tolist() == ["E06000001"]


def test_a_row_with_figures_and_no_code_is_refused_not_dropped():
    with pytest.raises(UnreadableInput, match="row 3: 'E0600004' stands where an area code should"):
        reading.code_rows(body(("E06000001", "1", ""), ("E0600004", "2", "")), "area", ["value"])


# Numbers.


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,532 ", 1532), ("616\u00a0", 616), ("7.1%", 7.1), ("0", 0), ("-2.5", -2.5), ("−3", -3), ("5 [note 1]", 5),
     ("1.2e-05", 1.2e-05)],
)  # fmt: skip
def test_numbers_are_read_as_published(text, value):
    found = parsed(text).iloc[0]
    assert found["value"] == value and found["status"] == Status.PUBLISHED


@pytest.mark.parametrize(
    ("text", "status"),
    [("12 [p]", "provisional"), ("12[r]", "revised"), ("12 [e]", "estimated"), ("12 [u]", "unreliable")],
)
def test_a_shorthand_after_a_number_changes_its_status_alone(text, status):
    found = parsed(text).iloc[0]
    assert (found["value"], found["status"]) == (12, status)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("<5", 1, 4), ("< 10", 1, 9), ("fewer than 5", 1, 4), ("Counts less than 5", 1, 4), ("<1", 0, 0)],
)  # fmt: skip
def test_fewer_than_is_suppressed_between_bounds(text, low, high):
    found = parsed(text).iloc[0]
    assert found["status"] == Status.SUPPRESSED and pd.isna(found["value"])
    assert (found["bound_low"], found["bound_high"]) == (low, high)


def test_a_marker_is_a_status_and_never_0():
    found = parsed("X ", "3", x=Status.SUPPRESSED)
    assert found["status"].tolist() == ["suppressed", "published"]
    assert pd.isna(found["value"].iloc[0]) and found["text"].iloc[0] == "X"


@pytest.mark.parametrize(
    "text", ["?", "", "1,23", "1.2.3", "=A1+B1", "#REF!", "nan", "inf", "1e999", "12abc", "1O", "2016-04-01", "TRUE",
             "1 234"]
)  # fmt: skip
def test_unknown_text_is_refused_with_file_row_column_and_value(text):
    with pytest.raises(UnreadableInput) as refusal, naming(FILE):
        parsed("1", text)
    assert str(refusal.value).startswith(f"figures.csv, row 3: {text!r} in column 'value'")


@settings(max_examples=60)
@given(st.floats(-1e9, 1e9).map(lambda number: round(number, 3)))
def test_a_number_written_with_separators_comes_back(number):
    assert parsed(f"{number:,.3f}")["value"].iloc[0] == pytest.approx(number)


# Duplicates, periods, breakdowns.


def test_equal_duplicates_merge_and_different_ones_are_refused_naming_rows():
    frame = pd.DataFrame({"area": ["a", "a"], "value": [1.0, 1.0], "row": [2, 9]})
    assert len(checks.merge_duplicates(frame, ["area"], ["value"])) == 1
    with pytest.raises(UnreadableInput, match="rows 2, 9 give different figures"):
        checks.merge_duplicates(frame.assign(value=[1.0, 2.0]), ["area"], ["value"])


def test_two_missing_figures_are_equal():
    frame = pd.DataFrame({"area": ["a", "a"], "value": [float("nan")] * 2, "row": [2, 9]})
    assert len(checks.merge_duplicates(frame, ["area"], ["value"])) == 1


@pytest.mark.parametrize(("lower", "upper"), [(6.0, 7.0), (3.0, 4.0), (8.0, 3.0)])
def test_a_value_outside_its_limits_is_refused(lower, upper):
    frame = pd.DataFrame({"lower": [lower], "value": [5.0], "upper": [upper], "row": [4]})
    with pytest.raises(UnreadableInput, match="row 4"):
        checks.check_limits(frame)


def test_periods_take_the_basis_that_the_source_states():
    table = pd.DataFrame({"period": ["2021 - 22", "2018 (Rev)"], "row": [2, 3]})
    found = parsing.dated(table.assign(status="published"), None, {r"\d{4} - \d\d": Basis.POOLED_CAL})
    assert found["period_end"].tolist() == ["2022-12", "2018-12"]
    assert found["status"].tolist() == ["published", "revised"]


@pytest.mark.parametrize("label", ["", "2023/25", "soon"])
def test_a_label_that_is_no_period_is_refused_with_its_row(label):
    with pytest.raises(UnreadableInput, match="row 7"):
        parsing.dated(pd.DataFrame({"period": [label], "row": [7]}))


@pytest.mark.parametrize(
    ("text", "age"),
    [("18+ yrs", "18+"), ("15-64 yrs", "15-64"), ("<15 yrs", "<15"), ("All ages", ""), ("Total", ""), ("TOTAL", ""),
     ("Aged 90+", "90+"), ("18 to 29", "18-29"), ("50 and over", "50+")],
)  # fmt: skip
def test_ages_have_one_form(text, age):
    assert labelling.ages(pd.Series([text])).tolist() == [age]


def test_a_breakdown_has_sorted_keys_and_no_totals():
    parts = {"sex": pd.Series(["Female", "Persons"]), "age": pd.Series(["18-29", "All ages"])}
    assert labelling.breakdown(parts).tolist() == ["age=18-29;sex=Female", ""]


# The door.


def test_an_unknown_source_is_refused_with_the_ids():
    with pytest.raises(UsageError, match="did you mean fingertips"):
        sources.read("fingertip", FILE)


def test_an_unknown_option_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no option 'colour'"):
        sources.read("fingertips", written(tmp_path, "a\n"), colour="red")


def test_every_registered_source_has_a_reader():
    assert all(callable(sources.reader(source)) for source in sources.READERS)
