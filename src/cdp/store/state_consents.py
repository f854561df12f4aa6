"""Permissions given or withdrawn here (a preference page, an agent), kept for the next run.

Invariant: append-only; what holds is decided by golden, beside the statements of the sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdp.errors import InputError
from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State

ContactKind = Literal["email", "phone", "post"]
Channel = Literal["email", "sms", "phone", "post"]
Verdict = Literal["granted", "denied", "pending"]
_REACHED: dict[str, frozenset[str]] = {
    "email": frozenset({"email"}),
    "phone": frozenset({"sms", "phone"}),
    "post": frozenset({"post"}),
}


@dataclass(frozen=True, slots=True)
class Consent:
    """One statement.

    Attributes:
        contact_kind: email, phone or post.
        channel: how that contact point would be reached.
        state: granted, denied or pending.
        given_at: when it was said.
        actor: who wrote it down.
        record_id: source record of whoever said it, None when only the contact point is known.
        contact_value: the contact point, normalised as identifiers are; None means every one.
        purpose: marketing, service, ...
        category: communication category, `any` for all.
        proof: form, call or object that shows it; only a proven opt-in can lift a refusal.
    """

    contact_kind: ContactKind
    channel: Channel
    state: Verdict
    given_at: datetime
    actor: str
    record_id: str | None = None
    contact_value: str | None = None
    purpose: str = "marketing"
    category: str = "any"
    proof: str | None = None


class Consents:
    """The topic `consent` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, consent: Consent) -> int:
        """Keep a statement and return its number.

        Raises:
            InputError: it names nobody, or a channel that does not reach the contact point.
        """
        if not consent.record_id and not consent.contact_value:
            msg = "a consent needs a source record, a contact point, or both"
            raise InputError(msg)
        if consent.channel not in _REACHED[consent.contact_kind]:
            msg = f"{consent.channel} does not reach a contact point of kind {consent.contact_kind}"
            raise InputError(msg)
        values = (
            consent.record_id,
            consent.contact_kind,
            consent.contact_value,
            consent.channel,
            consent.purpose,
            consent.category,
            consent.state,
            stamp(consent.given_at),
            consent.proof,
            consent.actor,
        )
        with self._state.writing() as connection:
            cursor = connection.execute(
                "insert into consent (record_id, contact_kind, contact_value, channel, purpose, "
                "category, state, given_at, proof, actor) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(cursor.lastrowid or 0)

    def every(self) -> list[tuple[int, Consent]]:
        """Return every statement with its number, in the order they were kept."""
        rows = self._state.connection.execute(
            "select consent_id, contact_kind, channel, state, given_at, actor, record_id, "
            "contact_value, purpose, category, proof from consent order by consent_id"
        )
        return [
            (number, Consent(kind, channel, state, moment(at), *rest))
            for number, kind, channel, state, at, *rest in rows.fetchall()
        ]
