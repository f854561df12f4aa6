"""The key-value file of a generation without one person: every item anew, in a new file.

Invariant: the person's own documents and every way that leads to them are gone; of others'
documents the entries that name the person are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.privacy.proof import ERASED, REASON
from cdp.publish.packing import pack, unpack
from cdp.store.keyvalue import KeyValueWriter, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdp.privacy.person import Person
    from cdp.privacy.proof import Moment
    from cdp.privacy.telling import Telling
    from cdp.store.keyvalue import KeyValueFile

_BATCH: Final = 10_000
_IDS: Final = b" "
_PART: Final = b"\0"


@dataclass(frozen=True, slots=True)
class Served:
    """What is sought in a key-value file."""

    person: Person
    telling: Telling
    when: Moment
    ids: frozenset[bytes]
    needles: tuple[bytes, ...]
    values: frozenset[bytes]

    @staticmethod
    def of(person: Person, telling: Telling, when: Moment) -> Served:
        """Return what is sought of a person."""
        ids = frozenset(id_.encode() for id_ in person.profile_ids)
        shared = (event.encode() for event in person.shared_events)
        values = {f"{kind}:{value}".encode() for kind, value in person.values}
        values |= {f"source:{record}".encode() for record in person.records}
        texts = (text.encode() for text in telling.texts)
        needles = tuple(sorted({*ids, *shared, *texts}))
        return Served(person, telling, when, ids, needles, frozenset(values))

    def rewrite(self, source: Path, target: Path) -> Counter[str]:
        """Write what stays to a new file; return how many items went or were cut, by database."""
        done: Counter[str] = Counter()
        reading = shared(source)
        with KeyValueWriter.create(target) as writer:
            gone = (
                {key for key, value in reading.scan("review", b"") if self._tells(value)}
                if ("review" in reading.names())
                else set()
            )
            for name in reading.names():
                kept = self._kept(name, reading, gone, done)
                writer.write(name, [])
                while batch := [item for _, item in zip(range(_BATCH), kept, strict=False)]:
                    writer.write(name, batch)
        return done

    def left(self, path: Path) -> int:
        """Return how many items still tell of the person."""
        reading = shared(path)
        return sum(
            self.telling.is_in(unpack(value)) or self.telling.is_in(key.replace(_PART, b"\n"))
            for name in reading.names()
            for key, value in reading.scan(name, b"")
        )

    def _kept(
        self, name: str, reading: KeyValueFile, reviews: set[bytes], done: Counter[str]
    ) -> Iterator[tuple[bytes, bytes]]:
        proofs = self._proofs() if name in {"retired", "history"} else {}
        for key, value in reading.scan(name, b""):
            while proofs and min(proofs) < key:
                first = min(proofs)
                yield first, proofs.pop(first)[name]
            kept = self._item(name, key, value, reviews)
            if kept != value:
                done[name] += 1
            if kept is not None and key not in proofs:
                yield key, kept
            if key in proofs:
                yield key, proofs.pop(key)[name]
        for key in sorted(proofs):
            yield key, proofs[key][name]

    def _item(self, name: str, key: bytes, value: bytes, reviews: set[bytes]) -> bytes | None:
        """Return the value that stays under a key, None where the item goes."""
        parts = key.split(_PART)
        if not self.ids.isdisjoint(parts) or not self.values.isdisjoint(parts):
            return None
        if name in {"review", "queue"}:
            return None if key in reviews or value in reviews else value
        if name == "index":
            left = [id_ for id_ in value.split(_IDS) if id_ not in self.ids]
            return _IDS.join(left) or None
        if name == "retired":
            return None if value in self.ids else value
        return self._document(name, value)

    def _document(self, name: str, stored: bytes) -> bytes:
        document = unpack(stored)
        if not self._tells(document):
            return stored
        try:
            content = msgspec.json.decode(document)
        except msgspec.DecodeError:
            return self.telling.cut(document)
        pruned = self._pruned(content, keep=name == "timeline")
        cut = self.telling.cut(msgspec.json.encode(pruned))
        return pack(cut) if document != stored else cut

    def _pruned(self, node: Any, *, keep: bool) -> Any:  # noqa: ANN401 - JSON
        """Return JSON without the entries that name the person; `keep` cuts them instead."""
        if isinstance(node, list):
            if keep:
                return [self._cut(child) for child in node]
            return [
                self._pruned(child, keep=keep)
                for child in node
                if not self._tells(msgspec.json.encode(child))
            ]
        if isinstance(node, dict):
            return {name: self._pruned(child, keep=keep) for name, child in node.items()}
        return None if isinstance(node, str) and node.encode() in self.ids else node

    def _cut(self, entry: Any) -> Any:  # noqa: ANN401 - JSON
        encoded = msgspec.json.encode(entry)
        if not self._tells(encoded):
            return entry
        return msgspec.json.decode(self.telling.cut(encoded, wide=True))

    def _tells(self, document: bytes) -> bool:
        return any(needle in document for needle in self.needles)

    def _proofs(self) -> dict[bytes, dict[str, bytes]]:
        """Return by id what is kept of it: that it was erased, and when."""
        at = self.when.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        change = {
            "event": ERASED,
            "other_id": "",
            "run_id": self.when.run_id,
            "records": 0,
            "at": at,
            "reason": REASON,
        }
        kept = {"retired": ERASED.encode(), "history": msgspec.json.encode([change])}
        return dict.fromkeys(sorted(self.ids), kept)
