"""Few fixtures: the demo workspace, run once for all tests; odd cases are built inline.

`demo` is shared by all workers of a session and must not be changed: copy it with `demo_copy`.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access_world import access_world
from cdp import pipeline
from cdp.settings import Settings, Workspace
from corner_shop import CornerShop, customer, order
from live_server import Live, running
from published import copied, published

pytest_plugins = ["canonical_room", "demo_room", "identity_room", "judged_shop"]

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "data" / "fixtures"
CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)

LONG = "pytest.mark.long"
DEAR = frozenset(
    {
        *("test_quality_desk", "test_ids_laws", "test_identity_related", "test_run"),
        *("test_household", "test_small", "test_network_contract", "test_identity_frame"),
        *("test_contract", "test_blocks", "test_identity_stage", "test_odata", "test_kept"),
        *("test_canonical_stage", "test_scorecard", "test_resolve", "test_identifier_laws"),
        *("test_warehouse", "test_disks_and_writers", "test_workspace_commands", "test_make"),
    }
)
"""Files that take ten seconds or more without the tests that are long."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files without a test that is asked for: all are imported by every worker."""
    if collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    leave = {"long": LONG not in text, "not long": f"\npytestmark = {LONG}\n" in text}
    return leave.get(config.getoption("markexpr")) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: no worker is left alone with one at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, _is_cheap(item)))


def _is_cheap(item: pytest.Item) -> bool:
    return item.path.stem not in DEAR


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(workspace=ROOT, threads=2, memory_limit="2GB")


@pytest.fixture(scope="session")
def clock() -> Callable[[], datetime]:
    return lambda: CLOCK


def make_fixtures(out: Path, *, persons: int, seed: int) -> Path:
    """Make invented data of another seed and size, by the generator of the fixtures."""
    make = [sys.executable, str(FIXTURES / "make.py"), "--seed", str(seed)]
    subprocess.run(
        [*make, "--persons", str(persons), "--out", str(out)], check=True, capture_output=True
    )
    return out


def copy_rules(target: Path, data: Path = FIXTURES) -> Workspace:
    """Copy the demo's YAML files (not its data) to a folder and return it as a workspace."""
    shutil.copytree(
        ROOT / "pipelines" / "demo",
        target,
        ignore=shutil.ignore_patterns(".cdp"),
        dirs_exist_ok=True,
    )
    return Workspace(target, data)


@contextmanager
def _once_for_all_workers(folder: Path) -> Iterator[bool]:
    """Yield True to the one worker that has to build; the others wait until it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    settings: Settings,
    clock: Callable[[], datetime],
) -> Workspace:
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo"
    with _once_for_all_workers(folder) as build:
        if build:
            pipeline.run(copy_rules(folder / "workspace"), settings, clock)
    return Workspace(folder / "workspace", FIXTURES)


@pytest.fixture
def demo_copy(demo: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the demo workspace, run state included, that a test may change."""
    target = tmp_path / "demo"
    shutil.copytree(demo.root, target)
    return Workspace(target, FIXTURES)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small published workspace, not to be changed: take a copy with `copied`."""
    folder = tmp_path_factory.mktemp("base")
    published(folder)
    return folder


@pytest.fixture(scope="session")
def stocked(
    tmp_path_factory: pytest.TempPathFactory,
    settings: Settings,
    clock: Callable[[], datetime],
) -> CornerShop:
    """A corner shop after its first run, not to be changed: take a copy of its folder."""
    shop = CornerShop(tmp_path_factory.mktemp("stocked"))
    shop.customers("crm", [customer(number, 1) for number in range(36)])
    shop.customers("shop", [customer(number, 2) for number in range(36)])
    shop.events("order", [order(number, number) for number in range(12)])
    pipeline.run(shop.workspace, settings, clock)
    return shop


@pytest.fixture(scope="session")
def live(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running server for tests that only read."""
    with running(copied(base, tmp_path_factory.mktemp("live"))) as server:
        yield server


@pytest.fixture(scope="session")
def regions_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published workspace with regions and roles, not to be changed: take a copy."""
    folder = tmp_path_factory.mktemp("regions")
    access_world(folder)
    return folder
