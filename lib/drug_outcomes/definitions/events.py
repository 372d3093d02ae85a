"""What to know beside a series: events in the area, and changes in how a measure is worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables, periods
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.due import last_due
from drug_outcomes.definitions.framework import Definitions, Measure
from drug_outcomes.definitions.periods import Period, month_index
from drug_outcomes.errors import UnreadableInput

FILE = "events.csv"
COLUMNS = (
    edited_tables.dates_or_months("date")
    + edited_tables.text("measures", "what", "source")
    + edited_tables.word("kind", ("break", "new_limits", "context"))
)
#: Who agreed to new limits, and when.
OPTIONAL = edited_tables.free("agreed_by") + edited_tables.dates("agreed_on")
_READ = ["date", "month", "measure", "kind", "what", "source"]


@dataclass(frozen=True)
class Event:
    """Something at the start of a month (ISO); `kind` is break (series not joined across it) or context."""

    month: str
    kind: str
    what: str
    source: str


def read(area: Area, definitions: Definitions) -> pd.DataFrame:
    """Read an area's `events.csv`; an area without the file has none.

    Returns one row for each event and measure: date (ISO month or day), month, measure, kind (break: the
    series may not be joined across it; new_limits: somebody agreed that process limits begin anew; context: a word
    beside it), what, source. `measures` of the file holds ids separated by ";". Raises `UnreadableInput` with file,
    row, column and what was expected.
    """
    told = [_read(file, definitions) for file in area.tables(FILE)]
    if not told:
        return pd.DataFrame(columns=_READ, dtype="str")
    return pd.concat(told, ignore_index=True)


def _read(file: Path, definitions: Definitions) -> pd.DataFrame:
    table = edited_tables.read(file, COLUMNS, optional=OPTIONAL)
    unagreed = (table["kind"] == "new_limits") & ((table["agreed_by"] == "") | (table["agreed_on"] == ""))
    edited_tables.refuse(table, file, "agreed_by", unagreed, "who agreed to new limits, and when in agreed_on")
    listed = table.assign(measure=table["measures"].str.split(r"\s*;\s*", regex=True), month=table["date"].str[:7])
    each = listed.explode("measure")
    unknown = ~each["measure"].isin(definitions.measures["measure"])
    strange = table.index.isin(each.index[unknown])
    edited_tables.refuse(
        table, file, "measures", pd.Series(strange), "ids of measures", definitions.measures["measure"]
    )
    return each[_READ]


def with_breaks(definitions: Definitions, area: Area) -> Definitions:
    """Return the definitions with the area's own breaks among `series_breaks`.

    A break takes effect with the first whole period of the measure that starts in its month or later.
    """
    told = read(area, definitions)
    told = told[told["kind"] == "break"]
    first = [
        _first_period(definitions.measure(name), month)
        for name, month in zip(told["measure"], told["month"], strict=True)
    ]
    own = pd.DataFrame(
        {
            "measure": told["measure"],
            "area": area.code,
            "from_period": first,
            "reason": told["what"],
            "kind": told["kind"],
            "source": "",
            "from_release": "",
            "edition": "",
        }
    )
    return replace(definitions, series_breaks=pd.concat([definitions.series_breaks, own], ignore_index=True))


def _first_period(measure: Measure, month: str) -> str:
    months = last_due(measure, month).months
    for start in range(month_index(month), month_index(month) + 12):
        try:
            return Period(start, months, measure.basis).label
        except UnreadableInput:
            continue  # this month begins no period of the measure's kind
    raise UnreadableInput(f"no period of {measure.measure} begins within a year of {month}", file=FILE)


def by_measure(area: Area, definitions: Definitions) -> Mapping[str, Sequence[Event]]:
    """Return by measure, in order of time, the area's own events and the framework's dated breaks."""
    own = read(area, definitions)
    found = [
        (row["measure"], Event(row["month"], row["kind"], row["what"], row["source"])) for row in own.to_dict("records")
    ]
    found += _breaks(area, definitions)
    return {
        measure: sorted((one for name, one in found if name == measure), key=lambda one: (one.month, one.what))
        for measure in {name for name, _ in found}
    }


def _breaks(area: Area, definitions: Definitions) -> list[tuple[str, Event]]:
    titles = definitions.sources.set_index("source")["title"]
    breaks = definitions.series_breaks
    mine = breaks[(breaks["from_period"] != "") & breaks["area"].isin(["", area.code])]
    found = []
    for row in mine.to_dict("records"):
        period = periods.parse(row["from_period"], periods.Basis(definitions.measure(row["measure"]).basis))
        if period is not None:
            source = titles.get(row["source"], "")
            found.append((row["measure"], Event(period.start_month, row["kind"], row["reason"], source)))
    return found
