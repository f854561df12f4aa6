"""Events taken out of JSON with one column for each field: one row a record, not one a field.

Invariant: an event comes out as it would field by field. Only events that stand on the record
itself are so simple that nothing of them depends on another one. `step.canonical_wide_<n>` holds
them as they were read, `step.canonical_valued_<n>` with their clean values; the other tables here
hold all events together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.canonical.compile import both, branch, call, is_filled, is_null, named, null, text
from cdp.canonical.extract import CARRIED, picked
from cdp.canonical.plan import KINDS, required
from cdp.canonical.swift import plain
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.canonical.extract import Origin
    from cdp.canonical.plan import Entity

_BEING: Final = {
    "record_id": "varchar",
    "source": "varchar",
    "object": "varchar",
    "seq": "bigint",
    "seen_at": "timestamp",
    "received_at": "timestamp",
    "kind": "varchar",
    "slot": "integer",
    "item": "bigint",
    "main": "boolean",
    "merge": "boolean",
}
_MEANT: Final = {"type": "varchar", "hint": "varchar", "meaning": "varchar"}
_BAD: Final = {
    "field": "varchar",
    "value": "varchar",
    "reason": "varchar",
    "message": "varchar",
    "original": "varchar",
}
_TOLD: Final = {
    "party_id": "varchar",
    "account_id": "varchar",
    "ref_kind": "varchar",
    "ref_value": "varchar",
    "fields": "map(varchar, varchar)",
}
MEANT: Final = "step.canonical_meant"
CLAIM: Final = "step.canonical_claim"
BAD: Final = "step.canonical_bad"
TOLD: Final = "step.canonical_told"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event; `type` is None where it is as the mapping has it."""

    name: str
    type: exp.Expr | None
    hint: exp.Expr


@dataclass(frozen=True, slots=True)
class Wide:
    """The events that one entity of a mapping makes, in tables of this number."""

    number: int
    kind: str
    slot: int
    fields: tuple[Field, ...]

    @property
    def read(self) -> str:
        """The table of values as they were read."""
        return f"step.canonical_wide_{self.number}"

    @property
    def valued(self) -> str:
        """The table of clean values."""
        return f"step.canonical_valued_{self.number}"


def is_wide(entity: Entity) -> bool:
    """Return whether the entity is an event that stands on its record."""
    return (
        entity.kind in KINDS.values()
        and not entity.merge
        and entity.each is None
        and entity.split is None
    )


def reading(entity: Entity, origin: Origin, number: int) -> tuple[Wide, Statement]:
    """Return the events of an entity, and the statement that reads them."""
    rows, query = picked(entity, origin)
    columns: list[exp.Expr] = [named(rows[0].record_id, "record_id")]
    fields = []
    for index, row in enumerate(rows[1:]):
        is_raw = isinstance(row.type, exp.Literal) and row.type.this == "raw"
        fields.append(Field(row.field, None if is_raw else row.type, row.hint))
        clean = plain(row.type, row.hint, row.pair.meaning)
        columns += [
            named(row.pair.meaning, f"m{index}"),
            named(clean, f"p{index}"),
            named(row.pair.original, f"o{index}"),
            named(row.hint, f"h{index}"),
        ]
    wide = Wide(number, entity.kind, entity.slot, tuple(fields))
    key = rows[0].pair.original
    select = query.select(*CARRIED, *columns, copy=False).from_("keyed", copy=False)
    statement = select.where(is_filled(key), copy=False)
    reads = ("step.canonical_version", "bronze.record")
    return wide, _made(f"{origin.source}.{origin.object}.wide", statement, reads, wide.read)


def meant(wides: Iterable[Wide]) -> Statement:
    """Return the statement that lists the values that are left to the cleaners."""
    parts = []
    for wide in wides:
        for index, field in enumerate(wide.fields):
            if field.type is None:
                continue
            columns = (field.type, exp.column(f"h{index}"), exp.column(f"m{index}"))
            part = exp.select(*map(named, columns, _MEANT)).distinct().from_(wide.read)
            left = is_null(exp.column(f"p{index}"))
            parts.append(part.where(both(is_filled(exp.column(f"m{index}")), left)))
    return _together("meant", parts, _MEANT, tuple(w.read for w in wides), MEANT)


def valuing(wide: Wide) -> Statement:
    """Return the statement that puts the clean values beside those that were received."""
    columns: list[exp.Expr] = [exp.column(c, "w") for c in ("record_id", *CARRIED)]
    query = exp.select().from_(f"{wide.read} as w")
    for index, field in enumerate(wide.fields):
        meaning, original, ready = (exp.column(f"{c}{index}", "w") for c in "mop")
        value: exp.Expr = ready
        reason, message = null(), null()
        if field.type is not None:
            clean = f"c{index}"
            match = both(
                exp.EQ(this=exp.column("type", clean), expression=field.type),
                exp.EQ(this=exp.column("hint", clean), expression=exp.column(f"h{index}", "w")),
                exp.EQ(
                    this=exp.column("meaning", clean),
                    expression=branch([(is_null(ready), meaning)]),
                ),
            )
            query = query.join(f"step.canonical_clean as {clean}", on=match, join_type="left")
            value = call("coalesce", ready, exp.column("value", clean))
            reason, message = exp.column("reason", clean), exp.column("message", clean)
        unknown = both(is_null(meaning), is_filled(original))
        nothing = "the mapping gives this value no meaning"
        columns += [
            named(branch([(is_filled(original), value)]), f"v{index}"),
            named(branch([(unknown, text("unknown_code"))], reason), f"r{index}"),
            named(branch([(unknown, text(nothing))], message), f"s{index}"),
            named(original, f"o{index}"),
        ]
    reads = (wide.read,)
    return _made(f"valued_{wide.number}", query.select(*columns), reads, wide.valued)


def claim(wides: Iterable[Wide]) -> Statement:
    """Return the statement that lists the events with the field that each of them lacks."""
    parts = [
        exp.select(*_being(wide), named(_lacks(wide), "lacks")).from_(wide.valued) for wide in wides
    ]
    schema = _BEING | {"lacks": "varchar"}
    return _together("claim", parts, schema, tuple(w.valued for w in wides), CLAIM)


def bad(wides: Iterable[Wide]) -> Statement:
    """Return the statement that lists the values of events that are no good."""
    parts = []
    for wide in wides:
        for index, field in enumerate(wide.fields):
            reason = exp.column(f"r{index}")
            columns = (
                text(field.name),
                null(),
                reason,
                exp.column(f"s{index}"),
                exp.column(f"o{index}"),
            )
            part = exp.select(*_being(wide), *map(named, columns, _BAD)).from_(wide.valued)
            parts.append(part.where(is_filled(reason)))
    return _together("bad", parts, _BEING | _BAD, tuple(w.valued for w in wides), BAD)


def told(wides: Iterable[Wide]) -> Statement:
    """Return the statement that lists the events with their fields."""
    parts = []
    for wide in wides:
        names = [field.name for field in wide.fields]
        values = [exp.column(f"v{index}") for index in range(len(names))]
        mentions = sorted(
            (name, index) for index, name in enumerate(names) if name.startswith("mention.")
        )
        kinds = [(is_filled(values[i]), text(name.split(".")[2])) for name, i in mentions]
        best = call("coalesce", null(), *(values[i] for _, i in mentions))
        fields = call("map", _texts(names), exp.Array(expressions=values))
        columns = (
            *(values[names.index(f)] if f in names else null() for f in ("party", "account")),
            branch(kinds) if kinds else null(),
            best,
            fields,
        )
        parts.append(exp.select(*_being(wide), *map(named, columns, _TOLD)).from_(wide.valued))
    return _together("told", parts, _BEING | _TOLD, tuple(w.valued for w in wides), TOLD)


def _being(wide: Wide) -> list[exp.Expr]:
    constant: dict[str, exp.Expr] = {
        "kind": text(wide.kind),
        "slot": exp.Literal.number(wide.slot),
        "item": exp.Literal.number(0),
        "main": exp.true(),
        "merge": exp.false(),
    }
    return [
        named(exp.cast(constant.get(name, exp.column(name)), type_), name)
        for name, type_ in _BEING.items()
    ]


def _lacks(wide: Wide) -> exp.Expr:
    """Return the first of the fields that the event needs and lacks, by name."""
    place = {field.name: index for index, field in enumerate(wide.fields)}
    tests = {
        name: is_null(exp.column(f"v{place[name]}")) if name in place else exp.true()
        for name in required(wide.kind)
    }
    if wide.kind == "interaction":
        owners = [i for name, i in place.items() if name == "party" or name.startswith("mention.")]
        nobody = [is_null(exp.column(f"o{i}")) for i in owners]
        tests["party"] = both(*nobody) if nobody else exp.true()
    return branch([(tests[name], text(name)) for name in sorted(tests)]) if tests else null()


def _texts(values: Iterable[str]) -> exp.Expr:
    return exp.Array(expressions=[text(v) for v in values])


def _together(
    name: str, parts: list[exp.Select], schema: dict[str, str], reads: tuple[str, ...], writes: str
) -> Statement:
    """Return one statement of all parts; of none, one that gives no row."""
    nothing = [named(exp.cast(exp.Null(), type_), column) for column, type_ in schema.items()]
    query: exp.Query = exp.select(*nothing).where(exp.false())
    for part in parts:
        query = exp.union(query, part, distinct=False, copy=False)
    return _made(name, query, reads, writes)


def _made(name: str, query: exp.Query, reads: tuple[str, ...], writes: str) -> Statement:
    return Statement(
        name=f"cdp.canonical/{name}",
        sql=query.sql("duckdb"),
        grain="one event, or one value of one",
        key="global",
        reads=reads,
        broadcast=(),
        params=(),
        writes=writes,
    )
