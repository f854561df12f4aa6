"""What sources send shows without a run: soon, marked as live, and as a run would map it."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import yaml

from cdp.privacy import keys
from cdp.realtime.subject import mint
from cdp.store import tombstones
from cdp.store.eventlog_mark import Mark
from cdp.store.state import State
from cdp.store.state_privacy import Tombstones
from live_server import PLAIN, Live, running
from published import ADA, NOW, copied

SECRET = "s3cret"  # noqa: S105 - of this test alone
SOURCES: dict[str, object] = {
    "sources/web.yaml": {"type": "events", "region": "EU"},
    "sources/crm.yaml": {
        "type": "webhook",
        "trust_tier": "master_data",
        "region": "EU",
        "options": {
            "signature": {"header": "X-Signature", "algorithm": "sha256", "encoding": "hex"},
            "secrets": [{"env": "CRM_SECRET"}],
            "topic": {"header": "X-Topic"},
            "objects": {
                "customers": {
                    "id": "no",
                    "changed_at": "changed",
                    "topics": ["customer.changed"],
                    "gone": ["customer.gone"],
                },
                "tickets": {"id": "no", "topics": ["ticket.changed"], "gone": ["ticket.gone"]},
            },
        },
    },
    "sources/till.yaml": {
        "type": "import",
        "options": {"objects": {"receipts": {"id": "no"}, "guests": {"id": "no"}}},
    },
    "mappings/crm.yaml": {
        "objects": {
            "customers": {
                "parties": [
                    {
                        "type": {"const": "person"},
                        "attributes": {"given_name": "first", "family_name": "last"},
                        "addresses": [{"street": "street", "city": "city", "country": "land"}],
                        "identifiers": [
                            {"kind": "email", "value": "email"},
                            {"kind": "phone", "value": "phone"},
                            {"kind": "loyalty_id", "value": "card"},
                            {"kind": "user_id", "value": "login"},
                        ],
                    }
                ]
            },
            "tickets": {
                "tickets": [
                    {
                        "party": "customer",
                        "created_at": "opened",
                        "status": {"path": "state", "map": {"open": "open", "done": "closed"}},
                        "subject": "about",
                    }
                ]
            },
        }
    },
    "mappings/till.yaml": {
        "objects": {
            "guests": {
                "parties": [
                    {
                        "type": {"const": "person"},
                        "attributes": {"full_name": "name"},
                        "identifiers": [{"kind": "email", "value": "mail"}],
                    }
                ],
                "interactions": [
                    {
                        "party": "no",
                        "occurred_at": "at",
                        "type": {"const": "visited"},
                        "channel": {"const": "store"},
                    }
                ],
            },
            "receipts": {
                "orders": [
                    {
                        "mentions": [{"kind": "email", "value": "mail"}],
                        "ordered_at": "at",
                        "amount": "total",
                        "currency": {"const": "EUR"},
                        "reference": "no",
                        "status": {"const": "completed"},
                        "channel": {"const": "store"},
                    }
                ]
            },
        }
    },
}
ZOE = {
    "no": "77",
    "first": "Zoe",
    "last": "Quux",
    "email": "Zoe@Quux.example",
    "phone": "030 901820",
    "street": "Allee 5",
    "city": "Köln",
    "land": "DE",
    "changed": "2026-07-01T05:00:00Z",
}


class Door:
    """Two servers of one workspace: what one took, the other shows."""

    def __init__(self, one: Live, other: Live, token: str) -> None:
        self.one, self.other, self.token = one, other, token

    def message(self, topic: str, row: dict[str, Any]) -> None:
        body = json.dumps(row).encode()
        signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-topic": topic, "x-signature": signed}
        url = f"{self.one.url}/v1/webhooks/crm"
        answer = httpx.post(url, content=body, headers=headers, verify=PLAIN)
        assert answer.status_code in {200, 202}, answer.text

    def rows(self, *rows: dict[str, Any]) -> None:
        self._post("import/till?object=receipts", {"rows": list(rows)})

    def guest(self, row: dict[str, Any]) -> None:
        self._post("import/till?object=guests", {"rows": [row]})

    def event(self, kind: str, **event: Any) -> None:
        self._post(kind, {"timestamp": "2026-07-01T05:00:00Z", **event})

    def _post(self, path: str, body: object) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.one.url}/v1/{path}"
        answer = httpx.post(url, json=body, headers=headers, verify=PLAIN)
        assert answer.status_code == 200, answer.text

    def soon(self, path: str, holds: Callable[[Any], object] = bool) -> Any:
        """Return what both servers answer once it holds; no run has to come by."""
        until = monotonic() + 60
        while True:
            answers = [live.get(f"/v1/profiles/{path}") for live in (self.one, self.other)]
            bodies = [answer.json() if answer.status_code == 200 else None for answer in answers]
            if all(body is not None and holds(body) for body in bodies):
                assert bodies[0] == bodies[1]
                return bodies[0]
            assert monotonic() < until, [answer.text for answer in answers]
            sleep(0.05)

    def entry(self, ref: str, id_: str) -> Any:
        """Return an entry of a timeline, once it is there."""

        def found(body: Any) -> list[Any]:
            return [item for item in body["items"] if item["id"] == id_]

        return found(self.soon(f"{ref}/timeline", found))


@pytest.fixture
def door(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    place = copied(base, tmp_path / "place")
    for name, said in SOURCES.items():
        (place.root / name).parent.mkdir(exist_ok=True)
        (place.root / name).write_text(yaml.safe_dump(said))
    token = keys.create(place.home, "site", ["events:write"], at=NOW)[1]
    with running(place) as one, running(place) as other:
        yield Door(one, other, token)


def test_a_changed_record_says_something_of_its_profile(door: Door) -> None:
    row = {"no": "1", "first": "Ada", "last": "Newname", "email": "ada.new@example.org"}
    door.message("customer.changed", row | {"changed": "2026-07-01T05:00:00Z"})
    shown = door.soon(ADA, lambda body: "live" in body)
    assert shown["live"]["said"]["family_name"] == "Newname"
    assert shown["family_name"] == "Example", "golden values are the run's"
    assert shown["live"]["provisional"] is False
    assert door.soon("email:ada.new@example.org")["profile_id"] == ADA
    named = door.soon(f"{ADA}/identifiers")["identifiers"]
    assert next(i for i in named if i["value"] == "ada.new@example.org")["live"] is True


def test_somebody_new_is_found_by_what_the_record_says(door: Door) -> None:
    door.message("customer.changed", ZOE | {"card": "L-9"})
    shown = door.soon("source:crm:77")
    assert shown["profile_id"] == mint("crm:77")
    assert (shown["status"], shown["full_name"]) == ("provisional", "Zoe Quux")
    assert (shown["email"], shown["phone"]) == ("zoe@quux.example", "+4930901820")
    assert (shown["profile_type"], shown["region"]) == ("person", "EU")
    for ref in ("email:zoe@quux.example", "phone:+49 30 901820", "loyalty_id:L-9"):
        assert door.soon(ref)["profile_id"] == shown["profile_id"]
    (record,) = door.soon("source:crm:77/sources")["sources"]
    assert (record["object"], record["trust_tier"]) == ("customers", "master_data")


def test_what_happened_with_a_record_is_in_its_timeline(door: Door) -> None:
    ticket = {"no": "t-1", "customer": "1", "opened": "2026-06-30T09:00:00Z", "state": "open"}
    door.message("ticket.changed", ticket | {"about": "Broken lamp"})
    (entry,) = door.entry(ADA, "crm:t-1")
    assert (entry["kind"], entry["title"], entry["source"]) == ("ticket", "Broken lamp", "crm")
    assert entry["at"] == "2026-06-30T09:00:00Z"
    assert (entry["detail"]["status"], entry["detail"]["live"]) == ("open", True)
    door.message("ticket.changed", ticket | {"about": "Broken lamp", "state": "done"})
    done = door.soon(
        f"{ADA}/timeline",
        lambda body: any(item["detail"].get("status") == "closed" for item in body["items"]),
    )
    assert len([item for item in done["items"] if item["id"] == "crm:t-1"]) == 1
    door.message("ticket.gone", ticket)
    door.soon(
        f"{ADA}/timeline", lambda body: all(item["id"] != "crm:t-1" for item in body["items"])
    )


def test_what_came_before_its_customer_waits_for_them(door: Door) -> None:
    ticket = {"no": "t-2", "customer": "77", "opened": "2026-06-30T09:00:00Z", "state": "open"}
    door.message("ticket.changed", ticket)
    door.rows({"no": "r-0", "mail": "ada@example.org", "at": "2026-06-30T10:00:00Z", "total": 3})
    door.entry(ADA, "till:r-0")  # what was sent later was read
    assert door.one.get("/v1/profiles/source:crm:77").status_code == 404
    door.message("customer.changed", ZOE)
    (entry,) = door.entry("source:crm:77", "crm:t-2")
    assert entry["kind"] == "ticket"


def test_a_row_that_names_an_address_is_of_who_has_it(door: Door) -> None:
    door.event("identify", userId="9", traits={"email": "new@example.org"})
    receipt = {"no": "r-1", "at": "2026-06-30T10:00:00Z", "total": 12.5}
    door.rows(
        receipt | {"mail": "Ada@example.org"}, receipt | {"no": "r-2", "mail": "new@example.org"}
    )
    (entry,) = door.entry(ADA, "till:r-1")
    assert (entry["kind"], entry["detail"]["amount"], entry["title"]) == ("order", 12.5, "r-1")
    assert door.entry("user:9", "till:r-2")
    door.rows(
        receipt | {"no": "r-3", "mail": "nobody@example.org"},
        receipt | {"no": "r-4", "mail": "ada@example.org"},
    )
    door.entry(ADA, "till:r-4")
    assert door.one.get("/v1/profiles/email:nobody@example.org").status_code == 404


def test_one_record_may_be_a_person_and_what_they_did(door: Door) -> None:
    guest = {"no": "g-1", "name": "Gus Guest", "mail": "gus@guest.example"}
    door.guest(guest | {"at": "2026-06-30T10:00:00Z"})
    (entry,) = door.entry("source:till:g-1", "till:g-1")
    assert entry["detail"]["type"] == "visited"
    shown = door.soon("email:gus@guest.example")
    assert (shown["full_name"], shown["live"]["events"]) == ("Gus Guest", 2)


def test_what_names_nobody_keeps_nothing_else_from_being_shown(door: Door) -> None:
    receipt = {"at": "2026-06-30T10:00:00Z", "total": 12.5}
    door.rows({"no": "r-6", **receipt}, {"no": "r-7", "mail": "ada@example.org", **receipt})
    assert door.entry(ADA, "till:r-7")


def test_a_new_record_and_a_new_user_with_one_address_are_shown_as_one(door: Door) -> None:
    door.event("page", anonymousId="dev", properties={"url": "/first"})
    traits = {"email": "zoe@quux.example", "firstName": "Zoe"}
    door.event("identify", anonymousId="dev", userId="u-9", traits=traits)
    door.message("customer.changed", ZOE)
    shown = door.soon("source:crm:77")
    assert shown["profile_id"] == mint("crm:77")
    assert door.soon("user:u-9")["profile_id"] == shown["profile_id"]
    assert door.soon("email:zoe@quux.example")["live"]["visitors"] == ["dev"]
    assert [i["title"] for i in door.soon("user:u-9/timeline")["items"]] == ["/first"]
    other = ZOE | {"no": "78", "first": "Max"}
    door.message("customer.changed", other)
    door.soon("source:crm:78")
    assert door.one.get("/v1/profiles/email:zoe@quux.example").status_code == 409


def test_a_record_that_names_a_user_is_shown_with_them(door: Door) -> None:
    door.event("identify", userId="u-8", traits={"firstName": "Zo"})
    door.message("customer.changed", ZOE | {"login": "u-8"})
    shown = door.soon("source:crm:77")
    assert door.soon("user:u-8")["profile_id"] == shown["profile_id"]
    assert shown["live"]["users"] == ["u-8"]


def test_who_is_gone_before_a_run_saw_them_is_shown_no_more(door: Door) -> None:
    door.message("customer.changed", ZOE)
    door.soon("source:crm:77")
    door.message("customer.gone", ZOE | {"changed": "2026-07-01T05:10:00Z"})
    until = monotonic() + 60
    while door.one.get("/v1/profiles/source:crm:77").status_code != 404:
        assert monotonic() < until
        sleep(0.05)


def test_who_was_erased_is_not_shown_by_a_row_that_comes_later(door: Door) -> None:
    home = door.one.place.home
    with State.open(home) as state:
        key = tombstones.secret(home)
        text = tombstones.of_value("zoe@quux.example")
        Tombstones(state).add({tombstones.digest(key, text): "contact"}, "r-1")
    mark = Mark(home)
    mark.renew()
    mark.close()
    door.message("customer.changed", ZOE)
    door.message("customer.changed", ZOE | {"no": "79", "email": "here@quux.example", "phone": ""})
    door.soon("source:crm:79")
    assert door.one.get("/v1/profiles/source:crm:77").status_code == 404


def test_a_mapping_that_is_mended_is_used_from_then_on(door: Door) -> None:
    path = door.one.place.root / "mappings" / "crm.yaml"
    text = path.read_text()
    door.message("customer.changed", ZOE)
    assert door.soon("source:crm:77")["full_name"] == "Zoe Quux"
    path.write_text("objects: [")
    door.message("customer.changed", ZOE | {"no": "78", "email": "78@quux.example"})
    assert door.soon("source:crm:78")["full_name"] == "Zoe Quux"  # as it was when it validated
    path.write_text(text.replace("family_name: last", "family_name: street"))
    door.message("customer.changed", ZOE | {"no": "79", "email": "79@quux.example"})
    assert door.soon("source:crm:79")["full_name"] == "Zoe Allee 5"
