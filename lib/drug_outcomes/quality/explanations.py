"""Explanations: what a finding or signal turned out to be, remembered so that nobody has to find out again.

`explanations.csv` of an area holds one explanation a line and only ever grows. A line repeats the figure that
it is about; where that has not been published, the line of a real area stands in
`restricted/explanations.csv`, which git ignores. An explanation holds for the figure as it stood when it was
recorded: once the figure, or what the finding says of it, is another, or the day in `until` is over, the
finding is open again. Of several explanations of the same figure the newest counts, so that one is withdrawn
by a newer one whose `until` lies in the past. Lines under the file's earlier name, `verdicts.csv`, still count.
Nothing here changes a figure.
"""

import csv
import io
from collections.abc import Mapping
from functools import reduce
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Release
from drug_outcomes.disclosure import words
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import received

FILE = "explanations.csv"
RESTRICTED = Path("restricted", FILE)
#: Where explanations are read from; the first of each pair is what the file was called before.
_READ = ("verdicts.csv", FILE, Path("restricted", "verdicts.csv"), RESTRICTED)
#: What an explanation of a statistical signal is about; any other is about the finding of the rule with that id.
SIGNAL = "signal"
EXPLAINED = "explained"
#: What a finding or figure carries of its explanation.
CARRIED = ("explanation", "explained_by", "explained_on", "explained_until")
KEPT_BACK = "The partnership has explained it; the words are not for publication."
_MOST_WORDS = 1000
_ONE_LINE = "[^\r\n\x00-\x08\x0b\x0c\x0e-\x1f]*"
#: Text that people wrote: on one line, and nothing that a spreadsheet would run.
_SAID = f"one line of up to {_MOST_WORDS} characters that begins with a letter, digit, bracket or quotation mark"
COLUMNS = (
    *edited_tables.ids("about"),
    *edited_tables.matching("the id of a measure, or nothing", r"([a-z][a-z0-9_]*)?", "measure"),
    *edited_tables.codes("area"),
    *edited_tables.matching("one line of text", _ONE_LINE, "period", "place", "figure", "figures"),
    *edited_tables.matching(_SAID, rf"(?=.{{1,{_MOST_WORDS}}}$)[\w(\[£“‘]{_ONE_LINE}", "explanation", "who"),
    *edited_tables.dates("recorded", blank=False),
    *edited_tables.dates("until"),
)
_NAMES = [column.name for column in COLUMNS]
_PLACE = ["measure", "area"]
_SUBJECT = ["about", *_PLACE, "period", "place"]


def read(area: Area, definitions: Definitions) -> pd.DataFrame:
    """Read an area's explanations in the columns of COLUMNS, oldest first; an area without the file has none.

    Raises `UnreadableInput` with file, row, column and what was expected.
    """
    files = [area.folder / name for name in _READ]
    held = [_read(file, definitions) for file in files if file.exists()]
    if not held:
        return pd.DataFrame(columns=_NAMES, dtype="str")
    return pd.concat(held).sort_values("recorded", kind="stable", ignore_index=True)


def _read(file: Path, definitions: Definitions) -> pd.DataFrame:
    table = edited_tables.read(file, COLUMNS)
    known = {"", *definitions.measures["measure"]}
    edited_tables.known(table, file, "measure", known, "data/framework/measures.csv or the area's own")
    return table[_NAMES]


def for_the_public(recorded: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the explanations without the words of those that could tell a hidden figure, nor their authors.

    Parameters
    ----------
    before, after : the same observations before and after `disclosure.withhold`, with equal index; `after`
        carries `withheld`.
    """
    said = recorded["explanation"] + " " + recorded["who"]
    written = pd.DataFrame({"about": recorded["measure"], "text": said}, index=recorded.index)
    back = words.could_tell(written, before[after["withheld"] != ""])
    return recorded.assign(
        explanation=recorded["explanation"].mask(back, KEPT_BACK), who=recorded["who"].mask(back, "")
    )


def explain_findings(findings: pd.DataFrame, recorded: pd.DataFrame, series: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Mark the findings of which an explanation holds: status `explained`, and the columns of CARRIED.

    Parameters
    ----------
    findings : what the rules found; series : the figures as the audience sees them.
    as_of : the ISO date on which explanations that have ended by then hold no more.
    """
    subjects = _about_findings(findings, series)
    held = _in_force(subjects, recorded, ["figure", "figures"], as_of)
    explained = held["explained_on"] != ""
    status = findings["status"] if "status" in findings else pd.Series("open", findings.index)
    return _carrying(findings, held).assign(status=status.mask(explained, EXPLAINED))


def explain_signals(series: pd.DataFrame, recorded: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Add the columns of CARRIED to figures: what explains that they stand out from their own past.

    Limits move with every new point, so the explanation of a signal holds as long as the figure itself stands.
    """
    return _carrying(series, _in_force(_about_signals(series), recorded, ["figure"], as_of))


def subjects(findings: pd.DataFrame, series: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return all of which an explanation can be recorded: the columns that name it, what, status and CARRIED.

    These are the findings, and the area's own figures that stand out from their past, newest first.
    """
    unusual = series[(series["area"] == area) & _stands_out(series)].sort_values(
        "period_end", ascending=False, kind="stable"
    )
    signals = _about_signals(unusual).assign(
        what=unusual["signal"].where(unusual["signal"] != "", "unusual: " + unusual["unusual_note"]),
        status=(unusual["explanation"] != "").map({True: EXPLAINED, False: "open"}),
    )
    told = _about_findings(findings, series).assign(what=findings["what"], status=findings["status"])
    both = [frame.join(_texts(rest, *CARRIED)) for frame, rest in ((told, findings), (signals, unusual)) if len(frame)]
    names = [*_SUBJECT, "figure", "figures", "hidden", "restricted", "what", "status", *CARRIED]
    return pd.concat(both, ignore_index=True) if both else pd.DataFrame(columns=names)


def record(
    area: Area,
    definitions: Definitions,
    candidates: pd.DataFrame,
    about: str,
    measure: str = "",
    *,
    explanation: str,
    who: str,
    until: str = "",
    when: str = "",
    period: str = "",
    place: str = "",
    as_of: str = "",
) -> pd.DataFrame:
    """Append an explanation to the area's file, and return its line (one for each figure that it is about).

    Parameters
    ----------
    candidates : what `subjects` returns. `about`, `measure`, and where they do not suffice `period` and
        `place`, pick from it.
    until, when : ISO dates; no `until` means as long as the figure stands, no `when` means today.
    as_of : the date of the page in front of the analyst; one that has ended by then is a slip.

    Raises
    ------
    UsageError : nothing like that was found, its figure is hidden, or the words cannot be kept.
    """
    chosen = _chosen(candidates, about=about, measure=measure, period=period, place=place)
    if until and until < as_of:
        raise UsageError(
            f"an explanation until {until} has ended by {as_of}, the date of this page",
            expected="a later date, or nothing: as long as the figure stands",
        )
    told = {"explanation": _line(explanation), "who": _line(who), "until": until.strip()}
    added = chosen[[*_SUBJECT, "figure", "figures"]].assign(**told, recorded=received.day(when))[_NAMES]
    for column in COLUMNS:
        wrong = [value for value in added[column.name] if not column.valid(value)]
        if wrong:
            raise UsageError(f"{column.name} is {wrong[0][:80]!r}", expected=column.expected)
    read(area, definitions)  # nothing is added to a file that cannot be read
    apart = chosen["restricted"].astype(bool) & (not area.fictional)
    for file, lines in ((FILE, added[~apart]), (RESTRICTED, added[apart])):
        if len(lines):
            _append(area.folder / file, lines)
    return added


def _chosen(candidates: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    fits = pd.Series(True, candidates.index)
    for name, value in wanted.items():
        fits &= (candidates[name] == value) if value or name == "measure" else True
    chosen = candidates[fits]
    if wanted["about"] == SIGNAL:
        chosen = chosen.head(1)  # the newest, where no period is named
    if chosen.empty:
        mine = candidates[candidates["measure"] == wanted["measure"]]
        there = sorted({f"{a} of {p}" if p else a for a, p in zip(mine["about"], mine["period"], strict=True)})
        asked = ", ".join(value for value in wanted.values() if value)
        raise UsageError(
            f"there is nothing to explain under {asked}",
            expected="one of: " + "; ".join(there) if there else "a measure with a finding or signal",
        )
    if chosen["hidden"].any():
        raise UsageError(
            "the figure is hidden from the public, so it cannot be said which figure is explained",
            try_next='open the report with audience="partnership"',
        )
    return chosen


def _append(file: Path, added: pd.DataFrame) -> None:
    """Write lines at the end of the file in its own order of columns, in one piece."""
    old = file.read_bytes() if file.exists() else b""
    header = next(csv.reader(old.decode("utf-8-sig").splitlines()), None) if old else None
    text = io.StringIO(newline="")
    if old and not old.endswith(b"\n"):
        text.write("\n")
    added.reindex(columns=header or _NAMES, fill_value="").to_csv(
        text, index=False, header=header is None, lineterminator="\n"
    )
    try:
        received.place(file, old + text.getvalue().encode("utf-8"))
    except OSError as error:
        raise UnreadableInput(
            f"nothing can be written here ({error.strerror})", expected="a file that you may change", file=file
        ) from error


def _about_findings(findings: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return what names each finding, and the figure it is on.

    A finding on a measure is known by its period, since its place moves with every new file; one on a
    document by its place.
    """
    text = _texts(findings, "rule", "measure", "area", "period_label", "document", "place", "figures")
    named = text["measure"] != ""
    place = (text["document"] + " " + text["place"]).str.strip().mask(named, "")
    keyed = pd.DataFrame(
        {
            "about": text["rule"],
            "measure": text["measure"],
            "area": text["area"],
            "period": text["period_label"],
            "place": place.map(_cell),
            "figures": text["figures"].map(_cell),
        },
        index=findings.index,
    )
    mine = series[(series["breakdown"] == "") & series["measure"].isin(text["measure"].unique())]
    known, wanted = (_key(table, [*_PLACE, name]) for table, name in ((mine, "period_label"), (keyed, "period")))
    about = mine[known.isin(wanted)]
    held = pd.DataFrame({"figure": _figure(about), "hidden": about["withheld"] != ""})
    by = held.groupby(known[about.index]).agg(figure=("figure", _several), hidden=("hidden", "any"))
    return keyed.assign(
        figure=wanted.map(by["figure"].to_dict()).astype("str").fillna(""),
        hidden=wanted.isin(by.index[by["hidden"].astype(bool)]),
        # A finding on a measure may print figures of other periods, so one restricted return keeps them all back.
        restricted=text["measure"].isin(set(mine.loc[mine["release"] != Release.PUBLIC, "measure"])),
    )


def _about_signals(series: pd.DataFrame) -> pd.DataFrame:
    out = _stands_out(series)
    return pd.DataFrame(
        {
            "about": pd.Series("", series.index, dtype="str").mask(out, SIGNAL),
            "measure": series["measure"],
            "area": series["area"],
            "period": series["period_label"],
            "place": "",
            "figures": series["signal"].where(series["signal"] != "", series["unusual_note"]).map(_cell),
            "figure": _figure(series),
            "hidden": series["withheld"] != "",
            "restricted": series["release"] != Release.PUBLIC,
        },
        index=series.index,
    )


def _stands_out(series: pd.DataFrame) -> "pd.Series[bool]":
    headline: pd.Series[bool] = (series["breakdown"] == "") & (series["withheld"] == "")
    return headline & ((series["signal"] != "") | (series["unusual"] != ""))


def _figure(series: pd.DataFrame) -> "pd.Series[str]":
    """Return the figure as it stands: its number, or what is printed in its place."""
    number = series["value"].map("{:.10g}".format, na_action="ignore").astype("str")
    return number.where(series["value"].notna(), series["text"]).map(_cell).astype("str")


def _several(figures: "pd.Series[str]") -> str:
    return "; ".join(dict.fromkeys(figures))


def _in_force(subjects: pd.DataFrame, recorded: pd.DataFrame, same: list[str], as_of: str) -> pd.DataFrame:
    """Return the columns of CARRIED of the explanation that holds of each subject, "" where none does."""
    keys = [*_SUBJECT, *same]
    last = recorded.drop_duplicates(keys, keep="last")
    holding = last[(last["until"] == "") | (last["until"] >= as_of)]
    key, last_line = _key(subjects, keys), holding.set_axis(_key(holding, keys))
    named = zip(CARRIED, ("explanation", "who", "recorded", "until"), strict=True)
    holds = key.isin(last_line.index) & ~subjects["hidden"]
    return pd.DataFrame(
        {new: key.map(last_line[old].to_dict()).where(holds, "").astype("str") for new, old in named},
        index=subjects.index,
    )


def _key(table: pd.DataFrame, names: list[str]) -> "pd.Series[str]":
    """Return some columns as one text per row."""
    empty = pd.Series("", table.index, dtype="str")
    return reduce(lambda text, name: text + table[name].astype("str") + "\x1f", names, empty)


def _carrying(table: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the columns of CARRIED; an explanation that stood there already stays."""
    held = table["explanation"].fillna("") if "explanation" in table else ""
    explained = recorded["explained_on"] != ""
    said = recorded["explanation"].where(explained, held).astype("str")
    return table.assign(**recorded.assign(explanation=said))


def _texts(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return some columns as text, "" where a cell or the whole column is missing."""
    return pd.DataFrame(
        {name: table[name].astype("str").fillna("") if name in table else "" for name in names}, table.index
    )


def _line(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def _cell(text: str) -> str:
    """Return text that fills one cell: on one line, and nothing that a spreadsheet would run."""
    line = _line(str(text))
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def as_options(candidates: pd.DataFrame) -> Mapping[str, Mapping[str, str]]:
    """Return what can be explained as a person picks it: a label, and the words that `record` wants."""
    names = ["about", "measure", "period", "place"]
    return {
        f"{row['about'].replace('_', ' ')}, {row['period'] or row['place']}"
        f"{' (' + EXPLAINED + ')' if row['status'] == EXPLAINED else ''}": {n: row[n] for n in names}
        for row in candidates.to_dict("records")
    }
