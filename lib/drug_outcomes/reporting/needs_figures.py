"""The frames behind a needs assessment, put together from cleared figures and worked out in `needs`."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from drug_outcomes.definitions.areas import ENGLAND, FEWEST_SIMILAR
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.definitions.vocabulary import VALUED, Benchmark, Kind
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.statistics import comparisons, intervals, needs, peer_comparison

Cells = Mapping[Hashable, Any]
_PERIOD = ("period_label", "period_start", "period_end", "period_basis")
#: What tells a row of `compared`, and how its local figure stands to those beside it.
_SAME = ["context", "period_start", "period_end"]
_TESTED = [*("verdict", "verdict_region", "verdict_neighbours", "verdict_peers"), *("neighbours_value", "peers_value")]
#: Publishers round local counts of people in treatment to this; a multiple of it is taken as rounded.
_ROUNDED = 5.0
_NOTHING: dict[Hashable, Any] = {"value": np.nan, "lower": np.nan, "upper": np.nan, "period_label": ""}


def first(figures: pd.DataFrame) -> Cells:
    """Return the first row, or one without value, limits and period."""
    rows: list[dict[Hashable, Any]] = figures.head(1).to_dict("records")
    return rows[0] if rows else {**_NOTHING, "numerator": np.nan, "denominator": np.nan, "text": ""}


def need(page: DocumentPage) -> pd.DataFrame:
    """Return estimated need, people in treatment and unmet need, a row for each group and area.

    Columns: context, group, ages, area, prevalence with limits, estimate_label; in_treatment, treated_label and
    rounded_to; published (unmet need) with limits and published_label; what `needs.add_unmet_need` adds; and
    implied with limits: the estimate that the published figures imply where none is held.

    People in treatment are those of the publisher's own match, with the same ages: its number in need less
    that of people not in treatment. Where it gives no numbers, unmet need is not worked out again.
    """
    rows = [_need_of(page, row, area) for row in page.defined("prevalence").to_dict("records") for area in page.places]
    return needs.add_unmet_need(pd.DataFrame(rows))


def _need_of(page: DocumentPage, row: Cells, area: str) -> dict[str, Any]:
    estimate = first(page.of(str(row["context"]), area))
    series = page.headline[page.headline["area"] == area]
    unmet = first(series[series["measure"] == row["measure"]].tail(1))
    treated = first(
        series[(series["measure"] == row["of"]) & (series["period_label"] == unmet["period_label"])].tail(1)
    )
    decimals = _decimals(str(unmet.get("text", "")))
    implied = needs.implied_need([treated["value"]], [unmet["value"]], decimals)
    matched = unmet["denominator"] - unmet["numerator"]
    return {
        "context": row["context"],
        "group": row["title"],
        "ages": row["ages"],
        "area": area,
        "measure": row["measure"],
        "prevalence": estimate["value"],
        "prevalence_lower": estimate["lower"],
        "prevalence_upper": estimate["upper"],
        "estimate_label": estimate["period_label"],
        "in_treatment": matched,
        "treated_label": unmet["period_label"],
        "rounded_to": _ROUNDED if matched % _ROUNDED == 0 else 1.0,
        "published": unmet["value"],
        "published_lower": unmet["lower"],
        "published_upper": unmet["upper"],
        "counted": treated["value"],
        "implied": float(implied.value[0]),
        "implied_lower": float(implied.lower[0]),
        "implied_upper": float(implied.upper[0]),
    }


def _decimals(text: str) -> int:
    return min(1, len(text.rstrip("%").partition(".")[2]))


def groups_in_treatment(page: DocumentPage) -> pd.DataFrame:
    """Return each group of people in treatment with its representation beside a reference.

    Columns: context, topic, category, period_label, reference_name, group, everybody, reference,
    reference_everybody, hidden (the publisher or we hide the number), and what `needs.add_representation` adds.
    """
    rows = [
        one
        for row in page.defined("representation").to_dict("records")
        for one in (_of_measures(page, row) if row["measure"] else _of_dimension(page, row))
    ]
    if not rows:
        return pd.DataFrame()
    return needs.add_representation(pd.DataFrame(rows))


def _of_dimension(page: DocumentPage, row: Cells) -> list[dict[str, Any]]:
    table = page.context
    mine = table[(table["context"] == row["context"]) & (table["category"] != "")]
    local = mine[mine["area"] == page.area.code]
    words = category_words(row)
    whole = {area: first(page.of(str(row["of"]), area))["value"] for area in (page.area.code, ENGLAND)}
    found = []
    for cell in local.sort_values("category", kind="stable").to_dict("records"):
        beside = first(mine[(mine["area"] == ENGLAND) & (mine["category"] == cell["category"])])["value"]
        name, reference = "people in treatment in England", (beside, whole[ENGLAND])
        called, unsaid = words.get(cell["category"], cell["category"]), str(row["unsaid"]).split(";")
        group = _group(page, row, called, cell, whole[page.area.code], name, reference)
        found.append(group | {"unsaid": cell["category"] in unsaid})
    return found


def _of_measures(page: DocumentPage, row: Cells) -> list[dict[str, Any]]:
    words, series = category_words(row), page.headline
    whole = {area: first(page.of(str(row["of"]), area)) for area in (page.area.code, ENGLAND)}
    found = []
    for measure in str(row["measure"]).split(";"):
        mine = series[
            (series["measure"] == measure) & (series["period_label"] == whole[page.area.code]["period_label"])
        ]
        local, england = (first(mine[mine["area"] == area].tail(1)) for area in (page.area.code, ENGLAND))
        if local["period_label"]:
            name, reference = "people in treatment in England", (england["value"], whole[ENGLAND]["value"])
            found.append(
                _group(page, row, words.get(measure, measure), local, whole[page.area.code]["value"], name, reference)
            )  # fmt: skip
    return found


def _group(
    page: DocumentPage, row: Cells, category: str, cell: Cells, whole: float, name: str, reference: tuple[float, float]
) -> dict[str, Any]:
    bases = page.definitions.sources.set_index("source")["rounding_base"]
    return {
        "context": row["context"],
        "topic": row["topic"],
        "base": row["title"],
        "category": category,
        "period_label": cell["period_label"],
        "reference_name": name,
        "group": cell["value"],
        "everybody": whole,
        "reference": reference[0],
        "reference_everybody": reference[1],
        "rounded_to": float(bases.get(str(cell["source"]), 1)),
        "unsaid": False,
        "hidden": bool(cell.get("withheld", "")) or cell.get("status", "") == "suppressed",
    }


def category_words(row: Cells) -> dict[str, str]:
    """Return what the categories of a row of context.csv are called."""
    return dict(pair.split("=", 1) for pair in str(row["words"]).split(";") if pair)


def cascade(page: DocumentPage) -> pd.DataFrame:
    """Return the stages from need to recovery that lasts, with what `needs.add_cascade` adds.

    The publisher's own cohort of people followed for six months is one cascade; each group in need is
    another, which ends where the people counted are no longer the same. Empty where nothing is held.
    """
    followed = [
        _stage("Everybody in treatment", row["title"], first(page.of(str(row["context"]), page.area.code)), row["note"])
        for row in page.defined("cascade").to_dict("records")
    ]  # fmt: skip
    held = [one for one in followed if not np.isnan(one["count"])]
    rows = followed if held else []
    estimates = need(page)
    mine = estimates[(estimates["area"] == page.area.code) & estimates["prevalence"].notna()]
    for one in mine.to_dict("records"):
        group, cohort = str(one["group"]), f"{one['group']}, {one['ages']}"
        in_need = one | {"value": one["prevalence"], "period_label": one["estimate_label"]}
        treated = one | {"value": one["in_treatment"], "period_label": one["treated_label"]}
        reached = {"reached_lower": 100 - one["unmet_upper"], "reached_upper": 100 - one["unmet_lower"]}
        rows.append(_stage(group, "Estimated need", in_need, cohort))
        rows.append(_stage(group, "In treatment", treated, cohort) | reached)
        rows += [_stage(group, each["stage"], each | {"value": each["count"]}, each["cohort"]) for each in held[1:2]]
    if not rows:
        return pd.DataFrame()
    # A share of an estimate is as uncertain as the estimate: its limits are those of unmet need, turned round.
    linked = needs.add_cascade(pd.DataFrame(rows))
    estimated = linked["of_previous"].notna() & linked["reached_lower"].notna()
    limits = {
        f"of_previous_{end}": linked[f"of_previous_{end}"].mask(estimated, linked[f"reached_{end}"])
        for end in ("lower", "upper")
    }
    return linked.assign(**limits)


def _stage(cascade: str, stage: str, cell: Cells, cohort: str) -> dict[str, Any]:
    return {
        "cascade": cascade,
        "stage": stage,
        "count": cell["value"],
        "period_label": cell["period_label"],
        "cohort": cohort,
        "reached_lower": np.nan,
        "reached_upper": np.nan,
    }


def capacity(page: DocumentPage) -> pd.DataFrame:
    """Return how many more people in treatment scenarios need, with what `needs.add_capacity` adds.

    Scenarios: England's level of unmet need, the region's, and the area's own agreed target where there is one.
    Only groups whose estimate has limits: without them a range cannot be given.
    """
    every = need(page)
    mine = every[(every["area"] == page.area.code) & every["prevalence_lower"].notna()]
    aims = page.released.latest.set_index("measure")
    rows = []
    for one in mine.to_dict("records"):
        others = every[(every["context"] == one["context"]) & (every["area"] != page.area.code)]
        for other in others[others["published"].notna()].to_dict("records"):
            scenario = f"{page.places[str(other['area'])]}'s level"
            rows.append(
                one | {"scenario": scenario.replace("Region", "The region"), "target": other["published"],
                       "target_lower": other["published_lower"], "target_upper": other["published_upper"]}
            )  # fmt: skip
        target = aims["target"].get(one["measure"]) if "target" in aims else np.nan
        if target is not None and pd.notna(target):
            rows.append(one | {"scenario": "The agreed target", "target": float(target)})
    unlimited = {"target_lower": np.nan, "target_upper": np.nan}
    return needs.add_capacity(pd.DataFrame([unlimited | row for row in rows])) if rows else pd.DataFrame()


def compared(page: DocumentPage) -> pd.DataFrame:
    """Return proportions and rates beside England, the region, neighbours and peers, for the same period.

    Columns: row identity (`title`, `kind`, `decimals`, `period_label`), local, england, region, for each group of
    areas its number, lowest, middle and highest, and how many lie above the local figure; and the tested
    comparisons (`_TESTED`).
    """
    measures = page.headline[page.headline["kind"].isin([str(kind) for kind in Kind if kind != Kind.COUNT])]
    named = page.every_context[
        (page.every_context["kind"] != Kind.COUNT)
        & (page.every_context["category"] == "")
        & page.every_context["status"].isin(VALUED)
        & (page.every_context["period_end"] <= page.period.end_month)
    ]
    pool = pd.concat([measures.assign(context=measures["measure"]), named], ignore_index=True)
    pool = pool[pool["value"].notna()].sort_values(["period_end", "received"], kind="stable")
    rows, groups = [], peer_comparison.codes_of(page.area)
    for name, group in pool.groupby("context", sort=False):
        local = group[group["area"] == page.area.code].tail(1)
        if local.empty:
            continue
        own = first(local)
        same = group[
            (group["period_start"] == own["period_start"])
            & (group["period_end"] == own["period_end"])
            & (group["segment"] == own["segment"])
        ].drop_duplicates("area", keep="last")
        values = same.set_index("area")["value"]
        beside = {
            str(key): _spread(values, own["value"], groups[key]) for key in (Benchmark.NEIGHBOURS, Benchmark.PEERS)
        }
        if any(beside.values()):
            rows.append(
                {"context": name, **{key: own[key] for key in ("title", "kind", "decimals", *_PERIOD)},
                 "local": own["value"], "england": values.get(ENGLAND, np.nan),
                 "region": values.get(page.area.region, np.nan), **beside}
            )  # fmt: skip
    table = pd.DataFrame(rows)
    return table.merge(_tested(page, named, table), on=_SAME, how="left") if rows else table


def _tested(page: DocumentPage, named: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return `_TESTED` of newest figures by context and period: of measures as cleared, of others by the same rule."""
    measures = page.released.latest.assign(context=page.released.latest["measure"])
    rows = named.assign(measure=named["context"])
    england = table[[*_SAME, "england"]].rename(columns={"england": "england_value"})
    local = rows[rows["area"] == page.area.code].drop_duplicates(_SAME, keep="last").merge(england, on=_SAME)
    judged = intervals.add_intervals(local.assign(polarity="", polarity_agreed=False, modelled=False))
    found = peer_comparison.add_verdicts(comparisons.add_comparison(judged), rows, page.area)
    return pd.concat([part[[*_SAME, *_TESTED]] for part in (measures, found)])


def _spread(values: pd.Series, own: float, codes: frozenset[str]) -> dict[str, float]:
    """Return number, lowest, middle and highest of some areas, and how many lie above; empty for too few."""
    found = values[values.index.isin(list(codes))]
    if len(found) < FEWEST_SIMILAR:
        return {}
    return {
        "number": len(found),
        "lowest": float(found.min()),
        "middle": float(found.median()),
        "highest": float(found.max()),
        "above": int((found > own).sum()),
    }


def changed(page: DocumentPage, baseline: str) -> pd.DataFrame:
    """Return people in treatment in the baseline and now, for the area and England.

    Columns: fact, group, area, part ("all", "substance" or "sex"), before, now, their labels, low and high: the
    change in per cent that the rounding of both counts allows, missing as is the change where nobody was counted
    before. Rows without either count are left out.
    """
    rows = []
    told = page.definitions.context
    for row in told[told["change"].isin(["total", "part"])].to_dict("records"):
        words = category_words(row)
        part = str(row["topic"]).lower() if row["change"] == "part" else "all"
        for area in (page.area.code, ENGLAND):
            for name, figures in _parts(page, row, area):
                rows.append(_change(figures, baseline, page, area, words.get(name, name or "all adults"), part))
    return pd.DataFrame([row for row in rows if row])


def _parts(page: DocumentPage, row: Cells, area: str) -> list[tuple[str, pd.DataFrame]]:
    if row["measure"]:
        series = page.headline[page.headline["area"] == area]
        return [(name, series[series["measure"] == name]) for name in str(row["measure"]).split(";")]
    table = page.every_context
    split = (table["category"] != "") == (row["dimension"] != "")
    mine = table[(table["context"] == row["context"]) & (table["area"] == area) & split]
    return [(str(name), group) for name, group in mine.groupby("category")]


def _change(
    figures: pd.DataFrame, baseline: str, page: DocumentPage, area: str, group: str, part: str
) -> dict[str, Any]:
    held = figures[figures["value"].notna() & (figures["withheld"] == "")]
    held = held.sort_values(["period_end", "received"], kind="stable")
    before = held[held["period_end"] == baseline].tail(1)
    now = held[(held["period_end"] > baseline) & (held["period_end"] <= page.period.end_month)].tail(1)
    if before.empty or now.empty:
        return {}
    old, new = first(before), first(now)
    rounded = old["value"] % _ROUNDED == 0 and new["value"] % _ROUNDED == 0
    step = _ROUNDED / 2 if rounded else 0.0
    steps = (0.0, -step, step) if old["value"] else ()
    change, low, high = [100 * ((new["value"] + by) / (old["value"] - by) - 1) for by in steps] or [np.nan] * 3
    return {
        "group": group,
        "area": area,
        "part": part,
        "before": old["value"],
        "before_label": old["period_label"],
        "now": new["value"],
        "now_label": new["period_label"],
        "change": change,
        "low": low,
        "high": high,
        "months": int(month_number(now["period_end"]).iloc[0] - month_number(before["period_end"]).iloc[0]),
    }
