"""Words beside the figures: a hidden number is recognised as people write numbers, and little else is."""

from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes.definitions import framework
from drug_outcomes.disclosure import words
from drug_outcomes.errors import DisclosureRefused, UnreadableInput
from material import PROJECT

DEFINITIONS = framework.load(PROJECT / "data" / "framework")
#: 24.78% of 5,012 people, so 1,242; 3 entries; 47 referrals of which 39 were residents.
LOST = pd.DataFrame(
    {
        "measure": ["completions_opiates", "completions_non_opiates", "completions_alcohol"],
        "value": [24.78, 3.0, 47.0], "numerator": [1242.0, 3.0, 47.0], "denominator": [5012.0, None, 86.0],
    }
)  # fmt: skip
VARIANTS = [
    "It was 24.78 per cent.", "It was 24.78%.", "It was 24.8%.", "About 25 %.", "About 25 per cent.",
    "25 percent left.", "It was 24·8.", "It was 24,78 now.", "It was 24. 78 now.", "It was **24**.8 now.",
    "It was &#50;4.8 now.", "It was ２４.８ now.", "It was 2\u200b4.8 now.", "It was 2 4 . 8 now.",
    "twenty-five per cent left", "twenty five percent left", "twenty-four point eight", "A quarter left.",
    "1,242 people", "1 242 people", "1\u2009242 people", "1\u202f242 people", "1\u00a0242 people",
    "1242 people", "one thousand two hundred and forty-two people", "about 1,240 people", "75.2% did not",
    "75.22 per cent stayed", "3,770 people stayed", "one in four left, 1 in 4", "only 3 women",
    "only three women, of 39 residents, left", "three of them", "3 adult women", "47 referrals",
    "forty-seven referrals", "forty seven were referred", "39 were not", "thirty-nine others",
]  # fmt: skip
HARMLESS = [
    "Three services met on 3 March 2025.", "It took 47 days.", "In 2024/25 Q3 and since 2024.",
    "See measure 3 and page 47.", "Ages 18 to 29.", "£47 was spent.", "We met 3 times.",
    "There are 12 workers.", "https://example.org/47/24.78",
    "Waiting times stayed within three weeks for almost everybody.",
]  # fmt: skip


def written(*texts: str, about: str) -> pd.DataFrame:
    rows = range(2, len(texts) + 2)
    return pd.DataFrame({"about": about, "text": list(texts), "file": "events.csv", "row": list(rows)})


@pytest.mark.parametrize("text", VARIANTS)
def test_a_hidden_number_is_recognised_however_it_is_written(text: str) -> None:
    assert words.told(written(text, about="services_capacity"), LOST, DEFINITIONS)[0] == words.BESIDE


@pytest.mark.parametrize("text", HARMLESS)
def test_dates_lengths_of_time_and_small_numbers_of_other_things_are_no_figures(text: str) -> None:
    assert words.told(written(text, about="services_capacity"), LOST, DEFINITIONS)[0] == ""


@pytest.mark.parametrize(
    ("about", "text", "where"),
    [
        ("completions_opiates", "24.8", words.BESIDE),
        ("completions_alcohol", "24.8", words.BESIDE),
        ("workplan", "We completed treatment for 24.8% with opiates.", words.BESIDE),
        ("workplan", "We met 24.8 of our aims.", words.ELSEWHERE),
        ("middle_market", "1,242 grams were found.", words.ELSEWHERE),
        ("workplan", "We met 47 of our aims in time.", words.ELSEWHERE),
        ("workplan", "There is room for 47.", ""),
    ],
)
def test_it_is_refused_beside_its_measure_and_asked_about_elsewhere(about: str, text: str, where: str) -> None:
    assert words.told(written(text, about=about), LOST, DEFINITIONS)[0] == where


def test_a_refusal_names_the_line_and_not_the_number() -> None:
    with pytest.raises(DisclosureRefused) as refusal:
        words.require_untold(written("All well.", "It was 24.8.", about="services_capacity"), LOST, DEFINITIONS, Path())
    assert refusal.value.row == 3 and "24" not in str(refusal.value)


def test_a_line_elsewhere_is_waved_through_by_name_and_reason_alone(tmp_path: Path) -> None:
    line = written("1,242 grams were found.", about="middle_market")
    found = words.require_untold(line, LOST, DEFINITIONS, tmp_path)
    with pytest.raises(DisclosureRefused, match="accepted_words"):
        words.refuse_elsewhere(found)
    file = tmp_path / words.ACCEPTED
    file.parent.mkdir()
    file.write_text('text,reason,by,on\n"1,242  grams were found.",grams,A. Analyst,2025-01-02\n', encoding="utf-8")
    assert words.require_untold(line, LOST, DEFINITIONS, tmp_path).empty
    file.write_text('text,reason,by,on\n"1,242 grams were found.",grams,,2025-01-02\n', encoding="utf-8")
    with pytest.raises(UnreadableInput, match="by"):
        words.require_untold(line, LOST, DEFINITIONS, tmp_path)
