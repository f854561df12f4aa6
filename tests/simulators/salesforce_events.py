"""Change events of the simulated org, by the Bayeux protocol.

tests/peers/test_change_events.py listens to it with a client that nobody here wrote. A connect is
answered at once, also where there is nothing to tell: no answer is held back.
"""

import secrets
from collections.abc import Iterator

from simulators.salesforce_org import Org
from simulators.soql import Row


def told(org: Org, said: Row) -> Iterator[Row]:
    """Answer a message of the Bayeux protocol."""
    channel, client = said["channel"], said.get("clientId", "")
    answer = {"channel": channel, "clientId": client, "successful": True}
    answer |= {"id": said["id"]} if "id" in said else {}
    if channel == "/meta/handshake":
        client = secrets.token_hex(8)
        org.listeners[client] = len(org.events)
        answer |= {
            "clientId": client,
            "version": "1.0",
            "minimumVersion": "1.0",
            "supportedConnectionTypes": ["long-polling"],
            "ext": {"replay": True, "payload.format": True},
        }
    elif client not in org.listeners:
        answer |= {"successful": False, "error": "403::Unknown client"}
    elif channel == "/meta/disconnect":
        del org.listeners[client]
    elif channel == "/meta/subscribe":
        answer |= _subscribed(org, client, said)
    elif channel == "/meta/connect":
        begin = org.listeners[client]
        end = org.listeners[client] = min(begin + 100, len(org.events))
        for event in org.events[begin:end]:
            yield {"channel": "/data/ChangeEvents", "clientId": client, "data": event}
        answer["advice"] = {"reconnect": "retry", "interval": 0, "timeout": 110_000}
    yield answer


def _subscribed(org: Org, client: str, said: Row) -> Row:
    name = said["subscription"]
    replay = said.get("ext", {}).get("replay", {}).get(name, -1)
    if name != "/data/ChangeEvents" or not org.emits:
        return {"successful": False, "error": f"404::Unknown channel:{name}"}
    if replay >= 0 and replay < org.oldest - 1:
        problem = f"400::The replayId {{{replay}}} you provided was invalid."
        return {"successful": False, "error": problem}
    org.listeners[client] = {-1: len(org.events), -2: org.oldest - 1}.get(replay, replay)
    return {"subscription": name}
