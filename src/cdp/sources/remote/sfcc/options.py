"""Options of Salesforce B2C Commerce, and the shapes of its objects, whichever way they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.wire.shape import Shape, first_of, having, latest_of

if TYPE_CHECKING:
    from cdp.settings import Strict

CHANGED: Final = "lastModified"
SHAPES: Final = {
    name: Shape(first_of(key), latest_of(CHANGED), gone=having({"mode": "delete"}))
    for name, key in {"customers": "customerNo", "orders": "orderNo"}.items()
}
"""Exports say nowhere when a row changed; of those the one that came last holds."""
Object = Literal["customers", "orders"]
Id = Annotated[str, Field(pattern=r"^\w[\w .-]*$")]
Path = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]


class SfccOptions(AbsenceOptions):
    """Options of sfcc."""

    organization: Id | None = Field(
        None, description="organization ID, such as f_ecom_zzxy_prd; url: needs it"
    )
    sites: tuple[Id, ...] = Field(
        (), description="IDs of the sites whose orders are read; they share one customer list"
    )
    customer_list: Id | None = Field(
        None, description="ID of the customer list; default: that of the first site"
    )
    customers_by_change: bool = Field(
        default=True,
        description="false: all customers are read each time, 10,000 at most, as where the "
        "instance does not search them by lastModified",
    )
    all_addresses: bool = Field(
        default=False,
        description="ask for the further addresses of each customer, one request each; default: "
        "the one that comes with the customer",
    )
    page_size: int = Field(200, ge=1, le=200, description="rows to ask for at once")
    most_rows: int = Field(
        10_000,
        ge=200,
        description="rows that the API counts through before it has to be asked anew",
    )
    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    load_pause_seconds: float = Field(
        5, ge=0, description="pause after an answer that says the instance is at 90 % of its load"
    )
    customers_path: Path = Field(
        "customer/customers/v1", description="where the Customers API is, with its version"
    )
    orders_path: Path = Field(
        "checkout/orders/v1", description="where the Orders API is, with its version"
    )
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
