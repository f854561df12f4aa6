"""The files of the workspace validate, and secrets are nobody else's to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.pipeline import check
from cdp.scenarios.scenario import load
from cdp.schedules.declared import every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_OTHERS: Final = 0o077
_LEFT_BEHIND: Final = (".cdp.restoring", ".cdp.replaced")


def _look(place: Place) -> Iterator[Finding]:
    wrong = list(_wrong(place))
    yield from wrong
    if not wrong:
        yield Finding("rules", "well", f"every file of {place.workspace.root} validates")
    for path in sorted(place.workspace.home.glob("*.key")):
        if path.stat().st_mode & _OTHERS:
            said = f"{path} can be read by others; say chmod 600"
            yield Finding("secrets", "look", said)
    for name in _LEFT_BEHIND:
        if (place.workspace.root / name).exists():
            said = f"{name} was left by a restore that was killed; restore again, or remove it"
            yield Finding("restore", "look", said)


def _wrong(place: Place) -> Iterator[Finding]:
    for looked_at in (check, load, every):
        try:
            looked_at(place.workspace)
        except CdpError as error:
            yield Finding("rules", "broken", str(error))


CHECKS.add("files", _look)
