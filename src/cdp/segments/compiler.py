"""Definitions compiled to one SELECT each: the ids of the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.errors import UnknownNameError
from cdp.segments.scope import ConditionError, Entity, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.segments.definition import SegmentFile


@dataclass(frozen=True, slots=True)
class Compiled:
    """A segment as SQL.

    Attributes:
        name: name of the segment.
        entity: what its members are.
        sql: a SELECT of `profile_id` and `segment` over `gold` tables; of organisations also of
            `account_id`, which is the same id.
        values: its parameters but $as_of.
        uses_as_of: whether $as_of is among its parameters.
        tables: the tables it reads, sorted.
    """

    name: str
    entity: Entity
    sql: str
    values: Mapping[str, object]
    uses_as_of: bool
    tables: tuple[str, ...]

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
        query = members(definition, scope)
    except ConditionError as error:
        msg = f"segments/{name}.yaml: {error}"
        raise ConditionError(msg) from None
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
    )


def _keyed(query: exp.Select, scope: Scope) -> exp.Select:
    """Return the query with the column that its work is partitioned by."""
    return query.select(scope.member) if scope.key != "profile_id" else query


def members(definition: SegmentFile, scope: Scope) -> exp.Select:
    """Return the query for the ids of everybody who satisfies the definition."""
    schema, table = scope.table.split(".")
    query = exp.select(scope.member.as_("profile_id")).from_(
        exp.table_(table, db=schema, alias=scope.alias)
    )
    if scope.entity != "organisation":
        kind = exp.column("profile_type", table=scope.alias)
        query = query.where(kind.eq(scope.bind(scope.entity)))
    return query.where(definition.condition.predicate(scope))
