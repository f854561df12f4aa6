"""A patched generation is, item by item and row by row, the one that a full publish builds."""

import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from builders import AS_OF, add, opened, workspace
from cdp.publish.gold import GOLD_TABLES
from cdp.publish.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Key, Report, Run
from cdp.store import Warehouse, generation, goldfile, keyvalue, manifest
from cdp.store.ledger import Ledger
from cdp.store.manifest import Manifest
from cdp.store.schema import quoted
from gold_world import World, first, rows, write
from published import NOW

pytestmark = pytest.mark.long

Contents = dict[str, list[tuple[object, ...]]]
BLOCKS: dict[str, object] = {
    "blocks/orders.yaml": {
        "title": "Orders",
        "table": "order",
        "order": ["amount desc"],
        "limit": 2,
        "where": {"duplicate_of": [None]},
    },
    "blocks/bought.yaml": {
        "title": "Bought",
        "table": "order_line",
        "through": "order",
        "one_per": ["product_id"],
    },
    "blocks/related.yaml": {"title": "Related", "table": "relationship", "owner": ["other_id"]},
    "blocks/scores.yaml": {"title": "Scores", "table": "score"},
}


class Patched:
    """A workspace that is published by deltas, beside one that is always published in full."""

    def __init__(self, warehouse: Warehouse, folder: Path, seed: int) -> None:
        self.warehouse = warehouse
        self.random = Random(seed)  # noqa: S311 - invented data
        self.place = workspace(folder / "patched", BLOCKS)
        self.full = workspace(folder / "full", BLOCKS)
        self.world, self.held = first(self.random), rows(World({}))
        self.change(1, self.world)
        self.publish(1)

    def change(self, run_id: int, world: World | None = None) -> dict[Key, int]:
        """Go on to another world, this one or the next, and note what was touched on the way."""
        self.world = world or self.world.later(self.random)
        later = rows(self.world)
        touched = write(self.warehouse, self.held, later, run_id)
        self.held = later
        insert = "insert into ops.run values (?, now(), now(), null, 'running', null, null)"
        self.warehouse.connection.execute(insert, [run_id])
        return gather(self.warehouse, touched)

    def publish(self, run_id: int) -> None:
        self.note(run_id, STAGE.run(self.run(run_id, self.place)))
        STAGE.run(self.run(run_id, self.full))

    def patch(self, run_id: int, keys: dict[Key, int]) -> Report | None:
        assert STAGE.delta is not None
        return STAGE.delta(self.run(run_id, self.place), Delta(run_id - 1, keys))

    def note(self, run_id: int, report: Report) -> None:
        Ledger(self.warehouse).stage_finished(run_id, "publish", "same", 0.0, report)

    def run(self, run_id: int, place: Workspace) -> Run:
        return Run(run_id, AS_OF, NOW, 1, self.warehouse, place)


def gather(warehouse: Warehouse, touched: set[str]) -> dict[Key, int]:
    letters: dict[Key, str] = {"profile_id": "P", "account_id": "A"}
    counts: dict[Key, int] = {}
    for kind, letter in letters.items():
        name = f"step.touched_{kind}"
        warehouse.connection.execute(f"create or replace table {name} ({kind} varchar)")
        ids = sorted(t for t in touched if t.startswith(letter))
        for id_ in ids:
            warehouse.connection.execute(f"insert into {name} values (?)", [id_])  # noqa: S608
        counts[kind] = len(ids)
    return counts


def items_of(described: Manifest, home: Path) -> dict[str, list[tuple[bytes, bytes]]]:
    file = keyvalue.KeyValueFile(described.path(home, "serve"))
    try:
        return {name: list(file.scan(name, b"")) for name in file.names()}
    finally:
        file.close()


def rows_of(described: Manifest, home: Path) -> Contents:
    with goldfile.reading(described.path(home, "gold")) as connection:
        return {
            t.name: sorted(
                connection.execute(f"select * from {quoted(t.name)}").fetchall(),  # noqa: S608
                key=repr,
            )
            for t in GOLD_TABLES
        }


def served(place: Workspace) -> Manifest:
    described = manifest.current(place.home)
    assert described is not None
    return described


@pytest.mark.parametrize("seed", range(4))
def test_patching_is_publishing_in_full(tmp_path: Path, seed: int) -> None:
    with opened(tmp_path) as warehouse:
        both = Patched(warehouse, tmp_path, seed)
        for run_id in range(2, 5):
            report = both.patch(run_id, both.change(run_id))
            assert report is not None
            both.note(run_id, report)
            STAGE.run(both.run(run_id, both.full))
            one, other = served(both.place), served(both.full)
            assert items_of(one, both.place.home) == items_of(other, both.full.home)
            assert rows_of(one, both.place.home) == rows_of(other, both.full.home)
            assert (one.counts, one.digest) == (other.counts, other.digest)


def test_only_what_this_workspace_published_last_is_patched(tmp_path: Path) -> None:
    with opened(tmp_path) as warehouse:
        both = Patched(warehouse, tmp_path, 0)
        both.change(2)
        both.publish(2)
        generation.rollback(both.place.home)
        keys = both.change(3)
        assert both.patch(3, keys) is None, "the tables are those of a later generation"
        both.publish(3)
        keys = both.change(4)
        served(both.place).path(both.place.home, "serve").unlink()
        assert both.patch(4, keys) is None, "a file is gone"
        assert (tmp_path / "patched/.cdp/generations/3").exists()


def test_a_touched_key_that_nobody_told_of_is_found_by_counting(tmp_path: Path) -> None:
    with opened(tmp_path) as warehouse:
        both = Patched(warehouse, tmp_path, 1)
        both.change(2)
        add(warehouse, "gold.score", {"profile_id": "P-untold", "score": "rfm"})
        Ledger(warehouse).changed("gold.score", 2)
        before = served(both.place)
        assert both.patch(2, gather(warehouse, set())) is None
        assert served(both.place) == before
        assert [p.name for p in (both.place.home / "generations").iterdir()] == ["1"]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[3], sys.argv[4]]
left = int(sys.argv[2])
def counted(real):
    def call(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call
from builders import opened
from cdp.store.keyvalue import KeyValueWriter
from cdp.store import goldpatch
import test_publish_delta as delta
folder = Path(sys.argv[1])
with opened(folder) as warehouse:
    both = delta.Patched(warehouse, folder, 3)
    keys = both.change(2)
    os.fsync, os.mkdir, os.rename, os.replace, os.unlink, os.copy_file_range = map(
        counted, (os.fsync, os.mkdir, os.rename, os.replace, os.unlink, os.copy_file_range))
    KeyValueWriter.exchange = counted(KeyValueWriter.exchange)
    goldpatch._exchange = counted(goldpatch._exchange)
    goldpatch.counts = counted(goldpatch.counts)
    assert both.patch(2, keys) is not None
"""


@pytest.mark.parametrize("step", [1, 3, 9, 25, 33, 500])
def test_killed_while_patching_the_old_generation_is_served_whole_and_the_next_run_mends(
    tmp_path: Path, step: int
) -> None:
    here = Path(__file__)
    arguments = [str(tmp_path), str(step), str(here.parents[1]), str(here.parent)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], check=False, capture_output=True
    )
    assert done.returncode == (0 if step == 500 else -signal.SIGKILL), done.stderr.decode()
    place = Workspace(tmp_path / "patched")
    number = served(place).generation
    assert number == (2 if step == 500 else 1)
    full = items_of(served(place), place.home)
    if number == 1:
        other = Workspace(tmp_path / "full")
        assert full == items_of(served(other), other.home)
    with opened(tmp_path) as warehouse:
        report = STAGE.run(Run(3, AS_OF, NOW, 1, warehouse, place))
    assert (served(place).run_id == 3) == (report.counts["published"] == 1) == (number == 1)
    kept = sorted(int(p.name) for p in (place.home / "generations").iterdir())
    assert kept == sorted(served(place).kept)
