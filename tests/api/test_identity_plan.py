"""Identity resolution as a whole over a real socket: plans, measured runs, models."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cdp.planning import jobs
from cdp.store.lock import writer_lock
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from corner_shop import CornerShop
from live_server import Live, running

pytestmark = pytest.mark.long

Clock = Callable[[], datetime]
ONE_EMAIL = {"identity": {"identifiers": {"email": {"per_profile": 1}}}}


@pytest.fixture
def desk(stocked: CornerShop, tmp_path: Path) -> Iterator[Live]:
    root = tmp_path / "shop"
    shutil.copytree(stocked.root, root)
    with running(CornerShop(root).workspace) as server:
        yield server


def finished(desk: Live, path: str) -> dict[str, Any]:
    """Return a plan after its process ended."""
    jobs._BEGUN[-1].wait()
    found: dict[str, Any] = desk.get(path, "planner").json()
    return found


def test_a_plan_is_begun_once_found_by_its_id_and_changes_nothing(desk: Live) -> None:
    served = desk.get("/readyz", None).json()
    once = {"idempotency-key": "k1"}
    begun = desk.ask("POST", "/v1/identity/plan", "planner", dict(once), ONE_EMAIL)
    assert begun.status_code == 202
    plan_id, path = begun.json()["plan_id"], begun.headers["location"]
    assert path == f"/v1/identity/plans/{plan_id}"
    again = desk.ask("POST", "/v1/identity/plan", "planner", dict(once), ONE_EMAIL)
    assert (again.status_code, again.json()["plan_id"]) == (200, plan_id)
    other = desk.ask("POST", "/v1/identity/plan", "planner", dict(once), {"retrain": True})
    assert (other.status_code, other.json()["code"]) == (422, "reused_key")
    found = finished(desk, path)
    assert (found["status"], found["detail"]) == ("finished", None)
    assert set(found["difference"]) == {
        *("profiles", "counts", "merges", "splits", "members", "consents", "attributes")
    }
    assert all("contact_value" not in row for row in found["difference"]["consents"])
    assert found["difference"]["counts"]["splits"] == len(found["difference"]["splits"])
    assert desk.get("/readyz", None).json() == served
    assert not list(desk.place.home.glob("plan-*"))


def test_who_asked_for_a_plan_is_audited(stocked: CornerShop, tmp_path: Path) -> None:
    place = CornerShop(Path(shutil.copytree(stocked.root, tmp_path / "shop"))).workspace
    with running(place) as desk:
        begun = desk.post("/v1/identity/plan", {}, "planner").json()
        jobs._BEGUN[-1].kill()
        finished(desk, f"/v1/identity/plans/{begun['plan_id']}")
    with State.open(place.home) as state:
        noted = {access.action for access in AuditLog(state).of(begun["plan_id"])}
    assert noted == {"identity.plan", "identity.plan.read"}


def test_one_plan_at_a_time_and_none_without_its_scope(desk: Live) -> None:
    assert desk.post("/v1/identity/plan", {}, "steward").status_code == 403
    wrong = desk.post("/v1/identity/plan", {"identity": {"modus": "strict"}}, "planner")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "identity.modus")
    begun = desk.post("/v1/identity/plan", {}, "planner")
    second = desk.post("/v1/identity/plan", {}, "planner")
    assert (second.status_code, second.json()["code"]) == (409, "busy")
    found = finished(desk, begun.headers["location"])
    assert not any(found["difference"]["counts"].values())
    assert desk.get("/v1/identity/plans/none", "planner").status_code == 404


def test_a_plan_whose_process_is_gone_or_cannot_run_says_so(desk: Live) -> None:
    with writer_lock(desk.place.home):
        begun = desk.post("/v1/identity/plan", {}, "planner")
        found = finished(desk, begun.headers["location"])
    assert found["status"] == "failed"
    assert "another run holds" in found["detail"]
    begun = desk.post("/v1/identity/plan", {"retrain": True}, "planner")
    jobs._BEGUN[-1].kill()
    found = finished(desk, begun.headers["location"])
    assert (found["status"], "ended before" in found["detail"]) == ("failed", True)
    assert desk.post("/v1/identity/plan", {}, "planner").status_code == 202
    jobs._BEGUN[-1].kill()
    jobs._BEGUN[-1].wait()


def test_runs_are_listed_with_what_they_were_measured_by(desk: Live) -> None:
    page = desk.get("/v1/identity/runs", "planner").json()
    (run,) = page["items"]
    assert (run["run_id"], run["outcome"], run["breached"]) == (1, "published", False)
    assert datetime.strptime(run["as_of"], "%Y-%m-%dT%H:%M:%SZ") == datetime(2026, 7, 1)  # noqa: DTZ001, DTZ007 - Z is UTC
    measures = {found["metric"]: found for found in run["measures"]}
    assert measures["records"]["value"] == 72
    assert "profiles" in measures
    assert desk.get("/v1/identity/runs?cursor=MQ==", "planner").json()["items"] == []
    assert desk.get("/v1/identity/runs?cursor=eA==", "planner").status_code == 400
    assert desk.get("/v1/identity/runs", "steward").status_code == 403
    with writer_lock(desk.place.home):
        assert desk.get("/v1/identity/runs", "planner").status_code == 503


def test_the_model_shows_its_card_and_its_charts(desk: Live) -> None:
    found = desk.get("/v1/identity/models/current", "planner").json()
    assert (found["version"], found["versions"], found["is_current"]) == ("v1", ["v1"], True)
    assert found["card"].startswith("# Identity model")
    assert "key" not in found
    drawn = desk.get("/v1/identity/models/v1?format=html", "planner")
    assert drawn.headers["content-type"] == "text/html; charset=utf-8"
    assert "<svg" in drawn.text
    wanted = desk.get("/v1/identity/models/v1", "planner", accept="text/html")
    assert wanted.text == drawn.text
    assert desk.get("/v1/identity/models/v1?format=pdf", "planner").status_code == 400
    assert desk.get("/v1/identity/models/v9", "planner").status_code == 404
    assert desk.get("/v1/identity/models/current", "steward").status_code == 403
