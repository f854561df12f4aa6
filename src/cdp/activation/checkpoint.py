"""What of an export is finished, so that one that was killed is taken up where it was.

Invariant: a file is written down here after it has its final name; what is written down is taken
for finished only where the same rows are exported in the same way, and the file is still there.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cdp.activation.files import Sum, force

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "exports/.unfinished"
"""Below the workspace's `.cdp`: what is on its way."""


@dataclass(slots=True)
class Checkpoint:
    """The finished files of one export.

    Attributes:
        folder: where it lies, with the drafts of files that go elsewhere.
        content: hash of what is exported, and how.
    """

    folder: Path
    content: str
    done: dict[str, Sum] = field(default_factory=dict)

    @staticmethod
    def of(home: Path, activation_id: str, content: str) -> Checkpoint:
        """Return how far an export came; it begins anew where its content is another one now."""
        folder = home / FOLDER / activation_id
        found = _read(folder / "done.json")
        if found.get("content") != content:
            shutil.rmtree(folder, ignore_errors=True)
            found = {}
        done = {name: Sum(**sum_) for name, sum_ in dict(found.get("done", {})).items()}
        return Checkpoint(folder, content, done)

    def finished(self, name: str, sum_: Sum) -> None:
        """Write down that a file is finished."""
        self.done[name] = sum_
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "done.json"
        fresh = path.with_suffix(".tmp")
        done = {name: asdict(each) for name, each in self.done.items()}
        fresh.write_text(json.dumps({"content": self.content, "done": done}), "utf-8")
        force(fresh)
        fresh.replace(path)

    def forget(self) -> None:
        """Remove it: the manifest says the same from now on."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found
