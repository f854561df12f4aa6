"""How soon rows that sources send show in profiles, and what reading them costs other readers.

`python benchmarks/rows_live.py` publishes `--profiles` invented profiles, serves them, and sends
rows one at a time to `/v1/import`, asking for the profile of each until it is there. Then profiles
are read by id on one connection, in turns while nothing comes and while ten rows a second do.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep

import httpx
import serving
import serving_data
import yaml

from cdp.privacy import keys
from cdp.server import wall_clock

SOURCE = {"type": "import", "options": {"objects": {"customers": {"id": "no"}}}}
MAPPING = {
    "objects": {
        "customers": {
            "parties": [
                {
                    "type": {"const": "person"},
                    "attributes": {"given_name": "first", "family_name": "last"},
                    "identifiers": [{"kind": "email", "value": "email"}],
                }
            ]
        }
    }
}
EVERY_SECONDS = 0.1
PAUSE_SECONDS = 3.0


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=60, help="sent one at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a round")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = serving_data.build(Path(folder), chosen.profiles)
        for name, said in (("sources/till.yaml", SOURCE), ("mappings/till.yaml", MAPPING)):
            (place.root / name).parent.mkdir(exist_ok=True)
            (place.root / name).write_text(yaml.safe_dump(said), encoding="utf-8")
        known = [id_ for id_, _ in serving_data.ids(chosen.profiles, 1_000)]
        token = keys.create(
            place.home, "benchmark", (*serving.SCOPES, "events:write"), at=wall_clock()
        )[1]
        server = serving._serve(place)  # noqa: SLF001 - the same server as there
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{server.port}",
                headers={"authorization": f"Bearer {token}"},
                trust_env=False,
            ) as client:
                _visible(client, chosen.rows, "after another", 0)
                _visible(client, chosen.rows // 3, "after a pause", PAUSE_SECONDS)
                _beside(client, known, chosen)
        finally:
            server.process.terminate()
            server.process.wait()


def _send(client: httpx.Client, key: str) -> None:
    row = {"no": key, "first": "Zoe", "last": f"Quux {key}", "email": f"{key}@quux.example"}
    client.post("/v1/import/till", json={"rows": [row]}).raise_for_status()


def _visible(client: httpx.Client, rows: int, name: str, pause: float) -> None:
    took = []
    for number in range(rows):
        sleep(pause)
        key = f"{name[-1]}{number}"
        _send(client, key)
        began = perf_counter()
        while client.get(f"/v1/profiles/source:till:{key}").status_code != httpx.codes.OK:
            sleep(0.01)
        took.append(perf_counter() - began)
    took.sort()
    told = f"p50 {median(took):.2f} s, most of {rows} {took[-1]:.2f} s"
    print(f"row {name} to profile: {told}", flush=True)


def _beside(client: httpx.Client, known: list[str], chosen: argparse.Namespace) -> None:
    found: dict[str, list[tuple[float, float]]] = {"nothing comes": [], "ten rows a second": []}
    for number in range(chosen.rounds):
        found["nothing comes"].append(_read(client, known, chosen.seconds))
        done = Event()
        thread = Thread(target=_keep_sending, args=(client, f"b{number}-", done))
        thread.start()
        found["ten rows a second"].append(_read(client, known, chosen.seconds))
        done.set()
        thread.join()
        sleep(3)  # what came last is read
    for name, rounds in found.items():
        p50, p99 = (1000 * median(each[of] for each in rounds) for of in (0, 1))
        print(f"read by id, {name:18} p50 {p50:.2f} ms, p99 {p99:.2f} ms", flush=True)


def _keep_sending(client: httpx.Client, named: str, done: Event) -> None:
    number = 0
    while not done.wait(EVERY_SECONDS):
        _send(client, f"{named}{number}")
        number += 1


def _read(client: httpx.Client, known: list[str], seconds: float) -> tuple[float, float]:
    took = []
    until = perf_counter() + seconds
    while (began := perf_counter()) < until:
        client.get(f"/v1/profiles/{known[len(took) % len(known)]}").raise_for_status()
        took.append(perf_counter() - began)
    took.sort()
    return median(took), took[int(len(took) * 0.99)]


if __name__ == "__main__":
    main()
