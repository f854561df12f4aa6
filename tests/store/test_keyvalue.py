"""The key-value file: what was written is what is read, in order, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import StateError
from cdp.store.keyvalue import LONGEST_KEY, KeyValueError, KeyValueFile, KeyValueWriter, shared


def made(path: Path, items: dict[bytes, bytes]) -> KeyValueFile:
    with KeyValueWriter.create(path) as writer:
        writer.write("d", sorted(items.items()))
        writer.write("empty", [])
    return KeyValueFile(path)


KEYS = st.binary(min_size=1, max_size=20)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(KEYS, st.binary(max_size=50), max_size=30), KEYS, KEYS)
def test_reading_is_what_a_sorted_dictionary_says(
    tmp_path_factory: pytest.TempPathFactory, items: dict[bytes, bytes], prefix: bytes, after: bytes
) -> None:
    file = made(tmp_path_factory.mktemp("kv") / "f.mdb", items)
    try:
        assert all(file.get("d", key) == value for key, value in items.items())
        assert file.count("d") == len(items)
        under = [(k, v) for k, v in sorted(items.items()) if k.startswith(prefix)]
        assert list(file.scan("d", prefix)) == under
        assert list(file.scan("d", b"")) == sorted(items.items())
        behind = [(k, v) for k, v in under if k > after]
        assert list(file.scan("d", prefix, after)) == behind
    finally:
        file.close()


def test_a_file_grows_beyond_its_first_size(tmp_path: Path) -> None:
    value = b"x" * 1_000_000
    with KeyValueWriter.create(tmp_path / "f.mdb") as writer:
        for n in range(8):
            writer.write("d", [(f"{n}{m:02}".encode(), value) for m in range(12)])
    file = KeyValueFile(tmp_path / "f.mdb")
    assert file.count("d") == 96
    assert file.get("d", b"711") == value
    file.close()


def test_a_key_out_of_order_or_there_twice_is_refused(tmp_path: Path) -> None:
    for name, items in (
        ("order", [(b"b", b""), (b"a", b"")]),
        ("twice", [(b"a", b""), (b"a", b"")]),
    ):
        with (
            pytest.raises(KeyValueError, match="d: a key is there twice or out of order"),
            KeyValueWriter.create(tmp_path / name) as writer,
        ):
            writer.write("d", items)


def test_keys_that_no_file_can_hold_are_simply_not_there(tmp_path: Path) -> None:
    file = made(tmp_path / "f.mdb", {b"a": b"1"})
    assert file.get("d", b"") is None
    assert file.get("d", b"a" * (LONGEST_KEY + 1)) is None
    assert list(file.scan("d", b"a" * (LONGEST_KEY + 1))) == []
    assert file.names() == ["d", "empty"]
    file.close()


def test_one_process_maps_a_file_once(tmp_path: Path) -> None:
    made(tmp_path / "f.mdb", {b"a": b"1"}).close()
    one = shared(tmp_path / "f.mdb")
    assert shared(tmp_path / "f.mdb") is one
    assert one.get("d", b"a") == b"1"


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"gone\.mdb cannot be read"):
        KeyValueFile(tmp_path / "gone.mdb")
    (tmp_path / "bad.mdb").write_bytes(b"no file of this kind" * 1000)
    with pytest.raises(StateError, match=r"bad\.mdb cannot be read"):
        KeyValueFile(tmp_path / "bad.mdb")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyValueError, match="cannot be written"),
        KeyValueWriter.create(tmp_path / "none" / "f.mdb"),
    ):
        pass
