"""Time the feature table beside the bare query for the same columns, and its refresh for a few.

python benchmarks/features.py [--profiles 1000000] [--events 20000000] [--rounds 3] [--keep FILE]

Both answers must be equal row by row, after the refresh too. Clock and processor seconds (all
threads) of each round are taken in turn; the refresh is of 1 of 100 profiles, some of whose
interactions moved by a second. `--keep`: a file of invented events, made once and used again.
"""

# ruff: noqa: S608 - the SQL is ours

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cdp.features.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Run
from cdp.store import Warehouse
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
_OWNER = """'P-' || sha256((hash(i, 1) % $profiles)::varchar)[:20] as profile_id,
if(i % 20 = 0, 'A-' || sha256((hash(i, 4) % $accounts)::varchar)[:20], null) as account_id"""
_HAPPENED = "timestamp '2026-07-01' - to_seconds((hash(i, 2) % (365 * 86400))::bigint)"
_TYPE = """case when k < 700 then 'page_viewed' when k < 890 then 'product_viewed'
when k < 940 then 'cart_updated' when k < 985 then 'email_opened'
when k < 999 then 'email_clicked' else 'form_submitted' end"""
_EVENTS = f"""select *, {_OWNER}, {_HAPPENED} as happened
from (select i, (hash(i, 3) % 1000)::integer as k from range($events) as r(i))"""
# Proportions of segments.py: nine events of a hundred are orders; five of its others are carts.
_ROWS = {
    "gold.profile": "select 'P-' || sha256(n::varchar)[:20] as profile_id, "
    "if(n % 10 = 0, 'visitor', 'person') as profile_type from range($profiles) as r(n)",
    "gold.account": "select 'A-' || sha256(n::varchar)[:20] as account_id, "
    "'organisation' as account_type from range($accounts) as r(n)",
    "gold.order": "select profile_id, account_id, 'shop:' || i as order_id, 'shop' as source, "
    "happened as ordered_at, if(k < 30, 'cancelled', 'completed') as status, 'shop' as channel, "
    "if(k % 50 = 0, 'CHF', 'EUR') as currency, k % 200 + 5 as amount "
    f"from ({_EVENTS}) where i % 100 < 9",
    "gold.cart": "select profile_id, account_id, 'shop:' || i as cart_id, 'shop' as source, "
    "happened as created_at, happened + interval 1 day as changed_at, 'EUR' as currency, "
    "if(k < 300, 'recovered', 'abandoned') as status, k % 200 + 5 as amount "
    f"from ({_EVENTS}) where i % 100 >= 9 and i % 100 < 14",
    "gold.interaction": "select profile_id, account_id, 'web:' || i as interaction_id, "
    "'web' as source, happened as occurred_at, happened as received_at, "
    f"if(k between 940 and 998, 'email', 'web') as channel, {_TYPE} as type, "
    "if(k < 900, 'topic ' || hash(i, 5) % 200, null) as subject, 'observed' as trust_tier "
    f"from ({_EVENTS}) where i % 100 >= 14",
}
_FILL = {"VARCHAR": "''", "VARCHAR[]": "[]", "JSON": "'{}'", "TIMESTAMP": "timestamp '2026-01-01'"}
_EACH = (
    "(select profile_id as id, * from gold.{t} where profile_id is not null union all "
    "select account_id as id, * from gold.{t} where account_id is not null)"
)
_BARE = f"""
with o as (
    select id, count(*) as orders, count(*) filter (where recent) as orders_365d,
        coalesce(sum(amount), 0)::decimal(18, 2) as revenue,
        coalesce(sum(amount) filter (where recent), 0)::decimal(18, 2) as revenue_365d,
        (sum(amount) / count(amount))::decimal(18, 2) as average_basket,
        min(ordered_at) as first_order_at, max(ordered_at) as last_order_at
    from (select id, ordered_at, ordered_at > $at - interval 365 days as recent,
            if(currency = 'EUR', amount, null) as amount
        from {_EACH.format(t="order")}
        where ordered_at <= $at and duplicate_of is null
            and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $at))
    group by id
), c as (
    select id, count(*) as open_carts from {_EACH.format(t="cart")}
    where created_at <= $at and created_at > $at - interval 30 days
        and (status <> 'recovered' or changed_at > $at)
    group by id
), i as not materialized (
    select id, occurred_at, type, channel, subject from {_EACH.format(t="interaction")}
    where occurred_at <= $at and type <> 'email_sent'
), e as (
    select id, count(*) filter (where occurred_at > $at - interval 30 days) as i30,
        count(*) filter (where occurred_at > $at - interval 90 days) as i90,
        count(*) filter (where type = 'email_opened' and occurred_at > $at - interval 90 days)
            as o90,
        count(*) filter (where type = 'email_clicked' and occurred_at > $at - interval 90 days)
            as c90,
        count(*) filter (where occurred_at > $at - interval 30 days
            and type in ('page_viewed', 'product_viewed')) as w30,
        max(occurred_at) as last_interaction_at
    from i group by id
), h as (
    select id, arg_min(channel, (-n, channel)) as preferred_channel from (
        select id, channel, count(*) as n from i
        where occurred_at > $at - interval 180 days group by id, channel) group by id
), s as (
    select id, arg_min(subject, (-n, subject)) as top_interest from (
        select id, subject, count(*) as n from i
        where occurred_at > $at - interval 180 days and subject is not null group by id, subject)
    group by id
), p as (
    select profile_id as id, profile_type as entity_type from gold.profile
    union all select account_id, account_type from gold.account
)
select p.id as profile_id, entity_type, $at as as_of, 'EUR' as currency,
    coalesce(orders, 0) as orders, coalesce(orders_365d, 0) as orders_365d,
    coalesce(revenue, 0)::decimal(18, 2) as revenue,
    coalesce(revenue_365d, 0)::decimal(18, 2) as revenue_365d, average_basket, first_order_at,
    last_order_at, date_sub('day', last_order_at, $at)::integer as recency_days,
    date_sub('day', first_order_at, $at)::integer as tenure_days,
    coalesce(open_carts, 0) as open_carts, coalesce(i30, 0) as interactions_30d,
    coalesce(i90, 0) as interactions_90d, coalesce(o90, 0) as emails_opened_90d,
    coalesce(c90, 0) as emails_clicked_90d, coalesce(w30, 0) as web_views_30d,
    last_interaction_at, preferred_channel, top_interest
from p left join o using (id) left join c using (id) left join e using (id)
    left join h using (id) left join s using (id)
""".replace("$at", "timestamp '2026-07-01'")
_MOVED = """
update gold.interaction set occurred_at = occurred_at - interval 1 second
where profile_id in (select profile_id from step.touched_profile_id)
    and account_id is null and hash(interaction_id) % 3 > 0
"""
_TOUCHED = (
    """create or replace table step.touched_profile_id as
select profile_id from gold.profile where hash(profile_id, 8) % 100 = 0""",
    """create or replace table step.touched_account_id as
select account_id from gold.account where hash(account_id, 8) % 100 = 0""",
)


def fill(warehouse: Warehouse, profiles: int, events: int) -> None:
    """Write the gold tables that features are found from."""
    for table, made in _ROWS.items():
        given: dict[str, object] = {
            "profiles": profiles,
            "accounts": max(profiles // 50, 1),
            "events": events,
        }
        needed = {name: n for name, n in given.items() if f"${name}" in made}
        described = warehouse.connection.execute(f"describe {quoted(table)}").fetchall()
        present = {
            c[0] for c in warehouse.connection.execute(f"describe {made}", needed).fetchall()
        }
        rest = [
            f"{_FILL.get(kind, '0')}::{kind} as {quoted(name)}"
            for name, kind, null, *_ in described
            if name not in present and null == "NO"
        ]
        warehouse.write(
            f"insert into {quoted(table)} by name select {', '.join(['*', *rest])} from ({made})",
            needed,
        )
    warehouse.connection.execute("checkpoint")


def compare(warehouse: Warehouse) -> None:
    """Stop where the stage and the bare query tell different rows."""
    found = warehouse.query(
        "(from gold.feature except all from bare) union all "
        "(from bare except all from gold.feature)"
    ).height
    if found:
        msg = f"{found} rows differ between the features and the bare query"
        raise SystemExit(msg)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(warehouse: Warehouse, place: Workspace, rounds: int) -> None:
    """Print a line for each round, and what the limits are held against."""
    run = Run(1, AS_OF, AS_OF, 1, warehouse, place)
    for sql in _TOUCHED:
        warehouse.write(sql)

    def bare() -> None:
        with warehouse.transaction():
            warehouse.write(f"create or replace table bare as {_BARE}")

    def full() -> None:
        with warehouse.transaction():
            STAGE.run(run)

    def refresh() -> None:
        with warehouse.transaction():
            if STAGE.delta is None or STAGE.delta(run, Delta(0, {})) is None:
                raise SystemExit(1)

    print("| round | bare clock | bare cpu | full clock | full cpu | 1 % clock | 1 % cpu |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    seen: list[list[float]] = []
    for number in range(rounds + 1):
        row = [*timed(bare), *timed(full)]
        compare(warehouse)
        warehouse.connection.execute(_MOVED)
        row += timed(refresh)
        if number:
            seen.append(row)
            print(f"| {number} | " + " | ".join(f"{n:.2f}" for n in row) + " |", flush=True)
    bare()
    compare(warehouse)
    conclude(seen)


def conclude(seen: list[list[float]]) -> None:
    """Print medians, and what the limits are held against."""
    best = [sorted(column)[len(column) // 2] for column in zip(*seen, strict=True)]
    print("| median | " + " | ".join(f"{n:.2f}" for n in best) + " |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"\nfull / bare {best[3] / best[1]:.2f} (cpu), {best[2] / best[0]:.2f} (clock), limit 1.2; "
        f"1 % / full {best[5] / best[3]:.3f} (cpu), {best[4] / best[2]:.3f} (clock), limit 0.1; "
        f"peak memory {peak:.1f} GiB"
    )


def main() -> None:
    """Build or take a world, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="file that is made once and used again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "cdp.yaml").write_text("name: benchmark\n", encoding="utf-8")
        made = args.keep is not None and args.keep.exists()
        if made:
            shutil.copyfile(args.keep, home / "work.duckdb")
        if not made:
            with Warehouse.open(home, memory_limit="6GB") as warehouse:
                fill(warehouse, args.profiles, args.events)
            if args.keep is not None:
                shutil.copyfile(home / "work.duckdb", args.keep)
        with Warehouse.open(home, memory_limit="6GB") as warehouse:
            measure(warehouse, Workspace(home), args.rounds)


if __name__ == "__main__":
    main()
