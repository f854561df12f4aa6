"""Who is in which segment right now: as the run found it, moved by what was heard since.

Invariants: a definition is weighed by the very SQL that a run weighs it by, over the profile's
published rows with what was heard put beside them; those that wait for the run stay as the run
left them; what is moved is marked as live and says what moved it. Nothing here is kept: the next
run finds the same, or better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import CdpError
from cdp.model.tables import BY_NAME
from cdp.publish.kept import moment
from cdp.publish.reference import Reference
from cdp.realtime.live_rows import rows_of
from cdp.segments.control import is_held_out
from cdp.store.sliver import Sliver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cdp.publish.served import Generation
    from cdp.realtime.catalogue import Catalogue, Declared
    from cdp.realtime.subject import Subject
    from cdp.store.manifest import Manifest
    from cdp.store.state_segments import StaticMember

_PROFILE: Final = "gold.profile"
_CONSENT: Final = "gold.consent"
_ORDER: Final = ("time", "consent", "event")
"""What may move a profile, in the order in which it is tried."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a profile beside what was published.

    Attributes:
        profile_id: whose it is.
        document: the profile as it is shown, with what was heard.
        subjects: the users and visitors that were heard of.
        stored_consents: permissions as published; `consents`: as they are now.
    """

    profile_id: str
    document: Mapping[str, Any]
    subjects: Sequence[Subject]
    stored_consents: Sequence[Mapping[str, Any]]
    consents: Sequence[Mapping[str, Any]]

    @property
    def is_news(self) -> bool:
        """Whether anything was heard or said since."""
        return bool(self.subjects) or self.consents != self.stored_consents


@dataclass(slots=True)
class _Open:
    """The published file that is looked into, and which static members it was asked for."""

    number: int = -1
    sliver: Sliver | None = None
    given: object = None
    members: dict[str, dict[str, StaticMember]] = field(default_factory=dict)


class Membership:
    """The segments of single profiles, as they are now."""

    def __init__(self, home: Path, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self._home, self._catalogue, self._clock = home, catalogue, clock
        self._lock = Lock()
        self._open = _Open()

    def close(self) -> None:
        """Give the published file back."""
        with self._lock:
            if self._open.sliver is not None:
                self._open.sliver.close()
            self._open = _Open()

    def moves_static(self) -> bool:
        """Whether there are static groups, whose members may be others than the run knows."""
        return any(one.definition.static for one in self._catalogue.current().known.values())

    def over(
        self, generation: Generation, stored: list[dict[str, Any]], heard: Heard
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the segments of a profile now, and those it left since the run.

        `stored` are those that the run found; it waits for a query of some milliseconds.
        """
        declared = self._catalogue.current()
        known = {row["segment"]: row for row in stored}
        left: dict[str, dict[str, Any]] = {}
        with self._lock:
            self._static(generation, declared, heard.profile_id, (known, left))
            if heard.is_news:
                self._dynamic(generation, declared, heard, (known, left))
        return [known[name] for name in sorted(known)], [left[name] for name in sorted(left)]

    def _static(
        self,
        generation: Generation,
        declared: Declared,
        id_: str,
        shown: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]],
    ) -> None:
        known, left = shown
        groups = [name for name, one in declared.known.items() if one.definition.static]
        members = self._members(generation, declared) if groups else {}
        for name in groups:
            given = members.get(name, {}).get(id_)
            if given is not None and name not in known:
                at = given.added_at.strftime("%Y-%m-%dT%H:%M:%SZ")
                known[name] = _entry(declared, name, id_, at, "upload")
            elif given is None and name in known:
                del known[name]
                left[name] = {"segment": name, "left_by": "upload", "live": True}

    def _members(
        self, generation: Generation, declared: Declared
    ) -> dict[str, dict[str, StaticMember]]:
        """Return the members of static groups by the ids that they have in this generation."""
        if self._open.given != (generation.number, id(declared)):
            found: dict[str, dict[str, StaticMember]] = {}
            for name, members in declared.given.items():
                for one in members:
                    found.setdefault(name, {})[_id_now(generation, one)] = one
            self._open.members = found
            self._open.given = (generation.number, id(declared))
        return self._open.members

    def _dynamic(
        self,
        generation: Generation,
        declared: Declared,
        heard: Heard,
        shown: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]],
    ) -> None:
        known, left = shown
        kind = heard.document.get("profile_type")
        names = [
            name
            for name, waits in declared.waits.items()
            if not waits
            and not declared.known[name].definition.static
            and declared.known[name].definition.of == kind
        ]
        if not names:
            return
        as_of = self._as_of(generation.manifest, heard)
        found = self._weighed(generation.manifest, declared, heard, (names, as_of))
        at = as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name in names:
            was, now = name in known, found[_ORDER[-1]][name]
            if was == now:
                continue
            cause = next(step for step in _ORDER if found[step][name] == now)
            if cause == _ORDER[0] and _is_newer(declared, name, generation.manifest):
                cause = "definition"
            if now:
                known[name] = _entry(declared, name, heard.profile_id, at, cause)
            else:
                del known[name]
                left[name] = {"segment": name, "left_at": at, "left_by": cause, "live": True}

    def _weighed(
        self,
        manifest: Manifest,
        declared: Declared,
        heard: Heard,
        what: tuple[list[str], datetime],
    ) -> dict[str, dict[str, bool]]:
        """Return who of these the profile satisfies: by time alone, with permissions, with all."""
        names, as_of = what
        sliver = self._sliver(manifest)
        tables = {t for name in names for t in declared.compiled[name].tables} | {_PROFILE}
        id_ = heard.profile_id
        others = sorted({s.owner for s in heard.subjects if s.owner and s.owner != id_})
        sliver.load(sorted(tables), id_, others)
        if not sliver.has(_PROFILE):
            sliver.put(_PROFILE, [_columns(_PROFILE, heard.document)])

        def satisfied() -> dict[str, bool]:
            chosen = {name: declared.compiled[name] for name in names}
            return {name: sliver.holds(one.sql, one.params(as_of)) for name, one in chosen.items()}

        found = {"time": satisfied()}
        if _CONSENT in tables and heard.consents != heard.stored_consents:
            rows = [_columns(_CONSENT, {**row, "profile_id": id_}) for row in heard.consents]
            sliver.put(_CONSENT, rows, anew=True)
        found["consent"] = satisfied()
        happened = [event for subject in heard.subjects for event in tuple(subject.events)]
        for table, rows in rows_of(id_, happened).items():
            if table in tables:
                sliver.put(table, rows)
        found["event"] = satisfied()
        return found

    def _as_of(self, manifest: Manifest, heard: Heard) -> datetime:
        """Return the moment to look from: that of the run, or of the last that was heard."""
        said = [subject.last_at for subject in heard.subjects]
        said += [str(row["given_at"]) for row in heard.consents if row.get("given_at")]
        moments = [moment(manifest.as_of), *map(moment, said)]
        return max(moments[0], min(max(moments), self._clock()))

    def _sliver(self, manifest: Manifest) -> Sliver:
        if self._open.number != manifest.generation or self._open.sliver is None:
            if self._open.sliver is not None:
                self._open.sliver.close()
            self._open.sliver = Sliver(manifest.path(self._home, "gold"))
            self._open.number = manifest.generation
        return self._open.sliver


def _is_newer(declared: Declared, name: str, manifest: Manifest) -> bool:
    """Whether a definition was changed since the run."""
    version = declared.known[name].version
    return version is not None and version.made_at > moment(manifest.published_at)


def _id_now(generation: Generation, member: StaticMember) -> str:
    """Return the id that a static member has in this generation."""
    refs = [Reference("source", member.record_id)] if member.record_id else []
    for reference in (*refs, Reference("", member.profile_id)):
        try:
            return generation.find("profile", reference)
        except CdpError as error:
            survivor = getattr(error, "survivor", None)
            if survivor is not None:
                return str(survivor)
    return member.profile_id


def _entry(declared: Declared, name: str, id_: str, at: str, cause: str) -> dict[str, Any]:
    control = declared.known[name].definition.control
    held_out = control is not None and is_held_out(control.salt or name, control.share, id_)
    told = {"segment": name, "entered_at": at, "entered_run": None, "is_control": held_out}
    return told | {"live": True, "entered_by": cause}


def _columns(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document are columns of a table; lists and objects are left out."""
    names = {column.name for column in BY_NAME[table].columns}
    return {k: v for k, v in row.items() if k in names and not isinstance(v, list | dict)}
