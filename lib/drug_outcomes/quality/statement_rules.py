"""Rules about statements: the same fact told twice, arithmetic between numbers, words against numbers."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.statements import NUMBERED, Qualifier, Relation, Told
from drug_outcomes.definitions.vocabulary import Compared, Direction, Kind, Severity, Verdict
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.arithmetic import digit_slip as slips
from drug_outcomes.quality.arithmetic import growth_hull as hull
from drug_outcomes.quality.arithmetic import truncated_from
from drug_outcomes.quality.evidence import Evidence, text_of

_HAIR = 1e-9
#: A level is not "stable" or "returned to" from this difference in per cent on.
_STABLE = 5.0


def same_fact_twice(evidence: Evidence) -> pd.DataFrame:
    """Find facts told with numbers that cannot both be true, and bounds that differ although both may be."""
    pairs = evidence.pairs
    alike = pairs["exact_x"] == pairs["exact_y"]
    apart = pairs[alike & _disjoint(pairs)]
    bound = pairs["qualifier_x"].isin([Qualifier.OVER, Qualifier.AT_LEAST]) & ~pairs["exact_x"]
    bounds = pairs[
        bound & (pairs["qualifier_x"] == pairs["qualifier_y"]) & (pairs["value_x"] != pairs["value_y"])
    ]
    wrong = _by_fact(evidence, apart, "The same fact is told with values that cannot both be true: {}.{}")
    both = _by_fact(evidence, bounds, "The same fact is told with two bounds; both may be true: {}.")
    return pd.concat([wrong, both.assign(severity=str(Severity.INFO))], ignore_index=True)


def qualifier_true(evidence: Evidence) -> pd.DataFrame:
    """Find words such as over and nearly that the number told elsewhere contradicts."""
    return _qualified(evidence, in_words=False, what="The word before the number does not hold: {}.")


def fraction_words(evidence: Evidence) -> pd.DataFrame:
    """Find fractions in words, such as over two-thirds, that the number told elsewhere contradicts."""
    return _qualified(evidence, in_words=True, what="The fraction in words does not hold: {}.")


def _qualified(evidence: Evidence, *, in_words: bool, what: str) -> pd.DataFrame:
    pairs = evidence.pairs
    mixed = pairs[(pairs["exact_x"] != pairs["exact_y"]) & _disjoint(pairs)]
    words = ~(mixed["text_x"].str.contains(r"\d") & mixed["text_y"].str.contains(r"\d"))
    return _by_fact(evidence, mixed[words == in_words], what)


def modifier_drift(evidence: Evidence) -> pd.DataFrame:
    """Find one number told with and without a word such as over."""
    pairs = evidence.pairs
    drift = pairs[(pairs["value_x"] == pairs["value_y"]) & (pairs["qualifier_x"] != pairs["qualifier_y"])]
    return _by_fact(evidence, drift, "The same number is told with different words before it: {}.")


def staff_vs_posts(evidence: Evidence) -> pd.DataFrame:
    """Find one fact told of different things: staff here, posts there."""
    pairs = evidence.pairs
    units = (pairs["unit_x"] != pairs["unit_y"]) & (pairs["unit_x"] != "") & (pairs["unit_y"] != "")
    return _by_fact(evidence, pairs[units], "The same fact is told of different things: {}.")


def list_count(evidence: Evidence) -> pd.DataFrame:
    """Find numbers of things that are not how many the document lists, or how many others say."""
    told = evidence.statements
    lists = told[told["kind"] == Told.LISTED]
    pairs = lists.merge(told[told["kind"].isin([*NUMBERED, Told.LISTED])], on="fact")
    return _by_fact(
        evidence, pairs[pairs["value_x"] != pairs["value_y"]], "The number and the list differ: {}."
    )


def _disjoint(pairs: pd.DataFrame) -> "pd.Series[bool]":
    """Whether two statements cannot both be true; of two numbers as printed, the coarser may round the finer."""
    gap = (pairs["value_x"] - pairs["value_y"]).abs()
    coarse = np.fmax(pairs["step_x"], pairs["step_y"])
    exact = pairs["exact_x"] & pairs["exact_y"]
    fine = (pairs["step_x"] - pairs["step_y"]).abs() < _HAIR * coarse
    rounded = (gap > coarse / 2 * (1 + _HAIR)) | (fine & (gap > coarse * _HAIR))
    # A number as printed stands for itself where the other is a bound: 2,974 is not over 3,000.
    ends = {
        name: pairs[f"value_{side}"].where(pairs[f"exact_{side}"], pairs[f"{end}_{side}"])
        for side in ("x", "y")
        for end in ("low", "high")
        for name in (f"{end}_{side}",)
    }
    crossed = (ends["low_x"] >= ends["high_y"]) | (ends["low_y"] >= ends["high_x"])
    bounds = ~pairs["exact_x"] & ~pairs["exact_y"]
    return rounded.where(exact, crossed & ((gap > 0) | bounds))


def _by_fact(evidence: Evidence, pairs: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return one finding for each fact of some pairs, with all statements in them.

    `what` has a place for the statements as printed, and may have one for a remark about a single digit.
    """
    names = [str(name).removesuffix("_x") for name in pairs if str(name).endswith("_x")]
    sides = [
        pairs[["fact", *(f"{name}_{side}" for name in names)]].set_axis(["fact", *names], axis=1)
        for side in ("x", "y")
    ]
    each = (
        pd.concat(sides)
        .drop_duplicates(["fact", "place", "text"])
        .sort_values(["document", "line"], kind="stable")
    )
    each = each.assign(said=_said(each))
    groups = each.groupby("fact", sort=False)
    firsts = groups.head(1).set_index("fact")
    told = firsts.assign(
        figures=groups["said"].agg("; ".join),
        place=groups["place"].agg("; ".join),
        document=groups["document"].agg(lambda names: "; ".join(dict.fromkeys(names))),
        digit=groups["text"].agg(_one_digit_apart),
    )
    sentences = [what.format(said, digit) for said, digit in zip(told["figures"], told["digit"], strict=True)]
    return finding(evidence, told.assign(what=pd.array(sentences, dtype="str")).reset_index())


def _said(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return statements as printed: "over 3,000 disruptions"."""
    word = rows["qualifier"].str.replace("_", " ")
    number = rows["text"].where(rows["text"] != "", text_of(rows["value"]))
    bare = number.str.contains(r"\d") & (word != "")
    unit = rows["unit"].where(~rows["unit"].isin(["", "%", "\u00a3"]), "")
    unit = unit.mask(rows["kind"] == Told.LISTED, unit + " listed")
    return ((word + " ").where(bare, "") + number + (" " + unit).where(unit != "", "")).str.strip()


def _one_digit_apart(texts: "pd.Series[str]") -> str:
    numbers = sorted(
        {"".join(sign for sign in text if sign.isdigit() or sign == ".").strip(".") for text in texts}
    )
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


def arithmetic(evidence: Evidence) -> pd.DataFrame:
    """Find differences, ratios, shares and sums that their own numbers do not make."""
    return _worked_out(
        evidence, [word for word in Relation if word not in (Relation.NONE, Relation.PERCENT_CHANGE)]
    )


def ratio_within_rounding(evidence: Evidence) -> pd.DataFrame:
    """Find stated changes in per cent that no unrounded numbers behind the printed ones could make."""
    return _worked_out(evidence, [Relation.PERCENT_CHANGE])


def _worked_out(evidence: Evidence, relations: list[Relation]) -> pd.DataFrame:
    told = evidence.statements
    rows = told[told["relation"].isin(relations)]
    best = told[told["kind"].isin([*NUMBERED, Told.LISTED]) & told["value"].notna()]
    best = best.sort_values(["exact", "step"], ascending=[False, True], kind="stable").drop_duplicates("fact")
    ends = best.set_index("fact")[["low", "high"]]
    ranges = [
        _range(Relation(relation), ends.loc[of.split(";")].to_numpy(dtype=float))
        for relation, of in zip(rows["relation"], rows["of"], strict=True)
    ]
    low, high = (np.array([each[end] for each in ranges], dtype=float) for end in (0, 1))
    wrong = (rows["low"] > high + _HAIR * np.abs(high)) | (rows["high"] < low - _HAIR * np.abs(low))
    between = [f"{least:.3g} to {most:.3g}" for least, most in zip(low, high, strict=True)]
    told = rows.assign(figures=_said(rows), between=pd.array(between, dtype="str"))[wrong]
    what = "Told as " + told["figures"] + "; the numbers that it rests on make " + told["between"] + "."
    return finding(evidence, told.assign(what=what))


def _range(relation: Relation, ends: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest result that some ranges allow."""
    low, high = ends[:, 0], ends[:, 1]
    if relation is Relation.SUM:
        return float(low.sum()), float(high.sum())
    if relation is Relation.DIFFERENCE:
        return float(low[1] - high[0]), float(high[1] - low[0])
    if relation is Relation.SHARE:
        return float(100 * low[0] / high[1]), float(100 * high[0] / low[1])
    ratio = float(low[1] / high[0]), float(high[1] / low[0])
    return ratio if relation is Relation.RATIO else (100 * (ratio[0] - 1), 100 * (ratio[1] - 1))


def growth_hull(evidence: Evidence) -> pd.DataFrame:
    """Find growth of a total outside that of its parts, which are all of it and share nobody."""
    told = evidence.statements
    split = told[(told["group"] != "") & told["role"].isin(["total", "part"])]
    split = split.assign(group=split["group"].str.split(";")).explode("group")
    found = []
    for _, rows in split.groupby(["document", "group", "area"], sort=False):
        total, parts = rows[rows["role"] == "total"], rows[rows["role"] == "part"]
        if len(total) == 1 and len(parts) > 1:
            decimals = -np.log10(rows["step"]).round().clip(lower=0).astype(int)
            places = int(decimals[total.index[0]]), list(decimals[parts.index])
            limits = hull(float(total["value"].iloc[0]), list(parts["value"]), *places)
            if limits.flag:
                found.append(_group_finding(rows, f"between {limits.low:.3g} and {limits.high:.3g}"))
    if not found:
        return pd.DataFrame()
    told = pd.concat(found)
    return finding(evidence, told)


def _group_finding(rows: pd.DataFrame, between: str) -> pd.DataFrame:
    total, parts = rows[rows["role"] == "total"], rows[rows["role"] == "part"]
    said = "; ".join(parts["text"])
    return total.assign(
        what=f"The total grew by {total['text'].iloc[0]}, and its parts by {said}: it must lie {between}.",
        figures=f"{total['text'].iloc[0]}; {said}",
        place="; ".join(rows["place"]),
    )


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
        beside = told[
            (told["document"] == row["document"]) & (told["unit"] == row["unit"]) & (told["group"] != "")
        ]
        other = beside[beside["area"] != row["area"]].groupby("line")["decimals"].max()
        digits = beside["bare"].str.fullmatch(r"\d") & (beside["decimals"] < beside["line"].map(other))
        near = beside[(beside["area"] == row["area"]) & digits & _shares_group(beside, str(row["group"]))]
        listed = ", ".join(near["text"]) if len(near) else row["text"]
        what = f"{row['text']} is the end of {row['text_other']}, told of the same fact; printed as short: {listed}."
        places = [*near["place"], *same.loc[same["fact"] == row["fact"], "place"], row["place"]]
        found.append({**row, "what": what, "figures": listed, "place": "; ".join(dict.fromkeys(places))})
    return finding(evidence, pd.DataFrame(found)) if found else pd.DataFrame()


def _shares_group(rows: pd.DataFrame, groups: str) -> "pd.Series[bool]":
    wanted = set(groups.split(";"))
    return rows["group"].map(lambda cell: bool(wanted & set(cell.split(";")))).astype(bool)


def percent_vs_points(evidence: Evidence) -> pd.DataFrame:
    """Find changes of a percentage told in per cent, of it or in points left open."""
    rows = evidence.claims
    shares = (rows["measure_kind"] == Kind.PROPORTION) | (rows["series_unit"] == "%")
    rows = rows[(rows["kind"] == Told.CHANGE) & (rows["unit"] == "%") & shares]
    gap = (rows["latest_value"] - rows["england_value"]).abs()
    close = (gap - rows["value"].abs()).abs() <= rows["step"] / 2
    ending = (" The difference from England is " + text_of(gap.round(1)) + " points: it may be that.").where(
        close, ""
    )
    what = (
        "A percentage is said to change by "
        + rows["text"]
        + ": of itself, or percentage points, is not said."
    )
    return finding(evidence, rows.assign(what=what + ending, figures=rows["text"]))


def narrative_vs_direction(evidence: Evidence) -> pd.DataFrame:
    """Find words about a change that the figures contradict."""
    rows = evidence.claims
    rows = rows[
        (rows["kind"] == Told.CLAIM) & rows["direction"].isin([Direction.UP, Direction.DOWN, Direction.SAME])
    ]
    same_time = (rows["period_end"] == "") | (rows["period_end"] == rows["latest_end"])
    opposite = rows["direction"].map({"up": "down", "down": "up"})
    against = same_time & (rows["latest_direction"] == opposite)
    change = 100 * (rows["series_last"] / rows["series_baseline"] - 1)
    unlike = np.where(
        rows["direction"] == Direction.SAME,
        change.abs() > _STABLE,
        np.sign(change) == opposite.map({"up": 1, "down": -1}),
    )
    moved = pd.Series(unlike, rows.index) & change.notna()
    figures = (text_of(rows["series_baseline"]) + "; " + text_of(rows["series_last"])).where(
        moved, rows["latest_direction"].fillna("")
    )
    ending = (" (" + change.map("{:+.1f}%".format).astype("str") + ")").where(moved, "")
    what = "The text says " + _quoted(rows) + "; the figures say " + figures + ending + "."
    places = (rows["place"] + "; " + rows["series_places"]).where(moved, rows["place"])
    told = rows.assign(what=what, figures=figures, place=places)[against | moved]
    return finding(evidence, told)


def _quoted(rows: pd.DataFrame) -> "pd.Series[str]":
    return "\u201c" + rows["text"].where(rows["text"] != "", rows["direction"] + rows["compared"]) + "\u201d"


def narrative_vs_values(evidence: Evidence) -> pd.DataFrame:
    """Find words that set an area beside England and that the figures contradict, or no test supports."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.CLAIM) & (rows["compared"] != "")]
    tested = rows["latest_verdict"].isin([Verdict.LOWER, Verdict.SIMILAR, Verdict.HIGHER])
    held = (
        rows["latest_verdict"]
        .where(tested, rows["latest_compared"])
        .replace({Verdict.SIMILAR: Compared.SAME})
    )
    sides = [Compared.LOWER, Compared.HIGHER]
    against = held.isin(sides) & rows["compared"].isin(sides) & (held != rows["compared"])
    unlike = tested & (held != rows["compared"])
    figures = text_of(rows["latest_value"]) + "; England " + text_of(rows["england_value"])
    what = (
        "The text says "
        + _quoted(rows)
        + "; the figures are "
        + figures
        + (", tested as " + rows["latest_verdict"].fillna("")).where(tested, "")
        + "."
    )
    return finding(evidence, rows.assign(what=what, figures=figures)[against | unlike])


def claim_without_comparator(evidence: Evidence) -> pd.DataFrame:
    """Find words that compare a measure for which there is nothing to compare with."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.CLAIM) & rows["compared"].isin([Compared.LOWER, Compared.HIGHER])]
    rows = rows[rows["latest_compared"] == Compared.NOT_COMPARABLE]
    what = "The text says " + _quoted(rows) + ", and there is no figure to compare with."
    return finding(evidence, rows.assign(what=what, figures=text_of(rows["latest_value"])))


def narrative_conflict(evidence: Evidence) -> pd.DataFrame:
    """Find documents that put the same thing on different levels."""
    told = evidence.statements
    told = told[(told["kind"] == Told.CLAIM) & (told["compared"] != "") & (told["fact"] != "")].reset_index()
    pairs = told.merge(told, on="fact")
    pairs = pairs[(pairs["index_x"] < pairs["index_y"]) & (pairs["compared_x"] != pairs["compared_y"])]
    return _by_fact(evidence, pairs, "The same thing is put on different levels: {}.")


def polarity_conflict(evidence: Evidence) -> pd.DataFrame:
    """Find documents, or a document and the agreed definition, that call opposite directions good."""
    told = evidence.claims
    told = told[told["polarity"] != ""].reset_index()
    agreed = told["measure_polarity"].isin(["high_is_good", "low_is_good"])
    rows = told[agreed & (told["measure_polarity"] != told["polarity"])]
    what = (
        "The text takes "
        + _quoted(rows)
        + " for good; the definition says "
        + rows["measure_polarity"].fillna("").str.replace("_", " ")
        + "."
    )
    defined = finding(evidence, rows.assign(what=what, figures=rows["polarity"]))
    pairs = told[told["fact"] != ""].merge(told, on="fact")
    pairs = pairs[(pairs["index_x"] < pairs["index_y"]) & (pairs["polarity_x"] != pairs["polarity_y"])]
    return pd.concat([defined, _by_fact(evidence, pairs, "Opposite directions are called good: {}.")])


def measure_substitution(evidence: Evidence) -> pd.DataFrame:
    """Find statements about a series that speak of another thing than it counts."""
    rows = evidence.claims
    rows = rows[
        rows["kind"].isin([Told.CLAIM, Told.FIGURE]) & (rows["unit"] != "") & (rows["series_unit"] != "")
    ]
    rows = rows[rows["unit"] != rows["series_unit"]]
    what = "The text speaks of " + rows["unit"] + "; the series counts " + rows["series_unit"] + "."
    return finding(evidence, rows.assign(what=what, figures=rows["unit"] + "; " + rows["series_unit"]))


def statement_vs_figure(evidence: Evidence) -> pd.DataFrame:
    """Find statements about a measure, an area and a period that the figures contradict."""
    told = evidence.statements
    rows = told[(told["kind"] == Told.FIGURE) & (told["measure"] != "") & (told["period_end"] != "")]
    key = ["measure", "area", "period_start", "period_end"]
    held = evidence.points[evidence.points["breakdown"] == ""].drop_duplicates(key, keep="last")
    rows = rows.merge(held[[*key, "value"]].rename(columns={"value": "held"}), on=key)
    rows = rows[(rows["held"] < rows["low"] - _HAIR) | (rows["held"] > rows["high"] + _HAIR)]
    figures = _said(rows) + "; " + text_of(rows["held"])
    return finding(
        evidence, rows.assign(what="The text and the figure held differ: " + figures + ".", figures=figures)
    )


def incomplete_coverage(evidence: Evidence) -> pd.DataFrame:
    """Find figures that rest on fewer places than there are."""
    told = evidence.statements
    rows = told[told["kind"] == Told.COVERAGE]
    whole = told[told["value"].notna()].drop_duplicates("fact").set_index("fact")["value"]
    of = rows["of"].map(whole).astype(float)
    rows, of = rows[rows["value"] < of], of[rows["value"] < of]
    figures = text_of(rows["value"]) + " of " + text_of(of) + " " + rows["unit"]
    return finding(
        evidence,
        rows.assign(
            what="The figures rest on " + figures + "; the others count as nothing.", figures=figures
        ),
    )


def ambiguous_period_label(evidence: Evidence) -> pd.DataFrame:
    """Find labels of periods that can be read in more than one way."""
    told = evidence.statements
    rows = told[told["period"].map(_is_ambiguous).astype(bool)].drop_duplicates(["document", "period"])
    what = (
        "\u201c"
        + rows["period"]
        + "\u201d can be read in more than one way; here it is read as "
        + rows["basis"].str.replace("_", " ")
        + "."
    )
    return finding(evidence, rows.assign(what=what, figures=rows["period"]))


def _is_ambiguous(label: str) -> bool:
    try:
        periods.parse(label)
    except UnreadableInput:
        return True
    return False


def baseline_definition(evidence: Evidence) -> pd.DataFrame:
    """Find baselines named by a month for figures that cover more than a month."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.BASELINE) & (rows["measure_window_months"] > 1)]
    rows = rows[(rows["period_start"] == rows["period_end"]) & (rows["period_end"] != "")].drop_duplicates(
        "place"
    )
    what = (
        "The baseline is called "
        + rows["text"]
        + ": that month, the quarter or the year that ends then is not said."
    )
    return finding(evidence, rows.assign(what=what, figures=rows["text"]))


def date_vs_title(evidence: Evidence) -> pd.DataFrame:
    """Find documents signed in another month than their title names."""
    told = evidence.statements
    signed = told[told["kind"] == Told.SIGNED]
    title = told[told["kind"] == Told.DATED].drop_duplicates("document").set_index("document")
    month, place = (signed["document"].map(title[name]) for name in ("period_end", "place"))
    told = signed.assign(what="The title says " + month + ", and the document was signed on " + signed["text"] + ".",
                         figures=month + "; " + signed["text"], place=place + "; " + signed["place"])  # fmt: skip
    return finding(evidence, told[(month != signed["period_end"]) & month.notna()])


def edition_mismatch(evidence: Evidence) -> pd.DataFrame:
    """Find documents that cite an older scorecard than the one held."""
    told = evidence.statements
    newest = str(evidence.newest_edition["period_end"].max()) if len(evidence.newest_edition) else ""
    rows = told[(told["kind"] == Told.EDITION) & (told["period_end"] < newest)].drop_duplicates("document")
    what = (
        "The edition of " + rows["text"] + " is cited; the scorecard held has figures up to " + newest + "."
    )
    return finding(evidence, rows.assign(what=what, figures=rows["text"] + "; " + newest))


def cross_document_next_release(evidence: Evidence) -> pd.DataFrame:
    """Find series for which documents announce different periods as the next to come."""
    told = evidence.statements
    rows = told[(told["kind"] == Told.NEXT) & (told["fact"] != "")].reset_index()
    pairs = rows.merge(rows, on="fact")
    apart = (pairs["period_end_x"] != pairs["period_end_y"]) & (pairs["index_x"] < pairs["index_y"])
    return _by_fact(evidence, pairs[apart], "Different periods are announced as the next: {}.")


def annual_series_gap(evidence: Evidence) -> pd.DataFrame:
    """Find years missing from what is called annual."""
    told = evidence.statements
    rows = told[(told["kind"] == Told.PUBLISHED) & (told["unit"] == "annual")]
    years = rows["period_end"].str[:4].astype(int)
    ordered = rows.assign(year=years).sort_values(["fact", "year"], kind="stable")
    before = ordered.groupby("fact")[["year", "place", "text"]].shift()
    missing = ordered[ordered["year"] - before["year"] > 1]
    figures = before["text"] + "; " + ordered["text"]
    rows = missing.assign(
        what="Said to be annual, with a year or more missing between: " + figures + ".", figures=figures,
        place=before["place"] + "; " + missing["place"],
    )  # fmt: skip
    return finding(evidence, rows)


def superseded_target(evidence: Evidence) -> pd.DataFrame:
    """Find ambitions told as in force in a document by whose date they had been replaced."""
    told = evidence.statements
    dated = told[told["kind"] == Told.DATED].drop_duplicates("document").set_index("document")["period_end"]
    if evidence.national is None:
        return pd.DataFrame()
    aims = evidence.national.milestones
    later = aims.set_index("milestone")
    old = aims[aims["status"] == "superseded"]
    old = old.assign(
        since=old["superseded_by"].map(later["document_date"]), now=old["superseded_by"].map(later["target"])
    )
    rows = told[told["kind"] == Told.TARGET].merge(
        old[["target", "unit", "since", "now"]].rename(columns={"target": "value"}), on=["value", "unit"]
    )
    rows = rows[rows["document"].map(dated) >= rows["since"]]
    figures = rows["text"] + "; " + text_of(rows["now"])
    what = rows["text"] + " " + rows["unit"] + " had been replaced by " + text_of(rows["now"]) + "."
    return finding(evidence, rows.assign(what=what, figures=figures))


def progress_against_target(evidence: Evidence) -> pd.DataFrame:
    """Find series that move away from the ambition set for them."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.TARGET) & rows["direction"].isin([Direction.UP, Direction.DOWN])]
    change = rows["series_last"] - rows["series_baseline"]
    away = change * rows["direction"].map({"up": 1, "down": -1}).astype(float) < 0
    told = rows.assign(change=change)[away]
    figures = text_of(told["series_baseline"]) + "; " + text_of(told["series_last"])
    what = (
        "The ambition is "
        + told["text"]
        + " more "
        + told["unit"]
        + "; the series went from "
        + text_of(told["series_baseline"])
        + " to "
        + text_of(told["series_last"])
        + "."
    )
    return finding(
        evidence, told.assign(what=what, figures=figures, place=told["place"] + "; " + told["series_places"])
    )
