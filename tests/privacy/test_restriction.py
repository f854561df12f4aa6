"""Who is restricted is neither scored nor in a segment; what is old is forgotten by rule."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cdp import pipeline
from cdp.privacy import requests, retention
from cdp.privacy.requests import Asked
from cdp.privacy.retention import PrivacyFile, Retention
from cdp.publish.reference import Reference
from cdp.publish.served import Published
from cdp.settings import Settings, Workspace
from cdp.store import manifest
from cdp.store.peek import peek
from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents
from cdp.store.state_privacy import Request
from corner_shop import CornerShop
from live_server import running

pytestmark = pytest.mark.long

NOW = datetime(2026, 7, 2, 6, tzinfo=UTC)
EMAIL = "oskar.verhoeve7@mail.example"


@pytest.fixture
def shop(stocked: CornerShop, tmp_path: Path) -> Workspace:
    return CornerShop(Path(shutil.copytree(stocked.root, tmp_path / "shop"))).workspace


def whose(place: Workspace) -> str:
    return Published(place.home).current().find("profile", Reference("email", EMAIL))


def done(place: Workspace, type_: Any) -> Request:
    wish = Asked(type_, f"email:{EMAIL}", whose(place), "", "front desk", "cli:test")
    return requests.carry_out(place.home, requests.take(place.home, wish, at=NOW), at=NOW)


def held(place: Workspace, id_: str) -> dict[str, int]:
    with peek(place.home) as warehouse:
        return {
            table: warehouse.query(
                f"select count(*) from {table} where profile_id = $id",  # noqa: S608
                id=id_,
            ).item()
            for table in ("gold.profile", "gold.score", "gold.segment_member")
        }


def test_a_restricted_person_is_kept_resolved_and_neither_used_nor_shown(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    id_ = whose(shop)
    before = held(shop, id_)
    assert all(before.values())
    assert done(shop, "restrict").answer == {"records": 6}
    pipeline.run(shop, settings, clock)
    assert held(shop, id_) == {"gold.profile": 1, "gold.score": 0, "gold.segment_member": 0}
    with running(shop) as server:
        refused = server.get(f"/v1/profiles/{id_}")
        assert (refused.status_code, refused.json()["code"]) == (403, "restricted")
        shown = server.get(f"/v1/profiles/{id_}", "admin")
        assert (shown.status_code, shown.json()["restricted"]) == (200, True)
    assert done(shop, "unrestrict").answer == {"records": 6}
    pipeline.run(shop, settings, clock)
    assert held(shop, id_) == before


def test_consents_given_here_are_shown_at_once_and_golden_after_the_next_run(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    id_ = whose(shop)
    body = {"contact_kind": "email", "contact_value": EMAIL, "channel": "email", "state": "denied"}
    with running(shop) as server:
        given = server.post(f"/v1/profiles/{id_}/consents", body, "admin")
        assert given.status_code == 201, given.text
        rows = server.get(f"/v1/profiles/{id_}/consents", "admin").json()["consents"]
        assert {(r["contact_value"], r["state"]) for r in rows} >= {(EMAIL, "denied")}
        vague = {"contact_kind": "email", "channel": "email", "state": "granted"}
        assert server.post(f"/v1/profiles/{id_}/consents", vague, "admin").status_code == 400
        gone = server.post("/v1/profiles/P-nobody/consents", body, "admin")
        assert gone.status_code == 404
    pipeline.run(shop, settings, clock)
    with peek(shop.home) as warehouse:
        found = warehouse.query(
            "select state, consent_id from gold.consent where profile_id = $id "
            "and contact_value = $email and purpose = 'marketing' and category = 'any'",
            id=id_,
            email=EMAIL,
        ).rows()
    assert [state for state, _ in found] == ["denied"]
    with State.open(shop.home) as state:
        assert [c.actor for _, c in Consents(state).every()] == ["admin"]


def test_what_is_old_is_forgotten_by_rule_and_only_counted_before(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    rules = Retention(orders="1 day", packages=None)
    late = NOW + timedelta(days=4000)
    counted = retention.retain(shop.home, rules, at=late, dry_run=True)
    assert [(one.name, one.rows) for one in counted] == [("orders", 12)]
    assert retention.retain(shop.home, rules, at=late, dry_run=False) == counted
    with peek(shop.home) as warehouse:
        left = [
            warehouse.query(sql).item()
            for sql in (
                'select count(*) from silver."order"',
                "select count(*) from bronze.record where source = 'till'",
            )
        ]
    assert left == [0, 0]
    assert [one.rows for one in retention.retain(shop.home, rules, at=late, dry_run=False)] == [0]
    before = manifest.current(shop.home)
    assert before is not None
    for delivered in (shop.root / "data" / "till").glob("order-*"):
        delivered.unlink()  # else the source brings them back
    pipeline.run(shop, settings, clock)
    after = manifest.current(shop.home)
    assert after is not None
    assert after.kept == (after.generation,)
    folders = [path.name for path in (shop.home / "generations").iterdir()]
    assert folders == [str(after.generation)] != [str(before.generation)]
    pipeline.run(shop, settings, clock)
    assert not (shop.home / "outdated").exists()


def test_an_access_request_over_http_gives_out_all_and_nothing_of_others(shop: Workspace) -> None:
    id_ = whose(shop)
    with State.open(shop.home) as state:
        Consents(state).add(Consent("email", "email", "granted", NOW, "S", None, EMAIL, proof="x"))
    with running(shop) as server:
        asked = server.post(
            "/v1/privacy/requests", {"type": "access", "ref": f"email:{EMAIL}"}, "admin"
        )
        assert asked.status_code == 202, asked.text
        from cdp.api import working  # noqa: PLC0415 - its workers are waited for

        working.BEGUN[-1].wait()
        path = asked.headers["location"]
        assert server.get(path, "admin").json()["status"] == "done"
        package = server.get(f"{path}/result", "admin").json()
        page = server.get(f"{path}/result?format=html", "admin")
        assert server.get(path, "full").status_code == 403
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    tables = {s["table"]: s["rows"] for s in package["sections"]}
    assert {"bronze.record", "gold.profile", "gold.order", "gold.consent", "identity.edge"} <= set(
        tables
    )
    assert len(package["here"]["consents"]) == 1
    text = json.dumps(package)
    with peek(shop.home) as warehouse:
        others = warehouse.query(
            "select distinct value from gold.identifier where profile_id <> $id "
            "and kind in ('email', 'phone') and value not in "
            "(select value from gold.identifier where profile_id = $id)",
            id=id_,
        )["value"]
    assert not [value for value in others if value in text or value in page.text]


@pytest.mark.parametrize("period", ["soon", "13 moons", "-1 days", ""])
def test_a_period_that_is_none_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="period"):
        PrivacyFile.model_validate({"retention": {"orders": period}})
