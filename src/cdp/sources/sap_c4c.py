"""SAP Cloud for Customer: its OData v2 entity sets, from its address or as files, one a page.

The number people use (AccountID, CustomerID, ContactID, ID) is the key where a set has one, since
other systems refer to it; of other sets, such as links, ObjectID is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.sources import SOURCES
from cdp.sources.remote.odata import EntitySet, ODataOptions
from cdp.sources.remote.odata_system import ODataSystem
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, first_of, latest_of, unpadded

if TYPE_CHECKING:
    from cdp.settings import Strict

_CHANGED = latest_of(
    "EntityLastChangedOn", "ChangedOn", "LastChangeDateTime", "CreationOn", "CreationDateTime"
)
_NUMBERS = {
    "CorporateAccountCollection": "AccountID",
    "IndividualCustomerCollection": "CustomerID",
    "ContactCollection": "ContactID",
    "BusinessPartnerCollection": "BusinessPartnerID",
    "LeadCollection": "ID",
    "OpportunityCollection": "ID",
    "SalesQuoteCollection": "ID",
    "PhoneCallCollection": "ID",
    "TasksCollection": "ID",
    "VisitCollection": "ID",
    "AppointmentCollection": "ID",
    "ServiceRequestCollection": "ID",
    "RegisteredProductCollection": "ID",
}


_CHANGED_ON = "EntityLastChangedOn"  # of every set since release 1911
_SETS = (
    "CorporateAccountCollection",
    "IndividualCustomerCollection",
    "ContactCollection",
    "CorporateAccountHasContactPersonCollection",
    "LeadCollection",
    "OpportunityCollection",
    "SalesQuoteCollection",
    "PhoneCallCollection",
    "AppointmentCollection",
    "TasksCollection",
    "VisitCollection",
    "ServiceRequestCollection",
)
# A permission is its party's; its channels and communication types are read below it.
_PERMISSION = EntitySet(
    "ObjectID", _CHANGED_ON, expand=("ChannelPermission", "CommunicationTypePermission")
)
# Groups come as partners alone, and who is in one as a relationship; persons and organisations come
# as what they are. Whether both can be read is unconfirmed, so that `objects:` has to name them.
_GROUPS = {
    "BusinessPartnerCollection": EntitySet(
        "ObjectID", _CHANGED_ON, only="CategoryCode eq '3'", is_usual=False
    ),
    "BusinessPartnerRelationshipCollection": EntitySet("ObjectID", _CHANGED_ON, is_usual=False),
}
# Whose a registered product is stands below it. No tenant was asked for them yet: `objects:` has to
# name them, too.
_REGISTERED = EntitySet(
    "ObjectID", _CHANGED_ON, expand=("RegisteredProductPartyInformation",), is_usual=False
)


class C4cOptions(ODataOptions):
    """Options of sap_c4c."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any entity set: every C4C object has an ObjectID."""
    key = first_of(_NUMBERS.get(name, "ObjectID"), clean=unpadded)
    return (name, Shape(key, _CHANGED)) if name.endswith("Collection") else None


SOURCES.add(
    "sap_c4c",
    ODataSystem(
        FileSource(
            name="sap_c4c",
            summary="SAP Cloud for Customer (C4C), by OData v2 or as pages",
            options=C4cOptions,
            reads={".json": pages(ODATA)},
            shapes=_shape,
        ),
        {
            **{name: EntitySet("ObjectID", _CHANGED_ON) for name in _SETS},
            "MarketingPermissionCollection": _PERMISSION,
            "RegisteredProductCollection": _REGISTERED,
            **_GROUPS,
        },
    ),
)
