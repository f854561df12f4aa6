"""Entities taken out of JSON with one column for each cell: one row a record, not one a cell.

A wide table holds what one main entity and its parts are made of, where all of them stand on the
record itself. Invariant: `temp.canonical_wide_<n>` has a row for each record to which the main
entity applies, with its cells as they were read; equal expressions share a column, and what is
the same for all rows has none. `temp.canonical_left_<n>` has the clean values that SQL could not
give, of those rows that have any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.canonical.clean import CLEANERS
from cdp.canonical.compile import both, branch, call, is_filled, is_null, named, null, text
from cdp.canonical.extract import key_name, picked
from cdp.canonical.plan import KINDS
from cdp.canonical.swift import plain
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cdp.canonical.extract import Origin, Row
    from cdp.canonical.plan import Entity

MEANT: Final = "temp.canonical_meant"
_CARRIED: Final = ("seq", "seen_at", "received_at")
_PARTS: Final = {"attribute", "identifier", "address"}
_MEANT: Final = {
    "number": "integer",
    "place": "integer",
    "type": "varchar",
    "hint": "varchar",
    "meaning": "varchar",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of an entity, as expressions over its wide table, here called `w`."""

    entity: Entity
    name: str
    type: exp.Expr
    hint: exp.Expr
    meaning: exp.Expr
    plain: exp.Expr
    original: exp.Expr

    @property
    def is_same(self) -> bool:
        """Whether the value means what it says, so that it cannot be an unknown code."""
        return self.meaning is self.original or self.meaning == self.original


@dataclass(frozen=True, slots=True)
class Wide:
    """The wide table of this number.

    Attributes:
        number: its number.
        source: instance its records come from.
        object: the source's own name of their object.
        main: the entity that stands for itself.
        fields: its cells and those of its parts.
        is_alone: nothing else can have the key of one of its rows.
        left: places of the fields of which some values are in the table `left`.
    """

    number: int
    source: str
    object: str
    main: Entity
    fields: tuple[Field, ...]
    is_alone: bool
    left: frozenset[int] = frozenset()

    @property
    def table(self) -> str:
        """The table of cells as they were read."""
        return f"temp.canonical_wide_{self.number}"

    @property
    def left_table(self) -> str:
        """The table of values that were left to the cleaners."""
        return f"temp.canonical_left_{self.number}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that its clean values are in."""
        return (self.table, self.left_table) if self.left else (self.table,)

    def of(self, entity: Entity) -> dict[str, int]:
        """Return the places of an entity's fields by name."""
        return {f.name: i for i, f in enumerate(self.fields) if f.entity is entity}

    def value(self, place: int) -> exp.Expr:
        """Return the clean value of a field, null where there is none or none that is good."""
        field = self.fields[place]
        value = field.plain
        if place in self.left:
            value = call("coalesce", value, exp.column(f"v{place}", "f"))
        return value if field.is_same else branch([(is_filled(field.original), value)])

    def rows(self, places: Iterable[int] = (), left: str = "f") -> exp.Select:
        """Return a SELECT without columns of its rows, with what the values of fields need."""
        query = exp.Select().from_(f"{self.table} as w", copy=False)
        if self.left.isdisjoint(places):
            return query
        return query.join(
            f"{self.left_table} as {left}", on=f"{left}.seq = w.seq", join_type="left"
        )


def together(entities: Sequence[Entity]) -> tuple[list[list[Entity]], list[Entity]]:
    """Return main entities with their parts that may be wide, and all other entities."""
    wide: list[list[Entity]] = []
    others: list[Entity] = []
    for main, *parts in _families(entities):
        own = [part for part in parts if part.kind in _PARTS]
        if _is_wide(main) and all(map(_stands_on_record, own)):
            wide.append([main, *own])
            others += [part for part in parts if part.kind not in _PARTS]
        else:
            others += [main, *parts]
    return wide, others


def _families(entities: Iterable[Entity]) -> list[list[Entity]]:
    families: list[list[Entity]] = []
    for entity in entities:
        if entity.main:
            families.append([])
        families[-1].append(entity)
    return families


def _is_wide(entity: Entity) -> bool:
    is_known = entity.kind == "party" or entity.kind in KINDS.values()
    return is_known and not entity.merge and _stands_on_record(entity)


def _stands_on_record(entity: Entity) -> bool:
    return entity.each is None and entity.split is None


def reading(
    family: list[Entity], origin: Origin, number: int, *, is_alone: bool
) -> tuple[Wide, Statement]:
    """Return the wide table of a main entity and its parts, and the statement that reads it."""
    main, *parts = family
    conditional = {id(part) for part in parts if part.when is not None or part.needs}
    rows, query = picked(family, origin)
    kept = _Kept()
    record_id = next(row.record_id for row in rows if row.entity is main)
    fields = tuple(
        _field(row, kept, is_conditional=id(row.entity) in conditional)
        for row in rows
        if row.field != "$"
    )
    statement = Statement(
        name=f"cdp.canonical/{origin.source}.{origin.object}.wide",
        sql=query.select(named(record_id, "record_id"), *_CARRIED, *kept.columns(), copy=False)
        .from_("keyed", copy=False)
        .where(is_filled(exp.column(key_name(main))), copy=False)
        .sql("duckdb"),
        grain="one record that makes an entity",
        key="record_id",
        reads=("temp.canonical_version", "bronze.record"),
        broadcast=(),
        params=(),
        writes=f"temp.canonical_wide_{number}",
    )
    return Wide(number, origin.source, origin.object, main, fields, is_alone), statement


class _Kept:
    """The columns of a wide table to be, equal ones once."""

    def __init__(self) -> None:
        self._names: dict[str, exp.Expr] = {}

    def keep(self, value: exp.Expr) -> exp.Expr:
        """Return where the value is found in the wide table."""
        read = {column.name for column in value.find_all(exp.Column)}
        if read <= {"received_at"}:
            return value
        self._names.setdefault(value.sql("duckdb"), value)
        return exp.column(f"c{list(self._names).index(value.sql('duckdb'))}", "w")

    def columns(self) -> list[exp.Expr]:
        """Return the columns."""
        return [named(value, f"c{index}") for index, value in enumerate(self._names.values())]


def _field(row: Row, kept: _Kept, *, is_conditional: bool) -> Field:
    parts = [row.pair.meaning, _plain(row), row.pair.original]
    if is_conditional:
        applies = is_filled(exp.column(key_name(row.entity)))
        parts = [branch([(applies, part)]) for part in parts]
    meaning, clean, original = map(kept.keep, parts)
    return Field(row.entity, row.field, row.type, kept.keep(row.hint), meaning, clean, original)


def _plain(row: Row) -> exp.Expr:
    """Return the clean value where it is plain; what the mapping itself says is cleaned at once."""
    meaning = row.pair.meaning
    if isinstance(row.type, exp.Literal) and isinstance(row.hint, exp.Literal):
        type_, hint = str(row.type.this), str(row.hint.this)
        said = _said(meaning)
        clean = {one: CLEANERS[type_](one, hint).value for one in said or ()}
        if said is not None and all(one == value for one, value in clean.items()):
            return meaning
        if isinstance(meaning, exp.Literal):
            value = clean[str(meaning.this)]
            return null() if value is None else text(value)
    return plain(row.type, row.hint, meaning)


def _said(meaning: exp.Expr) -> set[str] | None:
    """Return the values that a mapping itself may give, None where the source decides."""
    if isinstance(meaning, exp.Literal):
        return {str(meaning.this)}
    if isinstance(meaning, exp.Cast) and isinstance(meaning.this, exp.Null):
        return set()
    if not isinstance(meaning, exp.Case):
        return None
    found: set[str] = set()
    for branch_ in (*(case.args["true"] for case in meaning.args["ifs"]), meaning.args["default"]):
        own = _said(branch_)
        if own is None:
            return None
        found |= own
    return found


def meant(wides: Iterable[Wide]) -> Statement:
    """Return the statement that lists the values that are left to the cleaners, by field."""
    parts = []
    for wide in wides:
        for place, field in enumerate(wide.fields):
            if field.plain is field.meaning or field.plain == field.meaning:
                continue
            numbers = (exp.Literal.number(wide.number), exp.Literal.number(place))
            columns = (*numbers, field.type, field.hint, field.meaning)
            part = exp.select(*map(named, columns, _MEANT)).distinct()
            left = both(is_filled(field.meaning), is_null(field.plain))
            parts.append(part.from_(f"{wide.table} as w").where(left))
    return united("meant", parts, _MEANT, tuple(w.table for w in wides), MEANT)


def with_left(wide: Wide, places: Iterable[int]) -> tuple[Wide, Statement]:
    """Return the wide table, some fields of which have cleaned values, and what keeps those."""
    found = replace(wide, left=frozenset(places))
    query = exp.select("w.seq").from_(f"{wide.table} as w")
    tests = []
    for place in sorted(found.left):
        field, clean = wide.fields[place], f"c{place}"
        is_left = both(is_null(field.plain), is_filled(field.meaning))
        match = both(
            exp.EQ(this=exp.column("type", clean), expression=field.type),
            exp.EQ(this=exp.column("hint", clean), expression=field.hint),
            exp.EQ(
                this=exp.column("meaning", clean), expression=branch([(is_left, field.meaning)])
            ),
        )
        query = query.join(f"temp.canonical_clean as {clean}", on=match, join_type="left")
        query = query.select(
            named(exp.column("value", clean), f"v{place}"),
            named(is_filled(exp.column("reason", clean)), f"is_bad{place}"),
        )
        tests.append(is_left)
    statement = Statement(
        name=f"cdp.canonical/left_{wide.number}",
        sql=query.where(exp.or_(*tests)).sql("duckdb"),
        grain="one record with values that are not plain",
        key="global",
        reads=(wide.table, "temp.canonical_clean"),
        broadcast=(),
        params=(),
        writes=found.left_table,
    )
    return found, statement


def united(
    name: str,
    parts: Iterable[exp.Select],
    schema: dict[str, str],
    reads: tuple[str, ...],
    writes: str,
) -> Statement:
    """Return one statement of all parts; of none, one that gives no row."""
    nothing = [named(exp.cast(exp.Null(), type_), column) for column, type_ in schema.items()]
    query: exp.Query = exp.select(*nothing).where(exp.false())
    for part in parts:
        query = exp.union(query, part, distinct=False, copy=False)
    return Statement(
        name=f"cdp.canonical/{name}",
        sql=query.sql("duckdb"),
        grain="one row of a wide table",
        key="global",
        reads=reads,
        broadcast=(),
        params=(),
        writes=writes,
    )
