"""How fast records get in, beside what can be done at all on the same machine in the same run.

`python benchmarks/ingest.py --records 1000000 --pages 200` makes invented customers and measures

- land: a file of them, one JSON object a line, into a workspace that is open already, beside
  DuckDB's own `read_json`, which makes a table of the same file;
- again: as many records of the same object once more, every second of them changed;
- http: pages of 1,000 rows from a server that has them ready, by `sap_c4c`, beside a client that
  only fetches them; far: the same where the server thinks a tenth of a second about each page;
- map: what was landed into canonical records, beside the libraries alone on each distinct value.

Each is done in a process of its own, with two threads, in turns with its peer and as often as
`--times` says; the best is printed: seconds of the clock, CPU seconds (user and system) and peak
memory. A measure more is a function in `MEASURES` and its peer.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import phonenumbers
from email_validator import validate_email
from ingest_http import fetch, serving

from cdp.canonical.stage import STAGE as CANONICAL
from cdp.ingest.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Run
from cdp.store import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.stage import Report

CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)
SOURCE = """\
type: jsonl_file
path: people.jsonl
options: {id_column: id, changed_at_column: updated_at}
"""
AGAIN = """\
type: jsonl_file
path: again.jsonl
options: {object: people, id_column: id, changed_at_column: updated_at}
"""
CRM = """\
type: sap_c4c
url: {}
objects: [LeadCollection]
options: {{compare_days: null}}
"""
MAPPING = """\
objects:
  people:
    ignore: [orders, value, is_active]
    parties:
      - type: {const: person}
        attributes: {given_name: first_name, family_name: last_name, birth_date: birth_date}
        addresses: [{street: street, postcode: postal_code, city: city, country: country}]
        identifiers: [{kind: email, value: email}, {kind: phone, value: phone}]
"""
_FIRST = ("Anna", "Ben", "Clara", "David", "Eva", "Finn", "Greta", "Hans")
_LAST = ("Müller", "Schmidt", "Weber", "Wagner", "Becker", "Hoffmann")


def main() -> None:
    """Print one line a measure: ours, the peer's, and how the two compare."""
    chosen = _arguments()
    if chosen.one:
        print(json.dumps(MEASURES[chosen.one](chosen.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="cdp-ingest-") as name:
        folder = Path(name)
        rows = write_workspace(folder, chosen.records, chosen.seed)
        _compare("land", rows, folder, chosen.times)
        _measure("keep", folder)
        _compare("again", rows, folder, chosen.times)
        _compare("map", rows, folder, chosen.times)
        with serving(chosen.pages) as address:
            (folder / "served").write_text(f"{address} {chosen.pages}", encoding="utf-8")
            for ours in ("http", "far"):
                _compare(ours, chosen.pages * 1_000, folder, chosen.times)


def write_workspace(folder: Path, records: int, seed: int) -> int:
    """Write invented customers and the workspace that reads them; return how many there are."""
    (folder / "sources").mkdir()
    (folder / "data").mkdir()
    (folder / "cdp.yaml").write_text("name: benchmark\n", encoding="utf-8")
    (folder / "mappings").mkdir()
    (folder / "sources" / "shop.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "mappings" / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    chance, encode = random.Random(seed), msgspec.json.Encoder().encode
    with (folder / "data" / "people.jsonl").open("wb") as file:
        for number in range(records):
            file.write(encode(_person(number, records, chance)) + b"\n")
    return records


def _person(number: int, records: int, chance: random.Random) -> dict[str, Any]:
    # Every value as often as any other, so that there are exactly so many of each.
    email, phone = (number * 7_919 % max(records * part // 10, 1) for part in (7, 6))
    address = number * 7_907 % max(records // 2, 1)
    day, hour = chance.randint(10, 28), chance.randint(10, 23)
    return {
        "id": f"C-{number:07d}",
        "updated_at": f"2026-0{chance.randint(1, 6)}-{day}T{hour}:15:{chance.randint(10, 59)}Z",
        "first_name": chance.choice(_FIRST),
        "last_name": chance.choice(_LAST),
        "email": f"user{email}@example.com",
        "phone": f"+49 30 {100_000 + phone}",
        "street": f"Hauptstr. {address % 500 + 1}",
        "postal_code": f"{10_000 + address // 500:05d}",
        "city": "Köln",
        "country": "DE",
        "orders": chance.randint(0, 20),
        "value": round(chance.random() * 1000, 2),
        "is_active": chance.random() < 0.8,  # noqa: PLR2004 - a share
        "birth_date": "1980-01-02",
    }


def land(folder: Path) -> dict[str, float]:
    """Land the file in a new workspace; its tables are there before the clock starts."""
    with tempfile.TemporaryDirectory(prefix="cdp-home-", dir=folder) as home:
        place = Workspace(folder, folder / "data")
        with Warehouse.open(Path(home), threads=2) as warehouse:
            return measured(lambda: STAGE.run(Run(1, CLOCK, CLOCK, 1, warehouse, place)))


def keep(folder: Path) -> dict[str, float]:
    """Land the file in a workspace that stays, for `canonical`."""
    with Warehouse.open(folder / "kept", threads=2) as warehouse:
        run = Run(1, CLOCK, CLOCK, 1, warehouse, Workspace(folder, folder / "data"))
        return measured(lambda: STAGE.run(run))


def again(folder: Path) -> dict[str, float]:
    """Land the file once more beside what stays, every second record of it changed."""
    lines = (folder / "data" / "people.jsonl").open("rb")
    with lines, (folder / "data" / "again.jsonl").open("wb") as file:
        for number, line in enumerate(lines):
            file.write(line.replace(b'"DE"', b'"AT"') if number % 2 else line)
    with tempfile.TemporaryDirectory(prefix="cdp-again-", dir=folder) as name:
        place = Path(name)
        (place / "sources").mkdir()
        (place / "cdp.yaml").write_text("name: benchmark\n", encoding="utf-8")
        (place / "sources" / "shop.yaml").write_text(AGAIN, encoding="utf-8")
        shutil.copytree(folder / "kept", place / "home")
        reports: list[Report] = []
        with Warehouse.open(place / "home", threads=2) as warehouse:
            run = Run(2, CLOCK, CLOCK, 1, warehouse, Workspace(place, folder / "data"))
            found = measured(lambda: reports.append(STAGE.run(run)))
        counts = reports[0].counts
        assert counts["rows_new"] == counts["rows_in"] // 2, reports  # noqa: S101 - what changed
        assert counts["rows_repeated"] == counts["rows_in"] - counts["rows_new"], reports  # noqa: S101
        return found


def canonical(folder: Path) -> dict[str, float]:
    """Map everything that was landed."""
    with Warehouse.open(folder / "kept", threads=2) as warehouse:
        run = Run(2, CLOCK, CLOCK, 1, warehouse, Workspace(folder, folder / "data"))

        reports: list[Report] = []

        def work() -> None:
            with warehouse.transaction():
                reports.append(CANONICAL.run(run))

        found = measured(work)
        counts = reports[0].counts
        assert counts["accepted"] == counts["versions"] == counts["records"], reports  # noqa: S101
        return found


def libraries(folder: Path) -> dict[str, float]:
    """Call for each distinct value what canonical calls for one that is not plain."""
    with (folder / "data" / "people.jsonl").open("rb") as file:
        people = [msgspec.json.decode(line) for line in file]
    emails, phones = (sorted({each[name] for each in people}) for name in ("email", "phone"))
    del people

    def work() -> None:
        for email in emails:
            validate_email(email, check_deliverability=False, test_environment=True)
        for phone in phones:
            number = phonenumbers.parse(phone, "DE")
            phonenumbers.is_possible_number_with_reason(number)
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return measured(work)


def connector(folder: Path, below: str = "") -> dict[str, float]:
    """Land all pages of the server in a new workspace."""
    address, pages = (folder / "served").read_text("utf-8").split()
    with tempfile.TemporaryDirectory(prefix="cdp-crm-", dir=folder) as name:
        place = Path(name)
        (place / "sources").mkdir()
        (place / "cdp.yaml").write_text("name: benchmark\n", encoding="utf-8")
        (place / "sources" / "crm.yaml").write_text(CRM.format(address + below), encoding="utf-8")
        reports: list[Report] = []
        with Warehouse.open(place / "home", threads=2) as warehouse:
            run = Run(1, CLOCK, CLOCK, 1, warehouse, Workspace(place))
            found = measured(lambda: reports.append(STAGE.run(run)))
        assert reports[0].counts["rows_in"] == int(pages) * 1_000, reports  # noqa: S101 - all
        return found


def bare(folder: Path, below: str = "") -> dict[str, float]:
    """Fetch the same pages and do nothing with them."""
    address, pages = (folder / "served").read_text("utf-8").split()
    return measured(lambda: fetch(f"{address}{below}/LeadCollection", int(pages)))


def read_json(folder: Path) -> dict[str, float]:
    """Make a table of the file by DuckDB alone, on disk."""
    with tempfile.TemporaryDirectory(prefix="cdp-peer-", dir=folder) as home:
        connection = duckdb.connect(  # noqa: TID251 - the peer
            Path(home) / "peer.duckdb", config={"threads": 2}
        )
        query = "create table people as from read_json($file)"
        file = str(folder / "data" / "people.jsonl")
        return measured(lambda: connection.execute(query, {"file": file}).fetchall())


MEASURES: Mapping[str, Callable[[Path], dict[str, float]]] = {
    "land": land,
    "read_json": read_json,
    "keep": keep,
    "again": again,
    "map": canonical,
    "libraries": libraries,
    "http": connector,
    "fetch": bare,
    "far": partial(connector, below="/far"),
    "fetch_far": partial(bare, below="/far"),
}
PAIRS = {
    "land": "read_json",
    "again": "read_json",
    "map": "libraries",
    "http": "fetch",
    "far": "fetch_far",
}


def measured(work: Callable[[], object]) -> dict[str, float]:
    """Return what a piece of work takes: seconds, CPU seconds, and the process's peak in GiB."""
    clock, cpu = perf_counter(), _cpu()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": perf_counter() - clock, "cpu": _cpu() - cpu, "gib": peak}


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _compare(ours: str, rows: int, folder: Path, times: int) -> None:
    """Measure in turns with the peer, and print the best of each."""
    pair = (PAIRS[ours], ours)
    rounds = [{one: _measure(one, folder) for one in pair} for _ in range(times)]
    found = {one: min((r[one] for r in rounds), key=lambda cost: cost["seconds"]) for one in pair}
    print(*_lines(rows, ours, PAIRS[ours], found), sep="\n", flush=True)


def _measure(one: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", one, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _lines(rows: int, ours: str, peer: str, found: Mapping[str, dict[str, float]]) -> list[str]:
    lines = [
        f"{one:<12} {cost['seconds']:7.1f} s {cost['cpu']:7.1f} CPU s   {cost['gib']:.2f} GiB"
        for one, cost in found.items()
    ]
    wall, cpu = (found[ours][what] / found[peer][what] for what in ("seconds", "cpu"))
    compared = f"{ours} by {peer}: {wall:.2f} x by the clock, {cpu:.2f} x by CPU time"
    return [f"{rows:,} records", *lines, compared]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=200, help="of 1,000 rows, over HTTP")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--one", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
