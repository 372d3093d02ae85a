"""Rules about figures that hang together: parts and totals, shares of a number, places within places."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.framework_tables import RelationKind
from drug_outcomes.definitions.observations import KEY
from drug_outcomes.definitions.vocabulary import Direction, Kind, Status
from drug_outcomes.quality.arithmetic import percent_granularity as attainable
from drug_outcomes.quality.evidence import TOGETHER, Evidence, joined, once
from drug_outcomes.statistics.arrays import precision

#: A part of a breakdown is one that adds up where it did so in this share of the periods.
_USUALLY = 0.7
#: So many totals show whether a breakdown counts people several times.
_ENOUGH = 3


def measures_apart(evidence: Evidence) -> pd.DataFrame:
    """Find totals that miss the sum of their parts, measures of their own, by more than rounding explains."""
    found = [
        _apart(evidence, total, parts)
        for total, parts in _relations(evidence, RelationKind.PARTS_TOTAL)
        if {total, *parts} <= set(evidence.added_up)
    ]
    return _together(found)


def _apart(evidence: Evidence, total: str, parts: list[str]) -> pd.DataFrame:
    rows = evidence.added_up.dropna(subset=[total, *parts])
    tolerance = sum(_half_units(evidence, rows, name) for name in (total, *parts))
    gap = (rows[total] - rows[parts].sum(axis=1)).round(6)
    named = total if total in set(evidence.definitions.measures["measure"]) else parts[0]
    told = rows[TOGETHER].assign(gap=gap, figures=joined(rows, [total, *parts]))
    return evidence.of(named, told[gap.abs() > tolerance + 1e-9])


def _half_units(evidence: Evidence, rows: pd.DataFrame, name: str) -> "pd.Series[float]":
    """Return how far rounding may have moved each value: half the last decimal, or half the base of counts."""
    own = evidence.definitions.measures.set_index("measure")
    kind = own["kind"].get(name, Kind.COUNT)
    if kind == Kind.COUNT:
        base = evidence.rounding_base(rows.assign(name=name))
        return base.where(base > 1, 0) / 2
    return 10.0 ** -pd.Series(precision(rows[name], own["decimals"][name]), rows.index).clip(upper=6) / 2


@once
def breakdowns_apart(evidence: Evidence) -> pd.DataFrame:
    """Find counts whose parts by one thing (sex, age ...) usually make the total, and here do not.

    Adds low and high: the least and the greatest growth of a part since the period before.
    """
    points = evidence.points[(evidence.points["kind"] == Kind.COUNT) & evidence.points["value"].notna()]
    points = points.assign(growth=100 * (points["value"] / points["previous_value"].where(lambda x: x > 0) - 1))
    by_one = points[(points["breakdown"] != "") & ~points["breakdown"].str.contains(";")]
    by_one = by_one.assign(by=by_one["breakdown"].str.split("=").str[0])
    place = ["measure", "area", "period_start", "period_end", "source"]
    parts = by_one.groupby([*place, "by"], as_index=False).agg(
        parts=("value", "sum"), of=("value", "size"), low=("growth", "min"), high=("growth", "max")
    )
    whole = points[points["breakdown"] == ""].drop_duplicates(place, keep="last")
    rows = whole.merge(parts, on=place)
    bases = evidence.rounding_base(rows)
    tolerance = (rows["of"] + 1) * bases.where(bases > 1, 0) / 2
    apart = (rows["value"] - rows["parts"]).abs() > tolerance
    group = [rows[name] for name in ("measure", "area", "by", "of")]
    usually = (~apart).groupby(group).transform("mean") >= _USUALLY
    more = rows["parts"] > rows["value"] + tolerance
    # People counted under several headings at once make more than the total nearly everywhere.
    headings = more.groupby([rows["source"], rows["by"]])
    several = (headings.transform("mean") > 1 - _USUALLY) & (headings.transform("size") >= _ENOUGH)
    return rows[apart & (usually | (more & ~several))]


def growth_hull(evidence: Evidence) -> pd.DataFrame:
    """Find totals that miss their parts and grew faster, or more slowly, than each of them."""
    rows = breakdowns_apart(evidence)
    rows = rows[(rows["growth"] < rows["low"] - 1e-9) | (rows["growth"] > rows["high"] + 1e-9)]
    return rows.assign(**{name: rows[name].round(1) for name in ("growth", "low", "high")})


def union_between_parts(evidence: Evidence) -> pd.DataFrame:
    """Find unmet need of people in either of two groups below that of both: possible, and worth a question."""
    found = []
    for total, parts in _relations(evidence, RelationKind.UNION):
        if {total, *parts} <= set(evidence.added_up):
            rows = evidence.added_up.dropna(subset=[total, *parts])
            below = rows[total] < rows[parts].min(axis=1) - 1e-9
            told = rows[TOGETHER].assign(figures=joined(rows, [total, *parts]))
            found.append(_newest(evidence.of(total, told[below])))
    return _together(found)


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the newest of rows that tell the same of every period."""
    return rows.sort_values("period_end").drop_duplicates(["measure", "area"], keep="last")


def against_its_parts(evidence: Evidence) -> pd.DataFrame:
    """Find measures that moved together and, while the estimate of need stands as it does, cannot."""
    rows = _moved_against(evidence)
    return rows[rows["stands"]]


def perhaps_against_its_parts(evidence: Evidence) -> pd.DataFrame:
    """Find measures that moved together where it is not known whether the estimate of need is the same."""
    rows = _moved_against(evidence)
    return rows[~rows["stands"] & rows["unknown"]]


@once
def _moved_against(evidence: Evidence) -> pd.DataFrame:
    """Return measures that moved against their parts, and whether the estimate stands, or is not known."""
    moves = evidence.definitions.relations
    moves = moves[moves["kind"] == RelationKind.MOVES_WITH]
    latest = evidence.latest.set_index("measure", drop=False)
    found = [latest.iloc[:0].assign(figures="")]
    for total, parts, sign in zip(moves["total"], moves["parts"].str.split(";"), moves["sign"], strict=True):
        rows = latest.loc[latest.index.intersection([total, *parts])]
        arrows = set(rows.loc[rows.index.isin(parts), "direction"])
        moved = len(rows) == 1 + len(parts) and len(arrows) == 1 and arrows <= {Direction.UP, Direction.DOWN}
        wanted = arrows if sign == "same" else {Direction.UP, Direction.DOWN} - arrows
        against = {Direction.UP, Direction.DOWN} - wanted
        if moved and rows.loc[total, "direction"] in against and len(set(rows["period_end"])) == 1:
            pairs = zip(rows["title"], rows["direction"], strict=True)
            told = "; ".join(f"{title}: {way}" for title, way in pairs)
            found.append(rows.loc[[total]].assign(figures=told))
    against_them = pd.concat(found, ignore_index=True)
    key = ["measure", "period_label"]
    held = evidence.headline.drop_duplicates(key, keep="last").set_index(key)["denominator"]
    before = pd.MultiIndex.from_arrays([against_them["measure"], against_them["previous_period_label"]])
    change = against_them["denominator"].to_numpy(float) - held.reindex(before).to_numpy(float)
    return against_them.assign(stands=change == 0, unknown=np.isnan(change))


def national_at_least_local(evidence: Evidence) -> pd.DataFrame:
    """Find counts of an area above its benchmark's."""
    points = evidence.told[evidence.told["kind"] == Kind.COUNT]
    key = ["measure", "period_start", "period_end", "breakdown"]
    away = points[(points["area"] == points["benchmark"]) & points["value"].notna()]
    national = away[[*key, "value"]].rename(columns={"value": "national"}).drop_duplicates(key, keep="last")
    rows = points[points["area"] == evidence.area].merge(national, on=key)
    return rows[rows["value"] > rows["national"]]


def hidden_national(evidence: Evidence) -> pd.DataFrame:
    """Find benchmark counts that are printed as hidden because small, and cannot be small."""
    editions, points = evidence.editions, evidence.points
    held = points[(points["area"] == points["benchmark"]) & points["value"].notna()]
    smallest = editions["measure"].map(held.groupby("measure")["value"].min()).astype(float)
    hidden = editions["printed_england_status"] == Status.SUPPRESSED
    small = (editions["kind"] == Kind.COUNT) | (smallest > editions["printed_england_bound"])
    return editions[hidden & small]


def same_fact_twice(evidence: Evidence) -> pd.DataFrame:
    """Find figures that two publications tell with different values. Scorecards quote others and do not count."""
    rows = evidence.vintages[(evidence.vintages["measure"] != "") & evidence.vintages["value"].notna()]
    rows = rows[(rows["source"] != "scorecard_edition") & (rows["period_end"] != "")]
    newest = rows.sort_values("received", kind="stable").drop_duplicates([*KEY, "source"], keep="last")
    own = evidence.defined(newest)
    first = own[(own["source"] == own["own_source"]) & own["area"].isin([evidence.area, *own["benchmark"].unique()])]
    other = own[own["source"] != own["own_source"]][[*KEY, "value", "source"]]
    pairs = first.merge(other, on=list(KEY), suffixes=("", "_other"))
    coarse = np.fmin(*(precision(pairs[name], 0) for name in ("value", "value_other")))
    apart = (pairs["value"] - pairs["value_other"]).abs() > 10.0**-coarse / 2 * (1 + 1e-6)
    return pairs[apart]


def percent_granularity(evidence: Evidence) -> pd.DataFrame:
    """Find percentages that no whole number of the people counted can make."""
    rows = _unattainable(evidence)
    return rows[~rows["cut"]]


def cut_off(evidence: Evidence) -> pd.DataFrame:
    """Find percentages that whole numbers of people make only where decimals were cut off."""
    rows = _unattainable(evidence)
    return rows[rows["cut"]]


@once
def _unattainable(evidence: Evidence) -> pd.DataFrame:
    rows = _shares(evidence)
    found = [attainable(*each) for each in zip(rows["value"], rows["decimals"], rows["n"], strict=True)]
    cut = np.array([bool(one.truncated) for one in found], dtype=bool)
    return rows.assign(cut=cut)[np.array([one.flag for one in found], dtype=bool)]


def back_calculation(evidence: Evidence) -> pd.DataFrame:
    """Find percentages of people that, with their denominator published elsewhere, give away the one number."""
    rows = _shares(evidence)
    rows = rows[(rows["disclosive"] == "people") & rows["relation"]]
    found = [attainable(*each) for each in zip(rows["value"], rows["decimals"], rows["n"], strict=True)]
    return _newest(rows[np.array([len(one.numerators) == 1 for one in found], dtype=bool)])


@once
def _shares(evidence: Evidence) -> pd.DataFrame:
    """Return percentages without a published numerator, with the people they are shares of (`n`, exact)."""
    values = evidence.told
    shares = values[(values["kind"] == Kind.PROPORTION) & values["value"].between(0, 100) & ~values["modelled"]]
    shares = shares[shares["numerator"].isna()]
    own = shares[shares["denominator"] > 0].assign(n=shares["denominator"], relation=False)
    key = ["area", "period_start", "period_end", "breakdown", "source"]
    beside = [own]
    for total, parts in _relations(evidence, RelationKind.PERCENTAGE_OF):
        counts = values[(values["measure"] == total) & values["value"].notna()]
        counts = counts[[*key, "value"]].rename(columns={"value": "n"}).drop_duplicates(key)
        beside.append(shares[shares["measure"].isin(parts)].merge(counts, on=key).assign(relation=True))
    rows = pd.concat(beside, ignore_index=True)
    bases = evidence.rounding_base(rows)
    exact = (bases == 1) & (rows["n"] % 1 == 0)
    printed = pd.Series(precision(rows["value"], rows["decimals"]), rows.index)
    # Of more people than these, two numbers or more make every percentage.
    few = rows["n"] < 2 * 10.0 ** (printed + 2)
    told = rows.assign(n=rows["n"].round().astype("Int64"), decimals=printed)
    return told[exact & few & (printed < 6)].astype({"n": int, "decimals": int})


def small_count_watch(evidence: Evidence) -> pd.DataFrame:
    """Find published numbers of people so near to the threshold that a coming one may have to be hidden."""
    latest = evidence.latest.drop(columns=[name for name in ("disclosive",) if name in evidence.latest])
    own = evidence.definitions.measures[["measure", "disclosive", "source"]].rename(columns={"source": "own_source"})
    rows = latest.merge(own, on="measure")
    threshold = rows["own_source"].map(evidence.definitions.sources.set_index("source")["threshold"])
    near = rows["value"].between(threshold, 4 * threshold)
    return rows[near & (rows["kind"] == Kind.COUNT) & (rows["disclosive"] == "people")]


def _relations(evidence: Evidence, kind: RelationKind) -> list[tuple[str, list[str]]]:
    table = evidence.definitions.relations
    mine = table[(table["kind"] == kind) & (table["total"] != table["parts"])]
    return list(zip(mine["total"], mine["parts"].str.split(";"), strict=True))


def _together(found: list[pd.DataFrame]) -> pd.DataFrame:
    held = [rows for rows in found if len(rows)]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame()
