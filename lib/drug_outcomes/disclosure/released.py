"""What one audience may see, as one object: the only thing that charts, tables, wording and downloads accept."""

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final

import pandas as pd

from drug_outcomes.definitions import observations, reasons
from drug_outcomes.definitions.vocabulary import Audience

#: Which of the frames hold figures.
_FIGURES: Final = ("latest", "series", "beside")


@dataclass(frozen=True)
class Released:
    """What one audience may see. Made by `withholding.seal` alone.

    Parameters
    ----------
    audience, as_of : for whom, and what was known when.
    latest : one row per measure, its newest figure; series : all points. `withheld` is "" where shown.
    findings, corrections : with the text of those that rest on hidden figures blanked.
    suppressions : one row per hidden figure: its key, `withheld`, `why`, `what_would_show_it`.
    revisions : what later releases changed in figures of measures, as `vintages.revisions` tells it.
    beside : observations that belong to no measure, such as estimates of need, cleared like the rest.
    """

    audience: Audience
    as_of: str
    latest: pd.DataFrame
    series: pd.DataFrame
    findings: pd.DataFrame
    corrections: pd.DataFrame
    suppressions: pd.DataFrame
    beside: pd.DataFrame = field(default_factory=observations.empty)
    revisions: pd.DataFrame = field(default_factory=pd.DataFrame)

    def checked(self) -> "Released":
        """Return this, or refuse it where a number is missing without a reason: the check at the door out."""
        for each in fields(self):
            if isinstance(table := getattr(self, each.name), pd.DataFrame):
                check = reasons.require if each.name in _FIGURES else reasons.require_texts
                check(table, each.name)
        return self

    @cached_property
    def newest(self) -> list[dict[Hashable, Any]]:
        """The rows of `latest`: every section of a page goes through them again."""
        return self.latest.to_dict("records")

    @cached_property
    def files(self) -> frozenset[str]:
        """The files, by their paths below data/, that stand behind what is shown."""
        return frozenset(file for frame in (self.series, self.beside) for file in frame["file"] if file)
