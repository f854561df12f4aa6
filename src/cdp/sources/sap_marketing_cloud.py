"""SAP Marketing Cloud: contacts, interactions and permissions, as CSV or as OData v2 pages.

A contact's key is the id it has in its origin; a permission has no id of its own, the fields that
say whose it is, for which contact point, medium and area are its key together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.sources import SOURCES
from cdp.sources.remote.odata import EntitySet, ODataOptions
from cdp.sources.remote.odata_system import ODataSystem
from cdp.sources.wire.delimited import CsvOptions, read_csv
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, all_of, first_of, latest_of, marked

if TYPE_CHECKING:
    from cdp.settings import Strict

_INTERACTION = Shape(
    first_of("InteractionUUID"),
    latest_of("InteractionLastChangedDateTime", "InteractionTimeStampUTC"),
    columns=("InteractionUUID",),
)
_PERMISSION_KEY = (
    "ContactOrigin",
    "ContactID",
    "ContactPermissionOrigin",
    "ContactPermissionID",
    "MarketingArea",
    "CommunicationMedium",
    "CommunicationCategory",
)
_PERMISSION = Shape(
    all_of(*_PERMISSION_KEY), latest_of("PermissionUTCDateTime"), columns=_PERMISSION_KEY
)
_SHAPES = {
    "contacts": Shape(first_of("ID"), latest_of("CHANGED_AT", "CREATED_AT"), columns=("ID",)),
    "interactions": _INTERACTION,
    "permissions": _PERMISSION,
    "ContactOriginData": Shape(
        first_of("ContactID"),
        latest_of("OriginDataLastChgUTCDateTime", "LastChangeDateTime"),
        gone=marked("IsMarkedForDeletion", "IsObsolete", "IsEndOfPurposeBlocked"),
    ),
    "Interactions": _INTERACTION,
    "MarketingPermissions": _PERMISSION,
}


_CONTACTS, _INTERACTIONS = "API_MKT_CONTACT_SRV;v=0002", "API_MKT_INTERACTION_SRV"
_SETS = {
    "ContactOriginData": EntitySet("ContactID", "OriginDataLastChgUTCDateTime", service=_CONTACTS),
    "MarketingPermissions": EntitySet("ContactID", "PermissionUTCDateTime", service=_CONTACTS),
    "Interactions": EntitySet(
        "InteractionUUID", "InteractionLastChangedDateTime", service=_INTERACTIONS
    ),
}


class MarketingOptions(CsvOptions, ODataOptions):
    """Options of sap_marketing_cloud: of its CSV files and of its services."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return the objects that customers' data comes in."""
    return (name, _SHAPES[name]) if name in _SHAPES else None


SOURCES.add(
    "sap_marketing_cloud",
    ODataSystem(
        FileSource(
            name="sap_marketing_cloud",
            summary="SAP Marketing Cloud contacts, interactions and permissions, by OData v2, "
            "as its pages or as CSV",
            options=MarketingOptions,
            reads={".csv": read_csv, ".json": pages(ODATA)},
            shapes=_shape,
        ),
        _SETS,
    ),
)
