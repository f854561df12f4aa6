"""The simulated instance of B2C Commerce, asked by the client that Salesforce itself publishes."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sfcc_place import customer, line, order
from simulators.cap import node
from simulators.sfcc import ORGANIZATION, TENANT, Instance, serving

SCRIPT = Path(__file__).parent / "commerce_sdk" / "ask.js"
FROM = "2020-01-01T00:00:00.000Z"


@pytest.fixture
def shop() -> Iterator[Instance]:
    rows = [order(f"{number:04}", "7", line("P-1", 1, 5.0)) for number in range(5)]
    people = [customer(str(number)) for number in range(5)]
    with serving(Instance(orders={"RefArch": rows}, customers=people)) as running:
        yield running


def asked(shop: Instance, api: str, method: str, body: Any = None, **parameters: Any) -> Any:
    scope = f"{TENANT} sfcc.orders sfcc.customerlists"
    form = {"grant_type": "client_credentials", "scope": scope}
    given = httpx.post(f"{shop.url}/dwsso/oauth2/access_token", auth=shop.client, data=form)
    options = {"parameters": parameters} | ({} if body is None else {"body": body})
    said = {"options": options, "token": given.json()["access_token"], "siteId": "RefArch"}
    ran = subprocess.run(
        [node(), SCRIPT, shop.url, ORGANIZATION, api, method],
        input=json.dumps(said),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_it_reads_orders_in_the_order_of_change(shop: Instance) -> None:
    window = {"sortBy": "last_modified_date", "sortOrder": "asc", "lastModifiedDateFrom": FROM}
    found = asked(shop, "Orders", "getOrders", siteId="RefArch", offset=1, limit=2, **window)
    assert [row["orderNo"] for row in found["found"]["data"]] == ["0001", "0002"]
    one = asked(shop, "Orders", "getOrder", siteId="RefArch", orderNo="0003")
    assert one["found"]["productItems"][0]["productId"] == "P-1"


def test_it_searches_customers_and_reads_their_addresses(shop: Instance) -> None:
    changed = {"rangeFilter": {"field": "lastModified", "from": FROM}}
    query = {"filteredQuery": {"query": {"matchAllQuery": {}}, "filter": changed}}
    body = {"limit": 2, "query": query, "sorts": [{"field": "lastModified", "sortOrder": "asc"}]}
    search = "searchCustomerInCustomerList"
    found = asked(shop, "Customers", search, body, customerListId="RefArch")["found"]
    assert [hit["data"]["customerNo"] for hit in found["hits"]] == ["0", "1"]
    assert found["total"] == 5
    addresses = "getAddressesForCustomerFromCustomerList"
    there = asked(shop, "Customers", addresses, customerListId="RefArch", customerNo="3")
    assert there["found"]["total"] == 0


def test_it_is_told_what_is_wrong(shop: Instance) -> None:
    said = asked(shop, "Orders", "getOrders", siteId="Gone")
    assert (said["status"], said["said"]["title"]) == (404, "Site Not Found")
