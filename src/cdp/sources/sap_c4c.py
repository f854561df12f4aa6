"""SAP Cloud for Customer: pages of its OData v2 entity sets, one file a page.

The number people use (AccountID, CustomerID, ContactID, ID) is the key where there is one: other
systems refer to it. Link sets have none; their ObjectID is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import KeyOf, Shape, as_key, first_of, latest_of, unpadded

if TYPE_CHECKING:
    from cdp.sources.wire.shape import Row

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


def _number(field: str) -> KeyOf:
    def key(row: Row) -> str | None:
        return unpadded(row.get(field)) or as_key(row.get("ObjectID"))

    return key


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any entity set: every C4C object has an ObjectID."""
    field = _NUMBERS.get(name)
    key = _number(field) if field is not None else first_of("ObjectID")
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
