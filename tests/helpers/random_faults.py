"""Clean series made at random, and one fault of each class to put into one of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from drug_outcomes import figures, quality
from drug_outcomes.definitions import areas, framework, observations, periods, statements
from drug_outcomes.definitions.periods import Basis, Period
from drug_outcomes.intake import vintages
from drug_outcomes.intake.measure_mapping import with_denominators
from drug_outcomes.statistics import intervals, trends
from drug_outcomes.statistics.benchmark_figures import add_comparisons
from drug_outcomes.statistics.series_analysis import add_patterns
from material import PROJECT

Row = dict[str, Any]
HERE, ENGLAND = "E06999001", "E92000001"
LENGTH = {"M": 40, "Q": 32, "P": 32, "G": 32}
_MONTHS = {"M": 1, "Q": 3, "P": 3, "G": 3}
_WORDS = {"M": "Monthly count", "Q": "Quarterly count", "P": "Quarterly percentage", "G": "Quarterly percentage"}
_LAST = 2025 * 12 + 11
AS_OF = "2026-02-28"


@dataclass
class Series:
    """The rows of one measure, oldest first; the area's own, England's, the parts and the printed row apart."""

    measure: str
    kind: str
    own: list[Row]
    england: list[Row]
    parts: list[Row]
    printed: list[Row]

    def rows(self) -> list[Row]:
        return [*self.own, *self.england, *self.parts, *self.printed]


def _row(measure: str, area: str, period: Period, value: float, place: int, **more: Any) -> Row:
    months = {"period_label": period.label, "period_start": period.start_month, "period_end": period.end_month}
    received = f"{periods.iso_month(period.end + 1)}-20"
    return {
        "measure": measure, "area": area, **months, "period_basis": str(period.basis), "value": value,
        "text": f"{value:g}", "status": "published", "release": "public", "received": received, "row": place,
        "vintage": "return of " + received, "source": "police", "file": f"{measure}.csv",
    } | more  # fmt: skip


def _level(random: Random, kind: str) -> Callable[[], Row]:
    """Return what draws the figures of one series: a count, or a share with or without the people it is of."""
    mean, share = random.uniform(250, 900), random.uniform(0.25, 0.7)
    people = random.randint(900, 2000) if kind == "P" else random.randint(45, 80)

    def draw() -> Row:
        if kind in "MQ":
            return {"value": float(max(1, round(random.gauss(mean, mean**0.5))))}
        n = people + random.randint(-people // 20, people // 20)
        x = sum(random.random() < share for _ in range(n))
        number = {"value": round(100 * x / n + 1e-9, 1), "denominator": float(n)}
        return number | ({"numerator": float(x)} if kind == "P" else {})

    return draw


def series(random: Random, measure: str, kind: str) -> Series:
    """Return a clean series of a kind: M months and Q quarters of a count, P and G quarters of a percentage."""
    months, draw = _MONTHS[kind], _level(random, kind)
    basis = Basis.MONTH if months == 1 else Basis.QUARTER_FIN
    spans = [Period(_LAST - months * (back + 1) + 1, months, basis) for back in reversed(range(LENGTH[kind]))]
    drawn = [draw() for _ in spans]
    own = [
        _row(measure, HERE, one, place=2 + at, **told) for at, (one, told) in enumerate(zip(spans, drawn, strict=True))
    ]
    factor = random.randint(40, 60)
    england = [
        row | {"area": ENGLAND, "row": 100 + row["row"], "numerator": None, "denominator": None}
        | {"value": row["value"] * factor if kind in "MQ" else _apart(row["value"], random)}
        for row in own
    ]  # fmt: skip
    parts = [
        row | {"breakdown": f"sex={sex}", "value": share, "text": f"{share:g}", "row": at + row["row"]}
        for row in own if kind == "Q"
        for sex, share, at in (("Female", row["value"] // 3, 200), ("Male", row["value"] - row["value"] // 3, 300))
    ]  # fmt: skip
    whole = [row | {"text": f"{row['value']:g}"} for row in (*own, *england)]
    own, england = whole[: len(own)], whole[len(own) :]
    return Series(measure, kind, own, england, parts, _printed(own, england, kind, measure))


def _apart(value: float, random: Random) -> float:
    return round(min(99.0, max(1.0, value + random.choice([-1, 1]) * random.uniform(3, 15))), 1)


def _printed(own: list[Row], england: list[Row], kind: str, measure: str) -> list[Row]:
    """Return the row of a published scorecard for the fifth figure from the end, and England's beside it."""
    at = len(own) - 5
    now, before, beside = own[at], own[at - 1], england[at]
    arrow = "up" if now["value"] > before["value"] else "down" if now["value"] < before["value"] else "same"
    sign = "not_comparable" if kind in "MQ" else "higher" if now["value"] > beside["value"] else "lower"
    title = ("Number of" if kind in "MQ" else "Percentage of") + f" cases in {measure.replace('_', ' ')}"
    words = {
        "source": "scorecard_edition", "file": "edition.csv", "received": "2026-01-10", "vintage": "scorecard",
        "row": int(measure.split("_")[1]), "published_title": title, "published_unit": _WORDS[kind],
        "published_number": measure.split("_")[1],
    }  # fmt: skip
    arrows = {"published_direction": arrow, "published_compared": sign}
    return [now | words | arrows, beside | words]


@dataclass(frozen=True)
class Fault:
    """A class of fault: the kind of series that can have it, and what puts it there.

    `plant` changes the series and returns the label of the period in which it lies, "" for no one period.
    """

    rule: str
    kind: str
    plant: Callable[[Series, Random], str]


def _at(one: Series, random: Random) -> Row:
    """Return a row away from both ends and from the printed one."""
    return one.own[random.randrange(8, len(one.own) - 8)]


def _value(change: Callable[[float, Random], float], **more: Any) -> Callable[[Series, Random], str]:
    def plant(one: Series, random: Random) -> str:
        row = _at(one, random)
        row |= {"value": change(row["value"], random), **more}
        row["text"] = f"{row['value']:g}"
        return str(row["period_label"])

    return plant


def _print(**change: Any) -> Callable[[Series, Random], str]:
    def plant(one: Series, random: Random) -> str:
        for name, new in change.items():
            one.printed[0][name] = new(one.printed[0], random) if callable(new) else new
        return str(one.printed[0]["period_label"])

    return plant


def _unattainable(one: Series, random: Random) -> str:
    row = _at(one, random)
    x = round(row["value"] * row["denominator"] / 100)
    row |= {"value": round(100 * (x + 0.5) / row["denominator"], 1)}
    return str(row["period_label"])


def _swapped(value: float, random: Random) -> float:
    """Exchange the first two digits where that moves the number far; else replace the first."""
    text = f"{value:.0f}"
    swapped = float(text[1] + text[0] + text[2:])
    if text[1] != "0" and 0.2 < abs(swapped - value) / value < 2:
        return swapped
    return float(str((int(text[0]) + 2) % 9 + 1) + text[1:])


def _limits(one: Series, random: Random) -> str:
    row = _at(one, random)
    row |= {"lower": row["value"] + random.uniform(0.2, 2), "upper": row["value"] + 4}
    return str(row["period_label"])


def _run(change: Callable[[list[Row], Random], None], least: int, most: int) -> Callable[[Series, Random], str]:
    """Change several rows in a row; the fault stands at the last."""

    def plant(one: Series, random: Random) -> str:
        start, many = random.randrange(8, len(one.own) - 14), random.randint(least, most)
        rows = one.own[start : start + many]
        change(rows, random)
        for row in rows:
            row["text"] = f"{row['value']:g}"
        return str(rows[-1]["period_label"])

    return plant


def _freeze(rows: list[Row], _: Random) -> None:
    for row in rows:
        row["value"] = rows[0]["value"]


def _nothing(rows: list[Row], _: Random) -> None:
    for row in rows:
        row["value"] = 0.0


def _gap(one: Series, random: Random) -> str:
    row = _at(one, random)
    one.own.remove(row)
    return str(row["period_label"])


def _twice(one: Series, random: Random) -> str:
    row = _at(one, random)
    one.own.append(row | {"row": 900, "value": row["value"] + random.choice([0, 7])})
    return str(row["period_label"])


def _overlap(one: Series, random: Random) -> str:
    row = _at(one, random)
    moved = Period(periods.month_index(row["period_start"]) + 1, 3, Basis.RANGE)
    row |= {"period_start": moved.start_month, "period_end": moved.end_month, "period_label": "a month late"}
    return ""


def _early(one: Series, random: Random) -> str:
    row = _at(one, random)
    row["received"] = f"{row['period_end']}-{random.randint(1, 25):02d}"
    return str(row["period_label"])


def _restated(one: Series, random: Random) -> str:
    row = _at(one, random)
    old = round(row["value"] * random.choice([0.6, 0.8, 1.2, 1.5]))
    one.own.append(row | {"value": float(old), "received": row["received"][:-2] + "01", "file": "first.csv"})
    return str(row["period_label"])


def _late(one: Series, random: Random) -> str:
    del one.own[-random.randint(5, 8) :]
    one.printed.clear()
    return str(one.own[-1]["period_label"])


def _parts(one: Series, random: Random) -> str:
    row = one.parts[random.randrange(20, len(one.parts) - 20)]
    row["value"] += random.choice([-1, 1]) * random.randint(1, 30)
    return str(row["period_label"])


def _total(one: Series, random: Random) -> str:
    row = _at(one, random)
    row |= {"value": float(round(row["value"] * random.uniform(1.3, 1.8)))}
    return str(row["period_label"])


def _england(one: Series, random: Random) -> str:
    at = random.randrange(8, len(one.own) - 8)
    one.england[at]["value"] = one.own[at]["value"] // random.randint(2, 5)
    return str(one.england[at]["period_label"])


def _other_publisher(one: Series, random: Random) -> str:
    row = _at(one, random)
    one.own.append(row | {"source": "opcc", "file": "other.csv", "value": row["value"] + random.randint(2, 40)})
    return str(row["period_label"])


def _suppressed(row: Row, _: Random) -> str:
    row |= {"value": None, "text": "<5", "bound_low": 1, "bound_high": 4}
    return "suppressed"


def _step(one: Series, random: Random) -> str:
    factor, start = random.uniform(1.35, 1.8), random.randrange(16, 26)
    for row in (*one.own[start:], *one.printed[:1]):
        row["value"] = float(round(row["value"] * factor))
    return str(one.own[start]["period_label"])


def _drift(one: Series, random: Random) -> str:
    for place, row in enumerate(one.own[-12:]):
        row["value"] = float(round(row["value"] * (1 + random.uniform(0.03, 0.05) * (place + 1))))
    one.printed[0] |= {"value": one.own[-5]["value"], "published_direction": ""}
    return str(one.own[-1]["period_label"])


_FLIP = {"up": "down", "down": "up", "same": "up", "higher": "lower", "lower": "higher"}
FAULTS = (
    Fault("percentage_range", "P", _value(lambda x, r: float(r.randint(101, 999)), numerator=None)),
    Fault("count_range", "M", _value(lambda x, r: -x)),
    Fault("number_format", "M", _value(lambda x, r: x + r.choice([0.5, 0.25, 0.1]))),
    Fault("limits_enclose_value", "P", _limits),
    Fault("rate_recomputes", "P", _value(lambda x, r: round(x + r.choice([-1, 1]) * r.uniform(0.2, 9), 1))),
    Fault("order_of_magnitude", "M", _value(lambda x, r: x * r.choice([10.0, 100.0]))),
    Fault("digit_slip", "M", _value(_swapped)),
    Fault("sum_of_years", "M", _value(lambda x, r: float(round(x * r.choice([2, 3, 4]))))),
    Fault("sudden_zeros", "M", _run(_nothing, 1, 3)),
    Fault("frozen_series", "M", _run(_freeze, 4, 6)),
    Fault("period_gap", "M", _gap),
    Fault("duplicate_period", "M", _twice),
    Fault("period_overlap", "P", _overlap),
    Fault("release_after_period_end", "M", _early),
    Fault("restatement", "M", _restated),
    Fault("staleness", "Q", _late),
    Fault("parts_sum_within_rounding", "Q", _parts),
    Fault("growth_hull", "Q", _total),
    Fault("national_at_least_local", "M", _england),
    Fault("same_fact_twice", "M", _other_publisher),
    Fault("percent_granularity", "G", _unattainable),
    Fault("direction_needs_two_points", "M", _print(note="Only 1 year point available")),
    Fault("suppressed_direction", "M", _print(status=_suppressed)),
    Fault("direction_recomputes", "M", _print(published_direction=lambda row, r: _FLIP[row["published_direction"]])),
    Fault("comparison_recomputes", "P", _print(published_compared=lambda row, r: _FLIP[row["published_compared"]])),
    Fault("title_unit_agree", "M", _print(published_unit=lambda row, r: f"Per {r.choice([100, 1000])} residents")),
    Fault("rate_needs_base", "P", _print(published_title="Rate of cases", published_unit="Rate")),
    Fault("unit_period_agree", "M", _print(published_unit=lambda _, r: r.choice(["Annual count", "Quarterly count"]))),
    Fault("kind_and_unit_agree", "P", _print(published_title="Cases", published_unit="Quarterly count")),
    Fault("truncated_digits", "M", _print(text=lambda row, r: row["text"][-r.randint(1, 2) :])),
    Fault("spike", "M", _value(lambda x, r: float(round(x * r.uniform(1.6, 1.9))))),
    Fault("step", "M", _step),
    Fault("drift", "M", _drift),
)  # fmt: skip
#: Series without a fault beside each world's faulty ones.
CLEAN = ("M", "M", "M", "Q", "Q", "P", "P", "P", "G", "G")


def statements_in(random: Random, folder: Path) -> dict[str, set[str]]:
    """Write a file of statements, sound ones and one fault of each class; return the places of each, "" the sound."""
    told: list[Row] = []
    places: dict[str, set[str]] = {}

    def tell(rule: str, text: str, value: float | str = "", fact: str = "", **more: Any) -> None:
        document = more.pop("document", "report.txt")
        told.append(
            {"document": document, "line": len(told) + 1, "kind": "figure", "fact": fact, "text": text, "value": value}
            | more
        )
        places.setdefault(rule, set()).add(f"{document}:{len(told)}")

    def number() -> int:
        return random.randint(20, 980) * 100 + random.randint(11, 89)

    for at in range(25):
        n, fact = number(), f"sound_{at}"
        tell("", f"{n:,}", n, fact)
        tell("", f"{n:,}", n, fact, document="other.txt")
        tell("", f"{n // 100 * 100:,}", n // 100 * 100, fact, qualifier="over")
        rounded = (n + 50) // 100 * 100
        tell("", f"{rounded:,}", rounded, f"round_{at}")
        tell("", f"{n:,}", n, f"round_{at}", document="other.txt")
        more = n + number()
        tell("", f"{more:,}", more, f"after_{at}")
        tell("", f"{more - n:,}", more - n, f"growth_{at}", relation="difference", of=f"{fact};after_{at}")
        percent = round(100 * (more / n - 1), 1)
        tell("", f"{percent}%", percent, f"percent_{at}", relation="percent_change", of=f"{fact};after_{at}", unit="%")
        low, high = sorted((random.randint(-9, 20), random.randint(21, 60)))
        inside = round(random.uniform(low, high))
        for part, growth in (("total", inside), ("part", low), ("part", high)):
            tell(
                "",
                f"{growth}%",
                growth,
                f"{part}_{growth}_{at}",
                kind="change",
                unit="%",
                group=f"split_{at}",
                role=part,
            )
    n = number()
    tell("same_fact_twice", f"{n:,}", n, "a")
    tell("same_fact_twice", f"{n + random.randint(1, 900):,}", told[-1]["value"], "a", document="other.txt")
    told[-1]["value"] = float(told[-1]["text"].replace(",", ""))
    n = number()
    tell("qualifier_true", f"{n:,}", n, "b")
    tell("qualifier_true", f"{(n // 100 + 1) * 100:,}", (n // 100 + 1) * 100, "b", qualifier="over")
    share = random.randint(40, 60)
    tell("fraction_words", f"{share}%", share, "c", unit="%")
    tell("fraction_words", "two-thirds", 66.7, "c", unit="%", qualifier="over")
    n = random.randint(2, 80) * 100
    tell("modifier_drift", f"{n:,}", n, "d")
    tell("modifier_drift", f"{n:,}", n, "d", qualifier=random.choice(["over", "nearly", "up_to"]))
    n = number()
    for unit in ("staff", "posts"):
        tell("staff_vs_posts", f"{n:,}", n, "e", unit=unit)
    n = random.randint(5, 40)
    tell("list_count", str(n), n, "f", unit="things")
    tell("list_count", str(n + random.choice([-1, 1, 2])), "", "f", kind="listed", unit="things")
    told[-1]["value"] = float(told[-1]["text"])
    first, second = number(), number()
    for rule, wrong, relation in (
        ("arithmetic", second - first + random.randint(2, 500), "difference"),
        (
            "ratio_within_rounding",
            round(100 * (second / first - 1) + random.choice([-1, 1]) * random.uniform(1, 9), 1),
            "percent_change",
        ),
    ):
        for name, value in (("one", first), ("two", second)):
            tell("", f"{value:,}", value, f"{rule}_{name}")
        tell(rule, f"{wrong:,}", wrong, f"{rule}_x", relation=relation, of=f"{rule}_one;{rule}_two")
    for part, growth in (
        ("total", random.randint(30, 60)),
        ("part", random.randint(1, 9)),
        ("part", random.randint(10, 25)),
    ):
        tell("growth_hull", f"{growth}%", growth, f"h_{part}_{growth}", kind="change", unit="%", group="h", role=part)
    n = round(random.randint(100, 190) + random.choice([0.3, 0.7, 0.9]), 1)
    tell("truncated_digits", f"{n}%", n, "i", unit="%")
    tell("truncated_digits", f"{str(n)[-1]}%", float(str(n)[-1]), "i", unit="%")
    n = random.randint(100, 300)
    tell("", str(n), n, "whole", unit="places")
    tell("incomplete_coverage", str(n - random.randint(1, 9)), "", "", kind="coverage", of="whole", unit="places")
    told[-1]["value"] = float(told[-1]["text"])
    year = random.randint(2018, 2023)
    for document, label in (("report.txt", year), ("other.txt", year + random.choice([1, 2]))):
        tell(
            "cross_document_next_release",
            f"{label}",
            "",
            "j",
            kind="next_release",
            period=f"{label}",
            basis="cal_year",
            document=document,
        )
    for label in (year, year + 2, year + 3):
        tell("annual_series_gap", f"March {label}", "", "k", kind="published", unit="annual", period=f"March {label}")
    month = random.choice(["May", "June", "July"])
    tell("date_vs_title", f"April {year}", "", kind="dated", period=f"April {year}")
    tell("date_vs_title", f"{month} {year}", "", kind="signed", period=f"{month} {year}")
    for document, level in zip(("report.txt", "other.txt"), random.sample(["higher", "lower", "same"], 2), strict=True):
        tell("narrative_conflict", level, "", "l", kind="claim", compared=level, document=document)
    names = [column.name for column in statements._COLUMNS]
    pd.DataFrame(told).reindex(columns=names).to_csv(folder / statements.FILE, index=False)
    return places


def found_in(seed: int, folder: Path) -> tuple[pd.DataFrame, dict[str, tuple[str, str]], dict[str, set[str]]]:
    """Return all that the rules find in a world with one fault of each class, and where each fault lies.

    A fault of a figure lies in a measure and a period, one of a statement at places of documents.
    """
    random = Random(seed)  # noqa: S311 - nothing secret
    faults = [*FAULTS, *(Fault("", kind, lambda one, r: "") for kind in CLEAN)]
    world, where = [], {}
    for place, fault in enumerate(faults):
        one = series(random, f"measure_{place + 1}", fault.kind)
        where[fault.rule or one.measure] = (one.measure, fault.plant(one, random))
        world.append(one)
    definitions = _definitions(world)
    area = replace(areas.load(PROJECT, "exampleshire"), folder=folder)
    known = observations.frame(row for one in world for row in one.rows())
    shown = vintages.newest(known, pd.Series(True, known.index)).assign(withheld="")
    period = Period(_LAST - 2, 3, Basis.QUARTER_FIN)
    rated = figures.with_definitions(with_denominators(shown, definitions), definitions)
    described = trends.add_direction(intervals.add_intervals(rated))
    latest_series = add_patterns(described, definitions, area, period)
    newest = figures.newest_of_each(latest_series, definitions, area, period)
    latest = add_comparisons(newest, latest_series, shown, definitions, area)
    places = statements_in(random, folder)
    told = statements.read([folder], definitions)
    found = quality.findings(latest, latest_series, definitions, vintages=known, as_of=AS_OF, statements=told)
    return found, where, places


def _definitions(world: list[Series]) -> framework.Definitions:
    """Return the definitions of the framework with the measures of a world in place of its own."""
    real = framework.load(PROJECT / "data" / "framework")
    rows = [
        real.measures.iloc[[0]].assign(
            measure=one.measure, number=place + 1, title=f"Measure {place + 1}",
            kind="count" if one.kind in "MQ" else "proportion", per=1 if one.kind in "MQ" else 100,
            basis="month" if one.kind == "M" else "quarter_fin", window_months=_MONTHS[one.kind],
            cadence=_MONTHS[one.kind], usual_lag=2, decimals=0 if one.kind in "MQ" else 1, source="police",
            denominator_from="", disclosive="not", counted="yes", modelled="no", carried_over="no",
        )
        for place, one in enumerate(world)
    ]  # fmt: skip
    return replace(
        real, measures=pd.concat(rows, ignore_index=True), relations=real.relations.iloc[:0],
        alternative_sources=real.alternative_sources.iloc[:0], series_breaks=real.series_breaks.iloc[:0],
    )  # fmt: skip
