"""Outcomes notebooks, scorecards and reports for Combating Drugs Partnerships in England."""

from importlib import import_module
from typing import Any

__all__ = ["Report", "open_area"]
__version__ = "0.2.0"
_WHERE = {"Report": "report", "open_area": "area_figures"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the protocol of a lazy module attribute
    """Import the two doors of notebooks only when asked for, so that commands that draw nothing start quickly."""
    if name in _WHERE:
        return getattr(import_module(f"drug_outcomes.reporting.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'drug_outcomes' has no attribute {name!r}")
