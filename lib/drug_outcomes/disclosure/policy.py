"""What may be shown of a measure, as data: thresholds, rounding, people or not, audience.

A policy comes from the row of the source (`sources.csv`) and the row of the measure (`measures.csv`).
An area may add its own rows; two policies together are as strict as the stricter of the two in every point.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import pandas as pd

from drug_outcomes.errors import UnreadableInput
from drug_outcomes.vocabulary import Audience


class Shows(StrEnum):
    """What the public may learn of a figure that stays with the partnership, least first."""

    NOTHING = "nothing"
    DIRECTION = "direction"
    BAND = "band"


@dataclass(frozen=True)
class Policy:
    """The rules for one measure.

    Parameters
    ----------
    threshold : counts of people from 1 to `threshold - 1` are hidden. NDTMS shows figures below 5 as "*".
    show_zero : whether a count of nobody may be shown.
    rounding_base : published counts are rounded to this base, half up; 1 is no rounding.
    people : whether what is counted is people. Small counts of grams, offences or tests hide nobody.
    audience : `public` if the source's figures may be published after suppression, else `partnership`.
    shows : what may be said in public of a figure that stays with the partnership.
    """

    threshold: int = 5
    show_zero: bool = True
    rounding_base: int = 1
    people: bool = True
    audience: Audience = Audience.PARTNERSHIP
    shows: Shows = Shows.NOTHING

    @property
    def needed_width(self) -> int:
        """How far apart the ends of a hidden small count's feasible interval must be, at least.

        An interval that holds all of 1 to `threshold - 1` is exactly this wide, so one number states both
        halves of the rule "holds 1..t-1, or is at least t-2 wide" (methods 6.3). Never less than 1: a point.
        """
        return max(self.threshold - 2, 1)


#: Used for a measure nobody has stated a policy for: nothing restricted leaves.
STRICTEST_DEFAULT = Policy()


class Definitions(Protocol):
    """The two definition tables that a policy is made of."""

    @property
    def measures(self) -> pd.DataFrame:
        """Rows of measures.csv: `measure`, `source`, `disclosive`."""

    @property
    def sources(self) -> pd.DataFrame:
        """Rows of sources.csv: `source`, `audience`, `threshold`, `show_zero`, `rounding_base`, `shows`."""


def combine(one: Policy, other: Policy) -> Policy:
    """Return the policy that is as strict as the stricter of the two in every point."""
    order = list(Shows)
    private = Audience.PARTNERSHIP in (one.audience, other.audience)
    return Policy(
        threshold=max(one.threshold, other.threshold),
        show_zero=one.show_zero and other.show_zero,
        rounding_base=int(np.lcm(one.rounding_base, other.rounding_base)),
        people=one.people or other.people,
        audience=Audience.PARTNERSHIP if private else Audience.PUBLIC,
        shows=min(one.shows, other.shows, key=order.index),
    )


def policies(definitions: Definitions, area_policy: pd.DataFrame | None = None) -> Mapping[str, Policy]:
    """Return the policy of every measure.

    `area_policy` has any of the policy columns and `measure`; a row whose `measure` is "" holds for all
    measures. It can only make a policy stricter. A value that is not understood is `UnreadableInput`.
    """
    sources = {row["source"]: _stated(row, "sources.csv") for row in definitions.sources.to_dict("records")}
    rows = definitions.measures.to_dict("records")
    result = {row["measure"]: _of_measure(row, sources) for row in rows}
    for row in [] if area_policy is None else area_policy.to_dict("records"):
        for measure in [row["measure"]] if row.get("measure") else list(result):
            if measure not in result:
                raise UnreadableInput(f"unknown measure '{measure}' in the area's disclosure policy")
            result[measure] = combine(result[measure], _stated(row, "disclosure policy", result[measure]))
    return result


def _of_measure(row: Mapping[Any, Any], sources: Mapping[str, Policy]) -> Policy:
    policy = sources.get(row["source"], STRICTEST_DEFAULT)
    disclosive = str(row.get("disclosive", "")).strip()
    if disclosive not in ("people", "not", ""):
        raise UnreadableInput(
            f"disclosive '{disclosive}' of measure '{row['measure']}'",
            expected="people or not",
            file="measures.csv",
        )
    return replace(policy, people=disclosive != "not")


def _stated(row: Mapping[Any, Any], file: str, default: Policy = STRICTEST_DEFAULT) -> Policy:
    """Read the policy columns of one row; an absent or empty one keeps the default."""

    def word(name: str) -> str:
        value = row.get(name, "")
        return "" if value is None or value != value else str(value).strip()

    try:
        return replace(
            default,
            threshold=_whole(word("threshold"), default.threshold),
            show_zero=_yes(word("show_zero"), default.show_zero),
            rounding_base=_whole(word("rounding_base"), default.rounding_base),
            audience=Audience(word("audience") or default.audience),
            shows=Shows(word("shows") or default.shows),
        )
    except ValueError as error:
        name = row.get("source") or row.get("measure") or "every measure"
        raise UnreadableInput(
            f"the disclosure policy of {name}: {error}",
            expected="threshold and rounding_base whole numbers from 1 (rounding_base may be empty or none); "
            "show_zero yes or no; audience public or partnership; shows nothing, direction or band",
            file=file,
        ) from error


def _whole(word: str, default: int) -> int:
    if word in ("", "none"):
        return default
    if float(word) < 1 or float(word) != int(float(word)):
        raise ValueError(f"'{word}' is not a whole number from 1")
    return int(float(word))


def _yes(word: str, default: bool) -> bool:
    known = {"": default, "yes": True, "true": True, "no": False, "false": False}
    if word.lower() not in known:
        raise ValueError(f"'{word}' is neither yes nor no")
    return known[word.lower()]


def is_small(counts: pd.Series, policy: Policy) -> pd.Series:
    """Say which counts are too small to show: 1 to threshold - 1, and 0 where zeros are not shown.

    An unknown count is not small. Fractions (an average of three years) count as small below the threshold.
    """
    hidden = (counts > 0) & (counts < policy.threshold)
    return hidden if policy.show_zero else hidden | (counts == 0)


def rounded(counts: pd.Series, base: int) -> pd.Series:
    """Round whole numbers to `base`, half up: 7.5 to 10 at base 5, where `round()` would go to the even side.

    A count that is not a whole number is refused with `ValueError`, since rounding twice gives wrong results.
    """
    if not (counts.dropna() % 1 == 0).all():
        raise ValueError("only whole numbers are rounded to a base")
    return ((counts + base / 2) // base) * base


def suppressed_then_rounded(counts: pd.Series, policy: Policy) -> pd.Series:
    """Return what may be printed of separate counts: NaN where hidden, else rounded to the policy's base."""
    return rounded(counts.mask(is_small(counts, policy)), policy.rounding_base)


def follow_parents(parents: pd.Series, of: pd.Series, rank: pd.Series, count: int = 2) -> pd.Series:
    """Say which children a hidden parent takes with it: the `count` lowest ranked below each hidden parent.

    `parents` is true where hidden, indexed by name; `of` names each child's parent. The rule of the Friends
    and Family Test: a hidden parent with one hidden child could be worked out from its other children.
    """
    return of.map(parents).astype(bool) & (rank.groupby(of).rank(method="first") <= count)
