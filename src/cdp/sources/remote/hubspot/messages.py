"""The messages that HubSpot sends of an account: how they are signed, and what they tell of.

A message is a list of events; one tells of a record that changed, at most with one of its values.
So no row is made of what was said: a record that is gone, or was merged into another, is landed as
gone at once, and of any other event only which record it is about, to be read anew. No value of it
is kept. What is to be read anew is landed as gone itself, since it is no record of anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.sources.remote.hubspot.objects import OBJECTS
from cdp.sources.wire.hooks import HookObject, WebhookOptions
from cdp.sources.wire.shape import Shape, first_of, latest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.settings.secret import Secret

_NAMES: Final = {
    "contacts": ("contact", "0-1"),
    "companies": ("company", "0-2"),
    "deals": ("deal", "0-3"),
    "tickets": ("ticket", "0-5"),
    "products": ("product", "0-7"),
    "orders": ("order", "0-123"),
    "carts": ("cart", "0-142"),
}
_ANY: Final = "object"
_GONE: Final = ("deletion", "privacyDeletion")
_MERGE: Final = "merge"
_CHANGED: Final = ("creation", "propertyChange", "associationChange", "restore", _MERGE)
_AT: Final = latest_of("at")


class _Event(msgspec.Struct, rename="camel"):
    subscription_type: str
    occurred_at: int
    object_id: int | str | None = None
    object_type_id: str | None = None
    from_object_id: int | str | None = None
    from_object_type_id: str | None = None
    primary_object_id: int | str | None = None
    merged_object_ids: list[int | str] = []
    new_object_id: int | str | None = None

    @property
    def object(self) -> str | None:
        """The object that the record is of, None where it is none that is read."""
        word = self.subscription_type.partition(".")[0]
        type_ = self.object_type_id or self.from_object_type_id
        named = (n for n, (w, t) in _NAMES.items() if w == word or (word == _ANY and t == type_))
        return next(named, None)

    @property
    def result(self) -> int | str | None:
        """The record that is left of it."""
        merged = self.new_object_id or self.primary_object_id
        return merged or self.object_id or self.from_object_id

    def gone(self) -> Iterator[str]:
        """Yield the records that are there no more."""
        if self.subscription_type.endswith(f".{_MERGE}"):
            before = (*self.merged_object_ids, self.primary_object_id)
            keys = (str(each) for each in before if each is not None)
            yield from (key for key in keys if key != str(self.result))
        elif self.object_id is not None:
            yield str(self.object_id)


class _Gone(HookObject):
    """An object whose records are gone, under the key that they are read by."""

    name: str

    @property
    def shape(self) -> Shape:
        """Key and time of a row."""
        return Shape(first_of("id", clean=OBJECTS[self.name].key), _AT)

    def rows(self, said: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
        """Return a row for each record that is there no more.

        Raises:
            ValueError: it is no event that HubSpot sends.
        """
        event = msgspec.convert(said, _Event)
        if event.object != self.name:
            return []
        return [{"id": key, "at": event.occurred_at} for key in event.gone()]


class _Changed(_Gone):
    """Records of an object that are to be read anew; the keys are `<record>/<time>`."""

    @property
    def shape(self) -> Shape:
        """Key and time of a row."""
        return Shape(first_of("id"), _AT)

    def rows(self, said: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
        """Return which record is to be read.

        Raises:
            ValueError: it is no event that HubSpot sends.
        """
        event = msgspec.convert(said, _Event)
        if event.object != self.name or event.result is None:
            return []
        return [{"id": f"{event.result}/{event.occurred_at}", "at": event.occurred_at}]


def messages(address: str, secrets: tuple[Secret, ...]) -> WebhookOptions:
    """Return how HubSpot signs messages to an address, and what they tell of."""
    objects: dict[str, HookObject] = {}
    for name, (word, _) in _NAMES.items():
        objects[name] = _Gone.model_validate(
            {"name": name, "gone": _topics(word, (*_GONE, _MERGE))}
        )
        objects[changes_of(name)] = _Changed.model_validate(
            {"name": name, "gone": _topics(word, _CHANGED)}
        )
    return WebhookOptions.model_validate(
        {
            "signature": {
                "header": "X-HubSpot-Signature-v3",
                "encoding": "base64",
                "signed": f"POST{address}{{body}}{{timestamp}}",
            },
            "timestamp": {"header": "X-HubSpot-Request-Timestamp"},
            "secrets": secrets,
            "batched": True,
            "topic": {"path": "subscriptionType"},
            "objects": objects,
        }
    )


def changes_of(name: str) -> str:
    """Return what the records of an object that are to be read anew are landed as."""
    return f"{name}_told"


def told(keys: Iterable[str]) -> list[str]:
    """Return the records that are to be read anew, each once."""
    return list(dict.fromkeys(key.partition("/")[0] for key in keys))


def _topics(word: str, what: tuple[str, ...]) -> list[str]:
    return [f"{said}.{each}" for said in (word, _ANY) for each in what]
