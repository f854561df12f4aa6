"""From B2C Commerce to golden records, by the mapping that the type comes with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import opened, workspace
from cdp import pipeline
from cdp.settings import Settings, Workspace
from published import NOW
from sfcc_place import HOME, Row, customer, customers_xml, line, order, orders_xml
from simulators.sfcc import ORGANIZATION, Instance, serving
from source_files import write

RULES: dict[str, object] = {
    "cdp.yaml": {"name": "shop", "country": "FR", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
}
PLACE: Row = {"region": "EU", "time_zone": "Europe/Paris"}
WORK = {**HOME, "addressId": "work", "city": "Caen", "postalCode": "14000"}
NORA = customer(
    "00004417",
    lastName="Quint",
    birthday="1985-04-10",
    gender=2,
    email="Nora@example.org",
    phoneMobile="+33600000417",
    primaryAddress=HOME,
    addresses=[WORK],
    c_tier="gold",
    c_emailOptIn=True,
    c_emailOptInDate="2025-01-05T09:00:00.000Z",
    c_emailOptInLevel="double",
)
LAMP, MAT = line("P-1", 3, 30.0, -6.0), line("P-2", 1, 5.0)
MAIL = {"guest": True, "customerName": "Gus Guest", "email": "Gus@example.org"}
GUS = {
    "customerInfo": {**MAIL, "customerNo": "00009001"},  # guests get a number for each order
    "billingAddress": {
        "firstName": "Gus",
        "lastName": "Guest",
        "city": "Caen",
        "countryCode": "FR",
    },
}
ORDERS = [
    order("0001", "00004417", LAMP, MAT),
    # A moment without offset is in the zone that the source names.
    order("0002", "00004417", MAT, paymentStatus="not_paid", creationDate="2025-07-01T12:00:00"),
    order("0003", "00004417", LAMP, status="cancelled"),
    order("0004", "00004417", LAMP, status="failed"),
    order("0005", None, LAMP, **GUS),
    order("0006", None, MAT, **{**GUS, "customerInfo": {**MAIL, "email": "gus@example.org"}}),
    order("0007", None, MAT, customerInfo={"customerName": "Nora", "email": "nora@example.org"}),
]
CONSENTS: dict[str, object] = {
    "contact_kind": {"const": "email"},
    "contact": "email",
    "channel": {"const": "email"},
    "when": {"field": "c_emailOptIn", "filled": True},
    "state": {"path": "c_emailOptIn", "map": {"true": "granted", "false": "denied"}},
    "given_at": "c_emailOptInDate",
    "provable": {"path": "c_emailOptInLevel", "map": {"double": True}, "otherwise": False},
}


@dataclass
class Hub:
    """A workspace that reads a shop."""

    place: Workspace
    settings: Settings
    runs: int = 0

    def run(self, to_stage: str = "golden") -> None:
        self.runs += 1
        asked = pipeline.Request(to_stage=to_stage)
        pipeline.run(self.place, self.settings, lambda: NOW + timedelta(minutes=self.runs), asked)

    def found(self, *queries: str) -> list[list[tuple[Any, ...]]]:
        """Return the rows of each query."""
        with opened(self.place.root) as warehouse:
            return [warehouse.query(sql).rows() for sql in queries]


def from_files(root: Path, settings: Settings, customers: list[Row], orders: list[Row]) -> Hub:
    files = {"customers-1.xml": customers_xml(customers), "orders-1.xml": orders_xml(orders)}
    write(root / "data" / "shop", files)
    source = {"type": "sfcc", "path": "shop", **PLACE}
    return Hub(workspace(root, {**RULES, "sources/shop.yaml": source}), settings)


@pytest.fixture
def hub(tmp_path: Path, settings: Settings) -> Hub:
    return from_files(tmp_path, settings, [NORA], ORDERS)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.setenv("SHOP_ID", "client")
    monkeypatch.setenv("SHOP_SECRET", "am-secret")
    shop = Instance(orders={"RefArch": ORDERS}, customers=[without(NORA, "addresses")])
    shop.addresses = {"00004417": [WORK]}
    with serving(shop) as running:
        yield running


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


TOLD = (
    "select record_id, attribute, position, value from silver.attribute",
    "select record_id, kind, value from silver.identifier",
    "select order_id, record_id, status, amount, currency, channel, ordered_at from silver.order",
    "select order_id, product_id, quantity, amount from silver.order_line",
)


def live(shop: Instance) -> Row:
    """Return the source that reads the shop itself."""
    secrets = {"client_id": {"env": "SHOP_ID"}, "client_secret": {"env": "SHOP_SECRET"}}
    token_url = f"{shop.url}/dwsso/oauth2/access_token"
    auth = {"kind": "client_credentials", "token_url": token_url, **secrets}
    options = {"organization": ORGANIZATION, "sites": ["RefArch"], "all_addresses": True}
    return {"type": "sfcc", "url": shop.url, "auth": auth, "options": options, **PLACE}


def test_exports_get_to_gold_and_the_api_goes_on_with_the_same_records(
    hub: Hub, shop: Instance
) -> None:
    hub.run()
    people, custom, orders, lines, refused, noon, *exported = hub.found(
        "select full_name, birth_date::varchar, gender, language, status, email, phone, "
        "record_count from gold.profile order by 1",
        "select custom::varchar from gold.profile where record_count = 2",
        "select order_id, record_id, status, amount, currency from gold.order order by 1",
        "select product_id, quantity, amount from gold.order_line where order_id = 'shop:0001' "
        "order by 1",
        "select native_id, reason from quality.quarantined",
        "select ordered_at::varchar from silver.order where order_id = 'shop:0002'",
        *TOLD,
    )
    nora = ("Nora Quint", "1985-04-10", "female", "fr", "active", "nora@example.org")
    assert people == [
        ("Gus Guest", None, None, "fr", None, "gus@example.org", None, 1),
        (*nora, "+33600000417", 2),  # the order that she made as a guest is hers by the e-mail
    ]
    assert json.loads(custom[0][0])["shop"]["c_tier"] == "gold"
    assert orders == [
        ("shop:0001", "shop:00004417", "completed", Decimal(29), "EUR"),
        ("shop:0002", "shop:00004417", "open", Decimal(5), "EUR"),
        ("shop:0003", "shop:00004417", "cancelled", Decimal(24), "EUR"),
        ("shop:0005", "shop:guest:gus@example.org", "completed", Decimal(24), "EUR"),
        ("shop:0006", "shop:guest:gus@example.org", "completed", Decimal(5), "EUR"),
        ("shop:0007", "shop:guest:nora@example.org", "completed", Decimal(5), "EUR"),
    ]
    assert lines == [("shop:P-1", Decimal(3), Decimal(24)), ("shop:P-2", Decimal(1), Decimal(5))]
    assert refused == [("0004", "nothing_applies")]  # it failed: nothing was bought
    assert noon == [("2025-07-01 10:00:00",)]
    # Permissions are custom attributes that a mapping of the workspace names.
    named = yaml.safe_load((resources.files("cdp.mappings") / "sfcc.yaml").read_text("utf-8"))
    named["objects"]["customers"]["parties"][0]["consents"] = [CONSENTS]
    files = {**RULES, "sources/shop.yaml": live(shop), "mappings/shop.yaml": named}
    workspace(hub.place.root, files)
    hub.run("canonical")
    assert len(shop.asked) == 3
    consents, *read = hub.found(
        "select channel, contact_value, state, given_at, provable from silver.consent", *TOLD
    )
    assert [sorted(each) for each in read] == [sorted(each) for each in exported]
    said = datetime.fromisoformat("2025-01-05T09:00:00")
    assert consents == [("email", "nora@example.org", "granted", said, True)]


def test_of_exports_what_came_last_holds_and_marks_delete(hub: Hub) -> None:
    moved = {**NORA, "primaryAddress": {**HOME, "city": "Brest"}}
    mark = '<customer customer-no="5" mode="delete"/></customers>'
    later = {
        "customers-2.xml": customers_xml([moved, customer("5")]),
        "customers-3.xml": customers_xml([]).replace("</customers>", mark),
        "orders-2.xml": orders_xml([{**ORDERS[1], "status": "cancelled"}]),
    }
    write(hub.place.root / "data" / "shop", later)
    hub.run("canonical")
    people, homes, states = hub.found(
        "select native_id from silver.record where object = 'customers'",
        "select value->>'city' from silver.attribute where attribute = 'address' "
        "and position = 0 and record_id = 'shop:00004417'",
        "select status from silver.order where order_id = 'shop:0002'",
    )
    assert (people, homes, states) == ([("00004417",)], [("Brest",)], [("cancelled",)])
