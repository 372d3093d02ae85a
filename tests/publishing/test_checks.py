"""Checks: everything read, nothing run, every finding listed, and no restricted figure printed."""

import io
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes import cli
from drug_outcomes.definitions import framework
from drug_outcomes.intake import received
from drug_outcomes.publishing import checks
from partnership import AREA

COLUMNS = "rule,severity,number,measure,area,period,document,place,what,figures,suggestion,status"


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    made = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    sent = partnership.form(tmp_path / "return.csv", ("active_drug_networks", "Dec 24", 51))
    partnership.receive(sent, "police", "2025-01-14")
    return made


def check(capsys, *words: str) -> pd.DataFrame:
    capsys.readouterr()
    assert cli.main(["check", "--area", AREA, "--format", "csv", "--on", "2025-04-01", *words]) in (0, 1)
    text = capsys.readouterr().out
    assert text.splitlines()[0] == COLUMNS
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def receive_unreadable(file: Path, *more: str) -> None:
    """Receive a publisher's extract, shared ahead of its release, in which a figure is no number."""
    partnership.export(file, {partnership.CODE: 12345.5})
    file.write_text(file.read_text(encoding="utf-8").replace("12345.5", "98765 or so"), encoding="utf-8")
    words = ("--approved-for", "partnership", *more)
    assert partnership.receive(file, "fingertips", "2025-02-14", *words) == 3


def found(table: pd.DataFrame, rule: str) -> list[str]:
    return table.loc[table["rule"] == rule, "severity"].tolist()


def test_a_sound_folder_has_no_finding_about_its_files(root, capsys):
    table = check(capsys)

    assert [rule for rule in table["rule"] if rule in {*checks._SUGGESTIONS, "not_logged"}] == []


def test_a_refused_file_is_listed_and_its_contents_are_for_the_partnership(root, tmp_path, capsys):
    receive_unreadable(tmp_path / "bad.csv")
    public, partners = check(capsys), check(capsys, "--audience", "partnership")

    assert found(public, "refused_file") == found(partners, "refused_file") == ["error"]
    assert "98765" not in public.to_csv()
    assert "98765" in partners.to_csv()


def test_a_refused_file_that_was_replaced_is_closed(root, tmp_path, capsys):
    receive_unreadable(tmp_path / "bad.csv", "--note", "replaced by good.csv")
    table = check(capsys)

    assert table.loc[table["rule"] == "refused_file", ["severity", "status"]].to_numpy().tolist() == [
        ["info", "closed"]
    ]


def test_a_file_that_is_not_in_the_log_is_listed(root, capsys):
    partnership.form(root / "data/areas" / AREA / "received/police/dropped.csv", ("active_drug_networks", "Jan 25", 1))

    assert found(check(capsys), "not_logged") == ["warning"]


def test_a_file_edited_after_receipt_is_an_error(root, capsys):
    (root / "data/areas" / AREA / "restricted/police/return.csv").write_text("edited", encoding="utf-8")

    assert found(check(capsys), "edited_after_receipt") == ["error"]


@pytest.mark.parametrize(("on", "severities"), [("2035-01-14", []), ("2035-01-15", ["warning"])])
def test_a_return_kept_beyond_its_date_is_listed(root, capsys, on, severities):
    assert found(check(capsys, "--on", on), "retention_passed") == severities


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.example", *words], cwd=root, check=True, capture_output=True
    )


@pytest.mark.parametrize(
    ("ignored", "expected"), [("", 2), ("/data/store/\n", 1), ("/data/areas/*/restricted/\n/data/store/\n", 0)]
)
def test_restricted_files_that_git_would_take_are_an_error(root, capsys, ignored, expected):
    git(root, "init", "-q")
    (root / ".gitignore").write_text(ignored, encoding="utf-8")

    assert found(check(capsys), "restricted_could_be_committed") == ["error"] * expected


def test_restricted_files_that_git_has_taken_are_an_error(root, capsys):
    git(root, "init", "-q")
    git(root, "add", f"data/areas/{AREA}/restricted")

    assert "restricted_committed" in set(check(capsys)["rule"])


def test_a_restricted_file_among_the_open_ones_is_an_error(root, capsys):
    folder = root / "data/areas" / AREA
    (folder / "received/police").mkdir(parents=True)
    (folder / "restricted/police/return.csv").rename(folder / "received/police/return.csv")
    log = folder / received.LOG
    log.write_text(log.read_text(encoding="utf-8").replace("restricted/police", "received/police"), encoding="utf-8")

    assert found(check(capsys), "restricted_in_the_open") == ["error"]


def test_findings_make_the_command_end_with_one(root, capsys):
    (root / "data/areas" / AREA / "restricted/police/return.csv").unlink()

    assert cli.main(["check", "--area", AREA]) == 1
    assert "file_missing" in capsys.readouterr().out


def test_a_slip_in_the_events_is_refused_with_its_row(root, capsys):
    text = "date,measures,kind,what,source\n2024-11,no_such_measure,break,Something.,Minutes\n"
    (root / "data/areas" / AREA / "events.csv").write_text(text, encoding="utf-8")

    assert cli.main(["check", "--area", AREA]) == 3
    assert "events.csv, row 2" in capsys.readouterr().err


def test_each_hidden_series_is_explained_with_what_would_show_it(root, capsys):
    table = check(capsys).set_index("rule").loc["suppressed"]

    assert table["measure"] == "active_drug_networks" and table["severity"] == "info"
    assert table["what"].startswith("Not for publication") and "51" not in table["what"]
    assert "Ask: Performance analyst of the police force." in table["suggestion"]
    assert "suppressed" not in set(check(capsys, "--audience", "partnership")["rule"])
