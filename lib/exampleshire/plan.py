"""What the fictional partnership planned and decided in eight years, with what rules should ask about some actions."""

import datetime as dt
from itertools import cycle

from exampleshire.files import File, Row, table
from exampleshire.timeline import AS_OF

#: What a rule asks about an action, by the action's id: planted, and so to be found; nothing else is.
PLANTED = {
    "county_lines_training": {"Overdue"},
    "custody_worker": {"Overdue", "Not updated"},
    "caseload_review": {"Not updated"},
    "night_shelter_outreach": {"No evidence"},
    "school_leaflets": {"No evidence"},
    "tenancy_support": {"Contradicts itself"},
    "arrest_testing": {"Contradicts itself"},
    "ward_liaison": {"No measure"},
}

_LEADS = {
    "police": "Detective inspector, Example Valley Police",
    "commissioner": "Substance use commissioner, Exampleshire Council",
    "youth": "Head of youth services, Exampleshire Council",
    "probation": "Head of probation, Exampleshire",
    "service": "Service manager, Second Turning",
}
_ACTIONS = """\
network_briefings|middle_market|Share a picture of active networks with the board each quarter|active_drug_networks|police|2026-09-30|under_way||2026-03-04|Draw up the summer briefing|no
seizure_reporting|middle_market|Report what is seized in one form for all three districts|drug_seizure_volume|police|2024-12-31|done|Form in use since November 2024|2024-12-11||yes
county_lines_training|county_lines|Train taxi drivers and hoteliers to notice exploited children|drug_offences|police|2025-12-31|under_way||2026-03-03|Hold the last two sessions|yes
hotspot_patrols|county_lines|Patrol the estates that residents name|drug_offences;drug_possession_offences|police|2026-12-31|under_way||2026-03-04|Ask residents again in May|yes
online_reports|retail_market|Let residents report dealing online|drug_intelligence_submissions|police|2024-03-31|done|Online form open since March 2024|2024-03-13||yes
evening_clinics|services_capacity|Open evening clinics in both market towns|in_treatment_alcohol;completions_alcohol|service|2026-06-30|under_way||2026-03-05|Recruit a second nurse|yes
night_shelter_outreach|services_capacity|Send an outreach worker to the night shelter|unmet_need_crack|service|2025-10-31|done||2025-12-10||yes
naloxone_exchanges|services_capacity|Offer naloxone at every needle exchange|drug_misuse_deaths|service|2025-06-30|done|Signed off by the board in June 2025|2025-06-11||yes
completion_reviews|services_capacity|Review treatment plans after three months|completions_opiates;completions_non_opiates|service|2026-09-30|under_way||2026-02-27|Audit the first reviews|yes
caseload_review|workforce|Review how cases are shared out|caseload_adults|commissioner|2026-06-30|under_way||2025-09-03|Set out the options|yes
trainee_posts|workforce|Take on trainees with the college|treatment_workforce|commissioner|2026-12-31|not_started||2026-03-04|Agree the contract with the college|yes
ward_liaison|integration|Place a liaison nurse on the wards||service|2026-09-30|under_way||2026-03-04|Agree the post with the hospital|yes
joint_clinics|integration|Run joint clinics with the mental health trust|mental_health_unmet_need|commissioner|2026-12-31|under_way||2026-03-02|Open the second clinic|yes
tenancy_support|accommodation|Give tenancy support to people who leave treatment|stable_accommodation|commissioner|2025-09-30|done|Contract signed in August 2025|2025-12-08|Find a provider|yes
landlord_forum|accommodation|Meet private landlords twice a year|stable_accommodation|commissioner|2026-11-30|under_way||2026-03-04|Book the autumn meeting|yes
employment_advisers|employment|Add employment advisers to the service|employment_support_job_starts;paid_work|service|2024-10-31|done|Three advisers in post since October 2024|2024-12-11||yes
custody_worker|criminal_justice|Place a worker in the custody suite|criminal_justice_contact|probation|2025-11-30|under_way||2025-06-04|Agree the room|yes
court_training|criminal_justice|Train court staff to suggest treatment|criminal_justice_contact;drug_rehabilitation_requirement_clients|probation|2026-07-31|not_started||2026-03-04|Write the course|yes
diversion_contract|consequences|Decide whether to commission the courses again|drug_diversion_referrals|police|2026-06-30|under_way||2026-03-09|Bring the options to the board|no
arrest_testing|consequences|Test on arrest in both custody suites|drug_tests_on_arrest|police|2026-10-31|not_started|Second suite equipped|2026-03-04|Train the officers|yes
school_leaflets|young_people_and_families|Give every school a leaflet for parents|substance_education_sessions|youth|2025-09-30|done||2025-09-10||yes
family_workers|young_people_and_families|Add family workers to the early help team|childrens_services_referrals;completions_parents|youth|2026-12-31|under_way||2026-03-04|Interview in April|yes
youth_drop_in|young_people_and_families|Open a drop-in for young people|under_18s_in_treatment|youth|2023-03-31|stopped||2023-06-14||yes
"""  # noqa: E501 - a row of the table is a line
_DECISIONS = (
    "Publish the scorecard with a page for residents",
    "Ask each lead for one sentence of evidence for every action that is done",
    "Review deaths together with the coroner's officer twice a year",
    "Write to the prison about notice before release",
    "Invite two people with lived experience to every meeting",
    "Agree one form for referrals from the courts",
    "Share the needs assessment with the primary care networks",
    "Hold the next meeting at a service",
    "Keep naloxone in every council building with a receptionist",
    "Ask the schools which sessions they want",
)
_OWNERS = ("Partnership manager, Exampleshire Council", *_LEADS.values())
#: An open decision of the last autumn that nobody carried out by its day.
_OVERDUE = "2025-09"
_TO_DECIDE = (
    ("Whether to commission the courses for people cautioned again", _LEADS["police"], "no"),
    ("Which actions of the plan go on in the coming year", _OWNERS[0], "yes"),
)
_OTHER_DAYS: list[Row] = [
    ("2026-05-20", "", "sign_off", "Director of public health signs off the scorecard", _OWNERS[0], "", "", "no"),
    ("2026-06-24", "", "release", "Scorecard of the year to March 2026", _OWNERS[0], "", "", "yes"),
]
_AGREEMENTS: list[Row] = [
    ("agreement", "source", "partner", "purpose", "signed", "review", "delete_by", "published"),
    ("police_returns", "police", "Example Valley Police", "Measures of supply for the board", "2023-04-03",
     "2026-05-29", "2033-04-03", "no"),
    ("icu_returns", "icu", "Exampleshire Council", "Measures of treatment for the board", "2024-09-02", "2026-09-02",
     "2034-09-02", "no"),
]  # fmt: skip
_ROLES: list[Row] = [
    ("role", "holder", "organisation", "name", "name_published", "published"),
    ("senior_responsible_officer", "Director of public health", "Exampleshire Council", "Ada Ficton", "yes", "yes"),
    ("chair", "Director of public health", "Exampleshire Council", "Ada Ficton", "yes", "yes"),
    ("deputy_chair", "Chief inspector for neighbourhoods", "Example Valley Police", "Basil Nowhere", "no", "yes"),
    ("partnership_lead", "Partnership manager", "Exampleshire Council", "Cora Invented", "no", "yes"),
    ("partnership_lead", "Chief inspector for neighbourhoods", "Example Valley Police", "Basil Nowhere", "no", "yes"),
    ("public_involvement_lead", "Head of the voluntary service council", "Exampleshire", "", "no", "yes"),
    ("public_involvement_lead", "", "", "", "no", "yes"),
    ("data_lead", "Head of insight", "Exampleshire Council", "", "no", "yes"),
    ("services_capacity", "Substance use commissioner", "Exampleshire Council", "", "no", "yes"),
    ("county_lines", "Detective inspector", "Example Valley Police", "Dora Madeup", "no", "yes"),
    ("young_people_and_families", "Head of youth services", "Exampleshire Council", "", "no", "yes"),
]
_WEB = "https://www.exampleshire.example/drugs"
_DOCUMENTS: list[Row] = [
    ("document", "title", "date", "address", "superseded_by", "published"),
    ("needs_2021", "Needs assessment 2021", "2021-11", f"{_WEB}/needs-2021", "needs_2024", "yes"),
    ("needs_2024", "Needs assessment 2024", "2024-10", f"{_WEB}/needs-2024", "", "yes"),
    ("plan_2024", "Delivery plan 2024 to 2026", "2024-03-13", f"{_WEB}/plan", "", "yes"),
    ("risk_register", "Risk register", "2026-03-04", "", "", "no"),
]
_FIRST_YEAR, _MONTHS, _WEDNESDAY = 2018, (3, 6, 9, 12), 2


def meetings() -> list[dt.date]:
    """Return the days of the meetings: the second Wednesday of each quarter's last month, eight years and the next."""
    last = dt.date.fromisoformat(AS_OF)
    days = [_wednesday(year, month) for year in range(_FIRST_YEAR, last.year + 1) for month in _MONTHS]
    return [day for day in days if day.month > 3 or day.year > _FIRST_YEAR if day < last + dt.timedelta(days=92)]


def _wednesday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(_WEDNESDAY - first.weekday()) % 7 + 7)


def _meetings() -> list[Row]:
    held = [day for day in meetings() if day.isoformat() <= AS_OF]
    rows = []
    for day, decision, owner in zip(held, cycle(_DECISIONS), cycle(_OWNERS), strict=False):
        due = day + dt.timedelta(days=91)
        done = day != held[-1] and not day.isoformat().startswith(_OVERDUE)
        closed = (due - dt.timedelta(days=14)).isoformat() if done else ""
        rows.append((day.isoformat(), _papers(day), "decided", decision, owner, due.isoformat(), closed, "yes"))
    ahead = meetings()[-1]
    asked = [(ahead.isoformat(), _papers(ahead), "to_decide", *what[:2], "", "", what[2]) for what in _TO_DECIDE]
    head = ("date", "papers_close", "kind", "decision", "owner", "due", "closed", "published")
    return [head, *rows, *asked, *_OTHER_DAYS]


def _papers(day: dt.date) -> str:
    return (day - dt.timedelta(days=7)).isoformat()


def tables() -> list[File]:
    """Return roles, documents, actions and meetings."""
    head = ("action", "commitment", "what", "measures", "lead", "due", "status", "evidence", "updated", "next_step",
            "published")  # fmt: skip
    rows = [line.split("|") for line in _ACTIONS.splitlines()]
    named = [tuple(_LEADS.get(cell, cell) if place == 4 else cell for place, cell in enumerate(row)) for row in rows]
    return [
        table("roles.csv", _ROLES),
        table("documents.csv", _DOCUMENTS),
        table("actions.csv", [head, *named]),
        table("meetings.csv", _meetings()),
        table("agreements.csv", _AGREEMENTS),
    ]
