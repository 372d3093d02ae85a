"""The fictional ground: Exampleshire, its neighbours, their forces, and an England that is invented too.

No name or code here belongs to a real place: the codes lie far above those that are given out.
"""

from dataclasses import dataclass

ENGLAND_CODE = "E92000001"
REGION_CODE, REGION_NAME = "E12999001", "Example Midlands"
_STEMS = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Holly", "Larch", "Linden", "Maple", "Rowan", "Willow",
          "Yew", "Aspen")  # fmt: skip
_ENDS = ("mere", "combe", "wick")
#: Places as large as so many thousandths of Exampleshire; the first two share its police force.
_SIZES = (310, 190, 640, 420, 260, 540, 45, 370, 110, 480)
_PEERS = 6


@dataclass(frozen=True)
class Place:
    """A council, or England: how it is called in each source, and how large it is in thousandths of Exampleshire."""

    name: str
    code: str
    csp: str
    force: str
    dat: str
    dfe: str
    size: int


@dataclass(frozen=True)
class Force:
    """A police force, its code, and the size of its ground that belongs to no place here."""

    name: str
    code: str
    csp: str
    rest: int


EXAMPLESHIRE = Place("Exampleshire", "E06999001", "E22999001", "Example Valley", "X01B", "991", 1000)
ENGLAND = Place("England", ENGLAND_CODE, "", "", "", "", 62_000)
_NAMES = tuple(stem + end for end in _ENDS for stem in _STEMS)
NEIGHBOURS = tuple(
    Place(
        name=_NAMES[place],
        code=f"E06999{place + 2:03d}",
        csp=f"E22999{place + 2:03d}",
        force="Example Valley" if place < 2 else _NAMES[place],
        dat=f"X{place + 2:02d}B",
        dfe=str(992 + place) if place < 8 else f"98{place}",
        size=size,
    )
    for place, size in enumerate(_SIZES)
)
LOCAL = (EXAMPLESHIRE, *NEIGHBOURS)
EVERYWHERE = (*LOCAL, ENGLAND)
PEERS = tuple(place.code for place in NEIGHBOURS[2 : 2 + _PEERS])
#: As many forces as England has: only all of them together make a figure for England.
FORCES = (
    Force("Example Valley", "E23999001", "", 0),
    *(
        Force(name, f"E23999{number:03d}", f"E22999{number + 100:03d}", 900 + 30 * number)
        for number, name in enumerate(_NAMES[2:], start=2)
    ),
    Force("Great Yewwick", "E23999039", "E22999139", 3100),
)


def names() -> list[tuple[str, ...]]:
    """Return rows of area_names.csv: the columns of data/framework/areas.csv, header first."""
    head = ("code", "name", "kind", "region", "county", "csp_code", "pfa_code", "dat_code", "dfe_code", "since",
            "until", "successors", "aliases", "note")  # fmt: skip
    force = {one.name: one.code for one in FORCES}

    def row(code: str, name: str, kind: str, **more: str) -> tuple[str, ...]:
        cells = {"code": code, "name": name, "kind": kind} | more
        return tuple(cells.get(column, "") for column in head)

    return [
        head,
        row(REGION_CODE, REGION_NAME, "region"),
        *(
            row(place.code, place.name, "utla", region=REGION_CODE, csp_code=place.csp,
                pfa_code=force[place.force], dat_code=place.dat, dfe_code=place.dfe)
            for place in LOCAL
        ),
        *(row(place.csp, place.name, "csp", pfa_code=force[place.force]) for place in LOCAL),
        *(row(one.csp, f"Rest of {one.name}", "csp", pfa_code=one.code) for one in FORCES if one.rest),
        *(row(one.code, one.name, "pfa") for one in FORCES),
    ]  # fmt: skip
