"""By what an area's figures are cleared: its policies, what the public knows already, for whom and as known when."""

from dataclasses import dataclass

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import ledger
from drug_outcomes.disclosure.catalogue import catalogue
from drug_outcomes.disclosure.clearing import Context, is_public, visible
from drug_outcomes.disclosure.policy import Policies, area_policy, of_returns, policies
from drug_outcomes.disclosure.withholding import withhold


@dataclass(frozen=True)
class Rules:
    """What decides which figures an audience may see.

    Attributes
    ----------
    policies : by measure, what may be shown of it.
    context : which figures hang together, and what has been released before.
    audience, as_of : for whom, and what was known when (ISO date).
    """

    policies: Policies
    context: Context
    audience: Audience
    as_of: str

    @classmethod
    def of(
        cls,
        definitions: Definitions,
        area: Area,
        received: pd.DataFrame,
        audience: Audience,
        as_of: str,
        released_before: pd.DataFrame | None = None,
    ) -> "Rules":
        """Return the rules of an area; `released_before` stands for its ledger where it is given."""
        before = ledger.of_area(area.folder) if released_before is None else released_before
        members = {area.code: area.members} if area.members else {}
        context = Context(relations=catalogue(definitions, members), ledger=before, vintages=received)
        stated = policies(definitions, area_policy(area.folder))
        return cls(of_returns(stated, definitions, received), context, audience, as_of)

    def visible(self, rows: pd.DataFrame) -> "pd.Series[bool]":
        """Say which observations the audience could see at all, before small numbers are hidden."""
        return visible(rows, self.policies, self.audience, as_of=self.as_of)

    def withhold(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Hide what the audience may not see, before anything is computed from it: see `released.withhold`."""
        return withhold(rows, self.policies, self.audience, as_of=self.as_of, context=self.context)

    def every_release(self, known: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
        """Return every release of every figure that the audience may see: for the public, what has been published.

        A restricted figure that is cleared for the public stands as it is `shown`; its other releases do not.
        """
        if self.audience is Audience.PARTNERSHIP:
            return known
        columns = list(observations.COLUMNS)
        published = known.loc[is_public(known), columns]
        # What was published by itself says no reason for it, and stands among the published already.
        opened = (shown["release_basis"] != "") | ~is_public(shown)
        cleared = shown.loc[(shown["withheld"] == "") & opened, columns]
        both = pd.concat([published, cleared], ignore_index=True)
        return both.drop_duplicates([*observations.KEY, "indicator", "source", "file", "sheet", "row"]).reset_index(
            drop=True
        )

    def lines(self, shown: pd.DataFrame, *, edition: str, on: str, by: str) -> pd.DataFrame:
        """Return what releasing figures adds to the ledger; for the partnership the edition's own line alone."""
        numbers = shown[["value", "numerator", "denominator"]].notna().any(axis=1)
        public = self.audience is Audience.PUBLIC
        told = shown[(shown["measure"] != "") & numbers & public]
        words = {"edition": edition, "on": on, "by": by, "as_of": self.as_of}
        return ledger.entries(told, self.context.ledger, audience=self.audience, **words)
