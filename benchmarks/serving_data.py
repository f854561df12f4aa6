"""A published workspace of invented profiles for `benchmarks/serving.py`, made in sets."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cdp.model.tables import BY_NAME
from cdp.publish.gold import GOLD_TABLES
from cdp.publish.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Report, Run
from cdp.store import Warehouse
from cdp.store.ledger import Ledger

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cdp.model.tables.declare import Column
    from cdp.stage import Key

BEGAN = datetime(2026, 7, 1, 6, tzinfo=UTC)
_KINDS = ("email", "phone", "loyalty_id", "user_id", "anonymous_id")
_EMPTY = {
    "varchar": "''",
    "varchar[]": "[]::varchar[]",
    "bigint": "0",
    "integer": "0",
    "double": "0.0",
    "boolean": "false",
    "json": "'{}'",
    "timestamp": "timestamp '2026-01-01'",
    "date": "date '2026-01-01'",
}
_STATEMENTS = {
    "gold.profile": {
        "profile_id": "'P-' || sha256(n::varchar)[:20]",
        "profile_type": "'person'",
        "full_name": "'Ada' || n || ' Example' || n % 5000",
        "given_name": "'Ada' || n",
        "family_name": "'Example' || n % 5000",
        "email": "'ada' || n || '@example.org'",
        "phone": "'+4930' || (10000000 + n)",
        "street": "'Long Road ' || n % 300",
        "city": "'Berlin'",
        "country": "'DE'",
        "record_count": "2",
        "source_count": "1",
        "sources": "['crm']",
    },
    "gold.source_record": {
        "record_id": "'crm:' || n",
        "profile_id": "'P-' || sha256(n::varchar)[:20]",
        "entity_type": "'person'",
        "source": "'crm'",
        "native_id": "n::varchar",
        "trust_tier": "'declared'",
    },
    "identity.profile": {
        "profile_id": "'P-' || sha256(n::varchar)[:20]",
        "entity_type": "'person'",
        "seed_record": "'crm:' || n",
        "status": "'live'",
    },
}
_IDENTIFIERS = {
    "email": "'ada' || n || '@example.org'",
    "phone": "'+4930' || (10000000 + n)",
    "loyalty_id": "'L' || n",
    "user_id": "'u-' || n",
    "anonymous_id": "'a-' || n",
}


def build(folder: Path, profiles: int) -> Workspace:
    """Publish so many profiles, each with five identifiers, in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cdp.yaml").write_text("name: benchmark\ncountry: DE\n")
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "web.yaml").write_text("type: events\n")
    place = Workspace(folder)
    with _opened(place) as warehouse:
        for table, values in _STATEMENTS.items():
            _insert(warehouse, table, values, profiles)
        for kind in _KINDS:
            named = {
                "profile_id": "'P-' || sha256(n::varchar)[:20]",
                "entity_type": "'person'",
                "kind": f"'{kind}'",
                "value": _IDENTIFIERS[kind],
                "records": "['crm:' || n]",
            }
            _insert(warehouse, "gold.identifier", named, profiles)
        for each in GOLD_TABLES:
            Ledger(warehouse).changed(each.name, 1)
        _noted(warehouse, 1, STAGE.run(_run(place, warehouse, 1)))
    return place


def renew(place: Workspace) -> None:
    """Publish everything again where another version of the code published it last.

    What is published has another shape then, and no delta of it can be published alone.
    """
    with _opened(place) as warehouse:
        run_id = _latest(warehouse) + 1
        report = STAGE.run(_run(place, warehouse, run_id))
        _noted(warehouse, run_id, report)


def change(place: Workspace, run_id: int, profiles: int) -> Report | None:
    """Change so many profiles, and publish what was touched alone; None: it has to be all."""
    with _opened(place) as warehouse:
        connection = warehouse.connection
        connection.execute(
            "create or replace table step.touched_profile_id as "
            "select profile_id from gold.profile order by hash(profile_id) limit ?",
            [profiles],
        )
        for kind in ("record_id", "account_id"):
            connection.execute(
                f"create or replace table step.touched_{kind} ({kind} varchar not null)"
            )
        connection.execute(
            "update gold.profile set city = ? "
            "where profile_id in (select profile_id from step.touched_profile_id)",
            [f"Ulm {run_id}"],
        )
        Ledger(warehouse).changed("gold.profile", run_id)
        assert STAGE.delta is not None  # noqa: S101 - it has one
        keys: dict[Key, int] = {"profile_id": profiles, "record_id": 0, "account_id": 0}
        report = STAGE.delta(_run(place, warehouse, run_id), Delta(run_id - 1, keys))
        if report is not None:
            _noted(warehouse, run_id, report)
        return report


def latest(place: Workspace) -> int:
    """Return the number of the last run."""
    with _opened(place) as warehouse:
        return _latest(warehouse)


def _latest(warehouse: Warehouse) -> int:
    return int(warehouse.connection.execute("select max(run_id) from ops.run").fetchall()[0][0])


def ids(profiles: int, chosen: int) -> list[tuple[str, str]]:
    """Return the id and e-mail of some profiles, spread over all."""
    numbers = [n * profiles // chosen for n in range(chosen)]
    digests = (hashlib.sha256(str(n).encode()).hexdigest()[:20] for n in numbers)
    return [(f"P-{d}", f"ada{n}@example.org") for n, d in zip(numbers, digests, strict=True)]


def _opened(place: Workspace) -> AbstractContextManager[Warehouse]:
    return Warehouse.open(place.home, threads=2, memory_limit="6GB")


def _insert(warehouse: Warehouse, table: str, values: dict[str, str], rows: int) -> None:
    columns = BY_NAME[table].columns
    shown = ", ".join(f"{values.get(c.name, _usual(c))} as {c.name}" for c in columns)
    warehouse.connection.execute(
        f"insert into {table} ({', '.join(c.name for c in columns)}) "  # noqa: S608 - own names
        f"select {shown} from range({rows}) as numbers(n)"
    )


def _usual(column: Column) -> str:
    return "null" if column.nullable else _EMPTY[column.type]


def _noted(warehouse: Warehouse, run_id: int, report: Report) -> None:
    Ledger(warehouse).stage_finished(run_id, "publish", "same", 0.0, report)


def _run(place: Workspace, warehouse: Warehouse, run_id: int) -> Run:
    now = BEGAN + timedelta(minutes=run_id)
    warehouse.connection.execute(
        "insert into ops.run select ?, now(), now(), null, 'running', null, null "
        "where not exists (select 1 from ops.run where run_id = ?)",
        [run_id, run_id],
    )
    return Run(run_id, BEGAN, now, 1, warehouse, place)
