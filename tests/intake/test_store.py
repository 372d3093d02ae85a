"""The store: parsed once, read by area, rebuilt to the same bytes, never read wrongly."""

import hashlib
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes.definitions import framework
from drug_outcomes.intake import received, store
from material import PROJECT
from partnership import AREA, CODE

NETWORKS = ("active_drug_networks", "Dec 24", 51)
NEXT = ("active_drug_networks", "Jan 25", 52)
MANY = {"E92000001": 5.5, CODE: 4.2, "E06000045": 5.23, "E06000043": 6.1, "E06000046": 3.3}


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A project with a police return, a commissioner's return and a national extract."""
    made = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    mail = tmp_path / "mail"
    partnership.receive(partnership.form(mail / "police.csv", NETWORKS), "police", "2025-01-14")
    partnership.receive(
        partnership.form(mail / "icu.csv", ("treatment_workforce", "2024/25 Q2", 70)), "icu", "2024-12-02"
    )
    partnership.receive(partnership.export(mail / "deaths.csv", MANY), "fingertips", "2025-01-20", area="")
    return made


def value(rows: pd.DataFrame, measure: str) -> list[float]:
    return rows.loc[(rows["measure"] == measure) & (rows["area"] == CODE), "value"].tolist()


def bytes_of(root: Path) -> dict[str, str]:
    """Return the hash of each file that is kept; what begins with a dot is unfinished, or a lock."""
    files = sorted(file for file in (root / store.STORE).rglob("*") if file.is_file() and not file.name.startswith("."))
    return {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Names of the files that are parsed from now on."""
    parsed, names = store.parsed, []

    def counted(where, entry, **how):
        names.append(Path(entry.file).name)
        return parsed(where, entry, **how)

    monkeypatch.setattr(store, "parsed", counted)
    return names


def test_a_file_is_parsed_once(root, reads):
    first = partnership.loaded(root).observations
    second = partnership.loaded(root).observations

    assert sorted(reads) == ["deaths.csv", "icu.csv", "police.csv"]
    pd.testing.assert_frame_equal(first, second)


def test_only_a_new_file_is_parsed(root, reads, tmp_path):
    partnership.loaded(root)
    partnership.receive(partnership.form(tmp_path / "later.csv", NEXT), "police", "2025-02-14")
    reads.clear()
    partnership.loaded(root)

    assert reads == ["later.csv"]


def test_a_changed_row_of_the_log_takes_effect_on_its_file_alone(root, reads):
    partnership.loaded(root)
    reads.clear()
    log = root / "data/areas" / AREA / received.LOG
    log.write_text(log.read_text(encoding="utf-8").replace("2025-01-14", "2025-01-15"), encoding="utf-8")
    rows = partnership.loaded(root).observations

    assert reads == ["police.csv"]
    assert set(rows.loc[rows["source"] == "police", "received"]) == {"2025-01-15"}


def test_what_is_kept_equals_what_the_files_say(root):
    kept = partnership.loaded(root).observations
    shutil.rmtree(root / store.STORE)
    (root / store.STORE).write_text("nothing can be written here", encoding="utf-8")

    pd.testing.assert_frame_equal(partnership.loaded(root).observations, kept)


def test_deleting_and_rebuilding_gives_the_same_bytes(root):
    partnership.loaded(root)
    before = bytes_of(root)
    shutil.rmtree(root / store.STORE)
    partnership.loaded(root)

    assert before
    assert bytes_of(root) == before


def test_a_store_that_grew_file_by_file_has_the_bytes_of_one_built_at_once(root, tmp_path):
    for month in ("Oct 24", "Sept 24", "Nov 24"):
        row = ("drug_seizure_volume", month, 10)
        partnership.receive(partnership.form(tmp_path / f"{month}.csv", row), "police", "2025-02-01")
        partnership.loaded(root)
    grown = bytes_of(root)
    shutil.rmtree(root / store.STORE)
    partnership.loaded(root)

    assert bytes_of(root) == grown


def test_areas_that_are_not_asked_for_are_not_touched(root):
    before = partnership.loaded(root).observations
    for file in (root / store.STORE / "national").glob("area=E0600004[36]/*"):
        file.write_bytes(b"not Parquet")

    pd.testing.assert_frame_equal(partnership.loaded(root).observations, before)


def test_an_area_comes_with_england_and_its_peers(root):
    held = set(partnership.loaded(root).observations["area"])

    assert held == {CODE, "E92000001", "E06000045"}


@pytest.mark.parametrize("damage", [b"", b"not Parquet", None], ids=["emptied", "overwritten", "flipped"])
def test_a_damaged_file_is_rebuilt_and_never_trusted(root, damage):
    before = partnership.loaded(root).observations
    for file in (root / store.STORE).rglob("*.parquet"):
        content = bytearray(file.read_bytes())
        content[40:60] = bytes(255 - byte for byte in content[40:60])
        file.write_bytes(bytes(content) if damage is None else damage)

    pd.testing.assert_frame_equal(partnership.loaded(root).observations, before)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"other": {}}'])
def test_a_damaged_index_is_rebuilt(root, text):
    before = partnership.loaded(root).observations
    for file in (root / store.STORE).rglob("index.json"):
        file.write_text(text, encoding="utf-8")

    pd.testing.assert_frame_equal(partnership.loaded(root).observations, before)


def test_restricted_rows_are_for_their_owner_only_and_nowhere_else(root):
    partnership.loaded(root)
    closed = list((root / store.STORE / "restricted").rglob("*"))
    public = [f for f in (root / store.STORE).rglob("*.parquet") if "restricted" not in f.parts]
    modes = {file.stat().st_mode & 0o777 for file in [*closed, root / store.STORE / "restricted"]}

    assert modes == {0o700, 0o600}
    assert {word for file in public for word in pd.read_parquet(file)["release"]} == {"public"}


def test_what_leaves_the_log_leaves_the_store(root):
    partnership.loaded(root)
    log = root / "data/areas" / AREA / received.LOG
    log.write_text(log.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    log.with_name(f"{log.name}.sums").unlink()  # which says that lines were meant to go
    partnership.loaded(root)

    assert list((root / store.STORE / "restricted").rglob("*.parquet")) == []


def test_an_area_that_is_gone_leaves_the_store(root):
    partnership.loaded(root)
    (root / "data/areas" / AREA).rename(root / "data/areas/otherborough")
    partnership.loaded(root, "otherborough")

    assert not (root / store.STORE / "restricted/areas" / AREA).exists()


def test_a_file_edited_after_receipt_is_set_aside_and_the_others_load(root):
    file = root / "data/areas" / AREA / "restricted/police/police.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("51", "15"), encoding="utf-8")
    found = partnership.loaded(root)

    assert list(found.refused["rule"]) == ["edited_after_receipt"]
    assert value(found.observations, "active_drug_networks") == []
    assert value(found.observations, "treatment_workforce") == [70]


def test_a_reader_that_breaks_sets_its_file_aside(root, monkeypatch):
    read = store.sources.read

    def broken(source: str, *more: object, **options: object) -> pd.DataFrame:
        if source == "police":
            raise KeyError("a column")
        return read(source, *more, **options)

    monkeypatch.setattr(store.sources, "read", broken)
    found = partnership.loaded(root)

    assert list(found.refused["rule"]) == ["reader_defect"]
    assert value(found.observations, "treatment_workforce") == [70]


@pytest.mark.parametrize(
    ("cell", "instead"),
    [
        (",2025-01-14,", ",14 January,"),
        (",police,", ",telepathy,"),
        (",partnership,", ",everybody,"),
        ("restricted/police/police.csv", "../../framework/measures.csv"),
        ("restricted/police/police.csv", "/etc/hosts"),
        ("restricted/police/police.csv", "restricted/police/lost.csv"),
    ],
)
def test_a_wrong_row_of_the_log_sets_its_file_aside_alone(root, cell, instead):
    log = root / "data/areas" / AREA / received.LOG
    header, *lines = log.read_text(encoding="utf-8").splitlines()
    changed = [line.replace(cell, instead) if "police.csv" in line else line for line in lines]
    log.write_text("\n".join([header, *changed]) + "\n", encoding="utf-8")
    found = partnership.loaded(root)

    assert len(found.refused) == 1
    assert value(found.observations, "treatment_workforce") == [70]


def test_a_measure_left_out_later_does_not_make_an_earlier_return_unreadable(root, tmp_path):
    both = partnership.form(tmp_path / "both.csv", NETWORKS, ("drug_seizure_volume", "Dec 24", 9))
    partnership.receive(both, "police", "2025-02-01")
    (root / "data/areas" / AREA / "measures.csv").write_text("action,measure\nomit,drug_seizure_volume\n")
    found = partnership.loaded(root)

    assert found.refused.empty
    assert "drug_seizure_volume" not in set(found.observations["measure"])


def test_figures_are_traced_to_file_row_and_release(root):
    rows = partnership.loaded(root).observations
    one = rows[(rows["measure"] == "active_drug_networks") & (rows["area"] == CODE)].iloc[0]

    assert (one["file"], one["row"]) == (f"areas/{AREA}/restricted/police/police.csv", 2)
    assert one["vintage"] == "Police return, received 2025-01-14"


def test_an_areas_own_break_parts_its_series(root, tmp_path):
    events = "date,measures,kind,what,source\n2024-11,active_drug_networks,break,Counted anew.,Minutes\n"
    (root / "data/areas" / AREA / "events.csv").write_text(events, encoding="utf-8")
    rows = [("active_drug_networks", month, 40) for month in ("Oct 24", "Nov 24")]
    partnership.receive(partnership.form(tmp_path / "months.csv", *rows), "police", "2025-02-01")
    held = partnership.loaded(root).observations
    segments = held[held["measure"] == "active_drug_networks"].groupby("period_label")["segment"].first()

    assert segments["Oct 24"] == "before Nov 24"
    assert segments["Nov 24"] == segments["Dec 24"] == "since Nov 24"


BUILD = """
import sys
from pathlib import Path
import partnership
print("ready", flush=True)
sys.stdin.readline()
partnership.loaded(Path(sys.argv[1]))
"""


def started(root: Path) -> "subprocess.Popen[bytes]":
    """Start a process that is ready to build the store and waits for a word."""
    words = [sys.executable, "-c", BUILD, str(root)]
    child = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT / "tests" / "helpers", start_new_session=True
    )
    child.stdout.readline()
    child.stdin.write(b"\n")
    child.stdin.flush()
    return child


def ended(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_a_build_killed_at_any_moment_leaves_nothing_that_is_read_wrongly(root, tmp_path, thorough):
    places = {code: number / 10 + 2 for number, code in enumerate(MANY)}
    for number in range(6):
        file = partnership.export(tmp_path / f"{number}.csv", places, f"20{20 - number} - {22 - number}", copies=8)
        partnership.receive(file, "fingertips", f"2025-02-{number + 1:02d}", area="")
    shutil.rmtree(root / store.STORE, ignore_errors=True)
    child, start = started(root), time.perf_counter()
    child.wait()
    seconds = time.perf_counter() - start
    ended(child)
    whole, bytes_whole = partnership.loaded(root).observations, bytes_of(root)
    moments = random.Random(7)  # noqa: S311 - moments to kill at, not secrets
    kills, unfinished = (20 if thorough else 4), 0
    for _ in range(kills):
        shutil.rmtree(root / store.STORE)
        child = started(root)
        time.sleep(moments.uniform(0, seconds))
        unfinished += child.poll() is None
        ended(child)
        pd.testing.assert_frame_equal(partnership.loaded(root).observations, whole)
        left = bytes_of(root)
        assert left == bytes_whole
    print(f"{kills} builds killed, {unfinished} of them before they were done")
    assert unfinished
