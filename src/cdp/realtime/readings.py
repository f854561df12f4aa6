"""How the records of each source are read now: by what its mapping says in this moment.

Invariant: where files do not validate, what they said when they last did holds.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cdp.canonical.chosen import choose
from cdp.canonical.engine import Instance
from cdp.canonical.mapping import MAPPINGS
from cdp.errors import CdpError
from cdp.sources import INSTANCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.settings import Workspace

_LOG = logging.getLogger(__name__)


class Readings:
    """The instances of a workspace with their mappings, read again when a file changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: object = None
        self._known: dict[str, Instance | None] = {}
        self._looked_at: set[str] = set()

    @property
    def country(self) -> str:
        """The country that phone numbers and addresses without one are of."""
        return self._workspace.about.country

    def of(self, sources: Sequence[str]) -> list[Instance]:
        """Return how the records of these sources are read; of some of them nothing may be said."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._looked_at.clear()
        for name in sources:
            if name not in self._looked_at:
                self._looked_at.add(name)
                self._look(name)
        return [found for name in sources if (found := self._known.get(name)) is not None]

    def _look(self, name: str) -> None:
        try:
            declared = self._workspace.many(INSTANCES).get(name)
            mapping = choose(self._workspace, name).mapping if declared is not None else None
        except CdpError as error:
            _LOG.warning("what %s sends is read as before: %s", name, error)
            return
        self._known[name] = (
            Instance.of(name, mapping, declared)
            if declared is not None and mapping is not None
            else None
        )

    def _stamp(self) -> object:
        root = self._workspace.root
        files = sorted((*root.glob(INSTANCES.path), *root.glob(MAPPINGS.path)))
        return [(path, (found := path.stat()).st_mtime_ns, found.st_size) for path in files]
