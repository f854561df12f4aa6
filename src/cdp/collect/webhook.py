"""Signed messages: is one from whom it says, and what rows does it tell of.

Invariant: nothing of a message is looked at before its signature held. Signatures are compared in
constant time, over the bytes as they came.
"""

from __future__ import annotations

import hmac
import logging
from base64 import b64decode
from binascii import Error as BinasciiError
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.collect import characters, rows
from cdp.collect.arrival import Arrival, BodyError, Refusal, Taken, refused
from cdp.collect.skew import read
from cdp.errors import CdpError, StateError, UnreachableError
from cdp.sources import zone
from cdp.sources.wire.shape import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.sources.wire.hooks import Signature, WebhookOptions
    from cdp.store.eventlog_entry import Entry


_LOG = logging.getLogger(__name__)


class SignatureError(CdpError):
    """A message that does not prove where it comes from, or is too old."""


class Hook:
    """A webhook instance: its options, with its secrets read."""

    def __init__(self, name: str, options: WebhookOptions, time_zone: str | None) -> None:
        self._name = name
        self._options = options
        self._zone = zone(time_zone or "UTC")

    def check(self, headers: Mapping[bytes, bytes], body: bytes, now: datetime) -> None:
        """Return where the message is signed with one of the secrets, and not too long ago.

        Raises:
            SignatureError: it is not.
            StateError: a secret is not where the instance says.
        """
        options = self._options
        signed_at = self._signed_at(headers, now)
        given = _signature(options.signature, headers)
        before, after = options.signature.signed.replace("{timestamp}", signed_at).split("{body}")
        message = before.encode() + body + after.encode()
        algorithm = options.signature.algorithm
        held = [
            hmac.compare_digest(hmac.digest(secret, message, algorithm), given)
            for secret in self._secrets()
        ]
        if not any(held):
            msg = f"the signature in {options.signature.header} does not hold for what was sent"
            raise SignatureError(msg)

    def taken(self, arrival: Arrival, headers: Mapping[bytes, bytes], body: bytes) -> Taken:
        """Return what a message comes to; one that nothing is said of is kept as refused.

        Raises:
            BodyError: it is no JSON object or array.
        """
        try:
            body = characters.whole(body)
            document: Any = msgspec.json.decode(body)
        except (msgspec.MsgspecError, RecursionError) as error:
            msg = f"the body is no valid JSON: {error}"
            raise BodyError(msg) from error
        if not self._options.batched:
            return self._message(arrival, headers, document, body)
        if not isinstance(document, list):
            msg = f"the body is no list of messages, as those of {self._name} are"
            raise BodyError(msg)
        entries: list[Entry] = []
        refusals: list[Refusal] = []
        for each in document:
            taken = self._message(arrival, headers, each, msgspec.json.encode(each), len(entries))
            entries += taken.entries
            refusals += taken.refusals
        return Taken(entries, refusals)

    def _message(
        self,
        arrival: Arrival,
        headers: Mapping[bytes, bytes],
        document: object,
        body: bytes,
        first: int = 0,
    ) -> Taken:
        """Return what one message comes to, for each object that its topic is of."""
        topic = self._topic(headers, document)
        told = [self._told(arrival, of, topic, document, body, first) for of in self._of(topic)]
        if not told:
            refusal = _unknown(first, topic, self._options)
            return Taken([refused(arrival, refusal, "webhook", body)], [refusal])
        entries = [entry for each in told for entry in each.entries]
        return Taken(entries, [refusal for each in told for refusal in each.refusals])

    def _told(
        self, arrival: Arrival, of: str, topic: str, document: object, body: bytes, first: int
    ) -> Taken:
        """Return what a message comes to for one object."""
        declared = self._options.objects[of]
        kind = rows.Kind(of, declared.shape, self._zone, is_gone=topic in declared.gone)
        held = _within(document, declared.payload)
        if held is None:
            message = f"the body has nothing in {declared.payload}"
            refusal = Refusal(first, "missing_payload", message)
            return Taken([refused(arrival, refusal, of, body)], [refusal])
        listed = held if isinstance(held, list) else [held]
        try:
            told = [row for each in listed for row in declared.rows(each)]
        except ValueError as error:
            message = f"no row can be made of what it says: {error}"
            refusal = Refusal(first, "unexpected_payload", message)
            return Taken([refused(arrival, refusal, of, body)], [refusal])
        is_body = len(told) == 1 and told[0] is document
        texts = [body] if is_body else [msgspec.json.encode(each) for each in told]
        return rows.taken(arrival, kind, texts, first)

    def _secrets(self) -> list[bytes]:
        try:
            return [secret.read(self._name).encode() for secret in self._options.secrets]
        except UnreachableError as error:
            _LOG.error("%s", error)
            msg = f"a secret of {self._name} is not where sources/{self._name}.yaml says"
            raise StateError(msg) from error

    def _signed_at(self, headers: Mapping[bytes, bytes], now: datetime) -> str:
        """Return what the message says of when it was signed, as it is written."""
        declared = self._options.timestamp
        if declared is None:
            return ""
        text = _part(headers, declared.header, declared.part)
        seconds = _seconds(text)
        moment = read(seconds if seconds is not None else text)
        if moment is None or abs((now.astimezone(UTC) - moment).total_seconds()) > (
            declared.tolerance
        ):
            msg = (
                f"{declared.header} says no moment within {declared.tolerance} s of now; "
                "sign the message again, or set the clock"
            )
            raise SignatureError(msg)
        return text

    def _topic(self, headers: Mapping[bytes, bytes], document: object) -> str:
        declared = self._options.topic
        if declared is None:
            return ""
        if declared.header is not None:
            return headers.get(declared.header.lower().encode(), b"").decode("latin-1")
        found = _within(document, declared.path)
        return found if isinstance(found, str) else ""

    def _of(self, topic: str) -> list[str]:
        """Return the objects that name a topic; where none does, the first that names none."""
        known = {n: (*each.topics, *each.gone) for n, each in self._options.objects.items()}
        named = [name for name, topics in known.items() if topic in topics]
        return named or [name for name, topics in known.items() if not topics][:1]


def _signature(declared: Signature, headers: Mapping[bytes, bytes]) -> bytes:
    text = _part(headers, declared.header, declared.part)
    if not text.startswith(declared.prefix):
        text = ""
    text = text.removeprefix(declared.prefix)
    try:
        return bytes.fromhex(text) if declared.encoding == "hex" else b64decode(text, validate=True)
    except (ValueError, BinasciiError):
        return b""


def _part(headers: Mapping[bytes, bytes], header: str, part: str | None) -> str:
    """Return a header, or the named part of one that reads `t=1,v1=abc`; empty: it is not there."""
    text = headers.get(header.lower().encode(), b"").decode("latin-1").strip()
    if part is None:
        return text
    named = (each.strip().partition("=") for each in text.split(","))
    return next((value for name, _, value in named if name == part), "")


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _within(document: object, path: str | None) -> object:
    if path is None:
        return document
    return value_at(document, path) if isinstance(document, dict) else None


def _unknown(at: int, topic: str, options: WebhookOptions) -> Refusal:
    known = sorted({t for o in options.objects.values() for t in (*o.topics, *o.gone)})
    message = f"the topic {topic[:100]!r} is of no object; known: {', '.join(known)}"
    return Refusal(at, "unknown_topic", message)
