"""Receiving: copied as it came, tried, logged; what is due from whom."""

import csv
from pathlib import Path

import openpyxl
import pytest

import partnership
from drug_outcomes import cli
from drug_outcomes.definitions import framework
from drug_outcomes.intake import received
from partnership import AREA, CODE, NETWORKS


def log(root: Path, area: str = AREA) -> list[dict[str, str]]:
    folder = root / "data/areas" / area if area else root / "data"
    with (folder / received.LOG).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_return_is_copied_as_it_came_and_logged(root, sent):
    partnership.receive(sent, "police", "2025-01-14", "--from", "A. Analyst", "--reference", "e-mail, 14 January")
    row = log(root)[0]
    copy = root / "data/areas" / AREA / row["file"]

    assert copy.read_bytes() == sent.read_bytes()
    assert row == {
        "file": "restricted/police/return.csv",
        "sha256": received.sha256(sent),
        "source": "police",
        "received": "2025-01-14",
        "from_whom": "A. Analyst",
        "release": "Police return, received 2025-01-14",
        "approved_for": "partnership",
        "reference": "e-mail, 14 January",
        "note": "",
    }


def test_a_restricted_return_is_for_its_owner_only(root, sent):
    partnership.receive(sent, "police", "2025-01-14")
    file = root / "data/areas" / AREA / "restricted/police/return.csv"

    assert [path.stat().st_mode & 0o777 for path in (file, file.parent, file.parents[1])] == [0o600, 0o700, 0o700]


def test_the_same_file_twice_is_noticed(root, sent, capsys):
    partnership.receive(sent, "police", "2025-01-14")

    assert partnership.receive(sent, "police", "2025-02-14") == 0
    assert len(log(root)) == 1
    assert "The same file was received on 2025-01-14" in capsys.readouterr().out


def test_a_changed_file_under_the_same_name_is_a_new_vintage(root, sent, capsys):
    partnership.receive(sent, "police", "2025-01-14")
    for value in (52, 53):
        partnership.form(sent, ("active_drug_networks", "Dec 24", value))
        partnership.receive(sent, "police", "2025-02-14")

    assert [Path(row["file"]).name for row in log(root)] == [
        "return.csv",
        "return-2025-02-14.csv",
        "return-2025-02-14-2.csv",
    ]
    assert "new vintage" in capsys.readouterr().out


def test_a_file_edited_after_receipt_is_put_back_by_receiving_it_again(root, sent):
    partnership.receive(sent, "police", "2025-01-14")
    copy = root / "data/areas" / AREA / "restricted/police/return.csv"
    copy.write_text("edited", encoding="utf-8")
    partnership.receive(sent, "police", "2025-02-14")

    assert copy.read_bytes() == sent.read_bytes()
    assert partnership.loaded(root).refused.empty


def test_an_unreadable_file_is_set_aside_with_its_reason(root, tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("year,people\n2024,about fifty\n", encoding="utf-8")

    assert partnership.receive(tmp_path / "bad.csv", "fingertips", "2025-01-14") == 3
    assert "no column for" in capsys.readouterr().err
    assert list(partnership.loaded(root).refused["rule"]) == ["refused_file"]


def test_a_national_extract_is_received_for_all_areas(root, tmp_path):
    file = partnership.export(tmp_path / "deaths.csv", {"E92000001": 5.5, CODE: 4.2})
    partnership.receive(file, "fingertips", "2025-01-20", area="")

    assert [row["file"] for row in log(root, "")] == ["received/fingertips/deaths.csv"]
    assert 4.2 in set(partnership.loaded(root).observations["value"])


def test_a_figure_told_in_an_e_mail_carries_its_reference(root, tmp_path):
    file = partnership.form(tmp_path / "told.csv", NETWORKS, reference="e-mail of 3 March 2025")
    partnership.receive(file, "police", "2025-03-03")

    assert set(partnership.loaded(root).observations["vintage"]) == {"e-mail of 3 March 2025"}


@pytest.mark.parametrize(
    "words",
    [
        ("--source", "telepathy", "--area", AREA),
        ("--source", "police"),
        ("--source", "police", "--area", "atlantis"),
        ("--source", "police", "--area", AREA, "--on", "yesterday"),
        ("--source", "police", "--area", AREA, "--approved-for", "everybody"),
        ("--source", "police", "--area", AREA, "--approved-for", "public"),
        ("--source", "fingertips", "--approved-for", "partnership"),
    ],
)
def test_words_that_cannot_be_meant_are_refused_and_change_nothing(root, sent, words):
    before = sorted(root.rglob("*"))

    assert cli.main(["receive", str(sent), *words]) == 2
    assert sorted(root.rglob("*")) == before


def test_a_file_that_is_not_there_is_refused(root, tmp_path):
    assert cli.main(["receive", str(tmp_path / "lost.csv"), "--source", "fingertips"]) == 3


def test_publishing_a_restricted_return_needs_what_allows_it(root, sent):
    allowed = ("--approved-for", "public", "--reference", "agreed by the force on 2 January 2025")

    assert partnership.receive(sent, "police", "2025-01-14", *allowed) == 0
    assert set(partnership.loaded(root).observations["release"]) == {"approved"}


def test_an_embargo_travels_with_its_figures(root, sent):
    partnership.receive(sent, "police", "2025-01-14", "--approved-for", "restricted_until 2025-06-01")

    assert log(root)[0]["file"].startswith("restricted/")
    assert set(partnership.loaded(root).observations["release"]) == {"restricted_until 2025-06-01"}


def test_a_row_is_not_public_because_a_return_says_so_without_a_basis(root, tmp_path):
    file = partnership.form(tmp_path / "said.csv", NETWORKS, release="public")
    partnership.receive(file, "police", "2025-01-14")

    assert set(partnership.loaded(root).observations["release"]) == {"restricted"}


def test_what_is_restricted_is_known_from_its_receipt_and_not_from_what_it_prints(root, tmp_path):
    file = partnership.form(tmp_path / "late.csv", NETWORKS, released="2025-01-10")
    partnership.receive(file, "police", "2025-03-03")

    assert set(partnership.loaded(root).observations["received"]) == {"2025-03-03"}


def test_the_form_that_is_written_is_read_back(root, tmp_path):
    words = ["template", "--source", "police", "--area", AREA, "--folder", str(tmp_path), "--on", "2025-02-20"]

    assert cli.main(words) == 0
    assert partnership.receive(tmp_path / f"police-{CODE}.xlsx", "police", "2025-02-21") == 0


def requests(root: Path, on: str) -> Path:
    assert cli.main(["requests", "--area", AREA, "--on", on]) == 0
    return root / "outputs" / AREA / "requests" / on


def test_a_request_says_what_is_due_from_whom_the_last_value_and_the_form(root, sent):
    partnership.receive(sent, "police", "2025-02-10")
    folder = requests(root, "2025-03-20")
    text = (folder / "police.txt").read_text(encoding="utf-8")

    assert "Performance analyst of the police force" in text
    assert "Number of active drug networks: Jan 25" in text
    assert "Dec 24 51 2025-02-10" in text
    assert (folder / f"police-{CODE}.xlsx").is_file()


def test_the_form_asks_for_each_period_due_by_title_and_tells_what_is_held(root, tmp_path):
    values = [("active_drug_networks", "Oct 24", 49), ("active_drug_networks", "Nov 24", 51)]
    partnership.receive(partnership.form(tmp_path / "sent.csv", *values), "police", "2025-01-10")
    book = openpyxl.load_workbook(requests(root, "2025-03-20") / f"police-{CODE}.xlsx")
    rows = [row for row in book["Return"].iter_rows(values_only=True) if row[0] == "Number of active drug networks"]
    assert [row[2] for row in rows] == ["Dec 24", "Jan 25"] and rows[0][-1] == "Nov 24: 51; Oct 24: 49"


def test_the_form_that_a_partner_fills_in_is_read_back_whole(root, tmp_path, sent):
    partnership.receive(sent, "police", "2025-01-10")
    file = requests(root, "2025-03-20") / f"police-{CODE}.xlsx"
    book = openpyxl.load_workbook(file)
    asked = book["Return"].max_row - 1
    for number in range(2, asked + 2):
        book["Return"].cell(number, 5).value = str(number)
    book.save(tmp_path / "filled.xlsx")
    assert partnership.receive(tmp_path / "filled.xlsx", "police", "2025-03-21") == 0
    found = partnership.loaded(root).observations.query("received == '2025-03-21'")
    assert list(found.sort_values("row")["value"]) == list(range(2, asked + 2))


@pytest.mark.parametrize(("on", "state"), [("2025-03-15", "due"), ("2025-03-16", "late"), ("2025-02-20", "held")])
def test_a_return_is_late_after_its_day_and_not_on_it(root, sent, on, state, capsys):
    partnership.receive(sent, "police", "2025-02-10")
    requests(root, on)
    lines = [line for line in capsys.readouterr().out.splitlines() if "active drug networks" in line]

    assert [line.split()[0] for line in lines] == ([] if state == "held" else [state])


def test_requests_print_no_figure_and_keep_theirs_from_others(root, tmp_path, capsys):
    told = partnership.form(tmp_path / "told.csv", ("active_drug_networks", "Dec 24", 98765))
    partnership.receive(told, "police", "2025-02-10")
    folder = requests(root, "2025-03-20")

    assert "98765" not in capsys.readouterr().out
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_source_of_the_framework_can_be_asked_for(root):
    folder = requests(root, "2025-03-20")
    definitions = framework.load(root / framework.FRAMEWORK)
    sources = {*definitions.measures["source"], *definitions.published_series["source"]}

    assert {file.stem for file in folder.glob("*.txt")} == sources
