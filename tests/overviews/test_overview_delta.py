"""Overviews of touched parties are those of a full run, and each statement is safe to partition."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from buckets import differences
from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.overviews.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Run
from cdp.store import Statement, Warehouse
from cdp.store.statement import statements

NOW = AS_OF.replace(tzinfo=None)
TABLES = ("gold.interaction", "gold.order", "gold.order_line", "gold.identifier")
OVERVIEWS = ("gold.browsing", "gold.tracking", "gold.owned_product")
PEOPLE, FIRMS, DEVICES = 8, 3, 4
TYPES = (
    *("page_viewed", "product_viewed", "products_searched", "cart_added"),
    *("email_sent", "email_opened", "email_hard_bounced", "email_clicked"),
)


def rows_of(things: dict[int, int]) -> dict[str, list[dict[str, Value]]]:
    """Return the rows that follow from a seed for each thing; a negative one: not there."""
    found: dict[str, list[dict[str, Value]]] = {name: [] for name in TABLES}
    for thing, seed in things.items():
        random = Random(f"{thing} {seed}")  # noqa: S311 - invented data
        if seed < 0:
            continue
        whose: dict[str, Value] = {
            "profile_id": random.choice((*(f"P-{n}" for n in range(PEOPLE)), None)),
            "account_id": random.choice((*(f"A-{n}" for n in range(FIRMS)), None, None)),
        }
        at = NOW - timedelta(days=random.randint(-2, 120), minutes=random.randint(0, 90))
        if thing < DEVICES:
            told: dict[str, Value] = {"profile_id": f"P-{thing}", "kind": "anonymous_id"}
            told |= {"value": str(thing), "records": [f"web:{thing}"]}
            found["gold.identifier"].append(told)
            continue
        if thing % 3:
            type_ = random.choice(TYPES)
            row: dict[str, Value] = {
                "interaction_id": f"w:{thing}",
                "record_id": f"web:{seed % DEVICES}",
            }
            row |= {"type": type_, "channel": "email" if type_.startswith("email") else "web"}
            row |= {"occurred_at": at, "subject": random.choice(("7", "8", "desk", None))}
            if random.randint(0, 1):
                row["profile_id"] = f"P-{seed % DEVICES}"
            found["gold.interaction"].append(whose | row)
            continue
        status = random.choice(("completed", "completed", "returned"))
        key: dict[str, Value] = {"order_id": f"shop:{thing}"}
        order: dict[str, Value] = {"source": "shop", "ordered_at": at, "status": status}
        found["gold.order"].append(whose | key | order)
        for number in range(random.randint(1, 3)):
            sold: dict[str, Value] = {"line": number, "product_id": random.choice(("shop:7", None))}
            sold |= {"product": "a lamp", "quantity": random.choice((1.0, 2.0, -1.0))}
            found["gold.order_line"].append(key | sold)
    return found


def fill(warehouse: Warehouse, things: dict[int, int]) -> None:
    for name, rows in rows_of(things).items():
        warehouse.connection.execute(f'delete from gold."{name[5:]}"')  # noqa: S608
        if rows:
            add(warehouse, name, *rows)


def furnish(warehouse: Warehouse) -> None:
    """Write what all share: products, and devices of which somebody is known to be the user."""
    names = (("7", "Lamp", "Living"), ("8", "Kettle", "Kitchen"))
    product: list[dict[str, Value]] = [
        {"product_id": f"shop:{n}", "source": "shop", "name": name, "category": c}
        for n, name, c in names
    ]
    add(warehouse, "gold.product", *product)
    device: list[dict[str, Value]] = [
        {"record_id": f"web:{n}", "profile_id": f"P-{n}", "native_id": str(n)}
        for n in range(DEVICES)
    ]
    add(warehouse, "gold.source_record", *device)


def touched(before: dict[int, int], after: dict[int, int]) -> set[str]:
    """Return whose rows are others, as golden tells: with an order its lines."""
    changed = [n for n in before if before[n] != after[n]]
    return {
        str(row[c])
        for things in (before, after)
        for rows in rows_of({n: things[n] for n in changed}).values()
        for row in rows
        for c in ("profile_id", "account_id")
        if row.get(c)
    }


def touch(warehouse: Warehouse, ids: set[str]) -> None:
    for kind, letter in (("profile_id", "P"), ("account_id", "A")):
        name = f"step.touched_{kind}"
        warehouse.connection.execute(f"create or replace table {name} ({kind} varchar)")
        for id_ in sorted(i for i in ids if i.startswith(letter)):
            warehouse.connection.execute(f"insert into {name} values (?)", [id_])  # noqa: S608


def held(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    sql = "from {} order by all"
    return [warehouse.connection.execute(sql.format(n)).fetchall() for n in OVERVIEWS]


def refreshed(warehouse: Warehouse, place: Workspace, run_id: int) -> bool:
    assert STAGE.delta is not None
    with warehouse.transaction():
        run = Run(run_id, AS_OF, AS_OF, 1, warehouse, place)
        return STAGE.delta(run, Delta(run_id - 1, {})) is not None


@pytest.mark.parametrize("seed", range(2))
def test_a_delta_of_overviews_is_a_full_run(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - invented data
    things = {n: random.randint(-2, 30) for n in range(90)}
    place = workspace(tmp_path)
    with in_memory(tmp_path) as one, in_memory(tmp_path) as other:
        for warehouse in (one, other):
            furnish(warehouse)
            fill(warehouse, things)
            carry_out(STAGE, warehouse, place)
        for run_id in range(2, 6):
            chosen = random.sample(range(90), random.randint(1, 4))
            later = things | {n: random.randint(-3, 30) for n in chosen}
            fill(one, later)
            fill(other, later)
            touch(one, touched(things, later))
            assert refreshed(one, place, run_id)
            carry_out(STAGE, other, place, run_id=run_id)
            assert held(one) == held(other)
            assert all(held(one)), "each overview has rows"
            things = later
        assert one.query("select max(anonymous_30d) from gold.browsing").item() > 0


RENAMES = (
    "update gold.product set name = 'Lantern' where name = 'Lamp'",
    "update gold.product set category = 'Office' where name = 'Kettle'",
    "delete from gold.product where name = 'Lamp'",
    "update gold.product set product_id = 'shop:desk' where name = 'Kettle'",
)


@pytest.mark.parametrize("rename", RENAMES)
def test_who_saw_or_bought_a_product_is_touched_when_it_is_called_otherwise(
    tmp_path: Path, rename: str
) -> None:
    things = {n: n for n in range(90)}
    place = workspace(tmp_path)
    with in_memory(tmp_path) as one, in_memory(tmp_path) as other:
        for warehouse in (one, other):
            furnish(warehouse)
            fill(warehouse, things)
            carry_out(STAGE, warehouse, place)
        before = held(one)
        for warehouse in (one, other):
            warehouse.connection.execute(rename)
        touch(one, set())
        assert refreshed(one, place, 2)
        carry_out(STAGE, other, place, run_id=2)
        assert held(one) == held(other)
        assert held(one) != before
        told = set(one.query("from step.touched_profile_id")["profile_id"])
        pairs = zip(before, held(one), strict=True)
        assert {row[0] for old, new in pairs for row in {*old} ^ {*new}} <= told
        touch(one, set())
        assert refreshed(one, place, 3)
        assert one.query("from step.touched_profile_id").height == 0


def test_a_working_file_without_names_of_products_asks_for_a_full_run(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    with in_memory(tmp_path) as warehouse:
        furnish(warehouse)
        carry_out(STAGE, warehouse, place)
        touch(warehouse, set())
        warehouse.connection.execute("drop table step.overview_catalogue")
        assert not refreshed(warehouse, place, 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("overviews")
    with in_memory(folder) as warehouse:
        furnish(warehouse)
        fill(warehouse, {n: n for n in range(120)})
        with pytest.MonkeyPatch.context() as patch:  # statements are executed once more
            patch.setattr(Warehouse, "unview", lambda *_: None)
            patch.setattr(Warehouse, "drop", lambda *_: None)
            carry_out(STAGE, warehouse, workspace(folder))
        yield warehouse


@pytest.mark.parametrize(
    "statement", [s for s in statements("cdp.overviews") if s.key != "global"], ids=lambda s: s.name
)
def test_overview_is_safe_to_partition(world: Warehouse, statement: Statement) -> None:
    assert world.query(statement.sql, as_of=AS_OF).height > 0
    assert differences(world, statement, as_of=AS_OF) == []
