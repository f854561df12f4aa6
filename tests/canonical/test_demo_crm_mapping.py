"""The demo's mapping of the CRM, on objects as SAP Cloud for Customer sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from demo_room import at, attributes, identifiers

if TYPE_CHECKING:
    from canonical_room import Room


def test_an_individual_customer_of_the_crm(demo_room: Room) -> None:
    payload = {
        "__metadata": {"type": "c4codata.IndividualCustomer"},
        "CustomerID": "2000417",
        "ExternalID": "0000402417",
        "ExternalSystem": "S4PRD",
        "LifeCycleStatusCode": "2",
        "LifeCycleStatusCodeText": "Active",
        "ContactPermissionCode": "1",
        "FirstName": "Nora",
        "LastName": "Quint",
        "GenderCode": "2",
        "LanguageCode": "FR",
        "BirthDate": "/Date(481939200000)/",
        "CountryCode": "FR",
        "Street": "Quai du Hâvre",
        "HouseNumber": "4B",
        "City": "Rouen",
        "Mobile": "06 12 34 04 17",
        "Email": "Nora.Quint@example.org",
        "CreationOn": "/Date(1690000000000)/",
        "ChangedOn": "/Date(1741000000000)/",
        "LoyaltyTier_KUT": "gold",
    }
    demo_room.land("crm", "IndividualCustomerCollection", "2000417", payload)
    demo_room.rebuild()
    assert attributes(demo_room, "crm:2000417") == {
        "given_name": "Nora",
        "family_name": "Quint",
        "gender": "female",
        "birth_date": "1985-04-10",
        "language": "fr",
    }
    assert identifiers(demo_room, "crm:2000417") == {
        ("source", "crm:2000417"),
        ("source", "erp:402417"),
        ("email", "nora.quint@example.org"),
        ("phone", "+33612340417"),
    }
    assert demo_room.all(
        "select party_type, status, created_at, changed_at, custom from silver.record"
    ) == [
        (
            "person",
            "active",
            at("2023-07-22T04:26:40"),
            at("2025-03-03T11:06:40"),
            '{"LoyaltyTier_KUT":"gold"}',
        )
    ]
    assert demo_room.all(
        "select record_id, contact_value, state, provable from silver.consent"
    ) == [("crm:2000417", None, "granted", False)]


def test_a_contact_works_for_its_account(demo_room: Room) -> None:
    contact = {"ContactID": "9", "LastName": "Verhoeve", "AccountID": "1", "FunctionCode": "0001"}
    account = {"AccountID": "1", "Name": "Brumeval SAS", "WebSite": "www.brumeval.example"}
    link = {"ContactID": "9", "AccountID": "1", "MainIndicator": True, "JobTitle": "Buyer"}
    demo_room.land("crm", "ContactCollection", "9", {**contact, "JobTitle": "Buyer"})
    demo_room.land("crm", "CorporateAccountCollection", "1", account)
    demo_room.land("crm", "CorporateAccountHasContactPersonCollection", "L1", link)
    demo_room.rebuild()
    assert demo_room.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("crm:9", "crm:1", "contact_of")
    ]
    assert attributes(demo_room, "crm:1")["website"] == "https://www.brumeval.example"
    assert ("domain", "brumeval.example") in identifiers(demo_room, "crm:1")
    assert demo_room.all("select * from silver.quarantine") == []


@pytest.mark.parametrize(
    ("payload", "owner", "people"),
    [
        ({"ContactID": "9", "AccountPartyID": "1", "Company": "B"}, "crm:9", []),
        ({"AccountPartyID": "1", "Company": "B"}, "crm:1", []),
        (
            {"ContactLastName": "Quint", "Company": "B", "AccountCity": "Rouen"},
            "crm:7",
            [("crm:7",)],
        ),
        ({"IndividualCustomerEMail": "n@example.org"}, "crm:7", [("crm:7",)]),
    ],
)
def test_a_lead_of_nobody_is_itself_a_person(
    demo_room: Room, payload: dict[str, str], owner: str, people: list[tuple[str]]
) -> None:
    usual = {"ID": "7", "Name": "Fair", "UserStatusCode": "01", "QualificationLevelCode": "02"}
    created = {"CreationDateTime": "/Date(1741000000000)/"}
    demo_room.land("crm", "LeadCollection", "7", {**usual, **created, **payload})
    demo_room.rebuild()
    assert demo_room.all("select record_id, status, qualification from silver.lead") == [
        (owner, "open", "warm")
    ]
    assert demo_room.all("select record_id from silver.record") == people


@pytest.mark.parametrize(
    ("name", "times", "expected"),
    [
        (
            "PhoneCallCollection",
            {"StartDateTime": 1, "EndDateTime": 2, "Status": "3"},
            "phone_call",
        ),
        ("TasksCollection", {"StartDateTime": 1, "DueDateTime": 2, "Status": "3"}, "task"),
        ("VisitCollection", {"StartDateTime": 1, "EndDateTime": 2, "Status": "3"}, "visit"),
        (
            "AppointmentCollection",
            {"StartDate": 1, "EndDate": 2, "LifeCycleStatusCode": "3"},
            "appointment",
        ),
    ],
)
def test_activities_name_their_times_differently(
    demo_room: Room, name: str, times: dict[str, Any], expected: str
) -> None:
    payload = {k: f"/Date({v}000)/" if isinstance(v, int) else v for k, v in times.items()}
    demo_room.land("crm", name, "1", {**payload, "MainAccountPartyID": "5", "Subject": "x"})
    demo_room.rebuild()
    assert demo_room.all(
        "select kind, status, starts_at, ends_at, record_id from silver.activity"
    ) == [(expected, "completed", at("1970-01-01T00:00:01"), at("1970-01-01T00:00:02"), "crm:5")]
