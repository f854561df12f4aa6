"""What a walk over an endpoint asks for, request by request.

Where pages are counted and rows come in the order of change, the next page is asked for by the
latest change of this one as far as that leads on: rows that are changed while they are read move to
the end, and a count would skip others. A second is read twice, since some APIs leave out the moment
that they are asked for; `odata` need not do that, its protocol says that the moment is included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.sources.remote.paging import COUNTING
from cdp.sources.remote.placeholders import Filling
from cdp.sources.wire.shape import moment, value_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from cdp.sources.remote.paging import Answer, Paginator, Question
    from cdp.sources.remote.resources import Resource

_UNIT: Final = timedelta(seconds=1)


@dataclass(slots=True)
class Steps:
    """The requests of one walk.

    Attributes:
        name: the object.
        since: moment (UTC) from which changes are wanted; None: everything is.
        parent: the row that it is asked for.
        begun: the request that the count of pages is from.
    """

    name: str
    resource: Resource
    paginator: Paginator
    zone: tzinfo
    since: datetime | None = None
    parent: Mapping[str, Any] | None = None
    begun: Question | None = None

    def first(self) -> Question:
        """Return the request for the first page.

        Raises:
            LookupError: the parent's row has nothing where a place says.
        """
        if self.since is None:
            self.since = self.resource.initial_value
        self.begun = self._asking(self.since)
        return self.begun

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last.

        Raises:
            LookupError: the answer points at itself.
        """
        following = self.paginator.following(answer)
        if following == answer.asked:
            raise LookupError
        latest = self._latest(answer)
        if following is None or latest is None:
            return following
        if self.resource.row_order == "desc":
            return following if self.since is None or latest >= self.since else None
        return self._moved(latest - _UNIT) or following

    def _moved(self, since: datetime) -> Question | None:
        """Return the request that goes on by change in place of the count, None: go on counting."""
        counts = isinstance(self.paginator, COUNTING) and self.resource.is_incremental
        if not counts or (self.since is not None and since <= self.since):
            return None
        moved = self._asking(since)
        if moved == self.begun:
            return None
        self.since, self.begun = since, moved
        return moved

    def _asking(self, since: datetime | None) -> Question:
        filling = Filling(since, self.zone, self.parent)
        return self.paginator.first(self.resource.question(self.name, filling))

    def _latest(self, answer: Answer) -> datetime | None:
        """Return when the last row of a page changed (UTC), where rows come in that order."""
        field = self.resource.cursor_field
        if self.resource.row_order is None or field is None or not answer.rows:
            return None
        row = msgspec.json.decode(answer.rows[-1])
        found = moment(value_at(row, field), self.zone) if isinstance(row, dict) else None
        return None if found is None else found.replace(tzinfo=UTC)


def written(value: Any) -> str:  # noqa: ANN401 - any YAML value
    """Return a value as a query has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
