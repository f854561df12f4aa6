"""A person planted in every table and every kind of file is found nowhere after the erasure."""

import csv
import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from cdp import pipeline
from cdp.errors import ErasedError
from cdp.model.tables.person import COLUMNS, PERSON
from cdp.privacy import certificate, requests
from cdp.privacy.layers.files import kind_of
from cdp.privacy.person import Person, find
from cdp.privacy.requests import Asked
from cdp.privacy.returned import erase_again
from cdp.publish.reference import Reference
from cdp.publish.served import Published
from cdp.settings import Settings, Workspace
from cdp.store import backup, restoring
from cdp.store.compacting import changing
from cdp.store.eventlog import EventLog
from cdp.store.eventlog_entry import Entry
from cdp.store.keyvalue import shared
from cdp.store.peek import peek
from cdp.store.schema import quoted
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_audit import Access, AuditLog
from cdp.store.state_consents import Consent, Consents
from cdp.store.state_corrections import Corrections, Wish
from cdp.store.state_decisions import Decisions
from cdp.store.state_privacy import Request
from corner_shop import CornerShop
from file_traces import traces

pytestmark = pytest.mark.long

NOW = datetime(2026, 7, 2, 6, tzinfo=UTC)
SECRET = "zqxsecret"  # noqa: S105 - what is planted
EMAIL, PHONE = "oskar.verhoeve7@mail.example", "+12125550107"
SOUGHT = (SECRET, EMAIL, PHONE, "+1 212 555 0107", "Oskar Verhoeve")


@pytest.fixture
def shop(stocked: CornerShop, tmp_path: Path) -> Workspace:
    root = Path(shutil.copytree(stocked.root, tmp_path / "shop"))
    return CornerShop(root).workspace


def whose(place: Workspace, email: str = EMAIL) -> str:
    return Published(place.home).current().find("profile", Reference("email", email))


def asked(place: Workspace, subject: str, type_: Any = "erase") -> Request:
    wish = Asked(type_, f"email:{EMAIL}", subject, "a letter", "front desk", "cli:test")
    return requests.take(place.home, wish, at=NOW)


def erased(place: Workspace, subject: str) -> Request:
    return requests.carry_out(place.home, asked(place, subject), at=NOW)


def _value(name: str, column: str, type_: str, person: Person) -> Any:
    """Return what is planted: the person's key where the column is one, else a secret."""
    if column in {"account_id", "account_record_id"}:
        return None
    if column in {"source", "object"}:
        return person.keys[0][0 if column == "source" else 1]
    if type_ == "BIGINT" and COLUMNS.get(column) == "version":
        return person.versions[0]
    if "VARCHAR" not in type_ and type_ != "JSON":
        return None
    text = _text(name, column, person)
    if type_ == "JSON":
        return json.dumps({"note": text})
    return [text] if type_ == "VARCHAR[]" else text


def _text(name: str, column: str, person: Person) -> str:
    rule, holds = PERSON.get(name), COLUMNS.get(column)
    keys: dict[str, str] = {
        "profile": person.profile_ids[0],
        "record": person.records[0],
        "key": person.records[0],
        "event": person.events[0],
        "contact": EMAIL,
        "native": person.keys[0][2],
        "place": json.dumps({"after": [person.keys[0][2]], "note": SECRET}),
    }
    if holds in keys and (rule is None or column in rule.rows):
        return keys[holds]
    if rule is not None and not rule.rows:  # somebody else's row, or nobody's: it names them
        blank = name == "bronze.rejected" and column in rule.cut
        return f"{SECRET} of <{EMAIL}>" if blank else f"see {EMAIL}, {PHONE}"
    return f"{SECRET} {name}.{column}"


def plant_tables(path: Path, person: Person) -> int:
    """Plant one row more in every table of a file, and return in how many."""
    with changing(path) as warehouse:
        columns: dict[str, list[tuple[str, str, bool]]] = {}
        rows = warehouse.query(
            "select schema_name || '.' || table_name as name, column_name, data_type, is_nullable "
            "from duckdb_columns() where not internal and database_name = current_database() "
            "and (schema_name, table_name) in "
            "(select (schema_name, table_name) from duckdb_tables()) order by all"
        )
        for name, column, type_, nullable in rows.iter_rows():
            columns.setdefault(name, []).append((column, type_, nullable))
        for name, found in columns.items():
            if name in {"identity.profile", "identity.history"}:
                continue
            unowned = name not in PERSON and not any(c in COLUMNS for c, *_ in found)
            values = [_value(name, c, t, person) for c, t, _ in found]
            if unowned:  # a working table of texts alone: it goes by names and streets
                values = ["Oskar Verhoeve" if isinstance(v, str) else v for v in values]
            exprs = [
                f"try_cast(? as {t})" if v is not None or n else _filler(t)
                for (_, t, n), v in zip(found, values, strict=True)
            ]
            given = [v for v, e in zip(values, exprs, strict=True) if "?" in e]
            into = ", ".join(quoted(c) for c, *_ in found)
            sql = f"insert into {quoted(name)} ({into}) values ({', '.join(exprs)})"  # noqa: S608
            warehouse.connection.execute(sql, given)
        return len(columns)


def _filler(type_: str) -> str:
    if type_ == "TIMESTAMP":
        return "timestamp '2026-01-01'"
    if type_ == "DATE":
        return "date '2026-01-01'"
    return "[]" if type_.endswith("[]") else "false" if type_ == "BOOLEAN" else f"0::{type_}"


def plant_state(home: Path, person: Person) -> None:
    """Write of the person wherever people and applications write."""
    by = By("Steward", f"{SECRET} phoned", NOW, (Access(NOW, "r", "k", "x", EMAIL, "p", "d"),))
    other = "crm:zz"
    with State.open(home) as state:
        Decisions(state).add(
            person.records[0], other, "cannot_link", actor="S", reason=SECRET, at=NOW
        )
        Decisions(state).add("a:1", "a:2", "cannot_link", actor="S", reason=f"not {EMAIL}", at=NOW)
        Consents(state).add(
            Consent("email", "email", "granted", NOW, "S", person.records[0], EMAIL, proof=SECRET)
        )
        source, name, native = person.keys[0]
        Corrections(state).add([Wish("set", source, name, native, 1, {"first": SECRET})], by)
        AuditLog(state).append([Access(NOW, "r", "k", "read", person.profile_ids[0], "p", SECRET)])
        state.connection.execute(
            "insert into answered values ('k', '1', 'r', 200, '/', ?, '2026-01-01')",
            (f'{{"profile_id":"{person.profile_ids[0]}","name":"{SECRET}"}}'.encode(),),
        )


def plant_files(home: Path, person: Person) -> None:
    """Write of the person in every kind of file."""
    id_ = person.profile_ids[0]
    exports = home / "exports" / "mail"
    exports.mkdir(parents=True)
    rows = [("id", "name"), (id_, f"{SECRET} one"), ("P-other", "Somebody Else")]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    (exports / "buyers-0001.csv").write_text(out.getvalue(), encoding="utf-8")
    (exports / "buyers-0001.csv.manifest.json").write_text(
        json.dumps({"sent": 2, "file": {"rows": 2, "bytes": 0, "sha256": ""}}), encoding="utf-8"
    )
    lines = [json.dumps({"email": e, "n": n}) for e, n in ((EMAIL, SECRET), ("b@x.example", "B"))]
    (exports / "all.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    plant_packed(exports / "packed", out.getvalue())
    frame = pl.DataFrame({"phone": [PHONE, "+4930"], "name": [SECRET, "B"]})
    frame.write_parquet(exports / "all.parquet")
    (home / "plans").mkdir()
    (home / "plans" / "1.json").write_text(json.dumps({"who": id_, "mail": EMAIL}), "utf-8")
    (home / "logs").mkdir()
    (home / "logs" / "cdp.log").write_text(f"INFO {EMAIL} was read\n", encoding="utf-8")
    (home / "trial" / "twin").mkdir(parents=True)
    (home / "trial" / "twin" / "x").write_text(SECRET, encoding="utf-8")
    payload = json.dumps({"email": EMAIL, "name": SECRET}).encode()
    other = json.dumps({"email": "b@x.example"}).encode()
    log = EventLog.open(home)
    for number, sent in enumerate((other, payload, other)):
        stamp = f"2026-07-02T05:00:0{number}.000000Z"
        raw = pl_raw(sent)
        log.append([Entry("web", "events", f"m{number}", stamp, "r", raw)]).result()
    log.close()


def plant_packed(folder: Path, rows: str) -> None:
    """Write an export of several files, packed and encrypted, and one that was not finished."""
    folder.mkdir()
    (folder / "part-1.csv.gz").write_bytes(gzip.compress(rows.encode()))
    with xlsxwriter.Workbook(str(folder / "part-2.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, [EMAIL, SECRET])
    (folder / "part-3.csv.age").write_bytes(b"age-encryption.org/v1")
    files = [
        {"name": f"packed/{path.name}", "holds": "rows", "rows": 2, "bytes": 1, "sha256": ""}
        for path in sorted(folder.iterdir())
    ]
    manifest = folder.with_name("packed.manifest.json")
    manifest.write_text(json.dumps({"format": 2, "rows": 6, "files": files}), "utf-8")
    unfinished = folder.parents[1] / ".unfinished" / "1"
    unfinished.mkdir(parents=True)
    (unfinished / "x.csv.plain.tmp").write_text(rows, "utf-8")


def pl_raw(content: bytes) -> Any:
    import msgspec  # noqa: PLC0415 - one use

    return msgspec.Raw(content)


def plant_backup(place: Workspace) -> None:
    """Put a whole back-up beside the rest."""
    folder = place.home / "backups"
    folder.mkdir()
    with tarfile.open(folder / "1.tar", "w") as archive:
        for path in sorted(place.home.rglob("*")):
            if path.is_file() and path.name not in {"1.tar", "writer.lock"}:
                archive.add(path, f"data/{path.relative_to(place.home)}")


@pytest.fixture
def planted(shop: Workspace) -> tuple[Workspace, Person]:
    id_ = whose(shop)
    with peek(shop.home) as warehouse:
        person = find(warehouse, id_)
    plant_tables(shop.home / "work.duckdb", person)
    for gold in sorted((shop.home / "generations").glob("*/gold-*.duckdb")):
        plant_tables(gold, person)
        _resize(gold)
    plant_state(shop.home, person)
    plant_files(shop.home, person)
    requests.carry_out(shop.home, asked(shop, id_, "access"), at=NOW)
    plant_backup(shop)
    return shop, person


def _resize(gold: Path) -> None:
    """Let the manifests say how large the file is now."""
    for path in (gold.parent / "manifest.json", gold.parents[2] / "manifest.json"):
        said = json.loads(path.read_text(encoding="utf-8"))
        said["files"]["gold"]["size"] = gold.stat().st_size
        path.write_text(json.dumps(said), encoding="utf-8")


def test_nothing_of_a_planted_person_is_left(planted: tuple[Workspace, Person]) -> None:
    place, person = planted
    before = {path for path, _ in traces(place.home, SOUGHT)}
    assert {"work.duckdb", "state.db", "backups/1.tar", "logs/cdp.log"} <= before
    done = erased(place, person.profile_ids[0])
    assert (done.status, done.detail) == ("done", None)
    assert traces(place.home, SOUGHT) == []
    assert done.answer is not None
    certificate.check(place.home, done.answer)
    with pytest.raises(ErasedError):
        Published(place.home).current().find("profile", Reference("", person.profile_ids[0]))
    left = (place.home / "exports" / "mail" / "buyers-0001.csv").read_text(encoding="utf-8")
    assert left.splitlines() == ["id,name", "P-other,Somebody Else"]
    assert all(
        kind_of(p.relative_to(place.home).as_posix()) for p in place.home.rglob("*") if p.is_file()
    )


def test_others_stay_as_they_were(shop: Workspace) -> None:
    id_ = whose(shop)
    before = _profiles(shop)
    erased(shop, id_)
    after = _profiles(shop)
    assert set(before) - set(after) == {id_}
    same = ("full_name", "email", "phone", "address", "record_count", "facts", "segments")
    for other, document in after.items():
        assert {k: document.get(k) for k in same} == {k: before[other].get(k) for k in same}


def test_the_next_run_concludes_everything_without_them(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    erased(shop, whose(shop))
    result = pipeline.run(shop, settings, clock)
    assert [stage.stage for stage in result.stages if stage.report is None] == []
    assert result.outcome == "published"
    again = pipeline.run(shop, settings, clock)
    assert again.outcome == "unchanged"


def test_a_back_up_that_is_put_back_does_not_bring_them_back(
    shop: Workspace, tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    archive = tmp_path / "before.cdp.tar"
    backup.make(shop.root, "shop", archive, at=NOW)
    others = _profiles(shop).keys() - {gone := whose(shop)}
    assert erased(shop, gone).status == "done"
    restoring.put_back(archive, shop.root, may_replace=True)
    assert whose(shop) == gone
    (again,) = erase_again(shop.home, at=NOW, actor="operator")
    assert again.status == "done"
    assert erase_again(shop.home, at=NOW, actor="operator") == []
    with pytest.raises(ErasedError):
        Published(shop.home).current().find("profile", Reference("", gone))
    pipeline.run(shop, settings, clock)
    assert _profiles(shop).keys() == others
    assert traces(shop.home, SOUGHT) == []


def _profiles(place: Workspace) -> dict[str, dict[str, Any]]:
    generation = Published(place.home).current()
    file = shared(generation.manifest.path(place.home, "serve"))
    return {key.decode(): json.loads(value) for key, value in file.scan("profile", b"")}


def test_neither_a_full_run_nor_files_read_again_bring_them_back(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    id_ = whose(shop)
    erased(shop, id_)
    for path in sorted((shop.root / "data").rglob("*.*")):
        path.write_bytes(path.read_bytes() + b"\n")
    result = pipeline.run(shop, settings, clock, pipeline.Request(full=True))
    assert result.outcome == "published"
    with peek(shop.home) as warehouse:
        gone = warehouse.query(
            "select sum(rows_erased), sum(rows_in - rows_new - rows_repeated - rows_rejected) "
            "from bronze.load where run_id = (select max(run_id) from bronze.load)"
        ).row(0)
        assert (
            warehouse.query(
                "select sum(rows)::bigint from silver.balance where outcome = 'erased'"
            ).item()
            == gone[0]
        )
    assert gone[0] == gone[1] > 0
    assert traces(shop.home, SOUGHT) == []
    with pytest.raises(ErasedError):
        Published(shop.home).current().find("profile", Reference("", id_))


def test_who_is_let_in_again_gets_a_new_id(
    shop: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    id_ = whose(shop)
    erased(shop, id_)
    done = requests.carry_out(shop.home, asked(shop, "", "readmit"), at=NOW)
    assert (done.status, done.detail) == ("done", None)
    for path in sorted((shop.root / "data").rglob("*.*")):
        path.write_bytes(path.read_bytes() + b"\n")
    pipeline.run(shop, settings, clock)
    again = whose(shop)
    assert again != id_
    with pytest.raises(ErasedError):
        Published(shop.home).current().find("profile", Reference("", id_))
