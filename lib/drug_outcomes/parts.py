"""Observations as Parquet: one group of rows for each area, so that an area is read without the others."""

import io
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from drug_outcomes.observations import INTEGER_COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXT_COLUMNS),
        *((name, pa.float64()) for name in NUMBER_COLUMNS),
        *((name, pa.int64()) for name in INTEGER_COLUMNS),
    ]
)


def table(rows: pd.DataFrame) -> pa.Table:
    """Return observations as Arrow, sorted by area."""
    ordered = rows.sort_values("area", kind="stable")
    return pa.Table.from_pandas(ordered, schema=SCHEMA, preserve_index=False).replace_schema_metadata()


def frame(table: pa.Table) -> pd.DataFrame:
    """Return Arrow rows as an observations frame; `table` is used up."""
    types = {pa.int64(): pd.Int64Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get, split_blocks=True, self_destruct=True)
    return frame


def among(table: pa.Table, codes: Collection[str]) -> pa.Table:
    """Return the rows of some areas."""
    return table.filter(pc.is_in(table["area"], value_set=pa.array(sorted(codes), pa.string())))


def encoded(table: pa.Table, *, beside: int = 0) -> bytes:
    """Return observations, sorted by area, as Parquet with one group of rows for each area."""
    codes = pc.value_counts(table["area"].combine_chunks()).to_pylist() if table.num_rows else []
    told = {"areas": json.dumps([one["values"] for one in codes]), "beside": str(beside)}
    content = io.BytesIO()
    with pq.ParquetWriter(
        content, table.schema.with_metadata(told), write_statistics=False, write_page_checksum=True
    ) as writer:
        start = 0
        for one in codes:
            writer.write_table(table.slice(start, one["counts"]), row_group_size=one["counts"])
            start += one["counts"]
    return content.getvalue()


def decoded(
    file: Path, codes: Collection[str] | None = None, dictionary: Sequence[str] = ()
) -> tuple[pa.Table, int]:
    """Return the rows of some areas, or of all, and how many rows the part beside it holds."""
    with pq.ParquetFile(file, page_checksum_verification=True, read_dictionary=list(dictionary)) as part:
        told = part.schema_arrow.metadata
        held = json.loads(told[b"areas"])
        groups = [place for place, code in enumerate(held) if codes is None or code in codes]
        return part.read_row_groups(groups).replace_schema_metadata(), int(told[b"beside"])


def every_area(files: Iterable[Path]) -> pd.DataFrame:
    """Read parts of the store whole. Text columns are categories: millions of rows fit into memory."""
    tables = [decoded(file, dictionary=TEXT_COLUMNS)[0] for file in files]
    return frame(pa.concat_tables(tables))
