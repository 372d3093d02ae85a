"""How much of what is wrong the rules find, and how much of what they find is wrong, class by class.

Worlds of series and statements are made at random with one fault of each class in each, beside sound ones. Every
rule looks at all of it. Recall is the share of faults found by the rule of their class, in their figure and period;
precision the share of its findings on planted faults, the others being those on sound series or statements.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from random_faults import found_in

WORLDS, ALL_WORLDS = 1, 20


@pytest.fixture(scope="module")
def counted(thorough: bool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """Count for each class what was planted, what of it was found, and the alarms where nothing is wrong."""
    counts = {name: Counter() for name in ("planted", "found", "alarms")}
    for seed in range(ALL_WORLDS if thorough else WORLDS):
        found, where, places = found_in(seed, tmp_path_factory.mktemp(f"world_{seed}"))
        sound = {measure for rule, (measure, _) in where.items() if rule == measure}
        for rule, (measure, label) in where.items():
            mine = found[(found["rule"] == rule) & (found["measure"] == measure)]
            hit = len(mine[mine["period_label"] == label] if label else mine) > 0
            counts["planted"][rule] += rule != measure
            counts["found"][rule] += rule != measure and hit
        told = found[found["measure"] == ""]
        lines = told["place"].str.split("; ").map(set)
        for rule, planted in places.items():
            counts["planted"][rule] += rule != ""
            counts["found"][rule] += rule != "" and any(planted & here for here in lines[told["rule"] == rule])
        counts["alarms"].update(found.loc[found["measure"].isin(sound), "rule"])
        outside = [here <= places[""] for here in lines]
        counts["alarms"].update(told.loc[outside, "rule"])
    return counts


def test_a_fault_of_each_class_is_found_and_sound_figures_are_left_alone(
    counted, thorough, record_property: Callable[[str, object], None]
):
    planted, found, alarms = (+counted[name] for name in ("planted", "found", "alarms"))
    for rule in sorted(planted | alarms):
        recall = f"{100 * found[rule] / planted[rule]:.0f}%" if planted[rule] else "-"
        precise = f"{100 * found[rule] / (found[rule] + alarms[rule]):.0f}%" if found[rule] + alarms[rule] else "-"
        record_property("caught", f"| {rule} | {planted[rule]} | {recall} | {alarms[rule]} | {precise} |")
    missed = {rule: f"{found[rule]} of {many}" for rule, many in planted.items() if found[rule] < 0.8 * many}

    # One fault of a class may be missed by chance; three classes missed at once are a cause.
    assert missed == {} if thorough else len(missed) <= 2, missed
    assert alarms.total() <= 0.1 * found.total(), alarms
