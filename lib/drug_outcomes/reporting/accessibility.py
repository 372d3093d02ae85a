"""The accessibility statement that public bodies owe their readers.

Headings and the sentences in `_REQUIRED` are the United Kingdom's model statement (regulation 8 of the Public
Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018), which may not be
reworded; everything else is ours. A statement makes claims: what it says of testing and of known faults is
the partnership's to state, so nothing here has a default.
"""

from collections.abc import Sequence
from enum import StrEnum

from drug_outcomes.errors import UnreadableInput
from drug_outcomes.reporting import markup
from drug_outcomes.reporting.markup import Display

_LAW = "Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018"
_STANDARD = "Web Content Accessibility Guidelines version 2.2 AA standard"
_REQUIRED = {
    "scope": "This accessibility statement applies to {scope}.",
    "committed": f"{{partnership}} is committed to making its website accessible, in accordance with the {_LAW}.",
    "fully": f"This website is fully compliant with the {_STANDARD}.",
    "partially": f"This website is partially compliant with the {_STANDARD}, due to the non-compliances listed below.",
    "not": f"This website is not compliant with the {_STANDARD}. The non-compliances are listed below.",
    "reasons": "The content listed below is non-accessible for the following reasons.",
    "enforcement": "The Equality and Human Rights Commission (EHRC) is responsible for enforcing the "
    f"{_LAW} (the ‘accessibility regulations’). If you’re not happy with how we respond to your complaint, ",
    "prepared": "This statement was prepared on {prepared}. It was last reviewed on {reviewed}.",
    "tested": "This website was last tested on {tested}.",
}


class Compliance(StrEnum):
    """How far the pages meet the guidelines, as the partnership claims it."""

    FULLY = "fully"
    PARTIALLY = "partially"
    NOT = "not"


def statement(
    *,
    partnership: str,
    scope: str,
    contact: str,
    compliance: Compliance,
    issues: Sequence[str],
    prepared: str,
    reviewed: str,
    tested: str,
) -> Display:
    """Return the body of the statement's page; the page's own heading says whose it is.

    Parameters
    ----------
    scope : the pages it covers, in words that complete "This accessibility statement applies to".
    contact : an e-mail address for faults and for other formats.
    issues : known faults, a sentence each: what fails, for whom, and the guideline's number.
    prepared, reviewed, tested : dates in words.

    Raises
    ------
    UnreadableInput : the claim and the list of known faults contradict each other.
    """
    if (compliance is Compliance.FULLY) == bool(issues):
        raise UnreadableInput(
            f"the accessibility statement claims {compliance.value!r} compliance and lists {len(issues)} known faults",
            expected="no known fault where the pages comply fully, at least one where they do not",
            try_next="mend the claim or the list in the area's settings",
        )
    words = {"partnership": partnership, "scope": scope, "prepared": prepared, "reviewed": reviewed, "tested": tested}
    said = {key: markup.paragraph(text.format(**words)) for key, text in _REQUIRED.items()}
    mail = markup.link(contact, f"mailto:{contact}")
    adviser = markup.link(
        "contact the Equality Advisory and Support Service (EASS)", "https://www.equalityadvisoryservice.com/"
    )
    known = [markup.heading("Non-accessible content", 2), said["reasons"]]
    known += [markup.heading("Non-compliance with the accessibility regulations", 3), markup.bullets(issues)]
    return markup.together(
        said["scope"],
        markup.paragraph(
            "Every page can be read with a keyboard alone, enlarged, printed, and without a network. "
            "Each chart has its message in words and its figures in a table."
        ),
        markup.heading("Feedback and contact information", 2),
        markup.paragraph("Tell us about anything you cannot use, or ask for another format: ", mail, "."),
        markup.heading("Enforcement procedure", 2),
        markup.paragraph(_REQUIRED["enforcement"], adviser, "."),
        markup.heading("Technical information about this website’s accessibility", 2),
        said["committed"],
        markup.heading("Compliance status", 3),
        said[compliance.value],
        *(known if issues else []),
        markup.heading("Preparation of this accessibility statement", 2),
        said["prepared"],
        said["tested"],
    )
