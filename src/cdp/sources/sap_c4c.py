"""SAP Cloud for Customer: pages of its OData v2 entity sets, one file a page.

The number people use (AccountID, CustomerID, ContactID, ID) is the key where a set has one, since
other systems refer to it; of other sets, such as links, ObjectID is.
"""

from __future__ import annotations

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, first_of, latest_of, unpadded

_CHANGED = latest_of(
    "EntityLastChangedOn", "ChangedOn", "LastChangeDateTime", "CreationOn", "CreationDateTime"
)
_NUMBERS = {
    "CorporateAccountCollection": "AccountID",
    "IndividualCustomerCollection": "CustomerID",
    "ContactCollection": "ContactID",
    "LeadCollection": "ID",
    "OpportunityCollection": "ID",
    "SalesQuoteCollection": "ID",
    "PhoneCallCollection": "ID",
    "TasksCollection": "ID",
    "VisitCollection": "ID",
    "AppointmentCollection": "ID",
    "ServiceRequestCollection": "ID",
}


class C4cOptions(Strict):
    """Options of sap_c4c: none."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any entity set: every C4C object has an ObjectID."""
    key = first_of(_NUMBERS.get(name, "ObjectID"), clean=unpadded)
    return (name, Shape(key, _CHANGED)) if name.endswith("Collection") else None


SOURCES.add(
    "sap_c4c",
    FileSource(
        name="sap_c4c",
        summary="SAP Cloud for Customer (C4C), OData v2 pages",
        options=C4cOptions,
        reads={".json": pages(ODATA)},
        shapes=_shape,
    ),
)
