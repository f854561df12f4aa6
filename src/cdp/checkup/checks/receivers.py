"""What is sent finds the one source that takes it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.sources import INSTANCES, SOURCES
from cdp.sources.events import EventsOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place


def _look(place: Place) -> Iterator[Finding]:
    try:
        instances = place.workspace.many(INSTANCES)
        options = {
            name: SOURCES.get(each.type).options.model_validate(each.options)
            for name, each in instances.items()
        }
    except (CdpError, ValueError):
        return  # `files` says so
    taking = {name: set(o.keys) for name, o in options.items() if isinstance(o, EventsOptions)}
    for (one, its), (other, others) in combinations(sorted(taking.items()), 2):
        if its & others or not (its or others):
            key = f"the key {min(its & others)!r}" if its & others else "any key"
            said = f"{one} and {other} both take events of {key}, so neither gets them"
            yield Finding("events", "broken", f"{said}; name keys: in sources/{one}.yaml")


CHECKS.add("receivers", _look)
