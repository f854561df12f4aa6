"""Pages in browsers send events where their origin is named, and nothing else is open to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from builders import workspace
from cdp.settings.workspace import WorkspaceFile
from live_server import Live, running
from published import ADA, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

SHOP, OTHER = "https://www.shop.example", "https://other.example"
EVENT = {"userId": "u-1", "event": "Product Viewed", "messageId": "m-1"}
ALLOWED = "access-control-allow-origin"


@pytest.fixture(scope="module")
def open_shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("cors") / "shop"
    copied(base, folder)
    about = {"name": "test", "country": "DE", "cors_origins": [SHOP]}
    place = workspace(folder, {"cdp.yaml": about, "sources/web.yaml": {"type": "events"}})
    with running(place) as server:
        yield server


def asked(live: Live, method: str, path: str, origin: str, token: str = "") -> httpx.Response:
    headers = {"origin": origin}
    if method == "OPTIONS":
        headers |= {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
    if token:
        headers["authorization"] = f"Bearer {token}"
    return live.ask(method, path, None, headers, EVENT if method == "POST" else None)


@pytest.mark.parametrize("path", ["/v1/track", "/v1/identify/", "/v1/batch", "/v1/batch/"])
def test_a_preflight_is_answered(open_shop: Live, path: str) -> None:
    answer = asked(open_shop, "OPTIONS", path, SHOP)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[ALLOWED] == SHOP
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "origin"
    assert ALLOWED not in asked(open_shop, "OPTIONS", path, OTHER).headers


def test_an_event_of_a_page_is_taken_and_problems_can_be_read(open_shop: Live) -> None:
    token = open_shop.tokens["admin"]
    taken = asked(open_shop, "POST", "/v1/track", SHOP, token)
    assert (taken.status_code, taken.headers[ALLOWED]) == (200, SHOP)
    refused = asked(open_shop, "POST", "/v1/track", SHOP, "wrong")
    assert (refused.status_code, refused.headers[ALLOWED]) == (401, SHOP)
    assert "retry-after" in refused.headers["access-control-expose-headers"]
    elsewhere = asked(open_shop, "POST", "/v1/track", OTHER, token)
    assert elsewhere.status_code == 200
    assert ALLOWED not in elsewhere.headers


@pytest.mark.parametrize("path", [f"/v1/profiles/{ADA}", "/v1/import/web", "/v1/keys", "/healthz"])
def test_no_other_route_is_open(open_shop: Live, path: str) -> None:
    answer = asked(open_shop, "OPTIONS", path, SHOP)
    assert answer.status_code == 405
    assert ALLOWED not in answer.headers
    assert ALLOWED not in asked(open_shop, "GET", path, SHOP).headers


def test_where_no_origin_is_named_nothing_is_open(live: Live) -> None:
    answer = asked(live, "OPTIONS", "/v1/track", SHOP)
    assert (answer.status_code, ALLOWED in answer.headers) == (405, False)


@pytest.mark.parametrize(
    "origin", ["*", "shop.example", "https://shop.example/", "HTTPS://A.B", ""]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        WorkspaceFile(name="x", cors_origins=(origin,))
