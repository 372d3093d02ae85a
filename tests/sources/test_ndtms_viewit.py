"""NDTMS ViewIt: wide exports and tables saved by hand."""

import csv

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput

#: Rows of the published export for England, re-typed: unrounded, with other column names and labels.
ENGLAND = """\
ReportingPeriod_Data,Area_Data,DrugGroup_Data,Gender_Data,AgeGroup_Data,Num_InTreatment_AllInTx,Eth_White_AllInTx
2009/10,England,Total,Total,Total,311668,272788
2009/10,England,opiates,Total,Total,170032,147714
2009/10,England,non-opiates only,Total,Total,24557,19898
2009/10,England,alcohol only,Total,Total,88087,80303
2009/10,England,alcohol & non-opiates,Total,Total,28992,24873
2009/10,England,Total,M,Total,218933,188955
2009/10,England,Total,F,Total,92735,83833
"""


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@pytest.fixture(scope="module")
def barnet_file(real):
    return real / "ndtms" / "ViewIt Export Data_LAs.csv"


@pytest.fixture(scope="module")
def barnet(barnet_file):
    return sources.read("ndtms_viewit", barnet_file)


def read(folder, text, **options):
    file = folder / "saved.csv"
    file.write_text(text, encoding="utf-8")
    return sources.read("ndtms_viewit", file, **options)


def one(frame, indicator, breakdown="", period="2021/22"):
    chosen = frame[
        (frame["indicator"] == indicator) & (frame["breakdown"] == breakdown) & (frame["period_label"] == period)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.mark.parametrize(
    ("breakdown", "done", "treated", "share"), [("", 290, 1465, 19.8), ("substance=Opiate", 30, 605, 5.0)]
)
def test_the_share_that_completed_is_that_of_the_published_counts(barnet, breakdown, done, treated, share):
    found = one(barnet, "successful_completions", breakdown)
    assert (found["numerator"], found["denominator"]) == (done, treated)
    assert round(found["value"], 1) == share


def test_a_share_of_rounded_counts_says_that_it_is_approximate(barnet):
    found = one(barnet, "successful_completions")
    assert found["status"] == "estimated" and "approximate" in found["note"]


def test_labels_in_capitals_of_the_last_year_are_totals_like_the_others(barnet):
    for period in ("2020/21", "2021/22"):
        assert one(barnet, "in_treatment", period=period)["status"] == "published"


def test_a_name_becomes_a_code(barnet):
    assert set(barnet["area"]) == {"E09000003"}


def test_what_was_not_collected_is_not_0(barnet):
    gone = barnet[barnet["status"] == "not_collected"]
    assert len(gone) > 1000 and gone["value"].isna().all() and set(gone["text"]) == {"NULL"}


def test_counts_of_local_authorities_are_rounded_to_5(barnet):
    counts = barnet[barnet["indicator"].isin(["in_treatment", "new_presentations"])]
    assert (counts["value"].dropna() % 5 == 0).all() and counts["note"].str.contains("nearest 5").all()


def test_ethnic_groups_are_a_breakdown_of_those_in_treatment(barnet, barnet_file):
    with barnet_file.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["ReportingPeriod"] == "2021/22"]
    total = next(row for row in rows if {row["sex"], row["age_group"]} == {"TOTAL"} and row["drug_group"] == "Total")
    found = one(barnet, "in_treatment", "ethnicity=White")
    assert found["value"] == float(total["eth_white_allintx"])


def test_the_file_for_england_is_read_with_its_own_names_and_labels(tmp_path):
    found = read(tmp_path, ENGLAND)
    counts = {
        name: one(found, "in_treatment", f"substance={name}", "2009/10")["value"]
        for name in ("Opiate", "Non-opiate only", "Alcohol only", "Non-opiate & alcohol")
    }
    assert list(counts.values()) == [170032, 24557, 88087, 28992] and set(found["area"]) == {"E92000001"}


def test_counts_that_are_not_rounded_carry_no_remark(tmp_path):
    assert (read(tmp_path, ENGLAND)["note"] == "").all()


def test_parts_that_do_not_add_up_are_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="rows by substance do not add up"):
        read(tmp_path, ENGLAND.replace("170032", "180032"))


def test_a_part_above_its_whole_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="more than in_treatment"):
        read(tmp_path, ENGLAND.replace(",272788", ",372788"))


NEW = "2009/10,England,{},{},{},1000,900\n"


@pytest.mark.parametrize(
    ("text", "breakdown", "value"),
    [
        (ENGLAND.replace("opiates,", "opioid tea,", 1), "substance=opioid tea", 170032),  # one of the parts
        (ENGLAND + NEW.format("Ketamine", "Total", "Total"), "substance=Ketamine", 1000),  # lies in the parts
        (ENGLAND + NEW.format("Total", "Not stated", "Total"), "sex=Not stated", 1000),
        (ENGLAND + NEW.format("Total", "Total", "Unknown"), "age=unknown", 1000),
    ],
)
def test_a_group_that_was_not_met_before_keeps_its_rows_and_says_so(tmp_path, text, breakdown, value):
    found = read(tmp_path, text)
    assert one(found, "in_treatment", breakdown, "2009/10")["value"] == value
    assert one(found, "in_treatment", "", "2009/10")["value"] == 311668
    said = found["note"].str.startswith("not met before: the " + breakdown.replace("=", " "))
    assert (said == found["breakdown"].str.contains(breakdown)).all()


def test_a_column_of_words_that_nobody_has_met_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="is not a sex"):
        read(tmp_path, ENGLAND.replace(",Total,Total,", ",xTotal,Total,").replace(",M,", ",xM,").replace(",F,", ",xF,"))


def test_two_reasons_for_leaving_in_each_others_place_are_refused(barnet_file, tmp_path):
    text = barnet_file.read_text(encoding="utf-8")
    head, rest = text.split("\n", 1)
    swapped = head.replace("exits_died_allintx", "?").replace("exits_droppedout_allintx", "exits_died_allintx")
    with pytest.raises(UnreadableInput, match="stand in each other's place"):
        read(tmp_path, swapped.replace("?", "exits_droppedout_allintx") + "\n" + rest)


def test_a_lost_digit_is_refused_in_a_file_that_is_rounded(barnet_file, tmp_path):
    lines = barnet_file.read_text(encoding="utf-8").split("\n")
    place = next(at for at, text in enumerate(lines) if text.startswith("2021/22,Barnet,M,18-29,Opiate,"))
    cells = lines[place].split(",")
    cells[5] = cells[5][:-1] + "3"
    lines[place] = ",".join(cells)
    with pytest.raises(UnreadableInput, match="not a multiple of 5"):
        read(tmp_path, "\n".join(lines))


# Saved by hand.


def test_a_long_table_is_read(tmp_path):
    text = (
        "Time period,Area,Substance,Indicator,Value,Lower limit,Upper limit,Numerator,Denominator\n"
        "2023/24,Southampton,OCU,Unmet need (%),57.2,50.1,61.9,,\n"
        "2023/24 Q4,Southampton,Opiates,Successful completions (%),7.3,,,35,480\n"
    )
    found = read(tmp_path, text)
    assert found["indicator"].tolist() == ["unmet_need", "successful_completions"]
    assert found["breakdown"].tolist() == ["substance=OCU", "substance=Opiate"]
    assert found["period_basis"].tolist() == ["fin_year", "quarter_fin"]


def test_a_table_with_periods_across_is_read_under_its_title(tmp_path):
    text = "Number in treatment: Southampton\n\n,Jun24 - May25,Jul24 - Jun25\nOpioids,480,475\nTotal,780,-\n"
    found = read(tmp_path, text)
    assert set(found["area"]) == {"E06000045"} and set(found["period_basis"]) == {"rolling12"}
    assert found.loc[found["breakdown"] == "substance=Opiate", "value"].tolist() == [480, 475]
    assert found.loc[found["text"] == "-", "status"].tolist() == ["not_published"]


def test_columns_named_after_indicators_are_read(tmp_path):
    found = read(tmp_path, "Year,Local authority,Substance group,Number in treatment\n2023-24,J17B,Opiate,480\n")
    row = found.iloc[0]
    assert (row["area"], row["indicator"], row["value"]) == ("E06000045", "in_treatment", 480)
    assert (row["period_start"], row["period_end"]) == ("2023-04", "2024-03")


def test_a_city_file_needs_its_area_and_indicator_stated(real, tmp_path):
    file = tmp_path / "city_3-5-1.csv"
    file.write_bytes((real / "ndtms" / "sdg_bristol_3-5-1_successful_completions.csv").read_bytes())
    with pytest.raises(UnreadableInput, match=r"which (area|figure)"):
        sources.read("ndtms_viewit", file)
    found = sources.read("ndtms_viewit", file, area="Bristol", indicator="Successful completions (%)")
    assert found.loc[found["breakdown"] == "substance=Opiate", "value"].round(1).tolist() == [
        *(7.5, 10.7, 9.1, 8.7, 9.3, 7.5)
    ]


def test_a_zero_of_a_discontinued_area_is_nobody_supplying(tmp_path):
    text = "Year,Area,Number in treatment\n2023/24,Cumbria (discontinued),0\n2022/23,Cumbria (discontinued),510\n"
    found = read(tmp_path, text)
    assert found["status"].tolist() == ["not_supplied", "published"] and pd.isna(found["value"].iloc[0])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2023/24,Southampton,Opiate,Unmet need (%),480", "above 100"),
        ("2023/24,Southampton,Opiate,Number in treatment,7.3", "not a whole number"),
        ("2023/24,Southampton,Opiate,Number in treatment,7%", "not a whole number"),
        ("2023/24,Southampton,Opiate,Successful completions,95", "number or a percentage"),
        ("2023/24,Southampton,Opiate,Unmet need (%),0.57", "none is above 1"),
        ("2023/24,Nowhere,Opiate,Unmet need (%),57.2", "no area has the name 'Nowhere'"),
    ],
)
def test_a_figure_that_is_not_what_it_says_is_refused(tmp_path, row, words):
    with pytest.raises(UnreadableInput, match=words):
        read(tmp_path, f"Time period,Area,Substance,Indicator,Value\n{row}\n")


def test_a_percentage_that_is_not_its_own_ratio_is_refused(tmp_path):
    head = "Time period,Area,Indicator,Value,Numerator,Denominator\n"
    with pytest.raises(UnreadableInput, match="not its own numerator over denominator"):
        read(tmp_path, head + "2023/24 Q4,Southampton,Successful completions (%),17.3,35,480\n")


def test_a_name_without_a_code_is_told_and_kept(tmp_path):
    text = "Year,Area,Number in treatment\n2023/24,Southampton,780\n2023/24,Xyzzy,510\n"
    found = read(tmp_path, text)
    assert found["area"].tolist() == ["E06000045", ""] and "Xyzzy" in found["note"].iloc[1]
