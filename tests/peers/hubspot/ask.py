"""Ask an account with HubSpot's own client: `ask.py URL TOKEN`, what to ask on standard input.

Run by the Python of the peers. It writes what the client made of the answer: rows, or an error.
"""

import json
import sys
from typing import Any

from hubspot import HubSpot  # type: ignore[import-not-found] # lives in .peers
from hubspot.utils.objects import fetch_all  # type: ignore[import-not-found] # lives in .peers
from hubspot.utils.signature import Signature  # type: ignore[import-not-found] # lives in .peers

PARTS = {
    "list": ("crm.contacts.basic_api", "get_page"),
    "all": ("crm.contacts.basic_api", "get_page"),
    "search": ("crm.contacts.search_api", "do_search"),
    "read": ("crm.contacts.batch_api", "read"),
    "properties": ("crm.properties.core_api", "get_all"),
    "associations": ("crm.associations.v4.batch_api", "get_page"),
}


def asked(url: str, token: str, what: str, arguments: dict[str, Any]) -> object:
    """Return what the client makes of an answer."""
    if what == "signature":
        return Signature.get_signature(**arguments)
    names, method = PARTS[what]
    part = HubSpot(access_token=token)
    for name in names.split("."):
        part = getattr(part, name)
    part.api_client.configuration.host = url
    try:
        if what == "all":
            return [each.to_dict() for each in fetch_all(part, **arguments)]
        return getattr(part, method)(**arguments).to_dict()
    except Exception as error:  # noqa: BLE001 - each API of the client has an error of its own
        refused: Any = error
        return {"status": refused.status, "body": json.loads(refused.body)}


if __name__ == "__main__":
    url, token = sys.argv[1:3]
    said = json.load(sys.stdin)
    json.dump(asked(url, token, said["what"], said["with"]), sys.stdout, default=str)
