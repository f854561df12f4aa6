"""The demo's mappings on objects as the vendors send them; own values, shapes as documented."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from canonical_room import Room

MAPPINGS = Path(__file__).parents[2] / "pipelines" / "demo" / "mappings"
WEB = {"type": "track", "timestamp": "2026-03-04T05:06:07.209+00:00", "context": {}}


@pytest.fixture
def demo(room: Room) -> Room:
    for path in MAPPINGS.glob("*.yaml"):
        room.maps(path.stem, path.read_text(encoding="utf-8"))
    return room


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def attributes(room: Room, record_id: str) -> dict[str, str]:
    rows = room.all(
        "select attribute, value from silver.attribute "  # noqa: S608 - a constant
        f"where record_id = '{record_id}' and attribute <> 'address' and position = 0"
    )
    return dict(rows)


def identifiers(room: Room, record_id: str) -> set[tuple[str, str]]:
    rows = room.all(
        f"select kind, value from silver.identifier where record_id = '{record_id}'"  # noqa: S608
    )
    return {(kind, value) for kind, value in rows}


def test_an_individual_customer_of_the_crm(demo: Room) -> None:
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
    demo.land("crm", "IndividualCustomerCollection", "2000417", payload)
    demo.rebuild()
    assert attributes(demo, "crm:2000417") == {
        "given_name": "Nora",
        "family_name": "Quint",
        "gender": "female",
        "birth_date": "1985-04-10",
        "language": "fr",
    }
    assert identifiers(demo, "crm:2000417") == {
        ("source", "crm:2000417"),
        ("source", "erp:402417"),
        ("email", "nora.quint@example.org"),
        ("phone", "+33612340417"),
    }
    assert demo.all(
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
    assert demo.all("select record_id, contact_value, state, provable from silver.consent") == [
        ("crm:2000417", None, "granted", False)
    ]


def test_a_contact_works_for_its_account(demo: Room) -> None:
    contact = {"ContactID": "9", "LastName": "Verhoeve", "AccountID": "1", "FunctionCode": "0001"}
    account = {"AccountID": "1", "Name": "Brumeval SAS", "WebSite": "www.brumeval.example"}
    link = {"ContactID": "9", "AccountID": "1", "MainIndicator": True, "JobTitle": "Buyer"}
    demo.land("crm", "ContactCollection", "9", {**contact, "JobTitle": "Buyer"})
    demo.land("crm", "CorporateAccountCollection", "1", account)
    demo.land("crm", "CorporateAccountHasContactPersonCollection", "L1", link)
    demo.rebuild()
    assert demo.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("crm:9", "crm:1", "contact_of")
    ]
    assert attributes(demo, "crm:1")["website"] == "https://www.brumeval.example"
    assert ("domain", "brumeval.example") in identifiers(demo, "crm:1")
    assert demo.all("select * from silver.quarantine") == []


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
    demo: Room, payload: dict[str, str], owner: str, people: list[tuple[str]]
) -> None:
    usual = {"ID": "7", "Name": "Fair", "UserStatusCode": "01", "QualificationLevelCode": "02"}
    created = {"CreationDateTime": "/Date(1741000000000)/"}
    demo.land("crm", "LeadCollection", "7", {**usual, **created, **payload})
    demo.rebuild()
    assert demo.all("select record_id, status, qualification from silver.lead") == [
        (owner, "open", "warm")
    ]
    assert demo.all("select record_id from silver.record") == people


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
    demo: Room, name: str, times: dict[str, Any], expected: str
) -> None:
    payload = {k: f"/Date({v}000)/" if isinstance(v, int) else v for k, v in times.items()}
    demo.land("crm", name, "1", {**payload, "MainAccountPartyID": "5", "Subject": "x"})
    demo.rebuild()
    assert demo.all("select kind, status, starts_at, ends_at, record_id from silver.activity") == [
        (expected, "completed", at("1970-01-01T00:00:01"), at("1970-01-01T00:00:02"), "crm:5")
    ]


def test_a_business_partner_with_everything_below_it(demo: Room) -> None:
    number = {"InternationalPhoneNumber": "", "DestinationLocationCountry": "FR"}
    address = {
        "StreetName": "Quai du Hâvre",
        "CityName": "Rouen",
        "Country": "FR",
        "to_EmailAddress": {"results": [{"EmailAddress": f"{n}@example.org"} for n in "ab"]},
        "to_MobilePhoneNumber": {"results": [{**number, "PhoneNumber": "612340417"}]},
    }
    payload = {
        "BusinessPartner": "402417",
        "BusinessPartnerCategory": "2",
        "BusinessPartnerFullName": "Brumeval SAS",
        "CreationDate": "/Date(1740960000000)/",
        "CreationTime": "PT11H06M40S",
        "LastChangeDate": None,
        "LastChangeTime": "PT00H00M00S",
        "BusinessPartnerIsBlocked": True,
        "BusinessPartnerIDByExtSystem": "1000101",
        "to_BusinessPartnerAddress": {"results": [address]},
        "to_BusinessPartnerTax": {"results": [{"BPTaxNumber": "FR 12 345"}]},
        "to_BusinessPartnerRole": {"results": [{"BusinessPartnerRole": "FLCU01"}]},
    }
    demo.land("erp", "A_BusinessPartner", "0000402417", payload)
    demo.rebuild()
    assert identifiers(demo, "erp:402417") == {
        ("source", "erp:402417"),
        ("source", "crm:1000101"),
        ("email", "a@example.org"),
        ("email", "b@example.org"),
        ("phone", "+33612340417"),
        ("tax_id", "FR12345"),
    }
    assert attributes(demo, "erp:402417") == {
        "organisation_name": "Brumeval SAS",
        "role": "customer",
    }
    assert demo.all("select party_type, status, changed_at from silver.record") == [
        ("organisation", "blocked", at("2025-03-03T11:06:40"))
    ]


def test_an_erp_order_keeps_the_shops_number_of_the_same_order(demo: Room) -> None:
    item = {"Material": "P-110", "RequestedQuantity": "3", "NetAmount": "61.50"}
    payload = {
        "SalesOrder": "900417",
        "SoldToParty": "0000402417",
        "CreationDate": "/Date(1740960000000)/",
        "PurchaseOrderByCustomer": "web-00035417",
        "TotalNetAmount": "61.50",
        "TransactionCurrency": "EUR",
        "OverallSDProcessStatus": "C",
        "to_Item": {"results": [item]},
    }
    demo.land("erp", "A_SalesOrder", "900417", payload)
    demo.rebuild()
    assert demo.all("select order_id, record_id, status, reference from silver.order") == [
        ("erp:900417", "erp:402417", "completed", "web-00035417")
    ]
    assert demo.all("select product_id, line from silver.order_line") == [("erp:P-110", 1)]


@pytest.mark.parametrize(
    ("state", "level", "expected"),
    [
        ("SUBSCRIBED", "CONFIRMED_OPT_IN", [("granted", True, "double opt-in in the shop")]),
        ("SUBSCRIBED", "SINGLE_OPT_IN", [("granted", False, None)]),
        ("UNSUBSCRIBED", None, [("denied", False, None)]),
        ("PENDING", None, [("pending", False, None)]),
        ("NOT_SUBSCRIBED", None, []),
    ],
)
def test_the_shops_marketing_state_is_a_consent(
    demo: Room, state: str, level: str | None, expected: list[tuple[object, ...]]
) -> None:
    email = {
        "emailAddress": "N@example.org",
        "marketingState": state,
        "marketingOptInLevel": level,
        "marketingUpdatedAt": "2025-03-03T11:06:40Z",
    }
    demo.land("shop", "customers", "7", {"firstName": "Nora", "defaultEmailAddress": email})
    demo.rebuild()
    assert demo.all("select state, provable, proof from silver.consent") == expected
    said = demo.all("select contact_value, given_at from silver.consent")
    assert said == [("n@example.org", at("2025-03-03T11:06:40"))] * len(expected)


def test_an_order_of_a_guest_is_known_by_its_address(demo: Room) -> None:
    money = {"shopMoney": {"amount": "5.00", "currencyCode": "EUR"}}
    payload = {
        "name": "#1001",
        "createdAt": "2025-03-03T11:06:40Z",
        "cancelledAt": "2025-03-04T11:06:40Z",
        "displayFinancialStatus": "REFUNDED",
        "customer": None,
        "email": "Guest@example.org",
        "totalPriceSet": money,
        "lineItems": {"nodes": [{"sku": "P", "quantity": 1, "originalTotalSet": money}]},
    }
    known = {**payload, "customer": {"id": "gid://shopify/Customer/77"}, "cancelledAt": None}
    demo.land("shop", "orders", "1", payload)
    demo.land("shop", "orders", "2", known)
    demo.rebuild()
    rows = demo.all("select record_id, ref_kind, ref_value, status from silver.order order by 4, 1")
    assert rows == [
        (None, "email", "guest@example.org", "cancelled"),
        ("shop:77", None, None, "returned"),
    ]


def test_marketing_permissions_as_odata(demo: Room) -> None:
    payload = {
        "ContactOrigin": "SAP_C4C_BUPA",
        "ContactID": "2000417",
        "ContactPermissionOrigin": "EMAIL",
        "ContactPermissionID": "Nora.Quint@example.org",
        "CommunicationMedium": "EMAIL",
        "CommunicationCategory": "",
        "ContactPermission": "Y",
        "PermissionUTCDateTime": "/Date(1740900000000+0000)/",
        "PermissionSourceCommMedium": "WEB",
        "PermissionSourceObject": "form-88",
        "PermissionSourceObjectType": "LANDING_PAGE",
        "PermissionIsExplicit": True,
    }
    demo.land("marketing", "MarketingPermissions", "a", payload)
    demo.land("marketing", "MarketingPermissions", "b", {**payload, "PermissionIsExplicit": False})
    demo.rebuild()
    rows = demo.all(
        "select contact_value, channel, category, state, provable, given_at "
        "from silver.consent order by provable"
    )
    usual = ("nora.quint@example.org", "email", "any", "granted")
    assert rows == [
        (*usual, False, at("2025-03-02T07:20:00")),
        (*usual, True, at("2025-03-02T07:20:00")),
    ]
    proof = demo.all("select proof from silver.consent where provable")
    assert proof == [("WEB / LANDING_PAGE / form-88",)]


def test_a_newsletter_click_is_in_the_accounts_zone(demo: Room) -> None:
    payload = {
        "SendID": "5501",
        "SubscriberKey": "P-417",
        "EmailAddress": "nora@example.org",
        "EventDate": "3/3/2025 11:07:02 AM",
        "URL": "https://shop.example.org/p/110",
    }
    demo.land("newsletter", "Clicks", "a", payload)
    demo.land("newsletter", "Opens", "b", {**payload, "SubscriberKey": "Nora@example.org"})
    demo.rebuild()
    rows = demo.all(
        "select type, occurred_at, ref_kind, ref_value, subject "
        "from silver.interaction order by type"
    )
    assert rows == [
        (
            "email_clicked",
            at("2025-03-03T17:07:02"),
            "source",
            "marketing:P-417",
            "https://shop.example.org/p/110",
        ),
        ("email_opened", at("2025-03-03T17:07:02"), "email", "nora@example.org", None),
    ]


def identify(traits: dict[str, Any], moment: str, user: str = "u-1") -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": user,
        "anonymousId": "anon-9",
        "timestamp": moment,
        "traits": traits,
    }


def test_a_user_is_all_that_was_said_of_them(demo: Room) -> None:
    first = {"email": "old@example.org", "firstName": "N.", "lastName": "Quint", "shoe": 38}
    second = {"email": "new@example.org", "firstName": "Nora", "shop_customer_id": "77"}
    demo.land("web", "events", "m2", identify(second, "2025-05-01T00:00:00Z"))
    demo.land("web", "events", "m1", identify(first, "2025-01-01T00:00:00Z"))
    demo.rebuild()
    assert attributes(demo, "web:u-1") == {"given_name": "Nora", "family_name": "Quint"}
    assert identifiers(demo, "web:u-1") == {
        ("source", "web:u-1"),
        ("source", "shop:77"),
        ("user_id", "u-1"),
        ("email", "old@example.org"),
        ("email", "new@example.org"),
    }
    best = "select value from silver.identifier where kind = 'email' and position = 0"
    assert demo.all(best) == [("new@example.org",)]
    rows = demo.all(
        "select record_id, party_type, changed_at, custom from silver.record order by 2"
    )
    assert rows == [
        ("web:u-1", "person", at("2025-05-01"), '{"shoe":38}'),
        ("web:anon-9", "visitor", at("2025-05-01"), "{}"),
    ]
    assert demo.all("select visitor_record_id, record_id from silver.visitor_link") == [
        ("web:anon-9", "web:u-1")
    ]


def test_events_belong_to_the_user_else_to_the_visitor(demo: Room) -> None:
    viewed = {**WEB, "event": "Product Viewed", "properties": {"sku": "P-1", "price": 2}}
    demo.land("web", "events", "m1", {**viewed, "anonymousId": "anon-9", "userId": None})
    demo.land("web", "events", "m2", {**viewed, "anonymousId": None, "userId": "u-1"})
    demo.land(
        "web", "events", "m2", {**viewed, "anonymousId": None, "userId": "u-1", "sentAt": "x"}
    )
    demo.land("web", "events", "m3", {**WEB, "type": "page", "name": "Home", "userId": "u-1"})
    demo.land("web", "events", "m4", {**WEB, "type": "screen", "name": "App", "userId": "u-1"})
    demo.land("web", "events", "m5", {**WEB, "event": "Lamp Rubbed", "userId": "u-1"})
    demo.land("web", "events", "m6", {**viewed, "anonymousId": None, "userId": None})
    demo.rebuild()
    rows = demo.all(
        "select interaction_id, record_id, type, subject, properties "
        "from silver.interaction order by 1"
    )
    assert rows == [
        ("web:m1", "web:anon-9", "product_viewed", "P-1", '{"sku":"P-1","price":2}'),
        ("web:m2", "web:u-1", "product_viewed", "P-1", '{"sku":"P-1","price":2}'),
        ("web:m3", "web:u-1", "page_viewed", "Home", "{}"),
        ("web:m4", "web:u-1", "screen_viewed", "App", "{}"),
        ("web:m5", "web:u-1", "Lamp Rubbed", "Lamp Rubbed", "{}"),
    ]
    assert demo.all("select native_id, reason from silver.quarantine") == [("m6", "missing_party")]
    assert demo.all("select superseded from silver.reconciliation") == [(1,)]


def test_group_and_alias(demo: Room) -> None:
    group = {"type": "group", "groupId": "c-3", "userId": "u-1", "traits": {"name": "Fabrikat"}}
    alias = {"type": "alias", "userId": "u-1"}
    stamp = {"timestamp": "2025-05-01T00:00:00Z"}
    demo.land("web", "events", "m1", {**group, **stamp, "anonymousId": "anon-9"})
    demo.land("web", "events", "m2", {**alias, **stamp, "previousId": "anon-9"})
    demo.land("web", "events", "m3", {**alias, **stamp, "previousId": "u-0"})
    demo.land("web", "events", "m4", identify({"lastName": "Quint"}, stamp["timestamp"], "u-0"))
    demo.rebuild()
    assert attributes(demo, "web:c-3") == {"organisation_name": "Fabrikat"}
    assert demo.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("web:u-1", "web:c-3", "contact_of")
    ]
    links = demo.all("select visitor_record_id, record_id from silver.visitor_link order by 2")
    assert links == [("web:anon-9", "web:u-0"), ("web:anon-9", "web:u-1")]
    # The previous id was a user's, no device's: both keys are one person's.
    assert ("source", "web:u-1") in identifiers(demo, "web:u-0")
