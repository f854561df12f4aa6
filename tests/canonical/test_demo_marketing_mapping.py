"""The demo's mappings of permissions and newsletters, as SAP and Salesforce send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo_room import at

if TYPE_CHECKING:
    from canonical_room import Room


def test_marketing_permissions_as_odata(demo_room: Room) -> None:
    payload = {
        "ContactOrigin": "SAP_C4C_BUPA",
        "ContactID": "2000417",
        "ContactPermissionOrigin": "EMAIL",
        "ContactPermissionID": "Nora.Quint@example.org",
        "CommunicationMedium": "EMAIL",
        "CommunicationCategory": "",
        "ContactPermission": "Y",
        "PermissionUTCDateTime": "/Date(1740900000000+0000)/",
        "PermissionSourceCommMedium": "WEB",
        "PermissionSourceObject": "form-88",
        "PermissionSourceObjectType": "LANDING_PAGE",
        "PermissionIsExplicit": True,
    }
    demo_room.land("marketing", "MarketingPermissions", "a", payload)
    demo_room.land(
        "marketing", "MarketingPermissions", "b", {**payload, "PermissionIsExplicit": False}
    )
    demo_room.rebuild()
    rows = demo_room.all(
        "select contact_value, channel, category, state, provable, given_at "
        "from silver.consent order by provable"
    )
    usual = ("nora.quint@example.org", "email", "any", "granted")
    assert rows == [
        (*usual, False, at("2025-03-02T07:20:00")),
        (*usual, True, at("2025-03-02T07:20:00")),
    ]
    proof = demo_room.all("select proof from silver.consent where provable")
    assert proof == [("WEB / LANDING_PAGE / form-88",)]


def test_a_newsletter_click_is_in_the_accounts_zone(demo_room: Room) -> None:
    payload = {
        "SendID": "5501",
        "SubscriberKey": "P-417",
        "EmailAddress": "nora@example.org",
        "EventDate": "3/3/2025 11:07:02 AM",
        "URL": "https://shop.example.org/p/110",
    }
    demo_room.land("newsletter", "Clicks", "a", payload)
    demo_room.land("newsletter", "Opens", "b", {**payload, "SubscriberKey": "Nora@example.org"})
    demo_room.rebuild()
    rows = demo_room.all(
        "select type, occurred_at, ref_kind, ref_value, subject "
        "from silver.interaction order by type"
    )
    assert rows == [
        (
            "email_clicked",
            at("2025-03-03T17:07:02"),
            "source",
            "marketing:P-417",
            "https://shop.example.org/p/110",
        ),
        ("email_opened", at("2025-03-03T17:07:02"), "email", "nora@example.org", None),
    ]


def test_what_came_back_and_who_wants_no_more_is_known_of_newsletters(demo_room: Room) -> None:
    payload = {
        "SendID": "5501",
        "SubscriberKey": "P-417",
        "EmailAddress": "Nora@example.org",
        "EventDate": "3/3/2025 11:07:02 AM",
    }
    for name, key, more in (
        ("Bounces", "a", {"BounceCategory": "Hard bounce", "SMTPCode": "550"}),
        ("Bounces", "b", {"BounceCategory": "Soft bounce", "SMTPCode": "450"}),
        ("Unsubs", "c", {}),
        ("NotSent", "d", {}),
        ("Complaints", "e", {}),
    ):
        demo_room.land("newsletter", name, key, payload | more)
    demo_room.rebuild()
    assert demo_room.all("select type, subject from silver.interaction order by type") == [
        ("email_bounced", "Soft bounce"),
        ("email_complained", None),
        ("email_hard_bounced", "Hard bounce"),
        ("email_not_sent", None),
        ("email_unsubscribed", None),
    ]
    stated = "contact_kind, contact_value, channel, category, state, given_at, provable"
    assert demo_room.all(f"select {stated} from silver.consent") == [  # noqa: S608 - of this test
        ("email", "nora@example.org", "email", "any", "denied", at("2025-03-03T17:07:02"), True)
    ]
