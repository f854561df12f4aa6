"""Whom a server resolves by: the served generation or nobody, and then it says why."""

import json
from pathlib import Path

import pytest

from cdp.errors import StateError
from cdp.publish import served
from cdp.publish.served import Published
from cdp.realtime.loading import Live
from cdp.settings import Workspace


def _serve_without_lookups(home: Path, generation: int) -> None:
    path = home / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] = {r: f for r, f in content["files"].items() if not r.startswith("lookup_")}
    content["generation"] = generation
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_generation_without_lookups_says_how_it_gets_them(demo_copy: Workspace) -> None:
    number = Published(demo_copy.home).current().number
    _serve_without_lookups(demo_copy.home, number)
    live = Live(demo_copy.home, Published(demo_copy.home))
    live.make()
    with pytest.raises(StateError, match=f"generation {number} .*cdp run --from lookup"):
        live.current()


def test_no_generation_answers_for_another_that_cannot(
    demo_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_LOOK_EVERY_SECONDS", 0.0)
    live = Live(demo_copy.home, Published(demo_copy.home))
    live.make()
    generation, _ = live.current()
    _serve_without_lookups(demo_copy.home, generation.number + 1)
    live.make()
    with pytest.raises(StateError, match=f"generation {generation.number + 1} .*without"):
        live.current()
