"""The path of a figure, from the files as received to what an audience may see.

`known` and `released` show the whole path in call order; everything they call is a leaf. What an audience may not
see is taken out before anything is derived from it, so that no rate, arrow, sentence or chart can carry it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from drug_outcomes import disclosure, quality
from drug_outcomes.definitions import areas, columns, observations, related_figures
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Period, month_number
from drug_outcomes.definitions.vocabulary import Audience, Direction, DirectionBasis, Status
from drug_outcomes.disclosure import Released, Rules, words
from drug_outcomes.figures import written
from drug_outcomes.figures.questions import Question
from drug_outcomes.intake import corrections, national_shelf, store, vintages
from drug_outcomes.intake.measure_mapping import with_denominators
from drug_outcomes.intake.partnerships import add_partnership
from drug_outcomes.quality import background, explanations
from drug_outcomes.statistics import editions, intervals, trends
from drug_outcomes.statistics.benchmark_figures import add_comparisons
from drug_outcomes.statistics.places import add_place
from drug_outcomes.statistics.series_analysis import add_patterns

#: What a public figure is marked with that is in doubt beside a hidden one: no rule, size or direction.
QUERIED = "under_query"
_FIGURE = ["measure", "area", "period_start", "period_end", "breakdown", "segment"]


@dataclass(frozen=True)
class Known:
    """What is known of an area on a date, and what of it an audience may see: the same for every period.

    Attributes
    ----------
    received : observations as they came, every vintage; newest : the newest of each figure, corrected.
    shown : `newest` without what the audience may not see; series : rates and counts of measures made from that,
        with intervals and direction of travel; the numbers of figures in doubt lie aside.
    """

    root: Path
    definitions: Definitions
    area: Area
    rules: Rules
    received: pd.DataFrame
    corrected: pd.DataFrame
    newest: pd.DataFrame
    shown: pd.DataFrame
    series: pd.DataFrame

    @cached_property
    def releases(self) -> pd.DataFrame:
        """Every release of every figure that the audience may see, as rules look at them."""
        return self.rules.every_release(self.corrected, self.shown)

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """What became of the area's declared corrections, as far as the audience may read them."""
        made = corrections.outcomes(self.received, self.area, self.rules.as_of)
        return made if self.area.whole else made[~made["closed"]].reset_index(drop=True)


def known(root: Path, asked: Question, released_before: pd.DataFrame | None = None) -> Known:
    """Read what was received for an area, and take out what the audience may not see.

    `released_before` stands for the area's ledger where it is given.
    """
    definitions, area = areas.with_definitions(root, asked.area, asked.audience)
    received = store.known_on(root, area, definitions, asked.as_of)
    rules = Rules.of(definitions, area, received, asked.audience, asked.as_of, released_before)
    corrected = corrections.apply(received, area, asked.as_of)
    newest = vintages.newest(corrected, rules.visible(corrected))
    shown = rules.withhold(newest)
    rated = doubtful_aside(rates(shown, definitions, area), newest, definitions, area, rules)
    series = trends.add_direction(intervals.add_intervals(rated))
    return Known(root, definitions, area, rules, received, corrected, newest, shown, series)


def released(known: Known, period: Period) -> Released:
    """Return everything that the audience may see up to a period, computed and sealed."""
    explained = _explained(known, period)
    patterned = add_patterns(known.series, known.definitions, known.area, period)
    series = explanations.explain_signals(patterned, explained, known.rules.as_of)
    latest = compared(newest_of_each(series, known.definitions, known.area, period), series, known)
    whole = {"latest": quality.put_back(latest), "series": quality.put_back(series)}
    return disclosure.seal(
        **whole, audience=known.rules.audience, as_of=known.rules.as_of, findings=_found(known, explained, **whole),
        **_beside(known),
    )  # fmt: skip


def in_turn(root: Path, questions: Iterable[Question]) -> Iterator[Known]:
    """Return what is known for each question about an area, by date: cleared once for each date.

    What an earlier date shows counts as released for the later ones, so that nothing follows from comparing
    editions of the same run.
    """
    held: Known | None = None
    for asked in questions:
        if held is None or asked.as_of != held.rules.as_of:
            held = known(root, asked, None if held is None else _after(held))
        yield held


def _after(held: Known) -> pd.DataFrame:
    """Return the ledger as it would stand if what is shown had been released on its day."""
    on = held.rules.as_of
    lines = held.rules.lines(held.shown, edition=f"run, {on}", on=on, by="")
    return pd.concat([held.rules.context.ledger, lines], ignore_index=True)


def _explained(known: Known, period: Period) -> pd.DataFrame:
    """Return what analysts wrote about findings, and refuse public words that print a hidden number."""
    explained = explanations.read(known.area, known.definitions)
    if known.rules.audience is Audience.PARTNERSHIP:
        return explained
    untold(known, period)
    return explanations.for_the_public(explained, known.newest, known.shown)


def untold(known: Known, period: Period) -> pd.DataFrame:
    """Refuse public words that print a hidden number beside its measure; return those that print one elsewhere."""
    lost = known.newest[known.shown["withheld"] != ""]
    said = written.lines(known.area, period, known.definitions, known.corrections)
    return words.require_untold(said, lost, known.definitions, known.area.folder)


def doubtful_aside(
    rated: pd.DataFrame, held: pd.DataFrame, definitions: Definitions, area: Area, rules: Rules
) -> pd.DataFrame:
    """Return the figures with those marked, and their numbers laid aside, that have an open error.

    A figure that is in doubt only beside what is hidden, as everything `held` shows, is marked by no rule: that would
    tell what the hidden ones are like.
    """
    explained = explanations.read(area, definitions)
    errors = partial(
        quality.open_errors, definitions=definitions, recorded=explained, area=area.code, as_of=rules.as_of
    )
    doubt = errors(rated)
    if (rated["withheld"] != "").any():
        whole = rates(held.assign(withheld=pd.Series("", held.index, dtype="str")), definitions, area)
        queried = whole[_FIGURE][errors(whole) != ""]
        beside = pd.MultiIndex.from_frame(rated[_FIGURE]).isin(pd.MultiIndex.from_frame(queried))
        doubt = doubt.mask((doubt == "") & beside & (rated["withheld"] == ""), QUERIED)
    return quality.mark(rated, doubt)


def _found(known: Known, explained: pd.DataFrame, latest: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return what rules find in the figures, and where a declared correction no longer fits, with explanations."""
    evidence = background.read(known.root, known.area, known.definitions)
    by_rule = quality.findings(
        latest, series, known.definitions, vintages=known.releases, as_of=known.rules.as_of, **evidence
    )
    declared = corrections.findings(known.corrections, known.definitions.measures)
    found = pd.concat([by_rule, declared], ignore_index=True)
    return explanations.explain_findings(found, explained, series, known.rules.as_of)


def _beside(known: Known) -> dict[str, pd.DataFrame]:
    """Return what is not derived from the series: corrections, revisions, figures of no measure."""
    area, releases = known.area, known.releases
    own = (releases["area"] == area.code) & (releases["measure"] != "") & (releases["breakdown"] == "")
    near = frozenset((area.code, areas.ENGLAND, area.region))
    return {
        "corrections": known.corrections,
        "revisions": vintages.revisions(releases[own]),
        "beside": related_figures.wanted(known.shown, known.definitions, near),
    }


def rates(shown: pd.DataFrame, definitions: Definitions, area: Area) -> pd.DataFrame:
    """Return the figures of measures: a partnership's from its members', rates from counts and populations."""
    rated = with_denominators(add_partnership(shown, definitions, area), definitions)
    return editions.add_edition(with_definitions(rated, definitions))


def compared(latest: pd.DataFrame, series: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return the newest figures, compared with England's and similar areas', and their place among all."""
    beside = add_comparisons(latest, series, known.shown, known.definitions, known.area)
    return add_place(beside, national_shelf.spread(known.root, known.area, known.rules.as_of))


def with_definitions(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return the rows of measures, with the columns of their definitions that statistics need."""
    own = definitions.measures[["measure", *columns.WORKED_WITH]]
    typed = own.assign(**{name: own[name].isin([True, "yes"]) for name in ("modelled", "counted")})
    described = rows[rows["measure"] != ""].merge(typed, on="measure", how="left", validate="many_to_one")
    # A weight or an average has no number of events behind it, so it gets no interval of a count.
    return described.assign(numerator=described["numerator"].where(described["counted"]))


def newest_of_each(series: pd.DataFrame, definitions: Definitions, area: Area, period: Period) -> pd.DataFrame:
    """Return one row per measure, in the framework's order: its newest headline figure by `period`.

    One that may not be told at all never takes the place of the last that may. A measure without any observation
    keeps its row, with the status `not_supplied`. `age_months` counts from the end of the figure's period to the end
    of the snapshot's.
    """
    mine = series[
        (series["area"] == area.code) & (series["breakdown"] == "") & (series["period_end"] <= period.end_month)
    ]
    closed = mine["withheld"] == disclosure.RESTRICTED
    opened = (mine["value"].notna() & ~closed).groupby(mine["measure"]).transform("any")
    told = mine[~(closed & opened)].sort_values(["period_end", "received"], kind="stable")
    last = told.drop_duplicates("measure", keep="last")
    absent = definitions.measures.loc[~definitions.measures["measure"].isin(last["measure"]), ["measure"]]
    without = with_definitions(
        observations.conform(absent.assign(area=area.code, status=str(Status.NOT_SUPPLIED))), definitions
    )
    rows = pd.concat([last, without]).set_index("measure").loc[definitions.measures["measure"]].reset_index()
    told = rows.merge(definitions.measures[["measure", *columns.TOLD]], on="measure", validate="one_to_one")
    return told.assign(**_neutral(told), age_months=_age(told, period))


def _age(rows: pd.DataFrame, period: Period) -> pd.Series:
    dated = rows["period_end"].where(rows["period_end"] != "")
    return period.end - month_number(dated.dropna()).reindex(rows.index).astype("Int64")


def _neutral(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the words of rows that no observation stands behind, and "" for their missing text."""
    texts: list[str] = list(rows.select_dtypes("str").columns)
    words = {"direction": Direction.UNKNOWN, "direction_basis": DirectionBasis.NONE}
    return {name: rows[name].fillna(str(words.get(name, ""))) for name in texts}
