"""Every way out goes through the gate: no byte of whoever must not be contacted leaves."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyrage
import pytest
import yaml
from click.testing import CliRunner
from obstore.store import LocalStore

from builders import AS_OF, Value, add, carry_out, opened, workspace
from cdp.activation import desk, place
from cdp.activation.desk import Asked
from cdp.activation.stage import STAGE
from cdp.cli import root
from cdp.destinations import DESTINATIONS
from cdp.settings import Workspace
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_consents import Consent, Consents
from cdp.store.state_privacy import Request, Requests, Restrictions
from published import publish

NOW = datetime(2026, 7, 2, tzinfo=UTC)
HELD = {
    "blocked": "blocked",
    "obsolete": "obsolete",
    "shared": "no_contact_point",
    "denied": "denied",
    "pending": "pending",
    "unasked": "no_permission",
    "unproven": "denied",
    "restricted": "restricted",
    "leaving": "erased",
    "held": "control_group",
    "campaign": "control_group",
    "abroad": "region",
    "young": "below_age",
    "withdrew": "denied",
    "unsaid": "denied",
}
"""Who is planted, and why they may not leave."""

MAY = ("fine", "second", "older")
OTHER = "other.granted@example.com"
IDENTITY = pyrage.x25519.Identity.generate()
COLUMNS = [
    "profile_id",
    "contact",
    {"field": "email", "name": "mail"},
    "phone",
    "full_name",
    {"field": "email", "name": "hashed", "hash": "sha256", "as": "google"},
]
NEWS: dict[str, Any] = {
    "type": "csv_file",
    "segments": ["everybody"],
    "purpose": "marketing",
    "channel": "email",
    "campaign": "spring",
    "regions": ["EU"],
    "minimum_age": 16,
    "columns": COLUMNS,
}
DESTINATION_FILES: dict[str, dict[str, Any]] = {
    **{name: {"type": name} for name in DESTINATIONS.names()},
    "packed": {"compression": "gzip"},
    "lines": {"type": "jsonl_file", "compression": "gzip"},
    "sealed": {"encrypt": {"recipients": [str(IDENTITY.to_public())]}},
    "armored": {
        "type": "parquet_file",
        "encrypt": {"recipients": [str(IDENTITY.to_public())], "armored": True},
    },
    "parted": {"columns": [*COLUMNS, "country"], "partition_by": "country", "rows_per_file": 1},
    "changes": {"mode": "difference"},
    "bucket": {"path": "s3://lake/exports", "mode": "difference"},
    "elsewhere": {"path": "out"},
}


def mail(name: str) -> str:
    return f"{name}.planted@example.com"


def phone(name: str) -> str:
    return f"+49{int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % 10**9}"


def plant(warehouse: Any) -> None:
    names = (*HELD, *MAY)
    states = {"unasked": [], "denied": ["denied"], "pending": ["pending"], "second": ["denied"]}
    states["unproven"] = ["denied"]
    add(warehouse, "gold.profile", *map(person, names))
    add(warehouse, "gold.segment_member", *map(member, names))
    records: list[dict[str, Value]] = [
        {"record_id": f"crm:{name}", "profile_id": f"P-{name}", "source": "crm"} for name in names
    ]
    add(warehouse, "gold.source_record", *records)
    add(warehouse, "gold.identifier", *(point(name, mail(name)) for name in names))
    add(warehouse, "gold.identifier", point("second", OTHER))
    said = [permission(name, s) for name in names for s in states.get(name, ["granted"])]
    said.append(permission("second", "granted") | {"contact_value": OTHER})
    add(warehouse, "gold.consent", *said)


def person(name: str) -> dict[str, Value]:
    return {
        "profile_id": f"P-{name}",
        "profile_type": "person",
        "full_name": name.title(),
        "email": mail(name),
        "phone": phone(name),
        "country": "DE",
        "region": "US" if name == "abroad" else "EU",
        "status": name if name in {"blocked", "obsolete"} else "active",
        "birth_date": date(2012, 1, 1) if name == "young" else date(1980, 1, 1),
    }


def member(name: str) -> dict[str, Value]:
    return {
        "segment": "everybody",
        "profile_id": f"P-{name}",
        "is_control": name == "held",
        "control_of": ["spring"] if name == "campaign" else [],
    }


def point(name: str, value: str) -> dict[str, Value]:
    blocked = name == "shared"
    return {"profile_id": f"P-{name}", "kind": "email", "value": value, "blocked": blocked}


def permission(name: str, state: str) -> dict[str, Value]:
    return {
        "profile_id": f"P-{name}",
        "contact_kind": "email",
        "contact_value": mail(name),
        "channel": "email",
        "purpose": "marketing",
        "category": "any",
        "state": state,
        "losers": "[]",
    }


def decide(home: Path) -> None:
    """Keep what is said after the run: a restriction, an erasure that waits, two refusals."""
    with State.open(home) as state:
        Restrictions(state).add(["crm:restricted"], "PR-1", NOW)
        asked = Request(
            *("PR-2", "erase", "received", "email:x", "P-leaving", "", "desk"), NOW, NOW
        )
        Requests(state).add(asked, By("desk", "asked", NOW))
        said = {"contact_kind": "email", "channel": "email", "state": "denied", "given_at": NOW}
        one: Any = {**said, "actor": "desk"}
        Consents(state).add(Consent(**one, contact_value=mail("withdrew")))
        Consents(state).add(Consent(**one, record_id="crm:unsaid"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("ways")
    files: dict[str, object] = {"segments/everybody.yaml": {"where": {"attribute": "country"}}}
    files["segments/everybody.yaml"] = {"where": {"attribute": "email", "exists": True}}
    for name, changes in DESTINATION_FILES.items():
        files[f"destinations/{name}.yaml"] = NEWS | changes
    here = workspace(folder, files)
    (folder / "lake").mkdir()
    with pytest.MonkeyPatch.context() as patched:
        stores = {"s3": lambda *_, **__: LocalStore(folder / "lake")}
        patched.setattr(place, "_STORES", stores)
        with opened(folder) as warehouse:
            plant(warehouse)
            decide(here.home)
            publish(here, warehouse)
            carry_out(STAGE, warehouse, here)
        yield here


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of every file that left, plain and as they are read."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name in {"work.duckdb", "work.duckdb.wal"} or "generations" in path.parts:
            continue
        content = path.read_bytes()
        yield path.name, content
        name = path.name
        if name.endswith(".age"):
            content, name = pyrage.decrypt(content, [IDENTITY]), name.removesuffix(".age")
            yield name, content
        if name.endswith(".gz"):
            content, name = gzip.decompress(content), name.removesuffix(".gz")
            yield name, content
        if name.endswith(".parquet"):
            yield name, json.dumps(pl.read_parquet(content).to_dicts(), default=str).encode()
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(path) as book:
                yield from ((inner, book.read(inner)) for inner in book.namelist())


def told_of(folder: Path, *, everybody: bool = True) -> int:
    """Return how many files tell of those who may leave; fail where one tells of others."""
    found = 0
    secrets: dict[str, tuple[str, ...]] = {n: (mail(n), phone(n)) for n in HELD}
    secrets |= {"second": (mail("second"),), "nobody": (phone("fine"),)}
    for file, content in contents(folder):
        for name, values in secrets.items():
            for value in values:
                hashed = hashlib.sha256(value.encode()).hexdigest()
                assert value.encode() not in content, f"{file} tells of {name}"
                assert hashed.encode() not in content, f"{file} tells of {name} by a hash"
        found += mail("fine").encode() in content
    assert found or not everybody
    return found


def exported(house: Workspace, destination: str) -> Path:
    if destination == "bucket":
        return house.root / "lake"
    if destination == "elsewhere":
        return house.root / "out"
    return house.home / "exports" / destination


@pytest.mark.parametrize("destination", DESTINATION_FILES)
def test_a_run_exports_to_every_destination(house: Workspace, destination: str) -> None:
    told_of(exported(house, destination))
    (manifest,) = exported(house, destination).rglob("*-0001-*.manifest.json")
    said = json.loads(manifest.read_text())
    assert (said["members"], said["sent"]) == (len(HELD) + len(MAY), len(MAY))
    counted: dict[str, int] = {}
    for reason in HELD.values():
        counted[reason] = counted.get(reason, 0) + 1
    assert said["suppressed_by_reason"] == counted
    listed = [f for f in said["files"] if f["holds"] == "suppressed"]
    assert [f["rows"] for f in listed] == [len(HELD)]


def test_the_suppressed_are_listed_with_their_reasons(house: Workspace) -> None:
    (file,) = exported(house, "csv_file").glob("*-0001-*.suppressed.csv")
    rows = [line.split(",") for line in file.read_text().splitlines()]
    assert rows == [["profile_id", "reason"], *sorted([f"P-{n}", r] for n, r in HELD.items())]
    with opened(house.root) as warehouse:
        delivered = warehouse.query(
            "select distinct profile_id, reason from activation.delivery "
            "inner join activation.run using (activation_id) "
            "where reason is not null and ordinal = 1"
        )
    assert dict(delivered.rows()) == {f"P-{name}": reason for name, reason in HELD.items()}


def test_another_contact_point_goes_where_the_best_may_not(house: Workspace) -> None:
    (file,) = (f for f in exported(house, "csv_file").glob("*-0001-*.csv") if "suppr" not in f.name)
    rows = {line.split(",")[0]: line.split(",") for line in file.read_text().splitlines()}
    assert rows["P-second"][1:3] == [OTHER] * 2
    assert rows["P-fine"][1:4] == [mail("fine"), mail("fine"), ""]
    assert {key for key in rows if key.startswith("P-")} == {f"P-{name}" for name in MAY}


def command(house: Workspace, *words: str) -> str:
    found = CliRunner().invoke(root, ["segment", "export", *words, "--workspace", str(house.root)])
    assert found.exception is None, found.output
    return found.stdout


def _by_command(house: Workspace, out: Path) -> None:
    command(
        house,
        "everybody",
        "--out",
        str(out / "x.csv"),
        "--columns",
        "profile_id,contact,email,phone",
    )


def _by_workbook(house: Workspace, out: Path) -> None:
    command(house, "everybody", "--out", str(out / "x.xlsx"), "--format", "excel")


def _by_key(house: Workspace, out: Path) -> None:
    key = str(IDENTITY.to_public())
    command(house, "everybody", "--out", str(out / "x.csv.gz.age"), "--gzip", "--recipient", key)


def _by_http(house: Workspace, out: Path) -> None:
    wish: dict[str, Any] = {
        "purpose": "marketing",
        "channel": "email",
        "columns": COLUMNS,
        "campaign": "spring",
    }
    wish |= {"format": "jsonl", "regions": ["EU"], "minimum_age": 16}
    job = desk.take(house, Asked("everybody", None, wish, "tool"), NOW)
    (done,) = desk.work(house, lambda: NOW)
    assert (done.export_id, done.status) == (job.export_id, "done"), done.detail
    assert done.answer is not None
    for each in done.answer["manifest"]["files"]:
        (out / each["name"]).write_bytes(desk.file(house, done, each["name"]).read_bytes())


@pytest.mark.parametrize("way", [_by_command, _by_workbook, _by_key, _by_http])
def test_what_is_asked_for_goes_through_the_gate(
    house: Workspace, tmp_path: Path, way: Callable[[Workspace, Path], None]
) -> None:
    way(house, tmp_path)
    found = b"".join(content for _, content in contents(tmp_path))
    assert mail("fine").encode() in found
    for name in set(HELD) - {"campaign", "abroad", "young"}:  # which the command declares not
        assert mail(name).encode() not in found, name
        assert phone(name).encode() not in found, name
    if way is _by_http:
        told_of(tmp_path)


def test_an_export_that_is_asked_for_again_or_by_difference_tells_no_more(
    house: Workspace,
) -> None:
    for destination in ("csv_file", "changes", "bucket"):
        command(house, "everybody", "--to", destination)
        told_of(exported(house, destination))
    assert len([*exported(house, "csv_file").glob("*.manifest.json")]) == 2
    assert len([*exported(house, "changes").glob("*.manifest.json")]) == 1
    # who withdraws is taken back without a contact point
    with State.open(house.home) as state:
        said: Any = {"contact_kind": "email", "channel": "email", "state": "denied"}
        Consents(state).add(
            Consent(**said, given_at=NOW, actor="desk", contact_value=mail("older"))
        )
    for destination in ("changes", "bucket"):
        before = {*exported(house, destination).rglob("*")}
        command(house, "everybody", "--to", destination)
        news = [f for f in exported(house, destination).rglob("*.csv") if f not in before]
        (file,) = (f for f in news if "suppressed" not in f.name)
        hashed = hashlib.sha256(b"olderplanted@example.com").hexdigest()
        plain = hashlib.sha256(mail("older").encode()).hexdigest()
        assert file.read_text().splitlines()[1:] == [f"removed,P-older,,,,,{plain}"]
        assert hashed not in file.read_text()


def test_an_export_that_was_stopped_goes_on_and_tells_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    take = place.Folder.take

    def stopped(self: place.Folder, draft: Path, name: str) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(name)
        take(self, draft, name)

    files = {"segments/everybody.yaml": {"where": {"attribute": "email", "exists": True}}}
    parted = NEWS | {"rows_per_file": 1}
    here = workspace(tmp_path, {**files, "destinations/parted.yaml": yaml.safe_dump(parted)})
    with opened(tmp_path) as warehouse:
        plant(warehouse)
        decide(here.home)
        with monkeypatch.context() as patched:
            patched.setattr(place.Folder, "take", stopped)
            with pytest.raises(KeyboardInterrupt):
                carry_out(STAGE, warehouse, here)
        out = here.home / "exports" / "parted"
        begun = {path: path.stat().st_mtime_ns for path in out.rglob("part-*.csv")}
        assert len(begun) == 2
        assert not [*out.rglob("*.manifest.json"), *out.rglob("*.tmp")]
        carry_out(STAGE, warehouse, here, as_of=AS_OF)
    assert {path: path.stat().st_mtime_ns for path in begun} == begun
    assert len([*out.rglob("part-*.csv")]) == len(MAY)
    assert not [*(here.home / "exports").rglob("done.json")]
    told_of(out)
