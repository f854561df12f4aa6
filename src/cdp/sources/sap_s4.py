"""SAP S/4HANA: its OData v2 entity sets, from its address or as files, children in the row.

Keys come with or without padding zeros; without is what other systems know. LastChangeDate is a
day, LastChangeTime the time on it, and both are empty until the first change: then the record is
as old as its creation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.sources import SOURCES
from cdp.sources.remote.odata import EntitySet, ODataOptions
from cdp.sources.remote.odata_system import ODataSystem
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, all_of, day_and_time, first_of, latest_of, never, unpadded

if TYPE_CHECKING:
    from cdp.settings import Strict

_PARTNER_CHANGED = day_and_time(
    ("LastChangeDate", "LastChangeTime"), ("CreationDate", "CreationTime")
)
_DOCUMENT_CHANGED = latest_of("LastChangeDateTime", "LastChangeDate", "CreationDate")
_SHAPES = {
    "A_BusinessPartner": Shape(first_of("BusinessPartner", clean=unpadded), _PARTNER_CHANGED),
    "A_Customer": Shape(first_of("Customer", clean=unpadded), _PARTNER_CHANGED),
    "A_BPRelationship": Shape(
        all_of("RelationshipNumber", "BusinessPartner1", "BusinessPartner2", "ValidityEndDate"),
        _DOCUMENT_CHANGED,
    ),
    "A_Supplier": Shape(first_of("Supplier", clean=unpadded), _PARTNER_CHANGED),
    "A_BPContactToFuncAndDept": Shape(
        all_of(
            "RelationshipNumber",
            "BusinessPartnerCompany",
            "BusinessPartnerPerson",
            "ValidityEndDate",
        ),
        never,
    ),
    "CreditMgmtAccount": Shape(all_of("BusinessPartner", "CreditSegment"), never),
    "A_SalesOrder": Shape(first_of("SalesOrder", clean=unpadded), _DOCUMENT_CHANGED),
    "A_SalesQuotation": Shape(first_of("SalesQuotation", clean=unpadded), _DOCUMENT_CHANGED),
    "A_Product": Shape(first_of("Product"), _DOCUMENT_CHANGED),
}


_PARTNERS, _ORDERS = "API_BUSINESS_PARTNER", "API_SALES_ORDER_SRV"
_SETS = {
    "A_BusinessPartner": EntitySet(
        "BusinessPartner",
        "LastChangeDate",
        literal="datetime",
        created="CreationDate",
        expand=(
            "to_BusinessPartnerAddress/to_EmailAddress",
            "to_BusinessPartnerAddress/to_PhoneNumber",
            "to_BusinessPartnerAddress/to_MobilePhoneNumber",
            "to_BusinessPartnerRole",
            "to_BusinessPartnerTax",
            "to_BuPaIdentification",
        ),
        service=_PARTNERS,
    ),
    "A_BPRelationship": EntitySet("RelationshipNumber", None, service=_PARTNERS),
    "A_BPContactToFuncAndDept": EntitySet("RelationshipNumber", None, service=_PARTNERS),
    # What changes below a customer or supplier moves no date of its own: all are read each time.
    "A_Customer": EntitySet(
        "Customer",
        None,
        expand=("to_CustomerCompany", "to_CustomerSalesArea/to_PartnerFunction"),
        service=_PARTNERS,
    ),
    "A_Supplier": EntitySet(
        "Supplier",
        None,
        expand=("to_SupplierCompany", "to_SupplierPurchasingOrg"),
        service=_PARTNERS,
    ),
    "CreditMgmtAccount": EntitySet(
        "BusinessPartner,CreditSegment", None, service="API_CRDTMBUSINESSPARTNER"
    ),
    "A_SalesOrder": EntitySet(
        "SalesOrder", "LastChangeDateTime", expand=("to_Item", "to_Partner"), service=_ORDERS
    ),
    "A_SalesQuotation": EntitySet(
        "SalesQuotation",
        "LastChangeDateTime",
        expand=("to_Item",),
        service="API_SALES_QUOTATION_SRV",
    ),
    "A_Product": EntitySet("Product", None, service="API_PRODUCT_SRV"),
}


class S4Options(ODataOptions):
    """Options of sap_s4."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return an entity set whose key is known; no field is common to all of them."""
    return (name, _SHAPES[name]) if name in _SHAPES else None


SOURCES.add(
    "sap_s4",
    ODataSystem(
        FileSource(
            name="sap_s4",
            summary="SAP S/4HANA business partners and sales documents, by OData v2 or as pages",
            options=S4Options,
            reads={".json": pages(ODATA)},
            shapes=_shape,
        ),
        _SETS,
    ),
)
