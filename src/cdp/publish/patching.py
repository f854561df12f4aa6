"""A copy of the key-value file, brought up to date for what may be others now.

Invariant: for each database, the keys that the rows in question had before are removed and their
items are put anew; all other items are those of the generation before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import sqlglot
from sqlglot import exp

from cdp.publish import stale
from cdp.publish.documents import every
from cdp.publish.gathering import items
from cdp.publish.gold import GOLD_NAMES
from cdp.store import goldpatch
from cdp.store.narrow import scoped
from cdp.store.stream import batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.publish.gathering import Item
    from cdp.publish.packed_blocks import Packed
    from cdp.store import Statement, Warehouse
    from cdp.store.keyvalue import KeyValueWriter

_BATCH = 50_000
_NEAR_RECORD = "step.publish_near_record"
_COMPARED = "record_id in (select record_id from step.publish_compared)"
_IDENTIFIER = "(kind, value) in (select (kind, value) from step.publish_identifier)"
_EITHER = " or ".join(stale.among(c, stale.IDS) for c in ("profile_id", "account_id"))
_EVENTS = ("order", "cart", "quote", "interaction", "ticket", "lead", "opportunity", "activity")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one database is brought up to date.

    Attributes:
        scope: condition on the rows of each table that its statement reads.
        ids: the ids whose items are replaced; None where the scope is exact.
        removed: which keys go: those of the ids, all that begin with an id, those that the
            statement gave before, or all of them.
    """

    scope: Mapping[str, str] = field(default_factory=dict)
    ids: str | None = None
    removed: Literal["ids", "prefixes", "before", "all"] = "all"


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch brings up to date.

    Attributes:
        changed: the tables that are others than in the generation before.
        blocks: the declared blocks by database.
        params: those that the statements name: `run_id` and `generation`.
    """

    changed: set[str]
    blocks: Mapping[str, Packed]
    params: Mapping[str, object]


def patch(warehouse: Warehouse, writer: KeyValueWriter, change: Change) -> None:
    """Bring every database up to date that reads a changed table; the old gold file is attached."""
    for name, statement in every(change.blocks).items():
        if change.changed & set(statement.reads):
            block = change.blocks.get(name)
            plan = _plan(name, statement) if block is None else _of_block(block)
            _patch(warehouse, writer, name, (plan, _cut(statement, plan)), change.params)


def _patch(
    warehouse: Warehouse,
    writer: KeyValueWriter,
    name: str,
    planned: tuple[_Plan, Statement],
    params: Mapping[str, object],
) -> None:
    plan, statement = planned
    chosen = {param: params[param] for param in statement.params}
    fresh = _items(warehouse, name, statement, chosen)
    if plan.removed == "before":
        old = goldpatch.inside(statement, GOLD_NAMES)
        gone = [key for key, _ in _items(warehouse, name, old, chosen)]
    elif plan.removed == "ids":
        gone = _ids(warehouse, plan.ids or stale.IDS)
    else:
        of_ids = plan.removed == "prefixes"
        starts = [id_ + b"\0" for id_ in _ids(warehouse, stale.IDS)] if of_ids else [b""]
        writer.clear(name, starts)
        gone = []
    writer.exchange(name, gone, fresh)


def _items(
    warehouse: Warehouse, name: str, statement: Statement, params: Mapping[str, object]
) -> list[Item]:
    rows = batches(warehouse, statement, _BATCH, **params)
    return [item for found in items(name, rows) for item in found]


def _ids(warehouse: Warehouse, table: str) -> list[bytes]:
    sql = f"select profile_id from {table}"  # noqa: S608 - our own names
    return [id_.encode() for id_ in warehouse.query(sql)["profile_id"].to_list()]


def _of_block(block: Packed) -> _Plan:
    return _Plan(block.scope, block.ids, "ids") if block.ids is not None else _Plan()


def _plan(name: str, statement: Statement) -> _Plan:
    named = _NAMED.get(name)
    if named is not None:
        return named
    own = {table: stale.own(table) for table in statement.reads}
    return _Plan({table: c for table, c in own.items() if c is not None}, None, "ids")


def _cut(whole: Statement, plan: _Plan) -> Statement:
    statement = scoped(whole, plan.scope)
    if plan.ids is None:
        return statement
    return replace(statement, sql=_owned_by(statement.sql, plan.ids))


@cache
def _owned_by(sql: str, ids: str) -> str:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(tree, exp.Select)  # noqa: S101 - every document is one SELECT
    owner = tree.selects[0].unalias().sql("duckdb")
    return tree.where(stale.among(owner, ids), dialect="duckdb").sql("duckdb")


_APART = _Plan(
    {"identity.edge": stale.edges(_NEAR_RECORD), "gold.source_record": _COMPARED},
    stale.NEAR,
    "ids",
)
_NAMED: dict[str, _Plan] = {
    "relationships": _Plan(
        {
            "gold.relationship": " or ".join(
                stale.among(c, stale.RELATED) for c in ("profile_id", "other_id")
            )
        },
        stale.RELATED,
        "ids",
    ),
    "joined": _APART,
    "apart": _APART,
    "timeline": _Plan({f"gold.{e}": _EITHER for e in _EVENTS}, stale.IDS, "prefixes"),
    "index": _Plan({"gold.identifier": _IDENTIFIER}, None, "before"),
    "retired": _Plan(
        {t: stale.condition(t) or "true" for t in ("identity.alias", "identity.profile")},
        None,
        "before",
    ),
    "member": _Plan({"gold.segment_member": stale.among("profile_id", stale.IDS)}, None, "before"),
    "search": _Plan(
        {
            "gold.profile": stale.among("profile_id", stale.IDS),
            "gold.account": stale.among("account_id", stale.IDS),
        },
        None,
        "before",
    ),
    "purchases": _Plan(
        {
            "gold.order": _EITHER,
            "gold.order_line": "order_id in (select order_id from step.publish_order)",
        },
        stale.IDS,
        "ids",
    ),
    "affinity": _Plan(),
    "best_seller": _Plan(),
    "recommender": _Plan(),
    "possible": _Plan(),
    "segment": _Plan(),
    "run": _Plan(),
    "review": _Plan(),
    "queue": _Plan(),
}
