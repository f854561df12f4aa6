"""What a mapped object becomes, written out: entities, each with typed cells.

A party is one entity and its attributes, identifiers, addresses, consents and relationships
are further ones that share its key; so every silver table is filled from cells of one kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdp.canonical.events import Change
from cdp.canonical.parties import Reference
from cdp.canonical.values import Condition, Value
from cdp.model.attributes import ATTRIBUTES
from cdp.model.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.canonical.events import ChangeLine, Event, Line, Mention, Thing
    from cdp.canonical.mapping import ObjectMapping
    from cdp.canonical.parties import Consent, Party, Relationship, Role, VisitorLink
    from cdp.model.tables.declare import Column

KINDS: Final = {
    "orders": "order",
    "carts": "cart",
    "order_changes": "order_change",
    "cart_changes": "cart_change",
    "quotes": "quote",
    "products": "product",
    "interactions": "interaction",
    "tickets": "ticket",
    "leads": "lead",
    "opportunities": "opportunity",
    "activities": "activity",
    "assets": "asset",
    "campaigns": "campaign",
    "campaign_members": "campaign_member",
    "target_groups": "target_group",
    "target_group_members": "target_group_member",
}
"""What happens, by its name in a mapping."""
CHANGES: Final = frozenset({"order_change", "cart_change"})
"""Those of them that are folded into what they change, and have no table of their own."""
_REQUIRED: Final = {
    "party": ("type",),
    "consent": ("contact_kind", "channel", "state"),
    "relationship": ("other_record_id", "kind"),
    "role": ("role",),
    "visitor_link": ("record_id",),
    "order_line": ("quantity", "amount"),
    "cart_line": ("quantity", "amount"),
    "order_change_line": ("quantity",),
    "cart_change_line": ("quantity",),
}
_OF_TYPE: Final = {
    "TIMESTAMP": "moment",
    "DATE": "day",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
}
_OF_COLUMN: Final = {"currency": "currency", "properties": "json"}
_NOT_CELLS: Final = {
    *("id", "when", "each", "party", "account", "mentions", "lines", "merge", "does"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of an entity.

    Attributes:
        field: name of the field in the entity.
        type: cleaning it gets; of a contact point whose kind a value decides, that value.
        value: where it comes from.
        country: where the country of a phone number comes from, beside the value.
        home: where it comes from in the record, when not there.
        of: instance whose key the value is; the key then gets it as a prefix.
    """

    field: str
    type: str | Value
    value: Value
    country: Value | None = None
    home: Value | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of one silver table to be, or one for each element of a list.

    Attributes:
        kind: party, attribute, identifier, ..., order, order_line, ...
        slot: place among the entities of the object; ranks what is said first as better.
        cells: its fields.
        key: where its key comes from, None for the record's own.
        main: stands for itself; otherwise it is a part of the main entity with its key.
        merge: several records may make it up.
        guard: conditions on the record, in which `each` does not count.
        when: condition on the element.
        needs: values without which it does not apply, as a link without an end.
        each: list whose elements each make one.
        split: what separates several values in one field.
        custom: keeps the record's unknown fields.
    """

    kind: str
    slot: int
    cells: tuple[Cell, ...]
    key: Value | None = None
    main: bool = False
    merge: bool = False
    guard: tuple[Condition, ...] = ()
    when: Condition | None = None
    needs: tuple[Value, ...] = ()
    each: str | None = None
    split: str | None = None
    custom: bool = False


def entities(mapping: ObjectMapping, source: str) -> list[Entity]:
    """Return everything that a record of this object becomes."""
    found: list[Entity] = []
    for party in mapping.parties:
        found += _party(party, source, len(found))
    for statement in mapping.consents:
        cells = _consent(statement)
        if statement.party is not None:
            cells = (*cells, _reference("party", statement.party, source))
        found.append(_part("consent", len(found), cells, statement, main=True))
    for link in mapping.relationships:
        cells = _relationship(link, source)
        found.append(_part("relationship", len(found), cells, link, key=link.party, main=True))
    for role in mapping.roles:
        found.append(_part("role", len(found), _role(role), role, key=role.party, main=True))
    found += [_visitor_link(v, source, len(found) + i) for i, v in enumerate(mapping.visitor_links)]
    for name, kind in KINDS.items():
        for event in getattr(mapping, name):
            found += _event(event, kind, source, len(found))
    return found


def required(kind: str) -> tuple[str, ...]:
    """Return the fields without which an entity of this kind is of no use."""
    if kind not in KINDS.values() or kind in CHANGES:
        return _REQUIRED.get(kind, ())
    own = {f"{kind}_id", "source", "received_at", "trust_tier", "custom", "properties", "lines"}
    columns = BY_NAME[f"silver.{kind}"].columns
    return tuple(c.name for c in columns if not c.nullable and c.name not in own)


def _part(  # noqa: PLR0913 - an entity has that many sides
    kind: str,
    slot: int,
    cells: tuple[Cell, ...],
    spec: object,
    *,
    key: Value | None = None,
    guard: tuple[Condition, ...] = (),
    main: bool = False,
    merge: bool = False,
) -> Entity:
    """Return the entity of a specification that may have `each`, `when` and `split`."""
    return Entity(
        kind,
        slot,
        cells,
        key=key,
        main=main,
        merge=merge,
        guard=guard,
        when=getattr(spec, "when", None),
        needs=tuple(v for v in (getattr(spec, "to", None), getattr(spec, "user", None)) if v),
        each=getattr(spec, "each", None),
        split=getattr(spec, "split", None),
    )


def _party(party: Party, source: str, start: int) -> Iterator[Entity]:
    guard = (party.when,) if party.when else ()
    named = {
        "type": ("raw", party.type),
        "status": ("raw", party.status),
        "created_at": ("moment", party.created),
        "changed_at": ("moment", party.changed),
    }
    cells = tuple(Cell(f, t, v) for f, (t, v) in named.items() if v is not None)
    yield Entity(
        "party",
        start,
        cells,
        key=party.id,
        main=True,
        merge=party.merge,
        guard=guard,
        custom=party.custom,
    )
    for slot, (kind, own, spec) in enumerate(_parts(party, source), start=start + 1):
        yield _part(kind, slot, own, spec, key=party.id, guard=guard, merge=party.merge)


def _parts(party: Party, source: str) -> Iterator[tuple[str, tuple[Cell, ...], object]]:
    for name, values in party.attributes.items():
        for value in values:
            # The condition belongs to the value and must not take the element away twice.
            each = _Each(value.each)
            yield "attribute", (Cell(name, ATTRIBUTES[name].type, value),), each
    for address in party.addresses:
        types = {"country": "country"}
        cells = tuple(Cell(f, types.get(f, "text"), v) for f, v in address.parts().items())
        yield "address", cells, address
    for identifier in party.identifiers:
        of = (identifier.of or source) if identifier.kind == "source" else None
        type_ = _cleaning(identifier.kind)
        own = [
            Cell(identifier.kind, type_, identifier.value, identifier.country, party.country, of)
        ]
        if identifier.verified is not None:
            own.append(Cell("verified", "boolean", identifier.verified))
        yield "identifier", tuple(own), identifier
    yield from (("consent", _consent(c, party.country), c) for c in party.consents)
    yield from (("role", _role(role), role) for role in party.roles)
    yield from (("relationship", _relationship(r, source), r) for r in party.relationships)


@dataclass(frozen=True, slots=True)
class _Each:
    each: str | None


def _cleaning(kind: str) -> str:
    return {"source": "raw", "user_id": "raw", "anonymous_id": "raw"}.get(kind, kind)


def _consent(consent: Consent, home: Value | None = None) -> tuple[Cell, ...]:
    cells = [
        Cell(name, "raw", getattr(consent, name))
        for name in ("contact_kind", "channel", "purpose", "category", "state", "provable")
    ]
    if consent.contact is not None:
        kind = consent.contact_kind
        cells.append(Cell("contact", kind, consent.contact, consent.country, home))
    if consent.given_at is not None:
        cells.append(Cell("given_at", "moment", consent.given_at))
    if consent.proof is not None:
        cells.append(Cell("proof", "text", consent.proof))
    return tuple(cells)


def _relationship(link: Relationship, source: str) -> tuple[Cell, ...]:
    cells = [
        _reference("other_record_id", link.to, source),
        Cell("kind", "raw", Value(const=link.kind) if isinstance(link.kind, str) else link.kind),
        *(Cell(f"attribute.{name}", "text", value) for name, value in link.attributes.items()),
    ]
    for name in ("valid_from", "valid_to"):
        value = getattr(link, name)
        if value is not None:
            cells.append(Cell(name, "moment", value))
    return tuple(cells)


def _role(role: Role) -> tuple[Cell, ...]:
    cells = [Cell("role", "code", role.role)]
    if role.scope is not None:
        cells.append(Cell("scope", "text", role.scope))
    cells += [Cell(f"attribute.{name}", "text", value) for name, value in role.attributes.items()]
    for name in ("valid_from", "valid_to"):
        value = getattr(role, name)
        if value is not None:
            cells.append(Cell(name, "moment", value))
    return tuple(cells)


def _visitor_link(link: VisitorLink, source: str, slot: int) -> Entity:
    cells = (Cell("record_id", "raw", link.user, of=source),)
    return _part("visitor_link", slot, cells, link, key=link.visitor, main=True, merge=True)


def _reference(field: str, reference: Reference, source: str) -> Cell:
    return Cell(field, "raw", reference, of=reference.of or source)


def _event(event: Thing, kind: str, source: str, slot: int) -> Iterator[Entity]:
    columns = BY_NAME[f"silver.{kind.removesuffix('_change')}"].columns
    cells = (*_owner(event, source), *_columns(event, columns, source))
    is_change = False
    if isinstance(event, Change):
        is_change = True
        cells = (*cells, Cell("does", "raw", Value(const=event.does)))
    merge = is_change or kind == "product" or getattr(event, "merge", False)
    guard = (event.when,) if event.when else ()
    yield Entity(
        kind,
        slot,
        cells,
        key=event.id,
        main=True,
        merge=merge,
        guard=guard,
        each=getattr(event, "each", None),
        custom=not is_change and any(c.name in {"custom", "properties"} for c in columns),
    )
    lines: Line | ChangeLine | None = getattr(event, "lines", None)
    if lines is not None:
        own = _line(lines, source)
        yield _part(f"{kind}_line", slot + 1, own, lines, key=event.id, guard=guard, merge=merge)


def _owner(event: Thing | Event, source: str) -> Iterator[Cell]:
    for field in ("party", "account"):
        reference: Reference | None = getattr(event, field, None)
        if reference is not None:
            yield _reference(field, reference, source)
    mentions: tuple[Mention, ...] = getattr(event, "mentions", ())
    for index, mention in enumerate(mentions):
        of = (mention.of or source) if mention.kind == "source" else None
        name = f"mention.{index}.{mention.kind}"
        yield Cell(name, _cleaning(mention.kind), mention.value, mention.country, None, of)


def _columns(event: Thing, columns: Iterable[Column], source: str) -> Iterator[Cell]:
    types = {c.name: c.type for c in columns}
    for name in type(event).model_fields:
        value: Value | None = None if name in _NOT_CELLS else getattr(event, name)
        if isinstance(value, Reference):
            yield _reference(name, value, source)
        elif value is not None:
            declared = types[name].upper()
            fallback = "decimal" if declared.startswith("DECIMAL") else "text"
            type_ = _OF_COLUMN.get(name) or _OF_TYPE.get(declared, fallback)
            yield Cell(name, type_, value)


def _line(lines: Line | ChangeLine, source: str) -> tuple[Cell, ...]:
    cells = [Cell("quantity", "decimal", lines.quantity)]
    if lines.amount is not None:
        cells.append(Cell("amount", "decimal", lines.amount))
    if lines.product is not None:
        cells.append(Cell("product_id", "raw", lines.product, of=source))
    if lines.name is not None:
        cells.append(Cell("product", "text", lines.name))
    return tuple(cells)
