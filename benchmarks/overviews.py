"""What the stage of overviews takes in full and for one party in a hundred.

`python benchmarks/overviews.py --profiles 250000 --events 5000000`, over the events that
`benchmarks/features.py` invents, with two lines to each order and 5,000 products.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from cdp.overviews.stage import STAGE  # noqa: E402
from cdp.pipeline import moment  # noqa: E402
from cdp.settings import Workspace  # noqa: E402
from cdp.stage import Delta, Run  # noqa: E402
from cdp.store import Warehouse  # noqa: E402
from features import _TOUCHED, fill, timed  # noqa: E402

_LINES = """
insert into gold.order_line by name
select order_id, line, source || ':' || hash(order_id, line) % 5000 as product_id,
    'sold' as product, 1 as quantity, amount / 2 as amount
from gold."order", range(1, 3) as r(line)
"""
_PRODUCTS = """
insert into gold.product by name
select 's1:' || n as product_id, 's1' as source, 'product ' || n as name,
    'category ' || n % 40 as category
from range(5000) as r(n)
"""


def main() -> None:
    """Print seconds of the clock and of the processor, in full and for one in a hundred."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=250_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    as_of = moment("2026-07-01")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cdp.yaml").write_text("name: bench\n", encoding="utf-8")
        place = Workspace(Path(folder))
        with Warehouse.open(place.home, threads=2, memory_limit="8GB") as warehouse:
            fill(warehouse, given.profiles, given.events)
            warehouse.write(_LINES)
            warehouse.write(_PRODUCTS)
            for sql in _TOUCHED:
                warehouse.write(sql)
            run = Run(1, as_of, as_of, 1, warehouse, place)

            def full() -> None:
                with warehouse.transaction():
                    STAGE.run(run)

            def refresh() -> None:
                with warehouse.transaction():
                    if STAGE.delta is None or STAGE.delta(run, Delta(0, {})) is None:
                        raise SystemExit(1)

            for number in range(given.rounds):
                row = (*timed(full), *timed(refresh))
                print(f"| {number + 1} | " + " | ".join(f"{n:.2f}" for n in row) + " |", flush=True)
            for table in STAGE.writes:
                print(table, warehouse.count(table))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
