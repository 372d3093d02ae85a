"""Outcomes notebooks, scorecards and reports for Combating Drugs Partnerships in England."""

from importlib import import_module
from typing import Any

__all__ = ["Report"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the protocol of a lazy module attribute
    """Import `Report` only when asked for, so that commands that draw nothing start quickly."""
    if name == "Report":
        return import_module("drug_outcomes.reporting.report").Report
    raise AttributeError(f"module 'drug_outcomes' has no attribute {name!r}")
