"""The shipped mappings of C4C and Marketing Cloud beside parties: quotes, tickets, permissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdp.canonical.chosen import shipped_text

if TYPE_CHECKING:
    from canonical_room import Room


@pytest.fixture
def both(room: Room) -> Room:
    for name in ("sap_c4c", "sap_marketing_cloud"):
        room.maps(name, shipped_text(name))
    return room


def land(room: Room, source: str, name: str, key: str, **payload: Any) -> None:
    room.land(source, name, key, payload)


def test_quotes_and_tickets_of_the_crm(both: Room) -> None:
    at = "/Date(1577836800000)/"
    land(
        both,
        "sap_c4c",
        "SalesQuoteCollection",
        "7",
        BuyerPartyID="1000",
        CreationDateTime=at,
        LifeCycleStatusCode="4",
        NetAmount="12.50",
        NetAmountCurrencyCode="EUR",
    )
    land(
        both,
        "sap_c4c",
        "ServiceRequestCollection",
        "8",
        BuyerPartyID="1000",
        BuyerMainContactPartyID="2000",
        CreationDateTime=at,
        ServiceRequestLifeCycleStatusCode="9",
        Name="Broken",
    )
    both.rebuild()
    quotes = both.all(
        "select record_id, account_record_id, status, amount::varchar from silver.quote"
    )
    assert quotes == [("sap_c4c:1000", "sap_c4c:1000", "won", "12.50")]
    tickets = both.all("select record_id, account_record_id, status, subject from silver.ticket")
    assert tickets == [("sap_c4c:2000", "sap_c4c:1000", "open", "Broken")]
    assert both.all("select * from silver.quarantine") == []


def test_a_registered_product_is_its_owners_wherever_it_stands_in_the_list(both: Room) -> None:
    parties = [{"RoleCode": "43", "PartyID": "8000"}, {"RoleCode": "60", "PartyID": "1000"}]
    land(
        both,
        "sap_c4c",
        "RegisteredProductCollection",
        "9",
        ProductID="P-1",
        SerialID="SN-9",
        Status="2",
        ReferenceDate="/Date(1577836800000)/",
        RegisteredProductPartyInformation={"results": parties},
    )
    both.rebuild()
    found = both.all(
        "select record_id, status, number, serial_number, bought_on::varchar from silver.asset"
    )
    assert found == [("sap_c4c:1000", "active", "P-1", "SN-9", "2020-01-01")]
    assert both.all("select * from silver.quarantine") == []


def test_permissions_of_the_crm_by_channel_and_type(both: Room) -> None:
    rows = [{"Channel": "INT", "Consent": "1"}, {"Channel": "TEL", "Consent": "2"}]
    land(
        both,
        "sap_c4c",
        "MarketingPermissionCollection",
        "A",
        BusinessPartnerID="2000",
        EntityLastChangedOn="/Date(1577836800000)/",
        ChannelPermission={"results": [*rows, {"Channel": "FAX", "Consent": "1"}]},
        CommunicationTypePermission={
            "results": [{"CommunicationTypeCode": "NEWS", "SubscribedIndicator": True}]
        },
    )
    both.rebuild()
    found = both.all("select record_id, channel, category, state from silver.consent order by all")
    assert found == [
        ("sap_c4c:2000", "email", "NEWS", "granted"),
        ("sap_c4c:2000", "email", "any", "granted"),
        ("sap_c4c:2000", "phone", "any", "denied"),
    ]


def test_what_hangs_below_a_marketing_contact(both: Room) -> None:
    source, contact = "sap_marketing_cloud", {"ContactOrigin": "SAP_X", "ContactID": "7"}
    land(both, source, "ContactOriginData", "7", **contact, FullName="Ada Quint", IsObsolete="true")
    additional = {**contact, "InteractionContactAdditionalOrigin": "EMAIL"}
    land(
        both, source, "AdditionalIDs", "a", **additional, ContactAdditionalExternalID="a@x.example"
    )
    land(
        both,
        source,
        "AdditionalIDs",
        "b",
        **additional,
        ContactAdditionalExternalID="b@x.example",
        IntactnContactAddlIDIsInvalid=True,
    )
    land(
        both,
        source,
        "MarketingAttributes",
        "c",
        **contact,
        MarketingAttributeCategory="HOBBY",
        MarketingAttributeValue="CHESS",
    )
    land(
        both,
        source,
        "ScoreValues",
        "e",
        MarketingScore="SENTIMENT",
        MarketingScoredObjectOrigin="SAP_X",
        MarketingScoredObjectID="7",
        MarketingScoreValue="0.8",
        MarketingScoreUTCDateTime="/Date(1577836800000)/",
    )
    both.rebuild()
    key = f"{source}:7"
    assert both.all("select record_id, status from silver.record") == [(key, "obsolete")]
    emails = both.all("select record_id, value from silver.identifier where kind = 'email'")
    assert emails == [(key, "a@x.example")]
    assert both.all("select record_id, role, scope from silver.party_role order by all") == [
        (key, "marketing_attribute", "HOBBY=CHESS"),
    ]
    ((owner, subject, properties),) = both.all(
        "select record_id, subject, properties from silver.interaction"
    )
    assert (owner, subject) == (key, "SENTIMENT")
    assert json.loads(properties)["MarketingScoreValue"] == "0.8"


def test_campaigns_of_marketing_are_what_interactions_point_to(both: Room) -> None:
    source, at = "sap_marketing_cloud", "/Date(1577836800000)/"
    campaign = {"CampaignID": "0000000814", "CampaignName": "Winter", "LifecycleStatus": "02"}
    dates = {"CampaignStartDate": at, "CreationDateTime": at, "ZZ_Theme": "snow"}
    land(both, source, "Campaigns", "uuid-1", CampaignUUID="uuid-1", **campaign, **dates)
    opened = {"InteractionType": "EMAIL_OPENED", "CommunicationMedium": "EMAIL"}
    who = {"InteractionContactOrigin": "SAP_C4C_BUPA", "InteractionContactId": "7"}
    moment = {"InteractionTimeStampUTC": at, "CampaignID": "0000000814"}
    land(both, source, "Interactions", "i", **opened, **who, **moment)
    both.rebuild()
    assert both.all(
        "select campaign_id, source, campaign, name, status, starts_at::date::varchar, "
        "budget, custom from silver.campaign"
    ) == [
        (
            "sap_marketing_cloud:814",
            source,
            "814",
            "Winter",
            "active",
            "2020-01-01",
            None,
            '{"ZZ_Theme":"snow"}',
        )
    ]
    assert both.all("select campaign from silver.interaction") == [("814",)]
    assert both.all("select * from silver.quarantine") == []


def test_target_groups_of_marketing_with_their_members(both: Room) -> None:
    source = "sap_marketing_cloud"
    group = {"TargetGroupUUID": "g-1", "TargetGroup": "42", "Name": "Skiers", "MemberCount": 2}
    land(both, source, "TargetGroups", "g-1", **group, LifeCycleStatus="2", IsControlGroup="")
    member = {"TargetGroupUUID": "g-1", "InteractionContactOrigin": "SAP_C4C_BUPA"}
    land(both, source, "TargetGroupMembers", "m-1", InteractionContactId="7", **member)
    member["InteractionContactOrigin"] = "EMAIL"
    land(both, source, "TargetGroupMembers", "m-2", InteractionContactId="A@x.example", **member)
    both.rebuild()
    assert both.all(
        "select target_group_id, name, status, is_control_group, size from silver.target_group"
    ) == [("sap_marketing_cloud:g-1", "Skiers", "active", None, 2)]
    assert both.all(
        "select target_group_id, record_id, ref_kind, ref_value "
        "from silver.target_group_member order by target_group_member_id"
    ) == [
        ("sap_marketing_cloud:g-1", "sap_marketing_cloud:7", None, None),
        ("sap_marketing_cloud:g-1", None, "email", "a@x.example"),
    ]
    assert both.all("select * from silver.quarantine") == []


def test_a_group_of_partners_in_the_crm_is_neither_person_nor_company(both: Room) -> None:
    numbers = {"BusinessPartnerID": "0000000300", "CategoryCode": "3"}
    land(both, "sap_c4c", "BusinessPartnerCollection", "A", **numbers, Name="Chess club Ghent")
    land(
        both,
        "sap_c4c",
        "BusinessPartnerCollection",
        "B",
        BusinessPartnerID="2000",
        CategoryCode="1",
        Name="Ann Maes",
    )
    ends = {"FirstBusinessPartnerID": "0000000300", "SecondBusinessPartnerID": "2000"}
    land(both, "sap_c4c", "BusinessPartnerRelationshipCollection", "C", **ends, RoleCode="BUR024")
    both.rebuild()
    assert both.all("select record_id, party_type from silver.record") == [("sap_c4c:300", "group")]
    assert both.all("select value from silver.attribute") == [("Chess club Ghent",)]
    assert both.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("sap_c4c:2000", "sap_c4c:300", "member_of")
    ]
