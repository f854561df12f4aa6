"""The walk through the steward's commands says what the commands say."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from cdp.settings import Workspace
from conftest import FIXTURES, ROOT

pytestmark = pytest.mark.long


def _walk() -> ModuleType:
    spec = importlib.util.spec_from_file_location("walk", ROOT / "docs" / "walk.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_walk_through_the_demo_is_as_written(
    demo_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = _walk()
    monkeypatch.setenv("CDP_WORKSPACE", "")
    walk.use(demo_copy.root, FIXTURES)
    monkeypatch.chdir(demo_copy.root)
    page = (ROOT / "docs" / "steward.md").read_text(encoding="utf-8")
    said = walk.replayed(page, walk.in_process)
    assert walk.bare(said) == walk.bare(page), "write it again with `python docs/walk.py`"
    assert "<svg" in Path("why.svg").read_text(encoding="utf-8")


def test_ids_of_the_page_stand_for_those_that_are_printed() -> None:
    walk = _walk()
    asked: list[list[str]] = []

    def run(arguments: list[str]) -> str:
        asked.append(arguments)
        return "R-bbbbbbbbbbbb is open\n" if "list" in arguments else ""

    page = (
        "```console\n$ cdp review list\nR-aaaaaaaaaaaa is open\n"
        "$ cdp review show R-aaaaaaaaaaaa\n```\n"
    )
    said = walk.replayed(page, run)
    assert asked == [["cdp", "review", "list"], ["cdp", "review", "show", "R-bbbbbbbbbbbb"]]
    assert walk.bare(said) == walk.bare(page)
