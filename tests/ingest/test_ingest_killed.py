"""A process that is killed while it lands leaves nothing half done."""

import signal
import subprocess
import sys
from pathlib import Path

from builders import carry_out, opened, workspace
from cdp.ingest.stage import STAGE
from source_files import write

LAND_AND_DIE = """
import os, signal, sys
from pathlib import Path
from builders import AS_OF, opened
from cdp.ingest.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Run
from cdp.store.ledger import Ledger

def die(ledger, table, run_id):
    assert ledger._warehouse.count("bronze.record") == 3
    os.kill(os.getpid(), signal.SIGKILL)

Ledger.changed = die
root = Path(sys.argv[1])
with opened(root) as warehouse:
    STAGE.run(Run(1, AS_OF, AS_OF, 1, warehouse, Workspace(root)))
"""


def test_a_kill_before_the_commit_keeps_nothing_and_the_next_run_lands_it_all(
    tmp_path: Path,
) -> None:
    declared = {"type": "csv_file", "path": "crm", "options": {"id_column": "id"}}
    rules = workspace(tmp_path, {"sources/crm.yaml": declared})
    write(tmp_path / "data" / "crm", {"people.csv": "id\n1\n2\n3\n"})
    tests = Path(__file__).parents[1]
    died = subprocess.run(
        [sys.executable, "-c", LAND_AND_DIE, str(tmp_path)], cwd=tests, check=False
    )
    assert died.returncode == -signal.SIGKILL
    with opened(tmp_path) as warehouse:
        assert [warehouse.count(table) for table in STAGE.writes] == [0, 0, 0, 0]
        assert carry_out(STAGE, warehouse, rules).counts["rows_new"] == 3
        assert carry_out(STAGE, warehouse, rules, run_id=2).counts["rows_in"] == 0
