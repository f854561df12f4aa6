"""The process that works out one plan: `python -m cdp.planning.worker ROOT HOME PLAN_ID`.

Invariant: whatever happens, the plan ends as finished or failed, and says why.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import CdpError
from cdp.planning import jobs
from cdp.planning.trial import Trial, plan
from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.planning.trial import Difference

SHOWN: Final = 1000
"""Rows of each list that a plan holds; its counts are those of all."""
IDENTITY: Final = "identity.yaml"


def main(arguments: list[str]) -> None:
    """Work out a plan that was begun, and keep the outcome."""
    root, home, plan_id = Path(arguments[0]), Path(arguments[1]), arguments[2]
    asked = jobs.asked_for(home, plan_id)
    try:
        with _rules(Workspace(root), asked["identity"]) as rules:
            difference = _difference(root, asked, rules)
    except CdpError as error:
        jobs.write(home, asked | {"status": "failed", "detail": str(error)})
        return
    except BaseException as error:
        jobs.write(home, asked | {"status": "failed", "detail": f"a defect: {error!r}"})
        raise
    jobs.write(home, asked | {"status": "finished", "difference": difference})


def _difference(root: Path, asked: dict[str, Any], rules: Path | None) -> dict[str, Any]:
    at = datetime.fromisoformat(asked["at"])
    found = plan(Workspace(root), Settings(), lambda: at, Trial(rules, asked["retrain"]))
    return without_contacts(found)


def without_contacts(difference: Difference) -> dict[str, Any]:
    """Return the difference for JSON without the contact points that permissions are for."""
    document = difference.document(SHOWN)
    document["consents"] = [
        {name: value for name, value in row.items() if name != "contact_value"}
        for row in document["consents"]
    ]
    return document


@contextmanager
def _rules(workspace: Workspace, identity: dict[str, Any] | None) -> Iterator[Path | None]:
    """Yield a folder with the workspace's files and another `identity.yaml`, None without one."""
    if identity is None:
        yield None
        return
    left_out = {workspace.home.resolve(), workspace.data_dir.resolve()}

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if (Path(folder) / name).resolve() in left_out]

    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        copied = Path(folder) / "rules"
        shutil.copytree(workspace.root, copied, ignore=ignored)
        # every JSON document is YAML
        (copied / IDENTITY).write_text(json.dumps(identity), encoding="utf-8")
        yield copied


if __name__ == "__main__":
    main(sys.argv[1:])
