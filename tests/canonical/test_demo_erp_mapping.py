"""The demo's mapping of the ERP, on objects as SAP S/4HANA sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo_room import at, attributes, identifiers

if TYPE_CHECKING:
    from canonical_room import Room


def test_a_business_partner_with_everything_below_it(demo_room: Room) -> None:
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
    demo_room.land("erp", "A_BusinessPartner", "0000402417", payload)
    demo_room.rebuild()
    assert identifiers(demo_room, "erp:402417") == {
        ("source", "erp:402417"),
        ("source", "crm:1000101"),
        ("email", "a@example.org"),
        ("email", "b@example.org"),
        ("phone", "+33612340417"),
        ("tax_id", "FR12345"),
    }
    assert attributes(demo_room, "erp:402417") == {
        "organisation_name": "Brumeval SAS",
        "role": "customer",
    }
    assert demo_room.all("select party_type, status, changed_at from silver.record") == [
        ("organisation", "blocked", at("2025-03-03T11:06:40"))
    ]


def test_an_erp_order_keeps_the_shops_number_of_the_same_order(demo_room: Room) -> None:
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
    demo_room.land("erp", "A_SalesOrder", "900417", payload)
    demo_room.rebuild()
    assert demo_room.all("select order_id, record_id, status, reference from silver.order") == [
        ("erp:900417", "erp:402417", "completed", "web-00035417")
    ]
    assert demo_room.all("select product_id, line from silver.order_line") == [("erp:P-110", 1)]
