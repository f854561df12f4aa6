"""Archives and compressed files as they come: whole, broken anywhere, encrypted, swelling."""

import gzip
import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.errors import InputError
from cdp.sources import SourceInstance
from cdp.sources.wire import unpacking
from cdp.sources.wire.archive import member, members
from cdp.sources.wire.delivery import Part
from source_files import read, write

ORDERS = b'{"total": 1, "data": [{"orderNo": "1", "lastModified": "2025-03-03T10:05:00Z"}]}'


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_exports_are_read_in_their_archive(tmp_path: Path) -> None:
    held = {"orders.json": ORDERS, ".hidden": b"x", "/": b"y"}
    (tmp_path / "all.zip").write_bytes(packed(held))
    found = read(tmp_path, "sfcc")
    assert (found.objects, found.ids) == (("orders",), ["1"])


def opened(path: Path) -> None:
    """Read every file of an archive; raise nothing but InputError."""
    part = Part("it", path, path.name, "x", path.name)
    for name in members(part):
        list(member(name, lambda *_: iter(()))(part, None))  # type: ignore[arg-type] # not looked at


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@given(st.sampled_from(METHODS), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4))))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_wrong_with_an_archive_is_said(
    tmp_path: Path, method: int, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(packed({"orders.json": ORDERS, "customers.json": ORDERS * 9}, method))
    for place, new in changes:
        at = place % len(content)
        content[at : at + len(new)] = new
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    with suppress(InputError):
        opened(path)


def test_one_that_is_encrypted_or_of_another_version_is_refused(tmp_path: Path) -> None:
    plain = packed({"orders.json": ORDERS})
    path, at = tmp_path / "all.zip", plain.index(b"PK\1\2")
    encrypted = bytearray(plain)
    encrypted[6] |= 1
    encrypted[at + 8] |= 1
    unknown = plain[: at + 10] + struct.pack("<H", 99) + plain[at + 12 :]
    for content in (bytes(encrypted), unknown, plain[:40], b"PK"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="cannot be unpacked"):
            opened(path)


def test_what_swells_is_not_unpacked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_HARMLESS", 1 << 20)
    bomb = b"0" * (1 << 22)
    path = tmp_path / "all.zip"
    path.write_bytes(packed({"orders.json": bomb}))
    with pytest.raises(InputError, match="1 MiB unpacked, more than 200 times its size"):
        opened(path)
    path.unlink()
    (tmp_path / "orders.json.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(InputError, match="more than 200 times"):
        read(write(tmp_path, {}), "sfcc")


def test_files_that_share_their_bytes_swell_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_HARMLESS", 1 << 20)
    files = {f"orders-{number}.json": b" " * (1 << 18) for number in range(9)}
    (tmp_path / "all.zip").write_bytes(packed(files))
    with pytest.raises(InputError, match="1 MiB unpacked"):
        read(tmp_path, "sfcc")


def test_how_much_is_unpacked_can_be_said(tmp_path: Path) -> None:
    plain = ORDERS + b" " * (1 << 16)
    held = {"all.zip": packed({"orders.json": plain}), "orders.json.gz": gzip.compress(plain)}
    for name, content in held.items():
        target = tmp_path / name
        target.write_bytes(content)
        with pytest.raises(InputError, match=r"over 0 MiB unpacked\); .* raise unpacked_gb in"):
            read(tmp_path, "sfcc", unpacked_gb=1e-5)
        assert read(tmp_path, "sfcc", unpacked_gb=1e-4).ids == ["1"]
        target.unlink()
    with pytest.raises(ValueError, match="unpacked_gb: goes with path:"):
        SourceInstance.model_validate(
            {"type": "sfcc", "url": "https://x.example", "unpacked_gb": 1}
        )
