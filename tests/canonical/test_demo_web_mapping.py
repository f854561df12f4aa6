"""The demo's mapping of the website, on messages as Segment sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo_room import at, attributes, identifiers

if TYPE_CHECKING:
    from canonical_room import Room


WEB = {"type": "track", "timestamp": "2026-03-04T05:06:07.209+00:00", "context": {}}


def identify(traits: dict[str, Any], moment: str, user: str = "u-1") -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": user,
        "anonymousId": "anon-9",
        "timestamp": moment,
        "traits": traits,
    }


def test_a_user_is_all_that_was_said_of_them(demo_room: Room) -> None:
    first = {"email": "old@example.org", "firstName": "N.", "lastName": "Quint", "shoe": 38}
    second = {"email": "new@example.org", "firstName": "Nora", "shop_customer_id": "77"}
    demo_room.land("web", "events", "m2", identify(second, "2025-05-01T00:00:00Z"))
    demo_room.land("web", "events", "m1", identify(first, "2025-01-01T00:00:00Z"))
    demo_room.rebuild()
    assert attributes(demo_room, "web:u-1") == {"given_name": "Nora", "family_name": "Quint"}
    assert identifiers(demo_room, "web:u-1") == {
        ("source", "web:u-1"),
        ("source", "shop:77"),
        ("user_id", "u-1"),
        ("email", "old@example.org"),
        ("email", "new@example.org"),
    }
    best = "select value from silver.identifier where kind = 'email' and position = 0"
    assert demo_room.all(best) == [("new@example.org",)]
    rows = demo_room.all(
        "select record_id, party_type, changed_at, custom from silver.record order by 2"
    )
    assert rows == [
        ("web:u-1", "person", at("2025-05-01"), '{"shoe":38}'),
        ("web:anon-9", "visitor", at("2025-05-01"), "{}"),
    ]
    assert demo_room.all("select visitor_record_id, record_id from silver.visitor_link") == [
        ("web:anon-9", "web:u-1")
    ]


def test_events_belong_to_the_user_else_to_the_visitor(demo_room: Room) -> None:
    viewed = {**WEB, "event": "Product Viewed", "properties": {"sku": "P-1", "price": 2}}
    demo_room.land("web", "events", "m1", {**viewed, "anonymousId": "anon-9", "userId": None})
    demo_room.land("web", "events", "m2", {**viewed, "anonymousId": None, "userId": "u-1"})
    demo_room.land(
        "web", "events", "m2", {**viewed, "anonymousId": None, "userId": "u-1", "sentAt": "x"}
    )
    demo_room.land("web", "events", "m3", {**WEB, "type": "page", "name": "Home", "userId": "u-1"})
    demo_room.land("web", "events", "m4", {**WEB, "type": "screen", "name": "App", "userId": "u-1"})
    demo_room.land("web", "events", "m5", {**WEB, "event": "Lamp Rubbed", "userId": "u-1"})
    demo_room.land("web", "events", "m6", {**viewed, "anonymousId": None, "userId": None})
    demo_room.rebuild()
    rows = demo_room.all(
        "select interaction_id, record_id, type, subject, properties "
        "from silver.interaction order by 1"
    )
    assert rows == [
        ("web:m1", "web:anon-9", "product_viewed", "P-1", '{"sku":"P-1","price":2}'),
        ("web:m2", "web:u-1", "product_viewed", "P-1", '{"sku":"P-1","price":2}'),
        ("web:m3", "web:u-1", "page_viewed", "Home", "{}"),
        ("web:m4", "web:u-1", "screen_viewed", "App", "{}"),
        ("web:m5", "web:u-1", "Lamp Rubbed", "Lamp Rubbed", "{}"),
    ]
    assert demo_room.all("select native_id, reason from silver.quarantine") == [
        ("m6", "missing_party")
    ]
    assert demo_room.all("select superseded from silver.reconciliation") == [(1,)]


def test_group_and_alias(demo_room: Room) -> None:
    group = {"type": "group", "groupId": "c-3", "userId": "u-1", "traits": {"name": "Fabrikat"}}
    alias = {"type": "alias", "userId": "u-1"}
    stamp = {"timestamp": "2025-05-01T00:00:00Z"}
    demo_room.land("web", "events", "m1", {**group, **stamp, "anonymousId": "anon-9"})
    demo_room.land("web", "events", "m2", {**alias, **stamp, "previousId": "anon-9"})
    demo_room.land("web", "events", "m3", {**alias, **stamp, "previousId": "u-0"})
    demo_room.land(
        "web", "events", "m4", identify({"lastName": "Quint"}, stamp["timestamp"], "u-0")
    )
    demo_room.rebuild()
    assert attributes(demo_room, "web:c-3") == {"organisation_name": "Fabrikat"}
    assert demo_room.all("select record_id, other_record_id, kind from silver.relationship") == [
        ("web:u-1", "web:c-3", "contact_of")
    ]
    links = demo_room.all("select visitor_record_id, record_id from silver.visitor_link order by 2")
    assert links == [("web:anon-9", "web:u-0"), ("web:anon-9", "web:u-1")]
    # The previous id was a user's, no device's: both keys are one person's.
    assert ("source", "web:u-1") in identifiers(demo_room, "web:u-0")
