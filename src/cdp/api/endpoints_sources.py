"""The endpoints of sources: what is declared, and what it brought."""

from __future__ import annotations

from cdp.api import sources
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer"}
_LOADED: Schema = {
    "last_load": _NONE_OR_TEXT | {"description": "when something arrived last (UTC)"},
    "rows": _COUNT | {"description": "versions of records that were landed"},
    "rejected": _COUNT | {"description": "pieces that were no records"},
}
_OBJECT = obj(
    {
        "object": _TEXT | {"description": "the source's own name of it"},
        **_LOADED,
        "read_up_to": _NONE_OR_TEXT | {"description": "the latest change read, or so many files"},
    },
    "object",
    "rows",
)
_SOURCE = obj(
    {
        "source": _TEXT,
        "type": _TEXT | {"description": "system type"},
        "description": _TEXT,
        "place": _NONE_OR_TEXT | {"description": "address, or path below the data folder"},
        "trust_tier": {"type": "string", "enum": ["master_data", "declared", "observed"]},
        "region": _NONE_OR_TEXT,
        "schedule": _NONE_OR_TEXT | {"description": "when it is due, a cron expression"},
        "mapping": _NONE_OR_TEXT | {"description": "where the mapping stands; null: none"},
        **_LOADED,
        "problems": array(_TEXT) | {"description": "what the last run could not read, and why"},
        "partly": {"type": "boolean"}
        | {"description": "whether it read other objects of the source in spite of its problems"},
        "objects": array(_OBJECT),
        "unknown_because": _NONE_OR_TEXT
        | {"description": "why it is not known now what was brought, as while a run goes on"},
    },
    "source",
    "type",
    "objects",
)

SOURCES: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/sources",
        sources.every,
        "List the sources, what reads them and what they brought",
        page(_SOURCE),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="sources",
        waits=True,
        scope="runs:read",
        regional=True,
    ),
    Endpoint(
        "GET",
        "/v1/sources/{name}",
        sources.one,
        "Read one source",
        _SOURCE,
        (parameter("name", "path", _TEXT, "name of the source"),),
        problems=(404, 503),
        tag="sources",
        waits=True,
        scope="runs:read",
        regional=True,
    ),
)
