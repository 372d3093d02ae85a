"""Every rule: what it is called, how grave what it finds is, and what to do about it."""

from drug_outcomes.quality import printed, timing, together, values
from drug_outcomes.quality.evidence import Rule
from drug_outcomes.vocabulary import Severity

_ASK = "Compare it with the supplier's own file; declare a correction if it is a slip."
_LEAVE = "Leave the direction out until there are two comparable points that may be shown."

FIGURES = (
    Rule(
        "percentage_range",
        Severity.ERROR,
        "Ask the supplier whether this is a count, and correct the unit or the value.",
        values.percentage_range,
    ),
    Rule("negative_value", Severity.ERROR, _ASK, values.negative_value),
    Rule("integer_counts", Severity.ERROR, _ASK, values.integer_counts),
    Rule("number_format", Severity.INFO, "Print counts as whole numbers.", values.number_format),
    Rule("limits_enclose_value", Severity.ERROR, _ASK, values.limits_enclose_value),
    Rule(
        "rate_recomputes",
        Severity.ERROR,
        "Find out which of the three is wrong: value, numerator or denominator.",
        values.rate_recomputes,
    ),
    Rule("plausible_range", Severity.QUERY, _ASK, values.plausible_range),
    Rule("order_of_magnitude", Severity.ERROR, _ASK, values.order_of_magnitude),
    Rule("digit_slip", Severity.QUERY, _ASK, values.digit_slip),
)
PRINTED = (
    Rule("direction_needs_two_points", Severity.ERROR, _LEAVE, printed.direction_needs_two_points),
    Rule("suppressed_direction", Severity.ERROR, _LEAVE, printed.suppressed_direction),
    Rule(
        "direction_recomputes",
        Severity.ERROR,
        "Print the direction that the two points show.",
        printed.direction_recomputes,
    ),
    Rule(
        "comparison_recomputes",
        Severity.ERROR,
        "Print the comparison that the two values show.",
        printed.comparison_recomputes,
    ),
    Rule(
        "significance",
        Severity.WARNING,
        "Call it similar, or say that it is not tested.",
        printed.significance,
    ),
    Rule(
        "overlapping_windows",
        Severity.WARNING,
        "Compare with the window that ends twelve months earlier, or say that they overlap.",
        printed.overlapping_windows,
    ),
    Rule(
        "title_unit_agree",
        Severity.ERROR,
        "Name in the title what the unit counts.",
        printed.title_unit_agree,
    ),
    Rule(
        "kind_and_unit_agree",
        Severity.ERROR,
        "Print the unit of the definition.",
        printed.kind_and_unit_agree,
    ),
    Rule(
        "rate_needs_base",
        Severity.WARNING,
        "Say per how many people, and whether the rate allows for age.",
        printed.rate_needs_base,
    ),
    Rule(
        "unit_period_agree",
        Severity.WARNING,
        "Name the window that the figure covers, in unit and period alike.",
        printed.unit_period_agree,
    ),
    Rule("numbering", Severity.INFO, "Number the measures from 1 without a gap.", printed.numbering),
    Rule("name_mismatch", Severity.INFO, "Use the name of the national documents.", printed.name_mismatch),
)
TOGETHER = (
    Rule(
        "parts_sum_within_rounding",
        Severity.ERROR,
        "Find out which of the parts, or the total, is wrong.",
        together.parts_sum_within_rounding,
    ),
    Rule(
        "union_between_parts",
        Severity.QUERY,
        "Ask the publisher whether the three rest on the same estimates of need.",
        together.union_between_parts,
    ),
    Rule(
        "part_whole_direction",
        Severity.ERROR,
        "Find out whether the estimate of need was revised, and say so beside the arrow.",
        together.part_whole_direction,
    ),
    Rule(
        "national_at_least_local",
        Severity.ERROR,
        "Take England's figure from the publisher's national row.",
        together.national_at_least_local,
    ),
    Rule(
        "percent_granularity",
        Severity.WARNING,
        "Ask how the percentage was rounded, and of how many people it is a share.",
        together.percent_granularity,
    ),
    Rule(
        "back_calculation",
        Severity.DISCLOSURE,
        "Count the number itself as published when deciding what to hide.",
        together.back_calculation,
    ),
    Rule(
        "small_count_watch",
        Severity.INFO,
        "Plan which other figure to hide with it before the next one comes.",
        together.small_count_watch,
    ),
)
TIMING = (
    Rule("staleness", Severity.WARNING, "Ask the supplier when the next figure comes.", timing.staleness),
    Rule(
        "frozen_series",
        Severity.WARNING,
        "Ask whether the newest figures were collected or copied.",
        timing.frozen_series,
    ),
    Rule("gap_period", Severity.WARNING, "Ask the supplier for the missing periods.", timing.gap_period),
    Rule(
        "duplicate_period", Severity.ERROR, "Ask the sender which of the rows holds.", timing.duplicate_period
    ),
    Rule(
        "overlapping_periods", Severity.ERROR, "Ask what each of the two covers.", timing.overlapping_periods
    ),
    Rule(
        "release_after_period_end",
        Severity.ERROR,
        "Check the period and the date of receipt.",
        timing.release_after_period_end,
    ),
    Rule(
        "restatement",
        Severity.WARNING,
        "Ask what changed, and record the answer; compare only within one release.",
        timing.restatement,
    ),
)
RULES = (*FIGURES, *PRINTED, *TOGETHER, *TIMING)
