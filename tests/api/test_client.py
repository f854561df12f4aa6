"""A typed client made from the OpenAPI document asks the live server for its main routes."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdp.server import openapi
from conftest import ROOT
from live_server import Live, running
from published import ADA, BOB, MERGED, copied

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a way to the modules of a client generated from the document, without a warning."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(openapi()))
    (folder / "config.yaml").write_text("post_hooks: []\n")
    where = [f"--path={folder / 'openapi.json'}", f"--output-path={folder / 'cdp_client'}"]
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    how = ["--meta=none", "--fail-on-warning", f"--config={folder / 'config.yaml'}"]
    made = subprocess.run([tool, "generate", *where, *how], capture_output=True, check=False)
    said = (made.stdout + made.stderr).decode()
    assert made.returncode == 0, said
    assert "warning" not in said.lower()
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"cdp_client.{name}")
    sys.path.remove(str(folder))


def _asking(client: Any, live: Live, key: str) -> Any:
    made = client("client").AuthenticatedClient
    return made(base_url=live.url, token=live.tokens[key], httpx_args={"trust_env": False})


def test_a_profile_is_read_as_a_typed_object(client: Any, live: Live) -> None:
    read = client("api.profiles.get_profiles_ref")
    with _asking(client, live, "full") as asking:
        profile = read.sync(ref="email:ada@example.org", client=asking)
        assert type(profile).__name__ == "Profile"
        assert (profile.profile_id, profile.address.city) == (
            ADA,
            "Berlin",
        )
        missing = read.sync_detailed(ref="email:nobody@example.org", client=asking)
        assert (missing.status_code, missing.parsed.code) == (404, "not_found")
        merged = read.sync_detailed(ref=MERGED, client=asking)
        assert (merged.status_code, merged.headers["location"]) == (308, f"/v1/profiles/{ADA}")
        tag = read.sync_detailed(ref=ADA, client=asking).headers["etag"]
        known = read.sync_detailed(ref=ADA, client=asking, if_none_match=tag)
        assert (known.status_code, known.content) == (304, b"")


def test_what_is_asked_in_a_body_is_typed_too(client: Any, live: Live) -> None:
    batch = client("api.profiles.post_profiles_batch_get")
    body = client("models.post_profiles_batch_get_body").PostProfilesBatchGetBody
    with _asking(client, live, "full") as asking:
        found = batch.sync(client=asking, body=body(refs=[ADA, BOB, "P-nobody"]))
    assert [item.profile.profile_id for item in found.items[:2]] == [ADA, BOB]
    assert found.items[2].problem.code == "not_found"


def test_an_event_is_sent_and_a_request_is_made(client: Any, base: Path, tmp_path: Path) -> None:
    track = client("api.collect.post_track")
    event = client("models.post_track_body").PostTrackBody
    ask = client("api.privacy.post_privacy_requests")
    asked = client("models.post_privacy_requests_body").PostPrivacyRequestsBody
    place = copied(base, tmp_path)
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text("type: events\n")
    with running(place) as live, _asking(client, live, "admin") as asking:
        sent = track.sync_detailed(client=asking, body=event(user_id="u-1", event="Viewed"))
        assert (sent.status_code, sent.parsed.accepted) == (200, 1)
        body = asked.from_dict({"type": "access", "ref": "email:ada@example.org"})
        begun = ask.sync_detailed(client=asking, body=body, idempotency_key="k-1")
        again = ask.sync_detailed(client=asking, body=body, idempotency_key="k-1")
        assert (begun.status_code, begun.parsed.profile_id) == (202, ADA)
        assert again.parsed.request_id == begun.parsed.request_id
        listed = client("api.privacy.get_privacy_requests").sync(client=asking)
        assert [each.request_id for each in listed.items] == [begun.parsed.request_id]


def test_what_is_generated_type_checks(client: Any) -> None:
    made = Path(client("client").__file__).parent
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--config-file=", str(made)]
    checked = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout.decode()[-3000:]
