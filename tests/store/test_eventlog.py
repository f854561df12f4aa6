"""The event log: durable before acknowledged, read whole frames only, bounded, recovered."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.errors import InputError, StateError
from cdp.store.eventlog import Bounds, EventLog, LogBrokenError, LogFullError
from cdp.store.eventlog_entry import ENCODE, Entry, Position
from cdp.store.eventlog_frames import MAGIC, frame, frames
from cdp.store.eventlog_reading import Tail, is_reached, tail
from cdp.store.eventlog_segment import FOLDER, SEALED, Segment, recover, segments

bodies = st.lists(st.binary(min_size=1, max_size=60), max_size=8)


def entry(number: int, second: int = 0, size: int = 2) -> Entry:
    return Entry(
        source="web",
        object="events",
        id=f"m-{number}",
        received_at=f"2026-07-01T06:00:{second:02d}.000000Z",
        request_id="r-1",
        payload=msgspec.Raw(b'"' + b"x" * size + b'"'),
        index=number,
    )


@contextmanager
def opened(home: Path, bounds: Bounds | None = None) -> Iterator[EventLog]:
    log = EventLog.open(home, bounds)
    try:
        yield log
    finally:
        log.close()


def ids(home: Path, reached: dict[str, int] | None = None) -> list[str]:
    return [found.id for _, found in tail(home, reached)]


@given(bodies, st.data())
def test_of_a_file_cut_anywhere_the_whole_frames_before_the_cut_are_read(
    written: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(map(frame, written))
    cut = data.draw(st.integers(0, len(whole)))
    ends, at = [], 0
    for body in written:
        at += len(frame(body))
        ends.append(at)
    expected = [body for body, end in zip(written, ends, strict=True) if end <= cut]
    assert [bytes(body) for _, body in frames(whole[:cut])] == expected


@given(bodies.filter(bool), st.data())
def test_of_a_file_with_a_flipped_bit_the_whole_frames_before_it_are_read(
    written: list[bytes], data: st.DataObject
) -> None:
    whole = bytearray(b"".join(map(frame, written)))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    end, before = 0, []
    for body in written:
        end += len(frame(body))
        if end > at:
            break
        before.append(body)
    assert [bytes(body) for _, body in frames(bytes(whole))] == before


def test_what_was_appended_is_read_by_position_and_sealed_at_the_end(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        first = list(log.append([entry(1), entry(2)]).result())
        second = list(log.append([entry(3)]).result()[:1])
        assert len(log.append([]).result()) == 0
        assert [found.id for _, found in log.tail()] == ["m-1", "m-2", "m-3"]
        assert list(segments(tmp_path / FOLDER).values()) == [False]
    assert first < second
    assert list(segments(tmp_path / FOLDER).values()) == [True]
    assert [place for place, _ in tail(tmp_path)] == first + second
    reached = {first[0].segment: first[0].offset}
    assert ids(tmp_path, reached) == ["m-2", "m-3"]
    assert is_reached(reached, first[0])
    assert not is_reached(reached, first[1])
    assert Position.parse(str(first[0])) == first[0]
    with pytest.raises(StateError, match="closed"):
        log.append([entry(4)])


@pytest.mark.parametrize("text", ["", "a", ":1", "a:b"])
def test_a_text_that_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="position"):
        Position.parse(text)


def test_sixteen_clients_share_commits_and_each_finds_its_own(tmp_path: Path) -> None:
    places: dict[int, list[Position]] = {}
    with opened(tmp_path) as log:

        def send(client: int) -> None:
            places[client] = [log.append([entry(client * 100 + n)]).result()[0] for n in range(20)]

        clients = [threading.Thread(target=send, args=(n,)) for n in range(16)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    found = {str(place): read.id for place, read in tail(tmp_path)}
    expected = {
        str(place): f"m-{client * 100 + n}"
        for client, mine in places.items()
        for n, place in enumerate(mine)
    }
    assert found == expected
    assert all(mine == sorted(mine) for mine in places.values())


def test_all_that_waits_is_committed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    slow = threading.Event()
    begun = threading.Event()

    def sync(descriptor: int) -> None:
        syncs.append(descriptor)
        begun.set()
        slow.wait()

    monkeypatch.setattr(os, "fdatasync", sync)
    with opened(tmp_path) as log:
        promises = [log.append([entry(0)])]
        begun.wait()
        promises += [log.append([entry(n)]) for n in range(1, 30)]
        assert log.waiting > 0
        assert not any(promise.done() for promise in promises)
        slow.set()
        for promise in promises:
            promise.result()
    assert len(syncs) == 3  # the new segment, the first entry, and all that came meanwhile
    assert log.waiting == 0


def test_no_more_waits_than_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda _: slow.wait())
    with opened(tmp_path, Bounds(waiting_bytes=1000)) as log:
        kept = log.append([entry(1, size=2000)])  # what nothing waits before is taken at any size
        with pytest.raises(LogFullError, match="again"):
            log.append([entry(2)])
        slow.set()
        kept.result()
        log.append([entry(3)]).result()
    assert ids(tmp_path) == ["m-1", "m-3"]


def test_a_full_or_old_segment_is_sealed(tmp_path: Path) -> None:
    with opened(tmp_path, Bounds(segment_bytes=100)) as log:
        for number in range(3):
            log.append([entry(number, second=number)]).result()
    with opened(tmp_path, Bounds(segment_seconds=0.0)) as log:
        log.append([entry(3, second=3)]).result()
    assert len(segments(tmp_path / FOLDER)) == 4
    assert ids(tmp_path) == ["m-0", "m-1", "m-2", "m-3"]


def test_entries_of_several_writers_come_in_order_of_arrival(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as two:
        for number in range(6):
            (one, two)[number % 2].append([entry(number, second=number)]).result()
    assert ids(tmp_path) == [f"m-{number}" for number in range(6)]


def test_a_reader_that_stays_gets_each_entry_once_while_others_write(tmp_path: Path) -> None:
    reader = Tail(tmp_path)
    assert list(reader.read()) == []
    with opened(tmp_path) as log:
        place = log.append([entry(1)]).result()[0]
        assert [found.id for _, found in reader.read()] == ["m-1"]
        assert list(reader.read()) == []
        assert not reader.ended(place.segment)
        log.append([entry(2)]).result()
        assert [found.id for _, found in reader.read()] == ["m-2"]
    assert list(reader.read()) == []
    assert reader.ended(place.segment)
    (tmp_path / FOLDER / f"{place.segment}{SEALED}").unlink()
    assert list(reader.read()) == []
    assert reader.reached == {}
    reader.close()


def test_a_large_entry_is_read_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([entry(1), entry(2, size=600_000), entry(3)]).result()
    assert ids(tmp_path) == ["m-1", "m-2", "m-3"]


@given(st.data())
def test_what_a_dead_writer_left_is_sealed_at_its_last_whole_entry(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("log")
    path = _left_behind(home, 3)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    before = ids(home)
    (done,) = recover(home)
    assert done.whole + done.cut == cut
    assert ids(home) == before == [f"m-{n}" for n in range(len(before))]
    kept = path.with_suffix(SEALED).read_bytes()
    rest = path.with_suffix(".cut")
    assert kept + (rest.read_bytes() if rest.exists() else b"") == whole[:cut]
    assert recover(home) == []


def test_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([entry(1)]).result()
        assert recover(tmp_path) == []
        log.append([entry(2)]).result()
    assert ids(tmp_path) == ["m-1", "m-2"]


def test_damage_in_a_sealed_segment_is_said_and_others_are_read(tmp_path: Path) -> None:
    for number in range(2):
        with opened(tmp_path) as log:
            log.append([entry(2 * number, number), entry(2 * number + 1, number)]).result()
    first = min((tmp_path / FOLDER).glob(f"*{SEALED}"))
    data = bytearray(first.read_bytes())
    data[-3] ^= 1
    first.write_bytes(data)
    reader = Tail(tmp_path)
    assert [found.id for _, found in reader.read()] == ["m-0", "m-2", "m-3"]
    assert list(reader.damaged) == [first.stem]
    reader.close()


def test_a_segment_without_its_first_line_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / f"20260701-a{SEALED}").write_bytes(b"?" + MAGIC[1:] + frame(b"{}"))
    reader = Tail(tmp_path)
    assert list(reader.read()) == []
    assert reader.damaged == {"20260701-a": 0}


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_acknowledges_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([entry(1)]).result()
        with largest_file(1000):
            refused = log.append([entry(2, size=5000)])
            with pytest.raises(LogBrokenError, match="room"):
                refused.result()
        log.append([entry(3, second=1)]).result()
    assert ids(tmp_path) == ["m-1", "m-3"]
    assert len(segments(tmp_path / FOLDER)) == 2


def test_after_a_failed_sync_a_new_segment_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as log:
        first = log.append([entry(1)]).result()[0]
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", _fails)
            refused = log.append([entry(2)])
            with pytest.raises(LogBrokenError, match="Input/output"):
                refused.result()
        second = log.append([entry(3, second=1)]).result()[0]
    assert first.segment != second.segment
    assert ids(tmp_path) == ["m-1", "m-3"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(LogBrokenError, match="cannot be written"):
        EventLog.open(tmp_path)


def test_who_gave_up_waiting_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    begun = threading.Event()

    def sync(_: int) -> None:
        begun.set()
        slow.wait()

    monkeypatch.setattr(os, "fdatasync", sync)
    with opened(tmp_path) as log:
        log.append([entry(0)])
        begun.wait()
        given_up, kept = log.append([entry(1)]), log.append([entry(2)])
        assert given_up.cancel()
        slow.set()
        kept.result()
    assert ids(tmp_path) == ["m-0", "m-1", "m-2"]


def _fails(_: int) -> None:
    raise OSError(5, os.strerror(5))


def _left_behind(home: Path, count: int) -> Path:
    """Return the segment of a writer that died after so many entries."""
    segment = Segment.begin(home / FOLDER, entry(0).received_at)
    for number in range(count):
        segment.commit(frame(ENCODE(entry(number))))
    os.close(segment._descriptor)
    return segment.path
