"""Export of a million rows beside a bare COPY of the same plain columns, in one run.

`python benchmarks/export.py [--members N]` builds a published gold file of invented persons in a
temporary folder, then exports one segment of all of them: bare (COPY of the same query, nothing
else), plain (an internal export: the gate, the file, its checksum and manifest) and gated
(marketing by e-mail, with the e-mail hashed for Google, the consent gate asked for each member,
and who is held back listed). What DuckDB itself needs for the last stands beside it: the bare COPY
with one hashed column (hashed), and with a join to the granted consents (asked). Processor seconds
of the process; the median of each over the rounds.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdp.activation import demand
from cdp.activation.export import Export, Stamp, Target, prepare, write
from cdp.model.tables import BY_NAME
from cdp.publish.gold import GOLD_TABLES
from cdp.store import Warehouse
from cdp.store.connection import connect
from cdp.store.schema import ddl, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
COLUMNS = (
    *("profile_id", "given_name", "family_name", "email", "country", "city", "first_seen_at"),
    "record_count",
)
GATED = (
    *("profile_id", "given_name", "family_name", "contact", "country", "city", "first_seen_at"),
    {"field": "email", "name": "hashed_email", "hash": "sha256", "as": "google"},
)
_HASH = ", sha256(lower(trim(p.email))) as hashed_email"
_CONSENT = (
    "inner join gold.consent as c on c.profile_id = p.profile_id and c.contact_value = p.email "
    "and c.channel = 'email' and c.purpose = 'marketing' and c.state = 'granted' "
)
NEEDED = {"plain": 0.9, "gated": 0.7}
_ROWS: dict[str, dict[str, str]] = {
    "gold.profile": {
        "profile_id": "'P-' || substr(md5(i::varchar), 1, 20)",
        "profile_type": "'person'",
        "given_name": "'Given' || (i % 5000)",
        "family_name": "'Family' || (i % 70000)",
        "full_name": "'Given' || (i % 5000) || ' Family' || (i % 70000)",
        "email": "'user' || i || '@example' || (i % 50) || '.com'",
        "country": "'DE'",
        "city": "'City' || (i % 300)",
        "status": "'active'",
        "record_count": "1 + i % 4",
        "source_count": "1",
        "sources": "['crm']",
        "first_seen_at": "timestamp '2020-01-01' + to_seconds(i)",
        "custom": "'{}'",
    },
    "gold.identifier": {
        "profile_id": "'P-' || substr(md5(i::varchar), 1, 20)",
        "entity_type": "'person'",
        "kind": "'email'",
        "value": "'user' || i || '@example' || (i % 50) || '.com'",
        "records": "['crm:' || i]",
        "seen_at": "timestamp '2026-01-01'",
        "verified": "false",
        "blocked": "false",
    },
    "gold.consent": {
        "profile_id": "'P-' || substr(md5(i::varchar), 1, 20)",
        "contact_kind": "'email'",
        "contact_value": "'user' || i || '@example' || (i % 50) || '.com'",
        "channel": "'email'",
        "purpose": "'marketing'",
        "category": "'any'",
        # one in a hundred refused, so that nearly as many rows leave as from the bare COPY
        "state": "if(i % 100 = 0, 'denied', 'granted')",
        "rule": "'only_statement'",
        "best": "true",
        "losers": "'[]'",
    },
    "gold.segment_member": {
        "segment": "'everybody'",
        "profile_id": "'P-' || substr(md5(i::varchar), 1, 20)",
        "entered_run": "1",
        "entered_at": "timestamp '2026-07-01'",
        "is_control": "false",
        "control_of": "[]",
    },
}


def build(path: Path, members: int) -> None:
    """Write a gold file of so many persons, each a member who was asked."""
    with connect(path) as connection:
        for table in GOLD_TABLES:
            connection.execute(f"create schema if not exists {quoted(table.schema)}")
            connection.execute(ddl(table, packed=True))
        for name, values in _ROWS.items():
            known = [c.name for c in BY_NAME[name].columns if c.name in values]
            shown = ", ".join(f"{values[c]} as {quoted(c)}" for c in known)
            connection.execute(
                f"insert into {quoted(name)} by name select {shown} "  # noqa: S608 - ours
                f"from range({members}) as t (i) order by profile_id"
            )
        connection.execute("checkpoint")


def seconds(work: Callable[[], Any]) -> float:
    """Return the processor seconds of this process for something."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        gold = place / "generation.duckdb"
        build(gold, given.members)
        for format_ in ("csv", "parquet"):
            report(format_, measured(gold, place, format_, given.rounds))


def measured(gold: Path, place: Path, format_: str, rounds: int) -> dict[str, float]:
    """Return the median seconds of each way out."""
    internal = {"segments": ["everybody"], "purpose": "internal", "columns": COLUMNS}
    asked = {"segments": ["everybody"], "purpose": "marketing", "channel": "email"}
    stamp = Stamp(1, 1, AS_OF, place)
    took: dict[str, list[float]] = {
        name: [] for name in ("bare", "hashed", "asked", "plain", "gated")
    }
    with connect(gold, read_only=True) as connection:
        data = Warehouse(connection)

        def export(wish: dict[str, Any], name: str) -> None:
            definition = demand.definition(format_, wish)
            prepared = prepare(data, Export(name, definition, "everybody"), stamp, is_hashed=False)
            target = Target(place / format_, name, f"{name}-{len(took[name])}")
            write(data, prepared, target, stamp)

        ways: dict[str, Callable[[], Any]] = {
            "bare": lambda: connection.execute(bare(place / f"bare.{format_}", format_)),
            "hashed": lambda: connection.execute(bare(place / f"hashed.{format_}", format_, _HASH)),
            "asked": lambda: connection.execute(
                bare(place / f"asked.{format_}", format_, _HASH, _CONSENT)
            ),
            "plain": lambda: export(internal, "plain"),
            "gated": lambda: export({**asked, "columns": GATED}, "gated"),
        }
        for _ in range(rounds):
            for name, way in ways.items():
                took[name].append(seconds(way))
    return {name: statistics.median(each) for name, each in took.items()}


def bare(path: Path, format_: str, further: str = "", asked: str = "") -> str:
    """Return a COPY of the plain columns of the segment's members, in the order of their ids."""
    options = "header" if format_ == "csv" else "format parquet, compression zstd"
    shown = ", ".join(f"p.{name}" for name in COLUMNS)
    return (
        f"copy (select {shown}{further} from gold.segment_member as m "  # noqa: S608 - ours
        f"inner join gold.profile as p using (profile_id) {asked}where m.segment = 'everybody' "
        f"order by m.profile_id) to '{path}' ({options})"
    )


def report(format_: str, took: dict[str, float]) -> None:
    """Print a row for each way out."""
    for name, each in took.items():
        speed = took["bare"] / each
        needed = NEEDED.get(name)
        verdict = (
            "" if needed is None else f" (at least {needed}: {'yes' if speed >= needed else 'NO'})"
        )
        print(f"{format_:8} {name:6} {each:6.2f} s  {speed:5.2f} x bare{verdict}", flush=True)


if __name__ == "__main__":
    main()
