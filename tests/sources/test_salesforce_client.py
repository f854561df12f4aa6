"""The simulator of Salesforce, used by a client that nobody here wrote."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from simulators.salesforce import serving
from simulators.salesforce_org import Org


class _Plain(HTTPAdapter):
    """Asks a server without TLS for what the client takes to be at https://."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        assert request.url is not None
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


@pytest.fixture
def org() -> Iterator[Org]:
    org = Org(page=20)
    org.has("Contact", "003", LastName="string", Score__c="double", DoNotCall="boolean")
    for number in range(50):
        org.add("Contact", LastName=f"O'N{number}", Score__c=number / 2, DoNotCall=number > 40)
    with serving(org) as running:
        yield running


@pytest.fixture
def client(org: Org) -> Any:
    session = requests.Session()
    session.mount("https://", _Plain())
    url = org.url.replace("http://", "https://")
    return Salesforce(session_id=org.token(), instance_url=url, session=session, version="62.0")


def test_it_queries_and_pages(client: Any) -> None:
    soql = "SELECT Id, LastName FROM Contact WHERE Score__c > 5 ORDER BY LastName DESC"
    found = client.query_all(soql)
    assert (found["totalSize"], found["done"], len(found["records"])) == (39, True, 39)
    names = [row["LastName"] for row in found["records"]]
    assert names == sorted(names, reverse=True)
    few = client.query("SELECT Id FROM Contact WHERE LastName IN ('O\\'N1', 'O\\'N2') LIMIT 1")
    assert few["totalSize"] == 1
    assert client.query("SELECT count() FROM Contact")["totalSize"] == 50


def test_it_sees_what_was_deleted_where_it_asks_for_it(client: Any, org: Org) -> None:
    org.delete("Contact", next(iter(org.tables["Contact"].rows)))
    soql = "SELECT Id FROM Contact"
    assert client.query_all(soql)["totalSize"] == 49
    assert client.query_all(soql, include_deleted=True)["totalSize"] == 50


def test_it_describes(client: Any) -> None:
    assert [each["name"] for each in client.describe()["sobjects"]] == ["Contact"]
    fields = {each["name"]: each["type"] for each in client.Contact.describe()["fields"]}
    assert fields["Score__c"] == "double"
    assert client.api_usage["api-usage"].total == 100_000


def test_it_runs_a_bulk_query(client: Any, tmp_path: Path) -> None:
    soql = "SELECT Id, LastName, Score__c FROM Contact"
    pages = list(client.bulk2.Contact.query(soql, max_records=30, wait=0.01))
    assert [page.count("\n") for page in pages] == [31, 21]
    assert pages[0].startswith('"Id","LastName","Score__c"\n')
    (saved, _) = client.bulk2.Contact.download(soql, path=str(tmp_path), max_records=30, wait=0.01)
    assert saved["number_of_records"] == 30


def test_it_is_told_what_is_wrong(client: Any, org: Org) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Foo'"):
        client.query("SELECT Foo FROM Contact")
    with pytest.raises(SalesforceMalformedRequest, match="unexpected token"):
        client.query("SELECT Id FROM Contact ORDER")
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_TYPE"):
        client.query("SELECT Id FROM Nothing")
    with pytest.raises(SalesforceResourceNotFound):
        client.Nothing.describe()
    org.used = org.allowance
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        client.query("SELECT Id FROM Contact")
    org.tokens.clear()
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        client.query("SELECT Id FROM Contact")
