"""Every segment of a workspace: those its files declare, and those made through the API.

Invariant: a name that a file declares is the file's; what was made under it through the API is
not looked at.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from cdp.errors import ConfigError
from cdp.segments.compiler import Compiled, compiled
from cdp.segments.definition import SEGMENTS, SegmentFile
from cdp.segments.scope import ConditionError
from cdp.settings import line_of
from cdp.store.state import State
from cdp.store.state_segments import Segments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Workspace
    from cdp.store.state_segments import Version

Origin = Literal["file", "api"]


@dataclass(frozen=True, slots=True)
class Known:
    """A segment and where it comes from; `version` is of those made through the API."""

    name: str
    definition: SegmentFile
    version: Version | None = None

    @property
    def origin(self) -> Origin:
        """Where it is changed."""
        return "file" if self.version is None else "api"

    def document(self) -> dict[str, Any]:
        """Return the definition as JSON, as it would be sent."""
        return document_of(self.definition)


def known(workspace: Workspace) -> dict[str, Known]:
    """Return every segment by name, sorted.

    Raises:
        ConfigError: a file or a kept definition does not validate.
    """
    found = {name: Known(name, file) for name, file in workspace.many(SEGMENTS).items()}
    for name, version in made(workspace).items():
        if name not in found:
            found[name] = Known(name, _read(version), version)
    return dict(sorted(found.items()))


def made(workspace: Workspace) -> dict[str, Version]:
    """Return the segments made through the API, by name."""
    if not (workspace.home / "state.db").exists():
        return {}
    with State.open(workspace.home) as state:
        return Segments(state).current()


def files(workspace: Workspace) -> dict[str, SegmentFile]:
    """Return the definition of every segment, by name."""
    return {name: one.definition for name, one in known(workspace).items()}


def scores_of(workspace: Workspace) -> frozenset[str]:
    """Return the names of the workspace's scores."""
    return frozenset(file.stem for file in workspace.root.glob("scores/*.yaml"))


def definitions(workspace: Workspace) -> dict[str, Compiled]:
    """Return every segment of the workspace, compiled, by name.

    Raises:
        ConfigError: a definition does not validate, or names something that is not there.
    """
    declared, scores = files(workspace), scores_of(workspace)
    return {name: _compiled(workspace, name, declared, scores) for name in declared}


def _compiled(
    workspace: Workspace, name: str, declared: Mapping[str, SegmentFile], scores: frozenset[str]
) -> Compiled:
    """Return one segment, compiled; an error says on which line of its file it is."""
    try:
        return compiled(name, declared, scores)
    except ConditionError as error:
        path = workspace.root / "segments" / f"{name}.yaml"
        if not error.place or not path.exists():
            raise
        line, field = line_of(path, error.place), ".".join(map(str, error.place))
        msg = f"segments/{name}.yaml: line {line}, {field}: {error.told}"
        raise ConditionError(msg) from None


def document_of(definition: SegmentFile) -> dict[str, Any]:
    """Return a definition as JSON, without what was not given."""
    found: dict[str, Any] = definition.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return found


def digest_of(segment: Compiled) -> str:
    """Return a hash of what decides who is a member."""
    parts = [segment.entity, segment.sql, dict(segment.values)]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def dependents(name: str, declared: Mapping[str, SegmentFile]) -> list[str]:
    """Return the segments that build directly upon this one."""
    return sorted(other for other, file in declared.items() if name in _named(document_of(file)))


def _named(part: object) -> set[str]:
    if isinstance(part, dict):
        own = {part["segment"]} if isinstance(part.get("segment"), str) else set()
        return own.union(*map(_named, part.values()))
    return set().union(*map(_named, part)) if isinstance(part, list) else set()


def _read(version: Version) -> SegmentFile:
    try:
        return SegmentFile.model_validate(json.loads(version.definition or "{}"))
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        msg = (
            f"segment {version.segment!r}, made through the API (version {version.version}), does "
            f"not validate any more: {told}; change it with PUT /v1/segments/{version.segment}"
        )
        raise ConfigError(msg) from None
