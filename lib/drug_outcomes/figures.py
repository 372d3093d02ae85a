"""The path of a figure, from the files as received to what an audience may see.

`cleared` shows the whole path in call order; everything it calls is a leaf. What an audience may not see
is taken out before anything is derived from it, so that no rate, arrow, sentence or chart can carry it;
`disclosure.release` comes last and is the only door out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes import disclosure, quality
from drug_outcomes.definitions import areas, framework, observations, related_figures
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Period, month_number
from drug_outcomes.definitions.vocabulary import (
    VALUED,
    Audience,
    Direction,
    DirectionBasis,
    EnglandReason,
    Kind,
    Status,
)
from drug_outcomes.intake import corrections, partnerships, store, vintages
from drug_outcomes.intake.measure_mapping import current, with_denominators, with_population_bound
from drug_outcomes.quality import background, explanations
from drug_outcomes.reporting import commentary
from drug_outcomes.statistics import bounds, comparisons, intervals, peer_comparison, trends
from drug_outcomes.statistics.series_analysis import add_patterns

#: What of a definition travels with every figure.
DEFINITION_COLUMNS = (
    "number",
    "priority",
    "commitment",
    "title",
    "unit",
    "kind",
    "per",
    "decimals",
    "polarity",
    "polarity_agreed",
    "counted",
    "modelled",
    "denominator_from",
    "benchmark",
    "definition",
    "cadence",
    "usual_lag",
    "window_months",
)


@dataclass(frozen=True)
class Question:
    """What a snapshot answers: an area, seen up to a period, as known on a date, by an audience."""

    area: str
    period: Period
    as_of: str
    audience: Audience


@dataclass(frozen=True)
class Known:
    """What is known of an area on a date, and what of it an audience may see: the same for every period."""

    definitions: Definitions
    area: Area
    policies: disclosure.Policies
    context: disclosure.Context
    received: pd.DataFrame
    releases: pd.DataFrame  # every release of every figure that the audience may see, as rules look at them
    figures: pd.DataFrame
    shown: pd.DataFrame
    described: pd.DataFrame  # what is shown, with intervals and direction of travel

    @classmethod
    def of(cls, root: Path, question: Question, seen: pd.DataFrame | None = None) -> "Known":
        """Read what was received and take out what the audience may not see.

        `seen` stands for the area's ledger where it is given.
        """
        definitions, area = definitions_and_area(root, question.area)
        policies = disclosure.policies(definitions, disclosure.area_policy(area.folder))
        received = known_on(store.load(root, area, definitions, every=False).observations, question.as_of)
        context = known_to_the_public(definitions, area, received, seen)
        known = corrections.apply(received, area, question.as_of)
        may_see = disclosure.visible(known, policies, question.audience, as_of=question.as_of)
        figures = current(known, own_source(known), may_see)
        shown = disclosure.withhold(
            figures, policies, question.audience, as_of=question.as_of, context=context
        )
        described = with_statistics(partnerships.add_partnership(shown, definitions, area), definitions)
        releases = visible_releases(known, shown, question)
        return cls(definitions, area, policies, context, received, releases, figures, shown, described)

    def lines(self, question: Question, *, edition: str, on: str, by: str) -> pd.DataFrame:
        """Return what releasing these figures adds to the ledger; for the partnership the edition's own line alone."""
        public = question.audience is Audience.PUBLIC
        numbers = self.shown[["value", "numerator", "denominator"]].notna().any(axis=1)
        told = self.shown[(self.shown["measure"] != "") & numbers & public]
        words = {"edition": edition, "on": on, "by": by, "as_of": question.as_of}
        return disclosure.ledger.entries(told, self.context.ledger, audience=question.audience, **words)


def in_turn(root: Path, questions: Iterable[Question]) -> Iterator[Known]:
    """Return what is known for each question about an area, by date: cleared once for each date.

    What an earlier date shows counts as released for the later ones, so that nothing follows from comparing
    editions of the same run.
    """
    known, last = None, None
    for question in questions:
        if known is None or last is None or question.as_of != last.as_of:
            seen = None
            if known and last:
                told = known.lines(last, edition=f"run, {last.as_of}", on=last.as_of, by="")
                seen = pd.concat([known.context.ledger, told], ignore_index=True)
            known, last = Known.of(root, question, seen), question
        yield known


def cleared(root: Path, question: Question, known: Known | None = None) -> disclosure.Released:
    """Return everything that the audience may see, computed and cleared.

    `known` is what another question of the same area, date and audience was answered with.
    """
    known = known or Known.of(root, question)
    definitions, area, policies, context = known.definitions, known.area, known.policies, known.context
    received, figures, shown = known.received, known.figures, known.shown
    recorded = explanations.read(area, definitions)
    if question.audience is Audience.PUBLIC:
        commentary.require_nothing_hidden(area, question.period, definitions, figures, shown)
        recorded = explanations.for_the_public(recorded, definitions, figures, shown)
    patterned = add_patterns(known.described, definitions, area, question.period)
    series = explanations.explain_signals(patterned, recorded, question.as_of)
    compared = with_comparison(newest(series, definitions, area, question.period), series, shown, definitions)
    latest = peer_comparison.add_verdicts(compared, series, area)
    fixes = corrections.outcomes(received, area, question.as_of)
    return disclosure.release(
        latest,
        series,
        policies,
        question.audience,
        as_of=question.as_of,
        context=context,
        findings=explanations.explain_findings(
            pd.concat(
                [
                    quality.findings(
                        latest,
                        series,
                        definitions,
                        vintages=known.releases,
                        as_of=question.as_of,
                        **background.read(root, area, definitions),
                    ),
                    corrections.findings(fixes, definitions.measures),
                ],
                ignore_index=True,
            ),
            recorded,
            series,
            question.as_of,
        ),
        corrections=fixes,
        revisions=_revised(known.releases, area),
        beside=related_figures.wanted(shown, definitions, frozenset((area.code, areas.ENGLAND, area.region))),
    )


def known_to_the_public(
    definitions: Definitions, area: Area, received: pd.DataFrame, seen: pd.DataFrame | None = None
) -> disclosure.Context:
    """Return what clearing takes into account: which figures add up, and what has been released before."""
    members = {area.code: area.members} if area.members else {}
    return disclosure.Context(
        relations=disclosure.catalogue(definitions, members),
        ledger=disclosure.ledger.of_area(area.folder) if seen is None else seen,
        vintages=received,
    )


def definitions_and_area(root: Path, area_id: str) -> tuple[Definitions, Area]:
    """Return the area and the measures as this area tracks them."""
    area = areas.load(root, area_id)
    return areas.own_definitions(framework.load(root / "data" / "framework"), area), area


def known_on(received: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Return the vintages received on or before an ISO date."""
    return received[received["received"] <= as_of].reset_index(drop=True)


def visible_releases(known: pd.DataFrame, shown: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return every release of every figure that an audience may see: for the public, what has been published.

    A restricted figure that is cleared for the public stands as it is shown; its other releases do not.
    """
    if question.audience is Audience.PARTNERSHIP:
        return known
    columns = list(observations.COLUMNS)
    published = known.loc[disclosure.is_public(known, question.as_of), columns]
    # What was published by itself says no reason for it, and stands among the published already.
    opened = (shown["release_basis"] != "") | ~disclosure.is_public(shown, question.as_of)
    both = pd.concat([published, shown.loc[(shown["withheld"] == "") & opened, columns]], ignore_index=True)
    return both.drop_duplicates([*observations.KEY, "indicator", "source", "file", "sheet", "row"])


def _revised(releases: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Return what later releases changed in the area's own headline figures."""
    own = (releases["area"] == area.code) & (releases["measure"] != "") & (releases["breakdown"] == "")
    return vintages.revisions(releases[own])


def own_source(known: pd.DataFrame) -> pd.Series:
    """Return whether each row comes from a publisher or supplier, not from a printed scorecard."""
    return known["source"] != "scorecard_edition"


def with_statistics(shown: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return the rows that belong to a measure, with intervals and direction of travel."""
    rated = with_denominators(shown, definitions)
    described = with_definitions(rated[rated["measure"] != ""], definitions)
    return trends.add_direction(intervals.add_intervals(described))


def with_definitions(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Add the columns of a measure's definition that the statistics and the pages need."""
    own = definitions.measures[["measure", *DEFINITION_COLUMNS]]
    typed = own.assign(**{name: own[name].isin([True, "yes"]) for name in ("modelled", "counted")})
    described = rows.merge(typed, on="measure", how="left", validate="many_to_one")
    # A weight or an average has no number of events behind it, so it gets no interval of a count.
    return described.assign(numerator=described["numerator"].where(described["counted"]))


def newest(series: pd.DataFrame, definitions: Definitions, area: Area, period: Period) -> pd.DataFrame:
    """Return one row per measure, in the framework's order: its newest headline figure by `period`.

    A measure without any observation keeps its row, with the status `not_supplied`. `age_months` counts
    from the end of the figure's period to the end of the snapshot's.
    """
    mine = series[
        (series["area"] == area.code)
        & (series["breakdown"] == "")
        & (series["period_end"] <= period.end_month)
    ]
    last = mine.sort_values(["period_end", "received"], kind="stable").drop_duplicates("measure", keep="last")
    absent = definitions.measures.loc[~definitions.measures["measure"].isin(last["measure"]), ["measure"]]
    without = with_definitions(
        observations.conform(absent.assign(area=area.code, status=str(Status.NOT_SUPPLIED))), definitions
    )
    rows = pd.concat([last, without]).set_index("measure").loc[definitions.measures["measure"]].reset_index()
    filled = rows.assign(**_neutral(rows), age_months=_age(rows, period))
    return filled.assign(value_formatted=formatted(filled, "value"))


def _age(rows: pd.DataFrame, period: Period) -> pd.Series:
    dated = rows["period_end"].where(rows["period_end"] != "")
    return period.end - month_number(dated.dropna()).reindex(rows.index).astype("Int64")


def _neutral(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the words of rows that no observation stands behind, and "" for their missing text."""
    texts: list[str] = list(rows.select_dtypes("str").columns)
    words = {"direction": Direction.UNKNOWN, "direction_basis": DirectionBasis.NONE}
    return {name: rows[name].fillna(str(words.get(name, ""))) for name in texts}


def with_comparison(
    latest: pd.DataFrame, series: pd.DataFrame, shown: pd.DataFrame, definitions: Definitions
) -> pd.DataFrame:
    """Set England's figure of the same period beside the local one and compare them."""
    beside = with_england(latest, series)
    siblings = series[["measure", "area", "breakdown", "period_start", "period_end", "period_label", "value"]]
    bounded = bounds.add_denominator_bound(beside, siblings)
    told = bounded.assign(denominator_bound_note=_titled(bounded, definitions))
    return comparisons.add_comparison(with_population_bound(told, shown))


def _titled(bounded: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Return the notes on denominators with the sibling's title in place of its id."""
    titles = definitions.measures.set_index("measure")["title"]
    notes = zip(bounded["denominator_bound_note"], bounded["denominator_from"], strict=True)
    return pd.Series(
        [note.replace(name, titles[name]) if name in titles else note for note, name in notes], bounded.index
    )


def with_england(latest: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Add england_value, england_lower, england_upper, england_text, england_reason, england_period_label.

    Only a figure for the very same period counts. `england_reason` says why there is none to compare with:
    not_published, not_comparable (a count depends on how many people live there), not_loaded, suppressed.
    """
    columns = {
        "area": "benchmark",
        "value": "england_value",
        "interval_lower": "england_lower",
        "interval_upper": "england_upper",
        "text": "england_text",
        "status": "england_status",
        "period_label": "england_period_label",
    }
    keys = ["measure", "benchmark", "period_start", "period_end"]
    england = (
        series[series["breakdown"] == ""]
        .sort_values("received", kind="stable")[["measure", "period_start", "period_end", *columns]]
        .rename(columns=columns)
        .drop_duplicates(keys, keep="last")
    )
    joined = latest.merge(england, on=keys, how="left", validate="many_to_one")
    text = joined["england_text"].fillna("")
    printed = text.where((text != "") | joined["england_value"].isna(), formatted(joined, "england_value"))
    reason = _england_reason(joined)
    return joined.assign(
        england_value=joined["england_value"].where(reason == ""),
        england_reason=reason,
        england_text=printed,
        england_period_label=joined["england_period_label"].fillna(""),
    ).drop(columns="england_status")


def _england_reason(joined: pd.DataFrame) -> pd.Series:
    status = joined["england_status"]
    reason = status.map(
        {
            str(Status.SUPPRESSED): str(EnglandReason.SUPPRESSED),
            str(Status.NOT_APPLICABLE): str(EnglandReason.NOT_COMPARABLE),
        }
    ).fillna(str(EnglandReason.NOT_PUBLISHED))
    reason = reason.mask(status.isna(), str(EnglandReason.NOT_LOADED))
    counted = (joined["kind"] == Kind.COUNT) & (reason != EnglandReason.SUPPRESSED)
    valued = status.isin(VALUED) & joined["england_value"].notna()
    return reason.mask(valued, "").mask(counted & (status.notna()), str(EnglandReason.NOT_COMPARABLE))


def formatted(figures: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of numbers as text with the decimals of each measure; "" where there is none."""
    decimals = figures["decimals"].fillna(0).astype(int)
    numbers = zip(figures[column], decimals, strict=True)
    return pd.Series(["" if pd.isna(n) else f"{n:,.{d}f}" for n, d in numbers], figures.index, dtype="str")
