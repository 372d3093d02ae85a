"""The definitions page: for each measure what it counts, who supplies it, why it may move, what it cannot tell."""

from drug_outcomes.definitions.framework import Commitment, Definitions, Measure
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import headlines, lateness, markup, wording
from drug_outcomes.reporting.markup import Content, Display
from drug_outcomes.reporting.wording import Row

#: What each verdict means, as readers meet it.
_WORDED = (
    ("Higher, Lower", "The difference from England was tested, and is more than chance would explain. "
     "Neither is good or bad by itself."),
    ("Better, Worse", "The same, for measures of which the partnership has agreed which direction is good."),
    ("No clear difference", "The difference was tested, and chance could explain it."),
    ("Too few people to tell", "So few people are counted that chance could explain almost any difference."),
    ("We cannot say if this differs", "The number of people behind the figure, or the uncertainty of an estimate, "
     "was not published. On the scorecard: Cannot say."),
    ("As usual, Unusual", "How the newest figure stands to its own past, where there are enough figures to tell."),
    ("Under query", "The figure does not fit with others. It is shown as published and takes part in nothing until "
     "it is explained or corrected."),
)  # fmt: skip


def body(released: Released, definitions: Definitions) -> Display:
    """Return the page's body: a section for each commitment, an anchor for each measure."""
    rows = {row["measure"]: row for row in headlines.of_measures(released, list(definitions.measures["measure"]))}
    commitments = [
        commitment
        for priority in definitions.priorities["priority"]
        for commitment in definitions.commitments_of(priority)
    ]
    worded = markup.together(markup.heading("How comparisons are worded", 2), markup.terms(_WORDED))
    return markup.together(worded, *(_commitment(one, released, definitions, rows) for one in commitments))


def _commitment(
    commitment: Commitment, released: Released, definitions: Definitions, rows: dict[str, Row]
) -> Display | None:
    measures = [one for one in definitions.measures_of(commitment.commitment) if one.measure in rows]
    if not measures:
        return None
    return markup.together(
        markup.heading(commitment.title, 2),
        markup.paragraph(f"{commitment.description} {commitment.why_it_matters}"),
        *(_measure(one, released, definitions, rows[one.measure]) for one in measures),
    )


def _measure(measure: Measure, released: Released, definitions: Definitions, row: Row) -> Display:
    source = definitions.source(measure.source)
    pairs: list[tuple[str, Content]] = [
        ("What it counts", measure.definition),
        ("Unit", wording.unit(row)),
        (
            "Who supplies it",
            f"{source.publisher_on(released.as_of)}: {source.title}. {source.licence}. {source.announced}".strip(),
        ),
        ("Why it matters", measure.why_it_matters),
        ("Why it may move, and what it cannot tell", measure.caveats),
        ("Which direction is good", _direction(row, measure)),
        ("Breaks in the series", _breaks(definitions, measure)),
        ("Last revision", _last_revision(released, measure)),
        ("Next release", _next(row, measure, released.as_of)),
    ]
    name = markup.heading(wording.named(row), 3, anchor=measure.measure)
    return markup.together(name, markup.terms([(term, said) for term, said in pairs if said]))


def _direction(row: Row, measure: Measure) -> str:
    word = wording.POLARITY_WORDS[measure.polarity]
    if row["polarity_agreed"] is True:
        return f"{word}, agreed by {measure.polarity_agreed_by} on {wording.date_in_words(measure.polarity_agreed_on)}."
    return f"Proposed: {wording.in_kind(word)}. Until the partnership agrees, pages say higher and lower only."


def _breaks(definitions: Definitions, measure: Measure) -> str:
    breaks = definitions.series_breaks
    mine = breaks[breaks["measure"] == measure.measure].to_dict("records")
    return " ".join(f"{row['from_period'] or 'Every period'}: {row['reason']}" for row in mine)


def _last_revision(released: Released, measure: Measure) -> str:
    series = released.series
    revised = series[(series["measure"] == measure.measure) & (series["status"] == Status.REVISED)]
    dates = [date for date in revised["received"] if date]
    said = f"Received on {wording.date_in_words(max(dates))}." if dates else ""
    return said or "No revision is marked in the figures held."


def _next(row: Row, measure: Measure, as_of: str) -> str:
    month = lateness.next_release(row, measure)
    if not month:
        return "Not known: no figure is held."
    past = month < as_of[:7]
    return f"{'Was usually due' if past else 'Usually'} in {wording.month_in_words(month)}{'; not held here' * past}."
