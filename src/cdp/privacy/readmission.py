"""Let somebody in again who was erased and comes back of their own will.

Invariant: nobody is let in by what is delivered, only by this act, which is audited; the id that
was erased stays erased, and they get a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.errors import NotFoundError
from cdp.store import tombstones
from cdp.store.state import State
from cdp.store.state_privacy import Tombstones

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.state_privacy import Request


def readmit(home: Path, request: Request) -> dict[str, Any]:
    """Lift the tombstones of the erasure by which an identifier or a record went.

    Raises:
        NotFoundError: nobody was erased who is known by it.
    """
    key = tombstones.secret(home)
    found = [tombstones.digest(key, text) for text in texts(request.ref)]
    with State.open(home) as state:
        lifted = Tombstones(state).lift(found)
    if not lifted:
        msg = "nobody was erased who is known by this; name an e-mail, a phone or a source record"
        raise NotFoundError(msg)
    return {"tombstones": lifted}


def texts(ref: str) -> list[str]:
    """Return what `type:value` may be entombed as."""
    kind, _, value = ref.partition(":")
    if kind == "source":
        return [tombstones.of_record(value)]
    phone = tombstones.of_phone(value) if kind == "phone" else None
    return [tombstones.of_value(value), *([phone] if phone else [])]
