"""The ground that figures are about: every area code with its dates, what it lies in and what came after it.

`data/framework/areas.csv` is the one table of codes and names; a folder of data/areas adds its area's name,
and further names in a file area_names.csv of the same columns (the fictional area's neighbours). A name is
never guessed: it is in the table, as a name or a declared alias, or it has no code.
"""

import contextlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables, project

TABLE = Path("data", "framework", "areas.csv")
#: In an area's folder: names that only its own files use.
OWN_NAMES = "area_names.csv"
#: Kinds that a name in a national table of authorities can mean; forces and partnerships share their names.
AUTHORITIES = ("country", "region", "utla", "district")
#: A GSS code in full, as it stands in a cell of its own.
CODE = r"[EWKNS]\d{8}"

_COLUMNS = (
    *edited_tables.text("code", "name"),
    *edited_tables.word("kind", (*AUTHORITIES, "pfa", "csp")),
    *edited_tables.codes("region", "county", "csp_code", "pfa_code"),
    *edited_tables.free("dat_code", "dfe_code", "aliases", "note"),
    *edited_tables.matching("codes separated by a space, or nothing", rf"({CODE}( {CODE})*)?", "successors"),
    *edited_tables.months("since", "until"),
)
_NEVER = "9999-12"
_Files = tuple[tuple[Path, int, int], ...]


@dataclass(frozen=True)
class Cut:
    """A way in which the whole ground of an area is filed under other codes.

    Attributes
    ----------
    parts : codes that together are the area's ground, none of it twice.
    what : what they are: earlier_code, districts, partnerships or earlier_councils.
    """

    parts: tuple[str, ...]
    what: str


def table(root: Path | None = None) -> pd.DataFrame:
    """Return every area known, all columns text.

    Columns are `code, name, kind, region, county, csp_code, pfa_code, dat_code, dfe_code, since, until,
    successors, aliases, note`. `since` and `until` are the first and last month in which a code was used, ""
    where it always was or still is; `successors` the codes that took over its ground, separated by a space;
    `county` the upper tier that a district lies in; `aliases` are separated by |.
    """
    return _table(_as_they_stand(root or project.home()))


def names(root: Path | None = None) -> dict[str, str]:
    """Return the name of every area known, by code."""
    known = table(root)
    return dict(zip(known["code"], known["name"], strict=True))


def _as_they_stand(root: Path) -> _Files:
    """Return the files that the table is made of, each with its time and size, so that a change is seen."""
    folders = (root / "data" / "areas").glob("*")
    files = (root / TABLE, *(folder / name for folder in sorted(folders) for name in (OWN_NAMES, "area.toml")))
    held = ((file, file.stat()) for file in files if file.exists())
    return tuple((file, found.st_mtime_ns, found.st_size) for file, found in held)


@lru_cache(maxsize=4)
def _table(files: _Files) -> pd.DataFrame:
    read_here = [file for file, *_ in files if file.name != "area.toml"]
    known = pd.concat([_checked(file) for file in read_here], ignore_index=True)
    named = _named_here([file for file, *_ in files if file.name == "area.toml"])
    new = named[~named["code"].isin(known["code"])]
    return pd.concat([known, new], ignore_index=True).fillna("") if len(new) else known


def _named_here(files: Sequence[Path]) -> pd.DataFrame:
    """Return code, name, kind and aliases of the areas that have a folder.

    A slip in one of these files is told by whoever asks for its area; the others are known all the same.
    """
    found = []
    for file in files:
        with contextlib.suppress(tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError):
            held = tomllib.loads(file.read_text(encoding="utf-8"))
            told = {"code": str(held["code"]), "name": str(held["name"])}
            found.append(told | {"kind": "utla", "aliases": file.parent.name})
    return pd.DataFrame(found, columns=["code", "name", "kind", "aliases"])


def _checked(file: Path) -> pd.DataFrame:
    found = edited_tables.read(file, _COLUMNS, "code")
    gone = (found["successors"] != "") != (found["until"] != "")
    edited_tables.refuse(found, file, "until", gone, "the last month of a code that has successors")
    return found


# Names.


@lru_cache(maxsize=2**15)
def key(name: str) -> str:
    """Reduce a name to what must agree: letters and digits, "&" as "and", no "region", "UA" or date."""
    text = " ".join(name.replace("&", " and ").replace("\ufeff", "").casefold().split())
    text = re.sub(r"\[notes? [^\]]*\]|\((?:notes? [^)]*|discontinued|from [^)]*|until [^)]*)\)", "", text)
    text = re.sub(r"\s+(?:region|ua)(?:\s*\(statistical\))?\s*$", "", text.strip())
    return re.sub(r"[^a-z0-9]", "", text)


def codes(names: pd.Series, when: pd.Series | None = None, *, kinds: Sequence[str] = AUTHORITIES) -> pd.Series:
    """Return the GSS code of each name, DAT code or GSS code; "" where the table knows none.

    `when` is the ISO month in which each figure ends: a name that passed to other ground ("Dorset" before
    April 2019) then takes the code of its time. Ground that was only recoded takes today's code.
    """
    frame = pd.DataFrame({"key": names.astype("str").map(key), "when": _NEVER}, index=names.index)
    frame = frame if when is None else frame.assign(when=when.astype("str").where(when != "", _NEVER))
    known = _keys(_as_they_stand(project.home()), tuple(kinds))
    frame = frame.assign(place=range(len(frame)))
    pairs = frame.merge(known, on="key", how="inner")
    fitting = pairs[(pairs["until"] >= pairs["when"]) | (pairs["until"] == _NEVER) | pairs["alone"]]
    first = fitting.sort_values(["place", "until"]).drop_duplicates("place").set_index("place")["code"]
    found = first.reindex(range(len(frame))).fillna("").to_numpy()
    given = names.astype("str").str.strip()
    return pd.Series(found, index=names.index, dtype="str").where(~given.str.fullmatch(CODE), given)


@lru_cache(maxsize=8)
def _keys(files: _Files, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Return `key, code, until, alone`, one row for each way to write an area that is still told apart."""
    known = _table(files)
    mine = known[known["kind"].isin(kinds)]
    newer = _todays(files)
    mine = mine.assign(
        written=mine["name"] + "|" + mine["aliases"] + "|" + mine["dat_code"],
        until=mine["until"].where(~mine["code"].isin(newer), "").replace("", _NEVER),
        code=mine["code"].replace(newer),
    )
    every = mine.assign(written=mine["written"].str.split("|")).explode("written")
    every = every.assign(key=every["written"].astype("str").map(key))
    every = every[every["key"] != ""].drop_duplicates(["key", "code"])
    return every.assign(alone=~every.duplicated("key", keep=False))[["key", "code", "until", "alone"]]


# Codes that changed, and what lies in what.


@lru_cache(maxsize=4)
def _todays(files: _Files) -> dict[str, str]:
    """Return today's code for each earlier code of the same ground."""
    known = _table(files)
    passed = known[known["successors"] != ""]
    each = passed.assign(successor=passed["successors"].str.split(" ")).explode("successor")
    kind = each["successor"].map(known.set_index("code")["kind"])
    # A county of two tiers and its districts pass to one council: each tier is that council's whole ground.
    one = ~each.duplicated("code", keep=False) & ~each.duplicated(["successor", "kind"], keep=False)
    whole = each[one & ((each["kind"] == kind) | (each["kind"] == "utla"))]
    found = dict(zip(whole["code"], whole["successor"], strict=True))
    for _ in range(len(found)):
        found = {code: found.get(after, after) for code, after in found.items()}
        if not set(found.values()) & set(found):
            break
    return found


def today(code: str) -> str:
    """Return the code that the ground of `code` has today; of ground that was divided, the code as it is."""
    return _todays(_as_they_stand(project.home())).get(code, code)


def same_ground(code: str) -> tuple[str, ...]:
    """Return every code that the ground of `code` has had, today's first."""
    newer = _todays(_as_they_stand(project.home()))
    now = newer.get(code, code)
    return (now, *(old for old, after in newer.items() if after == now))


def cuts(code: str) -> tuple[Cut, ...]:
    """Return the ways in which the ground of `code` is filed under several other codes, the newest first."""
    return _cuts(_as_they_stand(project.home()), code)


@lru_cache(maxsize=512)
def _cuts(files: _Files, code: str) -> tuple[Cut, ...]:
    lower = _lower_tier(files)
    mine = lower[(lower["home"] == code) | (lower["now"] == code)]
    if len(mine) < 2:
        return ()  # most councils: never divided, nor of districts
    moments = sorted({*mine["since"], *mine["until"]} - {""}, reverse=True)
    found: list[Cut] = []
    for month in moments:
        then = mine[(mine["since"] <= month) & (mine["until"] >= month)]
        parts = tuple(sorted(set(then["code"]) - {code}))
        what = "districts" if (then["home"] == then["county"]).all() else "earlier_councils"
        found += [Cut(parts, what)] if len(parts) > 1 and len(parts) == len(then) else []
        beside = lower[lower["csp_code"].isin(then["csp_code"]) & ~lower["code"].isin(mine["code"])]
        several = tuple(sorted(set(then["csp_code"])))
        if len(several) > 1 and "" not in several and beside.empty:
            found.append(Cut(several, "partnerships"))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4)
def _lower_tier(files: _Files) -> pd.DataFrame:
    """Return every council of one tier and every district there has been, with its ground of today.

    Adds `now` (the council or district whose ground it is part of today), `home` (the upper tier that it lies
    in today); `since` and `until` are filled.
    """
    known = _table(files)
    lower = known[known["kind"].isin(("utla", "district")) & ~known["code"].isin(known["county"])]
    after = known.set_index("code")["successors"]
    now = lower["code"]
    for _ in range(len(known)):
        step = now.map(after).fillna("")
        moved = (step != "") & ~step.str.contains(" ")
        if not moved.any():
            break
        now = now.mask(moved, step)
    county = now.map(known.set_index("code")["county"]).fillna("")
    return lower.assign(
        now=now,
        home=county.where(county != "", now),
        since=lower["since"].replace("", "0000-01"),
        until=lower["until"].replace("", _NEVER),
    )


def of_one_council() -> "pd.Series[str]":
    """Return the council of each community safety partnership that covers just one of today, by its code."""
    known = table()
    here = known[known["kind"].isin(("utla", "district")) & (known["until"] == "") & (known["csp_code"] != "")]
    return here[~here["csp_code"].duplicated(keep=False)].set_index("csp_code")["code"]


def filed_under(code: str) -> frozenset[str]:
    """Return every code that figures of an area's ground, or of a part of it, may be filed under."""
    parts = (part for cut in cuts(code) for part in cut.parts)
    return frozenset((*same_ground(code), *(old for part in parts for old in same_ground(part))))


def other_ground(code: str) -> frozenset[str]:
    """Return earlier codes whose ground was divided between an area and others: figures that are not its own."""
    known = table()
    passed = known[(known["kind"] == "utla") & known["successors"].str.contains(" ")]
    return frozenset(passed.loc[passed["successors"].str.split(" ").map(lambda those: code in those), "code"])
