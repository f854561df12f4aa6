"""The vendors' own SDKs against `cdp serve`: only the host is changed; a run, then profiles."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any

import httpx
import pytest

from builders import workspace
from cdp import pipeline
from cdp.collect import spec
from cdp.collect.arrival import Arrival
from cdp.privacy import keys
from cdp.settings import Settings, Workspace
from cdp.store.eventlog import EventLog
from cdp.store.eventlog_reading import tail
from live_server import PLAIN

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
RULES: dict[str, object] = {
    "cdp.yaml": {"name": "shop", "country": "US"},
    "survivorship.yaml": {"default": ["recency"]},
    "sources/web.yaml": {"type": "events", "trust_tier": "observed"},
}
SEGMENT = """
import sys
from segment.analytics import Client
client = Client(sys.argv[2], host=sys.argv[1], gzip=sys.argv[3] == "gzip", on_error=print)
"""
RUDDER = """
import sys
from rudderstack.analytics.client import Client
client = Client(sys.argv[2], host=sys.argv[1], gzip=sys.argv[3] == "gzip", on_error=print)
"""
CALLS = """
name = sys.argv[4]
client.page(anonymous_id="a-" + name, name="Home", properties={"url": "https://shop.example/"})
client.identify("u-" + name, {"email": name + "@example.org", "firstName": name})
client.track("u-" + name, "Product Viewed", {"sku": "P-1"}, message_id="again-" + name)
client.track("u-" + name, "Product Viewed", {"sku": "P-1"}, message_id="again-" + name)
client.group("u-" + name, "g-" + name, {"name": name + " Ltd"})
client.alias("a-" + name, "u-" + name)
client.screen("u-" + name, name="Basket")
client.flush()
client.join()
"""
SDKS = {"segment": SEGMENT, "rudder": RUDDER}


@contextmanager
def serving(place: Workspace) -> Iterator[str]:
    command = [sys.executable, "-m", "cdp", "serve", "--port", "0", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--workspace", str(place.root)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://[\d.:]+", said)
        assert found is not None, said
        yield found[0]
    finally:
        process.terminate()
        process.stderr.close()
        process.wait()


@pytest.mark.long
def test_sdks_work_when_only_their_host_is_changed(tmp_path: Path, settings: Settings) -> None:
    place = workspace(tmp_path, RULES)
    log = EventLog.open(place.home)
    first = b'{"userId": "u-0", "event": "e"}'
    log.append(spec.one(Arrival("web", NOW, "r-0"), "track", first).entries).result()
    log.close()
    pipeline.run(place, settings, lambda: NOW)
    token = keys.create(place.home, "site", ["events:write"], at=NOW)[1]
    reader = keys.create(place.home, "desk", ["profiles:read", "pii:read"], at=NOW)[1]
    with serving(place) as url:
        for name, begun in SDKS.items():
            for packed in ("gzip", "plain"):
                calls = [url, token, packed, f"{name}-{packed}"]
                said = _python(begun + CALLS, *calls)
                assert (said.returncode, said.stdout) == (0, ""), said.stderr
        refused = _python(SEGMENT + "client.track('u', 'e'); client.flush()", url, "none", "plain")
        assert "401" in refused.stdout
        kept = Counter(entry.id for _, entry in tail(place.home) if entry.id.startswith("again-"))
        assert len(kept) == 4
        assert min(kept.values()) >= 2  # more where an SDK had to ask again
        pipeline.run(place, settings, lambda: datetime.now(UTC))  # noqa: TID251 - as the SDKs have
        sleep(0.3)  # each worker looks for a new generation five times a second, on its own
        for name in SDKS:
            for packed in ("gzip", "plain"):
                _check(url, reader, f"{name}-{packed}")


def _check(url: str, reader: str, name: str) -> None:
    profile = _read(url, reader, f"/v1/profiles/email:{name}@example.org")
    assert profile["given_name"] == name
    assert profile["account_id"] is not None
    place = f"/v1/profiles/{profile['profile_id']}/timeline"
    kinds = [event["detail"]["type"] for event in _read(url, reader, place)["items"]]
    assert sorted(kinds) == ["page_viewed", "product_viewed", "screen_viewed"]


def _read(url: str, token: str, path: str) -> Any:
    with httpx.Client(base_url=url, trust_env=False, verify=PLAIN, timeout=60) as client:
        answer = client.get(path, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
