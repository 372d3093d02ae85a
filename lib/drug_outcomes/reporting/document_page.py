"""What every section of a document is made from: cleared figures, definitions and the area."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import plan, related_figures
from drug_outcomes.definitions.areas import ENGLAND, Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Period
from drug_outcomes.definitions.plan import Plan
from drug_outcomes.definitions.vocabulary import VALUED
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import wording
from drug_outcomes.reporting.wording import Row


@dataclass(frozen=True)
class DocumentPage:
    """Cleared figures and what is needed to tell them."""

    root: Path
    released: Released
    definitions: Definitions
    area: Area
    period: Period

    @cached_property
    def plan(self) -> Plan:
        """What the partnership plans and decides, as its audience may read it and as known on the page's day."""
        return plan.read(self.area, self.definitions).known_on(self.released.as_of)

    @cached_property
    def context(self) -> pd.DataFrame:
        """The newest figures beside the measures, named, of every area that is held."""
        return related_figures.newest(self.every_context, self.period.end_month)

    @cached_property
    def every_context(self) -> pd.DataFrame:
        """All figures beside the measures, named."""
        wording.require_released(self.released)
        return related_figures.named(self.released.beside, self.definitions)

    @cached_property
    def headline(self) -> pd.DataFrame:
        """Valued headline figures of measures up to the page's period, of every area, in order of time."""
        series = self.released.series
        mine = series[
            (series["breakdown"] == "")
            & (series["withheld"] == "")
            & (series["period_end"] <= self.period.end_month)
            & series["status"].isin(VALUED)
            & series["value"].notna()
        ]
        return wording.with_words(self.released, mine.sort_values(["period_end", "received"], kind="stable"))

    @property
    def places(self) -> dict[str, str]:
        """Codes and names of the area, England and the region, where it has one."""
        named = {self.area.code: self.area.name, ENGLAND: "England", self.area.region: "Region"}
        return {code: name for code, name in named.items() if code}

    def defined(self, section: str) -> pd.DataFrame:
        """Return the rows of context.csv of one section."""
        rows = self.definitions.context
        mine: pd.DataFrame = rows[rows["section"] == section]
        return mine

    def of(self, context: str, area: str, category: str = "") -> pd.DataFrame:
        """Return the newest figure of a row of context.csv for an area: one row, or none."""
        table = self.context
        found: pd.DataFrame = table[
            (table["context"] == context) & (table["area"] == area) & (table["category"] == category)
        ]
        return found

    def row(self, figure: pd.DataFrame) -> Row | None:
        """Return a figure as a row that has words, or nothing."""
        rows = wording.figures(self.released, figure)
        return rows[0] if rows else None

    def measure(self, measure: str) -> Row | None:
        """Return the newest figure of a measure as a row, where the area tracks it."""
        latest = self.released.latest
        return self.row(latest[latest["measure"] == measure])
