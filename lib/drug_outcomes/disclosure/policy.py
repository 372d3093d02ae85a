"""What may be shown of a measure, as data: thresholds, rounding, people or not, audience.

A policy comes from the row of the source (`sources.csv`) and the row of the measure (`measures.csv`).
An area may add its own rows; two policies together are as strict as the stricter of the two in every point.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.errors import UnreadableInput

#: A restricted count is not to be known more closely than to this share of itself.
_NEAR: Final = 0.1


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
    audience : `partnership` keeps back even what was approved for the public.
    shows : what may be said in public of a figure that stays with the partnership.
    per : what numerator / denominator is multiplied by; 1 where the value is itself a count.
    """

    threshold: int = 5
    show_zero: bool = True
    rounding_base: int = 1
    people: bool = True
    audience: Audience = Audience.PARTNERSHIP
    shows: Shows = Shows.NOTHING
    per: float = 1

    @property
    def needed_width(self) -> int:
        """How far apart the ends of a hidden small count's feasible interval must be, at least.

        An interval that holds all of 1 to `threshold - 1` is exactly this wide, so one number states both
        halves of the rule "holds 1..t-1, or is at least t-2 wide" (methods 6.3). Never less than 1: a point.
        """
        return max(self.threshold - 2, 1)

    def in_words(self) -> str:
        """Return the points that an area may tighten."""
        return ", ".join(f"{name} {getattr(self, name)}" for name in _STATED)

    def needed_apart(self, counts: pd.Series) -> pd.Series:
        """How wide the feasible interval of each restricted count must be, small or not.

        At least as wide as a small count's, and a tenth of the count: closer than that is as good as printed
        (the p% rule of statistical disclosure control, p = 10).
        """
        return (counts.fillna(0) * _NEAR).clip(lower=self.needed_width).apply(np.ceil)

    def combined(self, other: "Policy") -> "Policy":
        """Return the policy that is as strict as the stricter of the two in every point."""
        private = Audience.PARTNERSHIP in (self.audience, other.audience)
        return Policy(
            threshold=max(self.threshold, other.threshold),
            show_zero=self.show_zero and other.show_zero,
            rounding_base=int(np.lcm(self.rounding_base, other.rounding_base)),
            people=self.people or other.people,
            per=self.per,
            audience=Audience.PARTNERSHIP if private else Audience.PUBLIC,
            shows=min(self.shows, other.shows, key=list(Shows).index),
        )


class Policies(dict[str, Policy]):
    """The policy of every measure. A measure nobody has stated one for has the default: nothing restricted leaves."""

    def __missing__(self, measure: str) -> Policy:
        return Policy()


POLICY_FILE: Final = "policy.csv"
#: Of a policy: which are the area's to tighten.
_STATED: Final = ("threshold", "show_zero", "rounding_base", "audience", "shows")


def area_policy(folder: Path) -> pd.DataFrame | None:
    """Read an area's `policy.csv`: `measure` ("" for all) and any of the columns of a policy, None where none is there.

    An unknown column is `UnreadableInput`: a misspelt rule would protect nobody.
    """
    file = folder / POLICY_FILE
    if not file.exists():
        return None
    table = edited_tables.read(file, edited_tables.free("measure"))
    strange = [name for name in table.columns if name not in ("measure", "reason", *_STATED)]
    if strange:
        raise UnreadableInput(
            f"there is no column '{strange[0]}'", expected="measure, reason, " + ", ".join(_STATED), file=file, row=1
        )
    return table


def policies(definitions: Definitions, area_policy: pd.DataFrame | None = None) -> Policies:
    """Return the policy of every measure.

    `area_policy` has any of the policy columns and `measure`; a row whose `measure` is "" holds for all
    measures, where it is the stricter. A row for one measure that would be laxer, and a value that is not
    understood, are `UnreadableInput`.
    """
    sources = {row["source"]: _of_source(row) for row in definitions.sources.to_dict("records")}
    result = Policies(
        (
            row["measure"],
            replace(sources.get(row["source"], Policy()), people=row["disclosive"] != "not", per=float(row["per"])),
        )
        for row in definitions.measures.to_dict("records")
    )
    restricted = {row["source"] for row in definitions.sources.to_dict("records") if _is_restricted(row)}
    closed = set(definitions.measures.loc[definitions.measures["source"].isin(restricted), "measure"])
    for row in [] if area_policy is None else area_policy.to_dict("records"):
        for measure in [row["measure"]] if row.get("measure") else list(result):
            if measure not in result:
                raise UnreadableInput(f"unknown measure '{measure}' in the area's disclosure policy")
            own = _stated(row, POLICY_FILE, result[measure])
            stricter = result[measure].combined(own)
            opening = row.get("audience") == Audience.PUBLIC and measure in closed
            if row.get("measure") and (stricter != own or opening):
                raise UnreadableInput(
                    f"the disclosure policy of {measure} is laxer than the framework's",
                    expected=f"at least as strict as {result[measure].in_words()}",
                    file=POLICY_FILE,
                )
            result |= {measure: stricter}
    return result


def of_returns(known: Policies, definitions: Definitions, received: pd.DataFrame) -> Policies:
    """Return the policies with the rules of whoever sent an unpublished figure, where those are the stricter.

    A return may name measures of another source; its sender's rule of hiding and rounding goes with it.
    """
    rules = {row["source"]: _of_source(row) for row in definitions.sources.to_dict("records")}
    pairs = received.loc[received["release"] != Release.PUBLIC, ["measure", "source"]].drop_duplicates()
    sent = pairs[pairs["measure"].isin(set(known)) & pairs["source"].isin(set(rules))]
    result = Policies(known)
    for measure, source in sent.itertuples(index=False, name=None):
        own = replace(rules[source], people=result[measure].people)
        result[measure] = result[measure].combined(own)
    return result


def _of_source(row: Mapping[Any, Any]) -> Policy:
    """Read the policy of a source: a restricted one lets out what was approved file by file."""
    policy = _stated(row, "sources.csv")
    return replace(policy, audience=Audience.PUBLIC) if _is_restricted(row) else policy


def _is_restricted(row: Mapping[Any, Any]) -> bool:
    return row.get("release") == Release.RESTRICTED


def _stated(row: Mapping[Any, Any], file: str, default: Policy | None = None) -> Policy:
    """Read the policy columns of one row; an absent or empty one keeps the default."""
    default = default or Policy()
    word = {str(name): "" if pd.isna(value) else str(value).strip() for name, value in row.items()}
    try:
        return replace(
            default,
            threshold=_whole(word.get("threshold", ""), default.threshold),
            show_zero={"": default.show_zero, "yes": True, "true": True, "no": False, "false": False}[
                word.get("show_zero", "").lower()
            ],
            rounding_base=_whole(word.get("rounding_base", ""), default.rounding_base),
            audience=Audience(word.get("audience") or default.audience),
            shows=Shows(word.get("shows") or default.shows),
        )
    except (ValueError, KeyError) as error:
        raise UnreadableInput(
            f"the disclosure policy of {word.get('source') or word.get('measure') or 'every measure'}: {error}",
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


def is_small(counts: pd.Series, policy: Policy) -> pd.Series:
    """Say which counts of people are too small to show: 1 to threshold - 1, and 0 where zeros are not shown.

    An unknown count is not small. Fractions (an average of three years) are small below the threshold.
    """
    small = (counts > 0) & (counts < policy.threshold) | (counts == 0) & (not policy.show_zero)
    return small & policy.people


def rounded(counts: pd.Series, base: "int | pd.Series") -> pd.Series:
    """Round whole numbers to `base`, half up: 7.5 to 10 at base 5, where `round()` would go to the even side.

    A count that is not a whole number is refused with `ValueError`, since rounding twice gives wrong results.
    """
    if not (counts.dropna() % 1 == 0).all():
        raise ValueError("only whole numbers are rounded to a base")
    return (counts + base / 2) // base * base


def follow_parents(parents: pd.Series, of: pd.Series, rank: pd.Series, count: int = 2) -> pd.Series:
    """Say which children a hidden parent takes with it: the `count` lowest ranked below each hidden parent.

    `parents` is true where hidden, indexed by name; `of` names each child's parent. The rule of the Friends
    and Family Test: a hidden parent with one hidden child could be worked out from its other children.
    """
    return of.map(parents).astype(bool) & (rank.groupby(of).rank(method="first") <= count)


def round_shown(table: pd.DataFrame, where: pd.Series, of: Policies) -> pd.DataFrame:
    """Round the counts of the marked rows to their measure's base, and work their values out again from those.

    Limits and intervals, through which the unrounded counts would show, are blanked in those rows.
    """
    base = table["measure"].map({name: of[name].rounding_base for name in table["measure"].unique()}).fillna(1)
    at = where & (base > 1) & table["numerator"].notna()
    if not at.any():
        return table
    counts = {name: rounded(table[name].round(), base).where(at, table[name]) for name in ("numerator", "denominator")}
    grown, shrunk = ((counts[name] / table[name]).fillna(1.0) for name in counts)
    value = (table["value"] * grown / shrunk).where(at, table["value"])
    limits = [name for name in table.columns if name in ("lower", "upper") or name.startswith("interval_")]
    emptied = {
        name: table[name].mask(at, "" if isinstance(table[name].dtype, pd.StringDtype) else np.nan) for name in limits
    }
    return table.assign(value=value, text=table["text"].mask(at, value.map("{:g}".format)), **counts, **emptied)
