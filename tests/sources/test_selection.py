"""Finding rows and values in an answer by their path."""

from typing import Any

import msgspec
import pytest

from cdp.sources.remote.selection import rows_at, value_in

ANSWER = b'{"a": {"b": [{"n": 1}, {"n": 2}]}, "k": {"x": {"n": 3}, "y": null}, "z": null}'


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("", [ANSWER]),
        ("a.b", [b'{"n": 1}', b'{"n": 2}']),
        ("a.b.*.n", [b"1", b"2"]),
        ("a.b.-1", [b'{"n": 2}']),
        ("k.*", [b'{"n": 3}']),
        ("z", []),
    ],
)
def test_rows_come_as_they_are_written(path: str, rows: list[bytes]) -> None:
    assert rows_at(ANSWER, path) == rows


@pytest.mark.parametrize("path", ["b", "a.b.x", "a.b.7"])
def test_what_is_not_there_is_told(path: str) -> None:
    with pytest.raises(LookupError):
        rows_at(ANSWER, path)
    assert value_in(ANSWER, path) is None


@pytest.mark.parametrize(
    ("path", "value"), [("a.b.-1.n", 2), ("a.b.0", {"n": 1}), ("z.next", None), ("k.x.n", 3)]
)
def test_a_value_is_found_or_none(path: str, value: Any) -> None:
    assert value_in(ANSWER, path) == value


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(msgspec.DecodeError):
        rows_at(b"<feed/>", "value")
    with pytest.raises(msgspec.DecodeError):
        value_in(b"<feed/>", "next")
