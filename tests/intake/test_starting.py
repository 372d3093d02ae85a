"""Starting an area: from a name to a folder that builds, with what is held and what is to do."""

import io
import random
import time
from pathlib import Path

import pandas as pd
import pytest

import publishers
from drug_outcomes import cli, figures
from drug_outcomes.definitions import alerts, areas, events, framework, ground, plan, polarity
from drug_outcomes.definitions.framework_tables import MEASURE_COLUMNS
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import policy
from drug_outcomes.errors import OutcomesError
from drug_outcomes.intake import corrections, starting
from drug_outcomes.reporting.report import question
from drug_outcomes.statistics import series_analysis
from material import PROJECT


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """Return a project with the definitions and the shelf that ship, and no area."""
    root = tmp_path / "project"
    (root / "data" / "areas").mkdir(parents=True)
    for name in ("framework", "received"):
        (root / "data" / name).symlink_to(PROJECT / "data" / name)
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    return root


def start(*words: str) -> int:
    return cli.main(["start", *words, "--on", "2026-11-30"])


def shown(root: Path, area: str):
    return figures.cleared(root, question(root, area, "", "", Audience.PUBLIC))


def test_a_council_is_started_with_all_that_is_known_of_it(root, capsys):
    assert start("Portsmouth") == 0
    area = areas.load(root, "portsmouth")
    assert (area.code, area.region, area.csp, area.pfa) == ("E06000044", "E12000008", "E22000118", "E23000030")
    assert len(area.neighbours) == 10 and "E06000045" in area.neighbours and len(area.peers) > 10
    assert (area.edition_period, area.edition_as_of) == ("2025/26 Q3", "2026-11-30")
    told = capsys.readouterr().out
    assert "28 points, 1993 to 2020" in told and "fingertips.phe.org.uk/api" in told and "police force" in told


@pytest.mark.parametrize(
    ("name", "code"),
    [("portsmouth", "E06000044"), ("E06000044", "E06000044"), ("E08000019", "E08000039"),
     ("Kent", "E10000016"), ("Somerset", "E06000066"), ("Winchester", "E07000094"), ("Hull", "E06000010")],
)  # fmt: skip
def test_a_council_is_found_by_name_code_or_earlier_code(root, name, code):
    assert starting.find(name, root) == code


@pytest.mark.parametrize(
    ("name", "near"),
    [("Portsmuth", "Portsmouth"), ("Newcastle", "Newcastle-under-Lyme"), ("Cumbria", "Westmorland and Furness"),
     ("Yorkshire", "East Riding of Yorkshire"), ("Hampshire Police", "Hampshire")],
)  # fmt: skip
def test_a_wrong_or_ambiguous_name_is_answered_with_the_nearest(root, name, near, capsys):
    assert start(name) == 2 and near in capsys.readouterr().err
    assert not list((root / "data" / "areas").iterdir())


def test_an_area_that_is_there_is_never_touched(root, capsys):
    start("Portsmouth")
    before = (root / "data/areas/portsmouth/area.toml").read_bytes()
    assert start("Portsmouth") == 2 and "is there already" in capsys.readouterr().err
    assert (root / "data/areas/portsmouth/area.toml").read_bytes() == before


def test_a_partnership_of_several_is_started_from_its_members(root):
    assert start("Reading and Wokingham", "--members", "Reading", "--members", "Wokingham") == 0
    area = areas.load(root, "reading-and-wokingham")
    assert area.members == ("E06000038", "E06000041") and area.pfa == "E23000029" and area.csp == ""
    latest = shown(root, "reading-and-wokingham").latest.set_index("measure")
    parts = [shown_part(root, name) for name in ("Reading", "Wokingham")]
    assert latest["value"]["drug_poisoning_deaths_registered"] == sum(parts)


def shown_part(root: Path, name: str) -> float:
    start(name)
    latest = shown(root, name.casefold().replace(" ", "-")).latest.set_index("measure")
    return float(latest["value"]["drug_poisoning_deaths_registered"])


def test_the_council_that_was_divided_stands_for_the_whole_of_its_heirs(root):
    start("Cumbria", "--members", "Cumberland", "--members", "Westmorland and Furness")
    assert areas.load(root, "cumbria").code == "E10000006"


@pytest.mark.parametrize("words", [["--members", "Reading"], ["--members", "Reading", "--members", "Reading"]])
def test_one_council_twice_is_no_partnership(root, words):
    assert start("Somewhere", *words) == 2


def test_an_id_that_cannot_name_a_folder_is_refused(root):
    assert start("Portsmouth", "--id", "../else") == 2


def test_empty_tables_have_the_columns_that_the_library_reads(root):
    """What area_files.csv documents is what `start` writes and what each table's reader asks for."""
    start("Portsmouth")
    documented = starting.files(PROJECT)
    read_by = {
        "targets.csv": series_analysis.COLUMNS,
        "events.csv": (*events.COLUMNS, *events.OPTIONAL),
        "polarity.csv": polarity.COLUMNS,
        "corrections.csv": (*corrections._COLUMNS, *corrections._OPTIONAL),
        **plan.TABLES,
        f"restricted/{alerts.FILE}": alerts.COLUMNS,
    }
    for name, columns in read_by.items():
        assert set(documented.loc[documented["file"] == name, "column"]) == {one.name for one in columns}, name
    measures = documented.loc[documented["file"] == "measures.csv", "column"]
    assert set(measures) <= {"action", *(one.name for one in MEASURE_COLUMNS)}
    rules = documented.loc[documented["file"] == "policy.csv", "column"]
    assert set(rules) == {"measure", "reason", *policy._STATED}
    keys = documented.loc[documented["file"] == "area.toml", "column"]
    assert set(keys) == {field.name for field in areas._FIELDS}


def test_a_new_area_checks_without_a_finding_about_anything_else(root, capsys):
    start("Portsmouth")
    capsys.readouterr()
    cli.main(["check", "--area", "portsmouth", "--format", "csv", "--on", "2026-11-30"])
    found = pd.read_csv(io.StringIO(capsys.readouterr().out), keep_default_na=False)
    print(found["rule"].value_counts().to_dict())
    assert not found["document"].str.contains("national_outcomes_framework|annual_report").any()


NAMED = ("Portsmouth", "Kent", "Hackney", "Cumberland", "Sheffield")


def test_started_areas_have_series_of_ten_points_at_once(root, thorough):
    known = ground.table(root).query("kind == 'utla' and until == '' and region != ''")["name"]
    drawn = random.Random(22).choice([name for name in known if name not in NAMED])  # noqa: S311
    for name in (*NAMED, drawn) if thorough else (drawn,):
        begun = time.monotonic()
        start(name)
        area = areas.load(root, starting.propose(root, name).id)
        series = shown(root, area.id).series
        mine = series[(series["area"] == area.code) & (series["breakdown"] == "") & series["value"].notna()]
        long = (mine.groupby("measure").size() >= 10).sum()
        print(f"{name}: {long} series of ten or more points, {len(mine)} figures, {time.monotonic() - begun:.0f} s")
        assert long >= 5, name


#: Codes that figures of an area's ground stand under in the publisher's file of 2021.
FILED_UNDER = {
    "Kent": [f"E07000{number}" for number in range(105, 117)], "Cumberland": ["E07000026", "E07000028", "E07000029"],
    "Sheffield": ["E08000019"], "Portsmouth": ["E06000044"], "Hackney": ["E09000012"],
}  # fmt: skip


def test_series_of_started_areas_are_the_publishers_by_another_path(root, real, thorough):
    published = publishers.deaths(real)
    for name in FILED_UNDER if thorough else ("Kent",):
        start(name)
        series = shown(root, name.casefold()).series
        code = areas.load(root, name.casefold()).code
        mine = series[(series["measure"] == "drug_poisoning_deaths_registered") & (series["area"] == code)]
        held = mine[mine["breakdown"] == ""].set_index("period_end")["value"].dropna()
        told = {month for _, area, month in published if area in FILED_UNDER[name]}
        expected = {
            month: sum(published["drug_poisoning_deaths", part, month] for part in FILED_UNDER[name])
            for month in sorted(told)
            if all(("drug_poisoning_deaths", part, month) in published for part in FILED_UNDER[name])
        }
        print(f"{name}: {len(expected)} figures")
        assert len(expected) >= 20 and held.to_dict() == expected, name


def test_every_authority_can_be_started_and_cleared(root, thorough):
    known = ground.table(root).query("kind == 'utla' and until == '' and region != ''")
    names = list(known["code"])
    if not thorough:
        names = names[len(names) // 2 :][:1]
    told: list[tuple[str, float, int]] = []
    refused: dict[str, int] = {}
    for code in names:
        begun = time.monotonic()
        try:
            start(code)
            area = areas.load(root, starting.propose(root, code).id)
            latest = shown(root, area.id).latest
            told.append((code, time.monotonic() - begun, int(latest["value"].notna().sum())))
        except OutcomesError as refusal:
            refused[refusal.found] = refused.get(refusal.found, 0) + 1
    filled = [cells for *_, cells in told]
    print(f"{len(told)} authorities started and cleared, {sum(s for _, s, _ in told):.0f} s; cells filled: "
          f"least {min(filled)}, most {max(filled)}, all {sum(filled)}; refused: {refused}")  # fmt: skip
    assert not refused
