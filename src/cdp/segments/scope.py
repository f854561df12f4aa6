"""What a condition may use while it is compiled: the member's row, bound values, other segments.

Invariants: every predicate is true or false, never null, so that `not` is a true complement;
each value is bound, none is written into the text; only the tables listed here are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME
from cdp.segments.naming import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.model.tables import Column
    from cdp.segments.condition import Condition
    from cdp.segments.definition import SegmentFile

Entity = Literal["person", "organisation", "group", "visitor"]
ACCOUNTS = ("organisation", "group")
"""Who has a row in gold.account; all others have one in gold.profile."""

# When an event happened; what has no such column is no event.
EVENT_TIMES = {
    "activity": "starts_at",
    "cart": "created_at",
    "interaction": "occurred_at",
    "lead": "created_at",
    "opportunity": "created_at",
    "order": "ordered_at",
    "quote": "created_at",
    "ticket": "created_at",
}
READS = (
    "gold.profile",
    "gold.account",
    "gold.attribute",
    "gold.identifier",
    "gold.source_record",
    "gold.consent",
    "gold.relationship",
    "gold.role",
    "gold.household",
    "gold.household_member",
    "gold.company_group",
    "gold.company_group_member",
    "gold.enrichment",
    "gold.feature",
    "gold.score",
    "gold.order_line",
    "gold.product",
    "gold.campaign",
    "gold.campaign_member",
    "gold.target_group",
    "gold.target_group_member",
    *(f"gold.{event}" for event in EVENT_TIMES),
)


_ROW: Final = "row"
MANY: Final = 5_000
"""Values that one definition may bind, those of its building blocks included."""


class ConditionError(ConfigError):
    """A condition names something that is not there; the message lists what is.

    Attributes:
        condition: the one at fault, where that is known.
        told: what is wrong, without saying where.
        place: keys and numbers that lead to the condition in its definition.
    """

    condition: Condition | None = None
    told: str = ""
    place: tuple[str | int, ...] = ()


def fields(table: str) -> dict[str, Column]:
    """Return the columns of a table that conditions can compare, by name."""
    return {c.name: c for c in BY_NAME[table].columns if c.type != "json"}


def pick(column: str, table: str) -> Column:
    """Return a column of a table.

    Raises:
        ConditionError: it has none of this name; the message lists those it has.
    """
    known = fields(table)
    if column not in known:
        raise ConditionError(unknown(f"field of {table}", column, known))
    return known[column]


@dataclass(frozen=True)
class Scope:
    """The surroundings of a condition.

    Attributes:
        entity: what the members are.
        segments: every segment of the workspace, for reuse.
        scores: names of the scores of the workspace.
        path: segments being compiled, outermost first; its length tells aliases apart.
        values: parameters bound so far, by name; shared by nested scopes.
    """

    entity: Entity
    segments: Mapping[str, SegmentFile]
    scores: frozenset[str]
    path: tuple[str, ...]
    values: dict[str, object] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table that has one row for each possible member."""
        return "gold.account" if self.entity in ACCOUNTS else "gold.profile"

    @property
    def key(self) -> str:
        """The column of events that names the member."""
        return "account_id" if self.entity in ACCOUNTS else "profile_id"

    @property
    def alias(self) -> str:
        """The name of the member's row at this depth."""
        return f"member_{len(self.path)}"

    @property
    def member(self) -> exp.Column:
        """The id of the member."""
        return exp.column(self.key, table=self.alias)

    def inside(self, name: str, entity: Entity) -> Scope:
        """Return the scope of other members that this one looks at: a segment's, or relatives."""
        return replace(self, entity=entity, path=(*self.path, name))

    def bind(self, value: object) -> exp.Placeholder:
        """Return a parameter that stands for this value.

        Raises:
            ConditionError: there are too many.
        """
        if len(self.values) >= MANY:
            msg = f"the definition, with all it builds upon, has more than {MANY:,} values"
            raise ConditionError(msg)
        name = f"v{len(self.values) + 1}"
        self.values[name] = value
        return exp.Placeholder(this=name)

    def everybody(self) -> exp.Select:
        """Return a query, nothing selected yet, for all who may be members."""
        kind = "account_type" if self.entity in ACCOUNTS else "profile_type"
        of_kind = exp.column(kind, table=self.alias).eq(self.bind(self.entity))
        return exp.select().from_(named(self.table, self.alias)).where(of_kind)

    def rows(self, table: str, key: str = "profile_id") -> Rows:
        """Return the rows of a table, as `it`, that belong to somebody."""
        return Rows(exp.select().from_(named(table, "it")), key)

    def one_row(self, table: str, condition: exp.Expr, *which: exp.Expr) -> exp.Expr:
        """Return whether the member's only row of a table, `it`, is like this.

        `which` tells which of several that one is. What is returned knows of it (`row_of`), so
        that one pass over joined rows can answer for many segments.
        """
        found = self.rows(table).where(*which, condition).of(self)
        found.meta[_ROW] = Row(table, which, condition)
        return found

    def among(self, ids: exp.Query) -> exp.Expr:
        """Return whether the member is among the ids, none null, that a query gives."""
        return exp.In(this=self.member, query=ids.subquery(copy=False))


@dataclass(frozen=True)
class Rows:
    """Rows of a table, as `it`: everybody's, so that they are found once and not once a member.

    Attributes:
        query: where they come from and what holds of them; nothing is selected yet.
        key: the column that says whose they are.
    """

    query: exp.Select
    key: str

    @property
    def owner(self) -> exp.Column:
        """Whose a row is."""
        return exp.column(self.key, table="it")

    def where(self, *conditions: exp.Expr) -> Rows:
        """Return those of them for which these hold too."""
        return Rows(self.query.where(*conditions), self.key)

    def owners(self) -> exp.Select:
        """Return the query for whose they are, an id for each row."""
        return self.query.select(self.owner).where(present(self.owner))

    def of(self, scope: Scope) -> exp.Expr:
        """Return whether one of them is the member's."""
        return scope.among(self.owners())


@dataclass(frozen=True, slots=True)
class Row:
    """The only row of a table, as `it`, that a member has, and what is asked of it.

    Attributes:
        table: where it is.
        which: what tells it from the member's other rows there.
        condition: what it is to be like; never null, whatever is null in the row.
    """

    table: str
    which: tuple[exp.Expr, ...]
    condition: exp.Expr


def row_of(predicate: exp.Expr) -> Row | None:
    """Return the row that a predicate asks about, if it asks about one."""
    found = predicate.meta.get(_ROW) if isinstance(predicate, exp.In) else None
    return found if isinstance(found, Row) else None


def named(table: str, alias: str) -> exp.Table:
    """Return a table under another name."""
    schema, name = table.split(".")
    return exp.table_(name, db=schema, quoted=True, alias=alias)


def present(column: exp.Expr) -> exp.Expr:
    """Return whether there is a value."""
    return exp.not_(exp.Is(this=column.copy(), expression=exp.null()))


def certain(predicate: exp.Expr) -> exp.Expr:
    """Return the predicate with unknown read as false."""
    return exp.func("coalesce", predicate, exp.false())
