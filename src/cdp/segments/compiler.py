"""Definitions compiled to one SELECT each: the ids of the members.

Each condition on other rows is a set of ids that is found once for everybody, so that a definition
costs a few scans and joins whatever it asks. What must not be so of all members is taken away by an
anti join, for which DuckDB need not keep what it takes away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.errors import UnknownNameError
from cdp.segments.places import place_of, pointer
from cdp.segments.scope import ConditionError, Entity, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cdp.segments.definition import SegmentFile


@dataclass(frozen=True, slots=True)
class Compiled:
    """A segment as SQL.

    Attributes:
        name: name of the segment.
        entity: what its members are.
        sql: a SELECT of `profile_id` and `segment` over `gold` tables; of organisations and groups
            also of `account_id`, which is the same id.
        values: its parameters but $as_of.
        uses_as_of: whether $as_of is among its parameters.
        tables: the tables it reads, sorted.
        test: what must hold of the member's row, with the values that `values` has.
    """

    name: str
    entity: Entity
    sql: str
    values: Mapping[str, object]
    uses_as_of: bool
    tables: tuple[str, ...]
    test: exp.Expr = field(repr=False, compare=False)

    def params(self, as_of: datetime) -> dict[str, object]:
        """Return all its parameters at this moment."""
        return {**self.values, **({"as_of": as_of} if self.uses_as_of else {})}


def compiled(
    name: str, segments: Mapping[str, SegmentFile], scores: frozenset[str] = frozenset()
) -> Compiled:
    """Return this segment of the workspace as SQL.

    Raises:
        UnknownNameError: there is no such segment.
        ConditionError: a condition names something that is not there, or segments build upon
            each other in a circle; the message names the file.
    """
    if name not in segments:
        raise UnknownNameError(kind="segment", name=name, known=sorted(segments))
    definition = segments[name]
    scope = Scope(definition.of, segments, scores, (name,))
    try:
        satisfied = definition.condition.sql(scope)
    except ConditionError as error:
        raise _placed(error, name, definition) from None
    query = _with_anti_joins(_members(satisfied, scope), scope)
    label = exp.cast(scope.bind(name), "varchar").as_("segment")
    tables = {f"{t.db}.{t.name}" for t in query.find_all(exp.Table) if t.db}
    timed = any(p.name == "as_of" for p in query.find_all(exp.Placeholder))
    return Compiled(
        name=name,
        entity=definition.of,
        sql=_keyed(query, scope).select(label).sql("duckdb", pretty=True, identify=True),
        values=dict(scope.values),
        uses_as_of=timed,
        tables=tuple(sorted(tables)),
        test=satisfied,
    )


def members(definition: SegmentFile, scope: Scope) -> exp.Select:
    """Return the query for the ids of everybody who satisfies the definition."""
    return _members(definition.condition.sql(scope), scope)


def _members(satisfied: exp.Expr, scope: Scope) -> exp.Select:
    return scope.everybody().select(scope.member.as_("profile_id")).where(satisfied)


def _placed(error: ConditionError, name: str, definition: SegmentFile) -> ConditionError:
    """Return the error with the place in the definition that it is about."""
    place = place_of(definition, error.condition) or ()
    where = f"{pointer(place)}: " if place else ""
    placed = ConditionError(f"segments/{name}.yaml: {where}{error}")
    placed.condition, placed.told, placed.place = error.condition, str(error), place
    return placed


def _keyed(query: exp.Select, scope: Scope) -> exp.Select:
    """Return the query with the column that its work is partitioned by."""
    return query.select(scope.member) if scope.key != "profile_id" else query


def _with_anti_joins(query: exp.Select, scope: Scope) -> exp.Select:
    """Return the query with `not in (...)`, where it must hold of all, as anti joins."""
    kept: list[exp.Expr] = []
    for condition in _conjuncts(query.args["where"].this):
        ids = _taken_away(condition, scope)
        if ids is None:
            kept.append(condition)
            continue
        alias = f"without_{len(query.args.get('joins') or ()) + 1}"
        # the column has the name of the key, whatever the query inside calls it
        key = ids.selects[0].alias_or_name
        query = query.join(
            ids.subquery(alias),
            on=exp.column(key, table=alias).eq(scope.member),
            join_type="anti",
        )
    return query.where(*kept, append=False)


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.Paren):
        yield from _conjuncts(condition.this)
    elif isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _taken_away(condition: exp.Expr, scope: Scope) -> exp.Query | None:
    if not isinstance(condition, exp.Not):
        return None
    inner = condition.this.unnest()
    if not isinstance(inner, exp.In) or inner.this != scope.member or not inner.args.get("query"):
        return None
    ids: exp.Query = inner.args["query"].unnest()
    return ids
