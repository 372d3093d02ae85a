"""Compared with areas beside England: the region, statistical neighbours and areas of like deprivation.

The region's figure is the one published for it. A group's is pooled: all that its areas counted over all that
they counted it among. Nothing else makes one figure of several areas', so a standardised rate, an average or
median and a share without its counts are refused with the reason. Only figures that the audience sees are
used: a sum of shown figures tells nothing that they do not.
"""

from enum import StrEnum

import numpy as np
import pandas as pd

from drug_outcomes.definitions.areas import FEWEST_SIMILAR, Area
from drug_outcomes.definitions.vocabulary import VALUED, Benchmark, Compared, Kind, Verdict, VerdictBasis
from drug_outcomes.statistics.arrays import numbers, pick_words, printed_decimals
from drug_outcomes.statistics.comparisons import add_comparison

_FIGURE = ["measure", "breakdown", "period_start", "period_end", "period_basis", "segment"]
_COLUMNS = [*_FIGURE, "area", "value", "numerator", "denominator", "received"]
#: What a comparison rests on, of the many columns of a figure.
_TESTED = (
    *("value", "lower", "upper", "numerator", "denominator", "kind", "per", "decimals", "modelled"),
    *("polarity", "polarity_agreed", "bound_low", "bound_high", "interval_lower", "interval_upper"),
    *("interval_lower_998", "interval_upper_998", "interval_method"),
    *("denominator_bound", "denominator_bound_kind"),
)
_UNTESTED = {
    "compared": str(Compared.NOT_COMPARABLE),
    "verdict": str(Verdict.NOT_TESTED),
    "verdict_basis": str(VerdictBasis.NONE),
    "verdict_level": np.nan,
    "verdict_sign": np.nan,
    "verdict_apart": np.nan,
    "verdict_needed": np.nan,
}
#: How the figures of a group's areas lie, where they may not be pooled.
_SPREAD = ("middle", "lowest", "highest")
#: Publishers round counts to the nearest 5, so that each may be this far from what it was.
_ROUNDED = 2.5


class Refused(StrEnum):
    """Why the figures of several areas are not made one."""

    NONE = ""
    FEW = "too few areas have a figure for this period"
    STANDARDISED = "rates adjusted for age cannot be pooled"
    MEAN = "averages and medians cannot be pooled"
    UNCOUNTED = "figures without their counts cannot be pooled"
    CONTRARY = "the counts do not make the figures of every area"


def codes_of(area: Area) -> dict[Benchmark, frozenset[str]]:
    """Return the codes of what an area is compared with; neither the area nor its members are among them."""
    named = {Benchmark.REGION: (area.region,), Benchmark.NEIGHBOURS: area.neighbours, Benchmark.PEERS: area.peers}
    return {name: frozenset(codes) - {area.code, *area.members, ""} for name, codes in named.items()}


def add_verdicts(latest: pd.DataFrame, series: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Compare the newest figures with the region, the statistical neighbours and areas of like deprivation.

    Counts are not compared, since they depend on how many people live in an area.

    Parameters
    ----------
    latest : the columns of `comparisons.add_comparison`, and those that tell a figure.
    series : figures as the audience may see them, with `withheld`. Those of the very same period, kind of
        period and segment count; hidden ones never.
    area : its region, `neighbours` and `peers`.

    Returns
    -------
    The same rows with, for each `Benchmark` b, b_value, b_areas ("9 of 10 areas", "" for the region) and the columns
    of `add_comparison` that end in _b. Where a group may not be pooled, b_value is missing and b_refused, a word of
    `Refused`, says why; b_middle, b_lowest and b_highest are the spread of its areas.
    """
    near, found = _near(latest, series, area), [latest]
    for benchmark, codes in codes_of(area).items():
        mine = near[near["area"].isin(codes)]
        if benchmark is Benchmark.REGION or mine.empty:
            own = mine.set_index("place")["value"].reindex(latest.index)
            beside = pd.DataFrame({"value": own, "areas": "", "refused": ""} | dict.fromkeys(_SPREAD, np.nan))
        else:
            beside = _pooled(mine, latest, len(codes))
        found.append(_compared(latest, beside, benchmark))
    return pd.concat(found, axis="columns")


def _compared(figures: pd.DataFrame, beside: pd.DataFrame, benchmark: Benchmark) -> pd.DataFrame:
    """Return the columns of one comparison; only what has a figure beside it is tested."""
    held = beside["value"].notna()
    own = {f"{benchmark}_{name}": beside[name] for name in ("value", "areas", "refused", *_SPREAD)}
    found = pd.DataFrame({**own, **{f"{name}_{benchmark}": word for name, word in _UNTESTED.items()}})
    if held.any():
        mine = figures.loc[held, [name for name in _TESTED if name in figures]]
        tested = add_comparison(mine.assign(**own), benchmark=benchmark)
        found = tested[list(found)].reindex(figures.index).combine_first(found)[list(found)]
    return found


def _near(latest: pd.DataFrame, series: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Return the shown figures of other areas beside each local one, whose row in `latest` is `place`."""
    local = latest.loc[
        (latest["kind"] != Kind.COUNT) & latest["value"].notna() & (latest["period_end"] != ""),
        [*_FIGURE, "per", "decimals"],
    ]
    shown = (
        series["area"].isin(frozenset().union(*codes_of(area).values()))
        & series["period_end"].isin(local["period_end"])
        & (series["withheld"] == "")
        & series["status"].isin(VALUED)
        & series["value"].notna()
    )
    held = series.loc[shown, _COLUMNS].sort_values("received", kind="stable")
    newest = held.drop_duplicates([*_FIGURE, "area"], keep="last")
    return local.rename_axis("place").reset_index().merge(newest, on=_FIGURE)


def _pooled(near: pd.DataFrame, latest: pd.DataFrame, known: int) -> pd.DataFrame:
    """Return value, areas, refused (a word of `Refused`) and the spread on the index of `latest`."""
    share = near["numerator"] / near["denominator"].where(near["denominator"] > 0)
    decimals = np.fmin(printed_decimals(near["value"]), numbers(near["decimals"]))
    room = near["per"] * _ROUNDED * (1 + share) / near["denominator"] + 0.5 * 10.0**-decimals
    rows = near.assign(counted=share.notna(), fits=(near["per"] * share - near["value"]).abs() <= room)
    sums = (
        rows.groupby("place")
        .agg(
            number=("area", "size"), counted=("counted", "sum"), fits=("fits", "sum"),
            numerator=("numerator", "sum"), denominator=("denominator", "sum"),
            lowest=("value", "min"), middle=("value", "median"), highest=("value", "max"),
        )
        .reindex(latest.index)
        .assign(kind=latest["kind"])
    )  # fmt: skip
    held, kind = sums["number"] > 0, sums["kind"]
    cases = {
        Refused.FEW: sums["number"] < FEWEST_SIMILAR,
        Refused.STANDARDISED: kind == Kind.STANDARDISED_RATE,
        Refused.MEAN: kind == Kind.MEAN,
        Refused.UNCOUNTED: sums["counted"] < sums["number"],
        Refused.CONTRARY: sums["fits"] < sums["number"],
    }
    codes = np.select([numbers(held & case) > 0 for case in cases.values()], list(range(1, len(cases) + 1)), 0)
    refused = pick_words(list(Refused), codes, latest.index)
    areas = sums["number"].fillna(0).map("{:.0f}".format) + f" of {known} areas"
    value = latest["per"].astype(float) * sums["numerator"] / sums["denominator"]
    return pd.DataFrame(
        {
            "value": value.where(held & (codes == 0)),
            "areas": areas.where(held, "").astype("str"),
            "refused": refused,
            **{name: sums[name] for name in _SPREAD},
        }
    )
