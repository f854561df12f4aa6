"""The desk of the quarantine: what waits, setting it right, letting it through, taking that back.

What is decided is kept at once and takes effect with the next run, as long as it is not undone.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import InputError, NotFoundError, StateError
from cdp.model.paths import parse
from cdp.quality.corrections import steps
from cdp.quality.misspelt import refuse_unknown
from cdp.store import Warehouse, goldfile, manifest
from cdp.store.state import State
from cdp.store.state_acts import By, Once
from cdp.store.state_audit import Access
from cdp.store.state_corrections import Corrections, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_corrections import Correction, Kind, Scalar

Row = dict[str, Any]
_SHOWN: Final = """
select
    quarantine_id,
    record_id,
    source,
    object,
    native_id,
    seq,
    reason,
    field,
    message,
    original,
    rules,
    payload::varchar as payload,
    locator,
    received_at
from quality.quarantined
"""
_LIST: Final = f"""{_SHOWN}
where ($source::varchar is null or source = $source)
    and ($object::varchar is null or object = $object)
    and ($reason::varchar is null or reason = $reason)
    and ($after::varchar is null or quarantine_id > $after)
order by quarantine_id
limit $limit
"""
_FIND: Final = f"""{_SHOWN}
where record_id = $record or quarantine_id = $record
    or (length($record) >= 6 and starts_with(quarantine_id, $record))
order by object, quarantine_id
"""
_HELD: Final = """
select
    null as quarantine_id,
    record_id,
    source,
    object,
    native_id,
    seq,
    payload::varchar as payload
from bronze.record
where record_id = $record and not coalesce(is_deleted, false)
qualify row_number() over (
    partition by object order by changed_at desc nulls last, seq desc
) = 1
order by object
"""
_PUBLISHED: Final = """
select count(*)
from information_schema.tables
where table_schema = 'quality' and table_name = 'quarantined'
"""
_EVERY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which waiting records are meant; None for all."""

    source: str | None = None
    object: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who decides, why and when; `once` is an Idempotency-Key, `key_id` the key of a caller."""

    name: str
    reason: str
    at: datetime
    key_id: str = ""
    request_id: str = ""
    once: str | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """What is to become of one record: new values by path of the field, or to be dropped.

    `is_new`: the fields may be such as no record of the object has; `anyway` is how to say so.
    """

    record: str
    object: str | None = None
    changes: Mapping[str, Scalar] | None = None
    is_new: bool = False
    anyway: str = "--new-field"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What comes of a replay.

    Attributes:
        allowed: records that pass with the next run in spite of their rules, as corrections.
        corrected: records that are judged anew anyway, since they were corrected.
        stuck: by reason, records that no rule keeps back: they cannot be read until set right.
    """

    allowed: list[Correction]
    corrected: int
    stuck: Mapping[str, int]


class Desk:
    """The quarantine of a workspace, and what people decided of it.

    `listing` is where people see what waits, as messages name it; `mapped` returns the fields that
    the mapping of a source names of an object.
    """

    def __init__(
        self,
        home: Path,
        warehouse: Warehouse,
        listing: str = "`cdp quality list`",
        mapped: Callable[[str, str], Iterable[str]] = lambda _source, _object: (),
    ) -> None:
        self._home = home
        self._warehouse = warehouse
        self._listing = listing
        self._mapped = mapped

    def waiting(self, wanted: Wanted, limit: int = _EVERY, after: str | None = None) -> list[Row]:
        """Return what waits, by id, from behind one; `corrections` are in force and speak of it."""
        rows = self._warehouse.query(
            _LIST,
            source=wanted.source,
            object=wanted.object,
            reason=wanted.reason,
            after=after,
            limit=limit,
        ).to_dicts()
        known = self._in_force()
        return [_shown(row, known) for row in rows]

    def one(self, record: str, of: str | None = None) -> Row:
        """Return what waits under a record id, or under the id of the list or its beginning.

        Raises:
            NotFoundError: nothing does.
            InputError: several do.
        """
        return _shown(self._found(record, of), self._in_force())

    def repair(
        self, repair: Repair, clerk: Clerk, told: Callable[[Row, str, str], Scalar] | None = None
    ) -> tuple[Correction, bool]:
        """Keep a correction of one record; return it and whether it is new.

        `told` reads values that were typed: from the record, the path and the text.

        Raises:
            NotFoundError: there is no such record.
            InputError: several records go by that name, no record has a field or it cannot be set,
                or it is no record.
        """
        row = self._found(repair.record, repair.object)
        if row["seq"] is None:
            msg = (
                f"{repair.record} could not be read as a record ({row['reason']}), so no field of "
                "it can be set; set it right in the source and deliver it again"
            )
            raise InputError(msg)
        changes = dict(repair.changes or {})
        for path in changes:
            steps(path)
        if not repair.is_new:
            mapped = self._mapped(row["source"], row["object"])
            refuse_unknown(self._warehouse, row, changes, mapped, repair.anyway)
        if told is not None:
            changes = {path: told(row, path, str(text)) for path, text in changes.items()}
        wish = _wish("set" if changes else "drop", row, changes)
        made, is_new = self._add([wish], clerk, "repair", json.dumps([row["seq"], changes]))
        return made[0], is_new

    def replay(self, wanted: Wanted, clerk: Clerk, record: str | None = None) -> Replayed:
        """Let records through that rules keep back: as they are now, and with the next run.

        Raises:
            NotFoundError: no such record waits.
        """
        known = self._in_force()
        rows = [self._found(record, wanted.object)] if record else self.waiting(wanted)
        open_rows = [row for row in rows if not _shown(row, known)["corrections"]]
        kept_back = [row for row in open_rows if row.get("rules")]
        stuck: dict[str, int] = {}
        for row in open_rows:
            if not row.get("rules"):
                stuck[row["reason"]] = stuck.get(row["reason"], 0) + 1
        wishes = [_wish("allow", row, {}) for row in kept_back]
        asked = json.dumps([record, wanted.source, wanted.object, wanted.reason])
        made = self._add(wishes, clerk, "replay", asked)[0] if wishes or clerk.once else []
        return Replayed(made, len(rows) - len(open_rows), stuck)

    def _found(self, record: str, of: str | None) -> Row:
        rows = self._warehouse.query(_FIND, record=record).to_dicts()
        if not rows and self._has_bronze():
            rows = self._warehouse.query(_HELD, record=record).to_dicts()
        rows = [row for row in rows if of is None or row["object"] == of]
        if not rows:
            msg = f"nothing waits in quarantine as {record!r}; {self._listing} says what does"
            raise NotFoundError(msg)
        if len(rows) > 1:
            listed = ", ".join(row["quarantine_id"] or row["object"] for row in rows[:5])
            msg = f"{record!r} is several: {listed}; name one by its id, or its object"
            raise InputError(msg)
        return rows[0]

    def _has_bronze(self) -> bool:
        found = self._warehouse.query(
            "select count(*) from information_schema.tables where table_schema = 'bronze'"
        )
        return bool(found.item())

    def _in_force(self) -> dict[tuple[str, str, str], list[int]]:
        with State.open(self._home) as state:
            corrections = Corrections(state).in_force()
        known: dict[tuple[str, str, str], list[int]] = {}
        for made in corrections:
            wish = made.wish
            key = (wish.source, wish.object, wish.native_id)
            known.setdefault(key, []).append(made.correction_id)
        return known

    def _add(
        self, wishes: list[Wish], clerk: Clerk, action: str, asked: str
    ) -> tuple[list[Correction], bool]:
        said = f"{action}:{asked}:{clerk.reason}"
        fingerprint = hashlib.sha256(said.encode()).hexdigest()
        once = Once(clerk.key_id, clerk.once, fingerprint) if clerk.once else None
        by = _by(clerk, action, [f"{w.source}:{w.native_id}" for w in wishes])
        with State.open(self._home) as state:
            return Corrections(state).add(wishes, by, once)


def undo(home: Path, correction_id: int, clerk: Clerk) -> Correction:
    """Take a correction out of force.

    Raises:
        NotFoundError: it was never made, or is not in force.
    """
    if kept(home, correction_id) is None:
        msg = f"there is no correction {correction_id}; `cdp quality log` lists all"
        raise NotFoundError(msg)
    with State.open(home) as state:
        return Corrections(state).undo(correction_id, _by(clerk, "undo", [str(correction_id)]))


def kept(home: Path, correction_id: int) -> Correction | None:
    """Return a correction, None where it was never made."""
    made = (one for one in log(home, _EVERY) if one.correction_id == correction_id)
    return next(made, None)


def log(home: Path, limit: int, before: int | None = None) -> list[Correction]:
    """Return the corrections ever made, latest first, from before this number on."""
    with State.open(home) as state:
        return Corrections(state).latest(limit, before)


def document(correction: Correction) -> Row:
    """Return a correction as JSON tells it."""
    wish = correction.wish
    return {
        "correction_id": correction.correction_id,
        "kind": wish.kind,
        "record_id": f"{wish.source}:{wish.native_id}",
        "source": wish.source,
        "object": wish.object,
        "changes": dict(wish.changes),
        "actor": correction.actor,
        "reason": correction.reason,
        "made_at": correction.made_at.isoformat(),
        "undone_at": correction.undone_at.isoformat() if correction.undone_at else None,
        "undone_by": correction.undone_by,
        "undone_reason": correction.undone_reason,
    }


def typed(row: Row, path: str, text: str) -> Scalar:
    """Return what somebody typed as the field has it: text, or a number or truth value as JSON.

    Empty text takes the value away.

    Raises:
        InputError: the field is no text, and this is no value like the one it has.
    """
    if not text:
        return None
    present = value_at(row, path)
    if present is None or isinstance(present, str):
        return text
    try:
        value: Scalar = json.loads(text)
    except ValueError:
        value = text
    kind = "a truth value" if isinstance(present, bool) else "a number"
    fits = isinstance(value, bool) if isinstance(present, bool) else isinstance(value, int | float)
    if not fits or isinstance(present, dict | list):
        what = "a list or an object" if isinstance(present, dict | list) else kind
        msg = f"{path} is {what} in this record, {text!r} is not; nothing was kept"
        raise InputError(msg)
    return value


def value_at(row: Row, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value that a record has at a path that can be set, None where it has none."""
    parse(path)
    value = json.loads(row["payload"] or "null")
    for step in steps(path):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _shown(row: Row, known: Mapping[tuple[str, str, str], list[int]]) -> Row:
    key = (row["source"], row["object"], row["native_id"])
    return row | {"corrections": known.get(key, [])}


def _wish(kind: Kind, row: Row, changes: Mapping[str, Scalar]) -> Wish:
    return Wish(kind, row["source"], row["object"], row["native_id"], row["seq"], changes)


def _by(clerk: Clerk, action: str, subjects: Iterable[str]) -> By:
    caller = clerk.key_id or f"cli:{clerk.name}"
    accesses = tuple(
        Access(clerk.at, clerk.request_id, caller, f"quality.{action}", subject, "", clerk.reason)
        for subject in subjects
    )
    return By(clerk.name, clerk.reason, clerk.at, accesses)


def needs_run(warehouse: Warehouse) -> None:
    """Return where a run of this version has listed the quarantine.

    Raises:
        StateError: the workspace was last run by a version that had no desk.
    """
    if not warehouse.query(_PUBLISHED).item():
        msg = "the last run was made by an older cdp, which kept no list; run `cdp run`"
        raise StateError(msg)


@contextmanager
def published(
    home: Path, mapped: Callable[[str, str], Iterable[str]] = lambda _source, _object: ()
) -> Iterator[Desk]:
    """Open the desk over the published generation, which runs leave alone; `mapped` as a Desk's.

    Raises:
        StateError: nothing is published, or by a version that knew no desk.
    """
    described = manifest.published(home)
    with goldfile.reading(described.path(home, "gold")) as connection:
        warehouse = Warehouse(connection)
        needs_run(warehouse)
        yield Desk(home, warehouse, "GET /v1/quarantine", mapped)
