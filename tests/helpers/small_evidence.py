"""Figures of measures of the framework, a few at a time, as rules look at them."""

from typing import Any

from drug_outcomes.definitions import framework, observations, periods
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.quality import Evidence
from material import PROJECT

DEFINITIONS = framework.load(PROJECT / "data" / "framework")
HERE, ENGLAND = "E06999001", "E92000001"
SHARE, COUNT, MONTHLY, WEIGHT = ("paid_work", "in_treatment_opiates", "active_drug_networks", "drug_seizure_volume")
RATE, SUSPENSIONS = "drug_offences", "school_suspensions"


def evidence(rows: list[dict[str, Any]], **more: Any) -> Evidence:
    """Return what rules look at: figures of measures of the framework, and what else is known."""
    told = [{"area": HERE, "source": "police", "file": "a.csv", "row": at, "received": "2025-05-01"} | row
            for at, row in enumerate(rows, 2)]  # fmt: skip
    series = observations.frame(told).assign(
        withheld="", previous_period_label="", previous_value=float("nan"), direction="unknown", direction_basis="none"
    )
    latest = series if len(series) else observations.frame([{"area": HERE}])
    compared = {"england_value": float("nan"), "compared": "not_comparable", "verdict": "not_tested"}
    return Evidence(latest.assign(direction="unknown", **compared), series, DEFINITIONS, **more)


def year(measure: str, label: str, value: float, area: str = HERE, **more: Any) -> dict[str, Any]:
    one = periods.parse(label, Basis.FIN_YEAR)
    span = {"period_start": one.start_month, "period_end": one.end_month, "period_basis": "fin_year"}
    told = {"measure": measure, "area": area, "value": value, "text": f"{value:g}", "period_label": label}
    return told | span | more


def years(measure: str, *values: float, area: str = HERE, **more: Any) -> list[dict[str, Any]]:
    return [year(measure, f"{2018 + at}/{19 + at}", value, area, **more) for at, value in enumerate(values)]
