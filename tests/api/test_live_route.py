"""Live blocks over HTTP: masked, bound to views, and others unaffected by a system that hangs."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builders import workspace
from live_server import Live, running
from published import ADA, BOB, SCENARIOS, copied
from simulators.order_desk import Desk, open_desk

MAPPING = """
objects:
  LeadCollection:
    leads:
      - party: {path: PartnerID}
        created_at: CreatedOn
        status: {const: open}
        name: Name
        amount: Amount
        currency: {const: EUR}
"""
LEAD = {
    "ObjectID": "00AB",
    "ID": "7",
    "PartnerID": "1",
    "Name": "Call Ada Example back",
    "CreatedOn": "/Date(1767225600000)/",
    "Amount": "12.50",
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk(Desk([LEAD])) as served:
        yield served


@pytest.fixture(scope="module")
def asking(base: Path, tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("asking")
    place = copied(base, folder)
    marketing = dict(SCENARIOS["scenarios/marketing.yaml"])  # type: ignore[call-overload] # a mapping
    block = {
        "title": "Leads now",
        "source": "crm",
        "object": "LeadCollection",
        "key_field": "PartnerID",
        "table": "lead",
        "columns": ["lead_id", "name", "status", "amount"],
        "timeout": 20,
        "cache": 0,
    }
    files: dict[str, object] = {
        "cdp.yaml": {"name": "test", "country": "DE"},
        "sources/crm.yaml": {"type": "sap_c4c", "url": desk.url},
        "mappings/crm.yaml": MAPPING,
        "live/leads.yaml": block,
        "live/others.yaml": block,
        "scenarios/marketing.yaml": marketing | {"live": ["leads"]},
    }
    workspace(folder, files)
    with running(place) as live:
        yield live


def test_a_live_block_is_shown_when_it_is_asked_for(asking: Live) -> None:
    found = asking.get(f"/v1/profiles/{ADA}/live/leads").json()
    assert found["profile_id"] == ADA
    assert (found["status"], found["trust"], found["source"]) == ("ok", "fact", "crm")
    assert found["rows"] == [
        {"lead_id": "crm:7", "name": LEAD["Name"], "status": "open", "amount": 12.5}
    ]
    with_it = asking.get(f"/v1/profiles/{ADA}?include=live.leads,scores").json()
    assert with_it["live_blocks"]["leads"]["rows"] == found["rows"]
    assert {score["score"] for score in with_it["scores"]} == {"engagement", "rfm", "worth"}
    assert "live_blocks" not in asking.get(f"/v1/profiles/{ADA}").json()


def test_masked_a_live_block_shows_what_a_loaded_one_does(asking: Live) -> None:
    for path in (f"/v1/profiles/{ADA}/live/leads", f"/v1/profiles/{ADA}?include=live.leads"):
        answer = asking.get(path, "masked")
        assert answer.status_code == 200
        assert "Example" not in answer.text
        assert "crm:7" in answer.text


def test_a_view_shows_the_live_blocks_that_it_names(asking: Live) -> None:
    view = f"/v1/profiles/{ADA}?view=marketing&include=live.leads"
    assert asking.get(view).json()["live_blocks"]["leads"]["status"] == "ok"
    refused = asking.get(f"/v1/profiles/{ADA}?view=marketing&include=live.others")
    assert refused.status_code == 400
    assert "it may: leads" in refused.text
    assert asking.get(f"/v1/profiles/{ADA}/live/leads?view=marketing").status_code == 200
    assert asking.get(f"/v1/profiles/{ADA}/live/others?view=marketing").status_code == 400
    assert asking.get(f"/v1/profiles/{ADA}/live/leads", "agent").status_code == 403


def test_what_is_unknown_names_the_known(asking: Live) -> None:
    assert "live.leads" in asking.get(f"/v1/profiles/{ADA}?include=live.shoes").text
    unknown = asking.get(f"/v1/profiles/{ADA}/live/shoes")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_name")
    assert asking.get("/v1/profiles/P-never/live/leads").status_code == 404


def test_who_is_not_known_there_is_not_asked_for(asking: Live, desk: Desk) -> None:
    before = len(desk.asked)
    found = asking.get("/v1/profiles/P-visitor/live/leads").json()
    assert (found["status"], found["rows"]) == ("no_key", [])
    assert len(desk.asked) == before


def test_others_are_served_while_a_system_hangs(asking: Live, desk: Desk) -> None:
    desk.hangs = True
    path = f"/v1/profiles/{BOB}/live/leads"
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(asking.get, path)
        assert desk.waiting.wait(20)
        for other in (f"/v1/profiles/{ADA}", f"/v1/profiles/{ADA}/timeline", "/readyz"):
            assert asking.get(other).status_code == 200
        assert not stuck.done()
        desk.let_go()
        assert stuck.result().json()["status"] == "ok"
    assert json.loads(asking.get(path).text)["status"] == "ok"
