"""The state file without one person: what was decided, corrected, given and seen of them.

Invariant: that something was decided, and by whom, stays; of whom it was said does not.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from cdp.privacy.telling import ERASED, Telling
from cdp.store.compacting import rewrite_state
from cdp.store.state import State
from cdp.store.state_audit import ERASURE, Access, AuditLog

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from cdp.privacy.person import Person

NAME: Final = "state.db"
OWN: Final = frozenset({"tombstone", "topic", "key", "key_use", "audit_head", "sqlite_sequence"})
"""Tables that hold digests, names of topics and keys of applications, and nobody's data."""

ANSWERS: Final = frozenset({"once", "answered"})
"""What was answered to requests that may be sent again: it is forgotten as a whole."""


def erase(home: Path, person: Person, request_id: str, at: datetime) -> Counter[str]:
    """Take the person out of the state file; return what went, by table."""
    telling = Telling.of(person)
    with State.open(home) as state:
        connection = state.connection
        connection.execute("pragma secure_delete = on")
        _offer(connection, person, telling)
        with state.writing():
            done = _by_key(connection, person)
            done += _decisions(connection, person)
            done += _sweep(connection, request_id)
        subjects = [*person.profile_ids, *person.records, *person.events, *_told(connection)]
        by = Access(at, request_id, "", ERASURE, "", "privacy", "")
        done["audit"] += AuditLog(state).erase_details(subjects, by)
    return +done


def compact(home: Path) -> None:
    """Leave nothing in free pages and in the log."""
    rewrite_state(home / NAME)


def left(home: Path, person: Person, request_id: str) -> Counter[str]:
    """Return rows that tell of the person, by table; the request itself does until it is done."""
    telling = Telling.of(person)
    found: Counter[str] = Counter()
    with State.open(home) as state:
        _offer(state.connection, person, telling)
        for table, columns in _texts(state.connection):
            condition = f"({_tells(columns)})"
            if table == "privacy_request":
                condition += f" and request_id <> '{request_id}'"
            found[table] = _count(state.connection, table, condition)
    return +found


def _by_key(connection: sqlite3.Connection, person: Person) -> Counter[str]:
    done: Counter[str] = Counter()
    values = sorted({value for _, value in person.values})
    natives = [list(key) for key in person.keys]
    for table, condition, keys in (
        ("consent", "record_id in (select value from json_each(?))", list(person.records)),
        ("consent", "contact_value in (select value from json_each(?))", values),
        ("restriction", "record_id in (select value from json_each(?))", list(person.records)),
        ("static_member", "record_id in (select value from json_each(?))", list(person.records)),
        (
            "static_member",
            "profile_id in (select value from json_each(?))",
            list(person.profile_ids),
        ),
        (
            "correction",
            "json_array(source, object, native_id) in (select value from json_each(?))",
            [json.dumps(key, ensure_ascii=False, separators=(",", ":")) for key in natives],
        ),
    ):
        sql = f"delete from {table} where {condition}"  # noqa: S608 - ours
        done[table] += connection.execute(sql, (json.dumps(keys),)).rowcount
    return done


def _decisions(connection: sqlite3.Connection, person: Person) -> Counter[str]:
    """Leave of decisions about the person that they were made, by whom and when."""
    records = json.dumps(list(person.records))
    ids = json.dumps(list(person.profile_ids))
    about = (
        "decision_id in (select decision_id from decided_pair where record_l in "
        "(select value from json_each(:records)) or record_r in "
        "(select value from json_each(:records))) or exists (select 1 from json_each(subject) s "
        "where s.value in (select value from json_each(:ids)) or s.value in "
        "(select value from json_each(:records)))"
    )
    params = {"records": records, "ids": ids}
    done = connection.execute(
        f"update decision set subject = '[]', reason = '{ERASED}', "  # noqa: S608 - ours
        f"undone_reason = case when undone_reason is null then null else '{ERASED}' end "
        f"where {about}",
        params,
    ).rowcount
    pairs = connection.execute(
        "delete from decided_pair where record_l in (select value from json_each(:records)) "
        "or record_r in (select value from json_each(:records))",
        params,
    ).rowcount
    return Counter({"decision": done, "decided_pair": pairs})


def _sweep(connection: sqlite3.Connection, request_id: str) -> Counter[str]:
    """Cut what tells of the person out of every text of every table."""
    done: Counter[str] = Counter()
    for table, columns in _texts(connection):
        if table == "audit":
            continue
        if table in ANSWERS:
            sql = f"delete from {table} where {_tells(columns)}"  # noqa: S608 - ours
            done[table] += connection.execute(sql).rowcount
            continue
        for column in columns:
            spared = "and request_id <> ?" if table == "privacy_request" else "and ? is not null"
            sql = (
                f'update "{table}" set "{column}" = cut("{column}") '  # noqa: S608 - names of ours
                f'where tells("{column}") {spared}'
            )
            done[table] += connection.execute(sql, (request_id,)).rowcount
    return done


def _told(connection: sqlite3.Connection) -> list[str]:
    """Return the subjects of entries of the audit log that tell of the person."""
    sql = (
        "select distinct subject from audit where subject <> '' "
        "and (tells(subject) or tells(detail) or tells(purpose))"
    )
    return [subject for (subject,) in connection.execute(sql).fetchall()]


def _offer(connection: sqlite3.Connection, person: Person, telling: Telling) -> None:
    """Let SQL ask whether a text tells of the person, and cut it."""
    ids = [id_.encode() for id_ in person.profile_ids]

    def tells(text: object) -> bool:
        if isinstance(text, bytes):  # an answer as it was sent: of the person by id, too
            return telling.is_in(text) or any(id_ in text for id_ in ids)
        return isinstance(text, str) and telling.is_in(text.encode())

    def cut(text: str) -> str:
        return telling.cut(text.encode()).decode()

    connection.create_function("tells", 1, tells, deterministic=True)
    connection.create_function("cut", 1, cut, deterministic=True)


def _texts(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """Yield each table that may hold personal data, with its columns of text."""
    names = connection.execute(
        "select name from sqlite_schema where type = 'table' order by name"
    ).fetchall()
    for (table,) in names:
        columns = connection.execute(f'pragma table_info("{table}")').fetchall()
        kinds = {"text", "", "blob"} if table in ANSWERS else {"text", ""}
        texts = [name for _, name, type_, *_ in columns if type_.lower() in kinds]
        if table not in OWN and texts:
            yield table, texts


def _tells(columns: Iterable[str]) -> str:
    return " or ".join(f'tells("{column}")' for column in columns)


def _count(connection: sqlite3.Connection, table: str, condition: str) -> int:
    sql = f'select count(*) from "{table}" where {condition}'  # noqa: S608 - names of ours
    return int(connection.execute(sql).fetchone()[0])
