"""A shop of Shopify over a real socket: all, what changed, throttled, refused, interrupted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cdp.errors import ConfigError
from cdp.sources import SourceInstance
from shopify_place import Place, address, custom, line, money, order, person
from simulators.shopify import serving
from simulators.shopify_shop import Shop

PEOPLE = 40


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("SHOP_TOKEN", "shpat-secret")
    shop = Shop()
    for number in range(1, PEOPLE + 1):
        shop.now += timedelta(minutes=1)
        shop.put("customers", number, **person(number))
    with serving(shop) as running:
        yield running


@pytest.fixture
def place(shop: Shop) -> Place:
    return Place(shop)


def questions(shop: Shop, words: str) -> list[str]:
    return [each for each in shop.asked if words in each]


@pytest.mark.parametrize("method", ["pages", "bulk"])
def test_everything_at_first_and_then_what_changed(shop: Shop, method: str) -> None:
    place = Place(shop, options={"method": method, "bulk_bytes": 2_000})
    assert (place.load().new, place.load().new) == (PEOPLE, 0)
    shop.now += timedelta(hours=1)
    shop.put("customers", 7, lastName="Changed")
    shop.put("customers", 1_000, **person(1_000))
    changed = place.load()
    assert (changed.new, changed.rows < PEOPLE, changed.notes) == (2, True, [])
    assert place.payloads["7"]["lastName"] == "Changed"
    assert not shop.leaked


def test_a_row_is_the_same_whichever_way_it_is_read(shop: Shop) -> None:
    inside = {
        "addressesV2": [address(n) for n in range(1, 4)],
        "metafields": [custom("loyalty", "tier", "gold"), custom("app", "size", 38)],
    }
    shop.put("customers", 7, **inside)
    place = Place(shop, options={"method": "bulk", "bulk_bytes": 512})  # less than row 7 has
    assert place.load().new == PEOPLE
    place.declare(shop, options={"method": "pages", "overlap_minutes": 99_999, "inner_size": 2})
    again = place.load()
    assert (again.rows, again.new) == (PEOPLE, 0)
    assert len(place.payloads["7"]["addressesV2"]["nodes"]) == 3


def test_many_rows_go_in_bulk_and_few_do_not(shop: Shop) -> None:
    shop.put("orders", 1, **order(1, "5.00", line(1, "P", 1, "5.00")))
    place = Place(shop, objects=["customers", "orders"], options={"bulk_from": PEOPLE})
    assert place.load().new == PEOPLE + 1
    assert len(shop.operations) == 1


def test_lines_beyond_those_that_came_with_the_order_are_asked_for(shop: Shop) -> None:
    lines = [line(number, f"P-{number}", 1, "1.00") for number in range(1, 8)]
    shop.put("orders", 1, **order(1, "7.00", *lines))
    place = Place(shop, objects=["orders"], options={"inner_size": 3})
    place.load()
    nodes = place.payloads["1"]["lineItems"]["nodes"]
    assert [each["sku"] for each in nodes] == [f"P-{number}" for number in range(1, 8)]
    assert '"size": 125' in questions(shop, "... on Order")[-1]  # 250 lines would cost too much


def test_metafields_are_custom_fields_by_their_names(place: Place, shop: Shop) -> None:
    found = [custom("loyalty", "tier", "gold"), custom("app", "size", 38)]
    shop.put("customers", 7, metafields=found)
    place.load()
    assert place.payloads["7"]["metafields"] == {"loyalty.tier": "gold", "app.size": 38}


def test_a_page_that_costs_too_much_is_asked_for_in_fewer_rows(place: Place, shop: Shop) -> None:
    assert place.load().new == PEOPLE
    sizes = [each.partition('"size": ')[2].rstrip("}") for each in questions(shop, "customers(")]
    assert sizes[0] == "50"
    assert 1 <= int(sizes[-1]) < 50


def test_a_throttled_question_is_asked_again_when_it_can_be_paid(shop: Shop) -> None:
    shop.most = shop.left = 100
    shop.rate = 2_000
    place = Place(shop, options={"page_size": 5, "inner_size": 1})
    assert (place.load().new, place.load().notes) == (PEOPLE, [])
    assert len(questions(shop, "customers(")) >= PEOPLE // 5
    assert shop.throttled <= 2  # once of each load: from then on it is known what a page costs


def test_a_shop_whose_points_others_use_up_is_left_for_the_next_run(
    place: Place, shop: Shop
) -> None:
    shop.left, shop.rate = 0, 0.001
    (note,) = place.load().notes
    assert "was refused with THROTTLED: Throttled; its points are used up by others" in note
    shop.left = 20_000
    assert place.load().new == PEOPLE


def test_429_and_503_are_asked_again(place: Place, shop: Shop) -> None:
    shop.refusals = [(429, {"retry-after": "0"}, ""), (503, {}, "")]
    assert place.load().new == PEOPLE


def fail_after(shop: Shop, answers: int) -> None:
    end = len(shop.asked) + answers

    def fail(failing: Shop) -> None:
        if len(failing.asked) == end:
            failing.refusals = [(500, {}, "")] * 3

    shop.meanwhile = fail


def test_an_interrupted_walk_goes_on_where_it_stood(shop: Shop) -> None:
    place = Place(shop, options={"page_size": 1, "overlap_minutes": 1})
    fail_after(shop, 30)
    first = place.load()
    assert 0 < first.new < PEOPLE
    assert "500" in first.notes[0]
    shop.meanwhile = lambda _: None
    second = place.load()
    assert (first.new + second.new, second.rows < PEOPLE) == (PEOPLE, True)


def test_an_interrupted_bulk_operation_goes_on_in_its_file(shop: Shop) -> None:
    place = Place(shop, options={"method": "bulk", "bulk_bytes": 2_000})
    fail_after(shop, 8)
    first = place.load()
    assert 0 < first.new < PEOPLE
    assert (
        "the bulk operation of customers wrote a file that is answered with 500" in first.notes[0]
    )
    shop.meanwhile = lambda _: None
    assert place.load().new == PEOPLE - first.new
    assert len(shop.operations) == 1
    begins = [each.partition("bytes=")[2].partition("-")[0] for each in questions(shop, "/files/")]
    assert begins.count("0") == 1


def test_a_file_that_is_given_whole_is_read_as_well(shop: Shop) -> None:
    shop.ignores_ranges = True
    assert Place(shop, options={"method": "bulk"}).load().new == PEOPLE


def test_a_bulk_operation_without_rows_is_over_at_once(shop: Shop) -> None:
    place = Place(shop, objects=["products"], options={"method": "bulk"})
    assert (place.load().rows, place.load().notes, len(shop.operations)) == (0, [], 1)


def test_a_bulk_operation_that_takes_too_long_is_waited_for_by_the_next_run(shop: Shop) -> None:
    shop.looks = 99
    options = {"method": "bulk", "bulk_wait_minutes": 0.0001}
    place = Place(shop, options=options)
    (note,) = place.load().notes
    assert "of customers is not done yet; the next run goes on waiting for it" in note
    next(iter(shop.operations.values())).looks = 0
    assert place.load().new == PEOPLE
    assert len(shop.operations) == 1


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_a_bulk_operation_that_failed_is_begun_anew(shop: Shop, is_forgotten: bool) -> None:
    shop.bulk_fails = "TIMEOUT"
    place = Place(shop, options={"method": "bulk"})
    (note,) = place.load().notes
    assert "ended as FAILED: TIMEOUT; the next run begins a new one" in note
    shop.bulk_fails = None
    if is_forgotten:
        shop.operations.clear()
    else:
        next(iter(shop.operations.values())).told["status"] = "EXPIRED"
        next(iter(shop.operations.values())).looks = 99
    assert place.load().new == PEOPLE


def test_a_file_that_is_gone_is_written_anew(shop: Shop) -> None:
    place = Place(shop, options={"method": "bulk"})
    shop.is_cleared = True
    (note,) = place.load().notes
    assert "wrote a file that is there no more; the next run begins a new one" in note
    shop.is_cleared = False
    assert place.load().new == PEOPLE
    assert len(shop.operations) == 2


def test_another_bulk_operation_is_waited_for(shop: Shop) -> None:
    shop.is_busy = True
    place = Place(shop, options={"method": "bulk", "bulk_wait_minutes": 0.0001})
    (note,) = place.load().notes
    assert "has to wait for another one of this app; the next run tries again" in note
    shop.is_busy = False
    assert place.load().new == PEOPLE


def test_what_is_deleted_is_found_by_comparing_keys(shop: Shop) -> None:
    place = Place(shop, options={"compare_days": 0})
    place.load()
    key = shop.put("customers", 7)
    place.load()
    del shop.tables["customers"][key]
    assert place.load().new == 1
    assert place.gone == ["7"]
    shop.now += timedelta(hours=1)
    shop.put("customers", 7, **person(7))
    place.load()
    assert place.gone == []


def test_orders_that_get_out_of_sight_are_not_taken_for_deleted(shop: Shop) -> None:
    shop.scopes.remove("read_all_orders")
    key = shop.put("orders", 1, **order(1, "5.00"))
    place = Place(shop, objects=["orders"], options={"compare_days": 0})
    (note,) = place.load().notes
    assert "lacks read_all_orders" in note
    del shop.tables["orders"][key]
    assert place.load().new == 0
    assert place.gone == []


def test_carts_that_the_shop_clears_away_are_kept(shop: Shop) -> None:
    key = cart(shop, 1)
    place = Place(shop, objects=["abandonedCheckouts"], options={"compare_days": 0})
    assert place.load().new == 1
    del shop.tables["abandonedCheckouts"][key]
    cart(shop, 2)
    assert place.load().new == 1
    assert place.gone == []


def cart(shop: Shop, number: int) -> str:
    shop.now += timedelta(minutes=1)
    told = {"name": f"#C{number}", "totalPriceSet": money("5.00"), "discountCodes": []}
    return shop.put("abandonedCheckouts", number, **told, abandonedCheckoutUrl="https://x.example")


def test_what_the_app_may_not_read_is_left_aside_and_told(shop: Shop) -> None:
    shop.scopes -= {"read_orders", "read_all_orders"}
    place = Place(shop, objects=None)
    loaded = place.load()
    assert loaded.new == PEOPLE
    (note,) = loaded.notes
    assert "left aside, since the app lacks read_orders: orders, abandonedCheckouts" in note


def test_what_is_named_and_may_not_be_read_fails_and_leaves_the_others(shop: Shop) -> None:
    shop.scopes.remove("read_products")
    place = Place(shop, objects=["products", "customers"])
    loaded = place.load()
    assert loaded.new == PEOPLE
    (note,) = loaded.notes
    assert "was refused with ACCESS_DENIED: Access denied for products" in note
    assert "give the app the access scope" in note


def test_a_field_that_the_shop_does_not_have_is_not_asked_for(shop: Shop) -> None:
    fields = {"customers": ["Shoe", "defaultAddress {id}"]}
    place = Place(shop, options={"fields": fields})
    assert place.load().new == PEOPLE
    shop.extra = {"Customer": ("Shoe",)}
    shop.now += timedelta(hours=1)
    shop.put("customers", 7, Shoe="38")
    place.load()
    assert place.payloads["7"]["Shoe"] == "38"


def test_an_error_of_a_question_is_told_as_one(shop: Shop) -> None:
    place = Place(shop, options={"fields": {"customers": ["amountSpent {cents}"]}})
    (note,) = place.load().notes
    assert "customers was refused with undefinedField: Cannot query field 'cents'" in note
    assert "correct options.fields and options.api_version" in note


@pytest.mark.parametrize("kind", ["header", "bearer"])
def test_a_wrong_token_is_told_and_not_repeated(shop: Shop, monkeypatch: Any, kind: str) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "shpat-wrong")
    place = Place(shop)
    if kind == "bearer":
        place.source["auth"] = {"kind": "bearer", "token": {"env": "SHOP_TOKEN"}}
    (note,) = place.load().notes
    assert "401" in note
    assert "Invalid API key or access token" in note
    assert "the credentials were refused" in note
    assert "shpat-wrong" not in note
    assert not place.versions


def test_a_token_is_got_for_the_apps_client(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setenv("SHOP_ID", "app")
    monkeypatch.setenv("SHOP_SECRET", "app-secret")
    auth = {
        "kind": "client_credentials",
        "token_url": f"{shop.url}/admin/oauth/access_token",
        "client_id": {"env": "SHOP_ID"},
        "client_secret": {"env": "SHOP_SECRET"},
    }
    place = Place(shop, auth=auth)
    assert place.load().new == PEOPLE
    monkeypatch.setenv("SHOP_SECRET", "app-wrong")
    (note,) = place.load().notes
    assert "gave no token (status 400)" in note
    assert "app-wrong" not in note


def test_a_version_that_is_none_is_told(shop: Shop) -> None:
    (note,) = Place(shop, options={"api_version": "2019-10"}).load().notes
    assert "answered 404" in note
    assert "Not Found" in note


def test_objects_that_a_shop_does_not_have_are_told(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="objects: names people, but a shop has none"):
        Place(shop, objects=["people"]).load()


@pytest.mark.parametrize("field", ["a}", "x {y", "id) {x", "a {b(first: 1)}", "…"])
def test_nothing_but_fields_gets_into_a_query(shop: Shop, field: str) -> None:
    place = Place(shop, options={"fields": {"customers": [field]}})
    with pytest.raises(ValueError, match="fields"):
        SourceInstance.model_validate(place.source)
