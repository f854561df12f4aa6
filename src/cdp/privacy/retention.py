"""`privacy.yaml`: how long what is kept, and the work that forgets it.

Invariant: what a period names is gone from the working file and from the exports made of it when
the work is done; the next run publishes without it, and no generation of before is kept then.
Earlier versions of payloads are in none. A class without a period is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field

from cdp.privacy import proof
from cdp.privacy.erasure import FOLDER, WORK
from cdp.privacy.person import Person
from cdp.privacy.proof import Moment
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling
from cdp.settings import Declared, Strict
from cdp.store import generation
from cdp.store.compacting import changing, held, rewrite
from cdp.store.state import State, stamp
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cdp.store import Warehouse

_PERIOD: Final = re.compile(r"(\d{1,4}) (day|month|year)s?")
_DAYS: Final = {"day": 1, "month": 30.4375, "year": 365.25}
_AT_ONCE: Final = 50_000


def _period(text: str) -> str:
    if not _PERIOD.fullmatch(text):
        msg = f"{text!r} is no period; write 90 days, 13 months or 10 years"
        raise ValueError(msg)
    return text


Period = Annotated[str, AfterValidator(_period)]


class Retention(Strict):
    """How long each class of data is kept; a class that is not named is kept."""

    behaviour: Period | None = Field(
        default=None, description="what was only observed: visits, opens, clicks; from when it was"
    )
    interactions: Period | None = Field(
        default=None, description="all other interactions; from when they were"
    )
    orders: Period | None = Field(default=None, description="orders; from when they were placed")
    carts: Period | None = Field(default=None, description="carts; from their last change")
    tickets: Period | None = Field(default=None, description="tickets; from when they were opened")
    leads: Period | None = Field(default=None, description="leads; from when they were made")
    anonymous_visitors: Period | None = Field(
        default=None, description="visitors nobody knows; from when they were last seen"
    )
    earlier_versions: Period | None = Field(
        default=None, description="payloads that a later version replaced; from their arrival"
    )
    audit: Period | None = Field(
        default=None, description="who or what was meant in the audit log; the entries stay"
    )
    packages: Period | None = Field(
        default="30 days", description="packages of access and export requests"
    )


class PrivacyFile(Strict):
    """Privacy rules of the workspace."""

    retention: Retention = Field(default=Retention(), description="how long what is kept")


PRIVACY: Final = Declared("privacy.yaml", PrivacyFile, required=False)

_OLD: Final[dict[str, tuple[str, str]]] = {
    "behaviour": (
        "interaction_id",
        "silver.interaction where trust_tier = 'observed' and occurred_at < $before",
    ),
    "interactions": (
        "interaction_id",
        "silver.interaction where trust_tier <> 'observed' and occurred_at < $before",
    ),
    "orders": ("order_id", 'silver."order" where ordered_at < $before'),
    "carts": ("cart_id", "silver.cart where changed_at < $before"),
    "tickets": ("ticket_id", "silver.ticket where created_at < $before"),
    "leads": ("lead_id", "silver.lead where created_at < $before"),
    "anonymous_visitors": (
        "record_id",
        (
            "silver.record as r where party_type = 'visitor' and received_at < $before "
            "and coalesce(changed_at, received_at) < $before "
            "and not exists (from silver.visitor_link as l "
            "where l.visitor_record_id = r.record_id) "
            "and not exists (from silver.interaction as i "
            "where i.record_id = r.record_id and i.occurred_at >= $before)"
        ),
    ),
}
_PUBLISHED_ANEW: Final = """
update ops.table_version set version = $run_id where table_name = 'gold.profile'
"""
_VERSIONS: Final = """
select b.seq, b.source, b.object, b.native_id
from bronze.record as b
where b.seq in (select seq from step.canonical_part where list_contains($ids, record_id))
order by b.seq
"""
_EARLIER: Final = """
select seq, source, object, native_id
from bronze.record
where received_at < $before
qualify row_number() over (
    partition by source, object, native_id order by changed_at desc nulls last, seq desc
) > 1
order by seq
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What of one class was forgotten, or would be."""

    name: str
    period: str
    before: datetime
    rows: int


def retain(home: Path, rules: Retention, *, at: datetime, dry_run: bool) -> list[Forgotten]:
    """Forget what is older than its period, or only count it; return what of each class.

    Raises:
        StateError: a run is going on; nothing was changed.
    """
    due = {name: period for name, period in rules if period is not None}
    done: list[Forgotten] = []
    with held(home):
        if (home / WORK).exists():
            done += _tables(home, due, at, dry_run=dry_run)
        for name, work in (("audit", _audit), ("packages", _packages)):
            if name in due:
                before = at - _length(due[name])
                rows = work(home, before, at, dry_run)
                done.append(Forgotten(name, due[name], before, rows))
    return done


def _tables(home: Path, due: dict[str, str], at: datetime, *, dry_run: bool) -> list[Forgotten]:
    done = []
    with changing(home / WORK) as warehouse:
        for name, period in due.items():
            before = at - _length(period)
            rows = _forget(warehouse, home, name, before, dry_run=dry_run)
            if rows is not None:
                done.append(Forgotten(name, period, before, rows))
        is_changed = not dry_run and any(one.rows for one in done)
        if is_changed:
            with warehouse.transaction():
                run_id = proof.next_run(warehouse)
                proof.note(warehouse, Moment(run_id, at))
                # Gold may come out as it is now: then only this says that it is published anew.
                warehouse.connection.execute(_PUBLISHED_ANEW, {"run_id": run_id})
            warehouse.connection.execute("checkpoint")
    if is_changed:
        rewrite(home / WORK)
    return done


def _forget(
    warehouse: Warehouse, home: Path, name: str, before: datetime, *, dry_run: bool
) -> int | None:
    """Forget a class of rows; None: it is none of the tables'."""
    naive = before.replace(tzinfo=None)
    if name == "earlier_versions":
        rows = warehouse.query(_EARLIER, before=naive).rows()
        if rows and not dry_run:
            _remove(warehouse, Person((), versions=tuple(row[0] for row in rows)))
        return len(rows)
    if name not in _OLD:
        return None
    column, source = _OLD[name]
    ids = warehouse.query(f"select {column} as id from {source}", before=naive)["id"].to_list()  # noqa: S608
    if ids and not dry_run:
        generation.outdate(home)
    for start in range(0, 0 if dry_run else len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        versions = warehouse.query(_VERSIONS, ids=part).rows()
        found = Person(
            (),
            records=tuple(part) if column == "record_id" else (),
            events=() if column == "record_id" else tuple(part),
            versions=tuple(row[0] for row in versions),
            keys=tuple(sorted({row[1:] for row in versions})),
        )
        _remove(warehouse, found)
    return len(ids)


def _remove(warehouse: Warehouse, person: Person) -> None:
    tables = Tables(warehouse, person, Telling((), ()))
    with warehouse.transaction():
        tables.erase()


def _audit(home: Path, before: datetime, at: datetime, dry_run: bool) -> int:  # noqa: FBT001
    """Take away who was meant by entries of subjects that nobody looked at since."""
    with State.open(home) as state:
        rows = state.connection.execute(
            "select subject, count(*) from audit where subject <> '' "
            "group by subject having max(at) < ? order by subject",
            (stamp(before),),
        ).fetchall()
        if rows and not dry_run:
            by = Access(at, "", "", "", "", "retention", "")
            AuditLog(state).erase_details([subject for subject, _ in rows], by)
    return sum(count for _, count in rows)


def _packages(home: Path, before: datetime, _: datetime, dry_run: bool) -> int:  # noqa: FBT001
    folder = home / FOLDER
    files = [*folder.glob("PR-*.json"), *folder.glob("PR-*.html")] if folder.is_dir() else []
    old = [path for path in files if path.stat().st_mtime < before.timestamp()]
    for path in () if dry_run else old:
        path.unlink()
    return len(old)


def _length(period: str) -> timedelta:
    found = _PERIOD.fullmatch(period)
    assert found is not None  # noqa: S101 - validated when the file was read
    return timedelta(days=int(found[1]) * _DAYS[found[2]])
