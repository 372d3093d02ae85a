"""Rules about words in documents: against the figures, against one another, and about times."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.statements import Told
from drug_outcomes.definitions.vocabulary import Compared, Direction, Verdict
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.evidence import Evidence, text_of
from drug_outcomes.quality.statement_rules import by_fact, finding

#: A level is not "stable" or "returned to" from this difference in per cent on.
_STABLE = 5.0
_OPPOSITE = {"up": "down", "down": "up"}


def narrative_vs_direction(evidence: Evidence) -> pd.DataFrame:
    """Find words about a change that the figures contradict."""
    rows = evidence.claims
    arrows = [Direction.UP, Direction.DOWN, Direction.SAME]
    rows = rows[(rows["kind"] == Told.CLAIM) & rows["direction"].isin(arrows)]
    same_time = (rows["period_end"] == "") | (rows["period_end"] == rows["latest_end"])
    opposite = rows["direction"].map(_OPPOSITE)
    against = same_time & (rows["latest_direction"] == opposite)
    change = 100 * (rows["series_last"] / rows["series_baseline"] - 1)
    unlike = np.where(
        rows["direction"] == Direction.SAME,
        change.abs() > _STABLE,
        np.sign(change) == opposite.map({"up": 1, "down": -1}),
    )
    moved = pd.Series(unlike, rows.index) & change.notna()
    series = text_of(rows["series_baseline"]) + "; " + text_of(rows["series_last"])
    told = rows.assign(
        quoted=_quoted(rows),
        figures=series.where(moved, rows["latest_direction"].fillna("")),
        ending=(" (" + change.map("{:+.1f}%".format).astype("str") + ")").where(moved, ""),
        place=(rows["place"] + "; " + rows["series_places"]).where(moved, rows["place"]),
    )
    return finding(evidence, told[against | moved])


def _quoted(rows: pd.DataFrame) -> "pd.Series[str]":
    return rows["text"].where(rows["text"] != "", rows["direction"] + rows["compared"])


def narrative_vs_values(evidence: Evidence) -> pd.DataFrame:
    """Find words that set an area beside England and that the figures contradict, or no test supports."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.CLAIM) & (rows["compared"] != "")]
    verdict = rows["latest_verdict"]
    tested = verdict.isin([Verdict.LOWER, Verdict.SIMILAR, Verdict.HIGHER])
    held = verdict.where(tested, rows["latest_compared"]).replace({Verdict.SIMILAR: Compared.SAME})
    sides = [Compared.LOWER, Compared.HIGHER]
    against = held.isin(sides) & rows["compared"].isin(sides) & (held != rows["compared"])
    unlike = tested & (held != rows["compared"])
    ending = (", tested as " + verdict.fillna("")).where(tested, "")
    return finding(evidence, rows.assign(quoted=_quoted(rows), ending=ending)[against | unlike])


def claim_without_comparator(evidence: Evidence) -> pd.DataFrame:
    """Find words that compare a measure for which there is nothing to compare with."""
    rows = evidence.claims
    rows = rows[(rows["kind"] == Told.CLAIM) & rows["compared"].isin([Compared.LOWER, Compared.HIGHER])]
    rows = rows[rows["latest_compared"] == Compared.NOT_COMPARABLE]
    return finding(evidence, rows.assign(quoted=_quoted(rows)))


def narrative_conflict(evidence: Evidence) -> pd.DataFrame:
    """Find documents that put the same thing on different levels."""
    told = evidence.statements
    told = told[(told["kind"] == Told.CLAIM) & (told["compared"] != "")]
    return by_fact(evidence, _unlike(told, "compared"))


def _unlike(told: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return every two statements of one fact that differ in a column, each pair once."""
    rows = told[told["fact"] != ""].reset_index()
    pairs = rows.merge(rows, on="fact")
    return pairs[(pairs["index_x"] < pairs["index_y"]) & (pairs[f"{name}_x"] != pairs[f"{name}_y"])]


def polarity_and_definition(evidence: Evidence) -> pd.DataFrame:
    """Find documents that call good what the agreed definition does not."""
    told = evidence.claims[evidence.claims["polarity"] != ""]
    agreed = told["measure_polarity"].isin(["high_is_good", "low_is_good"])
    rows = told.assign(quoted=_quoted(told), measure_polarity=told["measure_polarity"].fillna("").str.replace("_", " "))
    return finding(evidence, rows[agreed & (told["measure_polarity"] != told["polarity"])])


def polarity_of_two(evidence: Evidence) -> pd.DataFrame:
    """Find documents that call opposite directions good."""
    return by_fact(evidence, _unlike(evidence.claims[evidence.claims["polarity"] != ""], "polarity"))


def measure_substitution(evidence: Evidence) -> pd.DataFrame:
    """Find statements about a series that speak of another thing than it counts."""
    rows = evidence.claims
    named = rows["kind"].isin([Told.CLAIM, Told.FIGURE]) & (rows["unit"] != "") & (rows["series_unit"] != "")
    return finding(evidence, rows[named & (rows["unit"] != rows["series_unit"])])


def incomplete_coverage(evidence: Evidence) -> pd.DataFrame:
    """Find figures that rest on fewer places than there are."""
    told = evidence.statements
    whole = told[told["value"].notna()].drop_duplicates("fact").set_index("fact")["value"]
    rows = told.assign(whole=told["of"].map(whole).astype(float))
    rows = rows[(rows["kind"] == Told.COVERAGE) & (rows["value"] < rows["whole"])]
    return finding(evidence, rows)


def ambiguous_period_label(evidence: Evidence) -> pd.DataFrame:
    """Find labels of periods that can be read in more than one way."""
    told = evidence.statements
    rows = told[told["period"].map(_is_ambiguous).astype(bool)].drop_duplicates(["document", "period"])
    return finding(evidence, rows.assign(basis=rows["basis"].str.replace("_", " ")))


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
    rows = rows[(rows["period_start"] == rows["period_end"]) & (rows["period_end"] != "")]
    return finding(evidence, rows.drop_duplicates("place"))


def date_vs_title(evidence: Evidence) -> pd.DataFrame:
    """Find documents signed in another month than their title names."""
    told = evidence.statements
    signed = told[told["kind"] == Told.SIGNED]
    title = told[told["kind"] == Told.DATED].drop_duplicates("document").set_index("document")
    month, place = (signed["document"].map(title[name]) for name in ("period_end", "place"))
    rows = signed.assign(titled=month, place=place + "; " + signed["place"])
    return finding(evidence, rows[(month != signed["period_end"]) & month.notna()])


def edition_mismatch(evidence: Evidence) -> pd.DataFrame:
    """Find documents that cite an older scorecard than the one held."""
    told = evidence.statements
    newest = str(evidence.newest_edition["period_end"].max()) if len(evidence.newest_edition) else ""
    rows = told[(told["kind"] == Told.EDITION) & (told["period_end"] < newest)].drop_duplicates("document")
    return finding(evidence, rows.assign(newest=newest))


def cross_document_next_release(evidence: Evidence) -> pd.DataFrame:
    """Find series for which documents announce different periods as the next to come."""
    told = evidence.statements
    return by_fact(evidence, _unlike(told[told["kind"] == Told.NEXT], "period_end"))


def annual_series_gap(evidence: Evidence) -> pd.DataFrame:
    """Find years missing from what is called annual."""
    told = evidence.statements
    rows = told[(told["kind"] == Told.PUBLISHED) & (told["unit"] == "annual")]
    years = rows["period_end"].str[:4].astype(int)
    ordered = rows.assign(year=years).sort_values(["fact", "year"], kind="stable")
    before = ordered.groupby("fact")[["year", "place", "text"]].shift()
    told = ordered.assign(before=before["text"], place=before["place"] + "; " + ordered["place"])
    return finding(evidence, told[ordered["year"] - before["year"] > 1])
