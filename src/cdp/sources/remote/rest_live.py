"""A resource of an API that is described in YAML, asked for the rows of one party.

A resource of its own takes the key as a parameter, of the query or, where it is searched by POST,
of the body (a dotted path); one that has a parent takes it where `{parent.field}` stands. Where the
API pages, the first page is what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.errors import ConfigError
from cdp.sources.remote.live import Request, landed, unreadable, whole_url
from cdp.sources.remote.placeholders import places_in
from cdp.sources.remote.rest_steps import Steps, written
from cdp.sources.remote.selection import rows_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import polars as pl

    from cdp.sources import Opening
    from cdp.sources.remote.resources import Resource, RestOptions

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class LiveResource:
    """One resource of an instance.

    Attributes:
        base: address of the instance.
        name: name of the resource.
        key_field: parameter, or field of the parent, that takes a party's key.
        options: options of the instance.
        zone: the source's time zone.
    """

    base: str
    name: str
    key_field: str
    options: RestOptions
    zone: tzinfo

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:  # noqa: ARG002 - as LiveObject
        """Return a request for each key."""
        return [self._request(key) for key in keys]

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the answer holds none where `data_selector` says.
        """
        try:
            texts = rows_at(raw, self._resource.data_selector)
        except (LookupError, msgspec.MsgspecError):
            raise unreadable(self.name) from None
        return landed(texts, self.name, self._resource.shape(), self.zone)

    @property
    def _resource(self) -> Resource:
        return self.options.resources[self.name]

    def _request(self, key: str) -> Request:
        resource = self._resource
        parent = None if resource.parent is None else {self.key_field: key}
        steps = Steps(
            self.name, resource, self.options.paginator_of(resource), self.zone, parent=parent
        )
        asked = steps.first()
        if parent is None:
            path = self.key_field if asked.method == "POST" else None
            asked = asked.having(self.key_field, path, key)
        params = {name: written(value) for name, value in asked.params.items()}
        url = whole_url(self.base, asked.path, params)
        headers = {**self.options.headers, "accept": self.options.accept}
        nothing = () if parent is None else (_NOT_FOUND,)
        return Request(asked.method, url, asked.body, headers, nothing)


def check_key(opening: Opening, name: str, resource: Resource, key_field: str) -> None:
    """Return where a resource can be asked for by a field.

    Raises:
        ConfigError: it is asked for by its parent's rows, and by another field of them.
    """
    if resource.parent is None:
        return
    templates = [resource.path or "", resource.params, resource.body or {}]
    places = {field for each in templates for kind, field in places_in(each) if kind == "parent"}
    if places != {key_field}:
        msg = (
            f"sources/{opening.name}.yaml: {name} is asked for by {', '.join(sorted(places))} of "
            f"{resource.parent}, so that a live block has to name that in key_field:, and no other"
        )
        raise ConfigError(msg)
