"""The segments of a workspace as they are declared now, compiled, kept in memory.

Invariant: what was changed through the API, by whatever process, or in a file is seen within the
time below; where the files do not validate, the last ones that did are served.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from cdp.errors import ConfigError, NotFoundError, StateError
from cdp.segments.compiler import compiled
from cdp.segments.freshness import waits_for
from cdp.segments.known import known, scores_of
from cdp.store.state import State
from cdp.store.state_segments import TOPICS, StaticMembers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.compiler import Compiled
    from cdp.segments.definition import SegmentFile
    from cdp.segments.known import Known
    from cdp.settings import Workspace
    from cdp.store.state_segments import StaticMember

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Declared:
    """Every segment there is.

    Attributes:
        known: by name.
        compiled: the same as SQL.
        scores: names of scores that conditions may name.
        waits: by name what keeps a segment from being live; nothing where it is.
        given: who was put into static groups, by name of the group.
    """

    known: Mapping[str, Known]
    compiled: Mapping[str, Compiled]
    scores: frozenset[str]
    waits: Mapping[str, list[str]]
    given: Mapping[str, tuple[StaticMember, ...]]

    @property
    def files(self) -> dict[str, SegmentFile]:
        """The definitions, by name."""
        return {name: one.definition for name, one in self.known.items()}

    def one(self, name: str) -> Known:
        """Return a segment.

        Raises:
            NotFoundError: there is none of this name.
        """
        found = self.known.get(name)
        if found is None:
            msg = f"no segment is called {name!r}; GET /v1/segments lists them"
            raise NotFoundError(msg)
        return found


class Catalogue:
    """What is declared now; read again when a file or the state file changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = Lock()
        self._seen: object = None
        self._looked_at = -1.0
        self._declared: Declared | None = None

    def current(self) -> Declared:
        """Return what is declared, at most 200 ms behind.

        Raises:
            StateError: a file does not validate, and none that did was read before.
        """
        with self._lock:
            if self._declared is None or monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
                self._look()
            assert self._declared is not None  # noqa: S101 - `_look` raised where it is
            return self._declared

    def anew(self) -> Declared:
        """Return what is declared after a change that this process has just made."""
        with self._lock:
            self._look()
            assert self._declared is not None  # noqa: S101 - `_look` raised where it is
            return self._declared

    def _look(self) -> None:
        seen = self._stamp()
        self._looked_at = monotonic()
        if seen == self._seen:
            return
        try:
            self._declared = read(self._workspace)
        except ConfigError as error:
            if self._declared is None:
                msg = f"the workspace has a segment that does not validate: {error}"
                raise StateError(msg) from error
            _LOG.error("the segments are served as they were before: %s", error)
        self._seen = seen

    def _stamp(self) -> object:
        root = self._workspace.root
        files = [*root.glob("segments/*.yaml"), *root.glob("scores/*.yaml")]
        stats = sorted((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
        if not (self._workspace.home / "state.db").exists():
            return stats
        with State.open(self._workspace.home) as state:
            return stats, tuple(state.version(topic) for topic in TOPICS)


def read(workspace: Workspace) -> Declared:
    """Return every segment of the workspace.

    Raises:
        ConfigError: one does not validate.
    """
    every, scores = known(workspace), scores_of(workspace)
    files = {name: one.definition for name, one in every.items()}
    made = {name: compiled(name, files, scores) for name in files}
    waits = {name: waits_for(made[name], files[name], files) for name in files}
    return Declared(every, made, scores, waits, _given(workspace))


def _given(workspace: Workspace) -> dict[str, tuple[StaticMember, ...]]:
    if not (workspace.home / "state.db").exists():
        return {}
    with State.open(workspace.home) as state:
        every = StaticMembers(state).every()
    found: dict[str, list[StaticMember]] = {}
    for member in every:
        found.setdefault(member.segment, []).append(member)
    return {name: tuple(members) for name, members in found.items()}
