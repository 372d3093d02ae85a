"""Reports to the fictional drug information system in eight years, with what rules should ask about some of them."""

from exampleshire.files import File, table

#: What a rule asks about an alert, by its id: planted, and so to be found; nothing else is.
PLANTED = {
    "nitazene_tablets": {"Late notice"},
    "strong_ketamine": {"No approver"},
    "spice_prison_gate": {"Late notice", "No approver"},
    "fake_diazepam_2018": {"Past its delete-by date"},
}
#: Alerts of which no notice may be written, and a word of why.
REFUSED = {
    "strong_ketamine": "nobody is named",
    "spice_prison_gate": "nobody is named",
    "fake_diazepam_2018": "delete-by",
    "ecstasy_festival_2019": "exact place",
    "adulterated_heroin_2021": "number below",
    "grey_powder_2022": "the source",
    "cannabis_sweets_2024": "grading",
    "smelly_pills_2020": "asks for no notice",
}
_ALERTS = """\
fake_diazepam_2018|2018-07-03|Nurse, night shelter|1|A|Diazepam|Etizolam|People could not be woken|4|Market Fiction|12 Mill Lane|warn|Told services|Do not mix with alcohol or opioids; carry naloxone|Nora Notional|Services and people who use drugs|2018-07-04|2018-07-20|2025-07-03
ecstasy_festival_2019|2019-08-10|Steward, Example Fields|2|B|Ecstasy||People overheated at Example Fields|6|Exampleshire|Example Fields|warn|Told the event|Start with a part of a tablet; sip water|Nora Notional|The event's welfare team|2019-08-11|2019-08-30|2029-08-10
smelly_pills_2020|2020-02-14|Caller to the helpline|3|D|Unknown pills||Somebody felt unwell|1|Northern Exampleshire||watch|Kept||||||2030-02-14
adulterated_heroin_2021|2021-05-04|Ambulance crew|1|A|Heroin|Heroin with xylazine|Three people collapsed|3|Market Fiction|Flat above the bakery|warn|Told services|Do not use alone; carry naloxone|Nora Notional|Services|2021-05-05|2021-06-30|2031-05-04
grey_powder_2022|2022-11-21|Hostel worker|1|C|Cocaine|Cocaine with caffeine|A hostel worker saw people with chest pain|5|Southern Exampleshire|St Nowhere hostel|inform|Told services|Call an ambulance for chest pain|Nora Notional|Services|2022-11-24|2022-12-20|2032-11-21
vapes_2023|2023-10-02|School nurse|1|B|Cannabis vape|Synthetic cannabinoid|Pupils fainted|7|Northern Exampleshire|Example Hill School|warn|Told schools|Do not share vapes; call for help if somebody faints|Nora Notional|Head teachers and parents|2023-10-04|2023-11-10|2033-10-02
cannabis_sweets_2024|2024-04-15|Parent of a pupil|2|A|Cannabis sweets|THC|Children were sick; graded 2A|2|Southern Exampleshire|14 Invented Road|inform|Told schools|Keep sweets of unknown origin from children|Nora Notional|Schools|2024-04-18|2024-05-30|2034-04-15
nitazene_tablets|2025-06-09|Lab of the police|1|A|Oxycodone|Nitazene|People stopped breathing|8|Market Fiction|Car park of the station|warn|Told services|Carry naloxone and more than usual of it; do not use alone|Nora Notional|Services and people who use drugs|2025-06-17|2025-08-01|2035-06-09
strong_ketamine|2025-11-17|Youth worker|1|C|Ketamine|Ketamine|People lost consciousness|5|Northern Exampleshire|Skate park|inform|Told youth services|Start low; do not use near water||Youth services|2025-11-20||2035-11-17
counterfeit_pregabalin|2026-03-09|Pharmacist|1|B|Pregabalin 300 mg|Bromazolam|People were drowsy for days|6|Southern Exampleshire|Example pharmacy|warn|Told services|Do not mix with opioids; carry naloxone|Nora Notional|Services and people who use drugs|2026-03-10||2036-03-09
spice_prison_gate|2026-03-23|Probation officer|2|C|Spice||People collapsed after release|4|Market Fiction|Prison gate|warn|Asked for a test|Do not use alone|||||2036-03-23
"""  # noqa: E501 - a row of the table is a line
_COLUMNS = (
    "alert", "received", "source", "source_grade", "information_grade", "sold_as", "tested_as", "harm", "people",
    "place", "exact_place", "response", "action", "advice", "approved_by", "told", "told_on", "closed", "delete_by",
)  # fmt: skip


def table_of() -> File:
    """Return the alerts, which stand in the restricted folder."""
    return table("restricted/alerts.csv", [_COLUMNS, *(tuple(line.split("|")) for line in _ALERTS.splitlines())])
