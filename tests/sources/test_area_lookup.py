"""Look-up files that publishers print."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput


@pytest.mark.parametrize(
    ("file", "indicator", "text"),
    [
        ("ndtms/dat_code_to_gss.csv", "dat", "J17B"),
        ("lookups/lookup_ltla24_csp24_pfa24.csv", "csp24_code", "E22000120"),
        ("lookups/LAD22_RGN22.csv", "RGN22CD", "E12000008"),
        ("lookups/lookup_ltla24_region24.csv", "region24_name", "South East"),
    ],
)
def test_published_lookups_say_what_they_say_of_southampton(real, file, indicator, text):
    found = sources.read("area_lookup", real / file)
    found = found[found["area"] == "E06000045"]
    assert text in set(found.loc[found["indicator"] == indicator, "text"]) and found["value"].isna().all()


def test_a_file_without_a_column_of_codes_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("name,value\nSouthampton,1\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match="no column holds an area code"):
        sources.read("area_lookup", tmp_path / "a.csv")
