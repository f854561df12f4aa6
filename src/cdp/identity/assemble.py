"""Tables with any column names to the records the engine reads.

Invariant: one record per row, in order; a column whose name says nothing goes into `extra`, and no
value is lost: what a field has beyond its first value is among its further values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.cells import documents_of, parted
from cdp.identity.companies import STRICT_FORMS
from cdp.identity.facets import MAX_VALUES
from cdp.identity.fields import (
    ADDRESS_FIELDS,
    FURTHER,
    LIST_FIELDS,
    NAME_FIELDS,
    OWN_NAMES,
    id_rank,
    placed,
)
from cdp.identity.records import ADDRESS, NAME, RECORD_SCHEMA
from cdp.identity.tables import TableError

if TYPE_CHECKING:
    from pathlib import Path

FIRM_SHARE: Final = 0.1
_FORM: Final = rf"(?i)\b(?:{'|'.join(sorted(STRICT_FORMS))})\b\.?\s*$"
_GLUED_FORM: Final = r"株式会社|有限会社|有限公司|주식회사"
SINGLE: Final = ("gender", *FURTHER)
STRUCTS: Final = {"names": (NAME_FIELDS, NAME), "addresses": (ADDRESS_FIELDS, ADDRESS)}

Group = tuple[str, str]
"""A field, and which of its values a column is of."""


def records_of(table: pl.DataFrame, default_source: str | None) -> pl.DataFrame:
    """Return the table as records of `RECORD_SCHEMA`, values found by their columns' synonyms."""
    columns = _columns(table)
    known = [name for group in columns.values() for name in group]
    own = {field: names for (field, _), names in columns.items() if field in OWN_NAMES}
    valued = [
        name for (field, _), names in columns.items() if field not in OWN_NAMES for name in names
    ]
    cells, documents = parted(table, valued)
    others = [name for name in table.columns if name not in known]
    fields: dict[str, pl.Expr] = {"source": pl.lit(default_source, dtype=pl.String)}
    fields |= {"record_id": (pl.int_range(pl.len()) + 1).cast(pl.String)}
    fields |= {field: _text(names, table) for field, names in own.items() if field != "extra"}
    fields |= {field: _joined(cells, columns, field) for field in LIST_FIELDS}
    for field in SINGLE:
        fields[field] = _nth(
            cells, [n for (f, _), names in columns.items() if f == field for n in names]
        )
    for field, further in FURTHER.items():
        fields[further] = _joined(cells, columns, field)
    fields["extra"] = pl.lit(
        documents_of(table, others, documents, "".join(own.get("extra", [])[:1]))
    )
    for facet, (parts, _) in STRUCTS.items():
        fields |= _whole(cells, {g: names for g, names in columns.items() if g[0] in parts}, facet)
    absent = {name: pl.lit(None, dtype=kind) for name, kind in RECORD_SCHEMA.items()}
    records = cells.select(**(absent | fields)).select(*RECORD_SCHEMA)
    return _with_firms(_without_single(records))


def _columns(table: pl.DataFrame) -> dict[Group, list[str]]:
    """Return the columns of every field and group, in their order; the row's key is one column."""
    found: dict[Group, list[str]] = {}
    keys = sorted((name for name in table.columns if _means(name, "record_id")), key=id_rank)
    for name in table.columns:
        meaning = placed(name)
        if meaning and (meaning[0] != "record_id" or name == keys[0]):
            found.setdefault(meaning, []).append(name)
    return {
        group: sorted(names, key=lambda name: name != group[0]) for group, names in found.items()
    }


def _means(name: str, field: str) -> bool:
    meaning = placed(name)
    return meaning is not None and meaning[0] == field


def _text(names: list[str], table: pl.DataFrame) -> pl.Expr:
    plain = [
        pl.col(name).list.join(";") if isinstance(table.schema[name], pl.List) else pl.col(name)
        for name in names
    ]
    return pl.coalesce(
        pl.when(cell.str.strip_chars() != "").then(cell.str.strip_chars()) for cell in plain
    )


def _listed(cells: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(cells.schema[name], pl.List):
        return column.fill_null([])
    return (
        pl.when(column.is_null())
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.concat_list(column))
    )


def _joined(cells: pl.DataFrame, columns: dict[Group, list[str]], field: str) -> pl.Expr:
    """Return all values of a field in one list, those of its main columns first."""
    groups = sorted((group for group in columns if group[0] == field), key=lambda g: g[1] != "")
    names = [name for group in groups for name in columns[group]]
    if not names:
        return pl.lit(None, dtype=pl.List(pl.String))
    return pl.concat_list(_listed(cells, name) for name in names)


def _nth(
    cells: pl.DataFrame, names: list[str], number: int = 0, *, is_spread: bool = False
) -> pl.Expr:
    """Return the n-th value of the first column that has one, null if none has.

    With `is_spread` a single value stands for every number.
    """
    found = []
    for name in names:
        column = pl.col(name)
        if isinstance(cells.schema[name], pl.List):
            value = column.list.get(number, null_on_oob=True)
            alone = pl.when(column.list.len() == 1).then(column.list.first())
            found.append(pl.coalesce(value, alone) if is_spread else value)
        elif number == 0 or is_spread:
            found.append(column)
    return pl.coalesce(found) if found else pl.lit(None, dtype=pl.String)


def _whole(cells: pl.DataFrame, columns: dict[Group, list[str]], facet: str) -> dict[str, pl.Expr]:
    """Return the main name or address field by field, and the list of the others."""
    parts, kind = STRUCTS[facet]
    rows = _rows(cells, columns, facet)
    values = [
        {field: row.get(field, pl.lit(None, dtype=pl.String)) for field in parts} for row in rows
    ]
    shaped = [_shaped(value) for value in values]
    names = [field.name for field in kind.fields]
    if not shaped:
        return {}
    main = {name: shaped[0][name] for name in names}
    others = [pl.struct(value[name].alias(name) for name in names) for value in shaped[1:]]
    if "maiden_name" in {field for field, _ in columns}:
        nothing = pl.lit(None, dtype=pl.String)
        others += [
            pl.struct(
                (value["maiden_name"] if name == "family_name" else nothing).alias(name)
                for name in names
            )
            for value in values
        ]
    if not others:
        return main
    is_filled = pl.any_horizontal(pl.element().struct.field(name).is_not_null() for name in names)
    listed = pl.concat_list(others).list.eval(pl.element().filter(is_filled))
    return main | {facet: listed}


def _rows(
    cells: pl.DataFrame, columns: dict[Group, list[str]], facet: str
) -> list[dict[str, pl.Expr]]:
    """Return the values of a facet, the main one first: by group, by column, by place in a cell."""
    groups = sorted({group for _, group in columns}, key=lambda g: (g != "", _first(columns, g)))
    rows = []
    for group in groups:
        own = {field: names for (field, g), names in columns.items() if g == group}
        for turn in range(max(len(names) for names in own.values())):
            turned = {f: names[turn : turn + 1] or [] for f, names in own.items()}
            rows += [
                {
                    field: _nth(cells, names, number, is_spread=facet == "addresses")
                    for field, names in turned.items()
                    if names
                }
                for number in range(_longest(cells, turned))
            ]
    return rows


def _first(columns: dict[Group, list[str]], group: str) -> int:
    return next(place for place, (_, found) in enumerate(columns) if found == group)


def _longest(cells: pl.DataFrame, columns: dict[str, list[str]]) -> int:
    lists = [n for names in columns.values() for n in names if isinstance(cells.schema[n], pl.List)]
    if not lists or cells.is_empty():
        return 1
    longest = cells.select(
        pl.max_horizontal(pl.col(name).list.len().max() for name in lists)
    ).item()
    return max(1, min(MAX_VALUES, longest or 1))


def _shaped(value: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Return an address with its house number in the street; a name as it is."""
    if "house_number" not in value:
        return value
    joined = pl.concat_str(value["street"], value["house_number"], separator=" ", ignore_nulls=True)
    return value | {"street": pl.when(joined != "").then(joined)}


def _without_single(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records without lists of further values where there is only the main value."""
    return records.with_columns(
        pl.when(pl.col(further).list.len() > 1).then(further).alias(further)
        for further in FURTHER.values()
    )


def _with_firms(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records with firms that stand in the column of names moved to `company`.

    A name that ends in a legal form is a firm's; where a tenth of the names are and nothing else
    speaks of persons, all of them are.
    """
    name = pl.col("full_name")
    is_lone = name.is_not_null() & pl.all_horizontal(
        pl.col(field).is_null()
        for field in ("given_name", "family_name", "company", "birth_date", "gender")
    )
    is_firm = is_lone & (name.str.contains(_FORM) | name.str.contains(_GLUED_FORM))
    counts = records.select(
        firms=is_firm.sum(), lone=is_lone.sum(), named=name.is_not_null().sum()
    ).row(0)
    if not counts[0]:
        return records
    is_all = counts[1] == counts[2] and counts[0] > FIRM_SHARE * counts[1]
    moved = is_lone if is_all else is_firm
    return records.with_columns(
        company=pl.when(moved).then(name).otherwise("company"),
        full_name=pl.when(~moved).then(name),
    )


def combined(tables: list[tuple[Path, pl.DataFrame]]) -> pl.DataFrame:
    """Return the records of all tables under ids that are unique among them.

    Raises:
        TableError: an id is blank, repeated within a file, or repeated across files whose
            sources do not differ.
    """
    frames = []
    for number, (path, records) in enumerate(tables):
        _check_ids(path, records)
        frames.append(records.with_columns(file=pl.lit(number)))
    everything = pl.concat(frames)
    is_shared = pl.col("record_id").is_duplicated() & pl.col("source").is_not_null()
    renamed = everything.with_columns(
        record_id=pl.when(is_shared)
        .then(pl.col("source") + ":" + pl.col("record_id"))
        .otherwise("record_id")
    )
    clash = renamed.filter(pl.col("record_id").is_duplicated())
    if len(clash):
        files = sorted({str(tables[number][0]) for number in clash["file"]})
        msg = (
            f"record_id {clash['record_id'].sort()[0]!r} is in more than one file "
            f"({', '.join(files)}) and the sources do not differ; add a column `source`"
        )
        raise TableError(msg)
    return renamed.drop("file")


def _check_ids(path: Path, records: pl.DataFrame) -> None:
    ids = records.select("record_id").with_row_index("row", 1)
    blank = ids.filter(pl.col("record_id").fill_null("").str.strip_chars() == "")
    if len(blank):
        rows = ", ".join(str(row) for row in blank["row"].head(5))
        msg = f"{path}: rows {rows} have no record_id; fill the column or remove it"
        raise TableError(msg)
    repeated = ids.filter(pl.col("record_id").is_duplicated()).sort("record_id", "row")
    if len(repeated):
        first = repeated["record_id"][0]
        rows = ", ".join(
            str(row) for row in repeated.filter(pl.col("record_id") == first)["row"].head(5)
        )
        msg = (
            f"{path}: record_id {first!r} is repeated in rows {rows} "
            f"({len(repeated)} rows repeat an id); make the ids unique or remove the column"
        )
        raise TableError(msg)
