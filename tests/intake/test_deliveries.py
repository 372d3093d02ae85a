"""Handing in: a folder at once, a file taken back or replaced, and nothing half."""

import csv
import json
import shutil
from functools import partial
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import partnership
from drug_outcomes import cli
from drug_outcomes.definitions import areas
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.intake import aside, misplaced, received
from killing import killed
from partnership import AREA, CODE, NETWORKS

WORKFORCE = ("treatment_workforce", "2024/25 Q3", 41)


def log(root: Path) -> list[dict[str, str]]:
    file = root / "data/areas" / AREA / received.LOG
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.exists() else []


def copies(root: Path) -> list[str]:
    return sorted(file.name for file in (root / "data/areas" / AREA / "restricted").rglob("*") if file.is_file())


def receive(*words: str) -> int:
    return cli.main(["receive", *words, "--area", AREA, "--on", "2025-01-14"])


def test_a_file_is_recognised_by_its_content(root, sent, capsys):
    assert receive(str(sent)) == 0
    assert log(root)[0]["source"] == "police" and "recognised as police" in capsys.readouterr().out


def test_a_folder_is_taken_in_and_told_in_one_table(root, sent, capsys):
    partnership.form(sent.with_name("workforce.csv"), WORKFORCE)
    sent.with_name("minutes.pdf").write_bytes(b"%PDF-1.7")
    sent.with_name("~$return.xlsx").write_bytes(b"x")
    sent.with_name("empty.csv").write_bytes(b"\n")
    assert receive(str(sent.parent)) == 3
    told = capsys.readouterr().out
    assert {row["source"] for row in log(root)} == {"police", "icu"} and copies(root) == ["return.csv", "workforce.csv"]
    assert told.count("refused") == 4 and "Dec 24" in told and "3 refused or set aside, 2 taken in or known" in told


def test_a_folder_handed_in_again_adds_nothing(root, sent, capsys):
    receive(str(sent.parent))
    assert receive(str(sent.parent)) == 0 and len(log(root)) == 1
    assert "known since 2025-01-14" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["return.csv", "restricted/police/return.csv"])
def test_a_file_received_by_mistake_is_taken_back(root, sent, capsys, name):
    receive(str(sent), "--source", "police")
    assert len(partnership.loaded(root).observations) > 0
    assert receive("--withdraw", name, "--note", "of another area") == 0
    assert [row["approved_for"] for row in log(root)] == ["partnership", "withdrawn"] and copies(root) == []
    assert partnership.loaded(root).observations.empty
    kept = [file for file in (root / "data/store").rglob("*") if file.is_file()]
    assert not any(b"active_drug_networks" in file.read_bytes() for file in kept)


def test_what_was_shown_of_a_withdrawn_file_is_told(root, sent, capsys):
    receive(str(sent), "--source", "police")
    folder = root / "outputs" / AREA / "2024-25-q3" / "partnership"
    folder.mkdir(parents=True)
    inputs = {f"data/areas/{AREA}/restricted/police/return.csv": "0"}
    (folder / "snapshot.json").write_text(json.dumps({"inputs": inputs}))
    receive("--withdraw", str(sent))
    assert f"outputs/{AREA}/2024-25-q3/partnership" in capsys.readouterr().out


def test_a_file_is_replaced_by_another_under_the_same_source(root, sent):
    receive(str(sent), "--source", "police")
    new = partnership.form(sent.with_name("mended.csv"), ("active_drug_networks", "Dec 24", 15))
    assert receive("--replace", "return.csv", str(new)) == 0
    assert copies(root) == ["mended.csv"] and [row["source"] for row in log(root)] == ["police"] * 3
    assert list(partnership.loaded(root).observations["value"]) == [15]


def test_a_replacement_that_cannot_be_taken_leaves_everything_as_it_was(root, sent):
    receive(str(sent), "--source", "police")
    sent.with_name("new.pdf").write_bytes(b"%PDF-1.7")
    assert receive("--replace", "return.csv", str(sent.with_name("new.pdf"))) == 3
    assert copies(root) == ["return.csv"] and len(log(root)) == 1


def test_a_withdrawn_file_may_come_again(root, sent):
    receive(str(sent), "--source", "police")
    receive("--withdraw", "return.csv")
    assert receive(str(sent), "--source", "police") == 0
    assert list(partnership.loaded(root).observations["value"]) == [51]


def test_a_log_held_by_a_spreadsheet_takes_nothing_in(root, sent, capsys):
    (root / "data/areas" / AREA / f".~lock.{received.LOG}#").touch()
    assert receive(str(sent), "--source", "police") == 3
    assert copies(root) == [] and log(root) == [] and "nothing was taken in" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_leaves_no_copy(root, sent, monkeypatch, capsys):
    def locked(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(received, "append", locked)
    assert receive(str(sent), "--source", "police") == 3
    assert copies(root) == [] and "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"), [("~$return.xlsx", b"x"), ("letter.pdf", b"%PDF"), ("empty.csv", b""), ("blank.csv", b" \n")]
)
def test_what_is_no_table_is_refused_and_not_logged(root, sent, name, content):
    sent.with_name(name).write_bytes(content)
    assert receive(str(sent.with_name(name)), "--source", "police") == 3 and log(root) == []


@pytest.mark.parametrize(
    ("row", "source", "code", "words"),
    [(WORKFORCE, "police", 2, "--source icu"), (("active_drug_networks", "Dec 26", 51), "police", 3, "of the future")],
)
def test_a_return_handed_in_as_something_else_is_refused_and_not_logged(
    root, tmp_path, capsys, row, source, code, words
):
    file = partnership.form(tmp_path / "mail" / "return.csv", row)
    assert receive(str(file), "--source", source) == code
    assert words in capsys.readouterr().err and log(root) == []


def test_a_percentage_for_a_count_is_never_a_figure(root, tmp_path, capsys):
    file = partnership.form(tmp_path / "mail" / "return.csv", ("active_drug_networks", "Dec 24", "55%"))
    assert receive(str(file), "--source", "police") == 3
    assert "a percentage stands where a count should" in capsys.readouterr().err
    assert log(root) == [] and copies(root) == []


AGES = "code,name," + ",".join(map(str, range(90))) + f",90+\n{CODE},Here," + ",".join(["10"] * 91) + "\n"


@pytest.mark.parametrize(
    ("name", "words", "label"),
    [
        ("residents.csv", ("--period", "2024"), "mid-2024"),
        ("residents.csv", ("--period", "mid-2024"), "mid-2024"),
        ("mye24tables_for_us.csv", (), "mid-2024"),
    ],
)
def test_a_year_that_a_file_does_not_say_is_said_for_it_and_logged(root, tmp_path, name, words, label):
    (tmp_path / name).write_text(AGES, encoding="utf-8")
    assert receive(str(tmp_path / name), "--source", "ons_population", *words) == 0
    assert set(partnership.loaded(root).observations["period_label"]) == {label}


def test_without_its_year_a_file_is_refused_with_the_words_to_type(root, tmp_path, capsys):
    (tmp_path / "residents.csv").write_text(AGES, encoding="utf-8")
    assert receive(str(tmp_path / "residents.csv"), "--source", "ons_population") == 3
    assert "--period" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("title", "words", "told"),
    [
        ("Residents, mid-2023\n", ("--period", "2024"), "said to be of 2024"),
        ("", ("--period", "2024", "--sheet", "MYE2"), "no sheets"),
    ],
)
def test_what_is_said_of_a_file_and_cannot_be_is_refused_and_not_logged(root, tmp_path, capsys, title, words, told):
    (tmp_path / "residents.csv").write_text(title + AGES, encoding="utf-8")
    assert receive(str(tmp_path / "residents.csv"), "--source", "ons_population", *words) in (2, 3)
    assert told in capsys.readouterr().err and log(root) == []


def test_one_sheet_of_a_workbook_of_several_is_taken_in(root, tmp_path, capsys):
    book = openpyxl.Workbook()
    for name, value in (("One", 1.0), ("Two", 2.0)):
        partnership.export(tmp_path / "deaths.csv", {CODE: value})
        sheet = book.create_sheet(name)
        for row in csv.reader((tmp_path / "deaths.csv").read_text(encoding="utf-8").splitlines()):
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(file := tmp_path / "deaths.xlsx")

    assert cli.main(["read", "fingertips", str(file)]) == 3 and "--sheet" in capsys.readouterr().err
    assert receive(str(file), "--source", "fingertips", "--sheet", "Three") == 3 and log(root) == []
    assert receive(str(file), "--source", "fingertips", "--sheet", "two") == 0
    assert set(partnership.loaded(root).observations["value"]) == {2.0}
    assert receive(str(file), "--source", "fingertips", "--sheet", "One") == 2 and len(log(root)) == 1


@pytest.mark.parametrize(
    ("indicator", "value", "taken"),
    [
        *(("population", 210_000, True), ("population", 21_000, False), ("population", 500_000, False)),
        *(("drug_misuse_deaths", 60, True), ("drug_poisoning_deaths", 2_100, False)),
    ],
)
def test_residents_and_deaths_are_held_against_who_lives_there(indicator, value, taken):
    row = {"area": CODE, "indicator": indicator, "value": float(value), "period_label": "2023", "row": 2}
    check = partial(misplaced.refuse_implausible, pd.DataFrame([row]), pd.Series({CODE: 208_000.0}), Path("a.csv"))
    if taken:
        assert check() is None
    else:
        with pytest.raises(UnreadableInput, match="208,000 people live"):
            check()


def test_a_file_of_another_area_is_refused_and_not_logged(root, sent, capsys):
    sent.write_text(sent.read_text().replace(CODE, "E08000012"))
    assert receive(str(sent), "--source", "police") == 2
    assert "Liverpool" in capsys.readouterr().err and log(root) == []


def test_one_file_under_two_sources_is_refused(root, sent, tmp_path, capsys):
    both = partnership.form(tmp_path / "mail" / "both.csv", NETWORKS, WORKFORCE)
    assert receive(str(both), "--source", "police") == 0
    assert receive(str(both), "--source", "icu") == 2
    assert "--withdraw" in capsys.readouterr().err and len(log(root)) == 1


def test_dates_that_a_spreadsheet_wrote_into_the_log_are_read(root, sent):
    receive(str(sent), "--source", "police")
    file = root / "data/areas" / AREA / received.LOG
    file.write_text(file.read_text().replace(",2025-01-14,", ",14/01/2025,"))
    held = partnership.loaded(root)
    assert list(held.observations["received"]) == ["2025-01-14"] and held.refused.empty


def test_what_was_refused_or_came_later_never_looks_as_if_it_had_not_come(root, sent):
    receive(str(sent), "--source", "police")
    sent.with_name("bad.csv").write_text("year,people\n2024,fifty\n", encoding="utf-8")
    receive(str(sent.with_name("bad.csv")), "--source", "fingertips")
    told = list(aside.told(partnership.loaded(root), areas.load(root, AREA), "2025-01-01"))
    assert "1 of the files received are set aside" in told[0] and "bad.csv" in told[0]
    assert "1 figures of 1 measures, in 1 files, were received after 2025-01-01" in told[1]


def test_what_takes_part_is_not_told_as_left_out(root, sent):
    receive(str(sent), "--source", "police")
    assert list(aside.told(partnership.loaded(root), areas.load(root, AREA), "2025-01-14")) == []


def test_receiving_that_is_killed_at_any_step_loses_nothing_and_logs_nothing_falsely(root, sent, tmp_path, thorough):
    assert receive(str(partnership.form(tmp_path / "first.csv", WORKFORCE)), "--source", "icu") == 0
    shutil.copytree(root / "data", tmp_path / "before")
    kills = 0
    for step in range(1, 51) if thorough else (6, 12):
        shutil.rmtree(root / "data")
        shutil.copytree(tmp_path / "before", root / "data")
        kills += killed(step, lambda: receive(str(sent), "--source", "police"))
        held = log(root)
        assert held[0]["source"] == "icu" and len(held) <= 2
        assert receive(str(sent), "--source", "police") == 0
        entries = received.log(root / "data/areas" / AREA, {"icu", "police"})
        assert [(entry.source, entry.rule, entry.edited) for entry in entries] == [
            ("icu", "", False), ("police", "", False)
        ]  # fmt: skip
        assert received.unlogged(root / "data/areas" / AREA, entries) == []
    print(f"\n{kills} kills while receiving: nothing lost, nothing read wrongly")
    assert kills
