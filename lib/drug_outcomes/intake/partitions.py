"""Observations as Parquet, a file for each area, so that an area is read without touching the others.

What only the partnership may see stands in a tree of its own that nobody but its owner can open. The files
are named after their bytes, and `index.json`, which is written last, says which of them count: a run killed
at any moment leaves nothing that would be read wrongly.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.api.types import union_categoricals

from drug_outcomes.definitions.observations import INTEGER_COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS
from drug_outcomes.definitions.vocabulary import Release
from drug_outcomes.intake import received

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXT_COLUMNS),
        *((name, pa.float64()) for name in NUMBER_COLUMNS),
        *((name, pa.int64()) for name in INTEGER_COLUMNS),
    ]
)
INDEX = "index.json"
#: What tells whether a row is wanted, and the question itself: a row of these columns -> whether it is.
NAMES = ("measure", "source", "indicator", "breakdown", "release")
Wanted = Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Index:
    """What is kept: `files` name -> key, and for each area's code the name of its file in each tree."""

    files: Mapping[str, str] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """The two trees in which the observations of one log are kept."""

    public: Path
    private: Path

    def index(self) -> Index:
        """Return what is kept; nothing where there is no index, or none that can be read."""
        try:
            return Index(**json.loads((self.public / INDEX).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Index()

    def read(self, index: Index, codes: Collection[str], wanted: Wanted | None = None) -> pa.Table:
        """Return the rows of some areas that are wanted. A damaged or lost file is an `OSError` or a `ValueError`."""
        trees = ((self.public, index.public), (self.private, index.private))
        found = [(tree / names[code]) for tree, names in trees for code in sorted(names) if code in codes]
        return pa.concat_tables([SCHEMA.empty_table(), *(only(decoded(file), wanted) for file in found)])

    def renewed(self, index: Index, keys: Mapping[str, str], fresh: pa.Table) -> Index:
        """Take in the rows of new files and drop those of files that are gone; return the new index.

        `keys` are the files that count from now on; `fresh` are the rows of those that `index` does not have.
        """
        stale = any(keys.get(file) != key for file, key in index.files.items())
        same = pa.array([file for file, key in index.files.items() if keys.get(file) == key], pa.string())
        open_to_all = pc.equal(fresh["release"], str(Release.PUBLIC))
        new = Index(
            dict(sorted(keys.items())),
            self._tree(self.public, index.public, same, fresh, open_to_all, stale=stale),
            self._tree(self.private, index.private, same, fresh, pc.invert(open_to_all), stale=stale),
        )
        received.place(self.public / INDEX, json.dumps(asdict(new), indent=1, sort_keys=True).encode())
        self._sweep(new)
        return new

    def _tree(
        self,
        tree: Path,
        held: Mapping[str, str],
        same: pa.Array,
        fresh: pa.Table,
        mine: pa.ChunkedArray,
        *,
        stale: bool,
    ) -> dict[str, str]:
        """Write the files of the areas that change; return the names of all. `mine` are the fresh rows of this tree."""
        new = set(fresh["area"].filter(mine).unique().to_pylist())
        names = dict(held)
        for code in sorted(new | (set(held) if stale else set())):
            old = decoded(tree / held[code]) if code in held else SCHEMA.empty_table()
            kept = old.filter(pc.is_in(old["file"], value_set=same))
            rows = in_order(pa.concat_tables([kept, fresh.filter(pc.and_(mine, pc.equal(fresh["area"], code)))]))
            content = encoded(rows)
            names[code] = f"area={quote(code, safe='')}/{hashlib.sha256(content).hexdigest()[:32]}.parquet"
            if rows.num_rows:
                received.place(tree / names[code], content, private=tree == self.private)
            else:
                del names[code]
        return dict(sorted(names.items()))

    def _sweep(self, index: Index) -> None:
        """Remove the files that no longer count; where that cannot be done they are merely in the way."""
        with contextlib.suppress(OSError):
            for tree, names in ((self.public, index.public), (self.private, index.private)):
                for file in tree.glob("area=*/*"):
                    if file.relative_to(tree).as_posix() not in names.values():
                        file.unlink(missing_ok=True)


def only(rows: pa.Table, wanted: Wanted | None) -> pa.Table:
    """Return the rows that are wanted; the question is put once for all rows of the same `NAMES`."""
    if wanted is None or not rows.num_rows:
        return rows
    told = pc.binary_join_element_wise(*(rows[name] for name in NAMES), "\x1f").combine_chunks()
    encoded_names = told.dictionary_encode()
    parts = [text.split("\x1f") for text in encoded_names.dictionary.to_pylist()]
    answers = pa.array(wanted(pd.DataFrame(parts, columns=list(NAMES), dtype="str")))
    return rows.filter(answers.take(encoded_names.indices))


def table(rows: pd.DataFrame) -> pa.Table:
    """Return observations as Arrow."""
    return pa.Table.from_pandas(rows, schema=SCHEMA, preserve_index=False).replace_schema_metadata()


def frame(rows: pa.Table) -> pd.DataFrame:
    """Return Arrow rows as an observations frame."""
    # By way of categories, so that rows that say the same share one text in memory.
    return _categories(rows).astype({name: "str" for name in rows.column_names if name in TEXT_COLUMNS})


def _categories(rows: pa.Table) -> pd.DataFrame:
    types = {pa.int64(): pd.Int64Dtype()}
    found: pd.DataFrame = rows.to_pandas(types_mapper=types.get, strings_to_categorical=True, split_blocks=True)
    return found


def in_order(rows: pa.Table, codes: Collection[str] | None = None) -> pa.Table:
    """Return the rows (of some areas) as they are kept: the public ones first, by area and file, else as they stood."""
    secret = pc.not_equal(rows["release"], str(Release.PUBLIC))
    keys = [(name, "ascending") for name in ("secret", "area", "file")]
    ordered = rows.take(pc.sort_indices(rows.append_column("secret", secret), sort_keys=keys))
    if codes is None:
        return ordered
    return ordered.filter(pc.is_in(ordered["area"], value_set=pa.array(sorted(codes), pa.string())))


def encoded(rows: pa.Table) -> bytes:
    """Return rows as Parquet; the same rows give the same bytes."""
    content = io.BytesIO()
    pq.write_table(rows, content, write_statistics=False, write_page_checksum=True)
    return content.getvalue()


def decoded(file: Path, dictionary: Sequence[str] = ()) -> pa.Table:
    """Return the rows of a Parquet file, its pages checked against their sums."""
    with pq.ParquetFile(file, page_checksum_verification=True, read_dictionary=list(dictionary)) as held:
        # Without threads: an area's file is small, and each thread keeps memory of its own.
        return held.read(use_threads=False).replace_schema_metadata()


def every_area(files: Iterable[Path]) -> pd.DataFrame:
    """Read many files whole. Text columns are categories, so that millions of rows fit into memory."""
    frames = [_categories(decoded(file, TEXT_COLUMNS)) for file in files]
    texts = {name: union_categoricals([one[name] for one in frames]) for name in TEXT_COLUMNS}
    numbers = {
        name: pd.concat([one[name] for one in frames], ignore_index=True)
        for name in (*NUMBER_COLUMNS, *INTEGER_COLUMNS)
    }
    return pd.DataFrame(texts | numbers, copy=False)
