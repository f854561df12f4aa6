"""The fact sheet as a real browser shows and prints it; `make test-browser` sets the browser up."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from live_server import Live
from published import ACME, ADA

DESKTOP, PHONE = (1200, 900), (390, 844)
_WIDTH = "[document.documentElement.scrollWidth, window.innerWidth]"
_NAMELESS = """() => [...document.querySelectorAll('table')].filter(
    t => !t.caption || !t.tHead || [...t.querySelectorAll('th')].some(h => !h.scope)).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found is not None, "chromium is missing; `make test-browser` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, live: Live, path: str, size: tuple[int, int]) -> Page:
    """Open a page as an application shows it: fetched with its key, and nothing else allowed."""
    asked: list[str] = []
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        answered = live.get(path)
        route.fulfill(
            status=answered.status_code, headers=dict(answered.headers), body=answered.text
        )

    page.route("**/*", answer)
    page.goto(f"{live.url}{path}")
    assert asked == [f"{live.url}{path}"], "the page asked for something else"
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("path", [f"/v1/profiles/{ADA}", f"/v1/accounts/{ACME}"])
def test_a_page_fits_its_screen_and_names_what_it_shows(
    browser: Browser, live: Live, tmp_path: Path, path: str, size: tuple[int, int]
) -> None:
    page = opened(browser, live, f"{path}/fact-sheet", size)
    page.screenshot(path=tmp_path / f"{size[0]}.png", full_page=True)
    needed, given = page.evaluate(_WIDTH)
    assert needed <= given, "it has to be scrolled sideways"
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate(_NAMELESS) == 0
    page.close()


def test_a_page_is_printed_on_one_sheet(browser: Browser, live: Live, tmp_path: Path) -> None:
    page = opened(browser, live, f"/v1/profiles/{ADA}/fact-sheet", DESKTOP)
    printed = page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
    assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45]\.?\d* 84[12]", printed), "it is no A4"
    page.close()
