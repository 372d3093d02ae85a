"""Releasing: audited, marked, written into the ledger, frozen; and refused in words where anything leaks."""

import base64
import json
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import partnership
from drug_outcomes import cli, figures
from drug_outcomes.definitions import framework
from drug_outcomes.disclosure import ledger
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.publishing import outputs_folder, outputs_index, release, site, snapshots
from drug_outcomes.reporting import report
from killing import killed
from material import PROJECT
from partnership import AREA, CODE
from searching import places_of

#: What the police sent: restricted, and long enough to be found in any file.
SECRET = 48_271
NOTEBOOK = "notebooks/break_supply_chains.ipynb"
NAME = ("--by", "A. Analyst", "--on", "2025-04-02")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A partnership with a restricted return and published deaths, and its draft for the public."""
    base = tmp_path_factory.mktemp("release")
    root = partnership.make(base / "project")
    (root / "notebooks").mkdir()
    shutil.copyfile(PROJECT / NOTEBOOK, root / NOTEBOOK)
    sent = partnership.form(
        base / "police.csv",
        ("drug_seizure_volume", "Dec 24", SECRET),
        ("active_drug_networks", "Nov 24", 61),
        ("active_drug_networks", "Dec 24", 57),
    )
    deaths = partnership.export(base / "92432.csv", {CODE: 7.1, "E92000001": 5.5})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))
        assert partnership.receive(sent, "police", "2025-01-14") == 0
        assert partnership.receive(deaths, "fingertips", "2025-01-14", "--approved-for", "public") == 0
        assert cli.main(["snapshot", "--area", AREA]) == 0
    return root


@pytest.fixture(scope="module")
def released(built, tmp_path_factory) -> Path:
    """The same, released. Tests must leave it as it is."""
    home = tmp_path_factory.mktemp("released") / "project"
    shutil.copytree(built, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(home))
        assert cli.main(["release", str(draft(home)), *NAME]) == 0
    return home


@pytest.fixture
def copied(tmp_path, monkeypatch) -> Callable[[Path], Path]:
    """Copy a project, so that a test may do with it what it likes."""

    def copy(project: Path) -> Path:
        shutil.copytree(project, tmp_path / "project")
        monkeypatch.setenv(framework.HOME_VARIABLE, str(tmp_path / "project"))
        return tmp_path / "project"

    return copy


def draft(root: Path) -> Path:
    return root / "outputs" / AREA / "2024-25-q3" / "public"


def pages(folder: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.html")))


def told(root: Path) -> dict[str, Any]:
    return json.loads((draft(root) / "snapshot.json").read_text(encoding="utf-8"))


def lines(root: Path) -> pd.DataFrame:
    return ledger.of_area(root / "data/areas" / AREA)


def test_a_restricted_figure_is_in_no_byte_of_the_public_folder(built):
    assert places_of(SECRET, draft(built)) == set()
    assert places_of(SECRET, built / "data/areas" / AREA / "restricted") == {"police.csv"}


def test_the_search_looks_into_archives_and_base64(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", f"<p>{SECRET}</p>" * 9)
    text = base64.b64encode(f"<svg><text>the figure {SECRET} here</text></svg>".encode()).decode()
    (tmp_path / "b.html").write_text(f'<img src="data:image/svg+xml;base64,{text}">')

    assert places_of(SECRET, tmp_path) == {"a.ods/content.xml", "b.html, base64"}


def test_a_release_takes_off_the_mark(built, released):
    assert site.DRAFT in pages(draft(built))
    assert site.DRAFT not in pages(draft(released))
    assert "Released on 2 April 2025" in pages(draft(released))


def test_a_release_says_who_when_and_with_whose_approval(released):
    record = told(released)["released"]

    assert (record["by"], record["on"]) == ("A. Analyst", "2025-04-02")
    assert [(row["source"], row["figures"]) for row in record["sources"]] == [("fingertips", 1)]
    assert record["sources"][0]["approval"].startswith("approved for the public")


def test_a_release_is_written_into_the_ledger_without_hidden_figures(released):
    file = released / "data/areas" / AREA / "released/ledger.csv"

    assert set(ledger.known_before(lines(released))["measure"]) == {"drug_misuse_deaths"}
    assert str(SECRET) not in file.read_text(encoding="utf-8")


def test_a_released_snapshot_is_never_built_over(released, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(released))
    before = {file: file.read_bytes() for file in draft(released).rglob("*") if file.is_file()}
    again, later = (*snapshots.requests(area=AREA), *snapshots.requests(area=AREA, as_of="2025-06-30"))

    assert list(snapshots.build_all([again], force=True)) == [draft(released)]
    assert later.folder(released) == draft(released).with_name("public.2025-06-30")
    assert {file: file.read_bytes() for file in draft(released).rglob("*") if file.is_file()} == before


def test_what_was_released_last_is_what_changes_are_counted_from(built, released):
    question = (AREA, "public", ("2024-25-q4", "2025-06-30"))

    assert outputs_index.last_released(built, *question) is None
    assert outputs_index.last_released(released, *question) == draft(released)
    assert "Released" in (released / "outputs/index.html").read_text(encoding="utf-8")


def test_a_withdrawn_snapshot_says_so_and_stays_known(released, copied):
    root, known = copied(released), len(ledger.known_before(lines(released)))
    words = ["release", str(draft(root)), "--withdraw", "--by", "A. Analyst", "--on", "2025-05-01"]

    assert cli.main(words) == 0
    assert "Withdrawn on 1 May 2025" in pages(draft(root)) and outputs_index.stands_released(draft(root)) == ""
    assert lines(root)["event"].iloc[-1] == "withdrawn" and len(ledger.known_before(lines(root))) == known


def test_a_draft_after_a_withdrawal_carries_no_mark_of_the_withdrawn_one(released, copied, capsys):
    root = copied(released)
    words = ["release", str(draft(root)), "--withdraw", "--by", "A. Analyst", "--on", "2025-05-01"]
    assert cli.main(words) == 0
    assert cli.main(["list", "--area", AREA]) == 0
    assert "the snapshot was withdrawn" in capsys.readouterr().out
    assert cli.main(["snapshot", "--area", AREA]) == 0

    every = [file.read_text(encoding="utf-8") for file in draft(root).glob("*.html")]
    assert all(site.DRAFT in page and "Withdrawn on" not in page for page in every)


def test_a_released_snapshot_is_listed_as_kept(released, monkeypatch, capsys):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(released))

    assert cli.main(["list", "--area", AREA]) == 0
    assert capsys.readouterr().out.endswith(" public: released, and kept as it is\n")


def test_a_public_snapshot_names_no_restricted_file(built):
    assert [name for name in told(built)["inputs"] if "restricted" in Path(name).parts] == []


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (["--by", " ", "--on", "2025-04-02"], 2, "a name"),
        (["--by", "A. Analyst", "--on", "2025-01-01"], 2, "from 2025-03-05 on"),
        (["--by", "A. Analyst", "--on", "2025-04-02", "--withdraw"], 2, "not released"),
        ([*NAME, "--approval", "police"], 2, "no approval is told"),
    ],
)
def test_a_release_that_cannot_be_is_refused_in_words(built, monkeypatch, capsys, words, code, found):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(built))

    assert cli.main(["release", str(draft(built)), *words]) == code
    assert found in capsys.readouterr().err
    assert "released" not in told(built) and lines(built).empty


def test_only_a_snapshot_as_it_was_built_is_released_and_only_once(built, released, copied, capsys):
    root = copied(built)
    assert cli.main(["release", str(root / "data"), *NAME]) == 3
    page = draft(root) / "index.html"
    page.write_text(page.read_text(encoding="utf-8") + "<p>edited</p>", encoding="utf-8")
    assert cli.main(["release", str(draft(root)), *NAME]) == 3
    assert cli.main(["release", str(draft(released)), *NAME]) == 2
    assert "was released already" in capsys.readouterr().err


def test_a_snapshot_of_other_data_is_not_released(built, copied, tmp_path, capsys):
    root = copied(built)
    newer = partnership.export(tmp_path / "new.csv", {CODE: 9.9, "E92000001": 5.6}, period="2022 - 24")
    partnership.receive(newer, "fingertips", "2025-02-20", "--approved-for", "public")

    assert cli.main(["release", str(draft(root)), *NAME]) == 2
    assert "not what the data give today" in capsys.readouterr().err


def bulletin(root: Path) -> None:
    """Write into the ledger what a bulletin of February showed: the quarter's seizures, and its first months."""
    head = {"edition": "bulletin", "event": "released", "on": "2025-02-01", "audience": "public"}
    about = {"as_of": "2025-02-01", "measure": "drug_seizure_volume", "area": CODE, "period_basis": "month"}
    counts = {("2024-10", "2024-12"): SECRET + 51_000, ("2024-10",) * 2: 30_000, ("2024-11",) * 2: 21_000}
    table = pd.DataFrame(
        [
            {**head, **about, "period_start": start, "period_end": end, "value": count, "numerator": count}
            for (start, end), count in counts.items()
        ]
    )
    file = root / "data/areas" / AREA / "released/ledger.csv"
    ledger.append(file, table.reindex(columns=list(ledger.COLUMNS)))


def test_a_leak_is_refused_with_code_four_in_words_without_numbers(built, copied, capsys):
    root = copied(built)
    bulletin(root)

    assert cli.main(["release", str(draft(root)), *NAME]) == 4
    words = capsys.readouterr().err
    assert "drug_seizure_volume" in words and "accepted_disclosures.csv" in words
    assert str(SECRET) not in words and site.DRAFT in pages(draft(root))


def test_figures_that_no_owner_published_need_the_owners_approval(tmp_path, monkeypatch):
    root = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    early = partnership.export(tmp_path / "92432.csv", {CODE: 7.1, "E92000001": 5.5})
    partnership.receive(early, "fingertips", "2025-01-14", "--approved-for", "restricted_until 2025-02-01")
    asked = report.question(root, AREA)
    known = figures.known(root, asked)

    with pytest.raises(DisclosureRefused, match="not published: fingertips"):
        release.sources(known, {})
    told = release.sources(known, {"fingertips": "the publisher, 1 April"})
    assert told[0]["approval"] == "the publisher, 1 April"


def test_an_edition_for_the_partnership_leaves_no_figure_in_the_ledger(built):
    asked = report.question(built, AREA, audience="partnership")
    held = figures.known(built, asked)
    added = held.rules.lines(held.shown, edition="one", on="2025-04-02", by="A. Analyst")

    assert added[["audience", "measure"]].to_numpy().tolist() == [["partnership", ""]]


def test_in_one_run_an_earlier_date_counts_as_released_for_the_later_ones(built):
    dates = ("2025-01-31", "2025-01-31", "2025-03-05")
    first, again, later = figures.in_turn(built, [report.question(built, AREA, as_of=on) for on in dates])

    assert first is again
    assert set(ledger.known_before(later.rules.context.ledger)["measure"]) == {"drug_misuse_deaths"}


def test_a_release_that_is_killed_at_any_step_loses_nothing(built, copied, tmp_path, thorough):
    """What it writes is written by one function: that is killed, without the audit before it."""
    root = copied(built)
    shutil.copytree(root, tmp_path / "before")
    writing = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "_put", lambda *all_of_it: writing.append(all_of_it))
        release.release(root, draft(root), by="A. Analyst", on="2025-04-02")
    put = partial(release._put, *writing[0])
    kills = in_ledger = 0
    for step in range(2, 102, 2) if thorough else (16, 40):
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "before", root)
        kills += killed(step, put)
        outputs_folder.sweep(root)
        written = len(lines(root))
        in_ledger += bool(written)
        assert written in (0, len(writing[0][-1])) and release._manifest(draft(root))
        assert written or not outputs_index.stands_released(draft(root)), "released, and the ledger does not know"
        assert [folder.name for folder in draft(root).parent.iterdir()] == ["public"]
    print(f"\n{kills} kills while releasing, {in_ledger} once the ledger was written: nothing lost, nothing half done")
    assert kills
