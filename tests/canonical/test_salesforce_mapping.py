"""The mapping that Salesforce comes with, on objects as its API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from cdp.canonical.chosen import shipped_text

if TYPE_CHECKING:
    from canonical_room import Room

STAMPS = {
    "CreatedDate": "2025-03-03T11:06:40.000+0000",
    "LastModifiedDate": "2025-04-03T11:06:40.000+0000",
    "SystemModstamp": "2025-04-03T11:06:40.000+0000",
    "IsDeleted": False,
}
NORA, FIRM, ILSE, HOUSEHOLD = "003A", "001A", "003B", "001B"
CREATED = datetime.fromisoformat("2025-03-03T11:06:40")


@pytest.fixture
def org(room: Room) -> Room:
    return room.maps("sf", shipped_text("salesforce"))


def land(room: Room, name: str, key: str, **fields: Any) -> None:
    attributes = {"type": name, "url": f"/services/data/v62.0/sobjects/{name}/{key}"}
    room.land("sf", name, key, {"attributes": attributes, "Id": key, **STAMPS, **fields})


def identifiers(room: Room, key: str) -> set[tuple[str, str]]:
    rows = room.all("select record_id, kind, value from silver.identifier")
    return {(kind, value) for record, kind, value in rows if record == f"sf:{key}"}


def test_an_account_is_an_organisation_below_another(org: Room) -> None:
    land(
        org,
        "Account",
        FIRM,
        Name="Brumeval SAS",
        Type="Customer - Direct",
        ParentId="001P",
        Website="www.brumeval.example",
        BillingCity="Rouen",
        BillingCountry="France",
        Phone="02 35 00 04 17",
        Region__c="North",
    )
    org.rebuild()
    assert org.all("select party_type, status, created_at, custom from silver.record") == [
        ("organisation", "active", CREATED, '{"Region__c":"North"}')
    ]
    assert identifiers(org, FIRM) == {
        ("source", "sf:001A"),
        ("domain", "brumeval.example"),
        ("phone", "+33235000417"),
    }
    assert org.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("sf:001A", "sf:001P", "subsidiary_of")
    ]
    roles = org.all("select value from silver.attribute where attribute = 'role'")
    assert roles == [("customer",)]


def test_the_account_and_the_contact_of_a_person_know_each_other(org: Room) -> None:
    name = {"FirstName": "Ilse", "LastName": "Marenko", "Name": "Ilse Marenko"}
    land(
        org,
        "Account",
        HOUSEHOLD,
        IsPersonAccount=True,
        PersonContactId=ILSE,
        PersonEmail="ilse@example.org",
        PersonBirthdate="1984-07-12",
        PersonHasOptedOutOfEmail=True,
        PersonMailingCity="Graz",
        PersonMailingCountry="Austria",
        **name,
    )
    land(
        org,
        "Contact",
        ILSE,
        IsPersonAccount=True,
        AccountId=HOUSEHOLD,
        Email="ilse@example.org",
        HasOptedOutOfEmail=True,
        **name,
    )
    org.rebuild()
    assert org.all("select record_id, party_type from silver.record order by 1") == [
        ("sf:001B", "person"),
        ("sf:003B", "person"),
    ]
    assert ("source", "sf:003B") in identifiers(org, HOUSEHOLD)
    assert ("source", "sf:001B") in identifiers(org, ILSE)
    assert org.all("select * from silver.relationship") == []
    states = org.all("select record_id, channel, state from silver.consent order by 1")
    assert states == [("sf:001B", "email", "denied"), ("sf:003B", "email", "denied")]
    assert org.all("select * from silver.quarantine") == []


def test_a_contact_works_for_its_accounts(org: Room) -> None:
    land(
        org,
        "Contact",
        NORA,
        LastName="Quint",
        AccountId=FIRM,
        ReportsToId="003Z",
        Title="Buyer",
        Email="nora@example.org",
        EmailBouncedDate="2025-01-01T00:00:00.000+0000",
        HasOptedOutOfEmail=False,
        DoNotCall=True,
    )
    link = {"ContactId": NORA, "AccountId": "001C", "Roles": "Advisor", "IsDirect": False}
    land(org, "AccountContactRelation", "07kA", StartDate="2025-01-01", EndDate=None, **link)
    org.rebuild()
    links = org.all(
        "select other_record_id, kind, valid_from is not null from silver.relationship order by 1"
    )
    assert links == [
        ("sf:001A", "contact_of", False),
        ("sf:001C", "contact_of", True),
        ("sf:003Z", "reports_to", False),
    ]
    assert identifiers(org, NORA) == {("source", "sf:003A")}
    assert org.all("select contact_kind, state from silver.consent") == [("phone", "denied")]


@pytest.mark.parametrize(
    ("fields", "status", "lead"),
    [
        ({"Status": "Working - Contacted", "IsConverted": False}, "in_preparation", "open"),
        ({"Status": "Unqualified", "IsConverted": False}, "in_preparation", "declined"),
        ({"Status": "x", "IsConverted": True, "ConvertedContactId": NORA}, "active", "converted"),
    ],
)
def test_a_lead_is_a_person_until_it_is_a_contact(
    org: Room, fields: dict[str, Any], status: str, lead: str
) -> None:
    who = {"FirstName": "Nora", "LastName": "Quint", "Name": "Nora Quint", "Company": "Brumeval"}
    land(
        org, "Lead", "00QA", Email="n@example.org", Rating="Warm", LeadSource="Web", **who, **fields
    )
    org.rebuild()
    assert org.all("select party_type, status from silver.record") == [("person", status)]
    assert org.all("select record_id, status, qualification, origin, name from silver.lead") == [
        ("sf:00QA", lead, "warm", "Web", "Nora Quint, Brumeval")
    ]
    assert (("source", "sf:003A") in identifiers(org, "00QA")) == fields["IsConverted"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"IsClosed": False, "IsWon": False}, "open"),
        ({"IsClosed": True, "IsWon": True}, "won"),
        ({"IsClosed": True, "IsWon": False}, "lost"),
    ],
)
def test_an_opportunity_belongs_to_its_contact_else_its_account(
    org: Room, fields: dict[str, Any], status: str
) -> None:
    deal = {"Name": "Spring", "AccountId": FIRM, "Amount": 12500.0, "CloseDate": "2026-03-31"}
    land(org, "Opportunity", "006A", ContactId=NORA, **deal, **fields)
    land(org, "Opportunity", "006B", ContactId=None, **deal, **fields)
    org.rebuild()
    assert org.all(
        "select record_id, account_record_id, status from silver.opportunity order by 1"
    ) == [
        ("sf:001A", "sf:001A", status),
        ("sf:003A", "sf:001A", status),
    ]


def test_quotes_orders_and_cases_belong_to_somebody(org: Room) -> None:
    whose = {"AccountId": FIRM, "ContactId": NORA}
    land(org, "Quote", "0Q0A", Status="Denied", GrandTotal=10.5, **whose)
    land(org, "Quote", "0Q0B", Status=None, TotalPrice=9, **whose)
    order = {"EffectiveDate": "2025-04-02", "StatusCode": "Activated", "TotalAmount": 900.5}
    land(org, "Order", "801A", AccountId=FIRM, BillToContactId=NORA, **order)
    land(org, "Case", "500A", Status="On Hold", IsClosed=False, Subject="Late", **whose)
    land(org, "Case", "500B", IsClosed=True, CaseNumber="27", SuppliedEmail="N@example.org")
    org.rebuild()
    assert org.all("select status, amount::varchar from silver.quote order by 1") == [
        ("lost", "10.50"),
        ("open", "9.00"),
    ]
    assert org.all("select record_id, status, currency from silver.order") == [
        ("sf:003A", "completed", "EUR")
    ]
    assert org.all(
        "select record_id, ref_value, status, subject from silver.ticket order by 3"
    ) == [
        (None, "n@example.org", "closed", "27"),
        ("sf:003A", None, "waiting", "Late"),
    ]


def test_an_asset_is_owned_with_its_serial_number_and_term(org: Room) -> None:
    whose = {"AccountId": FIRM, "ContactId": NORA}
    about = {"Name": "Kiln", "SerialNumber": "K-7", "StockKeepingUnit": "P-1", "Quantity": 1.0}
    days = {"PurchaseDate": "2025-02-01", "UsageEndDate": "2027-01-31"}
    land(org, "Asset", "02iA", Status="Installed", **about, **days, **whose)
    land(org, "Asset", "02iB", Status="Obsolete", Name="Wheel", AccountId=FIRM)
    land(org, "Asset", "02iC", Name="Theirs", IsCompetitorProduct=True, **whose)
    org.rebuild()
    assert org.all(
        "select record_id, account_record_id, status, name, number, serial_number, "
        "bought_on::varchar, warranty_until::varchar from silver.asset order by asset_id"
    ) == [
        ("sf:003A", "sf:001A", "active", "Kiln", "P-1", "K-7", "2025-02-01", "2027-01-31"),
        ("sf:001A", "sf:001A", "retired", "Wheel", None, None, None, None),
    ]


def test_a_member_of_a_campaign_joined_and_perhaps_responded(org: Room) -> None:
    member = {"CampaignId": "701A", "Status": "Responded", "HasResponded": True}
    name = {"attributes": {"type": "Campaign"}, "Name": "Spring fair", "Type": "Fair"}
    said = {"FirstRespondedDate": "2025-05-01"}
    land(org, "CampaignMember", "00vA", ContactId=NORA, Campaign=name, **member, **said)
    land(org, "CampaignMember", "00vB", LeadId="00QA", CampaignId="701B", HasResponded=False)
    org.rebuild()
    rows = org.all(
        "select record_id, type, campaign, occurred_at::date::varchar "
        "from silver.interaction order by interaction_id"
    )
    assert rows == [
        ("sf:003A", "campaign_joined", "Spring fair", "2025-03-03"),
        ("sf:003A", "campaign_responded", "Spring fair", "2025-05-01"),
        ("sf:00QA", "campaign_joined", "701B", "2025-03-03"),
    ]
    assert org.all("select * from silver.quarantine") == []


def test_a_campaign_is_kept_with_its_cost_and_its_members(org: Room) -> None:
    plan = {"Type": "Fair", "Status": "In Progress", "StartDate": "2025-05-01"}
    money = {"BudgetedCost": 2500.5, "ActualCost": None, "CurrencyIsoCode": "EUR"}
    land(org, "Campaign", "701A", Name="Spring fair", Theme__c="Bulbs", **plan, **money)
    land(org, "Campaign", "701B", Name="Autumn fair", Status="Aborted")
    member = {"CampaignId": "701A", "Status": "Responded", "HasResponded": True}
    land(org, "CampaignMember", "00vA", ContactId=NORA, FirstRespondedDate="2025-05-01", **member)
    org.rebuild()
    assert org.all(
        "select campaign_id, campaign, status, type, starts_at::date::varchar, budget::varchar, "
        "custom from silver.campaign order by campaign_id"
    ) == [
        (
            "sf:701A",
            "Spring fair",
            "active",
            "Fair",
            "2025-05-01",
            "2500.50",
            '{"Theme__c":"Bulbs"}',
        ),
        ("sf:701B", "Autumn fair", "cancelled", None, None, None, "{}"),
    ]
    assert org.all(
        "select campaign_id, record_id, status, joined_at, responded, "
        "responded_at::date::varchar from silver.campaign_member"
    ) == [("sf:701A", "sf:003A", "Responded", CREATED, True, "2025-05-01")]
    assert org.all("select count(*) from silver.interaction") == [(2,)]
    assert org.all("select * from silver.quarantine") == []


def test_everybody_plays_a_role_for_the_company(org: Room) -> None:
    land(org, "Account", FIRM, Name="Brumeval SAS", Type="Partner", AccountNumber="K-417")
    land(org, "Contact", NORA, LastName="Quint", AccountId=FIRM, Title="Buyer")
    who = {"LastName": "Quint", "IsConverted": True, "ConvertedDate": "2025-05-01"}
    land(org, "Lead", "00QA", Name="Quint", Company="Brumeval", Status="x", **who)
    part = {"OpportunityId": "006A", "ContactId": NORA, "Role": "Decision Maker"}
    land(org, "OpportunityContactRole", "00KA", IsPrimary=True, **part)
    org.rebuild()
    rows = org.all(
        "select record_id, role, valid_from, valid_to::date::varchar "
        "from silver.party_role order by role"
    )
    assert rows == [
        ("sf:003A", "contact", CREATED, None),
        ("sf:003A", "opportunity_contact", CREATED, None),
        ("sf:001A", "partner", CREATED, None),
        ("sf:00QA", "prospect", CREATED, "2025-05-01"),
    ]
