"""Who may be calling: the owners of a number, who lives with them, who is perhaps the same.

Invariant: nothing is decided here. Candidates are ranked by what the generation knows of the number
and by what agents said of it before; each says why it is listed, and one that is a guess says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from cdp.errors import GoneError, NotFoundError
from cdp.publish.reference import Reference
from cdp.publish.served import RetiredError
from cdp.scenarios.caller import lines
from cdp.scenarios.view import document_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.publish.served import Generation
    from cdp.store.state_dismissals import Dismissal

Certainty = Literal["owner", "switchboard", "household", "possible"]
_ORDER: Final[tuple[Certainty, ...]] = ("owner", "switchboard", "household", "possible")
MOST_OWNERS: Final = 20
OMITTED_AFTER: Final = 3
"""Dismissals in force after which a candidate is no longer listed for a number."""


@dataclass(slots=True)
class Candidate:
    """A party that may be calling.

    Attributes:
        entity: profile or account.
        id: its id.
        certainty: owner of the number, switchboard (an organisation of which the number may be an
            extension), household (lives with an owner) or possible (perhaps the same as an owner).
        reasons: why it is listed, best first; without personal data.
        strength: what orders candidates of one certainty; greater is better.
        dismissed: how often agents said that it was not the caller.
    """

    entity: str
    id: str
    certainty: Certainty
    reasons: list[str]
    strength: tuple[float, ...] = ()
    dismissed: int = 0
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[Any, ...]:
        """What candidates are ordered by."""
        certainty = _ORDER.index(self.certainty)
        weaker = tuple(-strength for strength in self.strength)
        return (self.dismissed, certainty, self.entity != "profile", weaker, self.id)


@dataclass(frozen=True, slots=True)
class Pop:
    """Who may be calling, best first, and who was dismissed too often to be listed."""

    candidates: list[Candidate]
    omitted: list[str]


def candidates(generation: Generation, phone: str, dismissals: Iterable[Dismissal]) -> Pop:
    """Return who may be calling from a number (E.164)."""
    found: dict[str, Candidate] = {}
    owners = [*_owners(generation, "profile", phone), *_owners(generation, "account", phone)]
    for owner in owners or _switchboards(generation, phone):
        found.setdefault(owner.id, owner)
    for owner in [o for o in owners if o.entity == "profile"]:
        for other in (*_household(generation, owner), *_possible(generation, owner)):
            known = found.setdefault(other.id, other)
            if known is not other:
                known.reasons += other.reasons
    _dismiss(generation, found, dismissals)
    ranked = sorted(found.values(), key=lambda c: c.place)
    kept = [c for c in ranked if c.dismissed < OMITTED_AFTER]
    return Pop(kept, [c.id for c in ranked if c.dismissed >= OMITTED_AFTER])


def _owners(generation: Generation, entity: str, phone: str) -> list[Candidate]:
    ids = generation.owners(entity, Reference("phone", phone))[:MOST_OWNERS]
    return [_owner(generation, entity, id_, phone) for id_ in ids]


def _owner(generation: Generation, entity: str, id_: str, phone: str) -> Candidate:
    document = document_of(generation, entity, id_)
    stored = generation.document("identifiers", id_)
    rows = msgspec.json.decode(stored, type=list[dict[str, Any]]) if stored else []
    own = [row for row in rows if row["kind"] == "phone" and row["value"] == phone]
    records = sum(len(row["records"]) for row in own)
    is_best, is_verified = document.get("phone") == phone, any(row["verified"] for row in own)
    reasons = [
        "owns this number",
        *(["it is their best number"] if is_best else []),
        *(["a source verified it"] if is_verified else []),
        *([f"{records} source records carry it"] if records > 1 else []),
    ]
    seen = (document.get("last_seen_at") or "").translate(_DIGITS)
    strength = (int(is_best), int(is_verified), records, int(seen or 0))
    return Candidate(entity, id_, "owner", reasons, strength, document=document)


_DIGITS = str.maketrans("", "", "-:TZ")


def _switchboards(generation: Generation, phone: str) -> list[Candidate]:
    """Return the organisations of which the number may be an extension."""
    for line in lines(phone):
        ids = generation.owners("account", Reference("phone", line))[:MOST_OWNERS]
        if ids:
            reason = "the number may be an extension of theirs"
            return [
                Candidate(
                    "account",
                    id_,
                    "switchboard",
                    [reason],
                    document=document_of(generation, "account", id_),
                )
                for id_ in ids
            ]
    return []


def _household(generation: Generation, owner: Candidate) -> list[Candidate]:
    household = owner.document.get("household") or {}
    found = []
    for other in household.get("others") or ():
        document = document_of(generation, "profile", other)
        own = document.get("household") or {}
        reason = f"lives with {owner.id}, who owns this number ({own.get('role') or 'member'})"
        strength = (float(own.get("confidence") or 0),)
        found.append(
            Candidate("profile", other, "household", [reason], strength, document=document)
        )
    return found


def _possible(generation: Generation, owner: Candidate) -> list[Candidate]:
    stored = generation.document("possible", owner.id)
    if not stored:
        return []
    chances: dict[str, float] = {}
    for pair in msgspec.json.decode(generation.document("apart", owner.id) or b"[]"):
        chances[pair["other_id"]] = max(chances.get(pair["other_id"], 0.0), pair["probability"])
    found = []
    for other in (row["other_id"] for row in msgspec.json.decode(stored)):
        chance = chances.get(other)
        told = "" if chance is None else f" (probability {chance:.2f})"
        reason = f"perhaps the same as {owner.id}, who owns this number{told}"
        document = document_of(generation, "profile", other)
        found.append(
            Candidate("profile", other, "possible", [reason], (chance or 0.0,), document=document)
        )
    return [candidate for candidate in found if candidate.document]


def _dismiss(
    generation: Generation, found: dict[str, Candidate], dismissals: Iterable[Dismissal]
) -> None:
    """Count what agents said before; of an id that was merged, for its survivor."""
    said = list(dismissals)
    times = Counter(_living(generation, each.party_id) for each in said)
    for candidate in found.values():
        candidate.dismissed = times[candidate.id]
        if candidate.dismissed:
            last = max(e.made_at for e in said if _living(generation, e.party_id) == candidate.id)
            candidate.reasons.append(
                f"was said not to be the caller: {candidate.dismissed} x, last on {last:%Y-%m-%d}"
            )


def _living(generation: Generation, id_: str) -> str:
    entity = "account" if id_.startswith("A-") else "profile"
    try:
        return generation.find(entity, Reference("", id_))
    except RetiredError as error:
        return error.survivor
    except (NotFoundError, GoneError):
        return id_
