"""This version reads the workspaces of every version before it, and every id still resolves."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cdp import pipeline
from cdp.publish.reference import parse
from cdp.publish.served import Published
from cdp.settings import Settings, Workspace
from cdp.store.peek import peek
from cdp.store.restoring import lay_out

HERE = Path(__file__).parent
VERSIONS = sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz"))


def test_there_is_a_workspace_of_each_release() -> None:
    assert "v0.1.0" in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_workspace_of_this_version_is_read_and_keeps_its_ids(
    version: str, tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    lay_out(HERE / f"{version}.tar.xz", tmp_path)
    workspace = Workspace(tmp_path / version)
    with peek(workspace.home) as warehouse:
        before = dict(
            warehouse.query("select record_id, profile_id from identity.assignment").iter_rows()
        )
    served = Published(workspace.home).current()
    assert served.find("profile", parse("email:nora.quint@example.org", "US")) in before.values()
    pipeline.run(workspace, settings, clock, pipeline.Request(full=True))
    now = Published(workspace.home).current()
    for record_id, profile_id in before.items():
        found = now.find("profile", parse(f"source:{record_id}", "US"))
        assert found == profile_id
        assert json.loads(now.document("profile", found) or b"{}")["profile_id"] == profile_id
