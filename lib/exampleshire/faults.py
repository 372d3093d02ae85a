"""Which faults and signals are planted where: one of every class of fault that figures can show.

Each stands where it disturbs no other: in another measure, or years away. Rules bear the ids under which
findings are raised.
"""

from collections.abc import Callable, Mapping

from exampleshire.files import Row
from exampleshire.numerals import rounded
from exampleshire.places import ENGLAND_CODE, EXAMPLESHIRE
from exampleshire.planted import Planted

Cells = Mapping[str, str]
Change = Callable[[Cells], Cells]
_EDITIONS = {name: f"received/scorecard_edition/{day}" for name, day in
             {"2022/23 Q4": "2023-07-11", "2023/24 Q4": "2024-07-09", "2024/25 Q4": "2025-07-08"}.items()}  # fmt: skip
_VALUE, _ARROW, _SIGN = ("Exampleshire value", "Direction of travel (last 2 time periods)", "Compared to England value")
#: A return that the log dates before the month that it is about had ended: its path, and the wrong day.
MISDATED = ("restricted/police/police_2025-12-14.csv", "2025-11-14")


def _set(**cells: str) -> Change:
    return lambda _: cells


def _value(new: Callable[[str], str], **more: str) -> Change:
    return lambda cells: {"value": new(cells["value"]), **more}


def _return(
    rule: str, measure: str, period: str, source: str, what: str, change: Change = dict, severity: str = "error",
    *, breakdown: str | None = "", area: str = EXAMPLESHIRE.code, kind: str = "fault", remove: bool = False,
    listed: bool = True,
) -> Planted:  # fmt: skip
    """Return something planted in the returns of a source; `breakdown` None means every breakdown."""
    match = {"measure": measure, "area": area, "period": period}
    match |= {} if breakdown is None else {"breakdown": breakdown}
    return Planted(
        rule, measure, period, f"restricted/{source}/", match, what, severity, change, kind, breakdown or "",
        remove=remove, listed=listed,
    )  # fmt: skip


def _printed(
    rule: str, measure: str, edition: str, title: str, what: str, change: Change, severity: str = "error"
) -> Planted:
    """Return something planted in a published scorecard."""
    return Planted(rule, measure, edition, _EDITIONS[edition], {"Measure": title}, what, severity, change)


def _told(rule: str, measure: str, match: Cells, what: str, change: Change, severity: str = "error") -> Planted:
    """Return something planted in what the partnership's own report says."""
    return Planted(rule, measure, "", "statements.csv", match, what, severity, change)


def _saved(rule: str, measure: str, substance: str, what: str, change: Change, severity: str) -> Planted:
    """Return something planted in the newest saved table of unmet need."""
    match = {"Area": EXAMPLESHIRE.name, "Substance": substance}
    return Planted(rule, measure, "2024/25", "received/ndtms_viewit/unmet_need_2024-25", match, what, severity, change)


def _share(percent: str, **limits: str) -> Change:
    """Write another share, with the number of people that it makes."""
    return lambda cells: {
        "Value": percent,
        "Numerator": str(round(float(percent) * int(cells["Denominator"]) / 100)),
        **{name.replace("_", " "): text for name, text in limits.items()},
    }


def _between_two(cells: Cells) -> Cells:
    """Write a share that no whole number of people makes: half a person more than there were."""
    people, of = int(cells["numerator"]), int(cells["denominator"])
    return {"value": rounded(2 * people + 1, 2 * of, 100, 2), "numerator": ""}


def _flip(name: str, one: str, other: str) -> Change:
    return lambda cells: {name: {one: other, other: one}[cells[name]]}


def _more(name: str, by: float, decimals: int) -> Change:
    return lambda cells: {name: f"{float(cells[name]) + by:.{decimals}f}"}


_FROZEN = _set(value="15.42", numerator="185", denominator="12")

PLANTED = (
    # Rows that are missing, or one year too many.
    Planted("period_overlap", "drug_tests_on_arrest", "Oct 19 - Sept 20", "restricted/opcc/",
            {"measure": "drug_tests_on_arrest", "period": "2020/21"},
            "A year that begins in October stands between years that begin in April, and shares months with two.",
            "warning", lambda _: {"period": "Oct 19 - Sept 20"}, repeat=True),
    _return("period_gap", "substance_education_sessions", "2021/22 Q2", "icu",
            "One quarter is missing between its neighbours.", severity="warning", remove=True),
    # Signals, which the processes themselves hold.
    _return("step", "drug_intelligence_submissions", "Mar 24", "police",
            "From this month about 40% more reports come in each month than before.", kind="signal", severity="query"),
    _return("drift", "employment_support_job_starts", "2025/26 Q3", "icu",
            "Job starts rise a little in each quarter since 2023/24 Q3.", kind="signal", severity="query"),
    _return("spike", "drug_seizure_volume", "Nov 24", "police",
            "The weight seized in this month is about ten times that of other months.", kind="signal",
            severity="query"),
    # Impossible values.
    _return("percentage_range", "drug_tests_on_arrest", "2024/25", "opcc",
            "The number of positive tests stands where their percentage should.",
            lambda cells: {"value": cells["numerator"], "numerator": "", "denominator": ""}),
    _return("count_range", "childrens_services_referrals", "2024/25 Q1", "icu", "A count is negative.",
            _value(lambda value: f"-{value}")),
    _return("number_format", "substance_education_sessions", "2024/25 Q3", "icu", "A count is not a whole number.",
            _value(lambda value: f"{value}.5")),
    _return("national_at_least_local", "under_18s_in_treatment", "Oct 24 - Sept 25", "ndtms_local_outcomes",
            "England is given fewer young people than the area alone has.", _set(value="156"), area=ENGLAND_CODE),
    # Parts and totals.
    _return("parts_sum_within_rounding", "residential_rehabilitation_entries", "2024/25 Q3", "icu",
            "Men and women together are nine more than everybody.", _value(lambda value: str(int(value) + 9)),
            breakdown="sex=Female"),
    _return("parts_sum_within_rounding", "drug_rehabilitation_requirement_clients", "2025/26 Q2", "icu",
            "Everybody is about a quarter more than men and women together.",
            _value(lambda value: str(int(value) * 127 // 100))),
    _return("growth_hull", "drug_rehabilitation_requirement_clients", "2025/26 Q2", "icu",
            "Everybody grew faster since the quarter before than men and than women."),
    _saved("union_between_parts", "unmet_need_opiates_and_or_crack", "OCU",
           "Unmet need of users of either drug is below that of each drug.",
           _share("41.2", Lower_limit="33.2", Upper_limit="49.3"), "query"),
    _saved("part_whole_direction", "unmet_need_opiates", "Opiate",
           "Unmet need rose although more people are in treatment and the estimate of need stayed the same.",
           _share("47.6"), "error"),
    # Shares that do not come from their counts.
    _return("percent_granularity", "under_18s_completions", "2021/22", "ndtms_local_outcomes",
            "No whole number of young people makes this percentage.", _between_two, "warning"),
    _return("rate_recomputes", "mental_health_unmet_need", "Jul 24 - Jun 25", "ndtms_local_outcomes",
            "The percentage is not its own numerator over denominator.",
            _value(lambda value: f"{float(value) + 2.9:.2f}")),
    # Slips of the hand.
    _return("order_of_magnitude", "active_drug_networks", "Jun 25", "police", "The number has a digit too many.",
            _value(lambda value: f"{value}6")),
    _return("digit_slip", "paid_work", "Oct 24 - Sept 25", "ndtms_local_outcomes", "Two digits are exchanged.",
            _value(lambda value: value[1] + value[0] + value[2:], numerator="", denominator=""), "warning"),
    _printed("truncated_digits", "stable_accommodation", "2024/25 Q4",
             "Percentage of people in treatment with stable and suitable accommodation",
             "The scorecard prints the end of the number only.", lambda cells: {_VALUE: cells[_VALUE][1:]}),
    _return("sum_of_years", "drug_related_violent_crime", "2019/20", "police",
            "The number is that of three years, told as one.", _value(lambda value: str(3 * int(value))), "warning"),
    # Series that stand still, stop or vanish.
    *(
        _return("frozen_series", "caseload_young_people", quarter, "icu",
                "Three quarters in a row repeat the same figure to the last digit.", _FROZEN, "warning",
                listed=quarter == "2025/26 Q3")
        for quarter in ("2025/26 Q1", "2025/26 Q2", "2025/26 Q3")
    ),
    *(
        _return("sudden_zeros", "residential_rehabilitation_entries", quarter, "icu",
                "Nobody is said to have entered rehabilitation for two quarters, and many before and after.",
                _set(value="0"), breakdown=part, listed=(quarter, part) == ("2020/21 Q2", ""))
        for quarter in ("2020/21 Q1", "2020/21 Q2")
        for part in (None, "")
    ),
    _return("staleness", "completions_parents", "2023/24 Q3", "ndtms_domes",
            "The newest figure is two years older than that of the other quarterly measures.", severity="warning"),
    _return("staleness", "drug_diversion_referrals", "2024/25 Q4", "drugscope",
            "No figure has come for three quarters: the sender stopped.", severity="warning"),
    # The same fact told twice.
    Planted("same_fact_twice", "unmet_need_alcohol", "2023/24", "received/fingertips/93532",
            {"Area Code": EXAMPLESHIRE.code, "Time period": "2023/24"},
            "Two publications give the same percentage with different values.", "error",
            lambda cells: {"Value": f"{float(cells['Value']) + 1.6:.6f}"}),
    _printed("restatement", "completions_parents", "2024/25 Q4",
             "Percentage of people living with children who complete treatment",
             "The edition before prints another value for the same period.", _more(_VALUE, -0.9, 1), "warning"),
    # Scorecards that contradict themselves.
    _printed("direction_needs_two_points", "treatment_workforce", "2022/23 Q4",
             "Number of paid staff in substance use services",
             "An arrow is printed beside the words that there is one point only.",
             _set(**{"Exampleshire Sparkline": "Only 1 year point available"})),
    _printed("suppressed_direction", "school_permanent_exclusions", "2022/23 Q4",
             "Number of permanent exclusions related to drugs or alcohol",
             "A suppressed number is said to have stayed the same.", _set(**{_ARROW: "↔"})),
    _printed("national_at_least_local", "school_permanent_exclusions", "2022/23 Q4",
             "Number of permanent exclusions related to drugs or alcohol",
             "England's number is printed as fewer than five: the area's marker was copied.",
             _set(**{"England value": "<5"})),
    _printed("direction_recomputes", "drug_rehabilitation_requirement_clients", "2023/24 Q4",
             "Number of people on a drug rehabilitation requirement who engage with treatment",
             "The arrow points the other way than the two figures.", _flip(_ARROW, "↑", "↓")),
    _printed("comparison_recomputes", "paid_work", "2024/25 Q4", "Percentage of people in treatment in paid work",
             "The figure is said to be on the other side of England's than it is.", _flip(_SIGN, "Higher", "Lower")),
    _printed("unit_period_agree", "drug_intelligence_submissions", "2023/24 Q4",
             "Number of drug intelligence submissions", "The unit says quarterly and the period is a month.",
             _set(Unit="Quarterly count"), "warning"),
    _printed("rate_needs_base", "drug_misuse_deaths", "2024/25 Q4", "Rate of deaths from drug misuse",
             "The unit does not say of how many people.", _set(Unit="Rate"), "warning"),
    _printed("title_unit_agree", "school_suspensions", "2024/25 Q4", "Rate of suspensions related to drugs or alcohol",
             "The title says number and the unit is a rate.",
             _set(Measure="Number of drug & alcohol-related suspensions from state funded school",
                  Unit="Per 100 pupils")),
    # Targets and dates.
    Planted("missing_value", "stable_accommodation", "Apr 22 - Mar 23", "targets.csv",
            {"measure": "stable_accommodation"}, "The baseline names a period and has no value.", "error",
            _set(baseline="")),
    Planted("baseline_after_release", "prison_release_engagement", "2025/26", "targets.csv",
            {"measure": "prison_release_engagement"}, "The baseline lies after the newest figure there is.", "error",
            _set(baseline_period="2025/26")),
    # A report that contradicts itself.
    _told("qualifier_true", "", {"fact": "naloxone_kits", "qualifier": ""},
          "Over 1,200 kits are told of on one page, and fewer on another.",
          _set(text="1,164", value="1164"), "warning"),
    _told("list_count", "", {"fact": "local_aims", "kind": "figure"}, "The text speaks of five aims and lists six.",
          _set(text="five", value="5")),
    _told("ratio_within_rounding", "", {"fact": "outreach_contacts_growth"},
          "The growth is not that of the two numbers beside it.", _set(text="39%", value="39")),
    _told("arithmetic", "", {"fact": "carers_supported"}, "Women and men do not add up to the total.",
          _set(text="211", value="211")),
    _told("polarity_conflict", "completions_opiates", {"fact": "completions_wanted"},
          "The text wishes that fewer people complete treatment.",
          _set(text="fewer people completing treatment is what we want", polarity="low_is_good"), "query"),
    _told("percent_vs_points", "completions_alcohol", {"fact": "satisfied_with_training"},
          "A percentage is said to grow by 3%: of itself, or points, is not said.",
          _set(kind="change", fact="completions_growth", measure="completions_alcohol", text="3%", value="3"),
          "warning"),
)  # fmt: skip

#: A figure that was sent with a digit too many; the area's corrections.csv puts it right, so nothing is listed.
CORRECTED = _return("", "substance_education_sessions", "2024/25 Q2", "icu", "", _value(lambda value: f"{value}0"),
                    listed=False)  # fmt: skip


def misdated(log: str, row: int) -> list[Row]:
    """Return what planted.csv says of each measure that the misdated return tells for its month."""
    what = "The return is logged as received before the month that it is about had ended."
    told = ("active_drug_networks", "drug_seizure_volume", "drug_intelligence_submissions")
    about = ("Nov 25", "", log, str(row), what, "error")
    return [("release_after_period_end", "fault", measure, *about) for measure in told]
