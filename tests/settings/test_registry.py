import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.errors import ConfigError, UnknownNameError
from cdp.registry import Registry


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "plugins_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from cdp.registry import Registry\nTHINGS = Registry('thing', 'plugins_of_a_test')\n",
        encoding="utf-8",
    )
    (folder / "one.py").write_text(
        "from plugins_of_a_test import THINGS\nTHINGS.add('one', 1)\n", encoding="utf-8"
    )
    (folder / "_private.py").write_text("raise RuntimeError\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    for name in [n for n in sys.modules if n.startswith(folder.name)]:
        del sys.modules[name]


def test_dropping_a_file_into_the_folder_is_enough(package: str) -> None:
    module = __import__(package)
    assert module.THINGS.names() == ["one"]
    assert module.THINGS.get("one") == 1


def test_an_unknown_name_lists_the_known_ones(package: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown thing 'two'; known: one"):
        __import__(package).THINGS.get("two")


def test_a_name_is_taken_once() -> None:
    registry: Registry[int] = Registry("thing", "cdp")
    registry.add("one", 1)
    registry.add("one", 1)
    with pytest.raises(ConfigError, match="two extensions"):
        registry.add("one", 2)
