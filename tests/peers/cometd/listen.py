"""Listen to change events with aiosfstream: `listen.py URL TOKEN COUNT REPLAY`.

Run by the Python of the peers. It says `listening` when it has subscribed, and then a line of JSON
for each event. REPLAY is all, new, or the id to go on after.
"""

import asyncio
import json
import sys

from aiosfstream_ng import Client, ReplayMarker, ReplayOption  # type: ignore[import-not-found] # lives in .peers
from aiosfstream_ng.auth import AuthenticatorBase  # type: ignore[import-not-found] # lives in .peers

CHANNEL = "/data/ChangeEvents"
PATIENCE = 60


class Given(AuthenticatorBase):  # type: ignore[misc] # of a library without types here
    """Uses a token that was got elsewhere."""

    async def _authenticate(self) -> tuple[int, dict[str, str]]:
        told = {"access_token": sys.argv[2], "token_type": "Bearer", "instance_url": sys.argv[1]}
        return 200, told


def say(line: str) -> None:
    """Tell it to who started this, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def listen(count: int, replay: object, fallback: object) -> None:
    """Say that it listens, and then so many events as they come."""
    async with Client(Given(), replay=replay, replay_fallback=fallback) as client:
        await client.subscribe(CHANNEL)
        say("listening")
        for _ in range(count):
            say(json.dumps((await client.receive())["data"]))


def main() -> None:
    """Listen as the command says."""
    _, _, _, count, place = sys.argv
    options = {"all": ReplayOption.ALL_EVENTS, "new": ReplayOption.NEW_EVENTS}
    after = (
        {CHANNEL: ReplayMarker(date="2026-01-01T00:00:00Z", replay_id=int(place))}
        if place.isdigit()
        else options[place]
    )
    listening = listen(int(count), after, ReplayOption.ALL_EVENTS)
    asyncio.run(asyncio.wait_for(listening, PATIENCE))


main()
