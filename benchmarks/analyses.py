"""Time analyses of invented customers, each alone, and the memory that they need.

python benchmarks/analyses.py [--profiles 1000000] [--orders 10000000] [KIND...]

Kinds that need a definition are left out. `cpu` is processor time over all threads, for machines
that are busy.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from cdp.analyses.analysis import KINDS
from cdp.analyses.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Run
from cdp.store import Warehouse

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
_PROFILES = """
insert into gold.feature by name
select
    'P-' || sha256(n::varchar)[:20] as profile_id, 'person' as entity_type, 'EUR' as currency,
    timestamp '2026-07-01' as as_of, 0 as orders, 0 as orders_365d, 0 as revenue,
    0 as revenue_365d, 0 as open_carts, 0 as interactions_30d, 0 as interactions_90d,
    0 as emails_opened_90d, 0 as emails_clicked_90d, 0 as web_views_30d
from range($rows) as r(n)
"""
# Squared, so that some buy often: half of the orders are those of a quarter of the customers.
_ORDERS = """
insert into gold.order by name
select
    'P-' || sha256((((hash(n, 1) % 1000003) / 1000003) ** 2 * $profiles)::bigint::varchar)[:20]
        as profile_id,
    'shop:' || n as order_id, 'shop' as source, 'completed' as status, 'shop' as channel,
    timestamp '2026-06-30' - to_seconds((hash(n, 2) % (900 * 86400))::bigint) as ordered_at,
    'EUR' as currency, 5 + hash(n, 3) % 20000 / 100 as amount, '{}' as custom
from range($rows) as r(n)
"""
_LINES = """
insert into gold.order_line by name
select
    'shop:' || n // 2 as order_id, (1 + n % 2)::integer as line, 1 as quantity, 5 as amount,
    'shop:' || ((hash(n, 4) % 1009) / 1009 * (hash(n, 5) % 1000))::integer as product_id
from range($rows * 2) as r(n)
"""


def measured(profiles: int, orders: int, kinds: list[str]) -> list[str]:
    """Return a row for each kind: seconds, processor seconds, peak memory, how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cdp.yaml").write_text("name: benchmark\n", encoding="utf-8")
        with Warehouse.open(Path(folder) / ".cdp", threads=2) as warehouse:
            warehouse.write(_PROFILES, {"rows": profiles})
            warehouse.write(_ORDERS, {"rows": orders, "profiles": profiles})
            warehouse.write(_LINES, {"rows": orders})
            return [_one(warehouse, Workspace(Path(folder)), kind) for kind in kinds]


def _one(warehouse: Warehouse, place: Workspace, kind: str) -> str:
    asked = Run(1, AS_OF, AS_OF, 1, warehouse, place, analyse=frozenset({kind}))
    wall, work = perf_counter(), process_time()
    with warehouse.transaction():
        STAGE.run(asked)
    wall, work = perf_counter() - wall, process_time() - work
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    status = warehouse.query("select status from gold.analysis where analysis = $k", k=kind).item()
    return f"| `{kind}` | {wall:.1f} | {work:.1f} | {peak:.1f} | {status} |"


def main() -> None:
    """Print the figures as a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("kinds", nargs="*")
    given = parser.parse_args()
    alone = [name for name in KINDS.names() if KINDS.get(name).alone]
    print("| kind | wall s | cpu s | peak GiB so far | status |")
    print("| --- | --- | --- | --- | --- |")
    for row in measured(given.profiles, given.orders, given.kinds or alone):
        print(row)


if __name__ == "__main__":
    main()
