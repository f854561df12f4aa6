"""Each statement of the room gives the same rows over 1 bucket and over 7."""

from collections.abc import Iterator
from typing import Any

import pytest

from buckets import differences
from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.features.stage import STAGE
from cdp.store import Statement, Warehouse
from cdp.store.statement import statements

NOW = AS_OF.replace(tzinfo=None)
PARAMS = {"as_of": AS_OF, "currency": "EUR"}


def event(table: str, key: str, time: str, number: int) -> dict[str, Value]:
    row: dict[str, Value] = {
        key: f"{number}",
        time: NOW,
        "profile_id": f"P-{number % 20}",
        "account_id": f"A-{number % 7}" if number % 2 else None,
    }
    return row | ({"currency": "EUR"} if table == "gold.order" else {})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("features")
    with in_memory(folder) as warehouse, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Warehouse, "unview", lambda *_: None)  # statements are executed once more
        ids = range(60)
        add(
            warehouse,
            "gold.profile",
            *({"profile_id": f"P-{n}", "profile_type": "person"} for n in ids),
        )
        add(warehouse, "gold.account", *({"account_id": f"A-{n}"} for n in ids))
        for table, key, time in (
            ("gold.order", "order_id", "ordered_at"),
            ("gold.cart", "cart_id", "created_at"),
            ("gold.interaction", "interaction_id", "occurred_at"),
        ):
            add(warehouse, table, *(event(table, key, time, n) for n in ids))
        carry_out(STAGE, warehouse, workspace(folder))
        yield warehouse


@pytest.mark.parametrize(
    "statement", [s for s in statements("cdp.features") if s.key != "global"], ids=lambda s: s.name
)
def test_statement_is_safe_to_partition(world: Warehouse, statement: Statement) -> None:
    bound: dict[str, Any] = {name: PARAMS[name] for name in statement.params}
    assert world.query(statement.sql, **bound).height > 0
    assert differences(world, statement, **bound) == []
