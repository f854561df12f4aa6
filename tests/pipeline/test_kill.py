"""A process that is killed at any stage boundary loses nothing and is taken up again."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cdp import pipeline
from cdp.model.tables import TABLES
from cdp.settings import Settings, Workspace
from cdp.store import Warehouse
from conftest import CLOCK, copy_rules, make_fixtures

pytestmark = pytest.mark.long

# Runs the pipeline in a process of its own that kills itself at one moment of one stage.
SCRIPT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from cdp import pipeline
from cdp.settings import Settings, Workspace

root, data, stage, moment, clock = sys.argv[1:]

def observe(progress):
    if (progress.stage, progress.moment) == (stage, moment):
        os.kill(os.getpid(), signal.SIGKILL)

pipeline.run(
    Workspace(Path(root), Path(data)), Settings(memory_limit="2GB"),
    lambda: datetime.fromisoformat(clock), observe=observe,
)
"""
SKIPPED_TABLES = {
    "ops.run",
    "ops.stage_run",
    "ops.stage_delta",
    "ops.migration",
    "ops.table_version",
    "identity.scorecard",
}
# What names the run or the load that did it may differ after a restart; what it says may not.
RUN_NUMBERED = {
    "bronze.load",
    "quality.result",
    "quality.extent",
    "identity.profile",
    "identity.alias",
    "identity.history",
    "gold.segment_member",
    "gold.segment_history",
    "activation.run",
    "activation.delivery",
}


def _kill_at(workspace: Workspace, stage: str, moment: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
            workspace.root,
            workspace.data_dir,
            stage,
            moment,
            CLOCK.isoformat(),
        ],
        check=False,
        capture_output=True,
        timeout=600,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def _contents(home: Path) -> dict[str, str]:
    with Warehouse.open(home) as warehouse:
        return {
            t.name: (
                str(warehouse.count(t.name)) if t.name in RUN_NUMBERED else warehouse.digest(t.name)
            )
            for t in TABLES
            if t.name not in SKIPPED_TABLES
        }


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, clock: Callable[[], datetime]
) -> Workspace:
    base = tmp_path_factory.mktemp("undisturbed")
    data = make_fixtures(base / "data", persons=100, seed=5)
    workspace = copy_rules(base / "workspace", data)
    pipeline.run(workspace, settings, clock)
    return workspace


def test_a_run_killed_at_each_stage_in_turn_ends_where_an_undisturbed_one_does(
    undisturbed: Workspace,
    tmp_path: Path,
    settings: Settings,
    clock: Callable[[], datetime],
) -> None:
    workspace = copy_rules(tmp_path / "killed", undisturbed.data_dir)
    # Killed before its commit, a stage leaves what the one before it left after its own, so that
    # each of those is tried as well.
    both = {"identity", "publish"}
    kills = [
        (stage.name, moment)
        for stage in pipeline.STAGES
        for moment in ("worked", "finished")
        if moment == "worked" or stage.name in both
    ]
    for stage, moment in kills:
        _kill_at(workspace, stage, moment)
    result = pipeline.run(workspace, settings, clock)
    assert result.run_id == len(kills) + 1
    assert _contents(workspace.home) == _contents(undisturbed.home)
