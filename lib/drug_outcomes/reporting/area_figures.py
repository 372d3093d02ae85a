"""The door for analysts: the figures of an area as tidy frames, and its charts as axes to draw on further.

Everything comes cleared for an audience, the public unless the partnership is asked for. The partnership's frames say
RESTRICTED wherever they are shown or saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from drug_outcomes import figures, quality
from drug_outcomes.definitions import areas, columns, framework, ground
from drug_outcomes.definitions.areas import ENGLAND, Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import UsageError
from drug_outcomes.figures import Question

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drug_outcomes.reporting.wording import Row

_RESTRICTED = "RESTRICTED: holds figures that are not for publication"
_PERIOD = ("period_label", "period_start", "period_end")
_NUMBERS = ("value", "interval_lower", "interval_upper", "numerator", "denominator")
_ROW = ("source", "file", "row")
_LATEST = (
    *("measure", "number", "title", "unit", *_PERIOD, *_NUMBERS, "status", "withheld", "doubt", "direction"),
    *("compared", "verdict", "england_value", "trend", "signal", "age_months", *_ROW),
)
_SERIES = ("measure", "area", *_PERIOD, *_NUMBERS, "status", "withheld", "doubt", "segment", "signal", *_ROW)
_OBSERVED = (
    *("measure", "indicator", "area", *_PERIOD, "breakdown", "value", "numerator", "denominator", "text", "status"),
    *("release", "received", "vintage", "source", "file", "sheet", "row"),
)
_FOUND = (
    *("rule", "severity", "number", "measure", "title", "period_label", "what", "figures", "suggestion"),
    *("status", "explanation", "document", "place"),
)


class Restricted(pd.DataFrame):
    """A frame for the partnership alone: it says so when it is shown, and in name and first row when it is saved."""

    @property
    def _constructor(self) -> type[Restricted]:
        return Restricted

    def __repr__(self) -> str:
        return f"{_RESTRICTED}\n{super().__repr__()}"

    def _repr_html_(self) -> str | None:
        shown = super()._repr_html_()  # type: ignore[misc]
        return f"<p><strong>{_RESTRICTED}</strong></p>{shown}"

    def to_csv(self, path_or_buf: Any = None, **more: Any) -> str | None:  # type: ignore[override]  # noqa: ANN401
        """Write as pandas does, with RESTRICTED in the file's name and first row."""
        text = f"{_RESTRICTED}\n{pd.DataFrame(self).to_csv(None, **more)}"
        if path_or_buf is None:
            return text
        _named(path_or_buf).write_text(text, encoding=more.get("encoding", "utf-8-sig"), newline="")
        return None

    def to_excel(self, excel_writer: Any, **more: Any) -> None:  # type: ignore[misc]  # noqa: ANN401
        """Write as pandas does, with RESTRICTED in the file's name and first row."""
        first = pd.DataFrame([[_RESTRICTED]])
        with pd.ExcelWriter(_named(excel_writer)) as file:
            first.to_excel(file, header=False, index=False)
            pd.DataFrame(self).to_excel(file, startrow=1, **more)


def _named(path: Any) -> Path:  # noqa: ANN401 - whatever pandas takes
    """Return a path whose file name begins with RESTRICTED."""
    if not isinstance(path, str | Path):
        raise UsageError("restricted figures are saved under a name", try_next='"figures.csv", for example')
    file = Path(path)
    return file if file.name.startswith("RESTRICTED") else file.with_name(f"RESTRICTED {file.name}")


def open_area(area: str, *, period: str = "", as_of: str = "", audience: str = "public") -> AreaFigures:
    """Open an area's figures, for whoever works with them in JupyterLab.

    Parameters
    ----------
    area : folder under data/areas.
    period : a financial quarter such as "2024/25 Q3": how far to look; as_of : an ISO date: what was known then.
        Empty takes the area's edition.
    audience : public or partnership.
    """
    root = framework.home()
    asked = figures.question(root, area, period, as_of, audience)
    definitions, place = areas.with_definitions(root, area, asked.audience)
    return AreaFigures(root, asked, place, definitions, figures.cleared(root, asked))


@dataclass(frozen=True)
class AreaFigures:
    """The cleared figures of one area up to a period, as known on a date.

    Frames have a row for each figure. Numbers are in the unit of their measure (`latest.unit`); `lower` and `upper`
    are a 95% interval; a hidden figure keeps its row, with the reason in `withheld`; `doubt` names the rule by which
    a figure takes part in nothing. `file` and `row` lead to where it was published.
    """

    root: Path
    asked: Question
    area: Area
    definitions: Definitions
    released: Released

    def __repr__(self) -> str:
        return (
            f"{self.area.name} up to {self.asked.period.label}, as known on {self.asked.as_of}, for the "
            f"{self.asked.audience}: {self.latest['value'].notna().sum()} of {len(self.latest)} measures have a figure"
        )

    @cached_property
    def latest(self) -> pd.DataFrame:
        """The newest figure of each measure, with direction, comparison and verdict."""
        return self._frame(self.released.latest, _LATEST)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What the rules found in the figures, the gravest first, with explanations that hold."""
        return self._frame(quality.for_readers(self.released.findings, self.asked.audience), _FOUND)

    def series(self, measure: str | int, compare_with: Collection[str] = (), by: str = "") -> pd.DataFrame:
        """Return the figures of a measure over time, the area's own first.

        Parameters
        ----------
        measure : id or number.
        compare_with : "England", "region", "neighbours", "peers" (areas of like deprivation), names or codes.
        by : a breakdown, such as "sex": a column of that name tells the groups apart, without the total.
        """
        one, names = self._measure(measure), ground.names(self.root)
        wanted = dict.fromkeys([self.area.code, *(code for each in compare_with for code in self._codes(each))])
        rows = self.released.series
        mine = rows[(rows["measure"] == one) & rows["area"].isin(list(wanted))]
        groups = mine["breakdown"].str.extract(r"^(?P<key>\w+)=(?P<group>[^;]*)$")
        chosen = mine[(groups["key"] == by) if by else (mine["breakdown"] == "")]
        if by and chosen.empty:
            held = sorted(groups["key"].dropna().unique())
            raise UsageError(f"{one} has no figures by {by!r}", expected=" or ".join(held) or "none is held")
        order = chosen["area"].map({code: place for place, code in enumerate(wanted)})
        named = chosen.assign(name=chosen["area"].map(names).fillna(chosen["area"]), order=order)
        group = {by: groups["group"].reindex(chosen.index)} if by else {}
        ordered = named.assign(**group).sort_values(["order", *group, "period_end", "period_start"], kind="stable")
        return self._frame(ordered, ("measure", "area", "name", *group, *_SERIES[2:]))

    def observations(self, measure: str | int = "", source: str = "") -> pd.DataFrame:
        """Return rows as received, every release of every figure that the audience may see, newest first."""
        rows = self._known.releases
        if measure != "":
            rows = rows[rows["measure"] == self._measure(measure)]
        if source:
            rows = rows[rows["source"] == self.definitions.source(source).source]
        ordered = rows.sort_values(["period_end", "received"], ascending=False, kind="stable")
        return self._frame(ordered, _OBSERVED)

    @cached_property
    def _known(self) -> figures.Known:
        return figures.known(self.root, self.asked)

    def plot(self, measure: str | int) -> Axes:
        """Draw a measure as its page does, and return the axes."""
        from drug_outcomes.definitions import events
        from drug_outcomes.reporting import charts

        row = self._row(measure)
        place = charts.Place(self.area, ground.names(self.root), events.by_measure(self.area, self.definitions))
        drawn = charts.measure(self.released, row, place)
        if drawn is None:
            raise UsageError(f"{row['measure']} has nothing to draw", try_next="here.series(...) tells what is held")
        return self._marked(drawn.picture.axes(f"{drawn.title}\n{drawn.subtitle}"))

    def plot_process(self, measure: str | int) -> Axes:
        """Draw a measure with its process limits, and return the axes."""
        from drug_outcomes.reporting import wording

        row = self._row(measure)
        if not wording.has_limits(row):
            raise UsageError(f"{row['measure']} has no process limits", try_next="here.plot(...) draws its series")
        return self.plot(measure)

    def plot_areas(self, measure: str | int) -> Axes:
        """Draw the newest figure of a measure in every area held, in order of size, and return the axes."""
        import seaborn as sns

        from drug_outcomes.reporting import charts

        row = self._row(measure)
        same = charts.same_period(self.released, row)
        if same.empty:
            raise UsageError(f"{row['measure']} has no figure of {row['period_label'] or 'any period'} to draw")
        table = same.assign(name=same["area"].map(ground.names(self.root)).fillna(same["area"]))
        colours = {self.area.code: "local", ENGLAND: "england"}
        table = table.assign(who=table["area"].map(colours).fillna("other")).sort_values("value")
        with _drawing(max(2.5, 0.22 * len(table)), f"{row['title']}, {row['period_label']}") as drawn:
            sns.barplot(table, x="value", y="name", hue="who", palette=_colours(), dodge=False, legend=False, ax=drawn)
            drawn.set(xlabel=row["unit"], ylabel="")
        return self._marked(drawn)

    def plot_measures(self, measures: Sequence[str | int]) -> Axes:
        """Draw some measures over time on one scale, a line each, and return the axes."""
        import seaborn as sns

        each = pd.concat([pd.DataFrame(self.series(one)) for one in measures], ignore_index=True)
        held = each[each["value"].notna()]
        titles = self.latest.set_index("measure")["title"]
        table = held.assign(month=pd.to_datetime(held["period_end"]), title=held["measure"].map(titles))
        with _drawing(3.6, self.area.name) as drawn:
            sns.lineplot(table, x="month", y="value", hue="title", style="title", markers=True, errorbar=None, ax=drawn)
            drawn.set(xlabel="", ylabel="", ylim=(0, None))
            drawn.legend(title="")
        return self._marked(drawn)

    def _marked(self, drawn: Axes) -> Axes:
        if self.asked.audience is Audience.PARTNERSHIP:
            drawn.figure.text(0.998, 0.5, _RESTRICTED, rotation=270, ha="right", va="center", size=8)
        return drawn

    def _row(self, measure: str | int) -> Row:
        from drug_outcomes.reporting import headlines

        return headlines.of_measures(self.released, [self._measure(measure)])[0]

    def _measure(self, named: str | int) -> str:
        numbers = dict(zip(self.definitions.measures["number"], self.definitions.measures["measure"], strict=True))
        return str(numbers[named]) if named in numbers else self.definitions.measure(str(named)).measure

    def _codes(self, named: str) -> Sequence[str]:
        """Return the codes of areas that are named by a word, a name or a code."""
        words = {
            "england": [ENGLAND], "region": [self.area.region], "neighbours": self.area.neighbours,
            "peers": self.area.peers,
        }  # fmt: skip
        names = ground.names(self.root)
        if named.casefold() in words:
            return words[named.casefold()]
        found = [code for code, name in names.items() if named in (code, name)]
        if not found:
            raise UsageError(f"no area is called {named!r}", expected=f"a name, a code or {', '.join(words)}")
        return found

    def _frame(self, rows: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
        """Return some columns of cleared rows under the names that downloads use."""
        from drug_outcomes.reporting import wording

        worded = wording.with_words(self.released, rows) if "title" in wanted and "title" not in rows else rows
        kept = worded[[name for name in wanted if name in worded]].reset_index(drop=True)
        shown = kept.rename(
            columns={name: one.download for name in kept if (one := columns.COLUMNS.get(str(name))) and one.download}
        )
        return Restricted(shown) if self.asked.audience is Audience.PARTNERSHIP else shown


@contextmanager
def _drawing(height: float, title: str) -> Iterator[Axes]:
    """Give axes in the suite's look on a figure that JupyterLab shows."""
    import matplotlib.pyplot as plt

    from drug_outcomes.reporting import pictures

    with pictures.look():
        drawn = plt.figure(figsize=(7, height), layout="constrained").add_subplot()
        drawn.set_title(title, loc="left", weight="bold")
        yield drawn


def _colours() -> dict[str, str]:
    from drug_outcomes.reporting import theme

    return {"local": theme.LOCAL, "england": theme.ENGLAND, "other": theme.EDGE}
