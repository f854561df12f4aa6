"""Time previews of segments, and 20 stored ones found anew, on an invented published generation.

python benchmarks/segments.py [--profiles 1000000] [--events 20000000] [--rounds 9]

Beside each definition stands the query that somebody who knows DuckDB would write for it; both
answers must be equal. `cpu` is processor time over all threads, for machines that are busy.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdp.model.tables import BY_NAME
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.filling import statement_of
from cdp.segments.together import together
from cdp.store import Warehouse, goldfile, scratch
from cdp.store.connection import connect
from cdp.store.schema import ddl, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
_SCORES = frozenset({"rfm"})
_EMPTY = {"varchar": "''", "varchar[]": "[]::varchar[]", "json": "'{}'"}
_EVENTS = """
select
    'P-' || sha256((hash(i, 1) % $profiles)::varchar)[:20] as profile_id,
    timestamp '2026-07-01' - to_seconds((hash(i, 2) % (365 * 86400))::bigint) as happened,
    (hash(i, 3) % 1000)::integer as k,
    i
from range($events) as r(i)
"""
_TYPE = """case when k < 700 then 'page_viewed' when k < 890 then 'product_viewed'
when k < 940 then 'cart_updated' when k < 985 then 'email_opened'
when k < 999 then 'email_clicked' else 'form_submitted' end"""
_PROFILES = """
select 'P-' || sha256(n::varchar)[:20] as profile_id, n, hash(n, 7) as h
from range($profiles) as r(n)
"""
# Nine events of a hundred are orders, as in a shop that does well.
_ROWS = {
    "gold.profile": (
        _PROFILES,
        (
            "profile_id, if(n % 10 = 0, 'visitor', 'person') as profile_type, "
            "'Ada' || n as full_name, "
            "['DE', 'FR', 'IT', 'ES', 'AT', 'CH', 'NL', 'BE'][1 + (h % 8)::integer] as country, "
            "'city ' || n % 5000 as city, 1 as record_count, 1 as source_count, ['crm'] as sources"
        ),
    ),
    "gold.feature": (
        _PROFILES,
        (
            "profile_id, if(n % 10 = 0, 'visitor', 'person') as entity_type, "
            "timestamp '2026-07-01' as as_of, 'EUR' as currency, "
            "(h % 7)::integer as orders, h % 400 as revenue_365d, "
            "if(h % 7 = 0, null, (h % 365)::integer) as recency_days, h % 9 as web_views_30d"
        ),
    ),
    "gold.score": (
        _PROFILES,
        (
            "profile_id, 'rfm' as score, 3 + h % 13 as value, "
            "['lost', 'fading', 'loyal', 'champion'][1 + (h % 4)::integer] as band, "
            "'published' as status, timestamp '2026-07-01' as as_of"
        ),
    ),
    "gold.interaction": (
        _EVENTS,
        (
            f"profile_id, 'web:' || i as interaction_id, 'web' as source, happened as occurred_at, "
            f"happened as received_at, 'web' as channel, {_TYPE} as type, 'observed' as trust_tier"
        ),
    ),
    "gold.order": (
        _EVENTS,
        (
            "profile_id, 'shop:' || i as order_id, 'shop' as source, happened as ordered_at, "
            "if(k < 30, 'cancelled', 'completed') as status, 'shop' as channel, 'EUR' as currency, "
            "k % 200 + 5 as amount"
        ),
    ),
}
_WHICH = {"gold.interaction": "where i % 100 >= 9", "gold.order": "where i % 100 < 9"}
_SEEN = "select profile_id from gold.interaction where type = 'product_viewed'"
_PERSONS = "from gold.profile as p where p.profile_type = 'person'"
_VIEWED = {"event": "interaction", "where": {"type": "product_viewed"}}


@dataclass(frozen=True, slots=True)
class Case:
    """A definition, the query beside it, and the limit that its preview has, in seconds."""

    name: str
    where: dict[str, Any]
    bare: str
    limit: float


CASES = (
    Case(
        "attribute",
        {"attribute": "country", "is": "DE"},
        f"select profile_id {_PERSONS} and country = 'DE'",
        0.1,
    ),
    Case(
        "score",
        {"score": "rfm", "at_least": 12},
        f"select profile_id {_PERSONS} and profile_id in "  # noqa: S608
        "(select profile_id from gold.score where score = 'rfm' and value >= 12)",
        0.1,
    ),
    Case(
        "3 product views or more in 90 days",
        {**_VIEWED, "at_least": 3, "within_days": 90},
        f"select profile_id {_PERSONS} and profile_id in ({_SEEN} and occurred_at > "
        "timestamp '2026-07-01' - interval 90 days group by profile_id having count(*) >= 3)",
        0.3,
    ),
    Case(
        "never viewed a product",
        {"never": "interaction", "where": {"type": "product_viewed"}},
        f"select profile_id {_PERSONS} and not exists ({_SEEN} and profile_id = p.profile_id)",
        0.3,
    ),
    Case(
        "viewed a product in 30 days and never ordered",
        {"all": [{**_VIEWED, "within_days": 30}, {"never": "order"}]},
        f"select profile_id {_PERSONS} and profile_id in ({_SEEN} and occurred_at > "  # noqa: S608
        "timestamp '2026-07-01' - interval 30 days) and not exists (select 1 from gold.order as o "
        "where o.profile_id = p.profile_id and o.status <> 'cancelled')",
        0.3,
    ),
    Case(
        "orders of 300 or more in a year",
        {"event": "order", "sum": "amount", "at_least": 300, "within_days": 365},
        f"select profile_id {_PERSONS} and profile_id in (select profile_id from gold.order "  # noqa: S608
        "where status <> 'cancelled' and duplicate_of is null and ordered_at > "
        "timestamp '2026-07-01' - interval 365 days group by profile_id having sum(amount) >= 300)",
        1.2,
    ),
    Case(
        "viewed a product, ordered within 7 days",
        {"sequence": [_VIEWED, {"event": "order", "after_days": 7}]},
        f"select profile_id {_PERSONS} and profile_id in (select i.profile_id from "  # noqa: S608
        "gold.interaction as i inner join gold.order as o on o.profile_id = i.profile_id and "
        "o.ordered_at > i.occurred_at and o.ordered_at <= i.occurred_at + interval 7 days "
        "where i.type = 'product_viewed' and o.status <> 'cancelled')",
        1.2,
    ),
)


def stored() -> dict[str, SegmentFile]:
    """Return 20 segments over attributes, facts and the score, as a team would keep them."""
    countries = ("DE", "FR", "IT", "ES", "AT")
    wheres: list[dict[str, Any]] = []
    for number, country in enumerate(countries):
        of_country = {"attribute": "country", "is": country}
        wheres += [
            {"all": [of_country, {"feature": "orders", "at_least": 4}]},
            {"all": [of_country, {"score": "rfm", "band": "champion"}]},
            {
                "all": [
                    {"feature": "recency_days", "more_than": 300 + number},
                    {"feature": "orders", "at_least": 2},
                    {"not": {"score": "rfm", "at_least": 5}},
                ]
            },
            {"all": [of_country, {"feature": "revenue_365d", "at_least": 350}]},
        ]
    return {f"s{n}": SegmentFile.model_validate({"where": w}) for n, w in enumerate(wheres)}


def build(path: Path, profiles: int, events: int) -> None:
    """Write a generation's file with so many profiles and events, as a run publishes it."""
    with scratch(memory_limit="8GB") as source:
        source.execute("create schema gold")
        warehouse = Warehouse(source)
        for name, (made, columns) in _ROWS.items():
            source.execute(ddl(BY_NAME[name]))
            given: dict[str, object] = {"profiles": profiles}
            if "$events" in made:
                given["events"] = events
            needed = [
                f"{_EMPTY.get(c.type, '0')} as {quoted(c.name)}"
                for c in BY_NAME[name].columns
                if not c.nullable
                and c.name not in {*re.findall(r" as (\w+)", columns), "profile_id"}
            ]
            chosen = ", ".join([columns, *needed])
            where = _WHICH.get(name, "")
            rows = f"select {chosen} from ({made}) {where}"  # noqa: S608
            warehouse.write(f"insert into {quoted(name)} by name {rows}", given)
            goldfile.fill(warehouse, path, [BY_NAME[name]])
            source.execute(f"drop table {quoted(name)}")


def measured(rounds: int, work: Callable[[], object]) -> tuple[float, float, float]:
    """Return median and 95th percentile of seconds, and the median of processor seconds."""
    walls, cpus = [], []
    work()
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    walls.sort()
    cpus.sort()
    return walls[rounds // 2], walls[min(rounds - 1, round(0.95 * rounds))], cpus[rounds // 2]


def counted(connection: duckdb.DuckDBPyConnection, sql: str, params: dict[str, object]) -> int:
    """Return the number of rows that a query gives."""
    found = connection.execute(f"select count(*) from ({sql})", params or None).fetchall()  # noqa: S608
    return int(found[0][0])


def main() -> None:
    """Build, measure and print a table for RESULTS.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--keep", type=Path, help="file that is made once and used again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path: Path = args.keep or Path(folder) / "gold-1.duckdb"
        if not path.exists():
            build(path, args.profiles, args.events)
        with connect(path, read_only=True) as connection:
            report(connection, args.rounds)


def report(connection: duckdb.DuckDBPyConnection, rounds: int) -> None:
    """Print what each preview takes, the query beside it, and 20 segments found anew."""
    print("| preview | members | p50 | p95 | limit | cpu | bare p50 | bare p95 | bare cpu |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for case in CASES:
        row = preview(connection, case, rounds)
        print("| " + " | ".join(row) + " |", flush=True)
    segments = stored()
    ready = {name: compiled(name, segments, _SCORES) for name in segments}
    filled = Warehouse(connection)

    def again() -> None:
        connection.execute(
            "create or replace temp table found (segment varchar, profile_id varchar)"
        )
        for one in together(ready.values()):
            sql = f"insert into found by name {statement_of(one).sql}"
            filled.write(sql, one.params(AS_OF))

    p50, p95, cpu = measured(max(3, rounds // 3), again)
    members = counted(connection, "from found", {})
    print(
        f"| 20 stored segments, found anew and kept | {members:,} | {p50:.3f} | {p95:.3f} | ",
        end="",
    )
    print(f"0.500 | {cpu:.3f} | | | |")


def preview(connection: duckdb.DuckDBPyConnection, case: Case, rounds: int) -> list[str]:
    """Return a row of the table: a definition is validated, compiled and counted each time."""

    def ours() -> int:
        file = SegmentFile.model_validate({"where": case.where})
        query = compiled("it", {"it": file}, _SCORES)
        return counted(connection, query.sql, query.params(AS_OF))

    def bare() -> int:
        return counted(connection, case.bare, {})

    members = ours()
    if members != bare():
        msg = f"{case.name}: {members} here, {bare()} by the bare query"
        raise SystemExit(msg)
    own, other = measured(rounds, ours), measured(rounds, bare)
    numbers = [*(f"{n:.3f}" for n in own[:2]), f"{case.limit:.3f}", f"{own[2]:.3f}"]
    return [case.name, f"{members:,}", *numbers, *(f"{n:.3f}" for n in other)]


if __name__ == "__main__":
    main()
