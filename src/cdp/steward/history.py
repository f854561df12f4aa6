"""Who an id was on a day: told from the changes that runs wrote down, one id at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import GoneError, NotFoundError
from cdp.publish.reference import Reference
from cdp.publish.served import RetiredError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from cdp.publish.served import Generation

    Change = Mapping[str, Any]

_ENDS: Final = {"merged_into": "merged", "emptied": "emptied"}


def changes(generation: Generation, id_: str) -> list[dict[str, Any]]:
    """Return everything that ever happened to an id, oldest first; empty when never issued."""
    stored = generation.document("history", id_)
    found: list[dict[str, Any]] = json.loads(stored) if stored else []
    return sorted(found, key=lambda c: (c["run_id"], c["event"], c["other_id"]))


def then(generation: Generation, id_: str, on: date) -> dict[str, Any]:
    """Return who an id was at the end of a day (UTC), and what became of it since.

    Raises:
        NotFoundError: the id was never issued.
    """
    told = changes(generation, id_)
    if not told:
        msg = f"{id_} was never issued"
        raise NotFoundError(msg)
    until, since = _parted(told, on)
    status = _status(until)
    return {
        "profile_id": id_,
        "on": on.isoformat(),
        "status": status,
        "records": until[-1]["records"] if status == "live" else None,
        "then_id": _led_to(generation, id_, on),
        "current_id": _now(generation, id_),
        "apart_then": sorted(
            c["other_id"]
            for c in since
            if c["event"] == "absorbed"
            and _status(_parted(changes(generation, c["other_id"]), on)[0]) == "live"
        ),
        "since": since,
    }


def sentence(found: Mapping[str, Any]) -> str:
    """Return who an id was on a day in one sentence."""
    id_, on = found["profile_id"], found["on"]
    if found["status"] == "not_issued":
        return f"{id_} was not issued yet on {on}"
    if found["status"] == "emptied":
        return f"{id_} had no records on {on}"
    if found["status"] == "merged":
        return f"{id_} had been merged on {on}; it led to {found['then_id'] or 'nobody'}"
    return f"{id_} held {found['records']} records on {on}"


def told(change: Change) -> str:
    """Return one change in words."""
    event = str(change["event"]).replace("_", " ")
    other = f" {change['other_id']}" if change["other_id"] else ""
    return (
        f"{str(change['at'])[:10]}  run {change['run_id']}  {event}{other}, "
        f"{change['records']} records: {change['reason']}"
    )


def _parted(told: Iterable[Change], on: date) -> tuple[list[Change], list[Change]]:
    day = on.isoformat()
    every = list(told)
    return [c for c in every if c["at"][:10] <= day], [c for c in every if c["at"][:10] > day]


def _status(until: list[Change]) -> str:
    if not until:
        return "not_issued"
    last = [c for c in until if c["run_id"] == until[-1]["run_id"]]
    return next((_ENDS[c["event"]] for c in last if c["event"] in _ENDS), "live")


def _led_to(generation: Generation, id_: str, on: date) -> str | None:
    """Return the live id that an id led to on a day; an id is merged at most once a run."""
    seen: set[str] = set()
    while id_ not in seen:
        seen.add(id_)
        until, _ = _parted(changes(generation, id_), on)
        status = _status(until)
        if status != "merged":
            return id_ if status == "live" else None
        id_ = next(c["other_id"] for c in reversed(until) if c["event"] == "merged_into")
    return None


def _now(generation: Generation, id_: str) -> str | None:
    entity = "account" if id_.startswith("A-") else "profile"
    try:
        return generation.find(entity, Reference("", id_))
    except RetiredError as error:
        return error.survivor
    except (GoneError, NotFoundError):
        return None
