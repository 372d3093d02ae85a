"""Every rule: what it is called, how grave what it finds is, and what to do about it."""

from drug_outcomes.definitions.vocabulary import Severity
from drug_outcomes.quality import (
    presentation_rules,
    relation_rules,
    release_rules,
    signal_rules,
    statement_rules,
    timing_rules,
    value_rules,
)
from drug_outcomes.quality.evidence import Rule

_ASK = "Compare it with the supplier's own file; declare a correction if it is a slip."
_LEAVE = "Leave the direction out until there are two comparable points that may be shown."

FIGURES = (
    Rule(
        "percentage_range",
        Severity.ERROR,
        "Ask the supplier whether this is a count, and correct the unit or the value.",
        value_rules.percentage_range,
    ),
    Rule("count_range", Severity.ERROR, _ASK, value_rules.count_range),
    Rule("number_format", Severity.INFO, "Print counts as whole numbers.", value_rules.number_format),
    Rule("limits_enclose_value", Severity.ERROR, _ASK, value_rules.limits_enclose_value),
    Rule(
        "rate_recomputes",
        Severity.ERROR,
        "Find out which of the three is wrong: value, numerator or denominator.",
        value_rules.rate_recomputes,
    ),
    Rule("plausible_range", Severity.QUERY, _ASK, value_rules.plausible_range),
    Rule("order_of_magnitude", Severity.ERROR, _ASK, value_rules.order_of_magnitude),
    Rule("digit_slip", Severity.WARNING, _ASK, value_rules.digit_slip),
    Rule("sum_of_years", Severity.WARNING, "Ask which periods the figure covers.", value_rules.sum_of_years),
    Rule(
        "sudden_zeros",
        Severity.WARNING,
        "Ask whether nothing happened or nothing was recorded.",
        value_rules.sudden_zeros,
    ),
    Rule("truncated_digits", Severity.ERROR, "Print the whole number.", value_rules.truncated_digits),
)
PRINTED = (
    Rule("direction_needs_two_points", Severity.ERROR, _LEAVE, presentation_rules.direction_needs_two_points),
    Rule("suppressed_direction", Severity.ERROR, _LEAVE, presentation_rules.suppressed_direction),
    Rule(
        "direction_recomputes",
        Severity.ERROR,
        "Print the direction that the two points show.",
        presentation_rules.direction_recomputes,
    ),
    Rule(
        "comparison_recomputes",
        Severity.ERROR,
        "Print the comparison that the two values show.",
        presentation_rules.comparison_recomputes,
    ),
    Rule(
        "significance",
        Severity.WARNING,
        "Call it similar, or say that it is not tested.",
        presentation_rules.significance,
    ),
    Rule(
        "overlapping_windows",
        Severity.WARNING,
        "Compare with the window that ends twelve months earlier, or say that they overlap.",
        presentation_rules.overlapping_windows,
    ),
    Rule(
        "title_unit_agree",
        Severity.ERROR,
        "Name in the title what the unit counts.",
        presentation_rules.title_unit_agree,
    ),
    Rule(
        "kind_and_unit_agree",
        Severity.ERROR,
        "Print the unit of the definition.",
        presentation_rules.kind_and_unit_agree,
    ),
    Rule(
        "rate_needs_base",
        Severity.WARNING,
        "Say per how many people, and whether the rate allows for age.",
        presentation_rules.rate_needs_base,
    ),
    Rule(
        "unit_period_agree",
        Severity.WARNING,
        "Name the window that the figure covers, in unit and period alike.",
        presentation_rules.unit_period_agree,
    ),
    Rule(
        "numbering", Severity.INFO, "Number the measures from 1 without a gap.", presentation_rules.numbering
    ),
    Rule(
        "name_mismatch",
        Severity.INFO,
        "Use the name of the national documents.",
        presentation_rules.name_mismatch,
    ),
)
TOGETHER = (
    Rule(
        "parts_sum_within_rounding",
        Severity.ERROR,
        "Find out which of the parts, or the total, is wrong.",
        relation_rules.parts_sum_within_rounding,
    ),
    Rule(
        "union_between_parts",
        Severity.QUERY,
        "Ask the publisher whether the three rest on the same estimates of need.",
        relation_rules.union_between_parts,
    ),
    Rule(
        "part_whole_direction",
        Severity.ERROR,
        "Find out whether the estimate of need was revised, and say so beside the arrow.",
        relation_rules.part_whole_direction,
    ),
    Rule(
        "national_at_least_local",
        Severity.ERROR,
        "Take England's figure from the publisher's national row.",
        relation_rules.national_at_least_local,
    ),
    Rule(
        "percent_granularity",
        Severity.WARNING,
        "Ask how the percentage was rounded, and of how many people it is a share.",
        relation_rules.percent_granularity,
    ),
    Rule(
        "back_calculation",
        Severity.DISCLOSURE,
        "Count the number itself as published when deciding what to hide.",
        relation_rules.back_calculation,
    ),
    Rule(
        "small_count_watch",
        Severity.INFO,
        "Plan which other figure to hide with it before the next one comes.",
        relation_rules.small_count_watch,
    ),
    Rule(
        "growth_hull",
        Severity.ERROR,
        "Find out which of the parts, or the total, is wrong.",
        relation_rules.growth_hull,
    ),
    Rule(
        "same_fact_twice",
        Severity.ERROR,
        "Ask both publishers; show one, with its source.",
        relation_rules.same_fact_twice,
    ),
)
TIMING = (
    Rule(
        "staleness", Severity.WARNING, "Ask the supplier when the next figure comes.", timing_rules.staleness
    ),
    Rule(
        "frozen_series",
        Severity.WARNING,
        "Ask whether the newest figures were collected or copied.",
        timing_rules.frozen_series,
    ),
    Rule(
        "period_gap", Severity.WARNING, "Ask the supplier for the missing periods.", timing_rules.period_gap
    ),
    Rule(
        "duplicate_period",
        Severity.ERROR,
        "Ask the sender which of the rows holds.",
        timing_rules.duplicate_period,
    ),
    Rule("period_overlap", Severity.ERROR, "Ask what each of the two covers.", timing_rules.period_overlap),
    Rule(
        "release_after_period_end",
        Severity.ERROR,
        "Check the period and the date of receipt.",
        timing_rules.release_after_period_end,
    ),
    Rule(
        "restatement",
        Severity.WARNING,
        "Ask what changed, and record the answer; compare only within one release.",
        timing_rules.restatement,
    ),
)
_ONE = "Find out which holds; quote that one, with its source."
TOLD = (
    Rule("same_fact_twice", Severity.ERROR, _ONE, statement_rules.same_fact_twice),
    Rule("same_fact_twice", Severity.ERROR, _ONE, statement_rules.statement_vs_figure),
    Rule(
        "qualifier_true",
        Severity.WARNING,
        "Choose a word that the number bears out.",
        statement_rules.qualifier_true,
    ),
    Rule(
        "fraction_words",
        Severity.WARNING,
        "Choose a fraction that the number bears out.",
        statement_rules.fraction_words,
    ),
    Rule("modifier_drift", Severity.INFO, "Use one wording throughout.", statement_rules.modifier_drift),
    Rule(
        "staff_vs_posts",
        Severity.WARNING,
        "Say what was counted, in one word throughout.",
        statement_rules.staff_vs_posts,
    ),
    Rule(
        "list_count",
        Severity.ERROR,
        "Count the list again, or say what is left out.",
        statement_rules.list_count,
    ),
    Rule("arithmetic", Severity.ERROR, "Work the number out again.", statement_rules.arithmetic),
    Rule(
        "ratio_within_rounding",
        Severity.ERROR,
        "Work the change out again.",
        statement_rules.ratio_within_rounding,
    ),
    Rule(
        "growth_hull",
        Severity.ERROR,
        "Ask for the numbers behind the percentages.",
        statement_rules.growth_hull,
    ),
    Rule(
        "truncated_digits",
        Severity.ERROR,
        "Take the numbers from the document itself again.",
        statement_rules.truncated_digits,
    ),
    Rule(
        "percent_vs_points",
        Severity.WARNING,
        "Say which, and from what to what.",
        statement_rules.percent_vs_points,
    ),
    Rule(
        "narrative_vs_direction",
        Severity.QUERY,
        "Name the period and the figures.",
        statement_rules.narrative_vs_direction,
    ),
    Rule(
        "narrative_vs_values",
        Severity.QUERY,
        "Name the period and the figures.",
        statement_rules.narrative_vs_values,
    ),
    Rule(
        "claim_without_comparator",
        Severity.QUERY,
        "Leave the comparison out.",
        statement_rules.claim_without_comparator,
    ),
    Rule(
        "narrative_conflict",
        Severity.QUERY,
        "Name period, measure and benchmark.",
        statement_rules.narrative_conflict,
    ),
    Rule(
        "polarity_conflict",
        Severity.QUERY,
        "Agree which direction is good.",
        statement_rules.polarity_conflict,
    ),
    Rule(
        "measure_substitution",
        Severity.WARNING,
        "Speak of what is counted.",
        statement_rules.measure_substitution,
    ),
    Rule(
        "incomplete_coverage",
        Severity.WARNING,
        "Show beside the figure what is missing.",
        statement_rules.incomplete_coverage,
    ),
    Rule(
        "ambiguous_period_label",
        Severity.INFO,
        "State the kind of period.",
        statement_rules.ambiguous_period_label,
    ),
    Rule(
        "baseline_definition",
        Severity.WARNING,
        "State the period in full.",
        statement_rules.baseline_definition,
    ),
    Rule("date_vs_title", Severity.WARNING, "State the date of the edition.", statement_rules.date_vs_title),
    Rule(
        "edition_mismatch", Severity.INFO, "Cite the edition that was used.", statement_rules.edition_mismatch
    ),
    Rule(
        "cross_document_next_release",
        Severity.ERROR,
        "Ask the publisher.",
        statement_rules.cross_document_next_release,
    ),
    Rule(
        "annual_series_gap",
        Severity.QUERY,
        "Ask the publisher for the years between.",
        statement_rules.annual_series_gap,
    ),
    Rule(
        "superseded_target", Severity.WARNING, "Quote the target in force.", statement_rules.superseded_target
    ),
    Rule(
        "progress_against_target",
        Severity.QUERY,
        "Say so beside the ambition.",
        statement_rules.progress_against_target,
    ),
)
_RELEASE = "Ask the publisher for the date and the period."
RELEASES = (
    Rule("release_after_period_end", Severity.ERROR, _RELEASE, release_rules.release_after_period_end),
    Rule("next_release_equals_last", Severity.WARNING, _RELEASE, release_rules.next_release_equals_last),
    Rule(
        "baseline_after_release",
        Severity.ERROR,
        "Wait for the release, or choose another.",
        release_rules.baseline_after_release,
    ),
    Rule("baseline_equals_last", Severity.INFO, "Show no change yet.", release_rules.baseline_equals_last),
    Rule(
        "comparable_periods",
        Severity.WARNING,
        "Compare equal lengths of time.",
        release_rules.comparable_periods,
    ),
    Rule(
        "missing_value",
        Severity.ERROR,
        "Fill the value in, or say why there is none.",
        release_rules.missing_value,
    ),
    Rule("restatement", Severity.INFO, "Quote the corrected figure.", release_rules.restatement),
)
_CAUSE = "Look for the cause: definition, coverage, coding, catch-up, an operation, small numbers."
#: Signals are listed with the findings, and are questions.
SIGNALS = (
    Rule("spike", Severity.QUERY, _CAUSE, signal_rules.spike),
    Rule("step", Severity.QUERY, _CAUSE, signal_rules.step),
    Rule("drift", Severity.QUERY, _CAUSE, signal_rules.drift),
    Rule("unusual", Severity.QUERY, _CAUSE, signal_rules.unusual),
)
RULES = (*FIGURES, *PRINTED, *TOGETHER, *TIMING, *TOLD, *RELEASES, *SIGNALS)
