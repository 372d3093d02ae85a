"""Southampton's real figures: re-typed faithfully, each with where it came from, and nothing invented."""

import hashlib

import pandas as pd
import pytest

from drug_outcomes.definitions import areas, framework
from drug_outcomes.sources import form, scorecard_edition

CODES = {"E06000045": "Southampton", "E92000001": "England"}


@pytest.fixture(autouse=True, scope="module")
def _at_home(project):
    patch = pytest.MonkeyPatch()
    patch.setenv(framework.HOME_VARIABLE, str(project))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def folder(project):
    return project / "data" / "areas" / "southampton"


@pytest.fixture(scope="module")
def log(folder):
    return pd.read_csv(folder / "received.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def edition(folder):
    return form.read(folder / "received" / "scorecard_edition" / "2025-03-31.csv")


@pytest.fixture(scope="module")
def history(folder, log):
    files = [name for name in log["file"] if name.endswith("history.csv")]
    return pd.concat([form.read(folder / name) for name in files], ignore_index=True)


@pytest.fixture(scope="module")
def golden(project):
    return pd.read_csv(project / "tests" / "golden" / "scorecard.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def reference(project):
    found = project.parent / "shared" / "reference"
    if not found.is_dir():
        pytest.skip("the published documents are not here")
    return found


# The area


def test_the_edition_is_that_of_the_published_scorecard(project):
    area = areas.load(project, "southampton")
    assert (area.edition_period, area.edition_as_of, area.fictional) == ("2024/25 Q3", "2025-03-31", False)


def test_the_log_knows_every_file_by_its_content(folder, log):
    held = {path.relative_to(folder).as_posix() for path in (folder / "received").rglob("*") if path.is_file()}
    assert set(log["file"]) == held
    for name, digest in zip(log["file"], log["sha256"], strict=True):
        content = (folder / name).read_bytes().replace(b"\r\n", b"\n")  # as committed, also on Windows
        assert hashlib.sha256(content).hexdigest() == digest, name


def test_every_figure_says_who_published_it_when_and_under_which_licence(edition, history):
    rows = pd.concat([edition, history], ignore_index=True)
    for column in ("publisher", "vintage", "licence", "received", "release", "release_basis", "source"):
        assert (rows[column] != "").all(), column
    assert set(rows["release"]) == {"public"}
    assert rows["received"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()


def test_no_figure_is_known_before_its_period_ends(edition, history):
    rows = pd.concat([edition, history], ignore_index=True)
    assert (rows["received"].str[:7] >= rows["period_end"]).all()


def test_only_the_area_and_england_have_figures(edition, history):
    assert set(edition["area"]) == set(CODES)
    assert set(history["area"]) == set(CODES)


# The published scorecard


def test_the_forty_published_rows_are_held_for_both_areas(edition, golden):
    assert len(golden) == 40
    assert edition.groupby("area")["measure"].apply(list).map(lambda ids: ids == list(golden["measure"])).all()


@pytest.mark.parametrize(("code", "column"), [("E06000045", "value_text"), ("E92000001", "england_text")])
def test_the_edition_prints_what_the_golden_file_says(edition, golden, code, column):
    assert list(edition.loc[edition["area"] == code, "text"]) == list(golden[column])


def test_the_golden_file_agrees_with_the_edition_in_all_that_is_printed(edition, golden):
    here = edition[edition["area"] == "E06000045"].reset_index(drop=True)
    for column, printed in (("number", "published_number"), ("title", "published_title"), ("unit", "published_unit"),
                            ("period", "period_label"), ("direction", "published_direction"),
                            ("compared", "published_compared")):  # fmt: skip
        assert list(here[printed]) == list(golden[column]), column


def test_exactly_the_unsound_cells_are_marked(golden):
    unsound = golden[golden["sound"] != "yes"].set_index("number")["sound"]
    cells = {number: [part.split(":")[0].strip() for part in text.split("|")] for number, text in unsound.items()}
    assert cells == {"33": ["value", "direction"], "39": ["direction", "england"]}


def test_numbers_of_the_golden_file_are_those_of_the_framework(golden, project):
    measures = framework.load(project / framework.FRAMEWORK).measures
    assert list(golden["measure"]) == list(measures["measure"])
    assert list(golden["number"].astype(int)) == list(measures["number"])


def test_the_retyped_edition_is_the_published_one_cell_by_cell(edition, reference):
    published = scorecard_edition.read(reference / "local_outcomes_framework.tsv")
    columns = ["measure", "area", "period_label", "period_start", "period_end", "value", "numerator", "bound_low",
               "bound_high", "segment", "status", "text", "note", "published_number", "published_title",
               "published_unit", "published_direction", "published_compared"]  # fmt: skip
    pd.testing.assert_frame_equal(edition[columns], published[columns])


def test_both_published_files_are_read_alike(reference):
    columns = ["measure", "area", "period_start", "value", "status", "text", "published_compared"]
    first, second = (
        scorecard_edition.read(reference / name) for name in ("local_outcomes_framework.tsv", "scorecard_published.csv")
    )
    pd.testing.assert_frame_equal(first[columns], second[columns])


# History


def test_the_history_holds_every_row_of_the_same_definition_and_no_other(history, reference, project):
    table = pd.read_csv(reference / "southampton_history.csv", dtype=str, keep_default_na=False)
    table = table[table["measure_no"].str.fullmatch(r"\d+")]
    numbers = framework.load(project / framework.FRAMEWORK).measures.set_index("number")["measure"]
    wanted = pd.DataFrame(
        {
            "measure": table["measure_no"].astype(int).map(numbers),
            "area": table["area_code"],
            "period_label": table["period"],
            **{name: pd.to_numeric(table[name], errors="coerce") for name in ("value", "numerator", "denominator")},
            "lower": pd.to_numeric(table["lower_ci"]),
            "upper": pd.to_numeric(table["upper_ci"]),
            "received": table["released"],
        }
    ).astype({"measure": "str"})
    key = ["measure", "area", "period_label", "received"]
    pd.testing.assert_frame_equal(
        history[wanted.columns].sort_values(key, ignore_index=True), wanted.sort_values(key, ignore_index=True)
    )


def test_an_approximate_date_is_said_to_be_one(history):
    told = history["note"].str.contains("release date approximate")
    assert set(history.loc[~told, "measure"]) == {"drug_misuse_deaths"}


def test_a_small_number_that_was_withheld_is_no_zero(history):
    hidden = history[history["text"] == "x"]
    assert len(hidden) == 9
    assert set(hidden["status"]) == {"suppressed"}
    assert hidden["value"].isna().all()


def test_the_next_deaths_come_after_the_edition(history):
    deaths = history[history["measure"] == "drug_misuse_deaths"].set_index("area")
    assert deaths["text"].to_dict() == {"E06000045": "5.23", "E92000001": "5.80"}
    assert set(deaths["received"]) == {"2026-09-24"}


def test_stretches_that_must_not_be_joined_have_names_of_their_own(edition, history):
    rows = pd.concat([edition, history], ignore_index=True)
    newest = edition.set_index("measure")["segment"].to_dict()
    for measure in ("unmet_need_opiates_and_or_crack", "unmet_need_alcohol", "school_suspensions",
                    "school_permanent_exclusions", "drug_offences"):  # fmt: skip
        segments = rows.loc[rows["measure"] == measure].groupby("segment")["period_end"].agg(["min", "max"])
        ordered = segments.sort_values("min")
        assert len(ordered) > 1, measure
        assert (ordered["max"].shift().fillna("") < ordered["min"]).all(), measure
        assert newest[measure] in ordered.index, measure


@pytest.mark.parametrize("measure", ["unmet_need_opiates", "unmet_need_crack", "unmet_need_alcohol"])
def test_the_area_and_england_stand_in_the_same_stretch(edition, measure):
    assert len(set(edition.loc[edition["measure"] == measure, "segment"])) == 1


def test_series_break_where_the_framework_says_so(edition, history, project):
    breaks = framework.load(project / framework.FRAMEWORK).series_breaks
    breaks = breaks[(breaks["kind"] == "break") & (breaks["from_period"] != "")]
    rows = pd.concat([edition, history], ignore_index=True)
    for measure, start in zip(breaks["measure"], breaks["from_period"].str[:4], strict=True):
        mine = rows[rows["measure"] == measure]
        before = mine["period_start"] < f"{start}-04"
        assert not set(mine.loc[before, "segment"]) & set(mine.loc[~before, "segment"]), measure


# Events


def test_events_name_measures_of_the_framework(folder, project):
    events = pd.read_csv(folder / "events.csv", dtype=str, keep_default_na=False)
    known = set(framework.load(project / framework.FRAMEWORK).measures["measure"])
    assert {name for names in events["measures"] for name in names.split(";")} <= known
    assert set(events["kind"]) <= {"break", "context"}
