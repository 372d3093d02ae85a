"""Figures of publishers' files, read with the standard library alone: by indicator, area and last month."""

import csv


def _records(file, encoding="utf-8-sig"):
    with file.open(encoding=encoding, newline="") as lines:
        return list(csv.reader(lines))


def deaths(real):
    head, *rows = _records(real / "ons_drug_deaths/drug_poisoning_registrations_by_LA_1993-2020.csv", "cp1252")
    years = [(place, name) for place, name in enumerate(head) if name.strip().isdigit()]
    return {
        ("drug_poisoning_deaths", row[0], f"{year}-12"): float(row[place])
        for row in rows if row[0].startswith(("E06", "E07", "E08", "E09", "E10")) for place, year in years
        if row[place].isdigit()
    }  # fmt: skip


def suspensions(real):
    head, *rows = _records(real / "dfe/exclusions_by_reason.csv")
    drugs = "fixed_drug_alcohol"
    told = [dict(zip(head, row, strict=True)) for row in rows]
    return {
        ("suspensions_drug_alcohol", row["new_la_code"], f"20{row['time_period'][4:]}-08"): float(row[drugs])
        for row in told
        if row["geographic_level"] == "Local authority" and row["school_type"] == "Total"
        and row["new_la_code"].startswith("E0") and row[drugs].isdigit()
    }  # fmt: skip


def sleeping(real):
    head, *rows = _records(real / "other/rough_sleeping_snapshot_2025.csv")
    place = head.index("rough_sleeping_2025")
    return {("people_sleeping_rough", row[0], "2025-12"): float(row[place]) for row in rows if row[place].isdigit()}


def factors(real):
    head, *rows = _records(real / "dfe/c3_factors_identified_at_end_of_assessment_2018_to_2025.csv")
    code, year, figure = (head.index(name) for name in ("new_la_code", "time_period", "Drug_Misuse_parent"))
    return {
        ("drug_misuse_parent", row[code], f"{row[year]}-03"): float(row[figure])
        for row in rows if row[code] and row[figure].isdigit()
    }  # fmt: skip


def offences(real):
    rows = _records(real / "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv")
    head = next(row for row in rows if "Drug offences" in [cell.strip() for cell in row])
    figure = [cell.strip() for cell in head].index("Drug offences")
    return {
        ("drug_offences", row[2], "2025-06"): float(row[figure].replace(",", ""))
        for row in rows if len(row) > figure and row[2].startswith("E22")
    }  # fmt: skip
