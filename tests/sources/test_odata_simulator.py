"""The simulator of SAP's OData, read by a client that nobody here wrote."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pyodata  # type: ignore[import-untyped] # it comes without types
import pytest
import requests
from pyodata.exceptions import HttpError  # type: ignore[import-untyped] # as above

from simulators.odata import Row, System, date, serving

LEADS, VISITS = "LeadCollection", "VisitCollection"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def lead(number: int) -> Row:
    changed = BEGUN + timedelta(minutes=number)
    return {
        "ObjectID": f"{number:032X}",
        "ID": str(number),
        "EntityLastChangedOn": date(changed),
        "Score": number % 7,
        "ContactEMailUsageDeniedIndicator": number % 2 == 0,
        "Name": None if number == 5 else f"Lead {number}",
    }


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    sets = {LEADS: [lead(n) for n in range(1, 121)], VISITS: [{"ObjectID": "V", "ID": "1"}]}
    with serving(System(sets, page=50, describes=True)) as running:
        yield running


@pytest.fixture
def client(system: System) -> Iterator[Any]:
    with requests.Session() as session:
        session.auth = system.user
        yield pyodata.Client(f"{system.url}/sap/c4c/odata/v1/c4codataapi/", session)


def test_the_description_names_sets_keys_and_types(client: Any) -> None:
    sets = {each.name: each.entity_type for each in client.schema.entity_sets}
    assert sorted(sets) == [LEADS, VISITS]
    types = {each.name: each.typ.name for each in sets[LEADS].proprties()}
    assert types == {
        "ObjectID": "Edm.String",
        "ID": "Edm.String",
        "EntityLastChangedOn": "Edm.DateTimeOffset",
        "Score": "Edm.Int32",
        "ContactEMailUsageDeniedIndicator": "Edm.Boolean",
        "Name": "Edm.String",
    }
    assert [each.name for each in sets[LEADS].key_proprties] == ["ObjectID"]


def test_an_entity_is_read_by_its_key(client: Any) -> None:
    found = client.entity_sets.LeadCollection.get_entity(f"{7:032X}").execute()
    assert (found.ID, found.Score, found.ContactEMailUsageDeniedIndicator) == ("7", 0, False)
    assert found.EntityLastChangedOn == BEGUN + timedelta(minutes=7)
    with pytest.raises(HttpError, match="404"):
        client.entity_sets.LeadCollection.get_entity("none").execute()


def test_entities_are_filtered_ordered_and_counted_off(client: Any) -> None:
    asked = client.entity_sets.LeadCollection.get_entities()
    asked = asked.filter(asked.EntityLastChangedOn >= BEGUN + timedelta(minutes=101))
    found = asked.order_by("EntityLastChangedOn").skip(3).top(5).execute()
    assert [each.ID for each in found] == ["104", "105", "106", "107", "108"]


def test_pages_are_followed_to_their_end(system: System, client: Any) -> None:
    asked = client.entity_sets.LeadCollection.get_entities().count(inline=True)
    page = asked.execute()
    assert (page.total_count, len(page)) == (120, 50)
    seen = [each.ID for each in page]
    while page.next_url is not None:
        # The link names another host, as a tenant's does behind a gateway.
        link = urlsplit(page.next_url)
        own = f"{system.url}{link.path}?{link.query}"
        page = client.entity_sets.LeadCollection.get_entities().next_url(own).execute()
        seen += [each.ID for each in page]
    assert seen == [str(number) for number in range(1, 121)]


def test_what_is_refused_is_refused_to_everybody(system: System, client: Any) -> None:
    system.refusals = [(429, {"retry-after": "1"}, "")]
    with pytest.raises(HttpError, match="429"):
        client.entity_sets.VisitCollection.get_entities().execute()
    with requests.Session() as stranger, pytest.raises(HttpError, match="401"):
        pyodata.Client(f"{system.url}/c4codataapi/", stranger)
