"""A new area: its folder written from the table of areas and the national shelf, and what is still to fetch."""

import argparse
import csv
import difflib
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import areas, edited_tables, framework, ground, periods
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import VALUED, Release
from drug_outcomes.errors import UsageError
from drug_outcomes.intake import national_shelf, partitions, received, store

#: The columns of the files of an area's folder: file, column, needed, holds.
FILES = "area_files.csv"
#: How many authorities are a tenth of all, and how many neighbours the education department names.
_TENTHS = 10
_TOML = """# {name}, as `drug-outcomes start` wrote it on {on}. Edit any line; a mistake is told with its place.
name = {name_q}
code = {code_q}{code_note}
partnership = {partnership_q}
contact = {contact_q}  # whom readers may write to
fictional = false

region = {region_q}{region_note}
csp = {csp_q}{csp_note}
pfa = {pfa_q}{pfa_note}
# Councils of a partnership of several; figures of the whole are made from theirs.
members = {members}{members_note}

# The edition that every command builds unless told otherwise: the newest quarter that a figure is held for, and
# the day on which it was known. Figures received later are left out until this date is moved.
edition_period = {period_q}
edition_as_of = {as_of_q}

# Authorities of like deprivation: {peers_note}
peers = [{peers}]
# Statistical neighbours, nearest first: the Department for Education's, which are chosen for services for children.
neighbours = [{neighbours}]
"""


@dataclass(frozen=True)
class Proposal:
    """What a new area's `area.toml` says, and the words beside it."""

    id: str
    name: str
    code: str
    members: tuple[str, ...]
    region: str
    csp: str
    pfa: str
    peers: tuple[str, ...]
    neighbours: tuple[str, ...]
    peers_note: str


def find(name: str, root: Path) -> str:
    """Return the code of one council of today by its name, an earlier one of the same ground, code or DAT code.

    Raises `UsageError` with the nearest names, the several that it may mean, or what came of a council that is gone.
    """
    known = ground.table(root)
    known = known[known["kind"].isin(("utla", "district")) & (known["region"] != "")]
    code = ground.today(str(ground.codes(pd.Series([name])).iloc[0]))
    named = known.set_index("code")["name"]
    here = known[known["until"] == ""]
    if code in set(here["code"]):
        return code
    if code in set(known["code"]):
        after = [named[one] for one in known.set_index("code")["successors"][code].split(" ")]
        raise UsageError(
            f"{named[code]} is no council any more: {' and '.join(after)} took over its ground",
            try_next=" or ".join(f'drug-outcomes start "{one}"' for one in after),
        )
    key = ground.key(name)
    holding = [one for one in here["name"] if key and key in ground.key(one)]
    close = difflib.get_close_matches(name.casefold(), [one.casefold() for one in here["name"]], n=4, cutoff=0.6)
    alike = [one for one in here["name"] if one.casefold() in close]
    near = (holding or alike)[:6]
    told = f"{name!r} may be any of {len(holding)} councils" if len(holding) > 1 else f"there is no council {name!r}"
    raise UsageError(
        told,
        expected="the name, code or treatment monitoring code of one council",
        try_next=" or ".join(f'"{one}"' for one in near) or "a name as data/framework/areas.csv has it",
    )


def propose(root: Path, name: str, members: Sequence[str] = (), area_id: str = "") -> Proposal:
    """Return what the table of areas and the shelf know of a council, or of a partnership of several."""
    codes = tuple(find(one, root) for one in members)
    if len(codes) == 1 or len(set(codes)) < len(codes):
        raise UsageError("a partnership of several has at least two councils, each once", expected="--members twice")
    code = _whole(codes) if codes else find(name, root)
    known = ground.table(root).set_index("code")
    rows = known.loc[list(codes or (code,))]
    title = name if codes else str(known["name"][code])

    def shared(column: str) -> str:
        values = set(rows[column])
        return str(values.pop()) if len(values) == 1 else ""

    peers, note = _alike(root, code if not codes else "", codes)
    return Proposal(
        id=area_id or re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-"),
        name=title,
        code=code,
        members=codes,
        region=shared("region"),
        csp=shared("csp_code"),
        pfa=shared("pfa_code"),
        peers=peers,
        neighbours=() if codes else _neighbours(root, code),
        peers_note=note,
    )


def _whole(members: Sequence[str]) -> str:
    """Return a code for a partnership of several: of the council that was divided between them, else a made one."""
    gone = ground.table().query("kind == 'utla' and successors != ''")
    heirs = gone["successors"].str.split(" ").map(set)
    before = gone[heirs.map(lambda those: bool(those & set(members)))]
    if len(before) == 1 and heirs[before.index[0]] == set(members):
        return str(before["code"].iloc[0])
    return f"P{zlib.crc32(' '.join(sorted(members)).encode()) % 10**8:08d}"


def _neighbours(root: Path, code: str) -> tuple[str, ...]:
    rows = _held(root, [code], "neighbours")
    found = rows.sort_values(["period_end", "value"])["breakdown"].str.removeprefix("neighbour=")
    newest = rows["period_end"] == rows["period_end"].max()
    return tuple(dict.fromkeys(map(ground.today, found[newest])))


def _held(root: Path, codes: Sequence[str], source: str) -> pd.DataFrame:
    wanted = {old for code in codes for old in ground.filed_under(code)}
    rows = partitions.frame(national_shelf.read(root, wanted, lambda names: names["source"] == source))
    return rows.assign(area=rows["area"].map({code: ground.today(code) for code in rows["area"].unique()}))


def _alike(root: Path, code: str, members: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the authorities of the same tenth by average deprivation score, most deprived first, and how so."""
    known = ground.table(root)
    here = known[(known["until"] == "") & known["kind"].isin(("utla", "district")) & (known["region"] != "")]
    lower = here.loc[~here["code"].isin(here["county"]), "code"]
    scores = _held(root, list(lower), "deprivation").query("indicator == 'imd_average_score' and value == value")
    if scores.empty:
        return (), "no deprivation scores are held, so none are named"
    year = scores["period_label"].max()
    score = scores[scores["period_label"] == year].drop_duplicates("area").set_index("area")["value"]
    people = _held(root, list(lower), "ons_population").query("breakdown == '' and value == value")
    weight = people.sort_values("period_end").drop_duplicates("area", keep="last").set_index("area")["value"]
    districts = code in set(known.loc[known["kind"] == "district", "code"])
    home = here.set_index("code")["county"]
    table = pd.DataFrame({"score": score, "people": weight.reindex(score.index)}).dropna()
    place = table.index.to_series()
    upper = home.reindex(place).where(lambda county: county != "", place.to_numpy()).set_axis(place.index)
    table = table.assign(home=place if districts else upper)
    if members:
        table = table.assign(home=table["home"].where(~table["home"].isin(members), "whole"))
    parts = table.assign(weighted=table["score"] * table["people"]).groupby("home")[["weighted", "people"]].sum()
    average = (parts["weighted"] / parts["people"]).sort_values(ascending=False)
    tenth = pd.Series(range(len(average)), average.index) * _TENTHS // len(average)
    mine = "whole" if members else code
    if mine not in tenth.index:
        return (), f"no deprivation score of {year} is held for it, so none are named"
    note = f"the same tenth ({tenth[mine] + 1} of {_TENTHS}, 1 most deprived)\n# of the Index of Deprivation {year}"
    weighed = "" if districts else "; a county has its districts' average score, weighted by residents"
    others = tuple(str(one) for one in average.index[tenth == tenth[mine]] if one != mine)
    return others, note + weighed


def edition(root: Path, proposal: Proposal, on: str) -> tuple[str, str]:
    """Return the quarter of the newest figure that is held, and the day from which all that is held was known."""
    codes = {old for code in (proposal.code, *proposal.members) for old in ground.filed_under(code)}
    held = partitions.frame(national_shelf.read(root, codes))
    held = held[(held["period_end"] != "") & held["source"].ne("neighbours")]
    as_of = max([on, *held["received"]])
    known = held.loc[held["period_end"] <= as_of[:7], "period_end"]
    last = periods.month_index(str(known.max()) if len(known) else as_of[:7])
    quarter = periods.Period(last - last % 3, 3, periods.Basis.QUARTER_FIN)
    return quarter.label, as_of


def write(root: Path, proposal: Proposal, on: str) -> Area:
    """Write the folder of a new area and return the area; a folder that is there is never touched."""
    folder = root / "data" / "areas" / proposal.id
    if not areas.is_id(proposal.id):
        raise UsageError(
            f"{proposal.id!r} cannot name a folder", expected="lower-case letters and digits joined by - or _"
        )
    if folder.exists():
        raise UsageError(
            f"data/areas/{proposal.id} is there already",
            try_next=f"drug-outcomes snapshot --area {proposal.id}, or another --id",
        )
    period, as_of = edition(root, proposal, on)
    received.place(folder / "area.toml", _toml(root, proposal, period, as_of, on).encode())
    documented = files(root)
    for name, columns in documented[documented["file"].str.endswith(".csv")].groupby("file", sort=False):
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="\n").writerow(columns["column"])
        received.place(folder / str(name), line.getvalue().encode())
    return areas.load(root, proposal.id)


def files(root: Path) -> pd.DataFrame:
    """Return area_files.csv: every column of the files in an area's folder that people write."""
    columns = (*edited_tables.text("file", "column", "holds"), *edited_tables.word("needed", ("yes", "no")))
    return edited_tables.read(root / framework.FRAMEWORK / FILES, columns)


def _toml(root: Path, one: Proposal, period: str, as_of: str, on: str) -> str:
    named = ground.table(root).drop_duplicates("code").set_index("code")["name"]

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def note(code: str) -> str:
        return f"  # {named[code]}" if code in named.index else ""

    def listed(codes: Sequence[str]) -> str:
        lines = [f"\n    {quoted(code)},{note(code)}" for code in codes]
        return "".join([*lines, "\n"]) if lines else ""

    return _TOML.format(
        name=one.name,
        on=on,
        name_q=quoted(one.name),
        code_q=quoted(one.code),
        code_note="" if not one.members else "  # of the whole; made up where no council ever had its ground",
        partnership_q=quoted(f"{one.name} Combating Drugs Partnership"),
        contact_q=quoted(""),
        region_q=quoted(one.region),
        region_note=note(one.region),
        csp_q=quoted(one.csp),
        csp_note=note(one.csp) if one.csp else "  # several, or none",
        pfa_q=quoted(one.pfa),
        pfa_note=note(one.pfa) if one.pfa else "  # several",
        members=f"[{listed(one.members)}]",
        members_note="" if one.members else _districts(one.code, named),
        period_q=quoted(period),
        as_of_q=quoted(as_of),
        peers_note=one.peers_note,
        peers=listed(one.peers),
        neighbours=listed(one.neighbours),
    )


def _districts(code: str, named: "pd.Series[str]") -> str:
    now = next((cut.parts for cut in ground.cuts(code) if cut.what == "districts"), ())
    return f"  # one council; its districts are {', '.join(named[one] for one in now)}" if now else "  # one council"


def held(root: Path, area: Area, definitions: Definitions) -> pd.DataFrame:
    """Return what is held of an area already: measure, title, points, first, last (labels), most points first."""
    loaded = store.load(root, area, definitions, every=False).observations
    mine = loaded[
        (loaded["measure"] != "") & (loaded["area"].isin([area.code, *area.members])) & (loaded["breakdown"] == "")
        & loaded["status"].isin(VALUED)
    ].sort_values("period_end", kind="stable")  # fmt: skip
    points = mine.drop_duplicates(["measure", "period_start", "period_end"]).groupby("measure", sort=False)
    counted = points.agg(
        points=("period_label", "size"), first=("period_label", "first"), last=("period_label", "last")
    )
    titles = definitions.measures.set_index("measure")["title"]
    told = counted.assign(title=titles.reindex(counted.index)).reset_index()
    return told.sort_values("points", ascending=False, kind="stable", ignore_index=True)


def report(area: Area, definitions: Definitions, have: pd.DataFrame, on: str) -> str:
    """Return what a new area is told: what is held, what to download, and whom to ask on the ISO date `on`."""
    lines = [f"{area.name} ({area.code}) is in data/areas/{area.id}. Held already:"]
    lines += [f"  {row.title}: {row.points} points, {row.first} to {row.last}" for row in have.itertuples()]
    lines += [] if len(have) else ["  nothing"]
    scorecard = definitions.scorecard
    wanted = scorecard[~scorecard["measure"].isin(have["measure"])]
    sources = definitions.sources.set_index("source")
    lines.append("To download, and then `drug-outcomes receive FILE --source ID`:")
    for name, rows in wanted.groupby("source", sort=False):
        one = sources.loc[str(name)]
        if one["release"] == Release.PUBLIC and one["route"] == "file" and one["coverage"] == "national":
            lines.append(f"  {name}: {one['steps'] or one['url_words']} ({_numbers(rows)})")
    lines.append(f"To ask for (`drug-outcomes requests --area {area.id}` writes the letters and forms):")
    for name, rows in wanted.groupby("source", sort=False):
        one = sources.loc[str(name)]
        if one["route"] == "form":
            publisher = definitions.source(str(name)).publisher_on(on)
            lines.append(f"  {one['publisher_role']}, {publisher} ({_numbers(rows)})")
    lines.append(f"Build its pages: drug-outcomes snapshot --area {area.id}")
    return "\n".join(lines)


def _numbers(rows: pd.DataFrame) -> str:
    many = "measures" if len(rows) > 1 else "measure"
    return f"{many} {', '.join(map(str, rows['number']))}"


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes start`: write the folder of a new area and say what is held and what is to do."""
    root = framework.home()
    proposal = propose(root, options.name, options.members, options.id)
    on = received.day(options.on)
    area = write(root, proposal, on)
    definitions = areas.own_definitions(framework.load(root / framework.FRAMEWORK), area)
    print(report(area, definitions, held(root, area, definitions), on))
    return 0
