"""Rules about statements: the same fact told twice, with other numbers, words, times or digits."""

from itertools import product

import numpy as np
import pandas as pd

from drug_outcomes.definitions.statements import NUMBERED, Qualifier, Told
from drug_outcomes.quality.arithmetic import digit_slip as slips
from drug_outcomes.quality.arithmetic import truncated_from
from drug_outcomes.quality.evidence import Evidence, text_of

_HAIR = 1e-9


def same_fact_twice(evidence: Evidence) -> pd.DataFrame:
    """Find facts told with numbers that cannot both be true; a number that was corrected since is not wrong."""
    pairs = evidence.pairs
    alike = pairs["exact_x"] == pairs["exact_y"]
    return by_fact(evidence, pairs[alike & _disjoint(pairs)])


def two_bounds(evidence: Evidence) -> pd.DataFrame:
    """Find facts told with bounds that differ although both may hold."""
    pairs = evidence.pairs
    bound = pairs["qualifier_x"].isin([Qualifier.OVER, Qualifier.AT_LEAST]) & ~pairs["exact_x"]
    same = pairs["qualifier_x"] == pairs["qualifier_y"]
    return by_fact(evidence, pairs[bound & same & (pairs["value_x"] != pairs["value_y"])])


def two_dates(evidence: Evidence) -> pd.DataFrame:
    """Find one number of one fact told of two times."""
    pairs = evidence.pairs
    dated = (pairs["period_end_x"] != "") & (pairs["period_end_y"] != "")
    unlike = pairs["period_end_x"] != pairs["period_end_y"]
    return by_fact(evidence, pairs[dated & unlike & (pairs["value_x"] == pairs["value_y"])], dated=True)


def qualifier_true(evidence: Evidence) -> pd.DataFrame:
    """Find words such as over and nearly that the number told elsewhere contradicts."""
    return _qualified(evidence, in_words=False)


def fraction_words(evidence: Evidence) -> pd.DataFrame:
    """Find fractions in words, such as over two-thirds, that the number told elsewhere contradicts."""
    return _qualified(evidence, in_words=True)


def _qualified(evidence: Evidence, *, in_words: bool) -> pd.DataFrame:
    pairs = evidence.pairs
    mixed = pairs[(pairs["exact_x"] != pairs["exact_y"]) & _disjoint(pairs)]
    words = ~(mixed["text_x"].str.contains(r"\d") & mixed["text_y"].str.contains(r"\d"))
    return by_fact(evidence, mixed[words == in_words])


def modifier_drift(evidence: Evidence) -> pd.DataFrame:
    """Find one number told with and without a word such as over."""
    pairs = evidence.pairs
    same = pairs["value_x"] == pairs["value_y"]
    return by_fact(evidence, pairs[same & (pairs["qualifier_x"] != pairs["qualifier_y"])])


def staff_vs_posts(evidence: Evidence) -> pd.DataFrame:
    """Find one fact told of different things: staff here, posts there."""
    pairs = evidence.pairs
    named = (pairs["unit_x"] != "") & (pairs["unit_y"] != "")
    return by_fact(evidence, pairs[named & (pairs["unit_x"] != pairs["unit_y"])])


def list_count(evidence: Evidence) -> pd.DataFrame:
    """Find numbers of things that are not how many the document lists, or how many others say."""
    told = evidence.statements
    lists = told[told["kind"] == Told.LISTED]
    pairs = lists.merge(told[told["kind"].isin([*NUMBERED, Told.LISTED])], on="fact")
    return by_fact(evidence, pairs[pairs["value_x"] != pairs["value_y"]])


def _disjoint(pairs: pd.DataFrame) -> "pd.Series[bool]":
    """Whether two statements cannot both be true; of two numbers as printed, the coarser may round the finer."""
    gap = (pairs["value_x"] - pairs["value_y"]).abs()
    coarse = np.fmax(pairs["step_x"], pairs["step_y"])
    exact = pairs["exact_x"] & pairs["exact_y"]
    fine = (pairs["step_x"] - pairs["step_y"]).abs() < _HAIR * coarse
    rounded = (gap > coarse / 2 * (1 + _HAIR)) | (fine & (gap > coarse * _HAIR))
    # A number as printed stands for itself where the other is a bound: 2,974 is not over 3,000.
    ends = {
        f"{end}_{side}": pairs[f"value_{side}"].where(pairs[f"exact_{side}"], pairs[f"{end}_{side}"])
        for side, end in product(("x", "y"), ("low", "high"))
    }
    crossed = (ends["low_x"] >= ends["high_y"]) | (ends["low_y"] >= ends["high_x"])
    bounds = ~pairs["exact_x"] & ~pairs["exact_y"]
    return rounded.where(exact, crossed & ((gap > 0) | bounds))


def by_fact(evidence: Evidence, pairs: pd.DataFrame, *, dated: bool = False) -> pd.DataFrame:
    """Return one finding for each fact of some pairs, with all statements in them.

    Adds `figures` (the statements as printed, `dated` with their periods) and `digit` (a remark where they are
    one digit apart).
    """
    names = [str(name).removesuffix("_x") for name in pairs if str(name).endswith("_x")]
    sides = [
        pairs[["fact", *(f"{name}_{side}" for name in names)]].set_axis(["fact", *names], axis=1) for side in ("x", "y")
    ]
    each = pd.concat(sides).drop_duplicates(["fact", "place", "text"]).sort_values(["document", "line"], kind="stable")
    each = each.assign(said=as_told(each) + ((" of " + each["period"]) if dated else ""))
    groups = each.groupby("fact", sort=False)
    told = (
        groups.head(1)
        .set_index("fact")
        .assign(
            figures=groups["said"].agg("; ".join),
            place=groups["place"].agg("; ".join),
            document=groups["document"].agg(lambda names: "; ".join(dict.fromkeys(names))),
            digit=groups["text"].agg(_one_digit_apart),
        )
    )
    return finding(evidence, told.reset_index())


def as_told(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return statements as printed: "over 3,000 disruptions"."""
    word = rows["qualifier"].str.replace("_", " ")
    number = rows["text"].where(rows["text"] != "", text_of(rows["value"]))
    bare = number.str.contains(r"\d") & (word != "")
    unit = rows["unit"].where(~rows["unit"].isin(["", "%", "\u00a3"]), "")
    unit = unit.mask(rows["kind"] == Told.LISTED, unit + " listed")
    return ((word + " ").where(bare, "") + number + (" " + unit).where(unit != "", "")).str.strip()


def _one_digit_apart(texts: "pd.Series[str]") -> str:
    numbers = sorted({"".join(sign for sign in text if sign.isdigit() or sign == ".").strip(".") for text in texts})
    if len(numbers) != 2 or not all(numbers):
        return ""
    one, other = numbers
    return " They are one digit apart." if slips(one, float(other), float(other)).candidates else ""


def finding(evidence: Evidence, rows: pd.DataFrame) -> pd.DataFrame:
    """Return statements with what a finding tells of a measure, where they name one."""
    own = evidence.definitions.measures[["measure", "number", "title"]]
    named = rows.assign(measure=rows["measure"].where(rows["measure"].isin(own["measure"]), ""))
    return named.merge(own, on="measure", how="left").assign(
        title=lambda told: told["title"].fillna(""), period_label=lambda told: told["period"]
    )


def statement_vs_figure(evidence: Evidence) -> pd.DataFrame:
    """Find statements about a measure, an area and a period that the figures contradict."""
    told = evidence.statements
    rows = told[(told["kind"] == Told.FIGURE) & (told["measure"] != "") & (told["period_end"] != "")]
    key = ["measure", "area", "period_start", "period_end"]
    held = evidence.points[evidence.points["breakdown"] == ""].drop_duplicates(key, keep="last")
    rows = rows.merge(held[[*key, "value"]].rename(columns={"value": "held"}), on=key)
    rows = rows[(rows["held"] < rows["low"] - _HAIR) | (rows["held"] > rows["high"] + _HAIR)]
    return finding(evidence, rows.assign(said=as_told(rows)))


def truncated_digits(evidence: Evidence) -> pd.DataFrame:
    """Find numbers that are only the last digits of what is told elsewhere, and others beside them of that form.

    Once one is proved, those of its group that have a single digit, and fewer decimals than the comparator
    printed beside them, are under the same suspicion.
    """
    told = evidence.statements
    told = told[told["kind"].isin(NUMBERED) & told["text"].str.contains(r"\d")]
    bare = told["text"].str.replace(r"[^\d.]", "", regex=True).str.strip(".")
    told = told.assign(bare=bare, decimals=bare.str.replace(r"^\d*\.?", "", regex=True).str.len())
    same = told[told["fact"] != ""].merge(told[["fact", "bare", "text"]], on="fact", suffixes=("", "_other"))
    others = same["bare_other"].map(lambda one: [one])
    ends = [bool(truncated_from(*each)) for each in zip(same["bare"], others, strict=True)]
    proof = same[np.array(ends, dtype=bool)]
    found = []
    for row in proof.drop_duplicates("place").to_dict("records"):
        beside = told[(told["document"] == row["document"]) & (told["unit"] == row["unit"]) & (told["group"] != "")]
        other = beside[beside["area"] != row["area"]].groupby("line")["decimals"].max()
        digits = beside["bare"].str.fullmatch(r"\d") & (beside["decimals"] < beside["line"].map(other))
        near = beside[(beside["area"] == row["area"]) & digits & _shares_group(beside, str(row["group"]))]
        listed = ", ".join(near["text"]) if len(near) else row["text"]
        places = [*near["place"], *same.loc[same["fact"] == row["fact"], "place"], row["place"]]
        found.append({**row, "listed": listed, "place": "; ".join(dict.fromkeys(places))})
    return finding(evidence, pd.DataFrame(found)) if found else pd.DataFrame()


def _shares_group(rows: pd.DataFrame, groups: str) -> "pd.Series[bool]":
    wanted = set(groups.split(";"))
    return rows["group"].map(lambda cell: bool(wanted & set(cell.split(";")))).astype(bool)
