"""What people of the fictional partnership wrote down: the area, events, targets, corrections, commentary."""

from dataclasses import dataclass

from drug_outcomes.definitions.periods import slug
from exampleshire.files import File, Row, table
from exampleshire.places import EXAMPLESHIRE, FORCES, NEIGHBOURS, PEERS, REGION_CODE
from exampleshire.scorecards import Known
from exampleshire.timeline import AS_OF, EDITION

_TOML = """\
name = "Exampleshire"
code = "{code}"
partnership = "Exampleshire Combating Drugs Partnership"
scorecard_title = "Local Outcomes Framework"
contact = "partnership@exampleshire.example"
# Nothing here is real: people, places, forces and the figures for England beside them are invented.
# `python -m exampleshire` writes this folder again.
fictional = true

region = "{region}"  # Example Midlands
csp = "{csp}"
pfa = "{pfa}"     # Example Valley
members = []          # one council

edition_period = "{edition}"
edition_as_of = "{as_of}"

peers = [{peers}]
neighbours = [
    {neighbours},
]
"""

_EVENTS: list[Row] = [
    ("date", "measures", "kind", "what", "source"),
    ("2023-04", "caseload_adults", "break",
     "Case-loads count only workers who hold cases since April 2023; before, everybody in the team was counted. "
     "The average rose by about a sixth without any worker having more to do.", "Commissioner's note of May 2023"),
    ("2024-03", "drug_intelligence_submissions", "context",
     "An online form for reporting replaced the telephone line, and housing officers were trained to use it.",
     "Minutes of the partnership, 12 March 2024"),
    ("2024-11", "drug_seizure_volume", "context",
     "One lorry stopped on the motorway held most of the weight seized in the month.",
     "Police briefing of December 2024"),
    ("2023-10", "employment_support_job_starts", "context",
     "Two more employment advisers joined the service; a third followed a year later.",
     "Commissioner's report of autumn 2023"),
    ("2025-04", "drug_diversion_referrals", "context",
     "The contract for diversion courses ended and no provider has followed.", "Minutes of the partnership, May 2025"),
    ("2020-04", "residential_rehabilitation_entries;in_treatment_opiates;in_treatment_alcohol", "context",
     "Services took few new people during the first lockdown of the pandemic.", "Annual report 2020/21"),
]  # fmt: skip

_TARGETS: list[Row] = [
    ("measure", "baseline_period", "baseline", "target", "due", "agreed_by", "agreed_on", "superseded_by"),
    ("in_treatment_opiates", "2021/22", "", "3100", "2027-03", "Partnership board", "2022-09-20", ""),
    ("completions_alcohol", "2021/22 Q4", "", "42.0", "2026-03", "Partnership board", "2022-09-20",
     "a higher target agreed on 2024-09-10"),
    ("completions_alcohol", "2023/24 Q4", "", "44.0", "2027-03", "Partnership board", "2024-09-10", ""),
    ("prison_release_engagement", "2021/22", "", "65.0", "2026-03", "Partnership board", "2022-09-20", ""),
    ("drug_misuse_deaths", "2019-21", "", "5.0", "2027-12", "Health and Wellbeing Board", "2023-01-24", ""),
    ("stable_accommodation", "Apr 22 - Mar 23", "", "85.0", "2026-03", "Partnership board", "2023-06-13", ""),
]  # fmt: skip

_CORRECTIONS: list[Row] = [
    ("correction", "measure", "area", "period", "breakdown", "action", "value", "expect", "reason", "told", "status",
     "reference"),
    ("sessions_typed_tenfold", "substance_education_sessions", EXAMPLESHIRE.code, "2024/25 Q2", "", "replace",
     "{right}", "{wrong}", "The return has a digit too many: the team's own list adds up to the smaller number.",
     "Substance use commissioner, 2024-12-03", "confirmed, to be sent again", "e-mail of 2024-12-04"),
]  # fmt: skip

_PUBLIC_WORDS = """\
## county_lines
Author: Fictional analyst, 2026-03-12

Recorded drug offences follow what the police do. The force ran two operations in the year, and most of the
offences they brought to light are possession.

## services_capacity
Author: Fictional commissioner, 2026-03-16

More adults are in treatment than before the pandemic in every group. Unmet need among people who use crack
remains the widest gap, and outreach at the night shelter began in the autumn to reach them.

## drug_misuse_deaths
Author: Fictional public health consultant, 2026-03-16

Each death is reviewed. Deaths are counted in the year they are registered, so this year's figure speaks mostly
of the two years before it.

## young_people_and_families
Author: Fictional head of youth services, 2026-03-10

Schools asked for more sessions than the team can give in the spring term; a waiting list is kept.

## lived_experience
Author: Fictional involvement lead, 2026-03-04

People in recovery who met in January asked for evening appointments, for a choice of worker, and for help with
travel from the villages. Carers asked to be told what help there is for themselves.

## emerging_drugs
Author: Fictional analyst, 2026-03-12

Outreach workers hear more often of ketamine among people under 25, and of tablets sold as something else.

## drug_alerts
Author: Fictional public health consultant, 2026-03-16

The local drug information group sent one alert in the quarter, about tablets that held a strong synthetic opioid.
Naloxone was offered at every needle exchange in the week that followed.

## background
Author: Fictional partnership manager, 2026-03-16

The partnership carries out the national drug strategy here: it breaks supply, treats people and lowers demand. Its
needs assessment, delivery plan and scorecards stand on its page.

## local_landscape
Author: Fictional public health consultant, 2026-03-16

Opiates and crack do most harm, and alcohol reaches most people. Homes are short, and the night shelter is full.

## workplan
Author: Fictional partnership manager, 2026-03-16

The plan for the coming year has a lead and a date for each national commitment. Outreach, evening clinics and a
worker in the custody suite come first.

## public_involvement
Author: Fictional involvement lead, 2026-03-04

A panel of people with lived experience reads every plan before the board does, and two of them sit on it.

## sign_off
Author: Fictional partnership manager, 2026-03-18

Written by the partnership manager with the data lead, and approved by the board on 18 March 2026.
"""

_PARTNERSHIP_WORDS = """\
## middle_market
Author: Fictional detective inspector, 2026-03-11

Networks known to the force have changed little over the year. The large seizure of November 2024 came from a
single vehicle and says nothing about the local market.

## consequences
Author: Fictional policy officer, 2026-03-18

The courses for people cautioned ended with the contract in spring 2025. The board is asked to decide in June
whether to commission them again.

## employment
Author: Fictional commissioner, 2026-03-16

Job starts have risen steadily since the two new advisers began.
"""

_EARLIER_WORDS = """\
## services_capacity
Author: Fictional commissioner, 2025-12-15

Waiting times stayed within three weeks for almost everybody over the summer.

## young_people_and_families
Author: Fictional head of youth services, 2026-03-10

Schools asked for more sessions than the team can give in the spring term; a waiting list is kept.
"""


@dataclass(frozen=True)
class Page:
    """A text file of the area's folder."""

    path: str
    text: str

    def content(self) -> bytes:
        """Return the bytes."""
        return self.text.encode()


def pages() -> list[Page]:
    """Return area.toml and the commentary."""
    force = {one.name: one.code for one in FORCES}[EXAMPLESHIRE.force]
    toml = _TOML.format(
        code=EXAMPLESHIRE.code,
        region=REGION_CODE,
        csp=EXAMPLESHIRE.csp,
        pfa=force,
        edition=EDITION,
        as_of=AS_OF,
        peers=", ".join(f'"{code}"' for code in PEERS),
        neighbours=", ".join(f'"{place.code}"' for place in NEIGHBOURS),
    )
    now = f"commentary/{slug(EDITION)}"
    return [
        Page("area.toml", toml),
        Page(f"{now}.md", _PUBLIC_WORDS),
        Page(f"{now}.partnership.md", _PARTNERSHIP_WORDS),
        Page("commentary/2025-26-q2.md", _EARLIER_WORDS),
    ]


#: What the partnership's own report of September 2025 says, as rows that rules can check: columns that hold something.
_REPORT = "progress_report_2025-09"
_STATEMENT_HEAD = (
    "document", "line", "kind", "fact", "measure", "series", "area", "period", "basis", "text", "value", "qualifier",
    "unit", "group", "role", "relation", "of", "direction", "compared", "polarity", "note",
)  # fmt: skip
_STATEMENTS: list[dict[str, str]] = [
    {"line": "1", "kind": "dated", "fact": "report_date", "period": "September 2025", "text": "September 2025"},
    {"line": "12", "kind": "figure", "fact": "naloxone_kits", "text": "1,200", "value": "1200", "qualifier": "over",
     "unit": "kits"},
    {"line": "48", "kind": "figure", "fact": "naloxone_kits", "text": "1,264", "value": "1264", "unit": "kits"},
    {"line": "14", "kind": "figure", "fact": "local_aims", "text": "six", "value": "6", "unit": "aims"},
    {"line": "15", "kind": "listed", "fact": "local_aims", "text": "6", "value": "6", "unit": "aims"},
    {"line": "20", "kind": "figure", "fact": "outreach_contacts_2023_24", "text": "480", "value": "480",
     "unit": "contacts"},
    {"line": "20", "kind": "figure", "fact": "outreach_contacts_2024_25", "text": "618", "value": "618",
     "unit": "contacts"},
    {"line": "20", "kind": "change", "fact": "outreach_contacts_growth", "text": "29%", "value": "29", "unit": "%",
     "relation": "percent_change", "of": "outreach_contacts_2023_24;outreach_contacts_2024_25"},
    {"line": "31", "kind": "figure", "fact": "carers_supported_women", "text": "143", "value": "143",
     "unit": "carers"},
    {"line": "31", "kind": "figure", "fact": "carers_supported_men", "text": "58", "value": "58", "unit": "carers"},
    {"line": "31", "kind": "figure", "fact": "carers_supported", "text": "201", "value": "201", "unit": "carers",
     "relation": "sum", "of": "carers_supported_women;carers_supported_men"},
    {"line": "37", "kind": "figure", "fact": "satisfied_with_training", "text": "82%", "value": "82", "unit": "%"},
    {"line": "52", "kind": "claim", "fact": "completions_wanted", "measure": "completions_opiates",
     "text": "more people completing treatment is what we want", "polarity": "high_is_good"},
]  # fmt: skip


def tables(known: list[Known]) -> list[File]:
    """Return events, statements, and targets, whose baselines are what was known of their period in the end."""
    values = {
        (one.measure, one.period.label): one.value
        for one in sorted(known, key=lambda one: one.day)
        if one.area == EXAMPLESHIRE.code
    }
    targets = [(*row[:2], values[row[0], row[1]], *row[3:]) for row in _TARGETS[1:]]
    told = [tuple(({"document": _REPORT} | row).get(name, "") for name in _STATEMENT_HEAD) for row in _STATEMENTS]
    return [
        table("events.csv", _EVENTS),
        table("targets.csv", [_TARGETS[0], *targets]),
        table("statements.csv", [_STATEMENT_HEAD, *told]),
    ]


def corrections(wrong: str, right: str) -> File:
    """Return the one declared correction: what was sent, and what is right."""
    rows = [tuple(cell.format(wrong=wrong, right=right) for cell in row) for row in _CORRECTIONS]
    return table("corrections.csv", rows)
