"""From what a source calls a figure to the measure it belongs to.

A measure's `slice` ("indicator=in_treatment;substance=Opiate") picks its rows out of a source. The keys
of the slice are used up; what is left of a row's breakdown ("sex=Female") is the measure's breakdown.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods, related_figures, segments
from drug_outcomes.definitions.framework import Definitions, parse_slice
from drug_outcomes.definitions.vocabulary import VALUED, Kind, Status

#: Denominators published for a calendar year stand for the middle of it.
_MID_YEAR = 6


def to_measures(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Fill `measure` for the rows that a slice picks, and shorten their `breakdown`.

    Rows that carry a measure already (forms, scorecard editions) and rows that no measure uses are
    returned as they came: nothing is lost.
    """
    claims = [_claim(rows, measure, source, parse_slice(text)) for measure, source, text in _alternatives(definitions)]
    claimed = pd.concat(claims) if claims else rows.iloc[:0]
    rest = rows.drop(index=claimed.index.unique())
    matched = pd.concat([rest, claimed, *_beside(rows, definitions)])
    matched = matched.sort_index(kind="stable").reset_index(drop=True)
    return segments.named(as_covered(matched, definitions), definitions)


def _beside(rows: pd.DataFrame, definitions: Definitions) -> Iterator[pd.DataFrame]:
    """Yield the rows of published series beside the scorecard; as figures of no measure they stay what they are.

    A count that comes with what it was counted among becomes the share or rate that the series is.
    """
    measures = definitions.measures
    series = measures[(measures["on_scorecard"] == "no") & (measures["slice"] != "")]
    for measure in series.to_dict("records"):
        mine = _claim(rows, measure["measure"], measure["source"], parse_slice(measure["slice"]))
        if mine.empty:
            continue
        rated = (measure["kind"] != Kind.COUNT) & (mine["value"] == mine["numerator"])
        value = measure["per"] * mine["numerator"] / mine["denominator"].where(mine["denominator"] > 0)
        yield mine.assign(value=mine["value"].mask(rated & mine["denominator"].notna(), value))


def asked_for(rows: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Say which rows belong to a measure, or are something that a figure or a document rests on.

    Parameters
    ----------
    rows : columns measure, source, indicator, breakdown, release.
    """
    every = definitions.measures.loc[definitions.measures["slice"] != "", ["source", "slice"]]
    both = [*every.itertuples(index=False, name=None), *(one[1:] for one in _alternatives(definitions))]
    slices = {(source, parse_slice(text)["indicator"]) for source, text in both}
    sliced = pd.MultiIndex.from_frame(rows[["source", "indicator"]]).isin(list(slices))
    return (rows["measure"] != "") | sliced | related_figures.asked_for(rows, definitions)


def as_covered(rows: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Let periods say what a figure covers, whatever its label names.

    A measure of twelve months that is reported each quarter is labelled "2023/24 Q4"; it covers the year
    that ends with that quarter, and neighbouring figures overlap.
    """
    measures = definitions.measures.set_index("measure")
    window, basis = (rows["measure"].map(measures[name]) for name in ("window_months", "basis"))
    start, end = (periods.month_number(rows[name]) for name in ("period_start", "period_end"))
    # Quarters of a measure that is counted by the year are quarters: only the label of a year is widened.
    labelled = basis == str(periods.Basis.QUARTER_FIN)
    wider = ((end - start + 1 == 3) & (window == 12) & labelled).fillna(False).astype(bool)
    begins = (end - 11)[wider]
    iso = (begins // 12).astype("str") + "-" + (begins % 12 + 1).astype("str").str.zfill(2)
    return rows.assign(
        period_start=rows["period_start"].mask(wider, iso.reindex(rows.index)),
        period_basis=rows["period_basis"].mask(wider, str(periods.Basis.ROLLING12)),
    )


def _alternatives(definitions: Definitions) -> list[tuple[str, str, str]]:
    own = definitions.scorecard[["measure", "source", "slice"]]
    table = pd.concat([own, definitions.alternative_sources[["measure", "source", "slice"]]])
    table = table[table["slice"] != ""]
    return list(table.itertuples(index=False, name=None))


def _claim(rows: pd.DataFrame, measure: str, source: str, wanted: dict[str, str]) -> pd.DataFrame:
    wanted = dict(wanted)
    indicator = wanted.pop("indicator")
    mine = rows[(rows["measure"] == "") & (rows["source"] == source) & (rows["indicator"] == indicator)]
    left = {text: _leftover(text, wanted) for text in mine["breakdown"].unique()}
    remaining = mine["breakdown"].map(left)
    return mine[remaining.notna()].assign(measure=measure, breakdown=remaining.dropna().astype("str"))


def _leftover(breakdown: str, wanted: dict[str, str]) -> str | None:
    """Return what is left of a breakdown once the wanted pairs are taken; None where one is not there."""
    pairs = dict(pair.split("=", 1) for pair in breakdown.split(";") if pair)
    if any(pairs.get(key) != value for key, value in wanted.items()):
        return None
    return ";".join(f"{key}={value}" for key, value in sorted(pairs.items()) if key not in wanted)


def with_denominators(known: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Compute rates whose count and population come in different files.

    For measures whose `denominator_from` is `<source>:<indicator>`, a row with a numerator and no
    denominator takes the newest denominator of the same area and breakdown (pupils of special schools for
    suspensions from them) whose mid-point lies inside the row's period; `value` becomes numerator /
    denominator x per, and `note` says so. Rows without such a denominator keep no value and the status
    `not_calculated`.
    """
    measures = definitions.measures.set_index("measure")
    wants = known["measure"].map(measures["denominator_from"]).fillna("")
    open_rows = wants.str.contains(":") & known["numerator"].notna() & known["denominator"].isna()
    if not open_rows.any():
        return known
    rows = known[open_rows].assign(wants=wants[open_rows])
    filled = _join_denominators(rows, known).assign(per=rows["measure"].map(measures["per"]).astype(float))
    found = filled["denominator"] > 0
    value = (filled["numerator"] / filled["denominator"] * filled["per"]).where(found)
    note = np.where(
        found,
        "rate computed with the population of " + filled["denominator_label"].fillna(""),
        "no population of this period is held, so no rate can be computed",
    )
    notes = known["note"] + np.where(known["note"] == "", "", "; ") + pd.Series(note, filled.index).reindex(known.index)
    valued = known["status"].isin([str(status) for status in VALUED])
    unfilled = open_rows & valued & ~found.reindex(known.index, fill_value=True)
    return known.assign(
        denominator=known["denominator"].fillna(filled["denominator"]),
        value=known["value"].where(~open_rows, value.reindex(known.index)),
        note=known["note"].where(~open_rows, notes),
        status=known["status"].mask(unfilled, str(Status.NOT_CALCULATED)),
    )


#: A population of another year bounds a rate's denominator when the years are near, with room for change.
_NEAR_MONTHS, _ROOM = 36, 0.9


def with_population_bound(latest: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Fill denominator_bound of published rates that come without their population.

    Nine tenths of the nearest population within three years stand as a lower bound: no area's population
    falls by a tenth in that time. A sibling's count, where there is one, is left as it is.

    Parameters
    ----------
    latest : columns area, period_start, period_end, denominator_from, denominator, denominator_bound and
        denominator_bound_note.
    known : observations, of which those that belong to no measure are the populations.
    """
    wants = latest["denominator_from"].fillna("")
    rows = latest[wants.str.contains(":") & latest["denominator"].isna() & latest["denominator_bound"].isna()]
    pairs = rows.assign(wants=wants, middle_of_row=_middle(rows)).reset_index(names="place")
    joined = pairs[["place", *_OF_WHOM, "middle_of_row"]].merge(_pools(known), on=_OF_WHOM)
    away = (joined["middle"] - joined["middle_of_row"]).abs()
    near = joined.assign(away=away)[away <= _NEAR_MONTHS].sort_values("away", kind="stable")
    nearest = near.drop_duplicates("place").set_index("place").reindex(latest.index)
    people = nearest["pool"].map("{:,.0f}".format, na_action="ignore").astype("str")
    note = "nine tenths of the population of " + nearest["denominator_label"] + ", " + people + " people"
    return latest.assign(
        denominator_bound=latest["denominator_bound"].fillna(nearest["pool"] * _ROOM),
        denominator_bound_note=latest["denominator_bound_note"].where(note.isna(), note),
    )


#: What tells populations apart: "<source>:<indicator>", where, and which people.
_OF_WHOM = ["wants", "area", "breakdown"]


def _pools(known: pd.DataFrame) -> pd.DataFrame:
    """Return the populations held: the columns `_OF_WHOM`, middle, denominator_label, pool."""
    pools = known[known["measure"].eq("") & known["value"].notna()]
    return pools.assign(
        wants=pools["source"] + ":" + pools["indicator"],
        middle=_middle(pools),
        denominator_label=pools["period_label"],
        pool=pools["value"],
    ).sort_values("received")[[*_OF_WHOM, "middle", "denominator_label", "pool"]]


def _join_denominators(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return columns denominator and denominator_label for `rows`, by area, breakdown and mid-point."""
    pairs = (
        rows[[*_OF_WHOM, "period_start", "period_end", "numerator"]]
        .reset_index(names="place")
        .merge(_pools(known), on=_OF_WHOM, how="inner")
    )
    inside = pairs["middle"].between(
        periods.month_number(pairs["period_start"]), periods.month_number(pairs["period_end"])
    )
    newest = pairs[inside].drop_duplicates("place", keep="last").set_index("place")
    return rows[["numerator"]].assign(
        denominator=newest["pool"].reindex(rows.index),
        denominator_label=newest["denominator_label"].reindex(rows.index),
    )


def _middle(pools: pd.DataFrame) -> pd.Series:
    start = periods.month_number(pools["period_start"])
    return start + (_MID_YEAR - 1) * (periods.month_number(pools["period_end"]) > start)
