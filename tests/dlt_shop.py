"""A source of dlt as somebody would write it, over rows that a test changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dlt
import pyarrow as pa
from pydantic import BaseModel


@dataclass
class Shop:
    """What there is, and what was asked of it."""

    users: list[dict[str, Any]] = field(default_factory=list)
    visits: list[Any] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)
    fails_at: int | None = None


SHOP = Shop()


class Visit(BaseModel):
    """A row that a model makes sure of."""

    id: int
    place: str


@dlt.resource(primary_key="id", columns={"gone": {"hard_delete": True}})
def users(
    size: int = 10,
    seen: dlt.sources.incremental[str] = dlt.sources.incremental("seen", initial_value="2026"),  # noqa: B008
) -> Iterator[list[dict[str, Any]]]:
    """Users by pages, from the last change on."""
    SHOP.asked.append(seen.last_value)
    found = [row for row in SHOP.users if row["seen"] >= seen.last_value]
    for at in range(0, len(found), size):
        if SHOP.fails_at is not None and at >= SHOP.fails_at:
            message = "the token wristwatch has expired"
            raise OSError(message)
        yield found[at : at + size]


@dlt.resource(write_disposition="replace", primary_key=["id", "place"])
def visits() -> Iterator[Any]:
    """All visits, as whatever a test says."""
    yield from SHOP.visits


@dlt.source
def shop(token: str, size: int = 10) -> Any:
    """Both, for whoever has the token."""
    if token != "wristwatch":  # noqa: S105 - of a shop that is none
        message = f"{token} is no token"
        raise PermissionError(message)
    return users(size), visits()


def table() -> pa.Table:
    """A table of two visits."""
    return pa.table({"id": [1, 2], "place": ["Köln", None]})


def nothing() -> int:
    """No resource."""
    return 5
