"""Whoever follows the page on adding a source gets what it says."""

from importlib import import_module
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.long


def test_the_page_can_be_followed_word_by_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    follow, walk = import_module("follow"), import_module("walk")
    page = follow.PAGE.read_text(encoding="utf-8")
    said = follow.Reader(tmp_path).follow(page)
    assert walk.bare(said) == walk.bare(page), "write it again with `python docs/follow.py`"
