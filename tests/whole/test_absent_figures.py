"""Absent is a value with a reason: the next quarter of a real partnership, of which much is hidden, missing or late."""

import csv
import shutil
from pathlib import Path

import pytest

import building
import partnership
from building import Built
from drug_outcomes import cli
from drug_outcomes.definitions.vocabulary import Audience
from material import PROJECT

AREA, CODE = "southampton", "E06000045"
PERIOD, AS_OF = "2025/26 Q1", "2025-07-31"
MONTHS = ("Apr 25", "May 25", "Jun 25")
NETWORKS, SEIZED = (44, 46, 45), (18_000, 19_500, 17_000)
#: An estimate with limits, beside published unmet need that comes without the people in treatment.
NEED = """PHE_Centre,Local_Authority,Area_Code_GSS,Alcohol_dependent,Alcohol_lower_CI,Alcohol_upper_CI,Year
South East,Southampton,E06000045,4012,3017,5704,2018/19
NA,England,E92000001,602000,590000,620000,2018/19
"""
TARGET = """measure,baseline_period,baseline,target,due,agreed_by,agreed_on,superseded_by
drug_seizure_volume,Apr 25,,25000,2027-03,Partnership board,2025-06-20,
active_drug_networks,Jan 25,,30,2027-03,Partnership board,2025-06-20,
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The project, to which the police, the publisher of estimates and the board have sent more."""
    root = tmp_path_factory.mktemp("quarter")
    for name in ("data/framework", f"data/areas/{AREA}", "notebooks"):
        shutil.copytree(PROJECT / name, root / name)
    mail = root / "mail"
    mail.mkdir()
    rows = [("active_drug_networks", *pair, "restricted", "") for pair in zip(MONTHS, NETWORKS, strict=True)]
    rows += [("drug_seizure_volume", *pair, "restricted", "") for pair in zip(MONTHS, SEIZED, strict=True)]
    # The newest seizures have been told in public, the baseline of their target has not.
    told = [(*rows.pop()[:3], "", "")]
    for name, lines in (("police", rows), ("notice", told)):
        with (mail / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["measure", "area", "period", "value", "release", "release_basis"])
            writer.writerows([measure, CODE, *rest] for measure, *rest in lines)
    (mail / "estimates.csv").write_text(NEED, encoding="utf-8")
    (root / "data" / "areas" / AREA / "targets.csv").write_text(TARGET, encoding="utf-8")
    with building.home(root):
        notice = ("--approved-for", "public", "--reference", "press notice of the force")
        sent = (("police.csv", "police", ()), ("notice.csv", "police", notice), ("estimates.csv", "prevalence", ()))
        for file, source, more in sent:
            assert partnership.receive(mail / file, source, "2025-07-10", *more, area=AREA) == 0
    return root


@pytest.fixture(scope="module", params=list(Audience), ids=str)
def built(request, project) -> Built:
    return building.snapshot(project, AREA, PERIOD, AS_OF, str(request.param))


def words(built: Built, page: str) -> str:
    return building.words(built.pages[page])


def test_every_page_of_the_quarter_is_built_and_passes_its_checks(built):
    assert built.faults == []
    assert {"index", "break_supply_chains", "scorecard", "needs_assessment"} <= set(built.pages)


def test_a_finding_that_may_not_be_told_is_left_out(built):
    told, public = words(built, "break_supply_chains"), built.released.audience is Audience.PUBLIC

    assert ("Periods missing between Dec 24 and Apr 25" in told) is not public
    assert "Held back" not in told


def test_more_people_in_treatment_than_nobody_knows_are_not_told_as_a_range(built):
    told = words(built, "needs_assessment")

    assert "means a number that is not known: the number of people of these ages in treatment is not held" in told
    assert "Between" not in told


def test_a_target_says_why_it_has_no_baseline(built):
    told, public = words(built, "break_supply_chains"), built.released.audience is Audience.PUBLIC
    hidden = "Cannot tell: target 25,000 by March 2027; its baseline is hidden."

    assert (hidden in told) is public
    assert ("target 25,000 by March 2027, from 18,000: 17,000 now" in told) is not public


def test_a_target_of_a_measure_whose_baseline_nobody_sent_says_so(built):
    # The public reads it beside the last figure that is public: the newest is not.
    assert "target 30 by March 2027; its baseline is not held" in words(built, "break_supply_chains")


def test_the_command_builds_the_same_quarter(project, capsys):
    with building.home(project):
        words = ["snapshot", "--area", AREA, "--period", PERIOD, "--as-of", AS_OF, "--only", "scorecard"]
        assert cli.main(words) == 0
