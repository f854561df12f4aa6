"""Walks over the objects of an org: by query or in bulk, what changed and what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.salesforce.bulk import JOB, Bulk, Piece
from cdp.sources.remote.salesforce.events import GAP
from cdp.sources.remote.salesforce.query import Queries, Selection
from cdp.sources.remote.walk import POSITION, Walk, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.salesforce.api import Api
    from cdp.sources.remote.salesforce.events import Events
    from cdp.sources.remote.salesforce.options import SalesforceOptions
    from cdp.sources.wire.delivery import Task


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks over objects of one instance."""

    opening: Opening
    api: Api
    options: SalesforceOptions
    task: Task
    events: Events

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed of an object, and, when it is time, what is gone of it.

        Raises:
            UnreachableError: the org does not answer, or refuses.
        """
        if not self.events.covers(name):
            yield from self._changed(name)
        if is_due(self.opening, name, self.options):
            there = self._queries("query").pages(Selection(name, ("Id",)))
            yield Absences(self.opening, name, there, self.options)

    def _changed(self, name: str) -> Iterator[Delivery]:
        known = self.api.describe(name)
        position = self.opening.cursors.get((name, POSITION))
        since = begin(position, timedelta(minutes=self.options.overlap_minutes))
        selection = Selection.of(known, since)
        left = self.opening.cursors.get((name, JOB))
        if left or self._is_for_bulk(selection):
            yield from Bulk(self.api, known, self.options, self.task).deliveries(selection, left)
        else:
            pages = self._queries("queryAll").pages(selection)
            yield from Walk(name, pages, known.changed is not None).deliveries()
        if self.events.has_gap(name):
            yield Piece(name, f"{name} without a gap", iter(()), {GAP: ""})

    def _is_for_bulk(self, selection: Selection) -> bool:
        method = self.options.methods.get(selection.name, self.options.method)
        if method == "bulk" or selection.is_too_long:
            return True
        if method == "query":
            return False
        return self.api.count(selection.count) >= self.options.bulk_from

    def _queries(self, resource: str) -> Queries:
        size, is_look = self.options.page_size, self.opening.is_look
        return Queries(self.api, resource, size, self.task, is_look)
