"""The workbench in JupyterLab: choose area, measure and period, look at everything, record what it was.

Widgets only: what they show is made by `inquiry`, what they record is written by `explanations`. A refusal is
shown in the reader's words, beside the form.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import OutcomesError
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import investigation, markup, wording
from drug_outcomes.reporting.investigation import Inquiry

#: Opens an area (id) up to a period (label, empty: the area's edition) for an audience.
Opener = Callable[[str, str, str], Inquiry]
#: How many quarters back the workbench offers.
_QUARTERS = 12
_WIDE = {"width": "100%", "max_width": "60rem"}


class Workbench:
    """Controls, the sections of `inquiry` in tabs, the checklist of usual causes and the form for an explanation.

    Attributes
    ----------
    area, period, audience, measure : what is looked at.
    sections : the HTML of each section, by heading.
    causes, hints : the checklist, with what is known of each; what is ticked stands before the explanation.
    subject, explanation, who, until, button : the form. message : what became of it, or what was refused.
    """

    def __init__(self, opened: Inquiry, opener: Opener, area_ids: Sequence[str], measure: str = "") -> None:
        self._opener, self._opened, self._busy = opener, opened, False
        self.area = widgets.Dropdown(options=list(area_ids), value=opened.asked.area, description="Area")
        self.period = widgets.Dropdown(description="Up to")
        audiences = [(str(one).capitalize(), str(one)) for one in Audience]
        self.audience = widgets.Dropdown(options=audiences, value=str(opened.asked.audience), description="Audience")
        self.measure = widgets.Dropdown(description="Measure", layout=_WIDE)
        self.sections = {name: widgets.HTML() for name in investigation.HEADINGS}
        self.causes = {name: widgets.Checkbox(description=name, indent=False) for name in investigation.CAUSES}
        self.hints = {name: widgets.HTML(layout=_WIDE) for name in investigation.CAUSES}
        self.subject = widgets.Dropdown(description="About", layout=_WIDE)
        self.explanation = widgets.Textarea(description="Explanation", layout=_WIDE)
        self.who = widgets.Text(description="Who")
        self.until = widgets.DatePicker(description="Until")
        self.button = widgets.Button(description="Record the explanation", button_style="primary")
        self.message = widgets.HTML()
        self._fill(measure or opened.first())
        for control in (self.area, self.period, self.audience):
            control.observe(self._reopen, names="value")
        self.measure.observe(self._show, names="value")
        self.button.on_click(self._record)
        self.box = self._arranged()

    def _repr_mimebundle_(self, **options: Any) -> Any:  # noqa: ANN401 - the protocol of displayed objects
        return self.box._repr_mimebundle_(**options)

    def _arranged(self) -> Any:  # noqa: ANN401 - a widget
        tabs = widgets.Tab(children=list(self.sections.values()), titles=list(self.sections))
        form = [
            widgets.HTML("<h3>What was it? Tick the causes that were found, and record an explanation</h3>"),
            *(widgets.HBox([box, self.hints[name]]) for name, box in self.causes.items()),
            *(self.subject, self.explanation, self.who, self.until, self.button, self.message),
        ]
        chosen = widgets.HBox([self.area, self.period, self.audience])
        return widgets.VBox([chosen, self.measure, tabs, widgets.VBox(form)])

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Set controls without their callbacks."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _fill(self, measure: str) -> None:
        """Offer what the opened area has, and show one of its measures."""
        asked, measures = self._opened.asked, self._opened.definitions.measures
        quarters = [asked.period.shifted(-3 * back).label for back in range(_QUARTERS)]
        offered = [str(one) for one in self.period.options]
        titles = measures["number"].astype("str") + ". " + measures["title"]
        with self._quiet():
            self.area.value, self.audience.value = asked.area, str(asked.audience)
            # An earlier quarter of the same area leaves the later ones on offer.
            self.period.options = offered if asked.period.label in offered else quarters
            self.period.value = asked.period.label
            self.measure.options = list(zip(titles, measures["measure"], strict=True))
            known = set(measures["measure"])
            self.measure.value = measure if measure in known else self._opened.first()
        self._show()

    def _reopen(self, change: Mapping[str, Any]) -> None:
        """Read another area, period or audience; what is refused leaves everything as it was."""
        if self._busy:
            return
        moved = change["owner"] is self.area
        self.message.value = markup.paragraph("Reading the files ...").html
        try:
            self._opened = self._opener(self.area.value, "" if moved else self.period.value, self.audience.value)
            self.message.value = ""
        except OutcomesError as refusal:
            self.message.value = markup.notice(str(refusal), kind="warning", title="Refused.").html
        if moved:
            with self._quiet():
                self.period.options = []
        self._fill(self.measure.value)

    def _show(self, _change: object = None) -> None:
        """Show the chosen measure."""
        if self._busy:
            return
        measure = self.measure.value
        for name, shown in self._opened.sections(measure).items():
            self.sections[name].value = shown._repr_html_()
        for name, said in investigation.causes(self._opened, measure).items():
            self.hints[name].value, self.causes[name].value = markup.plain(said).html, False
        self._options = explanations.as_options(self._opened.subjects(measure))
        self.subject.options = list(self._options) or ["Nothing was found"]
        self.subject.index = 0
        self.button.disabled = not self._options

    def _record(self, _button: object) -> None:
        """Append the explanation, and read everything again so that it is shown as explained."""
        if not self._options:
            return
        ticked = [name for name, box in self.causes.items() if box.value]
        words = f"{', '.join(ticked)}: {self.explanation.value}" if ticked else self.explanation.value
        until = self.until.value.isoformat() if isinstance(self.until.value, dt.date) else ""
        asked = self._opened.asked
        try:
            added = explanations.record(
                self._opened.area,
                self._opened.definitions,
                self._opened.subjects(self.measure.value),
                **self._options[self.subject.value],
                explanation=words if self.explanation.value.strip() else "",
                who=self.who.value,
                until=until,
                as_of=asked.as_of,
            ).iloc[-1]
            self._opened = self._opener(asked.area, asked.period.label, str(asked.audience))
        except OutcomesError as refusal:
            self.message.value = markup.notice(str(refusal), kind="warning", title="Not recorded.").html
            return
        self._fill(self.measure.value)
        self.explanation.value = ""
        told = wording.explained(added["explanation"], added["who"], added["recorded"], added["until"])
        self.message.value = markup.paragraph(f"Recorded in {explanations.FILE}. {told}").html
