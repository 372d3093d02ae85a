"""A year of a partnership, typed as commands; every earlier state is there again as of its day."""

import csv
import io
import itertools
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import partnership
from drug_outcomes import cli
from drug_outcomes.definitions import areas, framework
from drug_outcomes.intake import corrections, vintages
from partnership import AREA, CODE

NEW = {
    "action": "add", "measure": "naloxone_kits", "number": "41", "priority": "treatment_and_recovery",
    "commitment": "services_capacity", "title": "Number of naloxone kits given out", "unit": "kits",
    "kind": "count", "per": "1", "basis": "quarter_fin", "window_months": "3", "cadence": "3", "usual_lag": "2",
    "polarity": "activity", "source": "icu", "benchmark": "E92000001", "disclosive": "not", "decimals": "0",
    "definition": "Kits given out in the quarter.", "why_it_matters": "Naloxone reverses an overdose.",
    "caveats": "Kits given out are not kits used.", "active_from": "2025-04", "modelled": "no", "counted": "yes",
}  # fmt: skip
FIX = {
    "correction": "course_typed_tenfold", "measure": "drug_diversion_referrals", "period": "2024/25 Q3",
    "area": CODE, "breakdown": "", "action": "replace", "value": "42", "expect": "420", "reason": "A nought too many.",
    "told": "The provider", "status": "told", "reference": "call of 10 April", "declared": "2025-04-10",
}  # fmt: skip


def filled(folder: Path, source: str, on: str, values: dict[str, float]) -> Path:
    """Write a partner's form with the command, fill in the workbook as the partner would."""
    words = ["template", "--source", source, "--area", AREA, "--folder", str(folder), "--on", on]
    assert cli.main(words) == 0
    file = folder / f"{source}-{CODE}.xlsx"
    book = openpyxl.load_workbook(file)
    header, *rows = book["Return"].iter_rows()
    places = {cell.value: place for place, cell in enumerate(header)}
    known = areas.with_definitions(framework.home(), AREA)[0].measures.set_index("title")["measure"]
    for row in rows:
        measure = known[row[places["measure"]].value]
        if measure in values:
            row[places["value"]].value = values[measure]
    book.save(file)
    return file


def table(file: Path, *rows: dict[str, str]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8")


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> tuple[Path, dict[str, pd.Series]]:
    """Live through the year; return the project and what was known at the end of each of its days."""
    base = tmp_path_factory.mktemp("year")
    root, mail, states = partnership.make(base / "project"), base / "mail", {}
    folder = root / "data/areas" / AREA
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))

        def came(source: str, on: str, due: str, values: dict[str, float], *more: str) -> None:
            assert partnership.receive(filled(mail / on, source, due, values), source, on, *more) == 0

        def day(on: str) -> None:
            states[on] = partnership.known(root, on)

        # forms out, returns in; one partner does not answer
        assert cli.main(["requests", "--area", AREA, "--on", "2025-02-03"]) == 0
        came("police", "2025-02-12", "2025-02-03", {"active_drug_networks": 51, "drug_seizure_volume": 20187})
        came("drugscope", "2025-02-18", "2025-02-03", {"drug_diversion_referrals": 420})
        day("2025-02-20")
        # the late partner, two days before the meeting
        came("icu", "2025-03-03", "2025-03-01", {"treatment_workforce": 70, "caseload_adults": 45.5})
        day("2025-03-05")
        # after the meeting the police send their file again, under the same name, with another figure
        came("police", "2025-03-19", "2025-02-03", {"active_drug_networks": 48, "drug_seizure_volume": 20187})
        day("2025-03-20")
        # the course provider typed a nought too many: a correction, until the provider sends it again
        table(folder / corrections.FILE, FIX)
        day("2025-04-10")
        # a new measure
        table(folder / "measures.csv", NEW)
        came("icu", "2025-09-02", "2025-09-01", {"treatment_workforce": 72, "naloxone_kits": 130})
        day("2025-09-05")
        # the provider has another name, in the area's own title and in what it calls itself
        title = {"action": "retitle", "measure": "drug_diversion_referrals", "title": "Referrals to Second Turning"}
        table(folder / "measures.csv", NEW, title)
        came("drugscope", "2025-10-20", "2025-08-20", {"drug_diversion_referrals": 44}, "--from", "Second Turning")
        day("2025-10-21")
        # and the provider mends the old figure
        mended = partnership.form(mail / "mended.csv", ("drug_diversion_referrals", "2024/25 Q3", 42))
        assert partnership.receive(mended, "drugscope", "2025-11-04") == 0
        day("2025-11-05")
        yield root, states


def value(state: pd.Series, measure: str, period: str) -> float:
    return float(state[(measure, period)])


def test_every_earlier_state_is_there_again_as_of_its_day(year):
    root, states = year

    for on, state in states.items():
        pd.testing.assert_series_equal(partnership.known(root, on), state, obj=on)


def test_every_step_changed_what_was_known(year):
    _, states = year
    days = list(states.values())

    # The last step only confirms what the correction had shown already.
    same = [before.equals(after) for before, after in itertools.pairwise(days)]
    assert same == [False, False, False, False, False, True]


def test_the_late_partner_is_missing_before_and_there_at_the_meeting(year):
    _, states = year

    assert pd.isna(states["2025-02-20"].get(("treatment_workforce", "2024/25 Q3")))
    assert value(states["2025-03-05"], "treatment_workforce", "2024/25 Q3") == 70


def test_the_meeting_saw_the_first_figure_and_later_readers_the_revised_one(year):
    _, states = year

    assert value(states["2025-03-05"], "active_drug_networks", "Dec 24") == 51
    assert value(states["2025-03-20"], "active_drug_networks", "Dec 24") == 48


def test_the_revision_is_listed_with_both_releases(year):
    root, _ = year
    found = vintages.revisions(partnership.loaded(root).observations)
    one = found[found["measure"] == "active_drug_networks"].iloc[0]

    assert (one["old_value"], one["new_value"], one["difference"]) == (51, 48, -3)
    assert one["old_vintage"] == "Police return, received 2025-02-12"
    assert one["new_vintage"] == "Police return, received 2025-03-19"


def test_the_correction_holds_from_its_day_until_the_provider_mends_the_figure(year):
    root, states = year
    definitions, place = areas.with_definitions(root, AREA)
    rows = partnership.loaded(root).observations
    outcomes = [
        corrections.outcomes(rows[rows["received"] <= on], place, on)["outcome"].tolist()
        for on in ("2025-04-09", "2025-04-10", "2025-11-05")
    ]

    assert value(states["2025-03-20"], "drug_diversion_referrals", "2024/25 Q3") == 420
    assert value(states["2025-04-10"], "drug_diversion_referrals", "2024/25 Q3") == 42
    assert outcomes == [[], ["applied"], ["changed"]]
    assert definitions.measure("naloxone_kits").number == 41


def test_the_new_measure_is_on_the_form_and_among_the_figures(year):
    _, states = year

    assert value(states["2025-09-05"], "naloxone_kits", "2025/26 Q1") == 130


def test_a_renamed_provider_stays_in_one_series(year):
    root, _ = year
    rows = partnership.loaded(root).observations
    mine = rows[(rows["measure"] == "drug_diversion_referrals") & rows["value"].notna()]

    assert set(mine["period_label"]) == {"2024/25 Q3", "2025/26 Q1"}
    assert set(mine["segment"]) == {""}


def test_no_file_of_the_year_is_set_aside(year):
    root, _ = year

    assert partnership.loaded(root).refused.empty
