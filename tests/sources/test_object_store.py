"""Paths in an object store: what is declared of them; and files that are compressed whole."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from cdp.errors import InputError, UnreachableError
from cdp.sources import SOURCES, Opening, SourceInstance
from source_files import read, write

BASIC = {"kind": "basic", "user": {"env": "STORE_USER"}, "password": {"env": "STORE_PASSWORD"}}
BEARER = {"kind": "bearer", "token": {"env": "STORE_TOKEN"}}


def declared(**fields: Any) -> SourceInstance:
    return SourceInstance.model_validate({"type": "csv_file", "path": "s3://b/f", **fields})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"path": "ftp://b/f"}, "path: a folder in an object store is s3://bucket/folder or gs://"),
        ({"path": "s3:///f"}, "path: a folder in an object store is"),
        ({"objects": ["a"]}, "objects: goes with url:, files are read without"),
        ({"path": "here", "store": {"region": "x"}}, "store: goes with a path: in an object store"),
        ({"auth": BEARER}, "auth: s3:// takes basic, or what the environment"),
        ({"path": "gs://b/f", "auth": BASIC}, "auth: gs:// takes bearer"),
        ({"auth": BASIC, "store": {"anonymous": True}}, "store: anonymous reads without auth:"),
        ({"path": "az://b/f", "store": {"region": "x"}}, "region and virtual_hosted are of s3://"),
        ({"store": {"endpoint": "localhost"}}, "store.endpoint"),
        ({"store": {"key": "secret"}}, "store.key"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        declared(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"auth": BASIC, "store": {"endpoint": "http://127.0.0.1:9", "virtual_hosted": True}},
        {"store": {"anonymous": True, "endpoint": "http://127.0.0.1:9"}},
        {"path": "gs://b/f", "auth": BEARER, "store": {"endpoint": "http://127.0.0.1:9"}},
        {"path": "az://b/f", "auth": BASIC, "store": {"endpoint": "http://127.0.0.1:9"}},
        {"path": "az://b/f.csv", "auth": BEARER, "store": {"endpoint": "http://127.0.0.1:9"}},
    ],
)
def test_a_store_that_does_not_answer_is_told_without_secrets(
    fields: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STORE_USER", "STORE_PASSWORD", "STORE_TOKEN"):
        monkeypatch.setenv(name, "c2VjcmV0")
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    quick = {"attempts": 1, "timeout": 2, "longest_wait": 0.05, "requests_per_minute": 100}
    opening = Opening("lake", declared(limits=quick, **fields), tmp_path)
    with pytest.raises(UnreachableError, match=r"^source lake: (s3|gs|az)://b") as told:
        SOURCES.get("csv_file").find(opening)
    assert "c2VjcmV0" not in str(told.value)


def packed(kind: str, content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, kind) as stream:
        stream.write(content)
    found: bytes = sink.getvalue().to_pybytes()
    return found


@pytest.mark.parametrize(
    ("name", "content", "type_"),
    [
        ("people.csv.gz", packed("gzip", b"id\n1\n"), "csv_file"),
        ("people.csv.zst", packed("zstd", b"id\n1\n"), "csv_file"),
        ("people.jsonl.gz", gzip.compress(b'{"id":1}\n', mtime=0), "jsonl_file"),
        (
            "people.jsonl.gz",
            gzip.compress(b'{"id":1', mtime=0) + gzip.compress(b"}\n", mtime=0),
            "jsonl_file",
        ),
        ("people.NDJSON.ZST", packed("zstd", b'{"id":1}\n'), "jsonl_file"),
    ],
)
def test_a_compressed_file_is_read_as_what_is_inside(
    name: str, content: bytes, type_: str, tmp_path: Path
) -> None:
    write(tmp_path, {name: content})
    everything = read(tmp_path, type_, options={"id_column": "id"})
    assert (everything.ids, everything.objects) == (["1"], ("people",))
    assert everything.rows["locator"].to_list()[0].startswith(f"{name}:")


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"id\n1\n" * 9, mtime=0)[:-12]])
def test_a_compressed_file_that_is_broken_is_told(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"people.csv.gz": content})
    with pytest.raises(InputError, match=r"source it: .*people.csv.gz cannot be unpacked .*again"):
        read(tmp_path, "csv_file")


def test_an_empty_compressed_file_has_no_rows(tmp_path: Path) -> None:
    write(tmp_path, {"people.csv.gz": b"", "more.csv.gz": gzip.compress(b"")})
    assert not len(read(tmp_path, "csv_file").rows)
