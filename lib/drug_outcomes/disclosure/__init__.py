"""Disclosure control: the only door out.

Nothing restricted and no small number of people leaves, directly or by arithmetic, and nothing harmless is
hidden. `policies` reads the rules, `withhold` and `release` apply them, `Released` is what the rest accepts.
"""

from drug_outcomes.disclosure.masking import MARKER
from drug_outcomes.disclosure.policy import Policy, Shows, combine, policies
from drug_outcomes.disclosure.released import Released, is_public, release, visible, withhold

__all__ = [
    "MARKER",
    "Policy",
    "Released",
    "Shows",
    "combine",
    "is_public",
    "policies",
    "release",
    "visible",
    "withhold",
]
