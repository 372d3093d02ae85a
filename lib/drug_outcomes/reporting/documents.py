"""The documents that a partnership writes, section by section: words that people wrote, figures, or what is missing.

`data/framework/document_sections.csv` lists the sections; here each meets the function that shows its figures.
"""

from collections.abc import Callable, Mapping
from functools import partial

from drug_outcomes.definitions.commentary import Passage
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import UsageError
from drug_outcomes.reporting import (
    alert_report,
    entering,
    markup,
    national_report,
    needs_report,
    plan_report,
    progress,
    tables,
    year,
)
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Display

Builder = Callable[..., Display | None]

_BUILDERS: Mapping[str, Mapping[str, Builder]] = {
    "needs_assessment": {
        "prevalence": needs_report.prevalence,
        "unmet_need": needs_report.unmet_need,
        "cascade": needs_report.cascade,
        "entering": entering.section,
        "representation": needs_report.representation,
        "groups": needs_report.groups,
        "harm": needs_report.harm,
        "beside": needs_report.beside,
        "capacity": needs_report.capacity,
        "gaps": needs_report.gaps,
        "beside_sources": needs_report.beside_sources,
    },
    "progress_report": {
        "introduction": progress.introduction,
        "roles": plan_report.roles,
        "this_report": progress.this_report,
        "delivery_progress": progress.delivery_progress,
        "national_measures": progress.national_measures,
        "local_measures": progress.local_measures,
        "entering": entering.section,
        "supply": progress.supply,
    },
    "national_framework": {
        "editions": national_report.editions,
        "coverage": national_report.coverage,
        "metrics": national_report.metrics,
        "breakdowns": national_report.breakdowns,
        "releases": national_report.releases,
        "ambitions": national_report.ambitions,
    },
    "delivery_plan": {
        "plan": plan_report.actions,
        "decisions": plan_report.decisions,
        "alerts": alert_report.section,
        "year": year.section,
        "agreements": plan_report.agreements,
        "holders": plan_report.roles,
        "documents": plan_report.documents,
    },
}


def section(page: DocumentPage, document: str, name: str, written: list[Passage]) -> Display | None:
    """Return one section of a document: what people wrote, then the figures; nothing where there is nothing.

    The partnership sees in place of a section that waits to be written what belongs there, and where to write it.

    Raises
    ------
    UsageError : a section that the document does not have, with those that it has.
    """
    table = page.definitions.document_sections
    mine = table[(table["document"] == document) & (table["section"] == name)]
    if mine.empty:
        known = ", ".join(table.loc[table["document"] == document, "section"]) or "no sections at all"
        raise UsageError(f"the document {document!r} has no section {name!r}", expected=known)
    row = mine.iloc[0]
    build = _BUILDERS.get(document, {}).get(name)
    if build is not None and row["baseline"]:
        build = partial(build, baseline=str(row["baseline"]))
    figures = build(page) if build is not None else None
    if figures is not None or written:
        return markup.together(tables.passages(written), figures)
    to_write = row["written"] == "yes"
    if page.released.audience is Audience.PUBLIC or not (to_write or build):
        return None
    where = f" Write it in commentary/{page.period.slug}.md, under the line ## {name}." if to_write else ""
    return markup.notice(f"{row['explained']}{where}", title="To write:" if to_write else "Not held.")
