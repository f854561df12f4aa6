"""Sound rows of wide tables, put into silver as they are: one projection a table.

Invariant: a row comes out as it would cell by cell; `sound` says for which rows that is so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.canonical.compile import both, branch, call, is_filled, named, null, text
from cdp.canonical.sound import ODD, native_key, sound_rows
from cdp.model.attributes import ADDRESS_PARTS, ATTRIBUTES
from cdp.model.tables import BY_NAME
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.canonical.plan import Entity
    from cdp.canonical.wide import Wide

_INSTANCE: Final = "temp.canonical_instance"
_CONTENT: Final = "temp.canonical_content"


def direct(wides: list[Wide]) -> Iterator[Statement]:
    """Yield the statements that append what sound rows make to the tables of silver."""
    for wide in wides:
        if wide.main.kind != "party":
            yield _statement(wide, wide.main.kind, _event(wide), (_INSTANCE, _CONTENT))
            continue
        yield _statement(wide, "record", _record(wide), (_INSTANCE,))
        for table, parts in (("attribute", _attributes(wide)), ("identifier", _identifiers(wide))):
            whole = _all(list(parts))
            if whole is not None:
                yield _statement(wide, table, whole, ())


def _all(parts: list[exp.Select]) -> exp.Query | None:
    query: exp.Query | None = None
    for part in parts:
        query = part if query is None else exp.union(query, part, distinct=False, copy=False)
    return query


def _statement(wide: Wide, table: str, query: exp.Query, joined: tuple[str, ...]) -> Statement:
    return Statement(
        name=f"cdp.canonical/{wide.source}.{wide.object}.{table}",
        sql=query.sql("duckdb"),
        grain="one row of silver that a sound row of a wide table makes",
        key="global",
        reads=(*wide.reads, ODD),
        broadcast=joined,
        params=(),
        writes=f"silver.{table}",
    )


def _select(wide: Wide, columns: dict[str, exp.Expr], *places: int) -> exp.Select:
    return sound_rows(wide, places).select(
        *(named(value, name) for name, value in columns.items()), copy=False
    )


def _main(wide: Wide, name: str, type_: str = "varchar") -> exp.Expr:
    """Return a value of the main entity, null where no mapping gives it."""
    place = wide.of(wide.main).get(name)
    return exp.cast(exp.Null() if place is None else wide.value(place), type_)


def _changed_at(wide: Wide) -> exp.Expr:
    return call("coalesce", _main(wide, "changed_at", "timestamp"), exp.column("seen_at", "w"))


def _changed_of(wide: Wide) -> list[int]:
    """Return what fields the time of change is in."""
    place = wide.of(wide.main).get("changed_at")
    return [] if place is None else [place]


def _record(wide: Wide) -> exp.Select:
    visitor = exp.EQ(this=_main(wide, "type"), expression=text("visitor"))
    since = exp.Case(ifs=[exp.If(this=visitor, true=_changed_at(wide))])
    columns = {
        "record_id": exp.column("record_id", "w"),
        "source": text(wide.source),
        "object": text(wide.object),
        "native_id": native_key(wide),
        "party_type": _main(wide, "type"),
        "trust_tier": exp.column("trust_tier", "i"),
        "region": exp.column("region", "i"),
        "status": _main(wide, "status"),
        "created_at": call("coalesce", _main(wide, "created_at", "timestamp"), since),
        "changed_at": _changed_at(wide),
        "received_at": exp.column("received_at", "w"),
        "custom": exp.cast(call("coalesce", _main(wide, "custom"), text("{}")), "json"),
    }
    places = wide.of(wide.main).values()
    return _of_instance(wide, _select(wide, columns, *places))


def _of_instance(wide: Wide, query: exp.Select) -> exp.Select:
    own = exp.EQ(this=exp.column("source", "i"), expression=text(wide.source))
    return query.join(f"{_INSTANCE} as i", on=own)


def _attributes(wide: Wide) -> Iterator[exp.Select]:
    for name, found in _stated(wide, "attribute").items():
        for index, place in enumerate(found):
            columns = {
                "value": wide.value(place),
                "original": wide.fields[place].original,
                "position": _filled_before([wide.value(p) for p in found[:index]]),
            }
            yield _attribute(wide, name, columns, found[: index + 1])
    before: list[exp.Expr] = []
    places: list[int] = []
    for entity in _addresses(wide):
        places += wide.of(entity).values()
        columns = _address(wide, entity)
        yield _attribute(wide, "address", columns | {"position": _filled_before(before)}, places)
        before.append(columns["value"])


def _attribute(
    wide: Wide, name: str, columns: dict[str, exp.Expr], places: list[int]
) -> exp.Select:
    found = {
        "record_id": exp.column("record_id", "w"),
        "attribute": text(name),
        **columns,
        "seen_at": _changed_at(wide),
        "verified": exp.false(),
    }
    types = [text(of) for of in ATTRIBUTES[name].of]
    fits = exp.In(this=_main(wide, "type"), expressions=types)
    type_of = wide.of(wide.main)["type"]
    query = _select(wide, found, *places, type_of, *_changed_of(wide))
    return query.where(is_filled(columns["value"]), fits, copy=False)


def _stated(wide: Wide, kind: str) -> dict[str, list[int]]:
    """Return the places of what parts of a kind state, by name, the best first."""
    found: dict[str, list[int]] = {}
    for place, field in enumerate(wide.fields):
        if field.entity.kind == kind and field.name != "verified":
            found.setdefault(field.name, []).append(place)
    return found


def _addresses(wide: Wide) -> list[Entity]:
    by_slot = {f.entity.slot: f.entity for f in wide.fields if f.entity.kind == "address"}
    return [by_slot[slot] for slot in sorted(by_slot)]


def _address(wide: Wide, entity: Entity) -> dict[str, exp.Expr]:
    """Return the address as a JSON object, null where nothing of it is known, and as received."""
    places = wide.of(entity)
    values = {name: wide.value(places[name]) for name in ADDRESS_PARTS if name in places}
    pairs = [part for name in ADDRESS_PARTS for part in (text(name), values.get(name, null()))]
    originals = [
        branch([(is_filled(value), wide.fields[places[name]].original)])
        for name, value in values.items()
    ]
    known = exp.or_(*map(is_filled, values.values()), copy=False)
    whole = exp.cast(call("json_object", *pairs), "varchar")
    return {
        "value": branch([(known, whole)]),
        "original": call("concat_ws", text(", "), *originals),
    }


def _filled_before(values: list[exp.Expr]) -> exp.Expr:
    """Return how many of these values there are."""
    total: exp.Expr = exp.Literal.number(0)
    for value in values:
        total = exp.Add(
            this=total, expression=exp.cast(exp.Paren(this=is_filled(value)), "integer")
        )
    return exp.cast(exp.Paren(this=total), "integer")


def _identifiers(wide: Wide) -> Iterator[exp.Select]:
    own = {
        "kind": text("source"),
        "value": exp.column("record_id", "w"),
        "original": native_key(wide),
        "position": exp.cast(exp.Literal.number(0), "integer"),
        "verified": exp.true(),
    }
    yield _identifier(wide, own, [])
    for kind, found in _stated(wide, "identifier").items():
        for index, place in enumerate(found):
            before = [wide.value(p) for p in found[:index]]
            own_key = [exp.column("record_id", "w")] if kind == "source" else []
            verified = wide.of(wide.fields[place].entity).get("verified")
            columns = {
                "kind": text(kind),
                "value": wide.value(place),
                "original": wide.fields[place].original,
                "position": _filled_before([*own_key, *before]),
                "verified": exp.false() if verified is None else _is_true(wide.value(verified)),
            }
            read = [*found[: index + 1], *([] if verified is None else [verified])]
            query = _identifier(wide, columns, read)
            yield query.where(is_filled(columns["value"]), copy=False)


def _identifier(wide: Wide, columns: dict[str, exp.Expr], places: list[int]) -> exp.Select:
    found = {
        "record_id": exp.column("record_id", "w"),
        **columns,
        "seen_at": _changed_at(wide),
    }
    return _select(wide, found, *places, *_changed_of(wide))


def _is_true(value: exp.Expr) -> exp.Expr:
    return exp.Paren(this=both(is_filled(value), exp.EQ(this=value, expression=text("true"))))


def _event(wide: Wide) -> exp.Select:
    kind = wide.main.kind
    own = wide.of(wide.main)
    columns = {
        column.name: _event_column(wide, column.name, column.type)
        for column in BY_NAME[f"silver.{kind}"].columns
    }
    query = _of_instance(wide, _select(wide, columns, *own.values()))
    if "lines" in columns:
        same = "l.record_id = w.record_id"
        return query.join(f"{_CONTENT} as l", on=same, join_type="left")
    return query


def _event_column(wide: Wide, name: str, type_: str) -> exp.Expr:
    special = {
        f"{wide.main.kind}_id": exp.column("record_id", "w"),
        "record_id": _main(wide, "party"),
        "account_record_id": _main(wide, "account"),
        "ref_kind": _mention(wide)[0],
        "ref_value": _mention(wide)[1],
        "source": text(wide.source),
        "received_at": exp.column("received_at", "w"),
        "trust_tier": exp.column("trust_tier", "i"),
        "lines": call("coalesce", exp.column("lines", "l"), exp.cast(text("[]"), "json")),
        "custom": _json(wide, "custom"),
        "properties": _json(wide, "properties", "custom"),
    }
    return special.get(name) or _main(wide, name, type_)


def _json(wide: Wide, *names: str) -> exp.Expr:
    values = [_main(wide, name) for name in names]
    return exp.cast(call("coalesce", *values, text("{}")), "json")


def _mention(wide: Wide) -> tuple[exp.Expr, exp.Expr]:
    """Return the best mention of the party, kind and value; none where its record is known."""
    own = wide.of(wide.main)
    names = sorted(name for name in own if name.startswith("mention."))
    values = [wide.value(own[name]) for name in names]
    cases = [(is_filled(v), text(n.split(".")[2])) for n, v in zip(names, values, strict=True)]
    nobody = exp.Is(this=_main(wide, "party"), expression=exp.Null())
    kind = branch(cases) if cases else null()
    return branch([(nobody, kind)]), branch([(nobody, call("coalesce", null(), *values))])
