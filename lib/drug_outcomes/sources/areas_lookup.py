"""From the names and codes that publishers use for areas to GSS codes, and codes that changed.

The project's own table is data/framework/areas.csv; a folder of data/areas adds its area's name, and further
names in a file area_names.csv of the same columns (the fictional area's neighbours). A name is never guessed:
it is in the table, as a name or a declared alias, or it has no code. The look-up files that the Office for
National Statistics and others publish are read by `read`.
"""

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import areas, edited_tables, framework, observations
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import reading

TABLE = Path("data", "framework", "areas.csv")
#: In an area's folder: names that only its own files use.
OWN_NAMES = "area_names.csv"
#: Kinds that a name in a national table of authorities can mean; forces and partnerships share their names.
AUTHORITIES = ("country", "region", "utla")

_KINDS = (*AUTHORITIES, "pfa", "csp")
_COLUMNS = (
    *edited_tables.text("code", "name"),
    *edited_tables.word("kind", _KINDS),
    *edited_tables.codes("region", "csp_code", "pfa_code", "recoded_to"),
    *edited_tables.free("dat_code", "dfe_code", "replaced_by", "aliases"),
    *edited_tables.months("until"),
)
_GONE = re.compile(r"\(discontinued\)|\(until [^)]*\)", re.IGNORECASE)


def table(root: Path | None = None) -> pd.DataFrame:
    """Return every area known, all columns text.

    Columns are `code, name, kind, region, csp_code, pfa_code, dat_code, dfe_code, until, recoded_to,
    replaced_by, aliases`. `until` is the last month in which a code was used; `recoded_to` the new code of
    the same ground; `replaced_by` the councils that took over other ground; `aliases` are separated by |.
    """
    root = root or framework.home()
    return _table(root, _as_they_stand(root))


def _as_they_stand(root: Path) -> tuple[tuple[Path, int, int], ...]:
    """Return the files that the table is made of, each with its time and size, so that a change is seen."""
    folders = (root / "data" / "areas").glob("*")
    files = (
        root / TABLE,
        *(folder / name for folder in sorted(folders) for name in (OWN_NAMES, "area.toml")),
    )
    held = ((file, file.stat()) for file in files if file.exists())
    return tuple((file, found.st_mtime_ns, found.st_size) for file, found in held)


@lru_cache(maxsize=4)
def _table(root: Path, files: tuple[tuple[Path, int, int], ...]) -> pd.DataFrame:
    read_here = [file for file, *_ in files if file.name != "area.toml"]
    known = pd.concat([edited_tables.read(file, _COLUMNS, "code") for file in read_here], ignore_index=True)
    named = [
        {"code": code, "name": name, "kind": "utla"}
        for name, code in areas.names(root).items()
        if code not in set(known["code"])
    ]
    return pd.concat([known, pd.DataFrame(named)], ignore_index=True).fillna("") if named else known


@lru_cache(maxsize=2**15)
def key(name: str) -> str:
    """Reduce a name to what must agree: letters and digits, "&" as "and", no "region", "UA" or date."""
    text = reading.plain(name).replace("&", " and ").replace("’", "'")
    text = re.sub(r"\((?:discontinued|from [^)]*|until [^)]*)\)", "", text)
    text = re.sub(r"\bst\.", "st", text)
    text = re.sub(r"\s+(?:region|ua)(?:\s*\(statistical\))?\s*$", "", text.strip())
    return re.sub(r"[^a-z0-9]", "", text)


def codes(
    names: pd.Series, when: pd.Series | None = None, *, kinds: Sequence[str] = AUTHORITIES
) -> pd.Series:
    """Return the GSS code of each name, DAT code or GSS code; "" where the table knows none.

    `when` is the ISO month in which each figure ends: a name that passed to other ground ("Dorset" before
    April 2019) then takes the code of its time. Ground that was only recoded takes today's code.
    """
    frame = pd.DataFrame({"key": names.astype("str").map(key), "when": "9999-12"}, index=names.index)
    frame = frame if when is None else frame.assign(when=when.astype("str").where(when != "", "9999-12"))
    root = framework.home()
    known = _keys(root, _as_they_stand(root), tuple(kinds))
    frame = frame.assign(place=range(len(frame)))
    pairs = frame.merge(known, on="key", how="inner")
    fitting = pairs[(pairs["until"] >= pairs["when"]) | (pairs["until"] == "9999-12") | pairs["alone"]]
    first = fitting.sort_values(["place", "until"]).drop_duplicates("place").set_index("place")["code"]
    found = first.reindex(range(len(frame))).fillna("").to_numpy()
    given = names.astype("str").str.strip()
    is_code = given.str.fullmatch(reading.GSS_CODE)
    return pd.Series(found, index=names.index, dtype="str").where(~is_code, given)


@lru_cache(maxsize=8)
def _keys(root: Path, files: tuple[tuple[Path, int, int], ...], kinds: tuple[str, ...]) -> pd.DataFrame:
    """Return `key, code, until, alone`, one row for each way to write an area that is still told apart."""
    known = _table(root, files)
    mine = known[known["kind"].isin(kinds)]
    mine = mine.assign(
        written=mine["name"] + "|" + mine["aliases"] + "|" + mine["dat_code"],
        until=mine["until"].where(mine["recoded_to"] == "", "").replace("", "9999-12"),
        code=mine["recoded_to"].where(mine["recoded_to"] != "", mine["code"]),
    )
    every = mine.assign(written=mine["written"].str.split("|")).explode("written")
    every = every.assign(key=every["written"].astype("str").map(key))
    every = every[every["key"] != ""].drop_duplicates(["key", "code"])
    return every.assign(alone=~every.duplicated("key", keep=False))[["key", "code", "until", "alone"]]


def named(names: pd.Series, at: pd.Series, *, file: Path, when: pd.Series | None = None) -> pd.DataFrame:
    """Return `area`, `area_note` and `area_name` for a column of names; refuse the file when none is known.

    A name without a code keeps its rows: `area` is "", the note says so, and `area_name` (else "") is for
    the breakdown, so that two such areas are told apart.
    """
    found = codes(names, when)
    if not (found != "").any():
        known = [name for name in table()["name"] if name]
        near = difflib.get_close_matches(str(names.iloc[0]), known, n=3)
        raise UnreadableInput(
            f"no area has the name {names.iloc[0]!r}",
            expected="names of areas in data/framework/areas.csv or data/areas",
            try_next=f"did you mean {' or '.join(near)}?" if near else "add the name as an alias there",
            file=file,
            row=int(at.iloc[0]),
        )
    note = "no code is known for the area " + names.astype("str")
    unknown = found == ""
    return pd.DataFrame(
        {
            "area": found,
            "area_note": note.where(unknown, ""),
            "area_name": names.astype("str").where(unknown, ""),
        },
        index=names.index,
    )


def discontinued(names: pd.Series) -> "pd.Series[bool]":
    """Whether a name says that the area is discontinued, so that a zero means nobody supplies it any more."""
    return names.astype("str").str.contains(_GONE)


def same_ground(code: str) -> tuple[str, ...]:
    """Return every code that the ground of `code` has had, today's first."""
    known = table().set_index("code")["recoded_to"]
    today = str(known.get(code, "")) or code
    earlier = [str(old) for old in known.index[known == today]]
    return (today, *earlier)


def read(file: Path) -> pd.DataFrame:
    """Read a published look-up file: one row for each code and each thing the file says about it.

    `area` is the code in the file's first column of codes, `indicator` the header of another column,
    `text` its cell. Nothing in such a file is a figure, so `value` is empty and `status` not_applicable.
    """
    sheet = reading.read_sheet(file)
    labels = [label.strip().lstrip("\ufeff") for label in sheet.rows[0]]
    if "" in labels or len(set(labels)) < len(labels):
        raise UnreadableInput(
            f"the header has an empty or repeated name. Headers found: {'; '.join(labels)}",
            expected="one name for each column",
            file=file,
            row=1,
        )
    places = {label: place for place, label in enumerate(labels)}
    found = reading.body(sheet, reading.Header(1, places, sheet.rows[0]))
    coded = [name for name in labels if found[name].str.fullmatch(reading.GSS_CODE).all()]
    if not coded:
        raise UnreadableInput(
            f"no column holds an area code in every row. Headers found: {'; '.join(labels)}",
            expected="a column of codes such as E06000045",
            file=file,
        )
    long = found.melt(id_vars=[coded[0], "row"], var_name="indicator", value_name="text")
    long = long.rename(columns={coded[0]: "area"}).sort_values(["row", "indicator"])
    return observations.conform(long.assign(status=str(Status.NOT_APPLICABLE), sheet=sheet.name))
