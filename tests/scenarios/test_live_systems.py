"""Live blocks of the systems that can be asked: what a party has there, as a load would land it."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

import hubspot_place
import salesforce_place
import shopify_place
from builders import workspace
from cdp.errors import ConfigError
from cdp.scenarios.live import Lines
from cdp.scenarios.on_demand import load
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.sources.remote.live import OnDemand
from cdp.sources.remote.secrecy import Secrets
from published import NOW
from simulators import hubspot, rest, salesforce, shopify
from simulators.hubspot_account import Account
from simulators.rest import Api
from simulators.salesforce_org import Org
from simulators.shopify_shop import Shop

BLOCK: dict[str, object] = {
    "title": "Orders now",
    "source": "there",
    "table": "order",
    "columns": ["order_id", "status", "amount"],
    "order": "ordered_at",
    "timeout": 10,
}
Found = dict[str, Any]


def asked(folder: Path, source: Mapping[str, Any], keys: tuple[str, ...], **block: object) -> Found:
    """Return a live block of an instance, by the mapping that it has or its type comes with."""
    mapping = block.pop("mapping", None)
    files: dict[str, object] = {
        "sources/there.yaml": {key: value for key, value in source.items() if key != "objects"},
        "live/orders.yaml": BLOCK | block,
        **({} if mapping is None else {"mappings/there.yaml": mapping}),
    }

    async def once() -> Found:
        lines = Lines(load(workspace(folder, files)), "DE", lambda: NOW)
        try:
            return await lines.block("orders", keys)
        finally:
            await lines.close()

    return asyncio.run(once())


def landed(source: Mapping[str, Any], name: str, folder: Path) -> dict[str, str]:
    """Return what a load lands of an object: the hash of each row by its key."""
    instance = SourceInstance.model_validate({**source, "objects": [name]})
    opening = Opening("there", instance, folder, now=salesforce_place.NOW)
    found = SOURCES.get(instance.type).find(opening)
    batches = [b.rows for walk in found.walks.values() for d in walk for b in d.batches()]
    found.close()
    rows = pl.concat(batches)
    return dict(rows.select("native_id", "content_hash").iter_rows())


def live(source: Mapping[str, Any], name: str, field: str, keys: list[str]) -> dict[str, str]:
    """Return what an answer on demand holds of an object: the hash of each row by its key."""
    instance = SourceInstance.model_validate({k: v for k, v in source.items() if k != "objects"})
    opening, system = Opening("there", instance, Path()), SOURCES.get(instance.type)
    assert isinstance(system, OnDemand)
    auth, headers = system.proof(opening, Secrets())
    shown = system.live(opening, name, field)
    found: dict[str, str] = {}
    with httpx.Client(auth=auth, headers=headers) as http:
        for each in shown.requests(keys, 50):
            said = {"accept": "application/json", **each.headers}
            answer = http.request(each.method, each.url, json=each.body, headers=said)
            assert answer.is_success, answer.text
            found |= dict(shown.rows(answer.content)["native_id", "content_hash"].iter_rows())
    return found


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("SHOP_TOKEN", "shpat-secret")
    shop = Shop()
    for number, customer in ((1, 7), (2, 8), (3, 7), (4, 77)):
        shop.now += timedelta(minutes=1)
        line = shopify_place.line(number, "P-1", 2, "10.00")
        who = {"id": f"gid://shopify/Customer/{customer}"}
        told = shopify_place.order(number, f"{number}0.00", line, customer=who)
        shop.put("orders", number, **told, email=f"c{customer}@example.org")
    with shopify.serving(shop) as running:
        yield running


def test_a_shop_gives_the_orders_of_a_customer_as_a_load_lands_them(
    tmp_path: Path, shop: Shop
) -> None:
    source = shopify_place.Place(shop).source
    everything = landed(source, "orders", tmp_path)
    assert live(source, "orders", "customer_id", ["7", "8"]) == {
        key: everything[key] for key in ("1", "2", "3")
    }
    block = {"object": "orders", "key_field": "customer_id"}
    found = asked(tmp_path, source, ("7",), **block, limit=1)
    assert found["rows"] == [{"order_id": "there:3", "status": "completed", "amount": 30.0}]
    by_mail = asked(tmp_path, source, ("c8@example.org",), object="orders", key_field="email")
    assert [row["order_id"] for row in by_mail["rows"]] == ["there:2"]
    odd = asked(tmp_path, source, ('" OR customer_id:"7',), **block)
    assert (odd["status"], odd["rows"]) == ("ok", [])


@pytest.mark.parametrize("auth", ["bearer", "client_credentials"])
def test_a_shop_is_told_who_asks_however_that_is_proved(
    tmp_path: Path, shop: Shop, auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_ID", "app")
    monkeypatch.setenv("APP_SECRET", "app-secret")
    proofs = {
        "bearer": {"kind": auth, "token": {"env": "SHOP_TOKEN"}},
        "client_credentials": {
            "kind": auth,
            "token_url": f"{shop.url}/admin/oauth/access_token",
            "client_id": {"env": "APP_ID"},
            "client_secret": {"env": "APP_SECRET"},
        },
    }
    source = shopify_place.Place(shop, auth=proofs[auth]).source
    found = asked(tmp_path, source, ("7",), object="orders", key_field="customer_id")
    assert len(found["rows"]) == 2


def test_what_a_shop_refuses_is_a_gap(tmp_path: Path, shop: Shop) -> None:
    shop.scopes.discard("read_orders")
    source = shopify_place.Place(shop).source
    found = asked(tmp_path, source, ("7",), object="orders", key_field="customer_id")
    assert found["gap"]["reason"] == "there answered something that cannot be read"


@pytest.fixture
def org(monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    monkeypatch.setenv("SF_ID", "app")
    monkeypatch.setenv("SF_SECRET", "secret")
    org = Org()
    org.has("Order", "801", AccountId="string", TotalAmount="double", StatusCode="string")
    for number, account in ((1, "001A"), (2, "001B"), (3, "001A"), (4, "O'Hara\\")):
        org.add("Order", AccountId=account, TotalAmount=number * 10.0, StatusCode="Activated")
    with salesforce.serving(org) as running:
        yield running


@pytest.mark.parametrize("fields", [{}, {"Order": ("AccountId", "TotalAmount", "StatusCode")}])
def test_an_org_gives_the_orders_of_an_account_as_a_load_lands_them(
    tmp_path: Path, org: Org, fields: dict[str, Any]
) -> None:
    source = salesforce_place.Place(org, options={"fields": fields}).source
    everything = landed(source, "Order", tmp_path)
    wanted = [key for key, row in org.tables["Order"].rows.items() if row["AccountId"] == "001A"]
    found = live(source, "Order", "AccountId", ["001A"])
    assert found == {key: everything[key] for key in wanted}
    block = asked(tmp_path, source, ("001A",), object="Order", key_field="AccountId")
    assert sorted(row["amount"] for row in block["rows"]) == [10.0, 30.0]
    odd = asked(tmp_path, source, ("O'Hara\\",), object="Order", key_field="AccountId")
    assert [row["amount"] for row in odd["rows"]] == [40.0]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-secret")
    account = Account()
    for number in range(1, 9):
        account.put("tickets", number, subject=f"T{number}", hs_pipeline_stage="1")
        account.associate("tickets", number, "contacts", number)
    account.associate("tickets", 8, "companies", 3)
    with hubspot.serving(account) as running:
        yield running


def test_an_account_gives_the_tickets_of_a_contact_or_company(
    tmp_path: Path, account: Account
) -> None:
    source = hubspot_place.Place(account).source
    block: dict[str, object] = {"object": "tickets", "table": "ticket", "order": None}
    block |= {"columns": ["ticket_id", "subject"]}
    keys = tuple(str(number) for number in range(1, 8))  # more than one search takes
    found = asked(tmp_path, source, keys, **block, key_field="associations.contact")
    assert [row["subject"] for row in found["rows"]] == [f"T{number}" for number in range(1, 8)]
    of = asked(tmp_path, source, ("company-3",), **block, key_field="associations.company")
    assert [row["subject"] for row in of["rows"]] == ["T8"]


MAPPING = """
objects:
  {name}:
    orders:
      - party: customer
        ordered_at: updated_at
        status: {{const: completed}}
        channel: {{const: web}}
        currency: {{const: EUR}}
        amount: total
"""
ROWS: dict[str, Any] = {"path": "rows", "data_selector": "data.items", "primary_key": "id"}
LINES = ROWS | {"parent": "rows", "path": "rows/{parent.id}/lines"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("API_TOKEN", "t0ken")
    rows = [
        {"id": n, "customer": f"K{n % 2}", "total": n, "updated_at": "2026-01-01T00:00:00Z"}
        for n in range(1, 6)
    ]
    lines = {str(n): [rows[n - 1] | {"id": f"{n}-1"}] for n in (1, 2)}
    with rest.serving(Api(rows, lines)) as running:
        yield running


def rest_source(api: Api) -> dict[str, Any]:
    paginator = {"type": "json_link", "next_url_path": "paging.next"}
    resources = {
        "rows": ROWS,
        "lines": LINES,
        "found": ROWS | {"method": "POST", "path": "rows/search"},
    }
    return {
        "type": "rest_api",
        "url": f"{api.url}/v1/",
        "auth": {"kind": "bearer", "token": {"env": "API_TOKEN"}},
        "options": {"paginator": paginator, "resources": resources},
    }


@pytest.mark.parametrize(
    ("name", "keys", "ids"),
    [
        ("rows", ("K1",), {"1", "3", "5"}),
        ("found", ("K0", "K1"), {"1", "2", "3", "4", "5"}),
        ("lines", ("1", "2", "9"), {"1-1", "2-1"}),
    ],
)
def test_an_api_is_asked_by_a_parameter_or_by_what_its_path_takes(
    tmp_path: Path, api: Api, name: str, keys: tuple[str, ...], ids: set[str]
) -> None:
    field = "id" if name == "lines" else "customer"
    mapping = MAPPING.format(name=name)
    block = {"object": name, "key_field": field, "mapping": mapping}
    found = asked(tmp_path, rest_source(api), keys, **block)
    assert found["status"] == "ok", found
    assert {row["order_id"] for row in found["rows"]} == {f"there:{each}" for each in ids}
    assert len(api.asked) == len(keys)


def test_requests_stop_where_the_time_is_up(tmp_path: Path, api: Api) -> None:
    api.refusals += [(503, {}, "down")]
    block = {"object": "rows", "key_field": "customer", "mapping": MAPPING.format(name="rows")}
    found = asked(tmp_path, rest_source(api), ("K0", "K1"), **block)
    assert found["gap"]["reason"] == "there: it answered 503"
    assert api.asked == []


def test_what_cannot_be_asked_so_is_said_when_it_is_declared(tmp_path: Path) -> None:
    auth = {"kind": "bearer", "token": {"env": "X"}}
    plain = {"url": "http://127.0.0.1:9", "auth": auth}
    api = {"type": "rest_api", **plain, "options": {"resources": {"rows": ROWS, "lines": LINES}}}
    mapping = MAPPING.format(name="lines")
    plain_sql = {"type": "sql_database", "url": "postgresql://127.0.0.1/x"}
    of_rows = {"object": "rows", "key_field": "id", "mapping": MAPPING.format(name="rows")}
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (api, {"object": "lines", "key_field": "no", "mapping": mapping}, "asked for by id of row"),
        (api, of_rows | {"object": "row"}, "no mapping of there reads row"),
        (plain | {"type": "salesforce"}, {"object": "Order", "key_field": "A b"}, "no field call"),
        (plain | {"type": "shopify"}, {"object": "orders", "key_field": "A:b"}, "as customer_id"),
        (plain_sql, of_rows, "on demand; these can: hubspot, odata, rest_api, salesforce"),
    ]
    for number, (source, block, message) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ConfigError, match=message):
            asked(folder, source, ("1",), **block)
