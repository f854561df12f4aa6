"""How many values of one kind of identifier a profile may have, held while clusters merge.

Two clusters that together have more values of a kind than one profile may do not merge, unless a
steward says that they must, or they share a value of a weighed kind that comes before it: then
the limit gives way. Values that a cluster has too many of already are no reason against a
merge that adds none.

Invariant: what is refused depends on the values of the two clusters alone. Components in which no
limit can be reached are not looked at, so that the usual case costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from sqlglot import exp

from cdp.identity.laws import CLAIMED, COLUMNS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from cdp.identity.laws import Law

AMONG = "identity_among"


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has which values of one kind: a row (`record`, `value` number) each, each once."""

    law: Law
    record: np.ndarray
    value: np.ndarray


def holdings(
    connection: DuckDBPyConnection, table: str, components: np.ndarray, laws: tuple[Law, ...]
) -> tuple[Holding, ...]:
    """Return the values of all kinds that limits ask for, of the components that may reach one.

    `table` holds the normalised records, numbered from 0; the laws are those of its party type.
    """
    limited = [law for law in laws if law.per_profile is not None]
    near = np.zeros(len(components), bool)
    for law in limited:
        near |= _may_reach(connection, table, components, law)
    if not near.any():
        return ()
    connection.register(AMONG, pl.DataFrame({"unique_id": np.flatnonzero(near)}))
    try:
        return tuple(
            _holding(connection, table, law) for law in laws if law.per_profile or law.weight
        )
    finally:
        connection.unregister(AMONG)


def _may_reach(
    connection: DuckDBPyConnection, table: str, components: np.ndarray, law: Law
) -> np.ndarray:
    """Return, per record, whether its component has more values of the kind than a profile may."""
    size = exp.func("coalesce", exp.func("len", _values(law.kind)), exp.Literal.number(0))
    query = exp.select(exp.alias_(size, "held")).from_(table).order_by("unique_id")
    held = connection.sql(query.sql("duckdb")).pl()["held"].to_numpy()
    total = np.bincount(components, weights=held)
    alone = np.bincount(components) == 1
    return np.asarray(((total > (law.per_profile or 0)) & ~alone)[components])


def _values(kind: str) -> exp.Expr:
    """Return SQL for the list of a record's values of the kind, perhaps with others among them."""
    column = COLUMNS[kind]
    if column == "national_id":
        return exp.maybe_parse(
            "case when national_ids is null and national_id is not null then [national_id] "
            "else list_transform(national_ids, lambda v: v.national_id) end",
            dialect="duckdb",
        )
    return exp.column(column)


def _holding(connection: DuckDBPyConnection, table: str, law: Law) -> Holding:
    query = (
        exp.select("unique_id", exp.alias_(exp.func("unnest", _values(law.kind)), "value"))
        .from_(table)
        .join(AMONG, using="unique_id", join_type="semi")
    )
    found = connection.sql(query.sql("duckdb")).pl().drop_nulls()
    if COLUMNS[law.kind] == CLAIMED:
        found = found.filter(pl.col("value").str.starts_with(f"{law.kind}:"))
    found = found.unique().sort("value", "unique_id")
    number = found["value"].rank("dense").to_numpy().astype(np.int64)
    return Holding(law, found["unique_id"].to_numpy().astype(np.int64), number)


def reached(components: np.ndarray, held: tuple[Holding, ...]) -> np.ndarray:
    """Return, per component, whether its distinct values of some kind are more than a limit."""
    found = np.zeros(int(components.max(initial=-1)) + 1, bool)
    for holding in held:
        if holding.law.per_profile is not None:
            pairs = np.unique(np.stack([components[holding.record], holding.value]), axis=1)
            values = np.bincount(pairs[0], minlength=len(found))
            found |= values > holding.law.per_profile
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """The values of one kind in some components of one size: 1 where (component, cluster, value).

    `before` are the positions, among all kinds at hand, of those that its limit gives way to.
    """

    limit: int | None
    before: tuple[int, ...]
    has: np.ndarray


def held_by(held: tuple[Holding, ...], members: np.ndarray) -> tuple[Held, ...]:
    """Return the values of these components (a row of record numbers each), every record alone."""
    return tuple(
        Held(
            holding.law.per_profile,
            tuple(
                number
                for number, other in enumerate(held)
                if other.law.weight and other.law.priority < holding.law.priority
            ),
            _matrix(holding, members),
        )
        for holding in held
    )


def _matrix(holding: Holding, members: np.ndarray) -> np.ndarray:
    order = np.argsort(members, axis=None)
    records = members.ravel()[order]
    place = np.searchsorted(records, holding.record)
    place[place == len(records)] = 0
    mine = records[place] == holding.record
    row, column = np.divmod(order[place[mine]], members.shape[1])
    distinct, value = np.unique(np.stack([row, holding.value[mine]]), axis=1, return_inverse=True)
    first = np.searchsorted(distinct[0], distinct[0])
    number = (np.arange(distinct.shape[1]) - first)[value.ravel()]
    has = np.zeros((*members.shape, int(number.max(initial=0)) + 1), np.float32)
    has[row, column, number] = 1.0
    return has


def refused(held: tuple[Held, ...], rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return whether a limit keeps the cluster at `places` of each row apart from each other one.

    `rows` are components, `places` one cluster of each; the result is rows by clusters.
    """
    found = np.zeros((len(rows), held[0].has.shape[1]), bool)
    both = [_in_both(kind, rows, places) for kind in held]
    for number, kind in enumerate(held):
        if kind.limit is None:
            continue
        own = kind.has[rows, places].sum(1)[:, None]
        other = kind.has[rows].sum(2)
        union = own + other - both[number]
        broken = (union > kind.limit) & (union > np.maximum(own, other))
        for earlier in kind.before:
            broken &= both[earlier] == 0
        found |= broken
    return found


def _in_both(kind: Held, rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("nv,nsv->ns", kind.has[rows, places], kind.has[rows]))


def merge(held: tuple[Held, ...], rows: np.ndarray, keep: np.ndarray, gone: np.ndarray) -> None:
    """Give the values of the clusters `gone` to the clusters `keep`."""
    for kind in held:
        kind.has[rows, keep] = np.maximum(kind.has[rows, keep], kind.has[rows, gone])
        kind.has[rows, gone] = 0.0


def kept_apart(held: tuple[Held, ...], shape: tuple[int, ...]) -> np.ndarray:
    """Return which records of each component a limit keeps apart (component by record, twice)."""
    count, size = shape
    found = np.zeros((count, size, size), bool)
    rows = np.arange(count)
    for place in range(size):
        found[:, place] = refused(held, rows, np.full(count, place))
    return found
