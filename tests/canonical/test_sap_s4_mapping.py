"""The shipped mapping of S/4HANA: roles with their attributes, relationships and partners."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdp.canonical.chosen import shipped_text

if TYPE_CHECKING:
    from canonical_room import Room


@pytest.fixture
def erp(room: Room) -> Room:
    return room.maps("sap_s4", shipped_text("sap_s4"))


def many(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"results": list(rows)}


def roles(room: Room) -> list[tuple[str, str, str, dict[str, str]]]:
    """Return record, role, scope and attributes of every role."""
    found = room.all(
        "select record_id, role, scope, attributes from silver.party_role order by all"
    )
    return [(*row[:3], json.loads(row[3])) for row in found]


def links(room: Room) -> list[tuple[Any, ...]]:
    return room.all(
        "select record_id, other_record_id, kind, valid_to from silver.relationship order by all"
    )


def partner(number: str, *kinds: str) -> dict[str, Any]:
    return {
        "BusinessPartner": number,
        "BusinessPartnerCategory": "2",
        "OrganizationBPName1": "Maes",
        "to_BusinessPartnerRole": many(
            *({"BusinessPartnerRole": kind, "ValidTo": "/Date(253402214400000)/"} for kind in kinds)
        ),
    }


def test_one_partner_has_a_role_in_each_sales_area_and_company(erp: Room) -> None:
    erp.land("sap_s4", "A_BusinessPartner", "17", partner("0000000017", "FLCU01", "ZX0001"))
    area = {"SalesOrganization": "1000", "DistributionChannel": "10", "Division": "00"}
    erp.land(
        "sap_s4",
        "A_Customer",
        "17",
        {
            "Customer": "0000000017",
            "CustomerAccountGroup": "KUNA",
            "to_CustomerSalesArea": many(
                {
                    **area,
                    "CustomerPaymentTerms": "NT30",
                    "to_PartnerFunction": many(
                        {**area, "PartnerFunction": "WE", "BPCustomerNumber": "0000000018"},
                        {**area, "PartnerFunction": "AG", "BPCustomerNumber": "0000000017"},
                    ),
                }
            ),
            "to_CustomerCompany": many({"CompanyCode": "1010", "PaymentTerms": "NT14"}),
        },
    )
    credit = {
        "BusinessPartner": "0000000017",
        "CreditSegment": "0000",
        "CreditLimitAmount": "500.00",
    }
    erp.land("sap_s4", "CreditMgmtAccount", "0000000017|0000", credit)
    erp.rebuild()
    sales = {"sales_organisation": "1000", "distribution_channel": "10", "division": "00"}
    assert roles(erp) == [
        ("sap_s4:17", "ZX0001", "ZX0001", {}),
        ("sap_s4:17", "customer", "1000/10/00", {**sales, "payment_terms": "NT30"}),
        ("sap_s4:17", "customer", "1010", {"company_code": "1010", "payment_terms": "NT14"}),
        ("sap_s4:17", "customer", "FLCU01", {}),
        ("sap_s4:17", "customer", "any", {"account_group": "KUNA"}),
        (
            "sap_s4:17",
            "customer",
            "credit 0000",
            {"credit_limit": "500.00", "credit_segment": "0000"},
        ),
    ]
    assert links(erp) == [("sap_s4:17", "sap_s4:18", "ship_to", None)]
    assert erp.all("select reason from silver.quarantine") == []


def test_relationships_lead_from_the_contact_to_the_company(erp: Room) -> None:
    link = {
        "RelationshipNumber": "1",
        "BusinessPartner1": "0000000017",
        "BusinessPartner2": "0000000099",
        "ValidityStartDate": "/Date(1577836800000)/",
        "ValidityEndDate": "/Date(253402214400000)/",
    }
    for number, kind in enumerate(("BUR001", "ZBUR77")):
        named = {**link, "RelationshipCategory": kind}
        erp.land("sap_s4", "A_BPRelationship", f"1|{number}", named)
    contact = {
        "BusinessPartnerPerson": "0000000099",
        "BusinessPartnerCompany": "0000000017",
        "ContactPersonFunction": "0001",
        "ContactPersonFunctionName": "Buyer",
        "ContactPersonDepartmentName": "Purchasing",
        "ValidityStartDate": "/Date(1577836800000)/",
    }
    erp.land("sap_s4", "A_BPContactToFuncAndDept", "1|x", contact)
    erp.rebuild()
    assert links(erp) == [
        ("sap_s4:99", "sap_s4:17", "ZBUR77", None),
        ("sap_s4:99", "sap_s4:17", "contact_of", None),
    ]
    (found,) = erp.all("select attributes from silver.relationship where kind = 'contact_of'")
    assert json.loads(found[0]) == {"function": "Buyer", "department": "Purchasing"}


def test_an_order_tells_who_it_is_sent_and_billed_to(erp: Room) -> None:
    order = {
        "SalesOrder": "1",
        "SoldToParty": "17",
        "CreationDate": "/Date(1577836800000)/",
        "TransactionCurrency": "EUR",
        "TotalNetAmount": "10.00",
        "to_Partner": many(
            {"PartnerFunction": "SH", "Customer": "0000000018"},
            {"PartnerFunction": "RE", "Customer": "0000000017"},
            {"PartnerFunction": "ZM", "Customer": "0000000019"},
        ),
    }
    erp.land("sap_s4", "A_SalesOrder", "1", order)
    erp.rebuild()
    assert links(erp) == [("sap_s4:17", "sap_s4:18", "ship_to", None)]
    assert erp.all('select record_id from silver."order"') == [("sap_s4:17",)]


def test_quotations_products_and_groups(erp: Room) -> None:
    quotation = {
        "SalesQuotation": "20",
        "SoldToParty": "0000000017",
        "CreationDate": "/Date(1577836800000)/",
        "OverallSDProcessStatus": "C",
        "TotalNetAmount": "10.00",
        "TransactionCurrency": "EUR",
    }
    erp.land("sap_s4", "A_SalesQuotation", "20", quotation)
    erp.land("sap_s4", "A_Product", "P-1", {"Product": "P-1", "ProductGroup": "L001"})
    club = {
        "BusinessPartner": "5",
        "BusinessPartnerCategory": "3",
        "GroupBusinessPartnerName1": "Chess Club",
        "BusinessPartnerType": "CLUB",
    }
    erp.land("sap_s4", "A_BusinessPartner", "5", club)
    link = {"BusinessPartner1": "0000000005", "BusinessPartner2": "0000000017"}
    erp.land("sap_s4", "A_BPRelationship", "1", {**link, "RelationshipCategory": "BUR024"})
    erp.rebuild()
    assert erp.all("select record_id, status from silver.quote") == [("sap_s4:17", "won")]
    assert erp.all("select name, category from silver.product") == [("P-1", "L001")]
    assert erp.all("select party_type from silver.record") == [("group",)]
    told = erp.all("select attribute, value from silver.attribute order by attribute")
    assert told == [("group_kind", "CLUB"), ("group_name", "Chess Club")]
    assert links(erp) == [("sap_s4:17", "sap_s4:5", "member_of", None)]
    assert erp.all("select reason from silver.quarantine") == []
