"""SAP's systems against a real OData server, SAP's own, behind what their tenants add to it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import carry_out, opened, workspace
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse
from simulators.cap import Row, Tenant, serving

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = {"kind": "basic", "user": {"env": "CRM_USER"}, "password": {"env": "CRM_PASSWORD"}}
C4C = "/odata/v2/c4codataapi/"
ACCOUNTS, LEADS, CALLS = "CorporateAccountCollection", "LeadCollection", "PhoneCallCollection"
PARTNERS, TASKS = "A_BusinessPartner", "TasksCollection"
CONTACTS, VISITS = "ContactCollection", "VisitCollection"
PERMISSIONS, GROUPS = "MarketingPermissionCollection", "BusinessPartnerCollection"
CUSTOMERS, RELATIONSHIPS, ORDERS = "A_Customer", "A_BPRelationship", "A_SalesOrder"


def thing(number: int, **fields: Any) -> Row:
    changed = BEGUN + timedelta(minutes=number, milliseconds=number % 1_000)
    return {
        "ObjectID": f"{number:032X}",
        "EntityLastChangedOn": f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03}Z",
        **fields,
    }


def partner(number: int) -> Row:
    key = f"{number:010}"
    return {
        "BusinessPartner": key,
        "LastName": f"Person {number}",
        "CreationDate": f"{BEGUN + timedelta(days=number):%Y-%m-%d}",
        "to_BusinessPartnerRole": [{"BusinessPartner": key, "BusinessPartnerRole": "FLCU00"}],
        "to_BusinessPartnerAddress": [
            {
                "BusinessPartner": key,
                "AddressID": key,
                "CityName": "Ulm",
                "to_EmailAddress": [
                    {
                        "AddressID": key,
                        "Person": "",
                        "OrdinalNumber": "1",
                        "EmailAddress": f"p{number}@works.example",
                    }
                ],
            }
        ],
    }


def customer(number: int) -> Row:
    area = {
        "Customer": f"{number:010}",
        "SalesOrganization": "1000",
        "DistributionChannel": "10",
        "Division": "00",
    }
    bill_to = {"PartnerCounter": "0", "PartnerFunction": "RE", "BPCustomerNumber": "0000000099"}
    company = {"Customer": f"{number:010}", "CompanyCode": "1000", "PaymentTerms": "0030"}
    return {
        "Customer": f"{number:010}",
        "CustomerName": f"Works {number}",
        "to_CustomerCompany": [company],
        "to_CustomerSalesArea": [
            {**area, "Currency": "EUR", "to_PartnerFunction": [{**area, **bill_to}]}
        ],
    }


def order(number: int) -> Row:
    key, changed = f"{number:010}", BEGUN + timedelta(minutes=number)
    return {
        "SalesOrder": key,
        "SoldToParty": "0000000001",
        "TotalNetAmount": 12.5,
        "LastChangeDateTime": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
        "to_Item": [{"SalesOrder": key, "SalesOrderItem": "10", "Material": "TG11"}],
        "to_Partner": [{"SalesOrder": key, "PartnerFunction": "WE", "Customer": "0000000002"}],
    }


def relationship(number: int) -> Row:
    return {
        "RelationshipNumber": f"{number:012}",
        "BusinessPartner1": f"{number:010}",
        "BusinessPartner2": f"{number + 1:010}",
        "ValidityEndDate": "9999-12-31T00:00:00Z",
        "RelationshipCategory": "BUR001",
    }


def permission(number: int) -> Row:
    below = {"ParentObjectID": f"{number:032X}"}
    channel = thing(number + 5_000, **below, Channel="INT", Consent="1")
    kind = thing(number + 6_000, **below, CommunicationTypeCode="NL", SubscribedIndicator=True)
    return thing(
        number,
        ContactID=str(number),
        ChannelPermission=[channel],
        CommunicationTypePermission=[kind],
    )


def rows() -> dict[str, list[Row]]:
    """What the tenant holds; each test changes sets of its own."""
    things = range(1, 2_501)
    return {
        f"c4codataapi.{ACCOUNTS}": [
            thing(n, AccountID=f"{n:010}", Name=f"Works {n}", RoleCode="CRM000") for n in things
        ],
        f"c4codataapi.{LEADS}": [
            thing(n, ID=str(n), Name=f"Lead {n}", ExpectedRevenueAmount=n + 0.5) for n in things
        ],
        f"c4codataapi.{CALLS}": [thing(n, ID=str(n), Subject="Call") for n in things],
        f"c4codataapi.{VISITS}": [thing(n, ID=str(n), Subject="Visit") for n in things],
        f"c4codataapi.{CONTACTS}": [thing(n, ContactID=str(n), Name="C") for n in range(1, 301)],
        f"c4codataapi.{TASKS}": [thing(n, ID=str(n), Subject="Task") for n in things],
        f"c4codataapi.{PERMISSIONS}": [permission(n) for n in range(1, 31)],
        f"c4codataapi.{GROUPS}": [
            thing(n, BusinessPartnerID=f"{n:010}", CategoryCode="3" if n % 2 else "1")
            for n in range(1, 21)
        ],
        f"API_BUSINESS_PARTNER.{PARTNERS}": [partner(n) for n in range(1, 101)],
        f"API_BUSINESS_PARTNER.{CUSTOMERS}": [customer(n) for n in range(1, 21)],
        f"API_BUSINESS_PARTNER.{RELATIONSHIPS}": [relationship(n) for n in range(1, 21)],
        f"API_SALES_ORDER_SRV.{ORDERS}": [order(n) for n in range(1, 21)],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with serving(rows(), tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(running: Tenant, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    monkeypatch.setenv("CRM_USER", "reader")
    monkeypatch.setenv("CRM_PASSWORD", "secret")
    running.asked.clear()
    return running


class Place:
    """A workspace that reads the tenant, and its working file."""

    def __init__(self, root: Path, tenant: Tenant, *objects: str, **declared: Any) -> None:
        self.source = {
            "type": "sap_c4c",
            "url": f"{tenant.url}{C4C}",
            "auth": AUTH,
            "limits": {"attempts": 2, "longest_wait": 0.05},
            "objects": list(objects),
            **declared,
        }
        self.root, self.runs = root, 0
        self.rules = workspace(root, {"sources/crm.yaml": self.source})

    def load(self, warehouse: Warehouse) -> Report:
        self.runs += 1
        return carry_out(STAGE, warehouse, self.rules, run_id=self.runs)

    def opening(self) -> Opening:
        return Opening("crm", SourceInstance.model_validate(self.source), self.root)


def payloads(warehouse: Warehouse, native_id: str) -> list[Row]:
    found = warehouse.query(
        "select payload from bronze.record where native_id = $id order by seq", id=native_id
    )
    return [json.loads(payload) for payload in found["payload"]]


def test_everything_in_pages_then_what_was_changed_and_added(
    tmp_path: Path, tenant: Tenant
) -> None:
    place = Place(tmp_path, tenant, LEADS, options={"compare_days": None})
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (2_500, ())
        assert len(tenant.asked) == 3
        with tenant.writing(C4C) as crm:
            patched = crm.patch(f"{LEADS}('{7:032X}')", json={"Name": "Changed"})
            assert (patched.status_code, patched.content) == (204, b"")
            posted = crm.post(LEADS, json={"ObjectID": "NEW", "ID": "2501", "Name": "New"})
            assert posted.status_code == 201
        tenant.asked.clear()
        second = place.load(warehouse)
        assert (second.counts["rows_new"], len(tenant.asked)) == (2, 1)
        assert [row["Name"] for row in payloads(warehouse, "7")] == ["Lead 7", "Changed"]
        (new,) = payloads(warehouse, "2501")
        assert new["EntityLastChangedOn"].startswith("/Date(178")
        assert payloads(warehouse, "9")[0]["ExpectedRevenueAmount"] == "9.500000"
        assert place.load(warehouse).counts["rows_new"] == 0


def test_nothing_is_written_without_a_token(tenant: Tenant) -> None:
    with tenant.writing(C4C) as crm:
        del crm.headers["x-csrf-token"]
        refused = crm.patch(f"{LEADS}('{9:032X}')", json={"Name": "Never"})
        assert (refused.status_code, refused.headers["x-csrf-token"]) == (403, "Required")


def test_what_was_deleted_is_found_by_comparing_keys(tmp_path: Path, tenant: Tenant) -> None:
    place = Place(tmp_path, tenant, CALLS, options={"compare_days": 0})
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500
        with tenant.writing(C4C) as crm:
            for number in (3, 2_000):
                assert crm.delete(f"{CALLS}('{number:032X}')").status_code == 204
        assert place.load(warehouse).counts["rows_new"] == 2
        gone = warehouse.query("select native_id from bronze.record where is_deleted")
        assert sorted(gone["native_id"]) == ["2000", "3"]
        assert place.load(warehouse).counts["rows_new"] == 0


def test_a_walk_that_was_cut_short_goes_on_where_it_stood(tmp_path: Path, tenant: Tenant) -> None:
    place = Place(tmp_path, tenant, VISITS, options={"page_size": 50, "compare_days": None})
    tenant.fails_at = 30
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        tenant.fails_at = None
        assert first.counts["sources_failed"] == 1
        assert "500: the system is restarting" in first.notes[0]
        assert 1_000 < (kept := first.counts["rows_new"]) < 2_000
        second = place.load(warehouse)
        assert kept + second.counts["rows_new"] == 2_500
        assert second.counts["rows_repeated"] < 100


def test_a_busy_tenant_is_asked_again(tmp_path: Path, tenant: Tenant) -> None:
    place = Place(tmp_path, tenant, CONTACTS)
    tenant.refusals = [(429, {"retry-after": "0"}, "")]
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 300


def test_the_tenant_says_which_fields_there_are(tmp_path: Path, tenant: Tenant) -> None:
    place = Place(tmp_path, tenant, ACCOUNTS, LEADS)
    said = SOURCES.get("sap_c4c").fields(place.opening())
    assert {"AccountID", "Name", "NormalisedPhone", "EntityLastChangedOn"} <= said[ACCOUNTS]
    assert "QualificationLevelCode" in said[LEADS]
    assert "QualificationLevelCode" not in said[ACCOUNTS]


@pytest.mark.parametrize(("version", "key"), [(2, "5"), (4, "6")])
def test_the_generic_type_reads_it_too_in_either_version(
    tmp_path: Path, tenant: Tenant, version: int, key: str
) -> None:
    tasks = {"key": "ID", "changed": "EntityLastChangedOn"}
    options = {"version": version, "entity_sets": {TASKS: tasks}, "compare_days": None}
    url = f"{tenant.url}/odata/v{version}/c4codataapi"
    place = Place(tmp_path, tenant, TASKS, type="odata", url=url, options=options)
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (2_500, ())
        assert len(tenant.asked) == 3
        with tenant.writing(C4C) as crm:
            crm.patch(f"{TASKS}('{int(key):032X}')", json={"Subject": "Changed"})
        tenant.asked.clear()
        assert place.load(warehouse).counts["rows_new"] >= 1
        assert len(tenant.asked) == 1
        assert [row["Subject"] for row in payloads(warehouse, key)] == ["Task", "Changed"]
    said = SOURCES.get("odata").fields(place.opening())
    assert {"ID", "Subject", "DueDateTime", "EntityLastChangedOn"} <= said[TASKS]


@pytest.mark.parametrize("version", [2, 4])
def test_a_set_without_a_field_of_change_is_read_whole_with_what_hangs_under_it(
    tmp_path: Path, tenant: Tenant, version: int
) -> None:
    partners = {"key": "BusinessPartner", "expand": ["to_BusinessPartnerRole"]}
    options = {"version": version, "entity_sets": {PARTNERS: partners}, "page_size": 40}
    url = f"{tenant.url}/odata/v{version}/API_BUSINESS_PARTNER"
    place = Place(tmp_path, tenant, PARTNERS, type="odata", url=url, options=options)
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 100
        (row,) = payloads(warehouse, "0000000007")
        assert "FLCU00" in json.dumps(row["to_BusinessPartnerRole"])
        again = place.load(warehouse)
        assert (again.counts["rows_new"], again.counts["rows_repeated"]) == (0, 100)


def test_partners_of_the_erp_are_read_by_whole_days_with_their_addresses(
    tmp_path: Path, tenant: Tenant
) -> None:
    options = {"compare_days": None}
    url = f"{tenant.url}/odata/v2"
    place = Place(tmp_path, tenant, PARTNERS, type="sap_s4", url=url, options=options)
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (100, ())
        (row,) = payloads(warehouse, "7")
        (address,) = row["to_BusinessPartnerAddress"]["results"]
        (email,) = address["to_EmailAddress"]["results"]
        assert email["EmailAddress"] == "p7@works.example"
        again = place.load(warehouse)
        # The overlap reaches into the day before the last change, and days are read whole.
        assert (again.counts["rows_new"], again.counts["rows_in"]) == (0, 2)


def test_customers_relationships_and_orders_of_the_erp_come_with_their_parts(
    tmp_path: Path, tenant: Tenant
) -> None:
    url = f"{tenant.url}/odata/v2"
    objects = (CUSTOMERS, RELATIONSHIPS, ORDERS)
    place = Place(
        tmp_path, tenant, *objects, type="sap_s4", url=url, options={"compare_days": None}
    )
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (60, ())
        known = {
            name: json.loads(payload)
            for name, payload in warehouse.query(
                "select object, payload from bronze.record where regexp_matches(native_id, '^0*7')"
            ).iter_rows()
        }
        again = place.load(warehouse)
    (area,) = known[CUSTOMERS]["to_CustomerSalesArea"]["results"]
    (function,) = area["to_PartnerFunction"]["results"]
    assert function["BPCustomerNumber"] == "0000000099"
    assert known[CUSTOMERS]["to_CustomerCompany"]["results"][0]["PaymentTerms"] == "0030"
    assert known[RELATIONSHIPS]["BusinessPartner2"] == "0000000008"
    assert known[RELATIONSHIPS]["ValidityEndDate"] == "/Date(253402214400000)/"
    (shipped,) = known[ORDERS]["to_Partner"]["results"]
    assert (shipped["PartnerFunction"], shipped["Customer"]) == ("WE", "0000000002")
    # Orders alone are asked for by their change, ten minutes back.
    assert (again.counts["rows_new"], again.counts["rows_in"]) == (0, 51)


def test_permissions_come_with_channels_and_kinds_and_groups_alone_of_partners(
    tmp_path: Path, tenant: Tenant
) -> None:
    place = Place(tmp_path, tenant, PERMISSIONS, GROUPS, options={"compare_days": None})
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (40, ())
        found = warehouse.query(
            "select object, native_id, payload from bronze.record where object = $name",
            name=PERMISSIONS,
        )
        row = next(r for r in map(json.loads, found["payload"]) if r["ContactID"] == "7")
        assert place.load(warehouse).counts["rows_new"] == 0
    assert row["ChannelPermission"]["results"][0]["Consent"] == "1"
    assert row["CommunicationTypePermission"]["results"][0]["SubscribedIndicator"] is True
