"""The simulated shop, asked by the client that Shopify itself publishes for Python."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopify_place import person
from simulators.shopify import serving
from simulators.shopify_shop import Shop

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "shopify" / "ask.py"
PAGE = """
query ($after: String) {
  customers(first: 20, after: $after, sortKey: UPDATED_AT) {
    nodes { id lastName defaultEmailAddress { emailAddress marketingState } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
BULK = "{customers {edges {node {id lastName metafields {edges {node {key jsonValue}}}}}}}"
RUN = """
mutation ($query: String!) {
  bulkOperationRunQuery(query: $query) { bulkOperation { id status } userErrors { message } }
}
"""
LOOK = "query ($id: ID!) {node(id: $id) {... on BulkOperation {status objectCount url}}}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    for number in range(1, 51):
        shop.put("customers", number, **person(number))
    with serving(shop) as running:
        yield running


def asked(shop: Shop, query: str, /, **variables: Any) -> Any:
    python = ROOT / ".peers" / "bin" / "python"
    command = [str(python), str(SCRIPT), shop.url, "2026-07", shop.token]
    said = json.dumps({"query": query, "variables": variables})
    ran = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_it_pages_through_a_connection_and_reads_what_that_cost(shop: Shop) -> None:
    found, after = [], None
    while True:
        answer = asked(shop, PAGE, after=after)
        page = answer["data"]["customers"]
        found += [each["lastName"] for each in page["nodes"]]
        assert answer["extensions"]["cost"]["throttleStatus"]["restoreRate"] > 0
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == [f"N{number}" for number in range(1, 51)]


def test_it_runs_a_bulk_operation(shop: Shop) -> None:
    begun = asked(shop, RUN, query=BULK)["data"]["bulkOperationRunQuery"]
    assert (begun["userErrors"], begun["bulkOperation"]["status"]) == ([], "CREATED")
    key = begun["bulkOperation"]["id"]
    looks = [asked(shop, LOOK, id=key)["data"]["node"]["status"] for _ in range(2)]
    assert looks == ["CREATED", "COMPLETED"]


def test_it_is_told_what_is_wrong_with_a_question(shop: Shop) -> None:
    (error,) = asked(shop, "{customers(first: 1) {nodes {shoe}}}")["errors"]
    assert (error["extensions"]["code"], "shoe" in error["message"]) == ("undefinedField", True)
