"""What is served is whole, and no older than it should be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.store import manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_OLD: Final = timedelta(days=2)


def _look(place: Place) -> Iterator[Finding]:
    home = place.workspace.home
    try:
        served = manifest.current(home)
    except CdpError as error:
        yield Finding("generation", "broken", str(error))
        return
    if served is None:
        yield Finding("generation", "look", "nothing is published yet; `cdp run` does it")
        return
    if not served.is_complete(home):
        said = (
            f"files of generation {served.generation} are missing or cut; `cdp rollback` serves "
            "the one before, `cdp run --from publish` publishes again"
        )
        yield Finding("generation", "broken", said)
        return
    age = place.now - datetime.fromisoformat(served.published_at)
    said = f"{served.generation} of run {served.run_id}, published {_ago(age)} ago"
    old = f"{said}; nothing changed since, or no run went through: see `cdp status`"
    yield Finding("generation", "look" if age > _OLD else "well", old if age > _OLD else said)
    for number in served.kept:
        kept = manifest.read(home / "generations" / str(number) / manifest.NAME)
        if kept is None or not kept.is_complete(home):
            said = f"generation {number} is not whole, `cdp rollback` cannot serve it"
            yield Finding("generation", "look", said)


def _ago(age: timedelta) -> str:
    hours = int(age.total_seconds()) // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004 - two days


CHECKS.add("published", _look)
