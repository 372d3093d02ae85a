"""What to know beside a series: events in the area, and changes in how a measure is worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drug_outcomes.definitions import events, periods
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions


@dataclass(frozen=True)
class Happening:
    """Something at the start of a month (ISO); `kind` is break (series not joined across it) or context."""

    month: str
    kind: str
    what: str
    source: str


def of_area(area: Area, definitions: Definitions) -> Mapping[str, Sequence[Happening]]:
    """Return by measure, in order of time, the area's own events and the framework's dated breaks."""
    own = events.read(area, definitions)
    found = [
        (row["measure"], Happening(row["month"], row["kind"], row["what"], row["source"]))
        for row in own.to_dict("records")
    ]
    found += _breaks(area, definitions)
    return {
        measure: sorted((one for name, one in found if name == measure), key=lambda one: (one.month, one.what))
        for measure in {name for name, _ in found}
    }


def _breaks(area: Area, definitions: Definitions) -> list[tuple[str, Happening]]:
    titles = definitions.sources.set_index("source")["title"]
    breaks = definitions.series_breaks
    mine = breaks[(breaks["from_period"] != "") & breaks["area"].isin(["", area.code])]
    found = []
    for row in mine.to_dict("records"):
        period = periods.parse(row["from_period"], periods.Basis(definitions.measure(row["measure"]).basis))
        if period is not None:
            source = titles.get(row["source"], "")
            found.append((row["measure"], Happening(period.start_month, row["kind"], row["reason"], source)))
    return found
