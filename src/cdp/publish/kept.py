"""Generations of the past: which one was served at a moment, as far back as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cdp.errors import GoneError, InputError, NotFoundError
from cdp.store import manifest as manifests

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.manifest import Manifest


class NotYetError(NotFoundError):
    """Nothing was published yet at the moment that is asked for."""

    def __init__(self, moment: datetime, first: Manifest) -> None:
        self.moment, self.first = moment, first
        super().__init__(
            f"nothing was published at {_text(moment)}; generation {first.generation}, the first, "
            f"is of {first.published_at}"
        )


class NotKeptError(GoneError):
    """The generation of the moment that is asked for is no longer kept."""

    def __init__(self, moment: datetime, oldest: Manifest) -> None:
        self.moment, self.oldest = moment, oldest
        super().__init__(
            f"the generation of {_text(moment)} is no longer kept; the oldest kept one is "
            f"{oldest.generation}, of {oldest.published_at}; `generations` in cdp.yaml says how "
            "many are kept"
        )


def moment(text: str) -> datetime:
    """Return an ISO 8601 date (its beginning) or timestamp as a moment in UTC.

    Raises:
        InputError: it is neither.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text[:40]!r} is no ISO 8601 date or timestamp such as 2026-07-01T06:00:00Z"
        raise InputError(msg) from None
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        msg = f"{text[:40]!r} is before the first year or after the last"
        raise InputError(msg) from None


def served_at(home: Path, served: Manifest, asked: datetime) -> Manifest:
    """Return the manifest of the generation that was the latest one at a moment.

    A generation that was rolled back, and so is newer than the served one, is passed over.

    Raises:
        NotYetError: nothing was published then.
        NotKeptError: what was published then is no longer kept; the message names the oldest.
    """
    kept = sorted({n for n in served.kept if n < served.generation})
    read = (manifests.read(home / "generations" / str(n) / manifests.NAME) for n in kept)
    known = [found for found in read if found is not None and found.is_complete(home)]
    known.append(served)
    then = [m for m in known if datetime.fromisoformat(m.published_at) <= asked]
    if then:
        return max(then, key=lambda m: m.generation)
    oldest = known[0]
    raise (NotYetError if oldest.generation == 1 else NotKeptError)(asked, oldest)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
