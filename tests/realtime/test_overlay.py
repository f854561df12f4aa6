"""What was sent shows in the next read, whoever took it; what a run will make of it is kept to."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import msgspec
import pytest
import yaml
from msgspec import structs

from cdp.privacy import keys
from cdp.publish.reference import parse
from cdp.publish.served import Published
from cdp.realtime.loading import Live as Resolving
from cdp.realtime.overlaid import Overlaid
from cdp.realtime.overlay import About, Overlay
from cdp.realtime.subject import mint
from cdp.store import tombstones
from cdp.store.eventlog_mark import Mark
from cdp.store.eventlog_reading import tail
from cdp.store.state import State
from cdp.store.state_privacy import Tombstones
from live_server import PLAIN, Live, running
from published import ADA, NOW, VISITOR, copied, rename

EVENTS = {"type": "events", "region": "EU"}


class Door:
    """Two servers of one workspace: what one took, the other shows."""

    def __init__(self, one: Live, other: Live, token: str) -> None:
        self.one, self.other, self.token = one, other, token
        self.sent = 0

    def send(self, kind: str, **event: Any) -> None:
        self.sent += 1
        body = {"messageId": f"m-{self.sent}", "timestamp": "2026-07-01T05:00:00Z", **event}
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.one.url}/v1/{kind}", json=body, headers=headers, verify=PLAIN)
        assert answer.status_code == 200, answer.text

    def read(self, path: str, key: str = "full") -> Any:
        answers = [live.get(path, key) for live in (self.one, self.other)]
        assert {answer.status_code for answer in answers} == {200}, answers[0].text
        bodies = [answer.json() for answer in answers]
        assert bodies[0] == bodies[1]
        return bodies[0]

    def titles(self, ref: str) -> list[str]:
        return [item["title"] for item in self.read(f"/v1/profiles/{ref}/timeline")["items"]]


@pytest.fixture
def door(base: Path, tmp_path: Path) -> Iterator[Door]:
    place = copied(base, tmp_path / "place")
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text(yaml.safe_dump(EVENTS))
    token = keys.create(place.home, "site", ["events:write"], at=NOW)[1]
    with running(place) as one, running(place) as other:
        yield Door(one, other, token)


def test_what_a_known_visitor_does_shows_at_once(door: Door) -> None:
    before = door.read(f"/v1/profiles/{VISITOR}")
    assert "live" not in before
    door.send("page", anonymousId="a-b-c", name="Sale", properties={"url": "/sale"})
    shown = door.read("/v1/profiles/anonymous:a-b-c")
    assert shown["profile_id"] == VISITOR
    assert shown["live"]["events"] == 1
    assert shown["live"]["provisional"] is False
    assert shown["last_seen_at"] == "2026-07-01T05:00:00Z"
    assert door.titles(VISITOR)[0] == "/sale"
    door.send("track", anonymousId="a-b-c", event="Signed Up")
    door.sent -= 1
    door.send("track", anonymousId="a-b-c", event="Signed Up")
    assert door.read(f"/v1/profiles/{VISITOR}")["live"]["events"] == 2


def test_who_signs_in_brings_the_whole_history_of_the_visitor(door: Door) -> None:
    history = door.titles(VISITOR)
    door.send("page", anonymousId="a-b-c", properties={"url": "/before"})
    door.send("identify", anonymousId="a-b-c", userId="u-1", traits={"firstName": "Zoe"})
    door.send("track", anonymousId="a-b-c", userId="u-1", event="Product Viewed")
    shown = door.read("/v1/profiles/user:u-1")
    assert shown["profile_id"] == VISITOR  # as a run would: the oldest id survives
    assert shown["live"]["said"] == {"given_name": "Zoe"}
    assert set(door.titles("user:u-1")) == {"/before", "Product Viewed", *history}


def test_what_was_just_ordered_is_known_to_recommendations(door: Door) -> None:
    products = [{"sku": "pot", "name": "Pot", "price": 5}]
    order = {"order_id": "s9", "total": 5, "products": products}
    door.send("track", anonymousId="a-b-c", event="Order Completed", properties=order)
    body = door.read(f"/v1/profiles/{VISITOR}/recommendations?lists=repeat")
    (again,) = body["lists"][0]["products"]
    assert (again["product"], again["because"]) == ("pot", "bought on 2026-07-01")


def test_a_device_of_two_keeps_its_visitor_apart(door: Door) -> None:
    door.send("page", anonymousId="tablet", properties={"url": "/nobody"})
    for user in ("u-1", "u-2"):
        door.send("identify", anonymousId="tablet", userId=user, traits={})
        door.send("page", anonymousId="tablet", userId=user, properties={"url": f"/{user}"})
    assert door.titles("user:u-1") == ["/u-1"]
    assert door.titles("user:u-2") == ["/u-2"]
    assert door.titles("anonymous:tablet") == ["/nobody"]


def test_somebody_new_has_an_id_that_stays_findable(door: Door) -> None:
    door.send("page", anonymousId="new", properties={"url": "/first"})
    visitor = door.read("/v1/profiles/anonymous:new")
    assert visitor["profile_id"] == mint("web:new")
    assert (visitor["profile_type"], visitor["live"]["provisional"]) == ("visitor", True)
    said = {"firstName": "Zoe", "lastName": "New", "email": "zoe.new@example.com"}
    door.send("identify", anonymousId="new", userId="9", traits=said)
    person = door.read("/v1/profiles/email:zoe.new@example.com")
    assert person["profile_id"] == mint("web:9")
    assert (person["full_name"], person["profile_type"]) == ("Zoe New", "person")
    moved = door.one.get(f"/v1/profiles/{visitor['profile_id']}")
    assert moved.status_code == 308
    assert moved.headers["location"].endswith(person["profile_id"])
    assert {i["kind"] for i in door.read("/v1/profiles/user:9/identifiers")["identifiers"]} == {
        "user_id",
        "anonymous_id",
        "email",
    }


def test_personal_data_that_was_just_said_is_masked(door: Door) -> None:
    said = {"firstName": "Zoe", "lastName": "Hidden", "email": "zoe.hidden@example.com"}
    door.send("identify", userId="7", traits=said)
    text = json.dumps(door.read("/v1/profiles/user:7", "masked"))
    assert "Hidden" not in text
    assert "zoe.hidden" not in text
    listed = json.dumps(door.read("/v1/profiles/user:7/identifiers", "masked"))
    assert "zoe.hidden" not in listed


def test_pages_of_a_timeline_join(door: Door) -> None:
    for number in range(5):
        door.send("page", anonymousId="a-b-c", properties={"url": f"/{number}"})
    whole = door.titles(VISITOR)
    found: list[str] = []
    cursor = ""
    while True:
        page = door.read(f"/v1/profiles/{VISITOR}/timeline?limit=2{cursor}")
        found += [item["title"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == whole


def test_a_new_generation_takes_out_what_it_covers(door: Door) -> None:
    door.send("page", anonymousId="a-b-c", properties={"url": "/x"})
    assert "live" in door.read(f"/v1/profiles/{VISITOR}")
    place = door.one.place
    manifest = json.loads((place.home / "manifest.json").read_text())
    rename(place.root, place, "Ada Later", 2)
    later = json.loads((place.home / "manifest.json").read_text())
    assert later["generation"] == manifest["generation"] + 1
    (segment,) = (place.home / "events").glob("*.live")
    covered = {"log": {segment.name.removesuffix(".live"): segment.stat().st_size}}
    path = place.home / "manifest.json"
    path.with_suffix(".new").write_text(json.dumps(later | covered))
    path.with_suffix(".new").rename(path)
    while door.one.get("/readyz").json()["generation"] != later["generation"]:
        pass
    while "live" in door.other.get(f"/v1/profiles/{VISITOR}").json():
        pass
    while "live" in door.one.get(f"/v1/profiles/{VISITOR}").json():
        pass
    assert door.read(f"/v1/profiles/{ADA}")["full_name"] == "Ada Later"


def test_a_phone_that_was_just_said_finds_its_owner(door: Door) -> None:
    door.send("identify", userId="5", traits={"firstName": "Tel", "phone": "0170 999 8877"})
    found = door.read("/v1/profiles/phone:+491709998877")
    assert (found["profile_id"], found["given_name"]) == (mint("web:5"), "Tel")


def test_what_is_remembered_has_a_bounded_size(door: Door) -> None:
    home = door.one.place.home
    door.send("page", anonymousId="a-b-c", properties={"url": "/" + "x" * 900})
    for number in range(20):
        door.send("page", anonymousId=f"v-{number}", properties={"url": "/" + "x" * 900})
    published = Published(home)
    overlay = Overlay(
        home, About("DE", {}), published, Resolving(home, published), most_bytes=8_000
    )
    try:
        subjects = overlay.over(published.current())
        assert subjects is not None
        assert len(subjects) < 8
        assert subjects.get("anonymous_id", "v-19") is not None
        assert subjects.get("anonymous_id", "a-b-c") is None
        assert subjects.of(VISITOR) == []
    finally:
        overlay.close()


def test_who_is_new_is_of_the_region_of_the_source(door: Door) -> None:
    door.send("identify", userId="6", traits={"firstName": "Eve"})
    assert door.read("/v1/profiles/user:6")["region"] == "EU"
    (record,) = door.read("/v1/profiles/user:6/sources")["sources"]
    assert (record["record_id"], record["region"]) == ("web:6", "EU")


def test_who_was_erased_is_not_shown_by_an_event_that_comes_later(door: Door) -> None:
    home = door.one.place.home
    with State.open(home) as state:
        key = tombstones.secret(home)
        digests = {
            tombstones.digest(key, tombstones.of_record("web:gone")): "record",
            tombstones.digest(key, tombstones.of_value("gone@example.com")): "contact",
        }
        Tombstones(state).add(digests, "r-1")
    mark = Mark(home)
    mark.renew()
    mark.close()
    door.send("identify", userId="gone", traits={"firstName": "Gone"})
    door.send("identify", userId="other", traits={"email": "Gone@example.com"})
    for ref in ("user:gone", "user:other", "email:gone@example.com"):
        assert door.one.get(f"/v1/profiles/{ref}").status_code == 404
    door.send("identify", userId="here", traits={"email": "here@example.com"})
    assert door.read("/v1/profiles/email:here@example.com")["profile_id"] == mint("web:here")


def test_it_can_be_read_while_more_is_heard(door: Door) -> None:
    home = door.one.place.home
    published = Published(home)
    overlay = Overlay(home, About("DE", {}), published, Resolving(home, published))
    door.send("identify", userId="busy", anonymousId="device-0", traits={"email": "b@example.com"})
    generation = published.current()
    subjects = overlay.over(generation)
    assert subjects is not None
    (entry,) = [found for _, found in tail(home)]
    laid = Overlaid(generation, overlay, subjects, (home, lambda: NOW))
    failed: list[BaseException] = []

    def read() -> None:
        try:
            while thread.is_alive():
                id_ = laid.find("profile", parse("user:busy", "DE"))
                assert all(place for place, _ in laid.events(id_, None))
                assert laid.document("identifiers", id_)
        except BaseException as error:  # noqa: BLE001 - told below, in the thread of the test
            failed.append(error)

    def take() -> None:
        for number in range(4_000):
            event = {"userId": "busy", "anonymousId": f"device-{number}", "type": "page"}
            raw = msgspec.Raw(msgspec.json.encode(event))
            subjects.take(structs.replace(entry, id=f"e-{number}", type="page", payload=raw))

    thread = Thread(target=take)
    thread.start()
    read()
    thread.join()
    overlay.close()
    assert failed == []
    assert len(list(laid.events(laid.find("profile", parse("user:busy", "DE")), None))) == 4_000


def test_a_user_who_is_called_otherwise_brings_everything_along(door: Door) -> None:
    door.send("identify", userId="old-u", traits={"firstName": "Zoe"})
    door.send("track", userId="old-u", event="Bought")
    before = door.read("/v1/profiles/user:old-u")["profile_id"]
    door.send("alias", userId="new-u", previousId="old-u")
    door.send("track", userId="new-u", event="Sold")
    shown = door.read("/v1/profiles/user:new-u")
    assert shown["profile_id"] == door.read("/v1/profiles/user:old-u")["profile_id"]
    assert shown["live"]["users"] == ["new-u", "old-u"]
    assert set(door.titles("user:new-u")) == set(door.titles("user:old-u")) == {"Bought", "Sold"}
    moved = door.one.get(f"/v1/profiles/{before}")
    assert moved.status_code == 308
    assert moved.headers["location"].endswith(shown["profile_id"])
    door.send("alias", userId="old-u", previousId="new-u")  # and back: nobody goes in a circle
    assert len(door.titles("user:old-u")) == 2


def test_of_each_trait_what_was_said_last_holds(door: Door) -> None:
    said = {"firstName": "New", "email": "new@example.com"}
    door.send("identify", userId="3", traits=said, timestamp="2026-06-30T05:00:00Z")
    late = {"firstName": "Old", "phone": "+4930901820", "email": None}
    door.send("identify", userId="3", traits=late, timestamp="2026-01-20T05:00:00Z")
    shown = door.read("/v1/profiles/user:3")["live"]["said"]
    assert shown == {"given_name": "New", "email": "new@example.com", "phone": "+4930901820"}


def test_an_address_beside_an_event_is_found(door: Door) -> None:
    traits = {"email": "rud@example.com", "firstName": "Beside"}
    door.send("track", userId="4", event="Bought", context={"traits": traits})
    shown = door.read("/v1/profiles/email:rud@example.com")
    assert (shown["live"]["users"], shown["live"]["said"]) == (["4"], {"email": "rud@example.com"})


def test_ids_are_read_as_a_run_reads_them(door: Door) -> None:
    for device in ("one", "two"):
        door.send("page", anonymousId=device, userId=" ", properties={"url": f"/{device}"})
        door.send("page", anonymousId=device, userId="undefined", properties={"url": "/also"})
    assert set(door.titles("anonymous:one")) == {"/one", "/also"}
    door.send("track", userId=" padded ", event="Bought")
    assert door.read("/v1/profiles/user:padded")["live"]["users"] == ["padded"]


def test_what_happened_within_a_second_keeps_its_order(door: Door) -> None:
    for number in (3, 1, 2):
        at = f"2026-07-01T05:00:00.{number}00Z"
        door.send("track", anonymousId="a-b-c", event=f"Step {number}", timestamp=at)
    assert door.titles(VISITOR)[:3] == ["Step 3", "Step 2", "Step 1"]
    (first, *_) = door.read(f"/v1/profiles/{VISITOR}/timeline")["items"]
    assert (first["detail"]["type"], first["detail"]["properties"]) == ("Step 3", {})


def test_a_number_beyond_all_bounds_hides_nobody(door: Door) -> None:
    headers = {"authorization": f"Bearer {door.token}"}
    for path, body in (
        ("track", b'{"userId":"inf","event":"E","properties":{"a":1e999}}'),
        ("identify", b'{"userId":"inf","traits":{"a":1e999}}'),
        ("track", b'{"userId":"inf","event":"F"}'),
    ):
        url = f"{door.one.url}/v1/{path}"
        assert httpx.post(url, content=body, headers=headers, verify=PLAIN).status_code == 200
    assert "F" in door.titles("user:inf")
    assert door.read(f"/v1/profiles/{VISITOR}")["profile_id"] == VISITOR
