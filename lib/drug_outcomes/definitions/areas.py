"""Areas: one folder under data/areas each, read from its `area.toml`.

An area also says in its own `measures.csv` how its set of measures differs from the framework's: what it
adds, omits, retitles and renumbers.
"""

import dataclasses
import datetime as dt
import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes.definitions import edited_tables, framework, ground, periods, polarity
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.framework_tables import MEASURE_COLUMNS, check_measures, with_defaults
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError

ENGLAND = "E92000001"
#: Fewer similar areas than these are no comparison.
FEWEST_SIMILAR = 3

_ID = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_CODE = re.compile(r"[A-Z]\d{8}")


#: In an area's folder: what only the partnership may read, never in git for a real area.
CLOSED = "restricted"


@dataclass(frozen=True)
class Area:
    """An area that snapshots are made for.

    Attributes
    ----------
    id : name of its folder under data/areas.
    name, partnership, contact, scorecard_title : as pages print them.
    code : GSS code of the area; its observations carry it.
    fictional : whether every page must say that the area is invented.
    region, csp, pfa : GSS codes of its region, Community Safety Partnership and police force area, or "".
    members : GSS codes of the councils of a partnership of several; empty for one council.
    peers, neighbours : GSS codes of areas of like deprivation, and of statistical neighbours, nearest first.
    benchmark : GSS code of the area that figures are compared with; "" for what each measure says, England.
    edition_period, edition_as_of : the edition that commands build by default: the label of a financial
        quarter and the ISO date on which it was known; `edition_as_of_assumed` where nobody printed that date.
    folder : data/areas/<id>.
    whole : whether what only the partnership may read is read with the rest.
    """

    id: str
    name: str
    code: str
    partnership: str
    fictional: bool
    edition_period: str
    edition_as_of: str
    folder: Path
    region: str = ""
    csp: str = ""
    pfa: str = ""
    contact: str = ""
    members: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    benchmark: str = ""
    edition_as_of_assumed: bool = False
    scorecard_title: str = "Scorecard"
    whole: bool = False

    @property
    def mark(self) -> str:
        """What stands behind its name wherever it is told: " (fictional)", or nothing."""
        return " (fictional)" if self.fictional else ""

    def tables(self, name: str) -> list[Path]:
        """Return the files of a table that people write: the open one, and for the partnership that in restricted/."""
        files = [self.folder / name, *([self.folder / CLOSED / name] if self.whole else [])]
        return [file for file in files if file.exists()]


_FIELDS = tuple(field for field in dataclasses.fields(Area) if field.name not in ("id", "folder", "whole"))
_LISTS = ("members", "peers", "neighbours")
_CODES = ("code", "region", "csp", "pfa", "benchmark", "members", "peers", "neighbours")


def all_ids(root: Path) -> tuple[str, ...]:
    """Ids of the areas under `root`/data/areas, in alphabetical order."""
    return tuple(sorted(file.parent.name for file in (root / "data" / "areas").glob("*/area.toml")))


def load(root: Path, area_id: str) -> Area:
    """Read one area.

    Parameters
    ----------
    root : the project's root.
    area_id : name of a folder under data/areas.

    Raises
    ------
    UsageError : no such area; near names are suggested.
    UnreadableInput : its `area.toml` is not as it should be.
    """
    known = all_ids(root)
    if not _ID.fullmatch(area_id) or area_id not in known:
        near = difflib.get_close_matches(area_id.casefold(), known, n=1, cutoff=0.5)
        raise UsageError(
            f"there is no area {area_id!r}",
            expected=f"a folder of data/areas that holds area.toml: {', '.join(known) or 'none yet'}",
            try_next=f"--area {near[0]}" if near else "write data/areas/<area>/area.toml for a new area",
        )
    folder = root / "data" / "areas" / area_id
    return _area(folder, _toml(folder / "area.toml"))


def is_id(text: str) -> bool:
    """Whether `text` can be the id of an area, and so the name of its folder."""
    return _ID.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether `text` has the form of a GSS code, of any level."""
    return _CODE.fullmatch(text) is not None


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(
            f"this is not TOML ({error})", expected='lines such as name = "Southampton"', file=file
        ) from error


def _area(folder: Path, found: dict[str, Any]) -> Area:
    file = folder / "area.toml"
    _check_keys(found, file)
    fields = {name: _field(name, value, file) for name, value in found.items()}
    _check_edition(fields["edition_period"], file)
    return Area(id=folder.name, folder=folder, **fields)


def _check_keys(found: dict[str, Any], file: Path) -> None:
    allowed = [field.name for field in _FIELDS]
    for name in found:
        if name not in allowed:
            raise UnreadableInput(f"unknown key {name!r}", expected=", ".join(allowed), file=file)
    for field in _FIELDS:
        if field.default is dataclasses.MISSING and found.get(field.name, "") == "":
            raise UnreadableInput(f"{field.name} is missing", try_next=f"add a line: {field.name} = ...", file=file)


def _field(name: str, value: Any, file: Path) -> Any:  # noqa: ANN401 - TOML holds values of several types
    """Check the value of one key and return it as the field of `Area` holds it."""
    if name == "edition_as_of":
        return _date(value, file)
    truth = name in ("fictional", "edition_as_of_assumed")
    if truth:
        fits = isinstance(value, bool)
    elif name in _LISTS:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    else:
        fits = isinstance(value, str)
    if not fits:
        raise UnreadableInput(f"{name} = {value!r}", expected="true or false" if truth else "text in quotes", file=file)
    if name in _CODES:
        _check_codes(name, value, file)
        # An earlier code of the same ground is read as today's, under which all figures are held.
        return tuple(map(ground.today, value)) if isinstance(value, list) else ground.today(value)
    return value


def _check_codes(name: str, value: str | list[str], file: Path) -> None:
    for code in [value] if isinstance(value, str) else value:
        if code and not is_code(code):
            raise UnreadableInput(f"{name} holds {code!r}", expected="a GSS code such as E06000045", file=file)


def _date(value: object, file: Path) -> str:
    try:
        return dt.date.fromisoformat(edited_tables.iso(str(value))).isoformat()
    except ValueError as error:
        raise UnreadableInput(f"edition_as_of = {value!r}", expected="a date such as 2025-03-31", file=file) from error


def _check_edition(label: str, file: Path) -> None:
    try:
        period = periods.parse(label)
    except OutcomesError:
        period = None
    if period is None or period.basis != periods.Basis.QUARTER_FIN:
        raise UnreadableInput(
            f"edition_period = {label!r}", expected='a financial quarter such as "2024/25 Q3"', file=file
        )


# How an area's set of measures differs from the framework's.

_ACTIONS = ("add", "omit", "retitle", "renumber", "tile")
_CHANGES = edited_tables.word("action", _ACTIONS) + edited_tables.ids("measure")


def own_definitions(definitions: Definitions, area: Area) -> Definitions:
    """Return the definitions with the area's own set of measures.

    A real area has the published series beside the scorecard. Its `measures.csv` has the columns `action` (add,
    omit, retitle, renumber, tile), `measure` and as many columns of the framework's measures as its rows need:
    `title` to retitle, `number` to renumber; to add one its commitment, title, unit, kind, basis and source, and
    what else is not as `MEASURE_DEFAULTS` says. Rows that say tile name the measures that the front page leads
    with, in order. An area without the file has the framework's set. What refers to an omitted measure goes
    with it.

    Raises `UnreadableInput` with the row of the area's file.
    """
    definitions = definitions if area.fictional else with_published_series(definitions)
    return _agreed(_changed_set(definitions, area), area)


def _agreed(definitions: Definitions, area: Area) -> Definitions:
    """Apply what the area has decided for itself: polarity and benchmark."""
    if not (area.benchmark or (area.folder / polarity.FILE).exists()):
        return definitions
    measures = polarity.applied(definitions.measures, area.folder)
    measures = measures.assign(benchmark=area.benchmark or measures["benchmark"])
    return dataclasses.replace(definitions, measures=measures)


def _changed_set(definitions: Definitions, area: Area) -> Definitions:
    """Return the definitions with the changes that the area's `measures.csv` declares."""
    file = area.folder / "measures.csv"
    if not file.exists():
        return definitions
    changes = _changes(file, definitions)
    omitted = set(changes.loc[changes["action"] == "omit", "measure"])
    kept = _changed(definitions.measures[~definitions.measures["measure"].isin(omitted)], changes)
    gone = kept["denominator_from"].isin(omitted)
    kept = kept.assign(denominator_from=kept["denominator_from"].mask(gone, ""))
    measures = _checked_together(_added(changes), kept, definitions, file)
    own = dataclasses.replace(
        definitions,
        measures=measures,
        presentation=_presented(definitions.presentation, changes),
        scorecard_titles=_titles_before(definitions, changes),
    )
    return _without(omitted, own)


def _titles_before(definitions: Definitions, changes: pd.DataFrame) -> pd.DataFrame:
    """Return what scorecards call the measures, and what a retitled one was called: forms sent before still say it."""
    renamed = changes.loc[changes["action"] == "retitle", "measure"]
    titles, known = definitions.scorecard_titles, definitions.measures
    every = pd.concat([titles, known.loc[known["measure"].isin(renamed), list(titles.columns)]])
    return every[~every["title"].str.casefold().duplicated()].reset_index(drop=True)


def _presented(presentation: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return how measures are presented: the area's own titles in full, and its tiles where it names some."""
    retitled = presentation["measure"].isin(changes.loc[changes["action"] == "retitle", "measure"])
    told = presentation[~retitled]
    tiles = changes.loc[changes["action"] == "tile", ["measure"]]
    if tiles.empty:
        return told.reset_index(drop=True)
    first = tiles.assign(tile=range(1, len(tiles) + 1))
    return told.drop(columns="tile").merge(first, on="measure", how="outer").fillna({"short_title": "", "family": ""})


def with_definitions(root: Path, area_id: str, audience: Audience = Audience.PUBLIC) -> tuple[Definitions, Area]:
    """Return an area as an audience may read it, and the definitions as it tracks them."""
    area = dataclasses.replace(load(root, area_id), whole=audience is Audience.PARTNERSHIP)
    return own_definitions(framework.load(root / framework.FRAMEWORK), area), area


def with_published_series(definitions: Definitions) -> Definitions:
    """Return the definitions with the published series among the measures."""
    known = pd.concat([definitions.measures, definitions.published_series], ignore_index=True)
    return dataclasses.replace(definitions, measures=known)


def _changes(file: Path, definitions: Definitions) -> pd.DataFrame:
    """Read and check the area's changes; columns that it does not have are empty, or filled in what it adds."""
    known = definitions.measures
    changes = edited_tables.read(file, _CHANGES)
    allowed = ("action", *(column.name for column in MEASURE_COLUMNS))
    strange = [name for name in changes.columns if name not in allowed]
    if strange:
        raise UnreadableInput(
            f"there is no column '{strange[0]}'",
            expected="action, and columns of the framework's measures.csv",
            file=file,
            row=1,
        )
    changes = changes.reindex(columns=list(allowed), fill_value="")
    action, names = changes["action"], list(known["measure"])
    adds, exists = action == "add", changes["measure"].isin(names)
    exists |= (action == "tile") & changes["measure"].isin(changes.loc[adds, "measure"])
    edited_tables.refuse(changes, file, "measure", changes.duplicated(["action", "measure"]), "each change once")
    edited_tables.refuse(changes, file, "measure", adds & exists, "a new id: this one is in the framework")
    edited_tables.refuse(changes, file, "measure", ~adds & ~exists, "a measure of the framework", names)
    next_number = int(known.loc[known["on_scorecard"] == "yes", "number"].max()) + adds.cumsum()
    numbered = changes["number"].where(~adds | (changes["number"] != ""), next_number.astype("str"))
    filled = with_defaults(changes.assign(number=numbered), definitions.commitments, definitions.sources)
    changes = changes.mask(adds, filled)
    needed = {
        one.name: adds | (action == {"title": "retitle", "number": "renumber"}.get(one.name, "add"))
        for one in MEASURE_COLUMNS
    }
    wrong = {one.name: needed[one.name] & ~changes[one.name].map(one.valid).astype(bool) for one in MEASURE_COLUMNS}
    edited_tables.refuse_rows(changes, file, MEASURE_COLUMNS, wrong)
    return changes


def _added(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the added measures with numbers as numbers, on the index of the area's file."""
    new = changes[changes["action"] == "add"].drop(columns="action")
    return new.assign(**{one.name: pd.to_numeric(new[one.name]) for one in MEASURE_COLUMNS if one.number})


def _changed(measures: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return the measures with their new titles and numbers."""
    by_action = {action: changes[changes["action"] == action].set_index("measure") for action in _ACTIONS}
    titles = measures["measure"].map(by_action["retitle"]["title"]).astype("str")
    numbers = pd.to_numeric(measures["measure"].map(by_action["renumber"]["number"]))
    return measures.assign(
        title=titles.fillna(measures["title"]), number=numbers.fillna(measures["number"]).astype("int64")
    )


def _checked_together(added: pd.DataFrame, kept: pd.DataFrame, definitions: Definitions, file: Path) -> pd.DataFrame:
    """Check added and kept measures as one set; a fault is told with the row of the area's file."""
    together = pd.concat([kept.drop(columns="polarity_agreed"), added], ignore_index=True)
    try:
        checked = check_measures(together, file, definitions.commitments, definitions.sources)
    except UnreadableInput as refusal:
        place = (refusal.row or 2) - 2 - len(kept)
        raise UnreadableInput(
            refusal.found if place >= 0 else f"{refusal.found} ({together['measure'].iloc[place + len(kept)]})",
            expected=refusal.expected,
            try_next=refusal.try_next,
            file=file,
            row=int(added.index[place]) + 2 if place >= 0 else None,
        ) from refusal
    return checked.sort_values("number", ignore_index=True)


def _without(omitted: set[str], definitions: Definitions) -> Definitions:
    """Return the definitions without the rows that name an omitted measure."""

    def keep(table: pd.DataFrame) -> pd.DataFrame:
        return table[~table["measure"].isin(omitted)].reset_index(drop=True)

    relations, known = definitions.relations, dataclasses.replace(definitions, omitted=frozenset(omitted))
    context = definitions.context.assign(measure=known.tracked(definitions.context["measure"]))
    # A figure that was only a measure goes with it; one that a source gives as well stays.
    gone = (context["measure"] == "") & (definitions.context["measure"] != "") & (context["source"] == "")
    parts = relations["parts"].map(lambda text: bool(omitted & set(text.split(";")))).astype(bool)
    return dataclasses.replace(
        known,
        context=context[~gone].reset_index(drop=True),
        alternative_sources=keep(definitions.alternative_sources),
        scorecard_titles=keep(definitions.scorecard_titles),
        presentation=keep(definitions.presentation),
        relations=relations[~parts & ~relations["total"].isin(omitted)].reset_index(drop=True),
        series_breaks=keep(definitions.series_breaks),
    )
