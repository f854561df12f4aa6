"""The SELECT that takes entities out of an object's JSON, one row per filled cell.

Entities that stand on the same list share one SELECT, so that a record is read once. Invariant:
each main entity or line that applies gives one row of the field `$` with its key, whatever else
it has; a cell without a value gives no row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from cdp.canonical.compile import (
    ELEMENT,
    RECORD,
    Pair,
    Scope,
    both,
    branch,
    call,
    is_filled,
    named,
    text,
)
from cdp.canonical.swift import plain
from cdp.model.paths import parse
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.canonical.plan import Cell, Entity
    from cdp.canonical.unknown import Unknown

CARRIED: Final = ("source", "object", "seq", "seen_at", "received_at")
_ROW: Final = (
    ("record_id", "varchar"),
    ("kind", "varchar"),
    ("slot", "integer"),
    ("main", "boolean"),
    ("merge", "boolean"),
    ("field", "varchar"),
    ("type", "varchar"),
    ("hint", "varchar"),
    ("meaning", "varchar"),
    ("plain", "varchar"),
    ("original", "varchar"),
)
_UNMARKED: Final = {"attribute", "identifier", "address"}
_PAIR: Final = """
case when :found is not null and :found::varchar not in ('null', '""', '[]')
    then to_json(:name)::varchar || ':' || :found::varchar end
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of an object come from and how their values are to be read.

    Attributes:
        source: instance.
        object: the source's own name of the object.
        dates: hint for timestamps: zone and order of day and month.
        country: country of phone numbers whose record names none.
        unknown: fields that no mapping names.
    """

    source: str
    object: str
    dates: str
    country: str
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One cell, compiled."""

    entity: Entity
    record_id: exp.Expr
    field: str
    type: exp.Expr
    hint: exp.Expr
    pair: Pair

    def columns(self) -> tuple[exp.Expr, ...]:
        """Return the values of the columns of `_ROW`; nothing where the entity does not apply."""
        entity = self.entity
        applies = is_filled(exp.column(key_name(entity)))
        return (
            self.record_id,
            text(entity.kind),
            exp.Literal.number(entity.slot),
            exp.Boolean(this=entity.main),
            exp.Boolean(this=entity.merge),
            text(self.field),
            self.type,
            self.hint,
            self.pair.meaning,
            plain(self.type, self.hint, self.pair.meaning),
            branch([(applies, self.pair.original)]),
        )


def statements(entities: Iterable[Entity], origin: Origin) -> Iterator[Statement]:
    """Yield the statements that append the entities' cells to `temp.canonical_field`."""

    def stands_on(entity: Entity) -> tuple[str, str, str]:
        split = str(entity.cells[0].value.path) if entity.split else ""
        return entity.each or "", split, entity.split or ""

    ordered = sorted(entities, key=lambda e: (*stands_on(e), e.slot))
    for number, (_, group) in enumerate(groupby(ordered, key=stands_on)):
        yield Statement(
            name=f"cdp.canonical/{origin.source}.{origin.object}.{number}",
            sql=_select(list(group), origin).sql("duckdb"),
            grain="one filled field of one entity",
            key="record_id",
            reads=("temp.canonical_version", "bronze.record"),
            broadcast=(),
            params=(),
            writes="temp.canonical_field",
        )


def picked(entities: list[Entity], origin: Origin) -> tuple[list[Row], exp.Select]:
    """Return the cells of entities that stand on one list, and a SELECT without columns yet.

    The cells are expressions over `keyed`, which has one row for each record or element.
    """
    scope = Scope(element=bool(entities[0].each))
    keys = [named(_key(e, scope), key_name(e)) for e in entities]
    rows = [row for e in entities for row in _rows(e, scope, origin)]
    return rows, _with_keyed(exp.Select(), entities, keys, scope, origin)


def unpivoted(
    query: exp.Select, rows: Iterable[tuple[exp.Expr, ...]], carried: exp.Select
) -> exp.Select:
    """Return the query with one row for each of these cells that has a value.

    `rows` are values of the columns of `temp.canonical_field` over `carried`, a SELECT of what is
    carried along.
    """
    cells = list(rows)
    lists = [
        named(
            exp.cast(exp.Array(expressions=[cell[i] for cell in cells]), f"{type_}[]", copy=False),
            name,
        )
        for i, (name, type_) in enumerate(_ROW)
    ]
    return (
        query.with_("picked", as_=carried.select(*lists, copy=False), copy=False)
        .with_("cell", as_=_unnested(), copy=False)
        .select("*", copy=False)
        .from_("cell", copy=False)
        .where("original is not null", copy=False)
    )


def _select(entities: list[Entity], origin: Origin) -> exp.Select:
    rows, query = picked(entities, origin)
    carried = exp.select(*CARRIED, "item", copy=False).from_("keyed", copy=False)
    return unpivoted(query, (row.columns() for row in rows), carried)


def _with_keyed(
    query: exp.Select, entities: list[Entity], keys: list[exp.Expr], scope: Scope, origin: Origin
) -> exp.Select:
    """Return the query with the records' fields and the entities' keys before it, as `keyed`."""
    kept = ("native_id", *CARRIED, "item", "custom")
    fields = exp.select(*kept, *_fields(scope), copy=False).from_("taken", copy=False)
    keyed = exp.select("*", *keys, copy=False).from_("field", copy=False)
    return (
        query.with_("item_of", as_=_items(entities[0], origin), copy=False)
        .with_("taken", as_=_taken(scope, origin), copy=False)
        .with_("field", as_=fields, copy=False)
        .with_("keyed", as_=keyed, copy=False)
    )


def _unnested() -> exp.Select:
    columns = [named(call("unnest", exp.column(name)), name) for name, _ in _ROW]
    return exp.select(*CARRIED, "item", *columns, copy=False).from_("picked", copy=False)


def key_name(entity: Entity) -> str:
    """Return the name of the column with the key of an entity, null where it does not apply."""
    return f"key_{entity.slot}"


def _key(entity: Entity, scope: Scope) -> exp.Expr:
    """Return the key of the entity, null where it does not apply."""
    key: exp.Expr = exp.column("native_id")
    if entity.key is not None:
        key = (scope if entity.main else scope.of_record()).value(entity.key).meaning
    tests = [scope.of_record().holds(guard) for guard in entity.guard]
    if entity.when is not None:
        tests.append(scope.holds(entity.when))
    tests += [is_filled(scope.value(needed).original) for needed in entity.needs]
    return branch([(both(*tests), key)]) if tests else key


def _rows(entity: Entity, scope: Scope, origin: Origin) -> Iterator[Row]:
    key = exp.column(key_name(entity))
    record_id = call("concat", text(f"{origin.source}:"), key)
    if entity.each and entity.key is None and entity.main:
        record_id = call("concat", record_id, text(":"), exp.column("item"))
    raw = text("raw"), text("")
    if entity.kind not in _UNMARKED:
        yield Row(entity, record_id, "$", *raw, Pair(key, key))
    if entity.custom and not any(cell.field == "properties" for cell in entity.cells):
        custom = exp.column("custom")
        yield Row(entity, record_id, "custom", *raw, Pair(custom, custom))
    for cell, where in _scoped(entity, scope):
        type_, hint, pair = _cell(cell, where, origin)
        yield Row(entity, record_id, cell.field, type_, hint, pair)


def _scoped(entity: Entity, scope: Scope) -> Iterator[tuple[Cell, Scope]]:
    """Yield the cells and where they look; of a field that is split, the first is a part of it."""
    cells = entity.cells
    if entity.split is not None:
        inside = replace(scope, element=True)
        part = cells[0].value.model_copy(update={"path": "."})
        yield replace(cells[0], value=part), inside
        cells = cells[1:]
    for cell in cells:
        yield cell, scope


def _cell(cell: Cell, scope: Scope, origin: Origin) -> tuple[exp.Expr, exp.Expr, Pair]:
    pair = scope.value(cell.value)
    if cell.of is not None:
        prefixed = call("concat", text(f"{cell.of}:"), pair.meaning)
        pair = Pair(pair.original, branch([(is_filled(pair.meaning), prefixed)]))
    type_ = text(cell.type) if isinstance(cell.type, str) else scope.value(cell.type).meaning
    return type_, _hint(cell, scope, origin), pair


def _hint(cell: Cell, scope: Scope, origin: Origin) -> exp.Expr:
    if cell.type == "date":
        # Nobody can have been born after the record arrived.
        arrived = exp.cast(exp.cast(exp.column("received_at"), "date"), "varchar", copy=False)
        return call("concat", text(f"{origin.dates} "), arrived)
    if isinstance(cell.type, str) and cell.type != "phone":
        return text(origin.dates if cell.type in {"moment", "day"} else "")
    known = [text(origin.country)]
    if cell.home is not None:
        known.insert(0, scope.of_record().value(cell.home).meaning)
    if cell.country is not None:
        known.insert(0, scope.value(cell.country).meaning)
    return call("coalesce", *known)


def _items(entity: Entity, origin: Origin) -> exp.Select:
    """Return the latest versions of the object, one row for each element of the list."""
    base = (
        exp.select("v.native_id", *(f"v.{name}" for name in CARRIED), "b.payload")
        .from_("temp.canonical_version as v")
        .join("bronze.record as b", on="b.seq = v.seq")
        .where(
            exp.EQ(this=exp.column("source", "v"), expression=text(origin.source)),
            exp.EQ(this=exp.column("object", "v"), expression=text(origin.object)),
            "v.is_latest",
        )
    )
    elements = _elements(entity, exp.column("payload", "b"))
    if elements is None:
        item = exp.cast(exp.Literal.number(0), "bigint", copy=False)
        return base.select(named(item, "item"), named(text("{}"), "element"))
    return base.select(
        named(call("unnest", call("range", call("len", elements))), "item"),
        named(exp.cast(call("unnest", elements), "varchar", copy=False), "element"),
    )


def _elements(entity: Entity, payload: exp.Expr) -> exp.Expr | None:
    """Return the list whose elements each make an entity, None where the record makes one."""
    if entity.split is not None and entity.cells[0].value.path is not None:
        path = parse(entity.cells[0].value.path)
        whole = call("json_extract_string", payload, text(path.json))
        parts = call("to_json", call("str_split", whole, text(entity.split)))
        return call("json_extract", parts, text("$[*]"))
    if entity.each is None:
        return None
    return call("json_extract", payload, text(f"{parse(entity.each).json}[*]"))


def _taken(scope: Scope, origin: Origin) -> exp.Select:
    """Return the fields that the scope reads, taken out of the JSON text at once."""
    query = exp.select("native_id", *CARRIED, "item", named(_custom(origin), "custom"))
    for name, document, paths in _documents(scope):
        if paths:
            found = call("json_extract_string", exp.column(document), _texts(paths))
            query = query.select(named(found, name), copy=False)
    return query.from_("item_of").where("element is not null and element <> 'null'")


def _fields(scope: Scope) -> Iterator[exp.Expr]:
    """Yield the fields by number, without the blanks around them; empty text is none."""
    for name, _, paths in _documents(scope):
        for index in range(len(paths)):
            place = exp.Literal.number(index + 1)
            found = exp.Bracket(this=exp.column(name), expressions=[place], offset=1)
            yield named(call("nullif", call("trim", found), text("")), f"{name}_{index}")


def _documents(scope: Scope) -> tuple[tuple[str, str, list[str]], ...]:
    """Return each document: the name of its fields, its column, and the paths into it."""
    return (RECORD, "payload", scope.record_paths), (ELEMENT, "element", scope.element_paths)


def _texts(values: list[str]) -> exp.Expr:
    return exp.Array(expressions=[text(v) for v in values])


def _custom(origin: Origin) -> exp.Expr:
    """Return the unknown fields that have a value, as the text of a JSON object."""
    if not origin.unknown:
        return text("{}")
    paths = _texts([field.path for field in origin.unknown])
    values = call("json_extract", exp.column("payload"), paths)
    pairs = []
    for index, field in enumerate(origin.unknown):
        place = exp.Literal.number(index + 1)
        found = exp.Bracket(this=values, expressions=[place], offset=1)
        template = sqlglot.parse_one(_PAIR, dialect="duckdb")
        pairs.append(exp.replace_placeholders(template, name=_label(field), found=found))
    inside = call("concat_ws", text(","), *pairs)
    return call("concat", text("{"), inside, text("}"))


def _label(field: Unknown) -> exp.Expr:
    """Return the field's own name, or with where it stands in a record that has it twice."""
    if not field.before:
        return text(field.name)
    filled = [
        is_filled(call("json_extract", exp.column("payload"), text(path))) for path in field.before
    ]
    twice = exp.Paren(this=exp.or_(*filled, copy=False))
    return branch([(twice, text(f"{field.inside}.{field.name}"))], text(field.name))
