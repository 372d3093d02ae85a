"""Disclosure control: the only door out.

Nothing restricted and no small number of people leaves, directly or by arithmetic, and nothing harmless is
hidden. `Rules` says by what is cleared, `withhold` takes out, `seal` closes; `Released` is what the rest accepts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drug_outcomes.definitions.columns import MARKER
    from drug_outcomes.disclosure import ledger
    from drug_outcomes.disclosure.auditing import audit
    from drug_outcomes.disclosure.catalogue import Catalogue, catalogue
    from drug_outcomes.disclosure.clearing import RESTRICTED, Context, is_public, visible
    from drug_outcomes.disclosure.model import Effort
    from drug_outcomes.disclosure.percentages import candidates, leads_to_hidden, must_withhold
    from drug_outcomes.disclosure.policy import (
        Policies,
        Policy,
        Shows,
        area_policy,
        follow_parents,
        is_small,
        policies,
        rounded,
    )
    from drug_outcomes.disclosure.released import Released
    from drug_outcomes.disclosure.rules import Rules
    from drug_outcomes.disclosure.suppression import suppress
    from drug_outcomes.disclosure.withholding import CLEARED, leaks, seal, withhold

__all__ = [
    "CLEARED",
    "MARKER",
    "RESTRICTED",
    "Catalogue",
    "Context",
    "Effort",
    "Policies",
    "Policy",
    "Released",
    "Rules",
    "Shows",
    "area_policy",
    "audit",
    "candidates",
    "catalogue",
    "follow_parents",
    "is_public",
    "is_small",
    "leads_to_hidden",
    "leaks",
    "ledger",
    "must_withhold",
    "policies",
    "rounded",
    "seal",
    "suppress",
    "visible",
    "withhold",
]
#: In which module each public name stands, imported when it is asked for: what is kept opens without the solver.
_MODULES = {
    "definitions.columns": ("MARKER",),
    "disclosure.auditing": ("audit",),
    "disclosure.catalogue": ("Catalogue", "catalogue"),
    "disclosure.clearing": ("RESTRICTED", "Context", "is_public", "visible"),
    "disclosure.model": ("Effort",),
    "disclosure.percentages": ("candidates", "leads_to_hidden", "must_withhold"),
    "disclosure.policy": (
        "Policies",
        "Policy",
        "Shows",
        "area_policy",
        "follow_parents",
        "is_small",
        "policies",
        "rounded",
    ),
    "disclosure.released": ("Released",),
    "disclosure.rules": ("Rules",),
    "disclosure.suppression": ("suppress",),
    "disclosure.withholding": ("CLEARED", "leaks", "seal", "withhold"),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the protocol of a lazy module attribute
    if name in _WHERE:
        return getattr(import_module(f"drug_outcomes.{_WHERE[name]}"), name)
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
