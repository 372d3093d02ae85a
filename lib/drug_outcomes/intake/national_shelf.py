"""The national shelf: publishers' figures for every authority, kept as observations under data/received/national.

`drug-outcomes national FOLDER` reads the publishers' files that `data/framework/publications.csv` knows by
name, keeps what some definition asks for, and writes one Parquet file for each source, sorted by area, so that
building one area reads only the row groups that hold it. Figures are kept and files are not. Each row says its
publisher, release, date and licence; `releases.csv` lists the files that they came from. No area that is
fictional reads any of it.
"""

import argparse
import calendar
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from drug_outcomes import sources
from drug_outcomes.definitions import areas, edited_tables, framework, ground, periods
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions, Source
from drug_outcomes.definitions.observations import ALIKE
from drug_outcomes.definitions.vocabulary import Kind, Release
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError
from drug_outcomes.intake import partitions, received, todays_ground, vintages
from drug_outcomes.intake.measure_mapping import asked_for, to_measures, with_denominators

FOLDER = Path("data", "received", "national")
PUBLICATIONS, RELEASES = "publications.csv", "releases.csv"
SPREAD = Path("spread", "spread.parquet")
_COLUMNS = (
    *edited_tables.ids("publication"),
    *edited_tables.text("source", "file", "title"),
    *edited_tables.dates("published"),
    *edited_tables.free("keep", "options"),
)
#: What `releases.csv` says of each file.
MANIFEST = ("source", "file", "sha256", "publisher", "release", "published", "dated", "licence", "figures",
            "first", "last", "authorities", "of")  # fmt: skip
#: Rows in a part of a file that is read or skipped as one.
_GROUP = 4000
_ORDER = ["area", "indicator", "breakdown", "period_end", "period_start", "sheet", "row"]


@dataclass(frozen=True)
class Taken:
    """What one file gave: its figures and its row of `releases.csv`, or why there is none."""

    file: Path
    source: str
    rows: pd.DataFrame | None
    told: dict[str, object]
    refusal: str = ""


def publications(root: Path) -> pd.DataFrame:
    """Return publications.csv: which files are read, by a pattern of their names, and what release they are.

    `published` is the ISO date of the release where it is known; else figures count as known from the last day
    of the month in which their source usually publishes them. `keep` names, separated by ;, the keys of
    breakdowns that are kept although no measure asks for them, or is * for everything; `options` are the
    reader's, as key=value.
    """
    file = root / framework.FRAMEWORK / PUBLICATIONS
    return edited_tables.read(file, _COLUMNS, "publication")


def read(root: Path, codes: Collection[str], wanted: partitions.Wanted | None = None) -> pa.Table:
    """Return the figures of some areas; only the parts of the files that hold them are read."""
    held = [
        pq.read_table(file, filters=[("area", "in", sorted(codes))], use_threads=False)
        for file in sorted((root / FOLDER).glob("*.parquet"))
    ]
    found = pa.concat_tables([partitions.SCHEMA.empty_table(), *map(_whole, held)])
    return partitions.only(found, wanted)


def _whole(rows: pa.Table) -> pa.Table:
    """Return rows with every column of the schema; those that are empty throughout are not kept."""
    empty = {field.name: "" if field.type == pa.string() else None for field in partitions.SCHEMA}
    columns = [
        rows[name].cast(partitions.SCHEMA.field(name).type)
        if name in rows.column_names
        else pa.array([empty[name]] * rows.num_rows, partitions.SCHEMA.field(name).type)
        for name in partitions.SCHEMA.names
    ]
    return pa.table(columns, schema=partitions.SCHEMA)


def releases(root: Path) -> pd.DataFrame:
    """Return `releases.csv`: the files whose figures are on the shelf, all columns text."""
    file = root / FOLDER / RELEASES
    return edited_tables.read(file, ()) if file.exists() else pd.DataFrame(columns=list(MANIFEST), dtype="str")


def take_in(root: Path, folder: Path, told: Callable[[str], None] = print) -> list[Taken]:
    """Read the files of a folder and write the shelf; return what each gave, in the order of their names.

    Figures of files with the same name are replaced, and those of other files stay. A figure that a later
    release repeats unchanged is kept once, as of the earlier date.
    """
    definitions = framework.load(root / framework.FRAMEWORK)
    definitions = areas.with_published_series(definitions)
    known = publications(root)
    taken = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        row = next((one for one in known.to_dict("records") if _is(file, str(one["file"]))), None)
        if row is not None:
            taken.append(one := _taken(file, {str(key): str(cell) for key, cell in row.items()}, definitions))
            told(one.refusal or _line(one))
    for source in dict.fromkeys(one.source for one in taken if one.rows is not None):
        _write(root, source, [one for one in taken if one.source == source and one.rows is not None])
    if any(one.rows is not None for one in taken):
        _write_manifest(root, taken)
        _write_spread(root, definitions)
    return taken


def _is(file: Path, pattern: str) -> bool:
    return re.fullmatch(pattern, file.name.casefold()) is not None


def _line(one: Taken) -> str:
    return "{source}: {file}: {figures} figures, {first} to {last}, {authorities} of {of} authorities".format(
        **one.told
    )


def _taken(file: Path, publication: dict[str, str], definitions: Definitions) -> Taken:
    source = definitions.source(publication["source"])
    options: dict[str, Any] = dict(pair.split("=", 1) for pair in publication["options"].split(";") if pair)
    try:
        rows = sources.read(source.source, file, **options)
    except OutcomesError as refusal:
        return Taken(file, source.source, None, {}, f"{source.source}: {file.name} is refused: {refusal}")
    kept = _kept(rows[rows["area"] != ""], definitions, publication["keep"])
    if kept.empty:
        return Taken(file, source.source, None, {}, f"{source.source}: {file.name} has nothing that is asked for")
    spans = kept.sort_values("period_end", kind="stable")["period_label"]
    first, last = str(spans.iloc[0]), str(spans.iloc[-1])
    released = publication["published"] or _usual(kept, source)
    title = publication["title"].format(first=first, last=last)
    held, every = covered(kept)
    told: dict[str, object] = {
        "source": source.source,
        "file": file.name,
        "sha256": received.sha256(file),
        "publisher": source.publisher_on(released),
        "release": title,
        "published": released,
        "dated": "as published" if publication["published"] else "when the source usually publishes",
        "licence": source.licence,
        "figures": len(kept),
        "first": first,
        "last": last,
        "authorities": held,
        "of": every,
    }
    sheet = kept["sheet"].where(kept["sheet"] == "", ", " + kept["sheet"])
    whole = kept["value"].notna() & (kept["text"].str.replace(",", "") == kept["value"].map("{:.0f}".format))
    provenance = kept.assign(
        release=str(Release.PUBLIC),
        release_basis=f"published under the {source.licence}",
        received=released,
        vintage=title,
        publisher=source.publisher_on(released),
        licence=source.licence,
        file=(FOLDER / f"{source.source}.parquet").relative_to("data").as_posix(),
        sheet=file.name + sheet,
        text=kept["text"].mask(whole, ""),
    )
    return Taken(file, source.source, provenance, told)


def _kept(rows: pd.DataFrame, definitions: Definitions, keep: str) -> pd.DataFrame:
    """Return the rows that a definition asks for; of the splits only those that a measure is picked by, or `keep`."""
    if keep == "*":
        return rows
    keys = {key for key in keep.split(";") if key}
    split = rows["breakdown"].map(lambda text: {pair.split("=")[0] for pair in text.split(";") if pair})
    asked = asked_for(rows.assign(release=str(Release.PUBLIC)), definitions)
    alone = split.map(lambda held: held <= keys) if keys else split.map(len) == 0
    measured = _sliced(rows, definitions)
    return rows[(asked & alone) | measured | (split.map(lambda held: bool(held) and held == keys) & bool(keys))]


def _sliced(rows: pd.DataFrame, definitions: Definitions) -> "pd.Series[bool]":
    """Say which rows a measure, or a figure beside the measures, is picked by with exactly these groups."""
    both = pd.concat(
        [table[["source", "slice"]] for table in
         (definitions.measures, definitions.alternative_sources, definitions.context)]
    )  # fmt: skip
    wanted = set()
    for source, text in both[both["slice"] != ""].drop_duplicates().itertuples(index=False, name=None):
        pairs = framework.parse_slice(text)
        indicator = pairs.pop("indicator")
        wanted.add((source, indicator, ";".join(f"{key}={value}" for key, value in sorted(pairs.items()))))
    names = pd.MultiIndex.from_frame(rows[["source", "indicator", "breakdown"]])
    return pd.Series(names.isin(list(wanted)), rows.index)


def _usual(rows: pd.DataFrame, source: Source) -> str:
    """Return the last day of the month in which the source usually publishes the newest of these figures."""
    month = periods.month_index(str(rows["period_end"].max())) + source.usual_lag_months
    year, number = divmod(month, 12)
    return f"{year}-{number + 1:02d}-{calendar.monthrange(year, number + 1)[1]:02d}"


def covered(rows: pd.DataFrame) -> tuple[int, int]:
    """Return how many of today's authorities have a figure, and how many there are of that tier.

    Publishers count either upper-tier authorities or districts and councils of one tier.
    """
    upper, lower = _tiers()
    held = {ground.today(code) for code in rows["area"].unique()}
    tier = lower if len(held & lower) > len(held & upper) else upper
    return len(held & tier), len(tier)


def _write(root: Path, source: str, taken: list[Taken]) -> None:
    place = root / FOLDER / f"{source}.parquet"
    names = {one.file.name for one in taken}
    fresh = [one.rows for one in taken if one.rows is not None]
    stays = []
    if place.exists():
        held = partitions.frame(_whole(pq.read_table(place, use_threads=False)))
        stays = [held[~held["sheet"].str.split(", ").str[0].isin(names)]]
    rows = _once(pd.concat([*stays, *fresh], ignore_index=True)).sort_values(_ORDER, kind="stable")
    table = partitions.table(rows)
    empty = [
        name for name in table.column_names
        if (rows[name].isna() if name in rows.select_dtypes("number") else rows[name] == "").all()
    ]  # fmt: skip
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.drop_columns(empty), sink, row_group_size=_GROUP, compression="zstd", compression_level=19,
        write_statistics=["area"],
    )  # fmt: skip
    received.place(place, sink.getvalue().to_pybytes())


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a later release repeats of an earlier one unchanged."""
    figure = ["indicator", "area", "period_start", "period_end", "breakdown", "segment", "status", "text"]
    numbers = ["value", "lower", "upper", "numerator", "denominator", "bound_low", "bound_high"]
    return rows.sort_values(["received", *_ORDER], kind="stable").drop_duplicates([*figure, *numbers])


def _write_manifest(root: Path, taken: list[Taken]) -> None:
    fresh = pd.DataFrame([one.told for one in taken if one.rows is not None], columns=list(MANIFEST))
    held = releases(root)
    stays = held[~held["file"].isin(fresh["file"])]
    both = pd.concat([stays, fresh]).astype("str").sort_values(["source", "published", "file"], kind="stable")
    received.place(root / FOLDER / RELEASES, both.to_csv(index=False, lineterminator="\n").encode())


# How the figures of all authorities are spread, so that one of them can be placed without reading the others.


def _write_spread(root: Path, definitions: Definitions) -> None:
    """Write the rates and shares of all authorities, by measure and period, without saying whose they are."""
    files = sorted((root / FOLDER).glob("*.parquet"))
    held = pa.concat_tables([_whole(pq.read_table(file, use_threads=False)) for file in files])
    upper, lower = _tiers()
    rows = to_measures(todays_ground.recoded(partitions.frame(held)), definitions)
    known = todays_ground.resolve(rows, upper | lower, definitions).rows
    rated = with_denominators(vintages.newest(known, pd.Series(True, known.index)), definitions)
    counts = definitions.measures.loc[definitions.measures["kind"] == Kind.COUNT, "measure"]
    told = rated[(rated["measure"] != "") & (rated["breakdown"] == "") & rated["value"].notna()]
    told = told[~told["measure"].isin(counts)]
    tables = []
    for tier, codes in (("upper", upper), ("lower", lower)):
        mine = told[told["area"].isin(codes)].sort_values("value")
        spread = mine.groupby(list(ALIKE), sort=True, as_index=False).agg(
            values=("value", lambda values: np.round(values.to_numpy(), 4).tolist()), received=("received", "max")
        )
        tables.append(spread.assign(tier=tier, every=len(codes)))
    sink = pa.BufferOutputStream()
    schema = pa.schema(
        [*((name, pa.string()) for name in (*ALIKE, "tier", "received")), ("every", pa.int64()),
         ("values", pa.list_(pa.float32()))]
    )  # fmt: skip
    table = pa.Table.from_pandas(pd.concat(tables)[schema.names], schema, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(), sink, compression="zstd", compression_level=19)
    received.place(root / FOLDER / SPREAD, sink.getvalue().to_pybytes())


def _tiers() -> tuple[set[str], set[str]]:
    """Return the codes of today's upper-tier authorities, and of those of the lower tier; real ones alone."""
    known = ground.table()
    here = known[(known["until"] == "") & known["kind"].isin(("utla", "district")) & known["region"].ne("")]
    here = here[here["region"].str.startswith("E120000")]
    return set(here.loc[here["kind"] == "utla", "code"]), set(here.loc[~here["code"].isin(here["county"]), "code"])


def spread(root: Path, area: Area, as_of: str) -> pd.DataFrame:
    """Return how the figures of all authorities of an area's tier are spread, as known on a date; none if fictional."""
    file = root / FOLDER / SPREAD
    if area.fictional or not file.exists():
        return pd.DataFrame(columns=[*ALIKE, "values", "every"])
    rows: pd.DataFrame = pq.read_table(file, use_threads=False).to_pandas()
    tier = "upper" if area.code in _tiers()[0] or area.members else "lower"
    return rows[(rows["tier"] == tier) & (rows["received"] <= as_of)]


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes national`: 0 where all that is known by name was read, else 3."""
    if not options.folder.is_dir():
        raise UsageError(f"there is no folder '{options.folder}'", expected="a folder of files as publishers give them")
    root = framework.home()
    taken = take_in(root, options.folder)
    if not taken:
        raise UsageError(
            f"no file in '{options.folder}' has a name that data/framework/{PUBLICATIONS} knows",
            expected="files named as their publishers name them",
            try_next=f"add a row with the pattern of its name to data/framework/{PUBLICATIONS}",
        )
    refused = [one for one in taken if one.rows is None]
    print(f"{root / FOLDER}: {len(taken) - len(refused)} files read, {len(refused)} refused")
    for one in refused:
        print(one.refusal, file=sys.stderr)
    return UnreadableInput.exit_code if refused else 0
