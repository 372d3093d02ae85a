"""Rules about numbers that follow from others told in the same documents: they are worked out again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from drug_outcomes.definitions.statements import NUMBERED, Relation, Told
from drug_outcomes.definitions.vocabulary import Direction, Kind
from drug_outcomes.quality.arithmetic import growth_hull as hull
from drug_outcomes.quality.arithmetic import stated_percent_change as stated
from drug_outcomes.quality.evidence import Evidence, once, text_of
from drug_outcomes.quality.statement_rules import as_told, finding

_HAIR = 1e-9
#: What of a level told beside a change is kept, and what it is called.
_LEVEL = {"text": "{}", "value": "{}_value", "step": "{}_step", "unit": "{}_unit"}


def arithmetic(evidence: Evidence) -> pd.DataFrame:
    """Find differences, ratios, shares and sums that their own numbers do not make."""
    wanted = [word for word in Relation if word not in (Relation.NONE, Relation.PERCENT_CHANGE)]
    return _worked_out(evidence, wanted)


def ratio_within_rounding(evidence: Evidence) -> pd.DataFrame:
    """Find stated changes in per cent that no unrounded numbers behind the printed ones could make."""
    return _worked_out(evidence, [Relation.PERCENT_CHANGE])


def _worked_out(evidence: Evidence, relations: Sequence[Relation]) -> pd.DataFrame:
    told = evidence.statements
    rows = told[told["relation"].isin(relations)]
    ends = _best(told)[["low", "high"]]
    ranges = [
        _range(Relation(relation), ends.loc[of.split(";")].to_numpy(dtype=float))
        for relation, of in zip(rows["relation"], rows["of"], strict=True)
    ]
    low, high = (np.array([each[end] for each in ranges], dtype=float) for end in (0, 1))
    wrong = (rows["low"] > high + _HAIR * np.abs(high)) | (rows["high"] < low - _HAIR * np.abs(low))
    return finding(evidence, rows.assign(said=as_told(rows), between=_between(low, high))[wrong])


def _best(told: pd.DataFrame) -> pd.DataFrame:
    """Return the statement of each fact that is printed most exactly, by fact."""
    numbered = told[told["kind"].isin([*NUMBERED, Told.LISTED]) & told["value"].notna()]
    ordered = numbered.sort_values(["exact", "step"], ascending=[False, True], kind="stable")
    return ordered.drop_duplicates("fact").set_index("fact")


def _between(low: "np.ndarray | list[float]", high: "np.ndarray | list[float]") -> "pd.Index[str]":
    ends = [(f"{one:.3g}", f"{other:.3g}") for one, other in zip(low, high, strict=True)]
    return pd.Index([one if one == other else f"{one} to {other}" for one, other in ends], dtype="str")


def _range(relation: Relation, ends: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest result that some ranges allow."""
    low, high = ends[:, 0], ends[:, 1]
    if relation is Relation.SUM:
        return float(low.sum()), float(high.sum())
    if relation is Relation.DIFFERENCE:
        return float(low[1] - high[0]), float(high[1] - low[0])
    if relation is Relation.SHARE:
        return float(100 * low[0] / high[1]), float(100 * high[0] / low[1])
    ratio = float(low[1] / high[0]), float(high[1] / low[0])
    return ratio if relation is Relation.RATIO else (100 * (ratio[0] - 1), 100 * (ratio[1] - 1))


def stated_percent_change(evidence: Evidence) -> pd.DataFrame:
    """Find changes in per cent that the two levels told with them, however rounded, do not make."""
    rows = _with_levels(evidence)
    return finding(evidence, rows[rows["wrong"]])


def percent_for_points(evidence: Evidence) -> pd.DataFrame:
    """Find changes of a percentage told in per cent that are its change in percentage points."""
    rows = _with_levels(evidence)
    return finding(evidence, rows[rows["wrong"] & rows["points"]])


def percent_vs_points(evidence: Evidence) -> pd.DataFrame:
    """Find changes of a percentage told in per cent, of it or in points left open."""
    rows = evidence.claims
    shares = (rows["measure_kind"] == Kind.PROPORTION) | (rows["series_unit"] == "%")
    rows = rows[(rows["kind"] == Told.CHANGE) & (rows["unit"] == "%") & shares]
    gap = (rows["latest_value"] - rows["england_value"]).abs()
    close = (gap - rows["value"].abs()).abs() <= rows["step"] / 2
    ending = " The difference from England is " + text_of(gap.round(1)) + " points: it may be that."
    levels = _with_levels(evidence)
    known = rows["place"].isin(levels.loc[levels["wrong"] & levels["points"], "place"])
    return finding(evidence, rows.assign(close=ending.where(close, ""))[~known])


@once
def _with_levels(evidence: Evidence) -> pd.DataFrame:
    """Return changes told in per cent whose two levels are known: those that `of` names, else two told beside them.

    Adds start and end (as printed), said, between (the change that the levels make), wrong, and points (whether
    it is the change in percentage points).
    """
    told = evidence.statements
    rows = told[(told["kind"] == Told.CHANGE) & (told["unit"] == "%") & told["value"].notna()].reset_index()
    pairs = pd.concat([_named_levels(rows, told), _levels_beside(rows, told)], ignore_index=True)
    signed = rows["value"].abs() * np.where(rows["direction"] == Direction.DOWN, -1, np.sign(rows["value"]))
    joined = rows.assign(signed=signed).merge(pairs, left_index=True, right_on="change")
    decimals = _decimals(joined)
    found = [
        stated(*each)
        for each in zip(
            joined["start_value"], joined["start_step"], joined["end_value"], joined["end_step"],
            joined["signed"], decimals, strict=True,
        )
    ]  # fmt: skip
    change, loose = (joined["end_value"] - joined["start_value"], (joined["start_step"] + joined["end_step"]) / 2)
    near = (change - joined["signed"]).abs() <= loose + joined["step"] / 2 + _HAIR
    judged = joined.assign(
        wrong=np.array([one.flag for one in found], dtype=bool),
        between=_between([one.low for one in found], [one.high for one in found]),
        points=near & (joined["start_unit"] == "%"),
        said=as_told(joined),
    )
    # Two levels without dates may be told in either order.
    sound = judged.groupby("index")["wrong"].transform("all")
    return judged[sound | ~judged["wrong"]].drop_duplicates("index").reset_index(drop=True)


def _decimals(rows: pd.DataFrame) -> "pd.Series[int]":
    """Return how many decimals each statement prints."""
    decimals: pd.Series[int] = (-np.log10(rows["step"])).round().clip(lower=0).astype(int)
    return decimals


def _named_levels(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Return the levels of changes that name two facts: from the first to the second, or by the first on the second."""
    facts = rows["of"].str.split(";")
    two = facts[facts.map(len) == 2]
    best = _best(told)
    # An ambition is as exact as it is printed.
    best = best.assign(step=best["step"].mask(best["kind"] == Told.TARGET, np.fmin(best["step"], 1)))
    first, second = (best.reindex([pair[place] for pair in two]).reset_index(drop=True) for place in (0, 1))
    more = (rows.loc[two.index, "relation"] == Relation.SHARE).reset_index(drop=True)
    whole = second.assign(value=first["value"] + second["value"], step=first["step"] + second["step"])
    whole = whole.assign(text=whole["value"].map("{:,.10g}".format))
    start, end = first.mask(more, second), second.mask(more, whole)
    table = pd.concat([pd.DataFrame({"change": two.index}), _as(start, "start"), _as(end, "end")], axis=1)
    return table.dropna(subset=["start_value", "end_value"])


def _levels_beside(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Return the two figures of the same measure or series in the line of each other change, in either order."""
    place = ["document", "line", "measure", "series"]
    alone = rows[(rows["of"] == "") & ((rows["measure"] != "") | (rows["series"] != ""))]
    levels = told[(told["kind"] == Told.FIGURE) & told["value"].notna() & told["exact"]]
    levels = levels[levels.groupby(place)["value"].transform("size") == 2].reset_index(names="at")
    named = alone[place].reset_index(names="change")
    start, end = (
        pd.concat([levels[[*place, "at", "period_end"]], _as(levels, end)], axis=1) for end in ("start", "end")
    )
    pairs = named.merge(start, on=place).merge(end, on=place, suffixes=("_start", "_end"))
    later = pairs["period_end_end"] >= pairs["period_end_start"]
    undated = (pairs["period_end_end"] == "") | (pairs["period_end_start"] == "")
    ordered: pd.DataFrame = pairs[(pairs["at_start"] != pairs["at_end"]) & (later | undated)]
    return ordered.drop(columns=[*place, "at_start", "at_end", "period_end_start", "period_end_end"])


def _as(levels: pd.DataFrame, end: str) -> pd.DataFrame:
    return levels[list(_LEVEL)].rename(columns={name: new.format(end) for name, new in _LEVEL.items()})


def growth_hull(evidence: Evidence) -> pd.DataFrame:
    """Find growth of a total outside that of its parts, which are all of it and share nobody."""
    told = evidence.statements
    split = told[(told["group"] != "") & told["role"].isin(["total", "part"])]
    split = split.assign(group=split["group"].str.split(";")).explode("group")
    groups = split.groupby(["document", "group", "area"], sort=False)
    found = [rows for _, each in groups for rows in [_outside_hull(each)] if len(rows)]
    return finding(evidence, pd.concat(found)) if found else pd.DataFrame()


def _outside_hull(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the total of a group that grew faster, or more slowly, than each of its parts."""
    total, parts = rows[rows["role"] == "total"], rows[rows["role"] == "part"]
    if len(total) != 1 or len(parts) < 2:
        return rows.iloc[:0]
    decimals = _decimals(rows)
    places = int(decimals[total.index[0]]), list(decimals[parts.index])
    limits = hull(float(total["value"].iloc[0]), list(parts["value"]), *places)
    told = total.assign(parts="; ".join(parts["text"]), place="; ".join(rows["place"]))
    return told.assign(low=f"{limits.low:.3g}", high=f"{limits.high:.3g}").head(int(limits.flag))
