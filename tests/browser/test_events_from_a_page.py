"""A page of another host that sends an event from a real browser, which enforces CORS itself."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from builders import workspace
from cdp.privacy import keys
from live_server import Live, running
from published import NOW, copied

_SEND = """async ([url, key, path]) => {
    const body = JSON.stringify({userId: 'u-cors', event: 'Product Viewed', messageId: 'm-cors'});
    const headers = {authorization: 'Basic ' + btoa(key + ':'), 'content-type': 'application/json'};
    try {
        const answered = await fetch(url + path, {method: 'POST', headers, body});
        return [answered.status, answered.headers.get('x-request-id') !== null];
    } catch (error) { return [error.name, false]; }
}"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two hosts with a page each: browsers tell ports apart as they do names."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text("<!doctype html><title>a shop</title>", "utf-8")
    handler = partial(_Quiet, directory=str(folder))
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    yield [f"http://127.0.0.1:{server.server_port}" for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing of a request that is as it should be."""


@pytest.fixture(scope="module")
def collecting(
    base: Path, shops: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("browser") / "shop"
    copied(base, folder)
    about = {"name": "test", "country": "DE", "cors_origins": shops[:1]}
    place = workspace(folder, {"cdp.yaml": about, "sources/web.yaml": {"type": "events"}})
    with running(place) as server:
        server.tokens["page"] = keys.create(place.home, "page", ("events:write",), at=NOW)[1]
        yield server


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    found = shutil.which("chromium")
    assert found is not None, "chromium is missing; `make test-browser` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def sent(page: Page, shop: str, live: Live, path: str) -> list[object]:
    page.goto(shop)
    answered: list[object] = page.evaluate(_SEND, [live.url, live.tokens["page"], path])
    return answered


def test_a_page_of_a_named_origin_sends_and_reads_what_came_of_it(
    page: Page, shops: list[str], collecting: Live
) -> None:
    assert sent(page, shops[0], collecting, "/v1/track") == [200, True]
    known = collecting.get("/v1/profiles/user:u-cors", "full")
    assert known.status_code == 200, "the event that the page sent is not there"


def test_a_browser_refuses_pages_of_other_origins_and_other_routes(
    page: Page, shops: list[str], collecting: Live
) -> None:
    assert sent(page, shops[1], collecting, "/v1/track") == ["TypeError", False]
    assert sent(page, shops[0], collecting, "/v1/resolve") == ["TypeError", False]
