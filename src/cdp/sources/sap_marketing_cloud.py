"""SAP Marketing Cloud: contacts and what marketing does with them, as CSV or as OData v2 pages.

A contact's key is the id it has in its origin; a permission has no id of its own, the fields that
say whose it is, for which contact point, medium and area are its key together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from cdp.sources import SOURCES
from cdp.sources.remote.odata import EntitySet, ODataOptions
from cdp.sources.remote.odata_system import ODataSystem
from cdp.sources.wire.delimited import CsvOptions, read_csv
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import ODATA, pages
from cdp.sources.wire.shape import Shape, all_of, first_of, latest_of, marked, never, unpadded

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
_ORIGIN = ("ContactOrigin", "ContactID")
_ADDITIONAL_KEY = (*_ORIGIN, "InteractionContactAdditionalOrigin", "ContactAdditionalExternalID")
_ATTRIBUTE_KEY = (*_ORIGIN, "MarketingAttributeCategory", "MarketingAttributeValue")
_SCORE_KEY = (
    "MarketingScore",
    "MarketingScoreModel",
    "MarketingScoredObjectOrigin",
    "MarketingScoredObjectID",
)
_SHAPES = {
    "contacts": Shape(first_of("ID"), latest_of("CHANGED_AT", "CREATED_AT"), columns=("ID",)),
    "AdditionalIDs": Shape(all_of(*_ADDITIONAL_KEY), never),
    "MarketingAttributes": Shape(all_of(*_ATTRIBUTE_KEY), never),
    "Campaigns": Shape(first_of("CampaignID", clean=unpadded), latest_of("LastChangeDateTime")),
    "TargetGroups": Shape(first_of("TargetGroupUUID"), latest_of("LastChangeDateTime")),
    "TargetGroupMembers": Shape(first_of("TargetGroupMemberUUID"), never),
    "ScoreValues": Shape(all_of(*_SCORE_KEY), latest_of("MarketingScoreUTCDateTime")),
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
_TARGET_GROUPS = "API_MKT_TARGET_GROUP_SRV"
_CHANGED = "LastChangeDateTime"
_SETS = {
    "ContactOriginData": EntitySet("ContactID", "OriginDataLastChgUTCDateTime", service=_CONTACTS),
    "MarketingPermissions": EntitySet("ContactID", "PermissionUTCDateTime", service=_CONTACTS),
    "AdditionalIDs": EntitySet(",".join(_ADDITIONAL_KEY), None, service=_CONTACTS),
    "MarketingAttributes": EntitySet(",".join(_ATTRIBUTE_KEY), None, service=_CONTACTS),
    "Campaigns": EntitySet("CampaignID", _CHANGED, service="API_MKT_CAMPAIGN_SRV"),
    "TargetGroups": EntitySet("TargetGroupUUID", _CHANGED, service=_TARGET_GROUPS),
    "TargetGroupMembers": EntitySet("TargetGroupMemberUUID", None, service=_TARGET_GROUPS),
    "ScoreValues": EntitySet(",".join(_SCORE_KEY), None, service="API_MKT_SCORE_SRV"),
    "Interactions": EntitySet(
        "InteractionUUID", "InteractionLastChangedDateTime", service=_INTERACTIONS
    ),
}


class MarketingOptions(CsvOptions, ODataOptions):
    """Options of sap_marketing_cloud: of its CSV files and of its services."""

    key_columns: dict[str, str] = Field(
        default_factory=dict,
        description="column that is the key, by object, where a CSV template names it otherwise",
    )
    changed_columns: dict[str, str] = Field(
        default_factory=dict, description="column with the time of change, by object, likewise"
    )


def _shape(name: str, options: Strict) -> tuple[str, Shape] | None:
    """Return the objects that customers' data comes in."""
    if name not in _SHAPES:
        return None
    shape = _SHAPES[name]
    assert isinstance(options, MarketingOptions)  # noqa: S101 - the model of this type
    key, changed = options.key_columns.get(name), options.changed_columns.get(name)
    if key is not None:
        shape = replace(shape, key=first_of(key), columns=(key,))
    return name, shape if changed is None else replace(shape, changed=latest_of(changed))


SOURCES.add(
    "sap_marketing_cloud",
    ODataSystem(
        FileSource(
            name="sap_marketing_cloud",
            summary="SAP Marketing Cloud contacts, interactions, permissions, campaigns and target "
            "groups, by OData v2, as its pages or as CSV",
            options=MarketingOptions,
            reads={".csv": read_csv, ".json": pages(ODATA)},
            shapes=_shape,
        ),
        _SETS,
    ),
)
