"""Find profiles: many references at once, or by the beginning of a name or e-mail."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError, document, kind_of
from cdp.api.profiles import SCOPE, assembled, included, shown
from cdp.errors import CdpError
from cdp.publish.layout import LONGEST_WORD
from cdp.publish.reference import parse
from cdp.scenarios.scenario import View, chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation

MOST_REFS = 500
_SCANNED = 10_000
_FIELDS = ("full_name", "given_name", "middle_name", "family_name", "name")


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/profiles:batchGet` and `/v1/accounts:batchGet` take."""

    refs: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_REFS)]
    view: str | None = None
    include: list[str] | None = None


def batch(entity: str) -> Callable[[Call], Answer]:
    """Return the handler that reads many profiles, or accounts, at once.

    Each reference is answered with its document, or with the problem that a GET would give.
    """

    def handler(call: Call) -> Answer:
        body = decoded(call.body, BatchBody)
        view = chosen(call.context.scenarios, body.view) if body.view is not None else None
        call.require(view.scope if view else SCOPE)
        wanted = included(",".join(body.include or ()))
        read = partial(_one, call, entity, call.context.generation())
        items = [read(ref, view, wanted) for ref in body.refs]
        return call.reply(msgspec.json.encode({"items": items}))

    return handler


def find(entity: str) -> Callable[[Call], Answer]:
    """Return the handler that searches profiles, or accounts, by prefixes of words."""

    def handler(call: Call) -> Answer:
        words = words_of(call.query("q") or "")
        if not words:
            raise InvalidError(("q", "give the beginning of a name or of an e-mail"))
        generation = call.context.generation()
        search = _Search(generation, entity, words)
        ids, place = search.page(call.limit(), call.cursor())
        items = []
        for id_ in ids:
            if call.hides(id_):
                continue
            call.note(f"{entity}.search", id_)
            found = msgspec.json.decode(generation.document(entity, id_) or b"{}")
            items.append(msgspec.json.encode(shown(call, entity, found)))
        return call.reply_page(items, place)

    return handler


def words_of(text: str) -> list[str]:
    """Return the words of a text as the index has them: lower case, no accents, longest first."""
    lowered = text.strip().lower()
    if "@" in lowered:
        return [lowered[:LONGEST_WORD]]
    plain = "".join(
        c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c)
    )
    words = {word[:LONGEST_WORD] for word in re.split(r"[^\w]+|_+", plain) if word}
    return sorted(words, key=lambda word: (-len(word), word))


class _Search:
    """One page of one search: scans the rarest-looking word, checks the rest on the profile."""

    def __init__(self, generation: Generation, entity: str, words: list[str]) -> None:
        self._generation = generation
        self._entity = entity
        self._words = words

    def page(self, limit: int, after: str | None) -> tuple[list[str], str | None]:
        """Return up to `limit` ids and the place to go on from, None at the end."""
        ids: list[str] = []
        place: str | None = None
        found = self._generation.words(self._entity, self._words[0], after)
        for scanned, (word, id_) in enumerate(found):
            if len(ids) == limit or scanned == _SCANNED:
                return ids, place
            place = f"{word}\0{id_}"
            if self._is_first(word, id_):
                ids.append(id_)
        return ids, None

    def _is_first(self, word: str, id_: str) -> bool:
        """Whether all words fit, and this is the profile's first word that brings it up."""
        own = sorted(self._own(id_))
        fits = all(any(w.startswith(word_) for w in own) for word_ in self._words)
        first = next((w for w in own if w.startswith(self._words[0])), word)
        return fits and first == word

    def _own(self, id_: str) -> Iterator[str]:
        stored = msgspec.json.decode(self._generation.document(self._entity, id_) or b"{}")
        for field in _FIELDS:
            yield from words_of((stored.get(field) or "").replace("@", " "))
        if stored.get("email"):
            yield stored["email"].lower()[:LONGEST_WORD]


def _one(
    call: Call,
    entity: str,
    generation: Generation,
    ref: str,
    view: View | None,
    wanted: tuple[str, ...],
) -> dict[str, Any]:
    try:
        id_ = generation.find(entity, parse(ref, call.context.country))
        call.note(f"{entity}.read", id_, view.purpose if view else "")
        found = assembled(call, generation, (entity, id_), view, wanted)
    except CdpError as error:
        problem = document(kind_of(error), str(error), call.request_id)
        facts = {
            name: getattr(error, name)
            for name in ("survivor", "candidates")
            if hasattr(error, name)
        }
        return {"ref": ref, entity: None, "problem": problem | facts}
    return {"ref": ref, entity: shown(call, entity, found), "problem": None}
