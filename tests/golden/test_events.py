"""Events join ids: each exactly once, whoever turns out to own it."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from cdp.errors import ReconciliationError
from cdp.model.tables import BY_NAME
from cdp.store import Statement, Warehouse
from cdp.store.statement import statements
from golden_crowd import EVENTS, assign, crowd
from golden_rows import Row, add, day, empty, person, refine, rows

# how an order names its party, and the ids it then has
NAMED: dict[str, tuple[Row, tuple[str | None, str | None]]] = {
    "a person's record": ({"record_id": "crm:1"}, ("P-1", None)),
    "an organisation's record": ({"record_id": "erp:9"}, (None, "A-1")),
    "a person of an organisation": (
        {"record_id": "crm:1", "account_record_id": "erp:9"},
        ("P-1", "A-1"),
    ),
    "an organisation named beside nobody": ({"account_record_id": "erp:9"}, (None, "A-1")),
    "a visitor": ({"record_id": "web:7"}, ("V-7", None)),
    "an e-mail that one person owns": ({"ref_kind": "email", "ref_value": "one@x"}, ("P-1", None)),
    "an e-mail that two persons own": ({"ref_kind": "email", "ref_value": "two@x"}, (None, None)),
    "a blocked e-mail": ({"ref_kind": "email", "ref_value": "test@x"}, (None, None)),
    "an organisation's e-mail": ({"ref_kind": "email", "ref_value": "info@x"}, (None, "A-1")),
    "another system's key": ({"ref_kind": "source", "ref_value": "shop:5"}, ("P-1", None)),
    "a key that nobody has": ({"ref_kind": "source", "ref_value": "shop:6"}, (None, None)),
    "a record that is not delivered any more": ({"record_id": "old:1"}, (None, None)),
    "nobody": ({}, (None, None)),
}


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str | None, str | None]]:
    """The ids of one order for each case of NAMED."""
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": ["one@x", "two@x", "test@x"]})
        person(warehouse, "shop:5", "P-1", {"source": "shop:5"})
        person(warehouse, "crm:2", "P-2", {"email": "two@x"})
        person(warehouse, "erp:9", "A-1", {"email": "info@x"})
        person(warehouse, "web:7", "V-7")
        gone = {"record_id": "old:1", "profile_id": "P-1", "live": False}
        add(warehouse, "identity.assignment", [gone])
        add(warehouse, "identity.blocked_value", [{"kind": "email", "value": "test@x"}])
        orders = [{"order_id": f"shop:{case}", **named} for case, (named, _) in NAMED.items()]
        add(warehouse, "silver.order", orders)
        refine(warehouse, tmp_path_factory.mktemp("owners"))
        found = rows(warehouse, "gold.order", "order_id", "profile_id", "account_id")
    return {row[0].removeprefix("shop:"): (row[1], row[2]) for row in found}


@pytest.mark.parametrize("case", NAMED)
def test_an_order_belongs_to_whom_it_names(
    case: str, owners: dict[str, tuple[str | None, str | None]]
) -> None:
    assert owners[case] == NAMED[case][1]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Row:
    """How often each event is in gold, and money, after each of some random assignments."""
    folder = tmp_path_factory.mktemp("crowd")
    found: Row = {}
    with empty() as warehouse:
        crowd(warehouse)
        for seed in (1, 2, 3):
            assign(warehouse, seed)
            refine(warehouse, folder)
            found[str(seed)] = _census(warehouse)
        found["silver"] = _how_often(warehouse, "silver")
    return found


def _how_often(warehouse: Warehouse, schema: str) -> dict[str, Counter[object]]:
    return {n: Counter(rows(warehouse, f"{schema}.{n}", f"{n}_id")) for n in EVENTS}


def _census(warehouse: Warehouse) -> Row:
    named = (
        "select count(*) as wrong from gold.order as o inner join identity.assignment as a "
        "on a.record_id = o.record_id where a.profile_id is distinct from "
        "case when a.entity_type = 'organisation' then o.account_id else o.profile_id end"
    )
    return {"events": _how_often(warehouse, "gold"), "wrong": warehouse.query(named)["wrong"][0]}


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_merges_and_splits_lose_no_event(crowded: Row, seed: str) -> None:
    assert crowded[seed]["events"] == crowded["silver"]
    assert crowded[seed]["wrong"] == 0


@pytest.mark.parametrize("name", [*EVENTS, "order_line", "product"])
def test_every_column_of_the_gold_event_is_filled(name: str) -> None:
    writing = [s for s in statements("cdp.golden") if s.writes == f"gold.{name}"]
    with empty() as warehouse:
        for step in (
            "party",
            "account_record",
            "reference_owner",
            "linked_order",
            "order_number",
            "order_copy",
        ):
            warehouse.make(Statement.load("cdp.golden", step))
        columns = {tuple(warehouse.query(statement.sql).columns) for statement in writing}
    assert columns == {tuple(column.name for column in BY_NAME[f"gold.{name}"].columns)}


SHOP: Row = {"order_id": "shop:35417", "record_id": "shop:1", "reference": "#1042", "amount": 60}
ERP: Row = {"order_id": "erp:900417", "record_id": "erp:1", "amount": 60}

# an order of the ERP beside SHOP, and whether it is the same purchase
COPIES: dict[str, tuple[Row, bool]] = {
    "its reference is the shop's key": ({"reference": "web-00035417"}, True),
    "its reference is the shop's number": ({"reference": "1042"}, True),
    "its reference is our whole order_id": ({"reference": "shop:35417"}, True),
    "the same party, another amount": ({"reference": "35417", "amount": 50}, True),
    "another party, the same amount": ({"reference": "35417", "record_id": "erp:2"}, True),
    "another party and amount": (
        {"reference": "35417", "record_id": "erp:2", "amount": 50},
        False,
    ),
    "booked at midnight of the same day": (
        {"reference": "35417", "ordered_at": day(10).replace(hour=0)},
        True,
    ),
    "a year later": ({"reference": "35417", "ordered_at": day(10).replace(year=2027)}, False),
    "no reference": ({}, False),
    "the customer's own number": ({"reference": "PO-7788"}, False),
    "an empty reference": ({"reference": ""}, False),
}


@pytest.mark.parametrize("case", COPIES)
def test_a_copied_order_names_its_original(case: str, tmp_path: Path) -> None:
    change, is_copy = COPIES[case]
    orders = [SHOP | {"ordered_at": day(10)}, ERP | {"ordered_at": day(11)} | change]
    assert _originals(tmp_path, orders) == {
        "shop:35417": None,
        "erp:900417": "shop:35417" if is_copy else None,
    }


def _originals(folder: Path, orders: list[Row]) -> dict[str, str | None]:
    with empty() as warehouse:
        person(warehouse, "shop:1", "P-1")
        person(warehouse, "erp:1", "P-1")
        person(warehouse, "erp:2", "P-2")
        add(warehouse, "silver.order", orders)
        refine(warehouse, folder)
        return dict(rows(warehouse, "gold.order", "order_id", "duplicate_of"))


def test_of_two_orders_that_name_each_other_the_earlier_counts(tmp_path: Path) -> None:
    orders = [
        SHOP | {"reference": "900417", "ordered_at": day(10)},
        ERP | {"reference": "35417", "ordered_at": day(11)},
    ]
    for turn in range(2):
        Random(turn).shuffle(orders)  # noqa: S311 - test data
        assert _originals(tmp_path, orders) == {"shop:35417": None, "erp:900417": "shop:35417"}


def test_two_orders_with_one_customer_number_in_one_source_both_count(tmp_path: Path) -> None:
    orders = [ERP | {"reference": "PO-1"}, ERP | {"order_id": "erp:2", "reference": "PO-1"}]
    assert _originals(tmp_path, orders) == {"erp:900417": None, "erp:2": None}


def test_a_record_without_id_stops_the_stage(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1")
        add(warehouse, "silver.record", [{"record_id": "crm:2"}])
        with pytest.raises(ReconciliationError, match="1 of 2 source records"):
            refine(warehouse, tmp_path)


def test_an_event_in_two_places_stops_the_stage(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1")
        add(warehouse, "identity.assignment", [{"record_id": "crm:1", "profile_id": "P-2"}])
        add(warehouse, "silver.ticket", [{"ticket_id": "crm:1", "record_id": "crm:1"}])
        with pytest.raises(ReconciliationError, match=r"silver\.ticket has 1 rows"):
            refine(warehouse, tmp_path)


def test_a_cart_is_abandoned_since_its_last_change_where_its_source_says_so(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1")
        carts: list[Row] = [
            {"cart_id": "shop:1", "record_id": "crm:1", "status": "abandoned"},
            {"cart_id": "shop:2", "status": "abandoned"},
            {"cart_id": "shop:3", "record_id": "crm:1", "status": "open"},
        ]
        add(warehouse, "silver.cart", [cart | {"changed_at": day(5)} for cart in carts])
        refine(warehouse, tmp_path)
        found = dict(rows(warehouse, "gold.cart", "cart_id", "abandoned_at"))
    assert found == {"shop:1": day(5), "shop:2": day(5), "shop:3": None}
