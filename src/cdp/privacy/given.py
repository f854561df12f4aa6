"""What people said here of being contacted, shown before a run has weighed it.

Invariant: what is shown early is never more than golden would permit: a refusal holds at once, a
permission lifts a refusal for the same contact point and category only where it is proven and
later. A statement that the generation shows as heard is left to golden.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LOOK_EVERY_SECONDS: Final = 0.2
_ALL: Final = "*"
_KEY: Final = ("contact_kind", "contact_value", "channel", "purpose", "category")


class Given:
    """The statements of the state file, held in memory and read again when there are new ones."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = Lock()
        self._version = -1
        self._looked_at = -1.0
        self._by: dict[str, list[tuple[int, Consent]]] = {}

    def over(
        self, rows: list[dict[str, Any]], records: Iterable[str], values: Iterable[str]
    ) -> list[dict[str, Any]]:
        """Return the permissions of a profile of these records and contact points as they are now.

        `rows` are those of the generation.
        """
        by = self._statements()
        if not by:
            return rows
        mine = {n: c for key in records for n, c in by.get(key, ())}
        mine |= {
            n: c
            for key in values
            for n, c in by.get(key, ())
            if c.record_id is None or c.state != "granted"
        }
        heard = {str(row["consent_id"]) for row in rows}
        heard |= {str(loser["consent_id"]) for row in rows for loser in row["losers"] or ()}
        found = {tuple(row[k] for k in _KEY): row for row in rows}
        for number, said in sorted(mine.items(), key=lambda one: (one[1].given_at, one[0])):
            if f"cdp:{number}" not in heard:
                _apply(found, number, said)
        return list(found.values())

    def look_again(self) -> None:
        """Read what was said when it is asked for next: this process has just kept something."""
        with self._lock:
            self._looked_at = -1.0

    def _statements(self) -> dict[str, list[tuple[int, Consent]]]:
        with self._lock:
            if monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
                with State.open(self._home) as state:
                    version = state.version("consent")
                    if version != self._version:
                        self._by = _by_whom(Consents(state).every())
                        self._version = version
                self._looked_at = monotonic()
            return self._by


def _by_whom(every: list[tuple[int, Consent]]) -> dict[str, list[tuple[int, Consent]]]:
    found: dict[str, list[tuple[int, Consent]]] = {}
    for number, said in every:
        for key in {said.record_id, said.contact_value} - {None}:
            found.setdefault(str(key), []).append((number, said))
    return found


def _apply(found: dict[tuple[Any, ...], dict[str, Any]], number: int, said: Consent) -> None:
    value = said.contact_value or _ALL
    scope = (said.contact_kind, value, said.channel, said.purpose, said.category)
    if scope not in found:
        found[scope] = dict(zip(_KEY, scope, strict=True)) | {"losers": [], "best": False}
        _set(found[scope], number, said, "only_statement")
        return
    for key, row in found.items():
        if not _reaches(said, key):
            continue
        if said.state != "granted":
            if row["state"] != "denied":
                _set(row, number, said, "most_restrictive")
        elif row["state"] == "granted":
            continue
        elif key == scope and said.proof is not None and _stamp(said) > str(row["given_at"]):
            _set(row, number, said, "later_opt_in")


def _reaches(said: Consent, key: tuple[Any, ...]) -> bool:
    kind, value, channel, purpose, category = key
    return (
        (kind, channel, purpose) == (said.contact_kind, said.channel, said.purpose)
        and said.contact_value in {value, None}
        and said.category in {category, "any"}
    )


def _set(row: dict[str, Any], number: int, said: Consent, rule: str) -> None:
    before = row.get("consent_id")
    if before and row.get("state") != said.state:
        lost = {k: row[k] for k in ("consent_id", "source", "state", "given_at")}
        row["losers"] = [lost, *(row["losers"] or [])]
    row |= {
        "state": said.state,
        "rule": rule,
        "consent_id": f"cdp:{number}",
        "source": "cdp",
        "given_at": _stamp(said),
        "proof": said.proof,
    }


def _stamp(said: Consent) -> str:
    return said.given_at.strftime("%Y-%m-%dT%H:%M:%SZ")
