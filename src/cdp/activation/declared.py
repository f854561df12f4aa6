"""The exports that `destinations/*.yaml` declare: each segment of each destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.activation.definition import DESTINATION_FILES
from cdp.activation.export import Export
from cdp.activation.versions import versions
from cdp.errors import ConfigError, InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.activation.books import Last
    from cdp.activation.export import Prepared
    from cdp.settings import Workspace


def declared(workspace: Workspace) -> Iterator[Export]:
    """Yield every declared export, by destination.

    Raises:
        ConfigError: a file does not validate, or names a segment that is not there.
    """
    segments = versions(workspace)
    for name, file in workspace.many(DESTINATION_FILES).items():
        for segment in file.root.segments:
            if segment not in segments:
                known = ", ".join(segments) or "none"
                msg = f"destinations/{name}.yaml: unknown segment {segment!r}; known: {known}"
                raise ConfigError(msg)
            yield Export(name, file.root, segment, segments[segment])


def receivers(workspace: Workspace, segment: str) -> list[str]:
    """Return the declared destinations that take a segment, also where one does not exist."""
    files = workspace.many(DESTINATION_FILES)
    return sorted(name for name, file in files.items() if segment in file.root.segments)


def chosen(workspace: Workspace, destination: str, segment: str) -> Export:
    """Return the export of a segment to a declared destination.

    Raises:
        UnknownNameError: there is no such destination.
        InputError: the destination does not list the segment.
    """
    found = [one for one in declared(workspace) if one.destination == destination]
    if not found:
        known = sorted({one.destination for one in declared(workspace)})
        raise UnknownNameError(kind="destination", name=destination, known=known)
    for one in found:
        if one.segment == segment:
            return one
    takes = ", ".join(one.segment for one in found)
    msg = (
        f"destinations/{destination}.yaml takes {takes}, not {segment!r}; add it to its "
        "segments: if it should go there"
    )
    raise InputError(msg)


def is_news(prepared: Prepared, past: Last) -> bool:
    """Whether an export would tell its destination anything that the last one did not."""
    if prepared.export.definition.mode == "difference" and past.ordinal:
        return prepared.rows.count > 0
    return prepared.content_hash != past.content_hash
