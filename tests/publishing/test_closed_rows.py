"""What only the partnership may read stands in restricted/: read for it, never for the public, and never in git."""

from pathlib import Path

import pytest

import partnership
from drug_outcomes.definitions import areas, commentary, events, framework, periods
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.intake import corrections
from drug_outcomes.publishing import closed_rows
from drug_outcomes.statistics import series_analysis
from partnership import AREA

EVENT = "date,measures,kind,what,source\n2024-10,drug_seizure_volume,context,{},minutes\n"
FIX = "correction,measure,area,period,breakdown,action,value,expect,reason,told,status,reference\n"
FIX += "{0},drug_seizure_volume,,Dec 24,,replace,90,900,a digit too many,,,\n"
TARGET = "measure,baseline_period,baseline,target,due,agreed_by,agreed_on,superseded_by\n"
TARGET += "{},{},{},900,2026-03,Board,2024-01-01,\n"
WORDS = "## middle_market\nAuthor: Somebody, 2025-01-31\n\n{}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(home))
    return home


def write(root: Path, name: str, text: str) -> None:
    file = root / "data/areas" / AREA / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("audience", "told"), [(Audience.PUBLIC, ["all"]), (Audience.PARTNERSHIP, ["all", "some"])])
def test_restricted_files_are_read_with_their_namesakes_for_the_partnership_alone(
    root: Path, audience: Audience, told: list[str]
) -> None:
    for place, word in (("", "all"), ("restricted/", "some")):
        write(root, f"{place}events.csv", EVENT.format(word))
        measure, period = {"all": ("suspensions", "2021/22"), "some": ("drug_seizure_volume", "Dec 22")}[word]
        measure = "school_suspensions" if word == "all" else measure
        write(root, f"{place}targets.csv", TARGET.format(measure, period, ""))
        write(root, f"{place}commentary/2024-25-q3.md", WORDS.format(word))
    definitions, area = areas.with_definitions(root, AREA, audience)
    period = periods.parse_quarter("2024/25 Q3")
    said = commentary.read(area, period, audience, definitions.subjects)["middle_market"]
    assert events.read(area, definitions)["what"].tolist() == told
    assert [each.text for each in said] == told
    assert [file.parent.name for file in area.tables(series_analysis.FILE)] == [AREA, "restricted"][: len(told)]


def test_a_restricted_correction_is_made_for_everybody_and_told_to_the_partnership(root: Path, tmp_path: Path) -> None:
    sent = partnership.form(tmp_path / "police.csv", ("drug_seizure_volume", "Dec 24", 900))
    partnership.receive(sent, "police", "2025-01-14", "--approved-for", "public", "--reference", "minutes")
    write(root, "restricted/corrections.csv", FIX.format("slip"))
    _, area = areas.with_definitions(root, AREA)
    rows = partnership.loaded(root).observations
    fixed = corrections.apply(rows, area)
    assert fixed["value"].tolist() == [90.0] and "digit" not in fixed["note"][0]
    assert corrections.outcomes(rows, area)[["closed", "release"]].to_numpy().tolist() == [[True, "restricted"]]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("commentary/2024-25-q3.partnership.md", WORDS.format("some"), ""),
        ("corrections.csv", FIX.format("slip"), "row 2"),
        ("targets.csv", TARGET.format("drug_seizure_volume", "Dec 22", "800"), "row 2"),
    ],
)
def test_what_stands_in_the_open_is_found_before_it_is_committed(
    root: Path, name: str, text: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert closed_rows.main() == 0
    write(root, name, text)
    assert closed_rows.main() == 1
    assert f"{name} {place}:" in capsys.readouterr().out
    write(root, "area.toml", partnership.TOML.replace("fictional = false", "fictional = true"))
    assert closed_rows.main() == 0
