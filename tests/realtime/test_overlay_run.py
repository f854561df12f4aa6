"""What the overlay shows is what the next run makes of it: ids, history, nothing twice."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import yaml

from cdp import pipeline
from cdp.errors import StateError
from cdp.privacy import keys, requests
from cdp.privacy.requests import Asked
from cdp.settings import Settings, Workspace
from live_server import PLAIN, Live, running

pytestmark = pytest.mark.long

TILL: dict[str, Any] = {
    "type": "import",
    "options": {"objects": {"customers": {"id": "no"}, "receipts": {"id": "no"}}},
}
READ: dict[str, Any] = {
    "objects": {
        "customers": {
            "parties": [
                {
                    "type": {"const": "person"},
                    "attributes": {"given_name": "first", "family_name": "last"},
                    "identifiers": [{"kind": "email", "value": "mail"}],
                }
            ]
        },
        "receipts": {
            "orders": [
                {
                    "party": "customer",
                    "ordered_at": "at",
                    "amount": "total",
                    "currency": {"const": "EUR"},
                    "status": {"const": "completed"},
                    "channel": {"const": "store"},
                }
            ]
        },
    }
}
_SAID = {"firstName": "given_name", "lastName": "family_name", "email": "email", "phone": "phone"}


class Site:
    """A server, an application that sends events to it, and one that reads."""

    def __init__(self, live: Live, token: str) -> None:
        self.live, self.token, self.sent = live, token, 0

    def send(self, kind: str, **event: Any) -> None:
        self.sent += 1
        said = {"messageId": f"m-{self.sent}", "timestamp": "2026-06-30T05:00:00Z", **event}
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.live.url}/v1/{kind}", json=said, headers=headers, verify=PLAIN)
        assert answer.status_code == 200, answer.text

    def rows(self, of: str, *rows: dict[str, Any]) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.live.url}/v1/import/till?object={of}"
        answer = httpx.post(url, json={"rows": list(rows)}, headers=headers, verify=PLAIN)
        assert answer.status_code == 200, answer.text

    def read(self, path: str) -> Any:
        answer = self.live.get(f"/v1/profiles/{path}", "admin")
        if answer.status_code == 308:
            answer = self.live.get(answer.headers["location"], "admin")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def profile(self, ref: str) -> str:
        return str(self.read(ref)["profile_id"])

    def urls(self, ref: str) -> list[str]:
        items = self.read(f"{ref}/timeline?limit=1000")["items"]
        return [item["title"] for item in items if item["id"].startswith("site:")]

    def receipts(self, ref: str) -> list[Any]:
        items = self.read(f"{ref}/timeline?limit=1000")["items"]
        return [item for item in items if item["id"].startswith("till:r-")]

    def soon(self, ref: str) -> Any:
        """Return a profile that rows were just sent of, as soon as they are read."""
        until = monotonic() + 60
        while self.live.get(f"/v1/profiles/{ref}/timeline", "admin").status_code != 200 or not (
            self.receipts(ref)
        ):
            assert monotonic() < until, ref
            sleep(0.05)
        return self.read(ref)

    def somebody(self) -> Any:
        found = self.live.get("/v1/profiles?q=a&limit=50", "admin").json()["items"]
        return next(p for p in found if p.get("email") and p.get("given_name") and p.get("phone"))


def test_a_run_keeps_to_what_was_shown(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    (demo_copy.root / "sources" / "site.yaml").write_text(yaml.safe_dump({"type": "events"}))
    token = keys.create(demo_copy.home, "site", ["events:write"], at=clock())[1]
    new = {"firstName": "Zebulon", "lastName": "Quux", "email": "zebulon@quux.example"}
    with running(demo_copy) as live:
        site = Site(live, token)
        person = site.somebody()
        traits = {name: person[field] for name, field in _SAID.items()}
        site.send("page", anonymousId="z-1", properties={"url": "/first"})
        visitor = site.profile("anonymous:z-1")
        site.send("identify", anonymousId="z-1", userId="zz", traits=new)
        site.send("identify", anonymousId="z-2", userId="kk", traits=traits)
        site.send("page", anonymousId="z-2", userId="kk", properties={"url": "/known"})
        shown = {ref: site.profile(ref) for ref in ("user:zz", "user:kk")}
        assert shown["user:kk"] == person["profile_id"]
        assert "live" in site.read(person["profile_id"])
        assert (site.urls("user:zz"), site.urls("user:kk")) == (["/first"], ["/known"])
        asked = live.post("/v1/resolve", {"record": {"email": new["email"]}}, "admin").json()
        assert [each["id"] for each in asked["heard_since"]] == [shown["user:zz"]]
        assert (asked["verdict"], asked["create_advised"]) == ("possible", False)

        pipeline.run(demo_copy, settings, clock)
        while "live" in site.read("user:zz"):
            pass
        asked = live.post("/v1/resolve", {"record": {"email": new["email"]}}, "admin").json()
        assert asked["create_advised"] is False, "also while the resolver is being made"
        assert {ref: site.profile(ref) for ref in shown} == shown
        assert site.read("user:zz")["full_name"] == "Zebulon Quux"
        assert site.profile(visitor) == shown["user:zz"]
        assert (site.urls("user:zz"), site.urls("user:kk")) == (["/first"], ["/known"])


def test_a_run_keeps_to_what_was_shown_of_rows(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    (demo_copy.root / "sources" / "till.yaml").write_text(yaml.safe_dump(TILL))
    (demo_copy.root / "mappings" / "till.yaml").write_text(yaml.safe_dump(READ))
    token = keys.create(demo_copy.home, "site", ["events:write"], at=clock())[1]
    with running(demo_copy) as live:
        site = Site(live, token)
        person = site.somebody()
        named = {"first": person["given_name"], "last": person["family_name"]}
        new = {"first": "Zebulon", "last": "Quux", "mail": "zebulon@quux.example"}
        site.rows("customers", {"no": "1", "mail": person["email"], **named}, {"no": "2", **new})
        receipt = {"at": "2026-06-30T05:00:00Z", "total": 12.5}
        site.rows(
            "receipts",
            {"no": "r-1", "customer": "1", **receipt},
            {"no": "r-2", "customer": "2", **receipt},
        )
        before = {ref: site.soon(ref) for ref in ("source:till:1", "source:till:2")}
        assert before["source:till:1"]["profile_id"] == person["profile_id"]
        assert before["source:till:2"]["status"] == "provisional"
        receipts = {ref: site.receipts(ref) for ref in before}
        assert [len(found) for found in receipts.values()] == [1, 1]
        asked = live.post("/v1/resolve", {"record": {"email": new["mail"]}}, "admin").json()
        heard = [each["id"] for each in asked["heard_since"]]
        assert heard == [before["source:till:2"]["profile_id"]]

        pipeline.run(demo_copy, settings, clock)
        while "live" in site.read("source:till:2"):
            pass
        for ref, shown in before.items():
            assert site.profile(ref) == shown["profile_id"]
            (landed,), (live_one,) = site.receipts(ref), receipts[ref]
            assert live_one["detail"].pop("live") is True
            assert landed == live_one, "the run makes of it what was shown"


def test_a_request_about_somebody_just_heard_of_waits_for_the_run(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    (demo_copy.root / "sources" / "site.yaml").write_text(yaml.safe_dump({"type": "events"}))
    token = keys.create(demo_copy.home, "site", ["events:write"], at=clock())[1]
    with running(demo_copy) as live:
        site = Site(live, token)
        site.send("page", anonymousId="gone-1", properties={"url": "/first"})
        site.send("identify", anonymousId="gone-1", userId="gg", traits={"email": "g@gone.example"})
        subject = site.profile("user:gg")
    wish = Asked("erase", "user:gg", subject, "a letter", "front desk", "cli:test")
    request = requests.take(demo_copy.home, wish, at=clock())
    with pytest.raises(StateError, match="cdp run"):
        requests.carry_out(demo_copy.home, request, at=clock())
    pipeline.run(demo_copy, settings, clock)
    assert requests.carry_out(demo_copy.home, request, at=clock()).status == "done"
    with running(demo_copy) as live:
        for ref in ("user:gg", "email:g@gone.example"):
            assert live.get(f"/v1/profiles/{ref}", "admin").status_code == 404
