"""Segments that ask about the member's own rows alone, found together in one pass over them.

Profiles are joined once with the rows that any of the segments looks at, each segment is a boolean
of the joined row, and who satisfies none is dropped before anything is written. What asks about
events, relatives or other segments is left as it was compiled: a set of ids is cheaper there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.segments.compiler import Compiled
from cdp.segments.scope import MANY, Row, Scope, named, present, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def together(segments: Iterable[Compiled]) -> list[Compiled]:
    """Return queries that give the members of all these segments, fewer than there are segments."""
    found: list[Compiled] = []
    groups: dict[str, list[Compiled]] = {}
    for segment in segments:
        group = groups.setdefault(segment.entity, [])
        if not _asks_of_rows(segment.test):
            found.append(segment)
        elif sum(len(one.values) for one in (*group, segment)) <= MANY:
            group.append(segment)
        else:
            found.append(segment)
    for group in groups.values():
        if len(group) > 1:
            scope = Scope(group[0].entity, {}, frozenset(), ("it",))
            found.append(_Pass(scope).over(group))
        else:
            found += group
    return found


def _asks_of_rows(test: exp.Expr) -> bool:
    """Whether nothing but the member's row, and rows of which each member has one, is asked."""
    plain = test.transform(lambda node: exp.true() if row_of(node) else node)
    return plain.find(exp.Query) is None


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over the members' rows.

    Attributes:
        scope: has the member's row, and all values.
        joined: the rows joined so far, each by what it is, with the alias that it has.
        joins: the alias, the table and what tells the row, of each of them.
    """

    scope: Scope
    joined: dict[object, str] = field(default_factory=dict)
    joins: list[tuple[str, Row]] = field(default_factory=list)

    def over(self, segments: list[Compiled]) -> Compiled:
        """Return the query for the members of these segments."""
        scope = self.scope
        everybody = scope.everybody().select(scope.member.as_("profile_id"))
        if scope.key != "profile_id":
            everybody = everybody.select(scope.member)
        tests = [self._test(segment) for segment in segments]
        columns = [exp.column(f"is_{number}", table="it") for number in range(len(tests))]
        for column, test in zip(columns, tests, strict=True):
            everybody = everybody.select(test.as_(column.name))
        for alias, row in self.joins:
            mine = exp.column("profile_id", table=alias).eq(scope.member)
            right = named(row.table, alias)
            everybody = everybody.join(right, on=exp.and_(mine, *row.which), join_type="left")
        names = [exp.cast(scope.bind(segment.name), "varchar") for segment in segments]
        labels = [exp.func("if", *pair, exp.null()) for pair in zip(columns, names, strict=True)]
        query = exp.select("profile_id", *(["account_id"] if scope.key == "account_id" else []))
        query = query.select(_each(labels).as_("segment"))
        query = query.from_(everybody.subquery("it")).where(exp.or_(*columns))
        return Compiled(
            name=f"{{{','.join(segment.name for segment in segments)}}}",
            entity=scope.entity,
            sql=query.sql("duckdb", pretty=True, identify=True),
            values=dict(scope.values),
            uses_as_of=any(p.name == "as_of" for p in query.find_all(exp.Placeholder)),
            tables=tuple(sorted({table for segment in segments for table in segment.tables})),
            test=exp.or_(*tests),
        )

    def _test(self, segment: Compiled) -> exp.Expr:
        """Return what must hold of the joined row, its values bound anew."""
        names: dict[str, exp.Placeholder] = {}

        def bound(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Placeholder) or node.name == "as_of":
                return node
            if node.name not in names:
                names[node.name] = self.scope.bind(segment.values[node.name])
            return names[node.name].copy()

        def asked(node: exp.Expr) -> exp.Expr:
            row = row_of(node)
            return bound(node) if row is None else self._joined(row, segment, bound)

        return segment.test.transform(asked)

    def _joined(
        self, row: Row, segment: Compiled, bound: Callable[[exp.Expr], exp.Expr]
    ) -> exp.Expr:
        """Return whether the row is there and as it is to be; join it unless it is joined."""
        alias = self._alias(row, segment)

        def there(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and node.table == "it":
                return exp.column(node.name, table=alias)
            return bound(node)

        if len(self.joins) < len(self.joined):
            which = tuple(one.transform(there) for one in row.which)
            self.joins.append((alias, Row(row.table, which, exp.true())))
        like = exp.paren(row.condition.transform(there))
        return exp.paren(exp.and_(present(exp.column("profile_id", table=alias)), like))

    def _alias(self, row: Row, segment: Compiled) -> str:
        values = tuple(
            segment.values[value.name]
            for one in row.which
            for value in one.find_all(exp.Placeholder)
        )
        shapes = tuple(
            one.transform(
                lambda n: exp.Placeholder() if isinstance(n, exp.Placeholder) else n
            ).sql()
            for one in row.which
        )
        return self.joined.setdefault((row.table, shapes, values), f"row_{len(self.joined) + 1}")


def _each(labels: Sequence[exp.Expr]) -> exp.Expr:
    """Return each of the labels that is not null, a row for each."""
    there = exp.Lambda(this=present(exp.column("label")), expressions=[exp.to_identifier("label")])
    some = exp.Anonymous(
        this="list_filter", expressions=[exp.Array(expressions=list(labels)), there]
    )
    return exp.Anonymous(this="unnest", expressions=[some])
