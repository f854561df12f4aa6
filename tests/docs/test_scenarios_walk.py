"""The pages that ask the API say what it answers: the five scenarios, and one call of each kind."""

import importlib.util
import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from cdp.api.working import BEGUN
from cdp.privacy import keys
from cdp.settings import Workspace
from conftest import ROOT
from live_server import running
from published import NOW


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _replayed(place: Workspace, name: str) -> Iterator[Callable[[list[str]], str]]:
    """Replay a page, and yield what asks as it does, for what stands elsewhere."""
    walk, asking = _loaded("walk"), _loaded("walk_http")
    made = {
        name: keys.create(place.home, name, scopes, at=NOW)[1]
        for name, scopes in asking.PAGES[name].items()
    }
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    with running(place) as live, chdir(place.root):
        caller = asking.Caller(live.url, made)
        said = walk.replayed(page, caller)
        yield caller
    assert walk.bare(said) == walk.bare(page), "write it again with `python docs/walk_http.py`"


@pytest.mark.long
def test_the_walk_through_the_scenarios_is_as_written(demo_copy: Workspace) -> None:
    with _replayed(demo_copy, "scenarios.md"):
        sheet = Path("sheet.html")
        assert "Pierre Dupont" in sheet.read_text(encoding="utf-8")


def test_every_call_that_is_written_down_is_answered_as_written(demo_copy: Workspace) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert page.count("curl ") == len(re.findall(r"(?m)^\$ curl ", page))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (sends,) = re.findall(r"(?m)^curl -u .*$", readme)
    with _replayed(demo_copy, "api.md") as ask:
        said = json.loads(ask(shlex.split(sends.replace("localhost:8321", "$CDP"))))
        BEGUN[-1].kill()
        BEGUN[-1].wait()
    assert said == {"success": True, "accepted": 1, "refused": []}


PICKED = [
    (".a[0].b", [1]),
    (".a[]", [{"b": 1}, {"b": 2}]),
    (".a[] | {b}", [{"b": 1}, {"b": 2}]),
    ("{c, first: .a[0].b}", [{"c": "x", "first": 1}]),
]


@pytest.mark.parametrize(("program", "found"), PICKED)
def test_what_the_page_picks_is_what_jq_would(program: str, found: list[object]) -> None:
    document = {"a": [{"b": 1}, {"b": 2}], "c": "x"}
    assert list(_loaded("walk_http")._picked(document, program)) == found
