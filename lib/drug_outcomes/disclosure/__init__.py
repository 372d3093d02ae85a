"""Disclosure control: the only door out.

Nothing restricted and no small number of people leaves, directly or by arithmetic, and nothing harmless is
hidden. `Rules` says by what is cleared, `withhold` takes out, `seal` closes; `Released` is what the rest accepts.
"""

from drug_outcomes.definitions.columns import MARKER
from drug_outcomes.disclosure import ledger
from drug_outcomes.disclosure.audit import audit
from drug_outcomes.disclosure.catalogue import Catalogue, catalogue
from drug_outcomes.disclosure.clearing import RESTRICTED, Context, is_public, visible
from drug_outcomes.disclosure.model import Effort
from drug_outcomes.disclosure.percentages import (
    candidates,
    candidates_of_change,
    leads_to_hidden,
    must_withhold,
)
from drug_outcomes.disclosure.policy import (
    Policies,
    Policy,
    Shows,
    area_policy,
    follow_parents,
    is_small,
    not_rounded,
    policies,
    rounded,
    suppressed_then_rounded,
)
from drug_outcomes.disclosure.released import CLEARED, Released, leaks, seal, withhold
from drug_outcomes.disclosure.rules import Rules
from drug_outcomes.disclosure.suppression import suppress

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
    "candidates_of_change",
    "catalogue",
    "follow_parents",
    "is_public",
    "is_small",
    "leads_to_hidden",
    "leaks",
    "ledger",
    "must_withhold",
    "not_rounded",
    "policies",
    "rounded",
    "seal",
    "suppress",
    "suppressed_then_rounded",
    "visible",
    "withhold",
]
