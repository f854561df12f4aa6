"""Parameters that endpoints share: pages, and requests that may be sent again."""

from __future__ import annotations

from typing import Final

from cdp.api.call import LIMIT as DEFAULT
from cdp.api.call import MOST
from cdp.api.schemas import parameter

LIMIT: Final = parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
    "items on the page",
)
CURSOR: Final = parameter("cursor", "query", {"type": "string"}, "`next_cursor` of the page before")
ONCE: Final = parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "the same key with the same request decides once, however often it is sent",
)
