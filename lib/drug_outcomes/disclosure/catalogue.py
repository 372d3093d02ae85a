"""From figures to cells and relations: how published counts hang together.

Parts and totals come from breakdowns, sums of measures, members of areas, and numerator and complement of a
denominator. Windows of time come from one idea: a count over a window is the difference of two running
totals, so quarters, rolling years, the year so far and pooled years are all tied by the same relation.
Whether a sum really holds is read off the true counts: people who are counted once a year do not add up over
quarters, and then nothing is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity

from drug_outcomes.definitions.framework import Definitions, RelationKind
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.disclosure.masking import joined
from drug_outcomes.disclosure.model import ZERO_COST
from drug_outcomes.disclosure.policy import Policies, is_small

PERIOD: Final = ("period_start", "period_end", "period_basis", "segment")
#: A sum that misses its total by at most this many is taken to be meant as a sum.
_NEARLY: Final = 5
_CELL: Final = (
    *(
        "cell",
        "measure",
        "name",
        "area",
        "breakdown",
        *PERIOD,
        "field",
        "shown_by",
        "figure",
        "count",
        "hidden",
        "fixed",
    ),
    *("low", "high", "shown_low", "shown_high", "protect", "cost"),
)
_PAIR: Final = ("relation", "whole", "part", "partial")
_RELATION: Final = ("relation", "cell", "coefficient", "low", "high")


def _pairs(*names: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(names), dtype="str")


@dataclass(frozen=True)
class Catalogue:
    """Which figures hang together, by definition. A figure is named by its measure or `<source>:<indicator>`.

    Parameters
    ----------
    sums : `whole`, `part`: a figure that is the sum of others.
    members : `whole`, `part`: GSS codes of a wider area and the areas it consists of.
    links : `measure`, `field`, `whole`: a rate whose numerator (`n`) or denominator (`d`) is a figure too.
    """

    sums: pd.DataFrame = field(default_factory=lambda: _pairs("whole", "part"))
    members: pd.DataFrame = field(default_factory=lambda: _pairs("whole", "part"))
    links: pd.DataFrame = field(default_factory=lambda: _pairs("measure", "field", "whole"))


def catalogue(definitions: Definitions, members: Mapping[str, tuple[str, ...]] | None = None) -> Catalogue:
    """Read the relations that definitions state; `members` lists the areas inside each wider area."""
    stated = definitions.relations.assign(part=definitions.relations["parts"].str.split(";")).explode("part")
    stated = stated.rename(columns={"total": "whole"})
    own = definitions.measures.rename(columns={"denominator_from": "whole"})
    counted = stated[stated["kind"] == RelationKind.NUMERATOR_OF].rename(columns={"whole": "measure", "part": "whole"})
    links = pd.concat([own[own["whole"] != ""].assign(field="d"), counted.assign(field="n")], ignore_index=True)
    inside = [(whole, part) for whole, parts in (members or {}).items() for part in parts]
    return Catalogue(
        sums=stated.loc[stated["kind"] == RelationKind.PARTS_TOTAL, ["whole", "part"]],
        members=pd.DataFrame(inside, columns=["whole", "part"], dtype="str"),
        links=links[["measure", "field", "whole"]],
    )


def cells_of(figures: pd.DataFrame, policies: Policies) -> pd.DataFrame:
    """Return a cells frame (see `model`) with a row per numerator, denominator and small complement.

    `figures` has the key columns and `figure` (unique), `name`, `status`, `numerator`, `denominator`; `bound_low`
    and `bound_high`, between which everybody knows a hidden numerator to lie; the truths `known` (to everybody
    already), `private` (may not be published), `people`, `hidden`, `external` (its denominator is a published
    population); and `worth`, by which its cost is multiplied.
    """
    left = figures["denominator"] - figures["numerator"]
    numerators = figures.assign(field="n", count=figures["numerator"])
    denominators = figures.assign(field="d", count=figures["denominator"], known=figures["known"] | figures["external"])
    complements = figures.assign(field="c", count=left)[figures["people"] & ~figures["known"] & (left >= 0)]
    counted = numerators["count"].notna() | (numerators["status"] == Status.SUPPRESSED.value)
    cells = pd.concat([numerators[counted], denominators[denominators["count"].notna()], complements])
    cells = cells.assign(cell=cells["figure"] + "|" + cells["field"]).reset_index(drop=True)
    cells = cells.assign(**_protection(cells, policies))
    return cells.loc[(cells["field"] != "c") | (cells["protect"] > 0), list(_CELL)].reset_index(drop=True)


def _protection(cells: pd.DataFrame, policies: Policies) -> dict[str, Any]:
    """Say of each cell what is known of it, how wide its interval must stay and what hiding it costs."""
    rules = {name: policies[name] for name in cells["measure"].unique()}
    by_measure = cells.groupby("measure")["count"]
    small = by_measure.transform(lambda counts: is_small(counts, rules[str(counts.name)])).astype(bool)
    apart = by_measure.transform(lambda counts: rules[str(counts.name)].needed_apart(counts))
    width, zero, base = (
        cells["measure"].map({name: getattr(rule, point) for name, rule in rules.items()})
        for point in ("needed_width", "show_zero", "rounding_base")
    )
    count, missing, private = cells["count"], cells["count"].isna(), cells["private"]
    hidden = (cells["hidden"] & ~cells["known"]) | missing
    told = cells["bound_high"].notna() & hidden & (cells["field"] == "n")  # the publisher's "<5", or a hint
    blurred = ~hidden & (base > 1) & (~cells["known"] | (count % base == 0))
    shown = (count + base / 2) // base * base
    above_zero = zero.astype(bool) & (count != 0) & ~private
    protect = apart.where(private, width).where(hidden & ((cells["people"] & (small | missing)) | private), 0)
    return {
        "hidden": hidden,
        "fixed": cells["known"] & ~missing,
        "low": cells["bound_low"].where(told, above_zero.astype(float)).fillna(0.0),
        "high": cells["bound_high"].where(told, np.inf),
        "shown_low": count.where(~blurred, np.ceil(shown - base / 2)),
        "shown_high": count.where(~blurred, np.ceil(shown + base / 2) - 1),
        "protect": protect.astype(float),
        "shown_by": cells["figure"],
        "figure": cells["figure"].mask(cells["known"], cells["cell"]),
        "cost": (1 + count.fillna(0) / (1 + count.sum())).mask(count == 0, ZERO_COST) * cells["worth"],
    }


def relations_of(cells: pd.DataFrame, known: Catalogue) -> pd.DataFrame:
    """Return the relations frame (see `model`) of all cells."""
    pairs = [
        _by_breakdown(cells),
        _by_name(cells, known.sums, "name"),
        _by_name(cells, known.members, "area"),
        _within_rows(cells),
        _linked(cells, known.links),
    ]
    return pd.concat([_sums(pd.concat(pairs, ignore_index=True), cells), _windows(cells)], ignore_index=True)


def _by_breakdown(cells: pd.DataFrame) -> pd.DataFrame:
    """Pair every cell with the cell whose breakdown is one pair shorter."""
    splits = [
        (text, pair.partition("=")[0], ";".join(other for other in text.split(";") if other != pair))
        for text in cells["breakdown"].unique()
        for pair in text.split(";")
        if text
    ]
    table = pd.DataFrame(splits, columns=["breakdown", "by", "wider"], dtype="str")
    parts = cells.merge(table, on="breakdown")
    return _paired(parts.assign(breakdown=parts["wider"]), cells)


def _by_name(cells: pd.DataFrame, stated: pd.DataFrame, column: str) -> pd.DataFrame:
    """Pair every cell with the cell of the sum of measures, or of the wider area, that it is stated to be part of."""
    stated = stated.assign(members=stated.groupby("whole")["part"].transform("nunique"))
    parts = cells.merge(stated.rename(columns={"part": column, "whole": "wider"}), on=column)
    paired = _paired(parts.assign(by=column, **{column: parts["wider"]}), cells)
    held = paired.groupby("relation")["part"].transform("nunique")
    return paired.assign(partial=held < paired["members"]) if len(paired) else paired


def _paired(parts: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    keys = ["name", "area", "field", "breakdown", *PERIOD]
    found = parts.rename(columns={"cell": "part"}).merge(
        cells[[*keys, "cell"]].rename(columns={"cell": "whole"}), on=keys
    )
    return found.assign(relation=found["by"] + ":" + found["whole"], partial=False)[
        [*_PAIR, *([] if "members" not in found.columns else ["members"])]
    ]


def _within_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Pair numerator and complement with the denominator; without a complement the numerator is at most that."""
    wholes = cells.loc[cells["field"] == "d", ["shown_by", "cell"]].rename(columns={"cell": "whole"})
    parts = cells.loc[cells["field"] != "d", ["shown_by", "cell", "field"]].rename(columns={"cell": "part"})
    found = parts.merge(wholes, on="shown_by")
    split = found["shown_by"].isin(found.loc[found["field"] == "c", "shown_by"])
    return found.assign(relation="of:" + found["whole"], partial=~split)[list(_PAIR)]


def _linked(cells: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Pair numerators and denominators of rates with the figures that count the same."""
    keys = ["area", "breakdown", *PERIOD]
    own = cells.merge(stated, on=["measure", "field"]).rename(columns={"cell": "part"})
    counts = cells.loc[cells["field"] == "n", ["name", *keys, "cell"]].rename(columns={"name": "whole"})
    found = own.merge(counts, on=["whole", *keys])
    return found.assign(relation="same:" + found["part"], whole=found["cell"], partial=False)[list(_PAIR)]


def _sums(pairs: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Make one relation per whole: whole - parts = 0, or at least 0 where parts are missing."""
    if pairs.empty:
        return pd.DataFrame(columns=list(_RELATION))
    known, groups = cells.set_index("cell"), pairs["relation"]
    count = pairs["part"].map(known["count"])
    each = pairs.drop_duplicates("relation").set_index("relation")
    short = each["whole"].map(known["count"]) - count.groupby(groups).sum().reindex(each.index)
    unknown = pairs["part"].map(known["high"]).where(count.isna(), 0.0).groupby(groups).sum().reindex(each.index)
    open_ended = each["partial"].astype(bool) | (short > _NEARLY + unknown)
    each = each.assign(low=0.0, high=np.where(open_ended, np.inf, 0.0))[~(short < -_NEARLY)]
    wholes = each.reset_index().rename(columns={"whole": "cell"}).assign(coefficient=1.0)
    terms = pairs[["relation", "part"]].merge(each[["low", "high"]], left_on="relation", right_index=True)
    terms = terms.rename(columns={"part": "cell"}).assign(coefficient=-1.0)
    return pd.concat([wholes[list(_RELATION)], terms[list(_RELATION)]], ignore_index=True)


def _windows(cells: pd.DataFrame) -> pd.DataFrame:
    """Tie every count to the running total at the end of its window less the one at its start.

    Running totals are cells of their own, known to nobody, that never fall. They are fitted to the counts
    first: a window that misses them by more than a few is not a sum of the others, and is left out.
    """
    dated = _overlapping(cells[(cells["field"] != "c") & (cells["period_start"] != "") & (cells["period_end"] != "")])
    if dated.empty:
        return pd.DataFrame(columns=list(_RELATION))
    missed = _missed(dated)
    tied = dated[missed.abs() <= _NEARLY + 2 * (dated["shown_high"] - dated["shown_low"]).fillna(0)]
    slack = {"low": missed[tied.index].clip(upper=0), "high": missed[tied.index].clip(lower=0)}
    edges = [
        pd.DataFrame({"relation": "window:" + tied["cell"], "cell": tied[name], "coefficient": sign, **slack})
        for name, sign in (("cell", 1.0), ("end", -1.0), ("start", 1.0))
    ]
    points = np.sort(pd.unique(pd.concat([tied["start"], tied["end"]])))
    pairs = pd.DataFrame({"earlier": points[:-1], "later": points[1:]}, dtype="str")
    pairs = pairs[pairs["earlier"].str[:-6] == pairs["later"].str[:-6]]
    rising = [
        pd.DataFrame({"relation": "rising:" + pairs["later"], "cell": pairs[name], "coefficient": sign})
        for name, sign in (("later", 1.0), ("earlier", -1.0))
    ]
    return pd.concat([*edges, pd.concat(rising).assign(low=0.0, high=np.inf)], ignore_index=True)[list(_RELATION)]


def _overlapping(dated: pd.DataFrame) -> pd.DataFrame:
    """Name the running totals at both ends of each window, and keep the series whose windows share months."""
    series = joined(dated, ("name", "area", "breakdown", "segment", "field"))
    start, end = (month_number(dated["period_start"]).astype(int), month_number(dated["period_end"]).astype(int) + 1)
    dated = dated.assign(
        series=series,
        months=end - start,
        start=series + "@" + start.astype("str").str.zfill(6),
        end=series + "@" + end.astype("str").str.zfill(6),
    ).sort_values(["series", "start", "end"], kind="stable")
    shares = dated["start"] < dated.groupby("series")["end"].shift()
    return dated[shares.groupby(dated["series"]).transform("any")]


def _missed(dated: pd.DataFrame) -> pd.Series:
    """Fit running totals to the known counts, and return by how many each window misses them.

    The misses are made as small as possible in total; missing a long window is cheaper than a short one.
    """
    counted = dated[dated["count"].notna()]
    if counted.empty:
        return pd.Series(0.0, dated.index)
    points, at = np.unique(pd.concat([counted["start"], counted["end"]]).to_numpy(dtype=object), return_inverse=True)
    size = len(counted)
    ones, rows, shape = np.ones(size), np.arange(size), (size, len(points))
    spans = csr_array((ones, (rows, at[size:])), shape=shape) - csr_array((ones, (rows, at[:size])), shape=shape)
    price = 1 / counted["months"].to_numpy(dtype=float)
    fit = linprog(
        np.concatenate([np.zeros(len(points)), price, price]),
        A_eq=hstack([spans, identity(size), -identity(size)]),
        b_eq=counted["count"].to_numpy(),
        bounds=[(None, None)] * len(points) + [(0, None)] * (2 * size),
    )
    over, under = fit.x[len(points) : len(points) + size], fit.x[len(points) + size :]
    return pd.Series(np.round(over - under, 6), counted.index).reindex(dated.index).fillna(0.0)


def running_totals(relations: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the running totals named in relations as cells that were never published."""
    names = pd.unique(relations.loc[~relations["cell"].isin(cells["cell"]), "cell"])
    empty = {"count": np.nan, "low": 0.0, "high": np.inf, "hidden": True, "fixed": False, "protect": 0.0}
    return pd.DataFrame({"cell": names, "figure": names, "cost": 0.0, **empty})
