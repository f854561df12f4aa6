"""Households and company groups of the fixtures are found, counted in pairs of their members."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cdp.settings import Workspace
from cdp.store.peek import peek
from conftest import FIXTURES

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load("pairs")
collectives = load("collectives")


@pytest.mark.parametrize(("kind", "pairs"), [("HOUSEHOLD", 200), ("GROUP", 5)])
def test_who_belongs_together_is_put_together_and_hardly_anybody_else(
    kind: str, pairs: int, demo: Workspace
) -> None:
    with peek(demo.home) as warehouse:
        score = collectives.scored(warehouse, FIXTURES / "truth.csv", getattr(collectives, kind))
    assert score.true_pairs > pairs
    assert score.precision >= 0.95
    assert score.recall >= 0.9
