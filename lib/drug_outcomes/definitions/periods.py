"""Periods: what a figure covers, read from labels as publishers write them.

A month is one whole number, year * 12 + month - 1, so that periods are plain arithmetic; frames hold months
as ISO text ("2024-10"). Labels are read by a grammar of patterns, and a label that can be read in two ways
is refused until a basis is stated: one publisher's "2021-22" is a financial year, another's two calendar
years. General date parsers are kept away from labels: they read "Dec 24" as a day and "2009/10" as October.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

import pandas as pd

from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput, UsageError


class Basis(StrEnum):
    """The kinds of period."""

    MONTH = "month"
    QUARTER_FIN = "quarter_fin"
    QUARTER_CAL = "quarter_cal"
    FIN_YEAR = "fin_year"
    CAL_YEAR = "cal_year"
    ACAD_YEAR = "acad_year"
    ROLLING12 = "rolling12"
    POOLED_CAL = "pooled_cal"
    POOLED_FIN = "pooled_fin"
    PART_YEAR = "part_year"
    RANGE = "range"


_JANUARY, _APRIL, _SEPTEMBER = 0, 3, 8
_POOLED = range(24, 241, 12)
#: The lengths in months, and the first months of the year, that each basis allows. Months spelled out take
#: the first basis here that they fit; the quarter and year further down have to be stated.
_SHAPES = {
    Basis.MONTH: (range(1, 2), range(12)),
    Basis.QUARTER_FIN: (range(3, 4), range(0, 12, 3)),
    Basis.FIN_YEAR: (range(12, 13), (_APRIL,)),
    Basis.CAL_YEAR: (range(12, 13), (_JANUARY,)),
    Basis.POOLED_CAL: (_POOLED, (_JANUARY,)),
    Basis.POOLED_FIN: (_POOLED, (_APRIL,)),
    Basis.ROLLING12: (range(12, 13), range(12)),
    Basis.PART_YEAR: (range(2, 12), range(12)),
    Basis.RANGE: (range(2, 2401), range(12)),
    Basis.QUARTER_CAL: (range(3, 4), range(0, 12, 3)),
    Basis.ACAD_YEAR: (range(12, 13), (_SEPTEMBER,)),
}
#: Months from one publication to the next, for windows that overlap or skip.
_USUAL_CADENCE = {Basis.ROLLING12: 3, Basis.POOLED_CAL: 12, Basis.POOLED_FIN: 12, Basis.PART_YEAR: 12}
_MONTH_LABELS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")


def _fits(basis: Basis, start: int, months: int) -> bool:
    lengths, first_months = _SHAPES[basis]
    return months in lengths and start % 12 in first_months


def month_index(when: str | date) -> int:
    """Return the month of a date, or of ISO text ("2024-10", "2024-10-31"), as year * 12 + month - 1."""
    text = when if isinstance(when, str) else f"{when:%Y-%m}"
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(-\d\d)?", text)
    if found is None:
        raise UnreadableInput(f'"{when}" is not a month', expected="ISO text: 2024-10 or 2024-10-31")
    return int(found[1]) * 12 + int(found[2]) - 1


def iso_month(index: int) -> str:
    """Return a month number as ISO text: 24297 is "2024-10"."""
    return f"{index // 12:04}-{index % 12 + 1:02}"


def slug(text: str) -> str:
    """Return `text` as a folder name of a-z, 0-9 and hyphens: "2024/25 Q3" is "2024-25-q3"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "", re.sub(r"[\s/]", "-", plain))).strip("-")
    if not name:
        raise UsageError(f'"{text}" leaves no folder name', expected="a name with letters or figures")
    return name


@dataclass(frozen=True, slots=True)
class Period:
    """The whole months from `start` (year * 12 + month - 1), `months` of them, of a kind.

    A length or a first month that the basis does not allow is refused with `UnreadableInput`.
    """

    start: int
    months: int
    basis: Basis

    def __post_init__(self) -> None:
        if not _fits(self.basis, self.start, self.months):
            raise UnreadableInput(
                f"{self.months} months from {self.start_month} cannot be a period of basis {self.basis}"
            )

    @classmethod
    def between(cls, first: str | date, last: str | date, basis: Basis) -> "Period":
        """Return the period from one month to another, both included."""
        return cls(month_index(first), month_index(last) - month_index(first) + 1, basis)

    @property
    def end(self) -> int:
        """The last month, included."""
        return self.start + self.months - 1

    @property
    def start_month(self) -> str:
        """The first month as ISO text."""
        return iso_month(self.start)

    @property
    def end_month(self) -> str:
        """The last month as ISO text."""
        return iso_month(self.end)

    @property
    def slug(self) -> str:
        """The label as a folder name."""
        return slug(self.label)

    @property
    def label(self) -> str:
        """The one way the suite writes this period; `parse(label, basis)` gives the period back."""
        year, last, quarter = self.start // 12, self.end // 12, self.start % 12 // 3 + 1
        match self.basis:
            case Basis.MONTH:
                return _month_label(self.start)
            case Basis.QUARTER_FIN:
                return f"{_pair(year)} Q{quarter - 1}" if quarter > 1 else f"{_pair(year - 1)} Q4"
            case Basis.QUARTER_CAL:
                return f"{year} Q{quarter}"
            case Basis.CAL_YEAR:
                return f"{year}"
            case Basis.FIN_YEAR | Basis.ACAD_YEAR:
                return _pair(year)
            case Basis.POOLED_CAL:
                return f"{year}-{last % 100:02}" if year // 100 == last // 100 else f"{year}-{last}"
            case Basis.POOLED_FIN:
                return f"{_pair(year)} - {_pair(last - 1)[2:]}"
            case _:
                return f"{_month_label(self.start)} - {_month_label(self.end)}"

    def __str__(self) -> str:
        return self.label

    def shifted(self, months: int) -> "Period":
        """Return the period of the same length and basis that starts `months` later."""
        return Period(self.start + months, self.months, self.basis)

    def previous(self) -> "Period":
        """Return the adjacent period before, of the same length and not overlapping."""
        return self.shifted(-self.months)

    def next(self) -> "Period":
        """Return the adjacent period after, of the same length and not overlapping."""
        return self.shifted(self.months)

    def year_before(self) -> "Period":
        """Return the same months a year earlier."""
        return self.shifted(-12)

    def previous_published(self, cadence: int | None = None) -> "Period":
        """Return the period published before this one, which may overlap it.

        `cadence` is the months between publications. Without it rolling years are taken to come out every
        quarter, pooled years and part-years every year, and all others when the next one has passed.
        """
        return self.shifted(-(cadence or _USUAL_CADENCE.get(self.basis, self.months)))

    def overlap_months(self, other: "Period") -> int:
        """Return the number of months that both periods cover."""
        return max(0, min(self.end, other.end) - max(self.start, other.start) + 1)

    def contains(self, other: "Period") -> bool:
        """Return whether all of `other` lies within this period."""
        return self.overlap_months(other) == other.months

    def comparable(self, other: "Period") -> bool:
        """Return whether both have the same length and begin in the same month of the year.

        A part-year is thus never set beside a full year, nor a winter quarter beside a summer one.
        """
        return self.months == other.months and self.start % 12 == other.start % 12

    def age_months(self, as_of: str | date) -> int:
        """Return the months from the last month to `as_of`; an earlier `as_of` is refused."""
        age = month_index(as_of) - self.end
        if age < 0:
            raise UnreadableInput(
                f"{self} lasts until {self.end_month}, after {as_of}",
                expected="a date no earlier than the last month of the period",
            )
        return age

    def lag_months(self, published: str | date) -> int:
        """Return the months from the last month to publication; publication before it is refused."""
        return self.age_months(published)

    def stale(self, as_of: str | date, cadence: int, usual_lag: int) -> bool:
        """Return whether the next figure is overdue: `cadence` months on, published `usual_lag` later."""
        return self.age_months(as_of) > cadence + usual_lag


def _pair(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02}"


def _month_label(month: int) -> str:
    year = month // 12
    written = f"{year % 100:02}" if 2000 <= year < 2070 else f"{year}"
    return f"{_MONTH_LABELS[month % 12]} {written}"


# The grammar: a pattern, a builder that turns its groups into the first and last month, and the bases that
# the label may mean. Numbers that do not belong together (2023/25) build a span that none of these fits.

_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NAME = "(?:" + "|".join(name[:size] for name in _NAMES for size in range(len(name), 2, -1)) + r")\.?"
_LONG = r"(?:19|20)\d\d"
_EITHER = rf"(?:{_LONG}|\d\d)"
_TO = " ?(?:-|to) ?"
_MONTH = rf"(?P<month>{_NAME})[ -]?'?(?P<year>{_EITHER})"
#: "^" and "$" stand where a first and a last day of a month were written.
_MONTHS = rf"\^?(?P<from>{_NAME})(?:[ -]?'?(?P<from_year>{_EITHER}))?{_TO}{_MONTH}\$?"
_COUNT = r"(?:the )?(?P<count>year|half year|quarter|\d{1,2} ?m(?:onths?)?)"
_ENDING = rf"(?:{_COUNT} (?:ending|ended|up to|to)|y/?e) ?{_MONTH}\$?"
_ISO_MONTH = rf"(?P<iso>{_LONG}-(?:0[1-9]|1[0-2]))"
_YEAR = rf"(?P<year>{_LONG})"
_NEXT = rf"(?P<next>{_EITHER})"
_TWO_YEARS = rf"{_YEAR}(?:/|{_TO}){_NEXT}"
_JOINED = rf"{_YEAR}(?P<next>\d\d)"
_PAIRS = rf"{_YEAR}[/-]{_NEXT}{_TO}(?P<last>{_EITHER})[/-](?P<end>{_EITHER})"
_QUARTER = "q(?P<quarter>[1-4])"
_QUARTERS = rf"{_YEAR}[/-]{_NEXT} {_QUARTER}{_TO}(?P<last>{_LONG})[/-](?P<end>{_EITHER}) q(?P<until>[1-4])"
_HALF = "h(?P<half>[12])"

_Groups = dict[str, str]
_Span = tuple[int, int]
_Builder = Callable[[_Groups], _Span]


def _year(text: str, after: int = 1970) -> int:
    """Return a year; of two figures, the first such year that is not before `after`."""
    return int(text) if len(text) == 4 else after + (int(text) - after) % 100


def _named(name: str, year: str) -> int:
    return _year(year) * 12 + [full[:3] for full in _NAMES].index(name[:3])


def _months(of: _Groups) -> _Span:
    last = _named(of["month"], of["year"])
    first = _named(of.get("from", of["month"]), of.get("from_year", of["year"]))
    crosses_new_year = first > last and "from_year" not in of  # "Oct-Sept 24" begins in 2023
    return (first - 12 if crosses_new_year else first), last


_COUNTED = {"year": 12, "half year": 6, "quarter": 3}


def _ending(of: _Groups) -> _Span:
    last, count = _named(of["month"], of["year"]), of.get("count", "year")
    return last + 1 - (_COUNTED.get(count) or int(re.sub(r"\D", "", count))), last


def _years_from(month: int) -> _Builder:
    def years(of: _Groups) -> _Span:
        first = int(of["year"])
        return first * 12 + month, _year(of.get("next", of["year"]), first) * 12 + (month - 1) % 12

    return years


def _part_from(month: int, of_year: str, months: int) -> _Builder:
    """Build the quarter or half, `of_year`, of the year that begins in a month."""

    def part(of: _Groups) -> _Span:
        year, begins = int(of["year"]), month + months * (int(of[of_year]) - 1)
        last = _year(of["next"], year) - 1 if "next" in of else year  # 2023/25 Q1 becomes too long to fit
        return year * 12 + begins, last * 12 + begins + months - 1

    return part


def _quarters(of: _Groups) -> _Span:
    quarter = _part_from(_APRIL, "quarter", 3)
    last = {"year": of["last"], "next": of["end"], "quarter": of["until"]}
    first_start, first_end = quarter(of)
    last_start, last_end = quarter(last)
    return first_start, last_end if first_end - first_start == last_end - last_start == 2 else 0


def _financial_year(begins: int) -> _Builder:
    """Build the financial year that begins so many years after the one that is named."""
    return lambda of: ((int(of["year"]) + begins) * 12 + _APRIL, (int(of["year"]) + begins) * 12 + _APRIL + 11)


def _financial_years(of: _Groups) -> _Span:
    first = int(of["year"])
    last = _year(of["last"], first)
    paired = _year(of["next"], first) == first + 1 and _year(of["end"], last) == last + 1
    return first * 12 + _APRIL, (last * 12 + _APRIL + 11 if paired else 0)


_Rules = tuple[tuple[str, _Builder, tuple[Basis, ...]], ...]
#: Read so when no basis is stated, as the first of the rule's bases that the span fits. Rules that read one
#: label differently make it ambiguous.
_PLAIN: _Rules = (
    (_MONTH, _months, (Basis.MONTH,)),
    (_ISO_MONTH, lambda of: (month_index(of["iso"]),) * 2, (Basis.MONTH,)),
    (_MONTHS, _months, tuple(_SHAPES)),
    (_ENDING, _ending, tuple(_SHAPES)),
    (_YEAR, _years_from(_JANUARY), (Basis.CAL_YEAR,)),
    (rf"(?:fy ?)?{_TWO_YEARS}", _years_from(_APRIL), (Basis.FIN_YEAR, Basis.ROLLING12)),
    (rf"fy ?{_YEAR}", _financial_year(begins=0), (Basis.FIN_YEAR,)),
    (rf"fy ?{_YEAR}", _financial_year(begins=-1), (Basis.FIN_YEAR,)),
    (rf"ay ?{_TWO_YEARS}", _years_from(_SEPTEMBER), (Basis.ACAD_YEAR,)),
    (_TWO_YEARS.replace("/|", ""), _years_from(_JANUARY), (Basis.POOLED_CAL,)),
    (_JOINED, _years_from(_APRIL), (Basis.FIN_YEAR,)),
    (_JOINED, _years_from(_SEPTEMBER), (Basis.ACAD_YEAR,)),
    (_PAIRS, _financial_years, (Basis.POOLED_FIN,)),
    (rf"(?:fy ?)?{_YEAR}[/-]{_NEXT}[ -]?{_QUARTER}", _part_from(_APRIL, "quarter", 3), (Basis.QUARTER_FIN,)),
    (_QUARTERS, _quarters, tuple(_SHAPES)),
    (rf"{_YEAR} ?{_QUARTER}", _part_from(_JANUARY, "quarter", 3), (Basis.QUARTER_CAL,)),
    (rf"{_YEAR}{_QUARTER}", _part_from(_APRIL, "quarter", 3), (Basis.QUARTER_FIN,)),
    (rf"(?:fy ?)?{_YEAR}[/-]{_NEXT}[ -]?{_HALF}", _part_from(_APRIL, "half", 6), (Basis.PART_YEAR,)),
    (rf"{_YEAR} ?{_HALF}", _part_from(_APRIL, "half", 6), (Basis.PART_YEAR,)),
    (rf"{_YEAR} ?{_HALF}", _part_from(_JANUARY, "half", 6), (Basis.PART_YEAR,)),
)
#: Read so only when the basis is stated.
_STATED: _Rules = ((_TWO_YEARS, _years_from(_SEPTEMBER), (Basis.ACAD_YEAR,)),)
#: In returns of financial quarters people write the quarter of either year so; none is taken for meant.
_QUARTER_OF_A_YEAR = (
    (rf"{_YEAR} ?{_QUARTER}", _part_from(_JANUARY, "quarter", 3), (Basis.QUARTER_CAL,)),
    (rf"{_YEAR} ?{_QUARTER}", _part_from(_APRIL, "quarter", 3), (Basis.QUARTER_FIN,)),
)

_NO_PERIOD = frozenset({"", "no value", "tbc"})
_RELEASE_WINDOW = re.compile(r"\b(?:autumn|spring|summer|winter|expected|early|late|end)\b")
_WANTED = (
    "a label such as Dec 24, 2023/24 Q4, 2023/24, 2022, 2021-23, Oct 23 - Sept 24 or year ending March 2022, "
    "in which a range runs forward and the years of a financial year follow one another"
)


def parse(label: str, basis: Basis | None = None) -> Period | None:
    """Read a label as published; None where it says that there is no period (No Value, TBC, empty).

    `basis` is what the measure or source states; the label must agree with it. Without one, a label that can
    be read in two ways is refused. `UnreadableInput` names the label and what to state.
    """
    text = _plain_typography(label, years=basis not in (None, Basis.MONTH))
    if text in _NO_PERIOD:
        return None
    if _RELEASE_WINDOW.search(text):
        what = "is a release window: it says when a figure comes out, not what it covers"
        raise UnreadableInput(f'"{label}" {what}', expected=_WANTED)
    plain = _readings(text, _PLAIN)
    doubtful = _readings(text, _QUARTER_OF_A_YEAR) if basis == Basis.QUARTER_FIN else []
    readings = doubtful or (plain if basis is None else _readings(text, _PLAIN + _STATED, basis))
    if len(readings) == 1:
        return readings[0]
    meant = doubtful or plain
    if not meant:
        raise UnreadableInput(f'"{label}" is not a period', expected=_WANTED)
    raise UnreadableInput(
        f'"{label}" can be read as {" or ".join(f"{spelled_out(each)} ({each.basis})" for each in meant)}',
        expected=f"a period of basis {basis}" if basis else "one reading",
        try_next=_clearer(meant, basis, two_ways=len(readings) > 1),
    )


def _clearer(meant: list[Period], basis: Basis | None, *, two_ways: bool) -> str:
    """Return labels that nobody can read in two ways, for what a label may mean."""
    if basis and not two_ways:
        return f"write it as in {_EXAMPLES[basis]}"
    labels = [
        Period(one.start, 3, Basis.QUARTER_FIN).label
        if one.months == 3
        else f"{_month_label(one.start)} - {_month_label(one.end)}"
        for one in meant
    ]
    kinds = dict.fromkeys(str(each.basis) for each in meant)
    stated = f", or state the basis: {', '.join(kinds)}" if len(kinds) > 1 and not basis else ""
    return f"write {' or '.join(labels)}{stated}"


def spelled_out(period: Period) -> str:
    """Return the months of a period in words, which nobody can read in two ways."""
    first, last = ((_NAMES[month % 12].capitalize(), month // 12) for month in (period.start, period.end))
    if period.months == 1:
        return " ".join(map(str, first))
    return f"{first[0]}{f' {first[1]}' if first[1] != last[1] else ''} to {last[0]} {last[1]}"


_EXAMPLES = {
    Basis.MONTH: "Dec 24", Basis.QUARTER_FIN: "2024/25 Q3", Basis.QUARTER_CAL: "2024 Q4", Basis.FIN_YEAR: "2024/25",
    Basis.CAL_YEAR: "2024", Basis.ACAD_YEAR: "2023/24", Basis.ROLLING12: "Oct 23 - Sept 24",
    Basis.POOLED_CAL: "2021-23", Basis.POOLED_FIN: "2021/22 - 23/24", Basis.PART_YEAR: "Apr 24 - Dec 24",
    Basis.RANGE: "Apr 24 - Dec 25",
}  # fmt: skip
_WORDS = (
    (r"[‐‑‒–—−]", "-"),
    (r"\b(?:quarter|qtr) ?(?=[1-4]\b)", "q"),
    (r"\b(?:twelve|rolling 12|rolling twelve) months?\b", "12 months"),
    (r"\bthree months\b", "3 months"),
    (r"\bsix months\b", "6 months"),
    (r"^(.*?),? \(?(?:fy|financial year)\)?$", r"fy \1"),
    (r"\bfinancial year\b", "fy"),
    (r"^(.*?),? \(?(?:ay|academic year)\)?$", r"ay \1"),
    (r"\bacademic year\b", "ay"),
    (r"^([qh][1-4])[ ,]*(?:of )?(.*)", r"\2 \1"),
)
_TWO_FIGURES = r"((?:fy|ay) ?)?(\d\d)([/-])(\d\d)((?:[ -]?[qh]\d)?)"


def _plain_typography(label: str, *, years: bool) -> str:
    """Return lower case, hyphens for dashes, years of four figures, and a quarter after its year.

    `years` : whether two figures before a stroke are a year: without, "11/12" may be November 2012.
    """
    text = " ".join(label.casefold().replace("’", "'").split())
    for pattern, written in _WORDS:
        text = re.sub(pattern, written, text).strip()
    text = re.sub(_DAY, _month_of_day, text)
    text = re.sub(r"^(?:(fy|ay) ?)(\d\d)$|^(\d\d)(?= ?[qh][1-4]$)", _year_in_full, text)
    found = re.fullmatch(_TWO_FIGURES, text)
    years = years or (found is not None and bool(found[1] or found[5] or int(found[2]) > 12))
    if found and years and (int(found[4]) - int(found[2])) % 100 == 1:
        text = f"{found[1] or ''}{_year(found[2])}{found[3]}{found[4]}{found[5]}"
    return text


def _year_in_full(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{_year(found[2] or found[3])}"


_DAY = (
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<name>{_NAME}),? '?(?P<year>{_EITHER})\b"
    rf"|\b(?P<of_month>\d{{1,2}})/(?P<month>\d{{1,2}})/(?P<of_year>{_EITHER})\b"
    rf"|(?P<iso_year>{_LONG})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)"
)


def _month_of_day(found: re.Match[str]) -> str:
    """Write the first day of a month as "^april 2023" and the last as "march 2024$"; others are left."""
    day, month, year = (
        next(text for name in names if (text := found[name]))
        for names in (("day", "of_month", "iso_day"), ("name", "month", "iso_month"), ("year", "of_year", "iso_year"))
    )
    number = [name[:3] for name in _NAMES].index(month[:3]) + 1 if month[0].isalpha() else int(month)
    if not 1 <= number <= 12:
        return found[0]
    written = f"{_NAMES[number - 1]} {_year(year)}"
    if int(day) == 1:
        return f"^{written}"
    return f"{written}$" if int(day) == calendar.monthrange(_year(year), number)[1] else found[0]


def _readings(text: str, rules: _Rules, stated: Basis | None = None) -> list[Period]:
    readings = []
    for pattern, build, bases in rules:
        if found := re.fullmatch(pattern, text):
            start, end = build({name: group for name, group in found.groupdict().items() if group})
            months = end - start + 1
            fitting = (basis for basis in bases if stated in {None, basis} and _fits(basis, start, months))
            readings += [Period(start, months, basis) for basis in islice(fitting, 1)]
    return readings


#: What publishers put in brackets after a label. OT is the outturn of a local finance return.
_SUFFIXES = {
    "p": Status.PROVISIONAL, "prov": Status.PROVISIONAL, "provisional": Status.PROVISIONAL,
    "r": Status.REVISED, "rev": Status.REVISED, "revised": Status.REVISED,
    "est": Status.ESTIMATED, "estimate": Status.ESTIMATED, "estimated": Status.ESTIMATED,
    "f": Status.PUBLISHED, "final": Status.PUBLISHED, "ot": Status.PUBLISHED,
}  # fmt: skip


def split_status(label: str) -> tuple[str, Status]:
    """Split "2018 (Rev)" into the label and its status; published where no bracket follows the label."""
    found = re.fullmatch(r"(.*?)\s*[(\[](.*?)\.?[)\]]\s*", label)
    if found is None:
        return label.strip(), Status.PUBLISHED
    if found[2].casefold() not in _SUFFIXES:
        raise UnreadableInput(f'the status "({found[2]})" of "{label}" is unknown', expected=", ".join(_SUFFIXES))
    return found[1], _SUFFIXES[found[2].casefold()]


def month_number(column: pd.Series) -> "pd.Series[int]":
    """Return ISO months ("2024-10") as year * 12 + month - 1; missing (Int64) where the text is empty."""
    codes, unique = pd.factorize(column.astype("str").fillna(""))
    numbers = pd.array([month_index(text) if text else None for text in unique], dtype="Int64")
    return pd.Series(numbers.take(codes), index=column.index, name=column.name)


# Snapshots are made for financial quarters.

_QUARTER_WANTED = "the label of a financial quarter, such as 2024/25 Q3"


def quarter_of(when: str | date) -> Period:
    """Return the financial quarter in which a month or date lies."""
    month = month_index(when)
    return Period(month - month % 3, 3, Basis.QUARTER_FIN)


def parse_quarter(label: str) -> Period:
    """Return the financial quarter that `label` names; `UsageError` when it names anything else."""
    try:
        period = parse(label)
    except UnreadableInput as error:
        raise UsageError(error.found, expected=_QUARTER_WANTED) from error
    if period is None or period.basis is not Basis.QUARTER_FIN:
        nearest = str(quarter_of(period.end_month)) if period else ""
        raise UsageError(f'"{label}" is not a financial quarter', expected=_QUARTER_WANTED, try_next=nearest)
    return period


def sequence(first: Period, last: Period) -> list[Period]:
    """Return the adjacent periods of one kind from `first` to `last`, both included."""
    count, rest = divmod(last.start - first.start, first.months)
    if (first.months, first.basis) != (last.months, last.basis) or count < 0 or rest:
        raise UsageError(f"no steps lead from {first} to {last}", expected="the same kind, the earlier first")
    return [first.shifted(step * first.months) for step in range(count + 1)]


def financial_quarters(first: str | Period, last: str | Period) -> list[Period]:
    """Return the financial quarters from one to another, both included, given as periods or labels."""
    return sequence(parse_quarter(str(first)), parse_quarter(str(last)))
