"""There is a key that applications can call with, and none is about to end unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.privacy import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_SOON: Final = timedelta(days=14)


def _look(place: Place) -> Iterator[Finding]:
    if not (place.workspace.home / "state.db").exists():
        yield Finding("keys", "look", "there is no key; `cdp keys create` makes one")
        return
    try:
        every = [key for key in keys.every(place.workspace.home) if key.revoked_at is None]
    except CdpError as error:
        yield Finding("keys", "broken", str(error))
        return
    ended = [key for key in every if key.expires_at is not None and key.expires_at <= place.now]
    in_force = [key for key in every if key not in ended]
    if not in_force:
        yield Finding("keys", "look", "no key is in force; `cdp keys create` makes one")
        return
    yield Finding("keys", "well", f"{len(in_force)} in force")
    for key in in_force:
        if key.expires_at is not None and key.expires_at - place.now < _SOON:
            said = f"{key.name} ends on {key.expires_at:%Y-%m-%d}; `cdp keys rotate {key.key_id}`"
            yield Finding("keys", "look", said)


CHECKS.add("keys", _look)
