"""Log lines, as text or as JSON, by the same rules.

Invariant: of what was asked only the route's template is told, and of an exception only its kind
and where it was raised: its words may quote a record, a body or an address.
"""

from __future__ import annotations

import json
import logging
import logging.config
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

from cdp.telemetry import traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

Format = Literal["text", "json"]
REQUESTS: Final = logging.getLogger("cdp.requests")
"""One line for each request, where they are asked for."""
_TOLD: Final = ("request_id", "method", "route", "status", "ms", "key_id")
_LEVELS: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
_FRAMES: Final = 12
_CAUSES: Final = 5


class Text(logging.Formatter):
    """A line for people: when, how grave, who says it, what, and what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = facts(record)
        first = [told.pop(name) for name in ("time", "level", "logger", "message")]
        rest = [f"{name}={value}" for name, value in told.items()]
        return " ".join(str(part) for part in (*first, *rest))


class Json(logging.Formatter):
    """A line for programs: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(facts(record), ensure_ascii=False, default=str)


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is told of a record: nothing but what is named here."""
    told: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": " ".join(record.getMessage().split()),
    }
    told |= {name: getattr(record, name) for name in _TOLD if hasattr(record, name)}
    told |= traces.ids()
    if record.exc_info and record.exc_info[1] is not None:
        told["exception"] = " < ".join(_kinds(record.exc_info[1]))
        told["at"] = list(_places(record.exc_info[2]))[-_FRAMES:]
    return told


def configuration(form: Format, level: str, *, requests: bool) -> dict[str, Any]:
    """Return what `logging.config` takes: our own lines and the server's, all on stderr alike."""
    ours = level.upper() if level.upper() in _LEVELS else "DEBUG"
    theirs = "INFO" if ours == "DEBUG" else ours
    formatter = Json if form == "json" else Text
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{formatter.__module__}.{formatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "cdp": {"level": ours},
            "cdp.requests": {"level": "INFO" if requests else "WARNING"},
            # what it says below INFO quotes requests
            "uvicorn": {"level": theirs},
        },
    }


def configure(form: Format, level: str, *, requests: bool = False) -> None:
    """Log in this process as is asked for."""
    logging.config.dictConfig(configuration(form, level, requests=requests))


def _kinds(error: BaseException) -> Iterator[str]:
    """Yield the kind of an exception, then of what caused it."""
    found: BaseException | None = error
    for _ in range(_CAUSES):
        if found is None:
            return
        yield type(found).__name__
        found = found.__cause__ or found.__context__


def _places(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield f"{PurePath(code.co_filename).name}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next
