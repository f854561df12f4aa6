"""Which rows of wide tables go straight into silver, and which are looked at cell by cell.

Invariant: a sound row is complete, nothing in it is wrong or said twice, and nothing else has its
key, so that nothing but itself decides what it becomes. All others are odd: their cells join
those of other entities in `temp.canonical_field`, and one set of statements judges them.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.canonical.compile import both, call, is_filled, is_null, named, text
from cdp.canonical.extract import unpivoted
from cdp.canonical.plan import required
from cdp.canonical.wide import united
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.canonical.plan import Entity
    from cdp.canonical.wide import Wide

ODD: Final = "temp.canonical_odd"
_CROWDED: Final = "temp.canonical_crowded"
_SOUND: Final = {
    "record_id": "varchar",
    "source": "varchar",
    "object": "varchar",
    "seq": "bigint",
    "kind": "varchar",
}
_NAMES: Final = {"given_name", "family_name", "full_name", "organisation_name", "group_name"}


def crowded(wides: list[Wide]) -> Statement:
    """Return the statement that lists the keys that several entities may have, with their kind."""
    contested = [wide for wide in wides if not wide.is_alone]
    schema = {"record_id": "varchar", "kind": "varchar"}
    claims = [
        exp.select("w.record_id", named(text(wide.main.kind), "kind")).from_(f"{wide.table} as w")
        for wide in contested
    ]
    kind = "case kind when 'visitor_link' then 'party' else kind end as kind"
    narrow = (
        exp.select("record_id", kind, dialect="duckdb")
        .from_("temp.canonical_field")
        .where("field = '$' and main", exp.column("source").isin(*_sources(contested)))
    )
    once = united("crowded", claims, schema, tuple(w.table for w in contested), _CROWDED)
    several = (
        exp.select("record_id", "kind")
        .from_(exp.maybe_parse(once.sql, dialect="duckdb").subquery("c"))
        .group_by("record_id", "kind")
        .having("count(*) > 1")
    )
    query = exp.union(several, narrow, distinct=True) if contested else several
    return _statement("crowded", query, (*once.reads, "temp.canonical_field"), _CROWDED)


def odd(wides: list[Wide]) -> Statement:
    """Return the statement that lists the rows of wide tables that are odd."""
    parts = []
    for wide in wides:
        row = ("w.seq", named(exp.Literal.number(wide.number), "number"))
        every = range(len(wide.fields))
        doubt = call("coalesce", exp.or_(*_doubts(wide), exp.false(), copy=False), exp.false())
        parts.append(wide.rows(every).select(*row).where(doubt, copy=False))
        if not wide.is_alone:
            same = f"c.record_id = w.record_id and c.kind = '{wide.main.kind}'"
            part = exp.select(*row).from_(f"{wide.table} as w")
            parts.append(part.join(f"{_CROWDED} as c", on=same))
    reads = (*(table for wide in wides for table in wide.reads), _CROWDED)
    return united("odd", parts, {"seq": "bigint", "number": "integer"}, reads, ODD)


def sound(wides: list[Wide]) -> Statement:
    """Return the statement that lists the entities that are sound."""
    parts = []
    for wide in wides:
        values = {
            "record_id": exp.column("record_id", "w"),
            "source": text(wide.source),
            "object": text(wide.object),
            "seq": exp.column("seq", "w"),
            "kind": text(wide.main.kind),
        }
        parts.append(sound_rows(wide).select(*(named(v, name) for name, v in values.items())))
    reads = (*(wide.table for wide in wides), ODD)
    return united("sound", parts, _SOUND, reads, "temp.canonical_sound")


def sound_rows(wide: Wide, places: Iterable[int] = ()) -> exp.Select:
    """Return a SELECT without columns of sound rows, with what the values of fields need."""
    same = f"o.seq = w.seq and o.number = {wide.number}"
    return wide.rows(places).join(f"{ODD} as o", on=same, join_type="anti")


def cells(wide: Wide) -> Statement:
    """Return the statement that appends the cells of odd rows to `temp.canonical_field`."""
    same = f"o.seq = w.seq and o.number = {wide.number}"
    carried = (
        exp.select(
            named(text(wide.source), "source"),
            named(text(wide.object), "object"),
            "w.seq",
            "w.seen_at",
            "w.received_at",
            "0::bigint as item",
            dialect="duckdb",
        )
        .from_(f"{wide.table} as w")
        .join(f"{ODD} as o", on=same, join_type="semi")
    )
    query = unpivoted(exp.Select(), _cells(wide), carried)
    reads = (wide.table, ODD)
    return _statement(f"odd_{wide.number}", query, reads, "temp.canonical_field")


def _cells(wide: Wide) -> Iterator[tuple[exp.Expr, ...]]:
    """Yield the values of the columns of `temp.canonical_field`, the key of the entity first."""
    record_id = exp.column("record_id", "w")
    key = native_key(wide)
    yield (record_id, *_being(wide.main), text("$"), text("raw"), text(""), key, key, key)
    for f in wide.fields:
        values = (f.type, f.hint, f.meaning, f.plain, f.original)
        yield (record_id, *_being(f.entity), text(f.name), *values)


def _being(entity: Entity) -> tuple[exp.Expr, ...]:
    return (
        text(entity.kind),
        exp.Literal.number(entity.slot),
        exp.Boolean(this=entity.main),
        exp.Boolean(this=entity.merge),
    )


def native_key(wide: Wide) -> exp.Expr:
    """Return the key of an entity without its source."""
    begin = exp.Literal.number(len(wide.source) + 2)
    return call("substring", exp.column("record_id", "w"), begin)


def _sources(wides: Iterable[Wide]) -> list[str]:
    return sorted({wide.source for wide in wides})


def _doubts(wide: Wide) -> Iterator[exp.Expr]:
    for place, field in enumerate(wide.fields):
        if not field.is_same:
            yield both(is_null(field.meaning), is_filled(field.original))
        if place in wide.left:
            yield exp.column(f"is_bad{place}", "f")
    own = wide.of(wide.main)
    for name in required(wide.main.kind):
        yield is_null(wide.value(own[name])) if name in own else exp.true()
    if wide.main.kind == "party":
        yield exp.Not(this=exp.Paren(this=exp.or_(*_usable(wide), exp.false(), copy=False)))
        yield from _repeated(wide)
    if wide.main.kind == "interaction":
        owners = [n for n in own if n == "party" or n.startswith("mention.")]
        nobody = [is_null(wide.fields[own[name]].original) for name in owners]
        yield both(*nobody) if nobody else exp.true()


def _usable(wide: Wide) -> Iterator[exp.Expr]:
    """Yield tests of which one must hold for a party to be of use."""
    for place, field in enumerate(wide.fields):
        is_contact = field.entity.kind == "identifier" and field.name != "verified"
        if is_contact or (field.entity.kind == "attribute" and field.name in _NAMES):
            yield is_filled(wide.value(place))
        elif field.entity is wide.main and field.name == "type":
            yield exp.EQ(this=wide.value(place), expression=text("visitor"))


def _repeated(wide: Wide) -> Iterator[exp.Expr]:
    """Yield tests of which one holds where a value is said twice."""
    by_name: dict[str, list[int]] = {}
    addresses: dict[int, Entity] = {}
    for place, field in enumerate(wide.fields):
        if field.entity.kind == "address":
            addresses[field.entity.slot] = field.entity
        elif field.entity is not wide.main and field.name != "verified":
            by_name.setdefault(f"{field.entity.kind} {field.name}", []).append(place)
        if (field.entity.kind, field.name) == ("identifier", "source"):
            own = exp.column("record_id", "w")
            yield exp.EQ(this=wide.value(place), expression=own)
    for places in by_name.values():
        for one, other in combinations(places, 2):
            yield exp.EQ(this=wide.value(one), expression=wide.value(other))
    for first, second in combinations(addresses.values(), 2):
        yield _same_address(wide, first, second)


def _same_address(wide: Wide, first: Entity, second: Entity) -> exp.Expr:
    one, other = wide.of(first), wide.of(second)
    tests = []
    for name in sorted(one.keys() | other.keys()):
        values = [wide.value(of[name]) if name in of else exp.null() for of in (one, other)]
        tests.append(exp.NullSafeEQ(this=values[0], expression=values[1]))
    filled = [is_filled(wide.value(place)) for place in one.values()]
    return both(exp.Paren(this=exp.or_(*filled, copy=False)), *tests)


def _statement(name: str, query: exp.Query, reads: tuple[str, ...], writes: str) -> Statement:
    return Statement(
        name=f"cdp.canonical/{name}",
        sql=query.sql("duckdb"),
        grain="one row of a wide table, or one cell of it",
        key="global",
        reads=reads,
        broadcast=(),
        params=(),
        writes=writes,
    )
