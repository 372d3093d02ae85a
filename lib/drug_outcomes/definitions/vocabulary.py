"""The words of the suite, one per thing. Every enumerated column takes its values from here."""

from enum import StrEnum


class Kind(StrEnum):
    """What a measure's value is."""

    COUNT = "count"
    PROPORTION = "proportion"
    CRUDE_RATE = "crude_rate"
    STANDARDISED_RATE = "standardised_rate"
    MEAN = "mean"


class CarriedOver(StrEnum):
    """Whether the next period counts the same again, so that neighbouring figures depend on each other."""

    NO = "no"  # events that begin anew
    PEOPLE = "people"  # anybody at any time of the period, most of whom stay into the next
    STOCK = "stock"  # what is there at one time


class Polarity(StrEnum):
    """Which direction is good, where anybody may say so."""

    HIGH_IS_GOOD = "high_is_good"
    LOW_IS_GOOD = "low_is_good"
    TARGET_RANGE = "target_range"
    ACTIVITY = "activity"
    NO_JUDGEMENT = "no_judgement"


class Status(StrEnum):
    """Why a figure is as it is. Missing is always one of these, never 0 and never a bare NaN."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"
    REVISED = "revised"
    ESTIMATED = "estimated"
    UNRELIABLE = "unreliable"
    SUPPRESSED = "suppressed"
    NOT_PUBLISHED = "not_published"
    NOT_COLLECTED = "not_collected"
    NOT_CALCULATED = "not_calculated"
    NOT_SUPPLIED = "not_supplied"
    NOT_APPLICABLE = "not_applicable"
    AWAITED = "awaited"


#: Statuses under which an observation carries a value.
VALUED = frozenset({Status.PUBLISHED, Status.PROVISIONAL, Status.REVISED, Status.ESTIMATED, Status.UNRELIABLE})


class Direction(StrEnum):
    """Direction of travel: the last two comparable points only."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    UNKNOWN = "unknown"


class DirectionBasis(StrEnum):
    """What the direction rests on."""

    COMPUTED = "computed"
    OVERLAPPING = "computed_overlapping"
    AS_PUBLISHED = "as_published"
    NONE = "none"


class Compared(StrEnum):
    """The bare sign against the benchmark."""

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    NOT_COMPARABLE = "not_comparable"


class Verdict(StrEnum):
    """The tested comparison. Better and worse only with agreed polarity."""

    LOWER = "lower"
    SIMILAR = "similar"
    HIGHER = "higher"
    BETTER = "better"
    WORSE = "worse"
    NOT_TESTED = "not_tested"


class VerdictBasis(StrEnum):
    """What a verdict rests on."""

    INTERVAL = "interval"
    BOUNDED = "bounded"
    NUMERIC_ONLY = "numeric_only"
    NONE = "none"


class Benchmark(StrEnum):
    """What a figure is compared with beside England."""

    REGION = "region"
    NEIGHBOURS = "neighbours"
    PEERS = "peers"


class Audience(StrEnum):
    """Who may read a page."""

    PUBLIC = "public"
    PARTNERSHIP = "partnership"


class Release(StrEnum):
    """Whether an observation may leave the partnership; `restricted_until DATE` is the fourth form.

    What is public stands in a named public release already. What is approved may leave, but nobody knows it yet: it is
    cleared like everything else that was never published.
    """

    PUBLIC = "public"
    APPROVED = "approved"
    RESTRICTED = "restricted"


class EnglandReason(StrEnum):
    """Why there is no figure for England beside a local one."""

    NONE = ""
    NOT_PUBLISHED = "not_published"
    NOT_COMPARABLE = "not_comparable"
    NOT_LOADED = "not_loaded"
    SUPPRESSED = "suppressed"


class Severity(StrEnum):
    """How much a finding matters, gravest first."""

    ERROR = "error"
    WARNING = "warning"
    QUERY = "query"
    INFO = "info"
    DISCLOSURE = "disclosure"


class Chart(StrEnum):
    """The kinds of process chart."""

    XMR = "XmR"
    INDIVIDUALS = "i"  # XmR with three standard deviations instead of 2.66 ranges
    MOVING_RANGE = "mr"
    P = "p"
    P_PRIME = "p'"
    U = "u"
    U_PRIME = "u'"
    C = "c"
    T = "t"
    RUN = "run"
