"""The rows of an export: what leaves, in the order of the members' ids.

Invariants: a full export holds each member that the gate let through once; a difference holds each
that is new, is another than when it was sent last, or is gone. Of one who is gone it says the id
and what was hashed, and never a contact point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl
from sqlglot import exp

from cdp.destinations import OP
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.activation.selection import Selection
    from cdp.destinations import DestinationDefinition
    from cdp.store import Warehouse

ROWS: Final = "temp.export_row"
CHANGES: Final = "temp.export_change"
BEFORE: Final = "temp.sent_before"
SENT: Final = pl.Schema({"profile_id": pl.String(), "row_hash": pl.Int64(), "kept": pl.String()})
"""What is kept of a member that was sent: a hash of the row, and its hashed columns as JSON."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What leaves.

    Attributes:
        sql: the rows with the columns of the file, without an order, and `#id`.
        values: its parameters.
        count: how many there are.
        by_op: of a difference, how many were added, changed and removed.
        unchanged: of a difference, how many were sent before and are the same.
    """

    sql: str
    values: Mapping[str, object]
    count: int
    by_op: Mapping[str, int] = field(default_factory=dict)
    unchanged: int = 0


def headings(wish: DestinationDefinition) -> list[str]:
    """Return the headings of a file in their order."""
    named = [column.name for column in wish.columns]
    return [OP, *named] if wish.mode == "difference" else named


def keep(warehouse: Warehouse, selection: Selection, salt: str) -> str:
    """Put the selected rows into a table with a hash of each; return a hash of all of them.

    The salt says what else makes rows others than before, as their headings do.
    """
    query = selection.keyed().sql("duckdb", identify=True)
    warehouse.write(
        f"create or replace temp table {quoted(ROWS)} as "  # noqa: S608 - sqlglot's
        f'select s.*, (hash(s, $salt) >> 1)::bigint as "#hash" from ({query}) as s',
        {**selection.values, "salt": salt},
    )
    row = warehouse.query(
        f'select count(*), coalesce(sum("#hash"::hugeint), 0) from {quoted(ROWS)}'  # noqa: S608
    ).row(0)
    return f"{row[0]}:{row[1]}"


def everything(wish: DestinationDefinition, count: int) -> Rows:
    """Return the rows that were kept, all of them."""
    chosen = exp.select(*_columns(wish), exp.column("#id", quoted=True))
    return Rows(chosen.from_(_table(ROWS)).sql("duckdb", identify=True), {}, count)


def changes(warehouse: Warehouse, wish: DestinationDefinition, before: pl.DataFrame) -> Rows:
    """Return of the kept rows those that are new or others than before, and who is gone."""
    warehouse.put(BEFORE, before)
    query = exp.Union(this=_come(wish), expression=_gone(wish), distinct=False, by_name=True).sql(
        "duckdb", identify=True
    )
    warehouse.write(f"create or replace temp table {quoted(CHANGES)} as {query}")
    counted = dict(
        warehouse.query(
            f"select op, count(*) from {quoted(CHANGES)} group by op order by op"  # noqa: S608
        ).rows()
    )
    by_op = {op: int(counted.get(op, 0)) for op in ("added", "changed", "removed")}
    chosen = exp.select(
        exp.column(OP, quoted=True), *_columns(wish), exp.column("#id", quoted=True)
    ).from_(_table(CHANGES))
    same = before.height - by_op["changed"] - by_op["removed"]
    return Rows(chosen.sql("duckdb", identify=True), {}, sum(by_op.values()), by_op, same)


def sent(warehouse: Warehouse, wish: DestinationDefinition) -> pl.DataFrame:
    """Return what is to be kept of whoever was added or changed, by id."""
    hashed = [part for c in _hashed(wish) for part in (exp.Literal.string(c), _column(c, "r"))]
    kept = exp.Anonymous(this="json_object", expressions=hashed) if hashed else exp.null()
    same = _column("#id", "c").eq(_column("#id", "r"))
    query = (
        exp.select(
            _column("#id", "r").as_("profile_id"),
            _column("#hash", "r").as_("row_hash"),
            exp.cast(kept, "varchar").as_("kept"),
        )
        .from_(_table(ROWS, "r"))
        .join(_table(CHANGES, "c"), on=same)
        .order_by("profile_id")
    )
    return typed(warehouse.query(query.sql("duckdb", identify=True)))


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return what is kept of members with its types, which an empty result does not have."""
    return frame.select(pl.col(name).cast(kind) for name, kind in SENT.items())


def removed(warehouse: Warehouse) -> pl.DataFrame:
    """Return the ids of whoever is gone."""
    return warehouse.query(
        f'select "#id" as profile_id from {quoted(CHANGES)} '  # noqa: S608 - ours
        "where op = 'removed' order by profile_id"
    )


def _come(wish: DestinationDefinition) -> exp.Select:
    before = _column("profile_id", "b")
    is_new = before.is_(exp.null())
    is_other = exp.NEQ(this=_column("row_hash", "b"), expression=_column("#hash", "r"))
    op = exp.Case().when(is_new, exp.Literal.string("added")).else_(exp.Literal.string("changed"))
    return (
        exp.select(
            op.as_(OP),
            *(_column(column.name, "r") for column in wish.columns),
            _column("#id", "r"),
        )
        .from_(_table(ROWS, "r"))
        .join(_table(BEFORE, "b"), on=before.eq(_column("#id", "r")), join_type="left")
        .where(exp.or_(is_new, is_other))
    )


def _gone(wish: DestinationDefinition) -> exp.Select:
    id_ = _column("profile_id", "b")
    kept = [
        exp.Anonymous(
            this="json_extract_string",
            expressions=[_column("kept", "b"), exp.Literal.string(f'$."{name}"')],
        ).as_(name, quoted=True)
        for name in _hashed(wish)
    ]
    plain = [
        id_.copy().as_(c.name, quoted=True)
        for c in wish.columns
        if c.field == "profile_id" and not c.hash
    ]
    return (
        exp.select(
            exp.Literal.string("removed").as_(OP), id_.copy().as_("#id", quoted=True), *plain, *kept
        )
        .from_(_table(BEFORE, "b"))
        .join(_table(ROWS, "r"), on=id_.eq(_column("#id", "r")), join_type="left")
        .where(_column("#id", "r").is_(exp.null()))
    )


def _hashed(wish: DestinationDefinition) -> list[str]:
    return [column.name for column in wish.columns if column.hash]


def _columns(wish: DestinationDefinition) -> list[exp.Column]:
    return [exp.column(column.name, quoted=True) for column in wish.columns]


def _column(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)


def _table(name: str, alias: str | None = None) -> exp.Table:
    schema, table = name.split(".")
    return exp.table_(table, db=schema, alias=alias)
