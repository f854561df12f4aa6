"""Which segments there are, and which version of its definition each is at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cdp.store.state import State
from cdp.store.state_segments import Segments

if TYPE_CHECKING:
    from cdp.settings import Workspace


def versions(workspace: Workspace) -> dict[str, str]:
    """Return the SHA-256 of the definition of every segment, by name.

    Of one that a file declares it is that of the file; of one made through the API, of its JSON.
    """
    found: dict[str, str] = {}
    if (workspace.home / "state.db").exists():
        with State.open(workspace.home) as state:
            made = Segments(state).current()
        found = {name: _digest((one.definition or "").encode()) for name, one in made.items()}
    for file in workspace.root.glob("segments/*.yaml"):
        found[file.stem] = _digest(file.read_bytes())
    return dict(sorted(found.items()))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
