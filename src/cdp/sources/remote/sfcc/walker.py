"""Walks over an instance: all at first, then what changed, and which customers are gone.

Orders are asked for by site, each with a position of its own. They are never compared: a shop
clears away old orders, and what was bought was bought.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cdp.errors import UnreachableError
from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.sfcc.options import SHAPES
from cdp.sources.remote.sfcc.windows import Windows
from cdp.sources.remote.walk import POSITION, Walk, begin
from cdp.sources.wire.delivery import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.sfcc.api import Api
    from cdp.sources.remote.sfcc.options import SfccOptions


@dataclass(slots=True)
class _SiteWalk(Walk):
    """A walk over what one site has; its position is the site's, and shown as the object's."""

    site: str = ""

    def positions(self) -> Mapping[str, str]:
        """Return how far it has come, under both names."""
        reached = Walk.positions(self)
        return {name: at for of, at in reached.items() for name in (of, _of_site(of, self.site))}


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks over objects of one instance."""

    opening: Opening
    api: Api
    options: SfccOptions
    zone: tzinfo

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed of an object, and, when it is time, what is gone of it.

        Raises:
            UnreachableError: the instance does not answer, or refuses.
        """
        return self._orders() if name == "orders" else self._customers()

    def _customers(self) -> Iterator[Delivery]:
        windows, is_look = self._windows("customers", self.api.customers), self.opening.is_look
        since = begin(self._position(POSITION), self._overlap)
        since = since if windows.by_change else None
        walk = Walk("customers", windows.pages(since, is_look=is_look), windows.by_change)
        if not windows.by_change:
            walk.reached = self.opening.now.astimezone(UTC).replace(tzinfo=None)
        yield from walk.deliveries()
        if is_due(self.opening, "customers", self.options):
            keys = replace(windows, complete=None)
            there, again = keys.pages(None), partial(keys.pages, None)
            yield Absences(self.opening, "customers", there, self.options, again=again)

    def _orders(self) -> Iterator[Delivery]:
        failures = []
        for site in self.options.sites:
            position = self._position(_of_site(POSITION, site), "orders")
            windows = self._windows("orders", partial(self.api.orders, site))
            pages = windows.pages(begin(position, self._overlap), is_look=self.opening.is_look)
            try:
                yield from _SiteWalk("orders", pages, True, site=site).deliveries()  # noqa: FBT003
            except UnreachableError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _windows(self, name: str, ask: Any) -> Windows:  # noqa: ANN401 - see Ask
        is_whole = name == "orders" or not self.options.all_addresses
        return Windows(
            self.opening.name,
            name,
            ask,
            self.options.page_size,
            self.options.most_rows,
            Task(SHAPES[name], self.options, self.zone),
            None if is_whole else self._with_addresses,
            name == "orders" or self.options.customers_by_change,
        )

    def _with_addresses(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a customer with all addresses but the one that is there, as exports have them."""
        number = row.get("customerNo")
        if not isinstance(number, str):
            return row
        first = row.get("primaryAddress") or {}
        found = self.api.addresses(number)
        if found is None:  # deleted since it was listed
            return row
        more = [each for each in found if each.get("addressId") != first.get("addressId")]
        return row | {"addresses": more}

    def _position(self, of: str, name: str = "customers") -> str | None:
        return self.opening.cursors.get((name, of))

    @property
    def _overlap(self) -> timedelta:
        return timedelta(minutes=self.options.overlap_minutes)


def _of_site(of: str, site: str) -> str:
    return f"{of} of {site}"
