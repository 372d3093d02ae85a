"""Which direction is good is agreed by each partnership for itself."""

import openpyxl
import pytest

from drug_outcomes import cli
from drug_outcomes.definitions import areas, framework, polarity
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.intake import agreeing
from partnership import AREA, make

OTHER = "otherborough"


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = make(tmp_path / "project", areas=(AREA, OTHER))
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    return root


def measure(root, area: str, name: str = "drug_misuse_deaths"):
    definitions = framework.load(root / framework.FRAMEWORK)
    return areas.own_definitions(definitions, areas.load(root, area)).measure(name)


def form(root):
    assert cli.main(["agree", "--area", AREA]) == 0
    return root / "outputs" / AREA / "agree" / agreeing.FORM


def filled(file, **agreed: str):
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=2):
        row[4].value = agreed.get(str(row[0].value))
    book.save(file)
    return file


def test_the_form_has_a_proposal_for_each_measure_and_agrees_to_nothing(root):
    sheet = openpyxl.load_workbook(form(root)).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) > 40 and all(row[3] in polarity.WORDS.values() and row[4] is None for row in rows)
    assert sheet.data_validations.dataValidation[0].sqref


def test_what_is_agreed_holds_for_one_area_with_name_and_date(root):
    file = filled(form(root), drug_misuse_deaths="lower is better", paid_work="no judgement")
    assert cli.main(["agree", str(file), "--area", AREA, "--by", "Board", "--on", "2026-11-30"]) == 0
    mine, other = (measure(root, area) for area in (AREA, OTHER))
    assert (mine.polarity_agreed, mine.polarity_agreed_by, mine.polarity_agreed_on) == (True, "Board", "2026-11-30")
    assert not other.polarity_agreed and measure(root, AREA, "paid_work").polarity == "no_judgement"
    assert not measure(root, AREA, "stable_accommodation").polarity_agreed


def test_a_later_agreement_takes_the_place_of_an_earlier_one_and_leaves_the_rest(root):
    cli.main(["agree", "--all", "--area", AREA, "--by", "Board", "--on", "2026-01-30"])
    file = filled(form(root), drug_misuse_deaths="no judgement")
    cli.main(["agree", str(file), "--area", AREA, "--by", "New board", "--on", "2026-11-30"])
    assert measure(root, AREA).polarity_agreed_by == "New board" and measure(root, AREA).polarity == "no_judgement"
    assert measure(root, AREA, "paid_work").polarity_agreed_by == "Board"


@pytest.mark.parametrize("words", [["--all"], ["--all", "--by", "Board"], ["--all", "--by", " ", "--on", "2026-01-30"]])
def test_an_agreement_without_name_or_date_is_refused(root, words):
    assert cli.main(["agree", "--area", AREA, *words]) == 2
    assert not measure(root, AREA).polarity_agreed


def test_another_word_than_those_offered_is_refused_with_its_row(root):
    file = filled(form(root), drug_misuse_deaths="down")
    with pytest.raises(UnreadableInput, match="lower is better") as refusal:
        agreeing.read_form(file, framework.load(root / framework.FRAMEWORK))
    assert refusal.value.row and "drug_misuse_deaths" in str(refusal.value)


def test_a_slip_in_the_areas_table_is_told(root):
    file = root / "data" / "areas" / AREA / polarity.FILE
    file.write_text("measure,polarity,agreed_by,agreed_on\npaid_work,high,Board,\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match=r"polarity.csv, row 2"):
        measure(root, AREA)
