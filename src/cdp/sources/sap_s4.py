"""SAP S/4HANA: pages of its OData v2 entity sets, one file a page, children expanded in the row.

Keys come with or without padding zeros; without is what other systems know. LastChangeDate is a
day, LastChangeTime the time on it, and both are empty until the first change: then the record is
as old as its creation.
"""

from __future__ import annotations

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, all_of, day_and_time, first_of, latest_of, unpadded

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
    "A_SalesOrder": Shape(first_of("SalesOrder", clean=unpadded), _DOCUMENT_CHANGED),
    "A_SalesQuotation": Shape(first_of("SalesQuotation", clean=unpadded), _DOCUMENT_CHANGED),
    "A_Product": Shape(first_of("Product"), _DOCUMENT_CHANGED),
}


class S4Options(Strict):
    """Options of sap_s4: none."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return an entity set whose key is known; no field is common to all of them."""
    return (name, _SHAPES[name]) if name in _SHAPES else None


SOURCES.add(
    "sap_s4",
    FileSource(
        name="sap_s4",
        summary="SAP S/4HANA business partners and sales documents, OData v2 pages",
        options=S4Options,
        reads={".json": pages(ODATA)},
        shapes=_shape,
    ),
)
