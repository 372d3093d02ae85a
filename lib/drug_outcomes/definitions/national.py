"""Frameworks and their metrics: editions, what here stands for each metric, national values, the ambitions.

They are rows under data/framework, in our own words, checked like all definitions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.edited_tables import (
    YES_NO,
    dates,
    free,
    ids,
    known,
    months,
    numbers,
    read,
    refuse,
    text,
    whole,
    word,
)
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import UnreadableInput

_OUTCOMES = (
    *("reduce_drug_use", "reduce_drug_related_crime", "reduce_deaths_and_harm"),
    *("reduce_drug_supply", "increase_engagement", "improve_recovery"),
)
_METRICS = (
    ids("metric")
    + whole("number", least=1)
    + word("outcome", _OUTCOMES)
    + word("tier", ("headline", "supporting", "ohid_additional"))
    + text("title", "definition", "inclusion_basis", "limitations", "publisher", "series")
    + text("coverage", "geography", "frequency", "lag_note")
    + whole("lag_months", blank=True)
)
_EDITIONS = (
    ids("edition")
    + free("title", "printed_as", "publisher")
    + dates("published")
    + word("status", ("current", "replaced", "local"))
    + text("note")
)
_CROSSWALK = (
    ids("edition", "metric")
    + free("title", "local_measures", "local_sources", "note")
    + word("match", ("same", "near", "complement", "none"))
)
_VALUES = (
    ids("metric")
    + free("series", "note")
    + text("title", "unit", "period", "publisher", "document", "address")
    + numbers("value")
    + dates("released", blank=False)
)
_BREAKDOWNS = (
    free("metric", "part", "categories", "local_measures", "note")
    + text("dimension")
    + word("monitored_by", YES_NO)
    + word("held", ("yes", "partly", "no"))
)
_RELEASES = (
    ids("series")
    + free("metric", "baseline_text", "baseline_period", "last_text", "last_period")
    + free("next_release_text", "next_period_text", "first_printed")
    + text("title", "unit", "note")
    + numbers("baseline", "last")
    + dates("corrected_on")
)
_MILESTONES = (
    ids("milestone")
    + free("metric", "unit", "qualifier", "superseded_by", "series", "unmeasured")
    + text("title", "document", "note")
    + numbers("target")
    + months("due", "document_date", "counted_from")
    + word("status", ("current", "superseded"))
    + word("counted_as", ("", "level", "increase", "cumulative"))
)


@dataclass(frozen=True)
class NationalFramework:
    """The rows of the national framework.

    Attributes
    ----------
    metrics : one row each of 11 headline, 22 supporting and 9 additional OHID metrics of May 2023, with their row of
        `crosswalk`.
    editions : frameworks, each with the date and publisher of its edition. `title` is what pages call it, so that no
        two have one name, `printed_as` what it calls itself; a partnership's own is `local`, and its metrics are the
        measures.
    crosswalk : one row per edition and metric; `match` says how well `local_measures` and `local_sources` (separated
        by ;) stand for it, `note` what is not the same, and why nothing does.
    later : later national values of metrics than those of `releases`, with the day and document that gave them;
        `series` is the row of `releases` that they come after, if any.
    breakdowns : what each metric is split by; `monitored_by` is "yes" where the document says so in these
        words, and `held` says whether the suite has it for an area.
    releases : baseline, last and next release of each series as the first annual report prints them;
        `first_printed` is what a correction slip replaced on `corrected_on`.
    milestones : national ambitions with their documents, what superseded what, and the `series` of `releases` that
        follows each. `counted_as` says what the target is: a level, an increase on the baseline, or a cumulative
        count since `counted_from`; `unmeasured` why no series follows it.
    """

    metrics: pd.DataFrame
    editions: pd.DataFrame
    crosswalk: pd.DataFrame
    later: pd.DataFrame
    breakdowns: pd.DataFrame
    releases: pd.DataFrame
    milestones: pd.DataFrame


def load(folder: Path, definitions: Definitions) -> NationalFramework:
    """Read and check the national files of data/framework.

    Raises
    ------
    UnreadableInput : with file, row, column, the value found and what was expected.
    """
    editions = _editions(folder / "framework_editions.csv")
    metrics = _metrics(folder / "national_metrics.csv")
    crosswalk = _crosswalk(folder / "crosswalk.csv", set(editions["edition"]), metrics, definitions)
    names = set(metrics["metric"])
    releases = _releases(folder / "national_releases.csv", names)
    return NationalFramework(
        metrics=metrics.merge(crosswalk[crosswalk["number"].notna()].drop(columns=["title", "number"]), on="metric"),
        editions=editions,
        crosswalk=crosswalk,
        later=_values(folder / "national_values.csv", names, set(releases["series"])),
        breakdowns=_breakdowns(folder / "national_breakdowns.csv", names, definitions),
        releases=releases,
        milestones=_milestones(folder / "milestones.csv", names, set(releases["series"])),
    )


def _metrics(file: Path) -> pd.DataFrame:
    table = read(file, _METRICS, key="metric")
    in_order = table["number"].isin(range(1, len(table) + 1)) & ~table["number"].duplicated()
    refuse(table, file, "number", ~in_order, f"1 to {len(table)}, each once")
    return table


def _editions(file: Path) -> pd.DataFrame:
    table = read(file, _EDITIONS, key="edition")
    for name in ("title", "printed_as", "published", "publisher"):
        untold = (table["status"] != "local") & (table[name] == "")
        refuse(table, file, name, untold, "what the edition prints; only a partnership's own comes from area.toml")
    return table


def _crosswalk(file: Path, editions: Collection[str], metrics: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Read the crosswalk; a metric without a title of its own is one of national_metrics.csv, with its `number`."""
    table = read(file, _CROSSWALK)
    known(table, file, "edition", editions, "framework_editions.csv")
    again = table.duplicated(["edition", "metric"])
    refuse(table, file, "metric", again, "a metric that its edition has only once")
    told = metrics.set_index("metric")
    unknown = (table["title"] == "") & ~table["metric"].isin(told.index)
    refuse(table, file, "title", unknown, "a title, or a metric of national_metrics.csv")
    lost = sorted(set(told.index) - set(table.loc[table["title"] == "", "metric"]))
    if lost:
        raise UnreadableInput(f"no row is about {', '.join(lost)}", expected="a row for each metric", file=file)
    _all_known(table, file, "local_measures", definitions.named, "measures of measures.csv")
    sources = set(definitions.sources["source"])
    places = table["local_sources"].str.replace(r":[^;]+", "", regex=True)
    _all_known(table.assign(local_sources=places), file, "local_sources", sources, "sources of sources.csv")
    held = (table["local_measures"] != "") | (table["local_sources"] != "")
    refuse(table, file, "match", held == (table["match"] == "none"), "none, if and only if nothing is held")
    refuse(table, file, "note", (table["match"] != "same") & (table["note"] == ""), "what differs, or why nothing does")
    mine = table.assign(local_measures=definitions.tracked(table["local_measures"]))
    gone = (mine["local_measures"] == "") & (mine["local_sources"] == "")
    national = mine["title"] == ""
    return mine.assign(
        match=mine["match"].mask(gone, "none"),
        number=mine["metric"].map(told["number"]).where(national),
        title=mine["title"].where(~national, mine["metric"].map(told["title"])),
    )


def _values(file: Path, metrics: Collection[str], series: Collection[str]) -> pd.DataFrame:
    table = read(file, _VALUES)
    known(table, file, "metric", metrics, "national_metrics.csv")
    known(table, file, "series", {*series, ""}, "national_releases.csv")
    refuse(table, file, "value", table["value"].isna(), "the number that the document prints")
    refuse(table, file, "period", ~table["period"].map(_is_period).astype(bool), "a period such as 2024/25")
    return table.sort_values(["metric", "title", "period"], kind="stable", ignore_index=True)


def _breakdowns(file: Path, metrics: Collection[str], definitions: Definitions) -> pd.DataFrame:
    table = read(file, _BREAKDOWNS)
    known(table, file, "metric", metrics, "national_metrics.csv")
    _all_known(table, file, "local_measures", definitions.named, "measures of measures.csv")
    again = table.duplicated(["metric", "part", "dimension"])
    refuse(table, file, "dimension", again, "a dimension that the metric has only once")
    contrary = (table["held"] == "no") & (table["local_measures"] != "")
    refuse(table, file, "held", contrary, "yes or partly, because local measures are named")
    return table.assign(local_measures=definitions.tracked(table["local_measures"]))


def _releases(file: Path, metrics: Collection[str]) -> pd.DataFrame:
    table = read(file, _RELEASES, key="series")
    known(table, file, "metric", {*metrics, ""}, "national_metrics.csv")
    undated = (table["first_printed"] != "") != (table["corrected_on"] != "")
    refuse(table, file, "corrected_on", undated, "the date of the correction, if something was corrected")
    for name in ("baseline_period", "last_period"):
        refuse(
            table, file, name, ~table[name].map(_is_period).astype(bool), "a period such as Apr 21-Mar 22, or nothing"
        )
    return table


def _is_period(label: str) -> bool:
    try:
        periods.parse(label)
    except UnreadableInput:
        return False
    return True


def _milestones(file: Path, metrics: Collection[str], series: Collection[str]) -> pd.DataFrame:
    table = read(file, _MILESTONES, key="milestone")
    known(table, file, "metric", {*metrics, ""}, "national_metrics.csv")
    known(table, file, "superseded_by", {*table["milestone"], ""}, "this file")
    contrary = (table["status"] == "superseded") != (table["superseded_by"] != "")
    refuse(table, file, "superseded_by", contrary, "the milestone that replaced a superseded one")
    known(table, file, "series", {*series, ""}, "national_releases.csv")
    followed = table["series"] != ""
    unlike = followed == (table["counted_as"] == "")
    refuse(table, file, "counted_as", unlike, "level, increase or cumulative, if and only if a series follows it")
    undated = (table["counted_as"] == "cumulative") != (table["counted_from"] != "")
    refuse(table, file, "counted_from", undated, "the month from which a cumulative count runs, and only of such a one")
    silent = ~followed & table["target"].notna() & (table["status"] == "current")
    unsaid = silent != (table["unmeasured"] != "")
    refuse(table, file, "unmeasured", unsaid, "why no series follows it, if it has a number and is in force")
    return table


def _all_known(table: pd.DataFrame, file: Path, column: str, allowed: Collection[str], what: str) -> None:
    """Refuse the first cell that names something unknown among its names separated by ;."""
    found = table[column].map(lambda cell: set(cell.split(";")) <= {*allowed, ""}).astype(bool)
    refuse(table, file, column, ~found, f"{what}, separated by ;", allowed)
