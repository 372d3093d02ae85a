"""English indices of deprivation by local authority: average scores, ranks and deciles.

Publishers count deciles and ranks from either end, so every indicator that has a direction says it in its
name ("imd_decile_10_most_deprived"). The direction is taken from the scores in the same file, in which
more is always more deprived.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, markers, parsing, reading, stacking

_AREA: labelling.Fields = {
    "area": (
        re.compile(r"(?:.*local authority )?district code(?: \(\d{4}\))?"),
        re.compile(r"(?:.*_)?(?:upper_tier_)?local_authority_district_code(?:_\d{4})?"),
        re.compile(r"(?:ltla|utla|lad|ctyua)\d\d_?(?:code|cd)"),
        "area code", "code", "local authority code",
    )
}  # fmt: skip
_SCORE = "imd_average_score"
_FIGURES: labelling.Fields = {
    _SCORE: ("imd_average_score", "IMD - Average score", "Average score", "Score"),
    "imd_rank_of_average_score": ("imd_rank_of_average_score", "IMD - Rank of average score"),
    "imd_rank_of_average_rank": ("imd_rank_of_average_rank", "IMD - Rank of average rank"),
    "imd_average_rank": ("imd_average_rank", "IMD - Average rank"),
    "imd_decile": ("imd_decile", "IMD decile", "Decile"),
    "imd_share_in_most_deprived_tenth": (
        re.compile(r"imd[_ -]*proportion.*most[_ ]deprived[_ ]10.*"), "Proportion",
    ),
    "imd_extent": ("imd_extent", "imd25_extent", "IMD - Extent", "Extent"),
}  # fmt: skip
_PLACES = ("imd_rank_of_average_score", "imd_rank_of_average_rank", "imd_average_rank", "imd_decile")
#: Between which numbers the largest figure of a column lies; an average rank is one of small areas.
_RANGES = {
    _SCORE: (1, 100),
    "imd_rank_of_average_score": (1, 400),
    "imd_rank_of_average_rank": (1, 400),
    "imd_average_rank": (400, 40000),
    "imd_decile": (1, 10),
    "imd_share_in_most_deprived_tenth": (-1, 1),
    "imd_extent": (-1, 1),
}
_MARKERS = markers.mapping({"": Status.NOT_PUBLISHED, "-": Status.NOT_PUBLISHED})


def read(file: Path) -> pd.DataFrame:
    """Read one summary of the indices, every authority of it.

    Indicators: imd_average_score, imd_share_in_most_deprived_tenth (0 to 1), imd_extent, and ranks and
    deciles whose names end in "_1_most_deprived" or "_most_is_most_deprived" or "_10_most_deprived".

    Raises `UnreadableInput` where the direction of a rank or decile does not follow from the scores, and
    where nothing says which year's indices these are.
    """
    several = len(reading.sheets(file)) > 1
    sheet = reading.read_sheet(file, "IMD" if several else None)
    header = reading.find_header(sheet, {**_AREA, _SCORE: _FIGURES[_SCORE]}, optional=_FIGURES)
    reading.refuse_unnamed(sheet, header)
    figures = [name for name in _FIGURES if name in header.columns]
    table = reading.code_rows(reading.body(sheet, header), "area", figures)
    table = checks.merge_duplicates(table, ["area"], figures)
    cells = stacking.stack(table, ["area", "row"], figures, _MARKERS)
    wide = cells.pivot(index="area", columns="indicator", values="value")  # noqa: PD010 - one cell each
    _check_ranges(wide)
    names = {name: f"{name}{_direction(wide, name)}" for name in _PLACES if name in wide}
    cells = cells.assign(indicator=cells["indicator"].replace(names), period=_year(sheet, header), sheet=sheet.name)
    return observations.conform(parsing.dated(cells.drop(columns="numerator"), periods.Basis.CAL_YEAR))


def _check_ranges(wide: pd.DataFrame) -> None:
    """Refuse figures that cannot be what their header says: a share above 1, a score that is a share."""
    low, high = (dict(zip(map(str, wide), found, strict=True)) for found in (wide.min(), wide.max()))
    wrong = [name for name in low if low[name] < 0 or not _RANGES[name][0] < high[name] <= _RANGES[name][1]]
    share, extent = "imd_share_in_most_deprived_tenth", "imd_extent"
    if {share, extent} <= set(wide) and (wide[share] > wide[extent] + 0.02).any():
        wrong.append(share)  # an extent counts the most deprived tenth whole and the next two in part
    if wrong:
        raise UnreadableInput(
            f"figures from {low[wrong[0]]} to {high[wrong[0]]} cannot be {wrong[0].replace('_', ' ')}",
            expected="scores below 100, shares below 1, ranks of authorities, deciles from 1 to 10",
            try_next="compare the header with the published table: two headers may be swapped",
        )


def _direction(wide: pd.DataFrame, name: str) -> str:
    """Return which end is most deprived, from how the figures go with the scores."""
    by = "imd_average_rank" if name == "imd_rank_of_average_rank" and "imd_average_rank" in wide else _SCORE
    both = wide[[by, name]].dropna()
    together = both[by].rank().corr(both[name].rank()) if len(both) > 2 else 0.0
    exact = name.startswith("imd_rank_of") and (by, name) != (_SCORE, "imd_rank_of_average_rank")
    if not abs(together) > (0.9999 if exact else 0.9):
        raise UnreadableInput(
            f"{by.replace('_', ' ')} does not tell which end of {name.replace('_', ' ')} is most deprived",
            expected="ranks or deciles that go with the average scores in the same file",
            try_next="check that no columns are swapped",
        )
    if together < 0:
        return "_1_most_deprived"
    return "_10_most_deprived" if name == "imd_decile" else "_highest_most_deprived"


def _year(sheet: reading.Sheet, header: reading.Header) -> str:
    """Return the year of the indices, named in the file's name, its header or the column of sources."""
    said = " ".join([sheet.file.stem, *header.texts, *(cell for row in sheet.rows[:3] for cell in row)])
    near = r"(?:imd|iod|iomd|indices of (?:multiple )?deprivation|deprivation)[^0-9]{0,25}"
    return checks.only(
        re.findall(rf"(?i){near}((?:19|20)\d\d)(?!\d)", said.replace("_", " ")),
        "which year's indices of deprivation these are",
        expected="one year, as in imd2019_england.csv",
        try_next="put the year of the indices into the file's name",
    )
