"""No label opens a small count: whatever a file, a row of it or the log says, only a named public release does."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import partnership
from drug_outcomes import cli, figures
from drug_outcomes.definitions import framework, observations
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import ledger, policies, withhold
from drug_outcomes.disclosure.policy import of_returns
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.intake import labels, received
from drug_outcomes.intake.received import Entry
from drug_outcomes.publishing import checks, release
from material import PROJECT
from partnership import AREA, CODE

DEFINITIONS = framework.load(PROJECT / "data" / "framework")
POLICIES = policies(DEFINITIONS)
SOURCES = DEFINITIONS.sources.set_index("source")
PEOPLE = sorted(DEFINITIONS.measures.loc[DEFINITIONS.measures["disclosive"] == "people", "measure"])
AS_OF = "2026-06-01"
LABELS = ["public", "partnership", "restricted_until 2026-03-31", "restricted_until 2027-03-31"]
NEEDS = "residential_rehabilitation_entries"


def entry(source: str, approved_for: str, reference: str = "e-mail") -> Entry:
    place = received.OPEN if approved_for == "public" else received.CLOSED
    words = {"received": "2026-01-14", "from_whom": "", "release": "", "note": "", "sha256": ""}
    return Entry(
        f"{place}/{source}/a.csv", source=source, approved_for=approved_for, reference=reference,
        folder=Path(), **words,
    )  # fmt: skip


def seen(file: Entry, measure: str, count: float, own: str = "", row_source: str = "") -> pd.DataFrame:
    """One row of a file, labelled as it would be when it is read, as the public sees it."""
    row = {
        "measure": measure,
        "area": CODE,
        "period_start": "2025-10",
        "period_end": "2025-12",
        "period_basis": "range",
        "period_label": "2025/26 Q3",
        "value": count,
        "numerator": count,
        "text": f"{count:g}",
        "status": "published",
        "source": row_source or file.source,
        "release": own,
    }
    rows = observations.frame([row])
    rows = rows.assign(release=labels.of(rows, file, DEFINITIONS))
    return withhold(rows, of_returns(POLICIES, DEFINITIONS, rows), Audience.PUBLIC, as_of=AS_OF)


def published(measure: str, source: str) -> bool:
    """Whether a source is public and gives a measure, by what the definitions say."""
    other = DEFINITIONS.alternative_sources
    gives = {DEFINITIONS.measure(measure).source, *other.loc[other["measure"] == measure, "source"]}
    return SOURCES["release"][source] == "public" and (source in gives or SOURCES["coverage"][source] == "local")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(SOURCES.index)), st.sampled_from(PEOPLE), st.sampled_from(LABELS),
    st.sampled_from(["", "public", "restricted_until 2026-03-31"]), st.sampled_from(["", "fingertips", "police"]),
    st.integers(1, 4), st.booleans(),
)  # fmt: skip
@example("icu", NEEDS, "restricted_until 2026-03-31", "", "", 3, True)
@example("fingertips", NEEDS, "public", "public", "", 3, True)
def test_a_small_count_that_no_named_public_release_prints_is_hidden(
    source: str, measure: str, label: str, own: str, row_source: str, count: int, named: bool
) -> None:
    shown = seen(entry(source, label, "e-mail" if named else ""), measure, count, own, row_source)
    real = published(measure, row_source or source) and SOURCES["release"][source] == "public"
    assert shown["withheld"][0] or (label == "public" and named and real and own != LABELS[2])
    assert shown["withheld"][0] == "" or pd.isna(shown["value"][0])


@pytest.mark.parametrize("source", sorted(SOURCES.index[SOURCES["audience"] == "public"]))
@pytest.mark.parametrize("label", ["partnership", "restricted_until 2027-03-31"])
@pytest.mark.parametrize("own", ["", "public"])
def test_the_stricter_of_two_labels_wins_though_the_source_is_public(source: str, label: str, own: str) -> None:
    assert seen(entry(source, label), "drug_misuse_deaths", 98.7, own)["withheld"][0] == "restricted"


@pytest.mark.parametrize(
    ("measure", "source", "count", "told"),
    [
        (NEEDS, "icu", 12, 12),
        ("drug_diversion_referrals", "drugscope", 47, 47),
        ("completions_opiates", "ndtms_domes", 13, 15),
    ],
)
def test_an_approved_figure_that_is_large_enough_appears_by_its_publishers_rule(
    measure: str, source: str, count: int, told: int
) -> None:
    assert seen(entry(source, "public"), measure, count)["numerator"][0] == told


@pytest.mark.parametrize(("count", "told"), [(0, [0.0]), (1, []), (7, []), (8, [10.0]), (12, [10.0])])
def test_a_return_about_hospitals_hides_one_to_seven_and_is_rounded(count: int, told: list[float]) -> None:
    assert seen(entry("hospital_statistics", "public"), NEEDS, count)["numerator"].dropna().tolist() == told


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(home))
    return home


def shown(root: Path) -> pd.DataFrame:
    """What the public sees of an area's own figures."""
    held = figures.known(root, figures.question(root, AREA, "2025/26 Q3", AS_OF)).shown
    return held[(held["area"] == CODE) & (held["measure"] != "")]


def relabelled(root: Path, **cells: str) -> None:
    """Edit cells of every row of the log by hand."""
    file = root / "data/areas" / AREA / received.LOG
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([row | cells for row in rows])


def test_an_embargo_that_ended_and_an_edited_log_show_no_small_count(root: Path, tmp_path: Path) -> None:
    sent = partnership.form(tmp_path / "icu.csv", (NEEDS, "2025/26 Q3", 3))
    assert partnership.receive(sent, "icu", "2026-01-14", "--approved-for", "restricted_until 2026-03-31") == 0
    assert shown(root)["withheld"].tolist() == ["suppressed"]
    relabelled(root, approved_for="public", reference="web site")
    assert shown(root)["withheld"].tolist() == ["suppressed"]


def test_a_label_that_was_opened_by_hand_is_a_finding_and_needs_an_approval(root: Path, tmp_path: Path) -> None:
    sent = partnership.form(tmp_path / "icu.csv", (NEEDS, "2025/26 Q3", 31))
    assert partnership.receive(sent, "icu", "2026-01-14") == 0
    assert shown(root)["withheld"].tolist() == ["restricted"]
    relabelled(root, approved_for="public", reference="web site")
    asked = figures.question(root, AREA, "2025/26 Q3", AS_OF)
    assert "label_opened" in set(checks.findings(root, asked, AS_OF)["rule"])
    with pytest.raises(DisclosureRefused, match="not published: icu"):
        release.sources(figures.known(root, asked), {})


def test_a_public_label_without_a_reference_is_refused(root: Path, tmp_path: Path) -> None:
    sent = partnership.form(tmp_path / "icu.csv", (NEEDS, "2025/26 Q3", 31))
    assert cli.main(["receive", str(sent), "--source", "icu", "--area", AREA, "--approved-for", "public"]) == 2
    partnership.receive(sent, "icu", "2026-01-14", "--approved-for", "public", "--reference", "minutes")
    relabelled(root, reference="")
    [row] = received.log(root / "data/areas" / AREA, {"icu"})
    assert row.rule == "log_row" and "row 2" in row.problem and "without a reference" in row.problem


@pytest.mark.parametrize(("on", "hidden"), [("2026-05-31", ""), ("2026-06-02", "suppressed")])
def test_an_approved_small_count_appears_only_once_the_ledger_holds_the_very_same(
    root: Path, tmp_path: Path, on: str, hidden: str
) -> None:
    sent = partnership.form(tmp_path / "icu.csv", (NEEDS, "2025/26 Q3", 3))
    partnership.receive(sent, "icu", "2026-01-14", "--approved-for", "public", "--reference", "minutes")
    held = figures.known(root, figures.question(root, AREA, "2025/26 Q3", AS_OF)).newest
    lines = ledger.entries(
        held[held["measure"] == NEEDS].assign(withheld=""), ledger.nothing(), edition="one", on=on, by="A",
        audience=Audience.PUBLIC, as_of=on,
    )  # fmt: skip
    ledger.append(root / "data/areas" / AREA / ledger.FOLDER / ledger.FILE, lines)
    assert shown(root)["withheld"].tolist() == [hidden]
