"""Silver's rows of what is looked at: removed, made anew, compared; whose they are is told.

`temp.canonical_met` holds the keys of the entities that are looked at, the keys of events as well
as those of parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from cdp.store.schema import quoted

if TYPE_CHECKING:
    from cdp.store import Warehouse

TOUCHED: Final = "step.canonical_touched"
_ROWS: Final = "temp.canonical_row"
_EVENTS: Final = (
    "order",
    "cart",
    "quote",
    "interaction",
    "ticket",
    "lead",
    "opportunity",
    "activity",
    "asset",
    "campaign_member",
    "target_group_member",
)
_OWNERS: Final = ("record_id", "account_record_id")


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of a silver table by the entity they come from, and whose they are."""

    table: str
    key: str
    keys: str
    owners: tuple[str, ...]


def _part(table: str, key: str, owners: tuple[str, ...]) -> _Part:
    return _Part(f"silver.{table}", key, "select record_id from temp.canonical_met", owners)


_PARTS: Final = (
    *(_part(table, "record_id", ("record_id",)) for table in ("record", "attribute", "identifier")),
    _part("party_role", "record_id", ("record_id",)),
    _part("relationship", "record_id", ("record_id", "other_record_id")),
    _part("visitor_link", "visitor_record_id", ("visitor_record_id", "record_id")),
    *(_part(table, f"{table}_id", _OWNERS) for table in _EVENTS),
    *(_part(table, f"{table}_id", ()) for table in ("campaign", "target_group")),
    _part("order_line", "order_id", ("order_id",)),
    _Part(
        "silver.consent",
        "consent_id",
        "select k.consent_id from step.canonical_consent_key as k "
        "inner join temp.canonical_met as m on m.record_id = k.record_id",
        ("record_id",),
    ),
)
_QUARANTINED: Final = """
delete from silver.quarantine as q using temp.canonical_version_before as v
where v.load_id = q.load_id and v.source = q.source and v.object = q.object
    and v.locator = q.locator
"""
_CHANGED: Final = """
create or replace temp table temp.canonical_changed as
select table_name, owners
from temp.canonical_row
group by table_name, row_hash, owners
having count(*) filter (where is_new) <> count(*) filter (where not is_new)
"""
_PARTIES: Final = """
create or replace table step.canonical_touched as
with owner as (
    select distinct
        table_name,
        unnest(owners) as record_id
    from temp.canonical_changed
)
select record_id
from owner
where record_id is not null and table_name <> 'silver.order_line'
union
select unnest([o.record_id, o.account_record_id]) as record_id
from silver.order as o
inner join owner as w on w.table_name = 'silver.order_line' and w.record_id = o.order_id
"""


@dataclass(frozen=True, slots=True)
class Silver:
    """Silver before and after its rows of what is looked at are made anew."""

    warehouse: Warehouse

    def remove(self) -> None:
        """Remove the rows of what is looked at, and remember them by a hash."""
        execute = self.warehouse.connection.execute
        execute(
            f"create or replace temp table {_ROWS} (table_name varchar, is_new boolean, "
            "row_hash ubigint, owners varchar[])"
        )
        for part in _PARTS:
            self._note(part, is_new=False)
            gone = exp.delete(_quoted(part.table)).where(_among(part))
            execute(gone.sql("duckdb"))
        if execute(_QUARANTINED).fetchall()[0][0]:
            self.warehouse.changed.add("silver.quarantine")

    def compare(self) -> None:
        """Tell which tables have other rows now, and fill `TOUCHED` with whose they are."""
        for part in _PARTS:
            self._note(part, is_new=True)
        execute = self.warehouse.connection.execute
        execute(_CHANGED)
        execute(_PARTIES)
        execute(f"delete from {TOUCHED} where record_id is null")  # noqa: S608 - a constant
        changed = self.warehouse.query(
            "select distinct table_name from temp.canonical_changed order by table_name"
        )
        self.warehouse.changed -= {part.table for part in _PARTS}
        self.warehouse.changed |= set(changed["table_name"].to_list())

    def _note(self, part: _Part, *, is_new: bool) -> None:
        rows = (
            exp.select(
                exp.Literal.string(part.table).as_("table_name"),
                exp.Boolean(this=is_new).as_("is_new"),
                exp.Anonymous(this="hash", expressions=[exp.column("t")]).as_("row_hash"),
                exp.Array(expressions=[exp.column(owner) for owner in part.owners]).as_("owners"),
            )
            .from_(exp.alias_(_quoted(part.table), "t"))
            .where(_among(part))
        )
        self.warehouse.write(f"insert into {quoted(_ROWS)} by name {rows.sql('duckdb')}")


def _quoted(table: str) -> exp.Table:
    schema, name = table.split(".")
    return exp.table_(exp.to_identifier(name, quoted=True), db=schema)


def _among(part: _Part) -> exp.Expr:
    keys = sqlglot.parse_one(part.keys, dialect="duckdb")
    return exp.In(this=exp.column(part.key), query=exp.Subquery(this=keys))
