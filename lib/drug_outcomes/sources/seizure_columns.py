"""Which drug a column of a seizures table holds, in which unit, and whether its figures agree.

A seizure of two drugs counts once in a total, so the total of a class lies between its largest part and the
sum of its parts. Where a header is repeated, or its figures break that rule, the orders in which the Home
Office has published its columns are tried, and one is taken only if every class then agrees.
"""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks

_A = ("cocaine", "crack", "ecstasy", "heroin", "lsd", "methadone", "morphine", "other_class_a")
_B = ("all_cannabis", "amphetamines", "barbiturates")
_C = ("anabolic_steroids", "benzodiazepines", "ghb", "temazepam", "other_class_c")
_END = ("class_c", "unknown")
#: Ketamine moved from class C to class B in June 2014.
_ORDERS = (
    ("all_drugs", *_A, "class_a", *_B, "other_class_b", "class_b", *_C[:3], "ketamine", *_C[3:], *_END),
    ("all_drugs", *_A, "class_a", *_B, "ketamine", "other_class_b", "class_b", *_C, *_END),
    ("all_drugs", *_A, "class_a", *_B, "ketamine", "mephedrone", "other_class_b", "class_b", *_C, *_END),
)
#: Orders of tables for England and Wales, of weight bands and of quantities by force.
_CANNABIS = ("herbal_cannabis", "cannabis_resin", "cannabis_plants")
ORDERS = (
    *_ORDERS,
    (*_A, "class_a", *_CANNABIS, "all_cannabis", *_B[1:], "ketamine", "mephedrone", "other_class_b", "class_b",
     *_C, *_END, "all_drugs"),
    ("cocaine", "crack", "heroin", *_CANNABIS[:2], "amphetamines", "ketamine", "ecstasy", "lsd", "methadone",
     "morphine", "cannabis_plants", "anabolic_steroids"),
    (*_A[:7], *_CANNABIS, *_B[1:], *_C[:3], "ketamine", "temazepam"),
    (*_A[:7], *_CANNABIS, *_B[1:], "ketamine", *_C[:4]),
)  # fmt: skip
_EVERY = {name for order in ORDERS for name in order}
_SAME = {"total": "all_drugs", "total_seizures": "all_drugs", "total_cannabis": "all_cannabis"}
_DOSES = ("ecstasy", "lsd", "methadone", "morphine", "barbiturates", *_C[:4])
_UNITS = {
    **dict.fromkeys(("cocaine", "crack", "heroin", "herbal_cannabis", "cannabis_resin"), "kg"),
    **dict.fromkeys(("amphetamines", "ketamine"), "kg"),
    **dict.fromkeys(_DOSES, "thousand_doses"),
    "cannabis_plants": "number",
}
#: Of published files about one row in forty breaks the rule for a class; a wrong header breaks nearly all.
_ENOUGH = 0.9


def drug(label: str) -> str:
    """Return the id of a header: "Mephedrone (non-injection)" and "Anabolic0steroids" are one word each."""
    words = re.sub(r"[^a-z]+", "_", re.sub(r"\(.*?\)", " ", " ".join(label.casefold().split()))).strip("_")
    return _SAME.get(words, re.sub(r"^(?:all|total)_(?=class_[abc]$)", "", words))


def refuse_swapped(names: Sequence[str], *, row: int) -> None:
    """Refuse names of drugs that stand as published but for two, as figures cannot tell drugs apart."""
    known = [order for order in ORDERS if set(order) >= {name for name in names if name in _EVERY}]
    checks.refuse_swap(names, known, row=row)


def refuse_unknown(labels: Sequence[str], *, row: int) -> None:
    """Refuse a name nobody has published where a usual drug is missing: it may be that drug, renamed."""
    names = [drug(label) for label in labels]
    unknown = [label.strip() for label, name in zip(labels, names, strict=True) if name not in _EVERY]
    usual = max(ORDERS, key=lambda order: (len(set(order) & set(names)), -len(order)))
    missing = [name for name in usual if name not in names]
    if unknown and missing:
        raise UnreadableInput(
            f"{unknown[0]!r} is not a known drug, and there is no column for {missing[0].replace('_', ' ')}",
            expected=", ".join(usual),
            try_next="compare the header with the published table; one may be the other, renamed",
            row=row,
        )


def is_drug(label: str) -> bool:
    """Whether the Home Office has published a column of this name."""
    return drug(label) in _EVERY


def unit(label: str, name: str, figures: pd.Series) -> str:
    """Return the unit of a column of quantities: as its header says, else as the Home Office publishes it.

    Plants were published in numbers and, in the oldest tables, in thousands: only those have fractions.
    """
    written = re.findall(r"\((kg|kilograms|thousand doses|doses[^)]*thousands?[^)]*|number|plants)\)", label.casefold())
    if written:
        return "kg" if written[0].startswith("k") else "thousand_doses" if "thous" in written[0] else "number"
    if name not in _UNITS:
        raise UnreadableInput(
            f"no unit is known for the quantity {label.strip()!r}",
            expected=f"a unit in its header, or one of: {', '.join(_UNITS)}",
        )
    some = figures[figures > 0]
    return "thousands" if name == "cannabis_plants" and (some % 1 > 0).mean() > 0.5 else _UNITS[name]


def resolve(labels: Sequence[str], figures: pd.DataFrame, *, row: int) -> list[str]:
    """Return the id of each column of numbers of seizures, `figures` holding their values in that order.

    Raises `UnreadableInput` where no known order of columns makes the totals agree with their parts.
    """
    declared = tuple(map(drug, labels))
    orders = [order for order in (declared, *_ORDERS) if len(order) == len(set(order)) == len(declared)]
    for order in orders:
        wrong = misfits(figures.set_axis(list(order), axis="columns"))
        if (wrong.mean() <= 1 - _ENOUGH).all():
            return list(order)
    repeated = sorted({label.strip() for label in labels if list(map(drug, labels)).count(drug(label)) > 1})
    raise UnreadableInput(
        (f"headers stand twice: {', '.join(repeated)}; " if repeated else "")
        + "totals of classes do not agree with their parts under these headers. "
        f"Headers found: {'; '.join(label.strip() for label in labels)}",
        expected="totals no smaller than their largest part and no larger than the sum of their parts",
        try_next="compare the header with the published table; columns may be swapped, shifted or repeated",
        row=row,
    )


def misfits(figures: pd.DataFrame) -> pd.DataFrame:
    """Return, for each total in `figures`, the rows in which it does not agree with its parts.

    Ketamine is counted in the class, B or C, with which more rows agree.
    """
    either = [
        pd.DataFrame(
            {total: _misfit(figures, total, parts) for total, parts in _classes(list(figures.columns), into).items()},
            index=figures.index,
        )
        for into in ("class_b", "class_c")
    ]
    return min(either, key=lambda wrong: int(wrong.to_numpy().sum()))


def _classes(order: Sequence[str], ketamine: str) -> Mapping[str, list[str]]:
    """Return the parts of each total that are columns, ketamine among those of the class given."""
    members = {
        "class_a": {*_A},
        "class_b": {*_B, "mephedrone", "other_class_b"},
        "class_c": {*_C},
        "all_drugs": {"class_a", "class_b", "class_c", "unknown"},
    }
    members = {total: parts | ({"ketamine"} if total == ketamine else set()) for total, parts in members.items()}
    return {total: [one for one in order if one in parts] for total, parts in members.items() if total in order}


def members(total: str, order: Sequence[str]) -> list[str]:
    """Return a total and its parts, for notes about rows in which they disagree."""
    return [total, *_classes(order, "class_b")[total]]


def _misfit(figures: pd.DataFrame, total: str, parts: Sequence[str]) -> "pd.Series[bool]":
    known = figures[list(parts)]
    too_small = figures[total] < known.max(axis="columns")
    return too_small | ((figures[total] > known.sum(axis="columns")) & known.notna().all(axis="columns"))
