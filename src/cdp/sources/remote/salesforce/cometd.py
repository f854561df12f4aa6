"""The streaming channel of an org: change events by the Bayeux protocol over plain HTTP.

Each event has a replay id; a subscription begins after one, and an org keeps events for three days.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources.remote.salesforce.api import Api

ALL_KEPT: Final = -2
"""The replay id that stands before all events that the org still has."""


class Header(msgspec.Struct, rename="camel"):
    """What an event says of a change."""

    entity_name: str
    record_ids: list[str]
    change_type: str
    change_origin: str = ""
    commit_timestamp: int = 0


class _Payload(msgspec.Struct):
    header: Header = msgspec.field(name="ChangeEventHeader")


class _Place(msgspec.Struct, rename="camel"):
    replay_id: int


class _Data(msgspec.Struct):
    payload: _Payload
    event: _Place


class _Message(msgspec.Struct, rename="camel"):
    channel: str
    successful: bool = True
    client_id: str = ""
    error: str = ""
    data: _Data | None = None


class LostPlaceError(UnreachableError):
    """The org has events no more that follow the replay id."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of an org; an answer without events that took this long says that it is read."""

    api: Api
    name: str
    wait: float

    def events(self, replay: int) -> Iterator[tuple[int, Header]]:
        """Yield what follows a replay id, each event with its own, until there is no more.

        Raises:
            LostPlaceError: the org has no more what follows.
            UnreachableError: the org does not answer, or gives no events.
        """
        client = self._begun()
        try:
            self._subscribe(client, replay)
            is_first = True
            while True:
                found = list(self._connected(client))
                yield from found
                # The first answer comes at once, whatever there is.
                if not found and not is_first:
                    return
                is_first = False
        finally:
            with suppress(UnreachableError):
                self._said("/meta/disconnect", clientId=client)

    def _begun(self) -> str:
        (answer,) = self._said(
            "/meta/handshake",
            version="1.0",
            minimumVersion="1.0",
            supportedConnectionTypes=["long-polling"],
            ext={"replay": True},
        )
        if not answer.successful:
            raise self._failure(answer)
        return answer.client_id

    def _subscribe(self, client: str, replay: int) -> None:
        ext = {"replay": {self.name: replay}}
        answers = self._said("/meta/subscribe", clientId=client, subscription=self.name, ext=ext)
        for answer in answers:
            if answer.channel != "/meta/subscribe" or answer.successful:
                continue
            if answer.error.startswith("400") and "replay" in answer.error.lower():
                raise LostPlaceError(self.api.client.secrets.hide(answer.error))
            raise self._failure(answer)

    def _connected(self, client: str) -> Iterator[tuple[int, Header]]:
        advice = {"timeout": round(1000 * self.wait)}
        for answer in self._said(
            "/meta/connect", clientId=client, connectionType="long-polling", advice=advice
        ):
            if answer.data is not None:
                yield answer.data.event.replay_id, answer.data.payload.header
            elif not answer.successful:
                raise self._failure(answer)

    def _said(self, channel: str, **fields: object) -> list[_Message]:
        """Return what the org answers to a message."""
        path = f"/cometd/{self.api.version}"
        response = self.api.post(path, [{"channel": channel, **fields}])
        return self.api.decoded(response, list[_Message], path)

    def _failure(self, answer: _Message) -> UnreachableError:
        why = self.api.client.secrets.hide(answer.error)
        msg = (
            f"source {self.api.client.source}: {self.name} gives no events ({why}), so "
            "changes are asked for by query; switch on change data capture for the objects, and "
            "give the user the permission, or take them out of options.change_events"
        )
        return UnreachableError(msg)
