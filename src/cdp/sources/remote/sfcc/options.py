"""Options of Salesforce B2C Commerce, and the shapes of its objects, whichever way they come."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from cdp.settings import Strict
from cdp.sources.wire.shape import Shape, first_of, having, latest_of

CHANGED: Final = "lastModified"
SHAPES: Final = {
    name: Shape(first_of(key), latest_of(CHANGED), gone=having({"mode": "delete"}))
    for name, key in {"customers": "customerNo", "orders": "orderNo"}.items()
}
"""Exports say nowhere when a row changed; of those the one that came last holds."""
Object = Literal["customers", "orders"]


class SfccOptions(Strict):
    """Options of sfcc."""

    file_names: dict[str, Object] = Field(
        default_factory=dict,
        description="what a file holds, by its name up to the first . or -, where that says "
        "neither customer nor order",
    )


def shape(name: str, options: Strict) -> tuple[Object, Shape] | None:
    """Return the object that a file of this name holds, and its shape."""
    assert isinstance(options, SfccOptions)  # noqa: S101 - the model of this type
    said = name.casefold()
    known: Object | None = options.file_names.get(name)
    if known is None:
        known = "orders" if "order" in said else "customers" if "customer" in said else None
    return None if known is None else (known, SHAPES[known])
