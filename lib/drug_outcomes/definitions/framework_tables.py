"""The tables under data/framework, read and checked against each other.

Each function reads one file and returns a frame: text columns, and numbers where a column is one. Every way
in which a row can be wrong is `UnreadableInput` with its file, row, column, value and what was expected.
"""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.edited_tables import (
    YES_NO,
    checked,
    codes,
    dates,
    free,
    ids,
    known,
    matching,
    months,
    numbers,
    read,
    refuse,
    text,
    whole,
    word,
)
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Audience, CarriedOver, Kind, Polarity, Release
from drug_outcomes.errors import UnreadableInput


class RelationKind(StrEnum):
    """How figures hang together, as `relations.csv` says it."""

    PARTS_TOTAL = "parts_total"  # the parts add up to the total
    UNION = "union"  # the total is everybody who is in any of the parts
    ROLLING_QUARTERS = "rolling_quarters"  # neighbouring windows of a measure share quarters
    CUMULATIVE_QUARTERS = "cumulative_quarters"  # the year so far
    POOLED_YEARS = "pooled_years"  # several years taken together
    WIDER_AREA = "wider_area"  # an area lies in a wider one
    PERCENTAGE_OF = "percentage_of"  # the parts are percentages of the total
    NUMERATOR_OF = "numerator_of"  # the parts are what the total is worked out from
    MOVES_WITH = "moves_with"  # when the parts move, the total moves the way `sign` says


_SLICE = "key=value pairs separated by ; each key once, such as indicator=in_treatment;substance=Opiate"


def parse_slice(text: str) -> dict[str, str]:
    """Read the filters that pick a measure out of its source: "indicator=in_treatment;substance=Opiate"."""
    pairs = [part.partition("=") for part in text.split(";")] if text else []
    found = {key.strip(): value.strip() for key, _, value in pairs}
    if len(found) < len(pairs) or not all(key and value for key, value in found.items()):
        raise UnreadableInput(f"the slice '{text}' cannot be read", expected=_SLICE)
    return found


_TEXTS = text("title", "description", "why_it_matters")
_PRIORITIES = ids("priority") + whole("number", least=1) + _TEXTS
_COMMITMENTS = ids("commitment") + whole("number", least=1) + free("priority") + _TEXTS
_SOURCES = (
    ids("source")
    + text("title", "publisher", "publisher_role", "licence", "url_words")
    + word("coverage", ("national", "local"))
    + word("on_scorecard", YES_NO)
    + free("scorecard_name")
    + whole("cadence_months", least=1)
    + whole("usual_lag_months")
    + whole("due_day", least=1, most=28, blank=True)
    + word("release", (Release.PUBLIC, Release.RESTRICTED))
    + word("audience", Audience)
    + whole("threshold", "rounding_base", least=1)
    + word("show_zero", YES_NO)
    + word("shows", ("nothing", "direction", "band"))
    + word("route", ("form", "file"))
    + whole("retention_months", least=1, blank=True)
    + text("description")
    + free("steps")
)
_LATER = free("later_publisher", "announced") + dates("later_from")
#: What measures.csv must hold.
MEASURE_COLUMNS = (
    ids("measure")
    + whole("number", "per", "window_months", "cadence", least=1)
    + free("priority", "commitment", "source", "slice", "denominator_from", "replaces", "replaced_by")
    + text("title", "unit", "definition", "why_it_matters", "caveats")
    + word("kind", Kind)
    + word("basis", Basis)
    + whole("usual_lag")
    + whole("decimals", most=6)
    + word("polarity", Polarity)
    + free("polarity_agreed_by", "reviewed_by")
    + dates("polarity_agreed_on", "next_review")
    + matching("a GSS code such as E92000001", r"[A-Z][0-9]{8}", "benchmark")
    + word("disclosive", ("people", "not"))
    + numbers("plausible_low", "plausible_high")
    + months("active_from", "retired")
    + word("modelled", YES_NO)
    + word("counted", YES_NO)
    + word("carried_over", CarriedOver)
    + word("on_scorecard", YES_NO)
)
#: What a row of measures says where it says nothing; other gaps are filled from its source, kind or commitment.
MEASURE_DEFAULTS = {
    "polarity": str(Polarity.NO_JUDGEMENT),
    "benchmark": "E92000001",
    "disclosive": "people",
    "modelled": "no",
    "counted": "yes",
    "carried_over": str(CarriedOver.NO),
    "on_scorecard": "yes",
    "definition": "The partnership has not written down yet what exactly is counted.",
    "why_it_matters": "The partnership has decided to track it.",
    "caveats": "No caveat has been written down.",
}
_PER = {Kind.PROPORTION: "100", Kind.CRUDE_RATE: "1000", Kind.STANDARDISED_RATE: "100000"}
_DECIMALS = {Kind.COUNT: "0"}
_WINDOWS = {Basis.MONTH: "1", Basis.POOLED_CAL: "36", Basis.POOLED_FIN: "36"}
_QUARTERS = {Basis.QUARTER_FIN: "3", Basis.QUARTER_CAL: "3"}
_ALTERNATIVES = free("measure", "source", "slice") + text("note")
_TITLES = free("measure", "unit") + text("title")
_PRESENTATION = free("measure", "family") + text("short_title") + whole("tile", least=1, blank=True)
_RELATIONS = (
    ids("relation")
    + word("kind", RelationKind)
    + free("total", "parts")
    + word("exhaustive", YES_NO)
    + word("sign", ("", "same", "opposite"))
    + text("note")
)
_BREAKS = free("measure", "from_period", "source") + codes("area") + text("reason") + word("kind", ("break", "context"))
_EDITIONS = dates("from_release") + free("edition")
_SECTIONS = (
    ids("document", "section")
    + text("heading")
    + free("asked_as", "explained")
    + word("written", YES_NO)
    + months("baseline")
)
_CONTEXT = (
    ids("context")
    + free(
        "section", "topic", "title", "measure", "source", "of", "reference", "ages", "unit", "words", "unsaid", "note"
    )
    + matching(f"{_SLICE}, or nothing", r"([a-z_]+=[^;=]+(;[a-z_]+=[^;=]+)*)?", "slice")
    + matching("a key of breakdowns such as sex, or nothing", r"[a-z_]*", "dimension")
    + word("kind", ("", *Kind))
    + whole("per", least=1, blank=True)
    + whole("decimals", blank=True)
    + word("change", ("", "total", "part", "unmet_need", "continuity", "completions"))
)


def priorities(file: Path) -> pd.DataFrame:
    """Read priorities.csv."""
    return read(file, _PRIORITIES, key="priority")


def commitments(file: Path, priorities: pd.DataFrame) -> pd.DataFrame:
    """Read commitments.csv; each belongs to a priority area."""
    table = read(file, _COMMITMENTS, key="commitment")
    known(table, file, "priority", set(priorities["priority"]), "priorities.csv")
    return table


def measures(file: Path, commitments: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Read measures.csv, numbered without a gap. Returns its columns, `on_scorecard` and `polarity_agreed` (bool)."""
    rows = read(file, [one for one in MEASURE_COLUMNS if one.name != "on_scorecard"])
    table = check_measures(rows.assign(on_scorecard="yes"), file, commitments, sources)
    in_order = table["number"].isin(range(1, len(table) + 1))
    refuse(table, file, "number", ~in_order, f"1 to {len(table)} without a gap")
    return table


def published_series(
    file: Path, measures: pd.DataFrame, commitments: pd.DataFrame, sources: pd.DataFrame
) -> pd.DataFrame:
    """Read published_series.csv: what publishers give for every authority and no scorecard measure is.

    Each is a measure beside the scorecard, under a name and number of its own, so that it is never joined to one.
    """
    if not file.exists():
        return measures.head(0)
    rows = read(file, ids("measure")).assign(on_scorecard="no")
    rows = checked(with_defaults(rows, commitments, sources), file, MEASURE_COLUMNS)
    taken = rows["measure"].isin(measures["measure"])
    refuse(rows, file, "measure", taken, "an id that no measure of measures.csv has")
    return check_measures(rows, file, commitments, sources, others=set(measures["measure"]))


def with_defaults(rows: pd.DataFrame, commitments: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Fill the cells that rows of measures may leave empty: `MEASURE_DEFAULTS`, and what source and kind say."""
    rows = rows.reindex(columns=[*dict.fromkeys((*(c.name for c in MEASURE_COLUMNS), *rows))], fill_value="")
    supplier = sources.set_index("source").reindex(rows["source"]).set_axis(rows.index)
    told = {
        "priority": rows["commitment"].map(commitments.set_index("commitment")["priority"]),
        "per": rows["kind"].map(_PER).fillna("1"),
        "decimals": rows["kind"].map(_DECIMALS).fillna("1"),
        "window_months": rows["basis"].map(_WINDOWS | _QUARTERS).fillna("12"),
        "cadence": supplier["cadence_months"].map("{:.0f}".format, na_action="ignore"),
        "usual_lag": supplier["usual_lag_months"].map("{:.0f}".format, na_action="ignore"),
    }
    filled = {
        name: rows[name].where(rows[name] != "", other).fillna("") for name, other in (MEASURE_DEFAULTS | told).items()
    }
    return rows.assign(**filled)


def check_measures(
    table: pd.DataFrame, file: Path, commitments: pd.DataFrame, sources: pd.DataFrame, others: Collection[str] = ()
) -> pd.DataFrame:
    """Check rows of measures against each other, the commitments and the sources; add `polarity_agreed`.

    `table` has MEASURE_COLUMNS as `checked` returns them; refusals name the rows of `file`. `others` are
    measures that rows may refer to beside themselves.
    """
    for column in ("measure", "number"):
        refuse(table, file, column, table[column].duplicated(), f"a {column} that no other row has")
    names = {*table["measure"], *others}
    known(table, file, "commitment", set(commitments["commitment"]), "commitments.csv")
    priority = table["commitment"].map(commitments.set_index("commitment")["priority"])
    refuse(table, file, "priority", table["priority"] != priority, "the priority of the row's commitment")
    known(table, file, "source", set(sources["source"]), "sources.csv")
    _check_slices(table, file, sources)
    _check_numbers(table, file)
    shared = table["denominator_from"].map(lambda name: _is_reference(name, names, sources)).astype(bool)
    wrong = (table["denominator_from"] != "") & ~shared | (table["denominator_from"] == table["measure"])
    expected = "another measure, <source>:<indicator> such as ons_population:population, or nothing"
    refuse(table, file, "denominator_from", wrong, expected, names)
    agreed = table["polarity_agreed_on"] != ""
    unsigned = agreed != (table["polarity_agreed_by"] != "")
    refuse(table, file, "polarity_agreed_by", unsigned, "a name, and a date beside it, or neither")
    known(table, file, "replaces", {*names, ""}, "this file")
    known(table, file, "replaced_by", {*names, ""}, "this file")
    orphan = (table["replaced_by"] != "") & (table["retired"] == "")
    refuse(table, file, "retired", orphan, "the month in which the measure was replaced")
    return table.assign(polarity_agreed=agreed)


def _check_slices(table: pd.DataFrame, file: Path, sources: pd.DataFrame) -> None:
    """Refuse a file's measure without a slice, and a form's with one: its rows carry the measure."""
    form = table["source"].map(sources.set_index("source")["route"]) == "form"
    readable = table["slice"].map(_is_slice).astype(bool)
    refuse(table, file, "slice", form & (table["slice"] != ""), "nothing: rows of a form name the measure")
    refuse(table, file, "slice", ~form & ~readable, f"{_SLICE}, with an indicator")
    again = ~form & table.duplicated(["source", "slice"])
    refuse(table, file, "slice", again, "a slice that no other measure of this source has")


def _is_slice(value: str) -> bool:
    try:
        return "indicator" in parse_slice(value)
    except UnreadableInput:
        return False


def _check_numbers(table: pd.DataFrame, file: Path) -> None:
    per, kind = table["per"], table["kind"]
    rate = kind.isin([Kind.CRUDE_RATE, Kind.STANDARDISED_RATE])
    refuse(table, file, "per", kind.isin([Kind.COUNT, Kind.MEAN]) & (per != 1), "1 for a count or a mean")
    refuse(table, file, "per", (kind == Kind.PROPORTION) & (per != 100), "100 for a proportion")
    refuse(table, file, "per", rate & (per == 1), "what a rate is counted per, such as 1000")
    crossed = table["plausible_high"] < table["plausible_low"]
    refuse(table, file, "plausible_high", crossed, "at least plausible_low")


def sources(file: Path) -> pd.DataFrame:
    """Read sources.csv; restricted returns are for the partnership and kept for a time."""
    table = read(file, _SOURCES, key="source", optional=_LATER)
    undated = (table["later_publisher"] != "") != (table["later_from"] != "")
    refuse(table, file, "later_from", undated, "the date since which later_publisher signs, and only beside one")
    restricted = table["release"] == Release.RESTRICTED
    named = (table["scorecard_name"] != "") == (table["on_scorecard"] == "yes")
    refuse(table, file, "scorecard_name", ~named, "the name that scorecards print, if it is on them")
    contrary = restricted & (table["audience"] == Audience.PUBLIC)
    refuse(table, file, "audience", contrary, "partnership, because the source is restricted")
    unlimited = restricted & table["retention_months"].isna()
    refuse(table, file, "retention_months", unlimited, "how many months a restricted return may be kept")
    return table


def alternatives(file: Path, measures: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Read alternative_sources.csv: other places where the same figure is published."""
    table = read(file, _ALTERNATIVES)
    known(table, file, "measure", set(measures["measure"]), "measures.csv")
    known(table, file, "source", set(sources["source"]), "sources.csv")
    unreadable = ~table["slice"].map(_is_slice).astype(bool)
    refuse(table, file, "slice", unreadable, f"{_SLICE}, with an indicator")
    return table


def titles(file: Path, measures: pd.DataFrame) -> pd.DataFrame:
    """Read scorecard_titles.csv: how published scorecards word a measure."""
    table = read(file, _TITLES)
    known(table, file, "measure", set(measures["measure"]), "measures.csv")
    again = table["title"].str.casefold().duplicated()
    refuse(table, file, "title", again, "a title that stands for one measure only")
    return table


def presentation(file: Path, measures: pd.DataFrame) -> pd.DataFrame:
    """Read presentation.csv: how a page names a measure in few words, what stands side by side, and the tiles."""
    table = read(file, _PRESENTATION)
    known(table, file, "measure", set(measures["measure"]), "measures.csv")
    refuse(table, file, "measure", table["measure"].duplicated(), "each measure once")
    return table


def relations(file: Path, measures: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Read relations.csv: how figures hang together."""
    table = read(file, _RELATIONS, key="relation")
    names = set(measures["measure"])
    expected = "a measure of measures.csv, or <source>:<indicator>"
    total = table["total"].map(lambda name: _is_reference(name, names, sources)).astype(bool)
    refuse(table, file, "total", ~total, expected, names)
    parts = table["parts"].str.split(";")
    found = parts.map(lambda part: all(_is_reference(name, names, sources) for name in part)).astype(bool)
    refuse(table, file, "parts", ~found, f"{expected}; several are separated by ;")
    adding = table["kind"].isin([RelationKind.PARTS_TOTAL, RelationKind.UNION])
    beside = [len({*part} - {whole}) for part, whole in zip(parts, table["total"], strict=True)]
    alone = adding & (pd.Series(beside, index=table.index, dtype=int) < 2)
    refuse(table, file, "parts", alone, "at least two parts beside the total")
    signed = (table["kind"] == RelationKind.MOVES_WITH) == (table["sign"] != "")
    refuse(table, file, "sign", ~signed, "same or opposite for moves_with, else nothing")
    return table


def _is_reference(name: str, measures: Collection[str], sources: pd.DataFrame) -> bool:
    """Whether `name` is a measure, or an indicator of a known source."""
    source, _, indicator = name.partition(":")
    return name in measures or (indicator != "" and source in set(sources["source"]))


def breaks(file: Path, measures: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Read series_breaks.csv: where a series may not be joined, or needs a word beside it.

    A break is keyed to a period, or to an edition of what figures rest on and the release with which it begins.
    """
    table = read(file, _BREAKS, optional=_EDITIONS)
    unnamed = (table["from_release"] != "") != (table["edition"] != "")
    refuse(table, file, "edition", unnamed, "what an edition is called, if and only if from_release is given")
    known(table, file, "measure", set(measures["measure"]), "measures.csv")
    known(table, file, "source", {*sources["source"], ""}, "sources.csv")
    basis = table["measure"].map(measures.set_index("measure")["basis"])
    readable = [_is_period(label, Basis(one)) for label, one in zip(table["from_period"], basis, strict=True)]
    unread = ~pd.Series(readable, index=table.index, dtype=bool)
    refuse(table, file, "from_period", unread, "a period as the measure labels it, or nothing")
    return table


def _is_period(label: str, basis: Basis) -> bool:
    try:
        return label == "" or periods.parse(label, basis) is not None
    except UnreadableInput:
        return False


def document_sections(file: Path) -> pd.DataFrame:
    """Read document_sections.csv: the sections of the documents that a partnership writes."""
    table = read(file, _SECTIONS)
    again = table.duplicated(["document", "section"])
    refuse(table, file, "section", again, "a section that its document has only once")
    return table


def context(file: Path, measures: pd.DataFrame, sources: pd.DataFrame, sections: pd.DataFrame) -> pd.DataFrame:
    """Read context.csv: figures beside the measures that a needs assessment asks for."""
    table = read(file, _CONTEXT, key="context")
    known(table, file, "section", {*sections["section"], ""}, "document_sections.csv")
    known(table, file, "source", {*sources["source"], ""}, "sources.csv")
    names = {*measures["measure"], ""}
    strange = ~table["measure"].map(lambda cell: set(cell.split(";")) <= names).astype(bool)
    refuse(table, file, "measure", strange, "measures of measures.csv, separated by ;", names)
    unpicked = (table["source"] != "") & ~table["slice"].str.contains(r"(?:^|;)indicator=")
    refuse(table, file, "slice", unpicked, "indicator=... and what else picks the figure out of its source")
    empty = (table["source"] == "") & (table["measure"] == "")
    refuse(table, file, "source", empty, "a source, or a measure")
    untold = (table["source"] != "") & ((table["kind"] == "") | table["per"].isna() | (table["title"] == ""))
    refuse(table, file, "kind", untold, "title, kind, per and unit of a figure that is no measure's")
    known(table, file, "of", {*table["context"], *names}, "this file or measures.csv")
    known(table, file, "reference", {*table["context"], "benchmark", ""}, "this file, or benchmark")
    return table
