"""The ledger: only ever longer, and read back as what is known."""

from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import ledger
from drug_outcomes.errors import DisclosureRefused, UnreadableInput, UsageError
from material import PROJECT


def shown(*counts: float, withheld: str = "") -> pd.DataFrame:
    rows = [
        {"measure": "entries", "area": "E06000045", "period_start": f"2024-{at:02d}", "text": f"{count:g}"}
        | {"value": count, "numerator": count, "source": "returns", "period_label": f"month {at}"}
        for at, count in enumerate(counts, 1)
    ]
    return observations.frame(rows).assign(withheld=withheld)


def lines(
    figures: pd.DataFrame, before: pd.DataFrame, edition: str, on: str, audience: Audience = Audience.PUBLIC
) -> pd.DataFrame:
    return ledger.entries(figures, before, edition=edition, on=on, by="A. Analyst", audience=audience, as_of=on)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A ledger of one edition with two figures."""
    path = tmp_path / "released" / "ledger.csv"
    ledger.append(path, lines(shown(12, 30), ledger.read(path), "one", "2024-03-01"))
    return path


def test_what_is_appended_is_read_back(file: Path) -> None:
    known = ledger.known_before(ledger.read(file))
    assert known[["edition", "numerator", "by"]].to_numpy().tolist() == [
        ["one", 12.0, "A. Analyst"],
        ["one", 30.0, "A. Analyst"],
    ]


def test_an_area_without_a_ledger_has_released_nothing(tmp_path: Path) -> None:
    assert ledger.known_before(ledger.read(tmp_path / "ledger.csv")).empty


def test_appending_rewrites_nothing(file: Path) -> None:
    before = file.read_bytes()
    ledger.append(file, lines(shown(12, 31), ledger.read(file), "two", "2024-06-01"))
    assert file.read_bytes().startswith(before)


def test_only_new_and_changed_figures_are_written(file: Path) -> None:
    more = lines(shown(12, 31, 40), ledger.read(file), "two", "2024-06-01")
    assert more["numerator"].dropna().tolist() == [31.0, 40.0]


def test_hidden_figures_are_not_written_down() -> None:
    found = lines(shown(987, withheld="suppressed"), ledger.nothing(), "one", "2024-03-01")
    assert len(found) == 1 and "987" not in found.to_csv()


def test_an_edition_is_released_once(file: Path) -> None:
    with pytest.raises(UsageError, match="in the ledger already"):
        lines(shown(1), ledger.read(file), "one", "2024-06-01")


def test_withdrawing_an_edition_keeps_what_was_seen(file: Path) -> None:
    ledger.append(file, ledger.withdrawal(ledger.read(file), edition="one", on="2024-04-01", by="A. Analyst"))
    assert len(ledger.known_before(ledger.read(file))) == 2
    assert ledger.read(file)["event"].tolist() == ["released", "released", "released", "withdrawn"]


def test_only_a_released_edition_can_be_withdrawn(file: Path) -> None:
    with pytest.raises(UsageError, match="not in the ledger"):
        ledger.withdrawal(ledger.read(file), edition="two", on="2024-04-01", by="A. Analyst")


@pytest.mark.parametrize(("on", "known"), [("2024-02-29", 0), ("2024-03-01", 2), ("", 2)])
def test_what_was_released_later_is_not_known_yet(file: Path, on: str, known: int) -> None:
    assert len(ledger.known_before(ledger.read(file), on)) == known


def test_what_the_partnership_was_given_is_not_public() -> None:
    found = lines(shown(12), ledger.nothing(), "one", "2024-03-01", Audience.PARTNERSHIP)
    assert ledger.known_before(found).empty


def test_editions_show_what_was_known_after_each(file: Path) -> None:
    ledger.append(file, lines(shown(12, 31), ledger.read(file), "two", "2024-06-01"))
    found = ledger.editions(ledger.known_before(ledger.read(file)))
    assert [sorted(table["numerator"]) for table in found] == [[12.0, 30.0], [12.0, 31.0]]


def test_a_broken_ledger_is_refused(file: Path) -> None:
    file.write_text("edition,event\none,released\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match=r"ledger\.csv"):
        ledger.read(file)


def test_a_leak_is_refused_until_it_is_accepted(tmp_path: Path) -> None:
    accepted = tmp_path / "accepted_disclosures.csv"
    leak = shown(3)
    with pytest.raises(DisclosureRefused, match="entries month 1") as refusal:
        ledger.refuse_leaks(leak, ledger.read_accepted(accepted))
    assert " 3" not in str(refusal.value)
    words = {"reason": "Printed in October", "by": "A. Analyst", "on": "2024-11-01"}
    leak.assign(**words)[list(ledger.ACCEPTED)].to_csv(accepted, index=False)
    ledger.refuse_leaks(leak, ledger.read_accepted(accepted))


@pytest.mark.parametrize("column", ["reason", "by", "on"])
def test_an_acceptance_needs_reason_name_and_date(tmp_path: Path, column: str) -> None:
    accepted = tmp_path / "accepted_disclosures.csv"
    words = {"reason": "Printed in October", "by": "A. Analyst", "on": "2024-11-01"} | {column: ""}
    shown(3).assign(**words)[list(ledger.ACCEPTED)].to_csv(accepted, index=False)
    with pytest.raises(UnreadableInput, match=f"row 2.*without {column}"):
        ledger.read_accepted(accepted)


def test_southamptons_ledger_starts_with_its_report_and_its_scorecard() -> None:
    known = ledger.known_before(ledger.of_area(PROJECT / "data/areas/southampton"))
    first = known.drop_duplicates("edition")[["edition", "on"]].to_numpy().tolist()
    percentages = known[known["source"] == "progress_report_2024-10"]

    assert first == [
        ["Annual progress report, October 2024", "2024-11-07"],
        ["Local Outcomes Framework, edition of 2024/25 Q3", "2025-03-31"],
    ]
    assert percentages["text"].str.endswith("%").all() and percentages["value"].notna().all()
    assert (known[["publisher", "vintage", "licence"]] != "").all(axis=None)
