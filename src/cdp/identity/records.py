"""What the identity engine reads: one row per source record, every value as it was received.

Nothing here is cleaned; `normalise` does that. A record may leave any field null or empty.
"""

from hashlib import blake2b
from io import BytesIO
from typing import Final

import polars as pl

from cdp.errors import InputError

NAME: Final = pl.Struct(
    dict.fromkeys(("given_name", "middle_name", "family_name", "full_name"), pl.String())
)
ADDRESS: Final = pl.Struct(
    dict.fromkeys(("street", "city", "postcode", "state", "country"), pl.String())
)

RECORD_SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_id": pl.String(),
    "source": pl.String(),
    "given_name": pl.String(),
    "middle_name": pl.String(),
    "family_name": pl.String(),
    "full_name": pl.String(),
    "birth_date": pl.String(),
    "gender": pl.String(),
    "emails": pl.List(pl.String()),
    "phones": pl.List(pl.String()),
    "street": pl.String(),
    "city": pl.String(),
    "postcode": pl.String(),
    "state": pl.String(),
    "country": pl.String(),
    "company": pl.String(),
    "national_id": pl.String(),
    "other_ids": pl.List(pl.String()),
    "extra": pl.String(),
    "names": pl.List(NAME),
    "addresses": pl.List(ADDRESS),
    "birth_dates": pl.List(pl.String()),
    "companies": pl.List(pl.String()),
    "national_ids": pl.List(pl.String()),
    "own_ids": pl.List(pl.String()),
}
"""Column by column; `extra` is free text, a JSON object or an array of objects of further
attributes. `names` to `national_ids` hold what a record has beside its main name, address, birth
date, company and national id, in any order of importance; `own_ids` the identifiers (`kind:value`)
that are the record's own key under another name: evidence with who else claims them, and against
nobody."""

HASHED_ROWS: Final = 50_000
DIGEST_BYTES: Final = 16

DECISION_SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_l": pl.String(),
    "record_r": pl.String(),
}
"""Pairs a person or a rule has decided on (must-link, cannot-link); the order within is free."""


class RecordsError(InputError):
    """The records handed to the engine do not have the shape it reads."""


def conform(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records with every column of `RECORD_SCHEMA`, absent ones null, sorted by id.

    Raises:
        RecordsError: `record_id` is missing, null or repeated, or a column has another type.
    """
    if "record_id" not in records.columns:
        msg = f"the records have no column record_id; their columns are {records.columns}"
        raise RecordsError(msg)
    columns = [
        pl.col(name) if name in records.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in RECORD_SCHEMA.items()
    ]
    shaped = records.select(columns)
    for name, kind in RECORD_SCHEMA.items():
        if shaped.schema[name] == pl.Null:
            shaped = shaped.with_columns(pl.col(name).cast(kind))
        elif shaped.schema[name] != kind:
            msg = f"column {name} is {shaped.schema[name]}, expected {kind}; cast it first"
            raise RecordsError(msg)
    _check_ids(shaped["record_id"])
    return shaped if shaped["record_id"].is_sorted() else shaped.sort("record_id")


def data_hash(records: pl.DataFrame) -> str:
    """Return a fingerprint of conformed records: the same records give the same text."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    for part in records.iter_slices(HASHED_ROWS):
        buffer = BytesIO()
        part.write_ndjson(buffer)
        digest.update(buffer.getbuffer())
    return digest.hexdigest()


def _check_ids(ids: pl.Series) -> None:
    if ids.null_count():
        msg = f"{ids.null_count()} records have no record_id; give every record an id"
        raise RecordsError(msg)
    if ids.n_unique() < len(ids):
        repeated = ids.filter(ids.is_duplicated()).unique().sort().head(3).to_list()
        msg = f"record_id is not unique, for example {repeated}; prefix ids with their source"
        raise RecordsError(msg)
