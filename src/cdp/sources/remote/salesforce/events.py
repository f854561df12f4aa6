"""Change events: which rows changed, asked for again as a whole.

An event of a change carries the changed fields alone, so its rows are read again by their keys. An
event that does not say which rows changed leaves a gap: the object is asked for what changed since
its last query. Events never move that position, so whatever events miss the next query finds.
What the platform itself wrote into the org is no change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cdp.sources.remote.salesforce.bulk import Piece
from cdp.sources.remote.salesforce.cometd import ALL_KEPT, Channel, LostPlaceError
from cdp.sources.remote.salesforce.query import Queries, Selection
from cdp.sources.remote.walk import POSITION
from cdp.sources.wire.batch import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources import Batch, Opening
    from cdp.sources.remote.salesforce.api import Api
    from cdp.sources.remote.salesforce.cometd import Header
    from cdp.sources.remote.salesforce.options import SalesforceOptions
    from cdp.sources.wire.delivery import Task

OBJECT: Final = "ChangeEvents"
"""What the walk over the channel is called."""
REPLAY: Final = "replay"
"""What its position is of."""
GAP: Final = "gap"
"""What is noted of an object whose changes events do not tell, until it was queried."""
_DELETED: Final = ("DELETE", "GAP_DELETE")


@dataclass(slots=True)
class Drained:
    """What the channel had: the last event of each row, by object and key.

    Attributes:
        gaps: objects of which an event does not say which rows changed.
        replay: id of the last event; None: there was none.
    """

    changes: dict[str, dict[str, Header]] = field(default_factory=dict)
    gaps: set[str] = field(default_factory=set)
    replay: int | None = None

    def add(self, header: Header) -> None:
        """Take in an event."""
        name = header.entity_name
        if header.change_type == "GAP_OVERFLOW" or any("*" in key for key in header.record_ids):
            self.gaps.add(name)
            return
        self.changes.setdefault(name, {}).update(dict.fromkeys(header.record_ids, header))


@dataclass(slots=True)
class Events:
    """Reads the change events of an org, and says which objects need no query then.

    Attributes:
        names: objects whose events are read.
        covered: objects all of whose changes the events have told.
        gaps: objects of which an event did not say which rows changed.
    """

    opening: Opening
    api: Api
    options: SalesforceOptions
    task: Task
    names: frozenset[str]
    covered: set[str] = field(default_factory=set)
    gaps: set[str] = field(default_factory=set)

    def deliveries(self) -> Iterator[Piece]:
        """Yield the rows that changed, object by object, and then the position.

        Raises:
            UnreachableError: the org does not answer, or gives no events.
        """
        place = self.opening.cursors.get((OBJECT, REPLAY))
        drained, is_whole = self._drained(place)
        self.gaps |= drained.gaps
        for name in sorted(drained.gaps):
            yield Piece(name, f"{name} with a gap", iter(()), {GAP: "open"})
        for name in sorted(drained.changes.keys() - drained.gaps):
            rows = self._rows(name, drained.changes[name])
            yield Piece(name, f"{name} by events", rows, {})
        if drained.replay is not None:
            yield Piece(OBJECT, "change events", iter(()), {REPLAY: str(drained.replay)})
        if is_whole:
            self.covered |= self.names - drained.gaps

    def covers(self, name: str) -> bool:
        """Return whether what changed of an object is known without a query.

        From time to time every object is asked all the same, for what tells of no change.
        """
        position = self.opening.cursors.get((name, POSITION))
        if position is None or name not in self.covered or self.has_gap(name):
            return False
        age = self.opening.now - datetime.fromisoformat(position).replace(tzinfo=UTC)
        return age < timedelta(hours=self.options.query_hours)

    def has_gap(self, name: str) -> bool:
        """Return whether events, now or before, did not tell what changed of an object."""
        return name in self.gaps or bool(self.opening.cursors.get((name, GAP)))

    def _drained(self, place: str | None) -> tuple[Drained, bool]:
        """Return what the channel has, and whether nothing is missing before it."""
        if place is not None:
            try:
                return self._read(int(place)), True
            except LostPlaceError:
                pass
        return self._read(ALL_KEPT), False

    def _read(self, place: int) -> Drained:
        drained = Drained()
        channel = Channel(self.api, self.options.event_channel, self.options.event_wait_seconds)
        own = f"client={self.options.own_client}"
        for replay, header in channel.events(place):
            drained.replay = replay
            is_own = own in header.change_origin.split(";")
            if header.entity_name in self.names and not is_own:
                drained.add(header)
        return drained

    def _rows(self, name: str, changes: Mapping[str, Header]) -> Iterator[Batch]:
        """Yield the rows as they are now, and those that are there no more as gone."""
        selection = replace(Selection.of(self.api.describe(name), None), changed=None)
        queries = Queries(self.api, "queryAll", self.options.page_size, self.task)
        keys, found = sorted(changes), set[str]()
        for some in selection.in_parts(keys):
            for page in queries.pages(some):
                for batch in page.batches:
                    found |= set(batch.rows["native_id"])
                    yield batch
        collector = Collector(self.task.shape, self.task.zone)
        for key in keys:
            if key not in found and changes[key].change_type in _DELETED:
                collector.mapping(f"{name} by events", _tombstone(key, changes[key]))
        yield from collector.rest()


def _tombstone(key: str, header: Header) -> dict[str, object]:
    moment = datetime.fromtimestamp(header.commit_timestamp / 1000, UTC)
    return {"Id": key, "IsDeleted": True, "SystemModstamp": moment.isoformat()}
