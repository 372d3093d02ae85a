"""The national shelf: what is taken out of publishers' files, who reads it, and that it is right."""

import dataclasses
import shutil

import pandas as pd
import pyarrow.parquet as pq

import publishers
from drug_outcomes import cli
from drug_outcomes.definitions import areas, framework
from drug_outcomes.intake import national_shelf, partitions, store
from material import PROJECT
from partnership import AREA, export, loaded

DEFINITIONS = framework.load(PROJECT / framework.FRAMEWORK)
ENGLAND, HERE = "E92000001", "E06000044"


def released(folder, values, period: str, name: str = "fingertips_latest_92432.csv"):
    return export(folder / name, values, period)


def figures(root) -> pd.DataFrame:
    rows = loaded(root).observations
    return rows[(rows["area"] == HERE) & (rows["measure"] == "drug_misuse_deaths")]


def test_figures_are_kept_with_publisher_release_date_and_licence_and_files_are_not(root, tmp_path):
    released(tmp_path / "files", {ENGLAND: 5.0, HERE: 4.0}, "2021 - 23")
    assert cli.main(["national", str(tmp_path / "files")]) == 0
    found = figures(root).iloc[0]
    assert (found["value"], found["received"], found["release"]) == (4.0, "2024-09-30", "public")
    assert found["publisher"].startswith("Office for Health") and "Open Government Licence" in found["licence"]
    assert "2021 - 23" in found["vintage"] and found["sheet"] == "fingertips_latest_92432.csv"
    assert not list((root / "data").rglob("*92432*"))


def test_a_newer_release_takes_the_place_of_an_older_one_and_what_is_repeated_is_kept_once(root, tmp_path):
    files = tmp_path / "files"
    released(files, {ENGLAND: 5.0, HERE: 4.0}, "2021 - 23", "fingertips_latest_92432_a.csv")
    released(files, {ENGLAND: 5.0, HERE: 4.5}, "2021 - 23", "fingertips_latest_92432_b.csv")
    cli.main(["national", str(files)])
    cli.main(["national", str(files)])
    assert sorted(figures(root)["value"]) == [4.0, 4.5]
    released(files, {ENGLAND: 5.0, HERE: 4.7}, "2021 - 23", "fingertips_latest_92432_b.csv")
    cli.main(["national", str(files)])
    assert sorted(figures(root)["value"]) == [4.0, 4.7]
    assert len(national_shelf.releases(root)) == 2


def test_a_fictional_area_never_reads_the_shelf_nor_national_extracts(root, tmp_path):
    released(tmp_path / "files", {ENGLAND: 5.0, HERE: 4.0}, "2021 - 23")
    cli.main(["national", str(tmp_path / "files")])
    cli.main(["receive", str(tmp_path / "files" / "fingertips_latest_92432.csv"), "--source", "fingertips"])
    assert len(figures(root)) == 2
    file = root / "data" / "areas" / AREA / "area.toml"
    file.write_text(file.read_text().replace("fictional = false", "fictional = true"), encoding="utf-8")
    assert loaded(root).observations.empty


def test_the_fictional_area_that_ships_holds_no_figure_of_the_shelf(project):
    area = areas.load(project, "exampleshire")
    real = dataclasses.replace(area, fictional=False, code="E06000045", region="E12000008")
    assert len(store.load(project, real, DEFINITIONS, every=False).observations)
    held = store.load(project, area, DEFINITIONS, every=False).observations
    assert not held["file"].str.contains("received/national").any()


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_kept(root, tmp_path, capsys):
    released(tmp_path / "files", {ENGLAND: 5.0, HERE: 4.0}, "2021 - 23")
    (tmp_path / "files" / "exclusions_by_reason.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert cli.main(["national", str(tmp_path / "files")]) == 3
    assert "exclusions_by_reason.csv is refused" in capsys.readouterr().err and len(figures(root)) == 1


def test_a_folder_without_a_known_name_is_refused(root, tmp_path, capsys):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "what.csv").write_text("a\n", encoding="utf-8")
    assert cli.main(["national", str(tmp_path / "files")]) == 2
    assert "publications.csv" in capsys.readouterr().err


def test_building_one_area_reads_only_its_part_of_a_file(tmp_path, project):
    """Other areas' parts are overwritten, and the area's figures are still the same."""
    root = tmp_path / "project"
    (root / national_shelf.FOLDER).mkdir(parents=True)
    name = "homelessness.parquet"
    place = root / national_shelf.FOLDER / name
    shutil.copy(project / national_shelf.FOLDER / name, place)
    before = national_shelf.read(root, [HERE])
    content = bytearray(place.read_bytes())
    held = pq.ParquetFile(place).metadata
    spoilt = 0
    for group in range(held.num_row_groups):
        part = held.row_group(group)
        codes = next(
            part.column(i).statistics for i in range(part.num_columns) if part.column(i).path_in_schema == "area"
        )
        if codes.min <= HERE <= codes.max:
            continue
        for column in (part.column(i) for i in range(part.num_columns)):
            first = column.dictionary_page_offset or column.data_page_offset
            content[first : first + column.total_compressed_size] = bytes(column.total_compressed_size)
        spoilt += 1
    place.write_bytes(content)
    assert spoilt > held.num_row_groups // 2
    assert national_shelf.read(root, [HERE]).equals(before) and before.num_rows > 100


def test_every_row_on_the_shelf_says_publisher_release_date_and_licence(project):
    files = sorted((project / national_shelf.FOLDER).glob("*.parquet"))
    assert len(files) > 8
    for file in files:
        rows = pq.read_table(file, columns=["publisher", "vintage", "received", "licence", "area"]).to_pandas()
        assert (rows != "").all(axis=None) and rows["received"].str.fullmatch(r"\d{4}-\d\d-\d\d").all(), file.name


def test_the_shelf_is_small(project):
    size = sum(file.stat().st_size for file in (project / national_shelf.FOLDER).iterdir())
    print(f"{size / 1e6:.2f} MB")
    assert size < 1_500_000


def test_figures_on_the_shelf_are_those_of_the_publishers_files_by_another_path(real, project):
    """Twenty figures of each of several files, read with the standard library alone."""
    checked = 0
    for source, read in {
        "ons_drug_deaths": publishers.deaths,
        "dfe_exclusions": publishers.suspensions,
        "rough_sleeping": publishers.sleeping,
        "assessment_factors": publishers.factors,
        "recorded_crime": publishers.offences,
    }.items():
        expected = read(real)
        table = pq.read_table(project / national_shelf.FOLDER / f"{source}.parquet")
        rows = partitions.frame(national_shelf._whole(table))
        held = rows[rows["breakdown"] == ""].set_index(["indicator", "area", "period_end"])["value"]
        sample = sorted(expected)[:: max(1, len(expected) // 20)][:20]
        for key in sample:
            assert held[key] == expected[key], (source, key)
        checked += len(sample)
    print(f"{checked} figures")
    assert checked == 100
