"""The resolver of the generation that is served, made beside the requests, never in one.

Invariant: a resolver answers from one generation: its records, their assignment and the model that
scored them belong together; the next one takes over when it is whole.
"""

from __future__ import annotations

import gc
import logging
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from cdp.errors import CdpError, StateError
from cdp.identity.arrival import Reader
from cdp.identity.lookup import Lookup, about
from cdp.identity.model_versions import Versions
from cdp.publish.lookup import PATCH, ROLE
from cdp.realtime.judging import Judging
from cdp.realtime.owners import PublishedOwners
from cdp.realtime.resolver import Resolver
from cdp.store import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.artefact import PartyType
    from cdp.publish.served import Generation, Published

YOUNG: Final = 25_000
"""Objects made and not gone yet, from which on the collector looks through them."""
_LOG = logging.getLogger(__name__)


def load(home: Path, generation: Generation) -> Resolver:
    """Return the resolver of a generation.

    Raises:
        StateError: the generation, its model or the model's key lacks a file.
        UntranslatableError: a comparison uses SQL that has no exact Python.
    """
    described = generation.manifest
    paths = [described.path(home, role) for role in described.files if role.startswith(ROLE)]
    if not paths:
        msg = (
            f"generation {generation.number} was published without what real time needs; "
            "`cdp run --from lookup` makes it, once a model was trained"
        )
        raise StateError(msg)
    version = about(paths[0]).model
    model = Versions(home).read(version)
    parties: dict[PartyType, Judging] = {}
    for path in paths:
        kind = about(path).party_type
        part = model.parts[kind]
        role = f"{PATCH}{kind}"
        patch = described.path(home, role) if role in described.files else None
        lookup = Lookup(path, part.plan, part.latent.comparisons, patch)
        parties[kind] = Judging(part, lookup, model.key)
    resolver = Resolver(Reader(model, scratch()), parties, PublishedOwners(generation), version)
    settle()
    return resolver


def settle() -> None:
    """Let the collector leave alone what is here to stay, and look at the rest less often.

    An answer makes thousands of objects that go with it; looking through them at every 700 took a
    quarter of the time of the slowest ones.
    """
    gc.freeze()
    gc.set_threshold(YOUNG)


class Live:
    """The resolver of whatever generation is served."""

    def __init__(self, home: Path, published: Published) -> None:
        self._home = home
        self._published = published
        self._lock = Lock()
        self._ready: tuple[Generation, Resolver] | None = None
        self._refused: tuple[int, CdpError] | None = None
        self._wanted = -1

    def current(self) -> tuple[Generation, Resolver]:
        """Return the newest resolver that is whole, with its generation; never waits.

        Raises:
            StateError: nothing is published, the first resolver is still being made, or that of
                the served generation cannot be made.
        """
        served = self._published.current()
        if self._ready is None or self._ready[0].number != served.number:
            self._begin(served)
        ready, refused = self._ready, self._refused
        if refused is not None and refused[0] == served.number:
            msg = f"nobody can be resolved: {refused[1]}"
            raise StateError(msg) from refused[1]
        if ready is not None:
            return ready
        msg = (
            f"generation {served.number} is being made ready for resolving; ask again soon. "
            "If this stays, the server's log says why"
        )
        raise StateError(msg)

    def make(self) -> None:
        """Make the resolver of the served generation now, in this thread, if it can be made."""
        try:
            served = self._published.current()
        except StateError:
            return
        self._wanted = served.number
        self._make(served)

    def _begin(self, served: Generation) -> None:
        with self._lock:
            if self._wanted == served.number:
                return
            self._wanted = served.number
        Thread(target=self._make, args=(served,), name="cdp-resolver", daemon=True).start()

    def _make(self, served: Generation) -> None:
        try:
            made = served, load(self._home, served)
        except CdpError as error:
            self._refused = served.number, error
            _LOG.warning("resolving is not available: %s", error)
            return
        with self._lock:
            if served.number == self._wanted:  # else another generation was published meanwhile
                self._ready = made
