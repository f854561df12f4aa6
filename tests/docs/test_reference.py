"""The reference tells the truth: it is what the code would write today."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES: dict[str, str] = _reference().pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_what_the_code_says(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name], f"docs/{name} is out of date: run `make docs`"


def test_no_page_is_left_over() -> None:
    there = {
        str(path.relative_to(DOCS))
        for folder in ("reference", "schemas")
        for path in (DOCS / folder).iterdir()
    }
    assert there | {"data-dictionary.md"} == set(PAGES)
