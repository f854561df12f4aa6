"""Segments made through the API: every version of each, and the members of static groups.

Invariants: a version is never changed, a new one follows it; of two writers who read the same
version one is told that the other was first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import CdpError
from cdp.store.state import moment, stamp
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_acts import By

TOPICS: Final = ("segment", "static_member")
_COLUMNS: Final = "segment, version, definition, actor, reason, made_at"
_LATEST: Final = (
    "version = (select max(version) from segment_version w where w.segment = v.segment)"
)


class ChangedMeanwhileError(CdpError):
    """Somebody changed the segment since it was read; `version` is the one that holds now."""

    def __init__(self, segment: str, version: int) -> None:
        self.segment, self.version = segment, version
        now = f"it is at version {version} now" if version else "it is gone"
        super().__init__(
            f"segment {segment!r} was changed since you read it: {now}; read it again, then write"
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a segment; without a definition (JSON) it took the segment away."""

    segment: str
    version: int
    definition: str | None
    actor: str
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StaticMember:
    """Somebody who was put into a static group; `record_id` may be empty."""

    segment: str
    profile_id: str
    record_id: str
    actor: str
    added_at: datetime


class Segments:
    """The topic `segment` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def current(self) -> dict[str, Version]:
        """Return the segments that there are, by name."""
        found = self._read(f"{_LATEST} and definition is not null order by segment")
        return {one.segment: one for one in found}

    def versions(self, segment: str) -> list[Version]:
        """Return every version of a segment, latest first; none where it never was."""
        return self._read("segment = ? order by version desc", segment)

    def put(self, segment: str, definition: str | None, by: By, read: int | None) -> Version:
        """Keep a new version, None as its definition to take the segment away, and return it.

        `read` is the version that the writer knows, 0 where there was none; None: any.

        Raises:
            ChangedMeanwhileError: another version holds now.
        """
        with self._state.writing() as connection:
            past = self.versions(segment)
            holds = past[0].version if past and past[0].definition is not None else 0
            if read is not None and read != holds:
                raise ChangedMeanwhileError(segment, holds)
            number = past[0].version + 1 if past else 1
            values = (segment, number, definition, by.actor, by.reason.strip(), stamp(by.at))
            connection.execute("insert into segment_version values (?, ?, ?, ?, ?, ?)", values)
            if definition is None:
                connection.execute("delete from static_member where segment = ?", (segment,))
            insert(connection, by.accesses)
        return Version(segment, number, definition, by.actor, by.reason.strip(), by.at)

    def _read(self, condition: str, *values: object) -> list[Version]:
        sql = f"select {_COLUMNS} from segment_version v where {condition}"  # noqa: S608 - ours
        rows: list[tuple[Any, ...]] = self._state.connection.execute(sql, values).fetchall()
        return [_version(*row) for row in rows]


class StaticMembers:
    """The topic `static_member` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def every(self, segment: str | None = None) -> list[StaticMember]:
        """Return the members of all static groups, or of one, by name and id."""
        rows: list[tuple[Any, ...]] = self._state.connection.execute(
            "select segment, profile_id, record_id, actor, added_at from static_member "
            "where ? is null or segment = ? order by segment, profile_id",
            (segment, segment),
        ).fetchall()
        return [_member(*row) for row in rows]

    def add(self, segment: str, members: Iterable[tuple[str, str]], by: By) -> set[str]:
        """Put (profile id, record id or nothing) into a group; return the ids that are new."""
        added: set[str] = set()
        with self._state.writing() as connection:
            for profile_id, record_id in members:
                values = (segment, profile_id, record_id, by.actor, stamp(by.at))
                cursor = connection.execute(
                    "insert or ignore into static_member values (?, ?, ?, ?, ?)", values
                )
                if cursor.rowcount:
                    added.add(profile_id)
            insert(connection, by.accesses)
        return added

    def remove(self, segment: str, profile_ids: Iterable[str], by: By) -> set[str]:
        """Take ids out of a group; return those that were in it."""
        gone: set[str] = set()
        with self._state.writing() as connection:
            for profile_id in profile_ids:
                sql = "delete from static_member where segment = ? and profile_id = ?"
                if connection.execute(sql, (segment, profile_id)).rowcount:
                    gone.add(profile_id)
            insert(connection, by.accesses)
        return gone


def _version(
    segment: str, version: int, definition: str | None, actor: str, reason: str, made_at: str
) -> Version:
    return Version(segment, version, definition, actor, reason, moment(made_at))


def _member(
    segment: str, profile_id: str, record_id: str, actor: str, added_at: str
) -> StaticMember:
    return StaticMember(segment, profile_id, record_id, actor, moment(added_at))
