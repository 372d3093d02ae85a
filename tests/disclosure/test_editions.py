"""What earlier editions gave away: counts revised since, and percentage changes that were printed."""

import pandas as pd
import pytest

from drug_outcomes.definitions import columns, observations
from drug_outcomes.definitions.areas import with_definitions
from drug_outcomes.definitions.periods import quarter_of
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Context, Policy, leaks, ledger, seal, withhold
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.reporting import needs_figures
from drug_outcomes.reporting.document_page import DocumentPage
from material import PROJECT

OPEN, CLOSED = Policy(audience=Audience.PUBLIC), Policy()
AREA = "E06000045"
#: How far apart the ends of what an intruder deduces of a count from 1 to 4 must be.
NEEDED = 3


def row(month: int, count: float | None, **fields: object) -> dict[str, object]:
    period = {"period_start": f"2024-{month:02d}", "period_end": f"2024-{month:02d}", "period_basis": "month"}
    names = {"measure": "entries", "area": AREA, "period_label": f"month {month}", "source": "returns"}
    figure = {"value": count, "numerator": count, "text": f"{count:g}", "status": "published"}
    return {**names, **period, **figure, "release": "approved", **fields}


# Counts that are revised: the intruder knows which, and takes one edition from another.


def in_turn(*counts: tuple[int, int], known_then: bool = True) -> list[pd.DataFrame]:
    """Release women, men and their total month after month, each time as they were counted by then."""
    lines, held, shown = ledger.nothing(), observations.empty(), []
    for number, (women, men) in enumerate(counts, 1):
        on = f"2024-0{number + 1}-01"
        parts = [row(1, women, breakdown="sex=Female"), row(1, men, breakdown="sex=Male")]
        table = observations.frame([*parts, row(1, women + men)]).assign(received=on, vintage=on)
        held = pd.concat([held, table], ignore_index=True)
        context = Context(ledger=lines, vintages=held) if known_then else Context()
        out = withhold(table, {"entries": OPEN}, Audience.PUBLIC, as_of=on, context=context)
        words = {"edition": on, "on": on, "by": "A", "audience": Audience.PUBLIC, "as_of": on}
        lines = pd.concat([lines, ledger.entries(out, lines, **words)], ignore_index=True)
        shown.append(out)
    return shown


def spans_of_women(shown: list[pd.DataFrame], *, least: int, most: int = 60) -> list[int]:
    """Return by edition how many values the number of women can have had, less one.

    Men were never revised. Every table within reach is tried: a slow second way, without any solver.
    """
    numbers = [edition["numerator"].to_list() for edition in shown]
    possible: list[set[int]] = [set() for _ in shown]
    for men in range(least, most):
        fits = [
            {
                women
                for women in range(least, most)
                if all(
                    pd.isna(said) or said == true for said, true in zip(edition, (women, men, women + men), strict=True)
                )
            }
            for edition in numbers
        ]
        if all(fits):
            possible = [before | more for before, more in zip(possible, fits, strict=True)]
    return [max(values) - min(values) for values in possible]


@pytest.mark.parametrize(
    "women",
    [
        (3, 8),  # hidden then, harmless now: the men, shown now, would give the three away
        (8, 3),  # shown then, small now
        (3, 4),  # small in both
        (4, 1),
        (3, 9, 2),
        (2, 2, 7),
    ],
)
def test_a_small_count_stays_hidden_in_every_edition_though_it_is_revised(women: tuple[int, ...]) -> None:
    shown = in_turn(*((count, 35) for count in women))
    spans = spans_of_women(shown, least=1)
    assert min(span for span, count in zip(spans, women, strict=True) if count < 5) >= NEEDED


@pytest.mark.parametrize("women", [(3, 8), (8, 3)])
def test_editions_that_do_not_know_of_each_other_give_a_revised_count_away(women: tuple[int, ...]) -> None:
    shown = in_turn(*((count, 35) for count in women), known_then=False)
    spans = spans_of_women(shown, least=1)
    assert [span for span, count in zip(spans, women, strict=True) if count < 5] == [0]


def test_a_harmless_revision_hides_nothing() -> None:
    assert [list(edition["withheld"]) for edition in in_turn((9, 35), (12, 35))] == [[""] * 3] * 2


# Percentage changes in the ledger.


def printed(text: str, of: str = "entries", **fields: object) -> pd.DataFrame:
    """A ledger in which February was printed as a percentage change on January."""
    value = float(text.rstrip("%"))
    change = row(2, value, measure="", indicator="growth", source="report", text=text, numerator=None)
    words = {"edition": "report", "on": "2024-03-01", "by": "A", "audience": Audience.PUBLIC}
    table = observations.frame([change | fields]).assign(withheld="")
    lines = ledger.entries(table, ledger.nothing(), **words, as_of="2024-03-01")
    return lines.assign(change_of=["", of])


def months(first: int, second: int, **fields: object) -> pd.DataFrame:
    """January, which everybody knows if `fields` say so, and February."""
    return observations.frame([row(1, first, **fields), row(2, second)])


def hidden(table: pd.DataFrame, lines: pd.DataFrame, policy: Policy = OPEN) -> list[bool]:
    context = Context(ledger=lines)
    out = withhold(table, {"entries": policy}, Audience.PUBLIC, as_of="2024-04-01", context=context)
    return list(out["withheld"] != "")


def leaked(table: pd.DataFrame, lines: pd.DataFrame, policy: Policy = OPEN) -> list[str]:
    found = leaks(table, {"entries": policy}, as_of="2024-04-01", context=Context(ledger=lines))
    return list(found["period_label"])


@pytest.mark.parametrize(
    ("text", "first", "second", "both_hidden"),
    [
        ("100%", 3, 6, True),  # six, shown, would give the three away
        ("66.6%", 3, 5, True),  # cut off, not rounded
        ("66.7%", 3, 5, True),
        ("-70%", 10, 3, True),
        ("9%", 33, 36, False),  # the count can be worked out, and hides nobody
        ("500%", 3, 70, False),  # of other counts
    ],
)
def test_a_count_is_hidden_if_a_printed_change_leads_from_it_to_a_small_one(
    text: str, first: int, second: int, both_hidden: bool
) -> None:
    small = [count < 5 for count in (first, second)]
    assert hidden(months(first, second), printed(text)) == ([True, True] if both_hidden else small)
    assert hidden(months(first, second), printed(text, of="")) == small


@pytest.mark.parametrize(
    ("text", "first", "second", "policy", "found"),
    [
        ("-94%", 50, 3, OPEN, ["month 2"]),
        ("22%", 50, 61, OPEN, []),
        ("22%", 50, 61, CLOSED, ["month 2"]),  # restricted, and known but for one
        ("-97%", 10_000, 300, CLOSED, []),  # any of 50: wider than a restricted count's must be
    ],
)
def test_a_printed_change_on_a_known_baseline_that_gives_a_count_away_is_a_leak(
    text: str, first: int, second: int, policy: Policy, found: list[str]
) -> None:
    assert leaked(months(first, second, release="public"), printed(text), policy) == found


def test_a_printed_change_ties_the_counts_as_they_stood_then() -> None:
    then = months(50, 3, release="public").assign(received="2024-02-20", vintage="then")
    then = then.assign(release=["public", "restricted"])
    now = then.assign(numerator=[50.0, 30.0], value=[50.0, 30.0], received="2024-03-20", vintage="now")
    context = Context(ledger=printed("-94%"), vintages=pd.concat([then, now], ignore_index=True))
    found = leaks(now, {"entries": OPEN}, as_of="2024-04-01", context=context)
    assert list(found["period_label"]) == ["month 2"]


@pytest.mark.parametrize("other", [{"area": "E06000046"}, {"breakdown": "sex=Male"}, {"period_end": "2024-03"}])
def test_a_printed_change_of_something_else_ties_nothing(other: dict[str, object]) -> None:
    assert hidden(months(3, 6), printed("100%", **other)) == [True, False]


def test_a_change_of_a_count_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="entreis"):
        ledger.require_named(printed("100%", of="entreis"), ["entries"], ["returns"])


@pytest.mark.parametrize("name", ["entries", "returns:entries", ""])
def test_a_change_names_a_measure_or_an_indicator_of_a_source(name: str) -> None:
    ledger.require_named(printed("100%", of=name), ["entries"], ["returns"])
    ledger.require_named(ledger.nothing(), [], [])


def test_what_is_known_already_but_for_one_gets_no_narrower() -> None:
    """February was printed as 98% less than 200: 3 or 4 women. Nothing can be done about that, nor may more follow."""
    women, men = {"breakdown": "sex=Female"}, {"breakdown": "sex=Male"}
    table = observations.frame(
        [row(1, 200, release="public", **women), row(2, 4, **women), row(2, 35, **men), row(2, 39)]
    )
    lines = printed("-98%", **women)
    assert leaked(table, lines) == ["month 2"]
    assert hidden(table, lines) == [False, True, True, False]


# What a page works out of figures rests on shown ones.


@pytest.mark.parametrize(("released", "told"), [("public", [87.0]), ("restricted", [])])
def test_a_page_works_out_no_change_from_a_count_that_is_not_shown(released: str, told: list[float]) -> None:
    definitions, area = with_definitions(PROJECT, "southampton")
    parts = definitions.context.loc[definitions.context["change"] == "part", "measure"]
    name = str(parts[parts != ""].iloc[0]).split(";")[0]
    years = [
        row(3, count, measure=name, period_end=f"{year}-03", period_start=f"{year - 1}-04", release=release_of)
        for year, count, release_of in ((2022, 100, "public"), (2024, 187, released))
    ]
    table = observations.frame(years)
    shown = withhold(table, {}, Audience.PUBLIC)
    out = seal(shown.iloc[:0].reindex(columns=[*shown, *columns.TOLD]), shown, Audience.PUBLIC)
    page = DocumentPage(PROJECT, out, definitions, area, quarter_of("2024-06"))
    found = needs_figures.changed(page, "2022-03")
    assert [round(one["change"], 1) for one in found.to_dict("records")] == told
