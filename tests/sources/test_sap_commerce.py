"""SAP Commerce over a real socket: in bulk and by OCC, changed, throttled, refused, interrupted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import salesforce_place
from cdp.errors import ConfigError
from simulators.odata import date
from simulators.sap_commerce import Row, Shop, serving

ROWS = 30
BULK = {
    "kind": "basic",
    "user": {"env": "BULK_USER"},
    "password": {"env": "BULK_SECRET"},
}


class Place(salesforce_place.Place):
    """An instance that reads the shop, and what it has landed, each version once."""

    def __init__(self, shop: Shop, **declared: Any) -> None:
        super().__init__(shop, **declared)  # type: ignore[arg-type] # what `declare` takes here

    def declare(self, system: Shop, **declared: Any) -> None:  # type: ignore[override] # see above
        options = {
            "sites": [system.site],
            "integration": {},
            "integration_auth": BULK,
            "compare_days": None,
        }
        self.source = {
            "type": "sap_commerce",
            "url": system.url,
            "auth": {
                "kind": "client_credentials",
                "token_url": f"{system.url}/authorizationserver/oauth/token",
                "client_id": {"env": "OCC_ID"},
                "client_secret": {"env": "OCC_SECRET"},
            },
            "limits": {"attempts": 3, "longest_wait": 0.01},
            "objects": ["orders"],
            **declared,
            "options": options | declared.get("options", {}),
        }


def at(minute: int) -> datetime:
    return datetime(2026, 6, 1) + timedelta(minutes=minute)  # noqa: DTZ001 - UTC, as the feed says


def told(minute: int) -> str:
    return f"{at(minute):%Y-%m-%dT%H:%M:%S}+0000"


def order(code: str, uid: str, minute: int, **others: Any) -> Row:
    return {
        "code": code,
        "status": "CREATED",
        "created": told(minute),
        "changed": told(minute),
        "user": {"uid": uid},
        "totalPrice": {"currencyIso": "EUR", "value": 5.0},
        **others,
    }


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in {
        "OCC_ID": "trusted",
        "OCC_SECRET": "occ-secret",
        "BULK_USER": "integrator",
        "BULK_SECRET": "bulk-secret",
    }.items():
        monkeypatch.setenv(name, value)
    shop = Shop()
    rows = shop.bulk.sets["Customers"] = []
    for number in range(1, ROWS + 1):
        uid = f"u{number:03}@example.org"
        shop.users[uid] = {"uid": uid, "name": f"User {number}", "shoeSize": 40}
        code = f"{number:04}"
        shop.orders[code] = order(code, uid, number)
        rows.append({"uid": uid, "name": f"User {number}", "modifiedtime": date(at(number))})
    with serving(shop) as running:
        yield running


def test_orders_of_the_feed_at_first_and_then_what_changed(shop: Shop) -> None:
    place = Place(shop)
    assert place.load().new == ROWS
    place.now += timedelta(days=1)
    shop.orders["0007"] |= {"status": "COMPLETED", "changed": f"{place.now:%Y-%m-%dT%H:%M:%S}+0000"}
    before = len(shop.asked)
    loaded = place.load()
    assert (loaded.new, loaded.notes, len(shop.asked) - before) == (1, [], 2)
    assert place.payloads["0007"]["status"] == "COMPLETED"


def test_orders_of_listed_users_are_found_where_the_feed_forgot_them(shop: Shop) -> None:
    for row in shop.orders.values():
        row["changed"] = ""
    shop.orders |= {f"x{n}": order(f"x{n}", "u003@example.org", 1, changed="") for n in range(5)}
    users = {"users": ["U003@example.org", "nobody@example.org"], "page_size": 2}
    place = Place(shop, options=users)
    assert (place.load().new, place.load().rows) == (6, 0)


def test_a_round_that_was_cut_short_goes_on_behind_what_was_landed(shop: Shop) -> None:
    for number in range(31, 1_001):
        shop.orders[f"{number:04}"] = order(f"{number:04}", "u001@example.org", 1)

    def fail(failing: Shop) -> None:
        if len(failing.asked) == 600:
            failing.refusals = [(503, {"retry-after": "0"}, "")] * 3

    shop.meanwhile = fail
    place = Place(shop)
    first = place.load()
    assert (0 < first.new < 1_000, "503" in first.notes[0]) == (True, True)
    shop.meanwhile = lambda _: None
    second = place.load()
    assert (first.new + second.new, second.rows <= second.new + 2) == (1_000, True)


def histories(shop: Shop) -> int:
    return sum(each.split("?")[0].endswith("/orders") for each in shop.asked)


def test_a_first_load_of_orders_is_not_begun_again_that_was_cut_short_before_any(
    shop: Shop,
) -> None:
    for row in shop.orders.values():
        row["changed"] = ""  # the feed forgot them
    logins = [f"n{number}@example.org" for number in range(120)]
    shop.users |= {login: {"uid": login} for login in logins}

    def fail(failing: Shop) -> None:
        if len(failing.asked) == 90:
            failing.refusals = [(503, {"retry-after": "0"}, "")] * 3

    shop.meanwhile = fail
    place = Place(shop, options={"users": [*logins, "u001@example.org"]})
    place.load()
    first = histories(shop)
    shop.meanwhile = lambda _: None
    assert place.load().notes == []
    assert set(place.versions) == {"0001"}
    assert first >= 60
    assert histories(shop) - first <= 121 - first + 20


def test_no_position_tells_of_a_login(shop: Shop) -> None:
    logins = [f"n{number}@example.org" for number in range(60)]
    shop.users |= {login: {"uid": login} for login in logins}
    shop.carts = {each: [{"code": f"c-{each[:3]}", "entries": []}] for each in logins}

    def fail(failing: Shop) -> None:
        if len(failing.asked) >= 55:
            failing.refusals = [(503, {"retry-after": "0"}, "")] * 3

    shop.orders.clear()
    for name in ("customers", "orders", "carts", "consents"):
        place = Place(shop, objects=[name], options={"users": logins})
        shop.asked.clear()
        shop.meanwhile = fail
        assert place.load().notes
        reached = place.cursors[name, "round"]
        assert len(reached.partition(" ")[2]) == 4
        shop.meanwhile = lambda _: None
        shop.refusals.clear()
        assert place.load().notes == []
        assert not any(
            "example" in said for of in place.cursors.items() for said in (*of[0], of[1])
        )
        assert place.cursors.keys() == {(name, "round"), (name, "changes")}


def test_a_token_that_expires_and_429_are_got_over(shop: Shop) -> None:
    shop.token_uses = 4
    shop.refusals = [(429, {"retry-after": "0"}, ""), (503, {}, "")]
    assert Place(shop).load().new == ROWS
    assert shop.tokens > 5


def test_a_wrong_secret_is_told_and_not_repeated(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setenv("OCC_SECRET", "wr0ng-one")
    place = Place(shop)
    (note,) = place.load().notes
    assert "gave no token (status 401); look at auth:" in note
    assert "wr0ng-one" not in note
    assert not place.versions


def test_an_error_of_occ_is_told_in_its_words(shop: Shop) -> None:
    (note,) = Place(shop, options={"sites": ["apparel"]}).load().notes
    assert "answered 400: InvalidResourceError: Base site apparel doesn't exist" in note


def test_users_of_the_feed_are_asked_for_and_those_that_are_gone_noticed(shop: Shop) -> None:
    shop.users["u001@example.org"]["addresses"] = [{"town": "Rouen"}]
    place = Place(shop, objects=["customers"])
    assert place.load().new == ROWS
    assert place.payloads["u001@example.org"]["addresses"] == [{"town": "Rouen"}]
    assert place.payloads["u001@example.org"]["shoeSize"] == 40
    place.now += timedelta(days=1)
    del shop.users["u002@example.org"]
    shop.orders["0002"]["changed"] = f"{place.now:%Y-%m-%dT%H:%M:%S}+0000"
    place.load()
    assert place.gone == ["u002@example.org"]


def test_no_login_stands_in_an_error(shop: Shop) -> None:
    told = '{"errors":[{"type":"Error","message":"nothing of U001@example.org"}]}'

    def fail(failing: Shop) -> None:
        failing.refusals = [(500, {}, told)] * 3

    shop.orders.clear()
    shop.meanwhile = fail  # after the answer of the feed
    place = Place(shop, objects=["customers"], options={"users": ["u001@example.org"]})
    (note,) = place.load().notes
    assert "/users/… answered 500" in note
    assert "u001" not in note.lower()


def test_a_shop_that_knows_nobody_any_more_is_not_believed(shop: Shop) -> None:
    logins = [f"n{number}@example.org" for number in range(150)]
    shop.orders.clear()
    shop.users |= {login: {"uid": login} for login in logins}
    place = Place(shop, objects=["customers"], options={"users": logins})
    assert place.load().new == 150
    shop.users.clear()
    (note,) = place.load().notes
    assert "customers no more, which looks like another shop" in note
    assert len(place.gone) <= 100
    shop.users |= {login: {"uid": login} for login in logins}
    place.load()  # to the end of that round
    place.load()
    assert place.gone == []


def test_carts_are_dated_by_what_was_seen_and_gone_when_they_are_no_more(shop: Shop) -> None:
    shop.carts["u001@example.org"] = [{"code": "c1", "entries": [{"quantity": 1}]}]
    place = Place(shop, objects=["carts"])
    assert place.load().new == 1
    first = place.payloads["c1"]["creationtime"]
    place.now += timedelta(days=1)
    assert place.load().new == 0
    shop.carts["u001@example.org"][0] = {"code": "c1", "entries": [{"quantity": 2}]}
    assert place.load().new == 1
    cart = place.payloads["c1"]
    assert (cart["creationtime"], cart["modifiedtime"] > first) == (first, True)
    place.now += timedelta(days=1)
    shop.carts.clear()
    before = len(shop.asked)
    assert (place.load().notes, place.gone) == ([], ["c1"])
    # The feed, and the one user who had a cart: nobody else changed.
    assert len(shop.asked) - before == 2


def test_consents_come_with_their_template_and_times(shop: Shop) -> None:
    said = {"code": "k1", "consentGivenDate": told(1), "consentWithdrawnDate": told(9)}
    asked = {"id": "MARKETING_NEWSLETTER", "version": 2, "currentConsent": said}
    shop.consents["u001@example.org"] = [asked, {"id": "PROFILE", "version": 0}]
    place = Place(shop, objects=["consents"])
    assert place.load().new == 1
    consent = place.payloads["k1"]
    assert consent["consentTemplate"]["version"] == 2
    assert consent["customer"] == {"uid": "u001@example.org"}


def test_integration_objects_come_in_bulk_and_say_who_is_asked_by_occ(shop: Shop) -> None:
    shop.carts["u001@example.org"] = [{"code": "c1", "entries": []}]
    bulk = {"customers": "CdpCustomer/Customers"}
    place = Place(
        shop,
        objects=["customers", "carts"],
        options={"integration": bulk, "page_size": 7, "compare_days": 0},
    )
    assert place.load().new == ROWS + 1
    place.now += timedelta(days=1)
    shop.bulk.sets["Customers"][4] |= {"modifiedtime": date(place.now), "name": "Changed"}
    before = len(shop.asked)
    place.source["objects"] = ["carts"]
    assert (place.load().notes, len(shop.asked) - before) == ([], 2)  # who changed or had a cart
    place.source["objects"] = ["customers"]
    del place.versions["c1"]  # of another object
    del shop.bulk.sets["Customers"][8]
    loaded = place.load()
    assert (loaded.new, place.gone) == (2, ["u009@example.org"])
    assert "__metadata" not in place.payloads["u001@example.org"]


def test_what_there_is_no_way_to_is_told(shop: Shop) -> None:
    place = Place(shop, objects=["orders"], options={"sites": []})
    with pytest.raises(ConfigError, match=r"no way to orders: name its integration object"):
        place.load()


def test_logins_of_a_file_are_asked_for_and_one_that_is_missing_is_told(
    shop: Shop, tmp_path: Any
) -> None:
    listed = tmp_path / "logins.txt"
    listed.write_text("u001@example.org\n\n", "utf-8")
    options = {"users_file": str(listed), "users": ["u002@example.org"]}
    shop.orders.clear()
    assert Place(shop, objects=["customers"], options=options).load().new == 2


def test_carts_of_integration_objects_are_looked_for_each_time_and_orders_never(
    shop: Shop,
) -> None:
    carts = [{"code": f"c{n}", "modifiedtime": date(at(n))} for n in range(200)]
    shop.bulk.sets["Carts"] = carts
    place = Place(
        shop,
        objects=["carts"],
        options={"integration": {"carts": "CdpCart/Carts"}, "compare_days": 7},
    )
    place.load()
    del carts[:150]
    assert (place.load().notes, len(place.gone)) == ([], 150)
    shop.bulk.sets["Orders"] = [{"code": f"o{n}", "modifiedtime": date(at(n))} for n in range(9)]
    place = Place(shop, options={"integration": {"orders": "CdpOrder/Orders"}, "compare_days": 0})
    assert place.load().new == 9
    shop.bulk.sets["Orders"].clear()
    assert (place.load().new, place.gone) == (0, [])
