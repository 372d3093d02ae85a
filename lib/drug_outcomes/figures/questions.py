"""What is asked: an area, seen up to a period, as known on a date, by an audience."""

from dataclasses import dataclass
from pathlib import Path

from drug_outcomes.definitions import areas, periods
from drug_outcomes.definitions.periods import Period
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import UsageError
from drug_outcomes.intake import received


@dataclass(frozen=True)
class Question:
    """What a snapshot answers."""

    area: str
    period: Period
    as_of: str
    audience: Audience


def question(root: Path, area: str, period: str = "", as_of: str = "", audience: str = "public") -> Question:
    """Return what is asked, in full: empty period and date take the area's edition."""
    place = areas.load(root, area)
    if audience not in set(Audience):
        raise UsageError(f"unknown audience {audience!r}", expected=" or ".join(Audience))
    return Question(
        area=area,
        period=periods.parse_quarter(period or place.edition_period),
        as_of=received.day(as_of or place.edition_as_of),
        audience=Audience(audience),
    )
