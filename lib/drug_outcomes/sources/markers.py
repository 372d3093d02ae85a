"""What publishers write where a number is missing, provisional or hidden, and what each text means.

A marker becomes a status, never 0. The meaning of a marker depends on who wrote it ("x" is suppressed
in one source and unavailable in another), so every reader builds its own mapping from these parts.
Keys are compared after trimming and case-folding.
"""

from collections.abc import Mapping
from types import MappingProxyType

from drug_outcomes.definitions.vocabulary import Status

#: Bracketed shorthand of the Government Statistical Service, the same in every release that uses it.
SHORTHAND: Mapping[str, Status] = MappingProxyType(
    {
        "[c]": Status.SUPPRESSED,
        "[low]": Status.SUPPRESSED,
        "[x]": Status.NOT_PUBLISHED,
        "[z]": Status.NOT_APPLICABLE,
        "[w]": Status.NOT_PUBLISHED,
    }
)

#: Shorthand that follows a number; the value stays, and of several the first here is the status.
AFTER_A_NUMBER: Mapping[str, Status] = MappingProxyType(
    {"[u]": Status.UNRELIABLE, "[e]": Status.ESTIMATED, "[p]": Status.PROVISIONAL, "[r]": Status.REVISED}
)

#: Texts that mean "no figure" wherever they stand.
MISSING: Mapping[str, Status] = MappingProxyType(
    {
        "n/a": Status.NOT_APPLICABLE,
        "..": Status.NOT_PUBLISHED,
        "no value": Status.NOT_PUBLISHED,
        "not available": Status.NOT_PUBLISHED,
        "suppressed": Status.SUPPRESSED,
    }
)


def mapping(*parts: Mapping[str, Status], **texts: Status) -> dict[str, Status]:
    """Join marker mappings, later ones winning, with the shorthand every release may use."""
    joined = dict(SHORTHAND)
    for part in (*parts, texts):
        joined |= {text.strip().casefold(): status for text, status in part.items()}
    return joined


#: What stands in most tables where a number is not published.
USUAL: Mapping[str, Status] = MappingProxyType(mapping(dict.fromkeys(("", "..", "-"), Status.NOT_PUBLISHED)))
