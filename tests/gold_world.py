"""Invented contents of every published table, which change here and there, as stages change them.

A world is a seed for each thing in it; the rows follow from the seeds. Another seed makes the rows
of that thing others, and no other rows; what stages would report as touched follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from builders import add
from cdp.publish.gold import GOLD_TABLES
from cdp.store.ledger import Ledger
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from builders import Value
    from cdp.store import Warehouse

Row = dict[str, "Value"]
Rows = dict[str, list[Row]]

PEOPLE = tuple(f"P-{n}" for n in range(7))
FIRMS = tuple(f"A-{n}" for n in range(3))
RECORDS = tuple(f"crm:{n}" for n in range(12))
EVENTS = tuple(str(n) for n in range(14))
LINKS = tuple(str(n) for n in range(5))
_BUYERS = PEOPLE[:4]
_TIMES = {
    "order": "ordered_at",
    "cart": "created_at",
    "ticket": "created_at",
    "interaction": "occurred_at",
}
_NAMES = ("Ada Mill", "Bob Hill", "Cy Ådahl", "Di", None)


@dataclass(frozen=True)
class World:
    """Seeds by thing; a negative one means that the thing is not there."""

    seeds: dict[str, int]

    def alive(self, names: tuple[str, ...]) -> list[str]:
        """Return those of these that are there."""
        return [name for name in names if self.seeds[name] >= 0]

    def later(self, random: Random) -> World:
        """Return a world in which a few things are others, gone or new."""
        chosen = random.sample(sorted(self.seeds), random.randint(1, 4))
        return replace(self, seeds=self.seeds | {n: random.randint(-2, 40) for n in chosen})


def first(random: Random) -> World:
    """Return some world."""
    things = (*PEOPLE, *FIRMS, *RECORDS, *(f"e{e}" for e in EVENTS), *(f"l{n}" for n in LINKS))
    return World({thing: random.randint(-1, 40) for thing in (*things, "small")})


def rows(world: World) -> Rows:
    """Return the rows of every table of a world."""
    found: Rows = {table.name: [] for table in GOLD_TABLES}
    if not world.seeds:
        return found
    owners = {r: _owner(world, r) for r in RECORDS}
    for id_ in world.alive((*PEOPLE, *FIRMS)):
        _party(found, world, id_)
    for record in world.alive(RECORDS):
        if owners[record] is not None:
            _record(found, world, record, str(owners[record]))
    for one, other in combinations([r for r in RECORDS if owners[r]], 2):
        _edge(found, world, one, other)
    for event in EVENTS:
        _event(found, world, event)
    _links(found, world)
    _small(found, world)
    return found


def write(warehouse: Warehouse, before: Rows, after: Rows, run_id: int) -> set[str]:
    """Make the tables hold these rows and name the run in the versions; return the touched ids."""
    ledger, touched = Ledger(warehouse), set[str]()
    for name, held in after.items():
        old, new = ({repr(row): row for row in side[name]} for side in (before, after))
        changes = [(old | new)[key] for key in sorted(old.keys() ^ new.keys())]
        if not changes:
            continue
        ledger.changed(name, run_id)
        warehouse.connection.execute(f"delete from {quoted(name)}")  # noqa: S608 - quoted
        if held:
            add(warehouse, name, *held)
        touched |= _touched(name, changes, (before, after))
    return touched


def _touched(name: str, changes: list[Row], sides: tuple[Rows, Rows]) -> set[str]:
    if name == "identity.edge":
        ends = {str(row[end]) for row in changes for end in ("record_l", "record_r")}
        return {
            str(row["profile_id"])
            for side in sides
            for row in side["gold.source_record"]
            if row["record_id"] in ends
        }
    if name in {
        "identity.possible",
        "identity.review",
        "gold.company_group",
        "gold.household",
        "gold.order_line",
    }:
        return set()
    columns = ("profile_id",) if name == "gold.profile" else ("profile_id", "account_id")
    return {str(row[c]) for row in changes for c in columns if row.get(c) is not None}


def _random(world: World, *things: str) -> Random:
    return Random(repr([(thing, world.seeds[thing]) for thing in things]))  # noqa: S311 - invented data


def _owner(world: World, record: str) -> str | None:
    alive = world.alive((*PEOPLE, *FIRMS))
    chosen = _random(world, record).choice((*PEOPLE, *FIRMS))
    return chosen if world.seeds[record] >= 0 and chosen in alive else None


def _party(found: Rows, world: World, id_: str) -> None:
    random = _random(world, id_)
    name, mail = random.choice(_NAMES), random.choice(("x@example.org", "y@example.org", None))
    if id_ in FIRMS:
        firm: Row = {"account_id": id_, "name": name, "email": mail}
        found["gold.account"].append(firm)
        member: Row = {"group_id": f"G-{random.randint(0, 1)}", "account_id": id_}
        found["gold.company_group_member"].append(member)
    else:
        person: Row = {"profile_id": id_, "profile_type": "person", "full_name": name}
        employer = random.choice((*FIRMS, None))
        found["gold.profile"].append(person | {"email": mail, "account_id": employer})
    found["identity.profile"].append({"profile_id": id_, "status": "live"})
    found["gold.feature"].append({"profile_id": id_, "orders": random.randint(0, 3)})
    for score in random.sample(("engagement", "rfm"), random.randint(0, 2)):
        points: Row = {"profile_id": id_, "score": score, "value": float(random.randint(0, 9))}
        found["gold.score"].append(points | {"explanation": '[{"because": "é", "points": 1.0}]'})
    for segment in random.sample(("all", "new", "old"), random.randint(0, 3)):
        row: Row = {"segment": segment, "profile_id": id_, "entered_run": random.randint(1, 3)}
        found["gold.segment_member"].append(row)
    for attribute in random.sample(("name", "city"), random.randint(0, 2)):
        value = random.choice(("a", "b" * 600))
        origin: Row = {"profile_id": id_, "attribute": attribute, "value": value, "losers": "[]"}
        found["gold.attribute"].append(origin)
    for event in ("born", "grew")[: random.randint(1, 2)]:
        change: Row = {"profile_id": id_, "run_id": 1, "event": event}
        found["identity.history"].append(change)


def _record(found: Rows, world: World, record: str, owner: str) -> None:
    random = _random(world, record)
    kind = "organisation" if owner in FIRMS else "person"
    row: Row = {"record_id": record, "profile_id": owner, "entity_type": kind, "source": "crm"}
    found["gold.source_record"].append(row)
    for number in random.sample(range(4), random.randint(0, 2)):
        value = f"{number}@example.org" if number else "L" * 400
        known = [(r["profile_id"], r["value"]) for r in found["gold.identifier"]]
        if (owner, value) not in known:
            identifier: Row = {"profile_id": owner, "entity_type": kind, "kind": "email"}
            blocked = number == 1 and owner in FIRMS
            found["gold.identifier"].append(identifier | {"value": value, "blocked": blocked})


def _edge(found: Rows, world: World, one: str, other: str) -> None:
    random = _random(world, one, other)
    if random.random() < 0.4:
        pair: Row = {"record_l": min(one, other), "record_r": max(one, other)}
        weights = '[{"comparison": "email", "level": "exact", "weight": 9.0}]'
        weight: Row = {"match_weight": float(random.randint(-9, 9)), "weights": weights}
        found["identity.edge"].append(pair | weight)


def _event(found: Rows, world: World, event: str) -> None:
    if world.seeds[f"e{event}"] < 0:
        return
    random = _random(world, f"e{event}")
    kind, day = random.choice(sorted(_TIMES)), random.randint(1, 9)
    owners: Row = {
        "profile_id": random.choice((*_BUYERS, None)),
        "account_id": random.choice((*FIRMS, None, None)),
    }
    when = f"2026-06-0{day} 10:00:00"
    row: Row = owners | {f"{kind}_id": event, "source": "shop"}
    found[f"gold.{kind}"].append(row | {_TIMES[kind]: datetime.fromisoformat(when)})
    if kind == "order":
        for line in range(random.randint(0, 2)):
            found["gold.order_line"].append({"order_id": event, "line": line, "product": "p"})


def _links(found: Rows, world: World) -> None:
    for link in LINKS:
        random = _random(world, f"l{link}")
        one, other = random.sample((*PEOPLE[:3], *FIRMS), 2)
        known = [(r["profile_id"], r["other_id"]) for r in found["gold.relationship"]]
        if world.seeds[f"l{link}"] >= 0 and (one, other) not in known:
            row: Row = {"profile_id": one, "other_id": other, "kind": "contact_of"}
            found["gold.relationship"].append(row)
    for gone in (p for p in PEOPLE if world.seeds[p] < 0):
        random, alive = _random(world, gone), world.alive(PEOPLE)
        survivor = random.choice(alive) if alive and random.random() < 0.7 else None
        status = "merged" if survivor else "emptied"
        found["identity.profile"].append({"profile_id": gone, "status": status})
        if survivor:
            found["identity.alias"].append({"retired_id": gone, "profile_id": survivor})


def _small(found: Rows, world: World) -> None:
    random = _random(world, "small")
    for group in ("G-0", "G-1"):
        found["gold.company_group"].append({"group_id": group, "name": random.choice(_NAMES)})
    found["gold.product"].append({"product_id": "p", "name": str(random.choice(_NAMES))})
    alike = world.alive(PEOPLE)[: random.choice((0, 2, 3))]
    for id_ in alike if len(alike) > 1 else ():
        found["identity.possible"].append({"profile_id": id_, "group_id": alike[0]})
    for place in range(random.randint(0, 2)):
        item: Row = {"item_id": f"R-{place}", "place": place, "profile_id": "P-0"}
        found["identity.review"].append(item)
