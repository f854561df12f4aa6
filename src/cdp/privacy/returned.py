"""Whoever was erased and is there again, as after a back-up was put back: erased once more.

Invariant: who was let in again by an explicit act is left alone, since their tombstones are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.privacy.requests import Asked, carry_out, take
from cdp.store.peek import peek
from cdp.store.tombstones import offer, pads, secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_privacy import Request

_THERE: Final = """
with text as (
    select
        profile_id,
        split_part(record_id, ':', 1) as source,
        substr(record_id, strpos(record_id, ':') + 1) as native_id
    from identity.assignment
),
known as (
    select
        profile_id,
        'record:' || source || ':' || coalesce(nullif(ltrim(native_id, '0'), ''), native_id) as text
    from text
)
select distinct profile_id
from known
where sha256($outer::blob || unhex(sha256($inner::blob || encode(text)))) in (
    select digest from temp.tombstone
)
order by profile_id
"""
_WHY: Final = "was erased before, and came back with a back-up"


def returned(home: Path) -> list[str]:
    """Return the profiles that have a record which was erased, sorted.

    Raises:
        StateError: a run holds the workspace, or there was none yet.
    """
    with peek(home) as warehouse:
        if not offer(warehouse, home):
            return []
        found = warehouse.query(_THERE, **pads(secret(home)))
    return [str(id_) for id_ in found["profile_id"]]


def erase_again(
    home: Path, *, at: datetime, actor: str, observe: Callable[[str], None] = lambda _: None
) -> list[Request]:
    """Erase whoever is there again, each by a request of its own with its certificate.

    Raises:
        StateError: a run holds the workspace, or there was none yet.
        StageError: an erasure could not be finished; it is taken up by the next attempt.
    """
    asked = [Asked("erase", id_, id_, _WHY, actor, key_id="") for id_ in returned(home)]
    return [carry_out(home, take(home, each, at=at), at=at, observe=observe) for each in asked]
