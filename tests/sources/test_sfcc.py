"""B2C Commerce over a real socket: all, what changed, capped, throttled, refused, interrupted."""

from collections.abc import Iterator
from typing import Any

import pytest

import salesforce_place
from cdp.errors import ConfigError
from cdp.sources import SourceInstance
from sfcc_place import HOME, customer, line, order
from simulators.sfcc import ORGANIZATION, TENANT, Instance, serving

ROWS = 40


class Place(salesforce_place.Place):
    """An instance that reads the shop, and what it has landed, each version once."""

    def __init__(self, shop: Instance, **declared: Any) -> None:
        super().__init__(shop, **declared)  # type: ignore[arg-type] # what `declare` takes here

    def declare(self, system: Instance, **declared: Any) -> None:  # type: ignore[override] # see above
        options = {"organization": ORGANIZATION, "sites": ["RefArch"], "compare_days": None}
        self.source = {
            "type": "sfcc",
            "url": system.url,
            "auth": {
                "kind": "client_credentials",
                "token_url": f"{system.url}/dwsso/oauth2/access_token",
                "client_id": {"env": "SHOP_ID"},
                "client_secret": {"env": "SHOP_SECRET"},
            },
            "limits": {"attempts": 3, "longest_wait": 0.01},
            "objects": ["orders"],
            **declared,
            "options": options | declared.get("options", {}),
        }


def at(minute: int) -> str:
    return f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00.000Z"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.setenv("SHOP_ID", "client")
    monkeypatch.setenv("SHOP_SECRET", "am-secret")
    shop = Instance()
    for number in range(1, ROWS + 1):
        bought = order(f"{number:04}", "7", line("P-1", 1, 5.0), lastModified=at(number))
        shop.orders["RefArch"].append(bought)
        shop.customers.append(customer(str(number), lastModified=at(number)))
    with serving(shop) as running:
        yield running


@pytest.fixture
def place(shop: Instance) -> Place:
    return Place(shop)


def change(shop: Instance, index: int, minute: int, **others: Any) -> None:
    rows = shop.orders["RefArch"]
    rows[index] = {**rows[index], "lastModified": at(minute), **others}


@pytest.mark.parametrize("size", [200, 7, 1])
def test_everything_at_first_and_then_what_changed(shop: Instance, size: int) -> None:
    place = Place(shop, options={"page_size": size})
    assert (place.load().new, place.load().new) == (ROWS, 0)
    change(shop, 6, 600, status="completed")
    shop.orders["RefArch"].append(order("9999", None, line("P", 1, 1.0), lastModified=at(601)))
    changed = place.load()
    assert (changed.new, changed.rows < ROWS, changed.notes) == (2, True, [])
    assert place.payloads["0007"]["status"] == "completed"


def test_the_cap_of_the_count_is_never_reached(shop: Instance) -> None:
    shop.most = 20
    place = Place(shop, options={"page_size": 10, "most_rows": 200})
    assert (place.load().new, place.load().notes) == (ROWS, [])


def test_rows_of_one_moment_are_counted_through(shop: Instance) -> None:
    for row in shop.orders["RefArch"]:
        row["lastModified"] = at(1)
    place = Place(shop, options={"page_size": 7})
    assert (place.load().new, place.load().new) == (ROWS, 0)


def test_too_many_rows_of_one_moment_are_told(shop: Instance) -> None:
    rows = [order(f"{n}", "7", line("P", 1, 1.0), lastModified=at(1)) for n in range(300)]
    shop.orders["RefArch"] = rows
    (note,) = Place(shop, options={"page_size": 100, "most_rows": 200}).load().notes
    assert "orders has more than 200 rows that changed at 2026-01-01T00:01:00.000Z" in note
    assert "export them as XML" in note


def test_a_row_that_changes_while_it_is_read_hides_no_other(shop: Instance) -> None:
    def move(moved: Instance) -> None:
        if len(moved.asked) == 2:
            change(moved, 2, 500)

    shop.meanwhile = move
    place = Place(shop, options={"page_size": 5})
    place.load()
    assert len(place.versions) == ROWS
    assert place.payloads["0003"]["lastModified"] == at(500)


def test_sites_have_a_position_each(shop: Instance) -> None:
    other = [order("B-1", "7", line("P", 1, 1.0), lastModified="2020-01-01T00:00:00.000Z")]
    shop.orders["Outlet"] = other
    place = Place(shop, options={"sites": ["RefArch", "Gone", "Outlet"]})
    loaded = place.load()
    assert loaded.new == ROWS + 1
    (note,) = loaded.notes
    assert "Site Not Found: No site with ID 'Gone' was found." in note
    shop.orders["Outlet"].append({**other[0], "orderNo": "B-2"})
    place.declare(shop, options={"sites": ["RefArch", "Outlet"]})
    assert place.load().new == 1


def test_a_token_that_ends_in_mid_walk_is_renewed(shop: Instance) -> None:
    shop.token_uses = 3
    place = Place(shop, options={"page_size": 5})
    assert (place.load().new, place.load().notes) == (ROWS, [])
    assert len(shop.granted) > 3
    assert set(shop.granted) == {f"{TENANT} sfcc.orders"}


def test_429_and_503_are_asked_again_and_a_busy_instance_more_slowly(shop: Instance) -> None:
    shop.refusals = [(429, {"retry-after": "0"}, ""), (503, {"sfdc_load": "97"}, "")]
    shop.load = "THROTTLE"
    assert Place(shop, options={"load_pause_seconds": 0.001}).load().new == ROWS


def test_an_interrupted_walk_goes_on_where_it_stood(shop: Instance) -> None:
    def fail(failing: Instance) -> None:
        if len(failing.asked) == 4:
            failing.refusals = [(500, {}, "")] * 3

    shop.meanwhile = fail
    place = Place(shop, options={"page_size": 5, "overlap_minutes": 1})
    first = place.load()
    assert 0 < first.new < ROWS
    assert "500" in first.notes[0]
    shop.meanwhile = lambda _: None
    second = place.load()
    assert (first.new + second.new, second.rows < ROWS) == (ROWS, True)


def test_customers_are_searched_compared_and_deleted(shop: Instance) -> None:
    place = Place(shop, objects=["customers"], options={"page_size": 7, "compare_days": 0})
    assert place.load().new == ROWS
    del shop.customers[6]
    assert place.load().new == 1
    assert place.gone == ["7"]
    shop.customers.append(customer("7", lastModified=at(700)))
    place.load()
    assert place.gone == []


def test_customers_that_cannot_be_searched_by_change_are_read_each_time(shop: Instance) -> None:
    shop.searches_changes = False
    place = Place(shop, objects=["customers"])
    (note,) = place.load().notes
    assert "Bad Request: The field 'lastModified' is not sortable." in note
    assert "set options.customers_by_change: false" in note
    options = {"customers_by_change": False, "page_size": 7, "compare_days": 0}
    place.declare(shop, objects=["customers"], options=options)
    assert place.load().new == ROWS
    del shop.customers[6]
    shop.customers[0] = customer("1", lastName="Changed", lastModified=at(800))
    changed = place.load()
    assert (changed.new, changed.notes, place.gone) == (2, [], ["7"])
    place.declare(shop, objects=["customers"], options={**options, "most_rows": 200})
    shop.customers = [customer(str(number)) for number in range(1_000, 1_300)]
    assert "customers has more than 200 rows, and the API" in place.load().notes[0]


def test_all_addresses_come_as_exports_have_them(shop: Instance) -> None:
    home, work = {**HOME, "addressId": "home"}, {**HOME, "addressId": "work", "city": "Caen"}
    shop.customers = [customer("1", primaryAddress=home), customer("2")]
    shop.addresses = {"1": [work], "2": [{**work, "addressId": f"a{n}"} for n in range(60)]}
    options = {"all_addresses": True, "compare_days": 0}
    place = Place(shop, objects=["customers"], options=options)
    place.load()
    assert place.payloads["1"]["primaryAddress"]["city"] == "Rouen"
    assert [each["city"] for each in place.payloads["1"]["addresses"]] == ["Caen"]
    assert len(place.payloads["2"]["addresses"]) == 60
    asked = len(shop.asked)
    del shop.customers[0]
    place.load()
    assert place.gone == ["1"]
    # What is asked for to compare keys needs no addresses: the customer read again does.
    assert sum("/addresses" in each for each in shop.asked[asked:]) == 2


def test_tokens_of_cards_are_never_kept(shop: Instance) -> None:
    card = {"cardType": "Visa", "creditCardToken": "t0k3n", "number": "4111x"}
    change(shop, 0, 900, paymentInstruments=[{"paymentCard": card, "c_token": "t0k3n"}])
    place = Place(shop)
    place.load()
    assert place.payloads["0001"]["paymentInstruments"] == [{"paymentCard": {"cardType": "Visa"}}]


def test_a_wrong_secret_is_told_and_not_repeated(shop: Instance, monkeypatch: Any) -> None:
    monkeypatch.setenv("SHOP_SECRET", "am-wrong-one")
    place = Place(shop)
    (note,) = place.load().notes
    assert "gave no token (status 401); look at auth:" in note
    assert "am-wrong-one" not in note
    assert not place.versions


def test_a_scope_that_is_missing_fails_its_object_and_leaves_the_other(shop: Instance) -> None:
    place = Place(shop, objects=["customers", "orders"])
    place.source["auth"]["scope"] = f"{TENANT} sfcc.orders"
    loaded = place.load()
    assert loaded.new == ROWS
    (note,) = loaded.notes
    assert "Forbidden: Your access-token is valid, but you have no permissions" in note
    assert "the user may not read this: give it the permission" in note


@pytest.mark.parametrize("text", ["<html>log in</html>", '{"orders": []}', '{"data": 7}', ""])
def test_an_answer_that_is_none_is_told(shop: Instance, text: str) -> None:
    shop.refusals = [(200, {}, text)]
    place = Place(shop)
    (note,) = place.load().notes
    assert "orders: the answer is none of SCAPI" in note
    assert "look at url:" in note
    assert not place.versions
    assert place.load().new == ROWS


def test_an_answer_without_rows_may_leave_them_out(shop: Instance) -> None:
    shop.refusals = [(200, {}, '{"limit": 200, "offset": 0, "total": 0}')]
    loaded = Place(shop, objects=["customers"]).load()
    assert (loaded.new, loaded.notes) == (0, [])


def test_a_token_that_is_refused_is_told(shop: Instance, monkeypatch: Any) -> None:
    monkeypatch.setenv("SHOP_SECRET", "t0k3n-of-another")
    place = Place(shop)
    place.source["auth"] = {"kind": "bearer", "token": {"env": "SHOP_SECRET"}}
    (note,) = place.load().notes
    assert "answered 401: Invalid Access Token: The request is unauthorized" in note
    assert "t0k3n-of-another" not in note


@pytest.mark.parametrize("lacking", ["organization", "sites"])
def test_what_is_not_said_is_asked_for(shop: Instance, lacking: str) -> None:
    place = Place(shop)
    place.source["options"] = {
        name: value for name, value in place.source["options"].items() if name != lacking
    }
    if lacking == "sites":
        place.source["options"]["customer_list"] = "RefArch"  # which is enough for customers
    with pytest.raises(ConfigError, match=r"url: needs options.organization.*options.sites"):
        place.load()


@pytest.mark.parametrize(
    "options",
    [{"organization": "f_ecom/../x"}, {"sites": ["a&b"]}, {"orders_path": "//evil.example"}],
)
def test_nothing_but_names_gets_into_an_address(shop: Instance, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        SourceInstance.model_validate(Place(shop, options=options).source)


def test_a_customer_deleted_while_they_are_read_stops_nothing(shop: Instance) -> None:
    shop.customers = [customer(str(number)) for number in range(1, 4)]

    def delete(there: Instance) -> None:
        there.customers = [each for each in there.customers if each["customerNo"] != "2"]

    shop.meanwhile = delete
    place = Place(shop, objects=["customers"], options={"all_addresses": True})
    loaded = place.load()
    assert (loaded.new, loaded.notes) == (3, [])


def test_no_error_names_a_customer(shop: Instance) -> None:
    shop.customers = [customer("4711")]
    place = Place(shop, objects=["customers"], options={"all_addresses": True})
    said = '{"title": "No", "detail": "Customer \'4711\' of RefArch/4711 is none of yours."}'
    for status in (403, 500, 401):
        asked = len(shop.asked)

        def refuse(there: Instance, status: int = status, before: int = asked) -> None:
            if len(there.asked) == before + 1:
                there.refusals = [(status, {}, said)] * 3

        shop.meanwhile = refuse
        (note,) = place.load().notes
        assert str(status) in note
        assert "/customers/.../addresses" in note
        assert "4711" not in note
        shop.refusals = []


def test_customers_whom_a_count_hides_are_not_gone(shop: Instance) -> None:
    options = {"page_size": 7, "compare_days": 0, "customers_by_change": False}
    place = Place(shop, objects=["customers"], options=options)
    assert place.load().new == ROWS
    asked = len(shop.asked)
    pages = ROWS // 7 + 1

    def delete(there: Instance) -> None:
        if len(there.asked) == asked + pages + 1:  # the first page of the comparison was given
            del there.customers[0]

    shop.meanwhile = delete
    place.load()
    assert place.gone == []  # the next comparison finds that 1 is
