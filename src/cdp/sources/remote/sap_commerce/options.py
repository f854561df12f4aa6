"""Options of SAP Commerce, and the shapes of its objects, whichever way they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from cdp.sources.remote.connection import Auth  # noqa: TC001 - pydantic reads it
from cdp.sources.remote.odata import EntitySet, ODataOptions
from cdp.sources.wire.shape import Shape, as_key, first_of, latest_of

if TYPE_CHECKING:
    from cdp.settings import Strict

Object = Literal["customers", "orders", "carts", "consents", "units"]
Id = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
Path = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]
CHANGED: Final = "modifiedtime"
OF_SITE: Final = ("customers", "orders", "carts", "consents")
"""What OCC has of a site."""


def user_key(value: object) -> str | None:
    """Return the login of a user; the shop tells none from another by their capitals."""
    key = as_key(value)
    return None if key is None else key.lower()


_KEYS: Final = {
    "customers": first_of("uid", clean=user_key),
    "orders": first_of("code"),
    "carts": first_of("code"),
    "consents": first_of("code"),
    "units": first_of("uid"),
}
SHAPES: Final = {name: Shape(key, latest_of(CHANGED)) for name, key in _KEYS.items()}
"""OCC says nowhere when something changed; of what came from there the last that came holds."""
_ORDERED: Final = ("user", "currency", "entries", "entries/product")
_EXPAND: Final[dict[str, tuple[str, ...]]] = {
    "customers": ("sessionLanguage", "addresses", "addresses/country"),
    "orders": (*_ORDERED, "status", "deliveryAddress", "deliveryAddress/country"),
    "carts": _ORDERED,
    "consents": ("customer", "consentTemplate"),
}


def _integration() -> dict[Object, str]:
    """Return the integration objects that the documentation declares."""
    return {
        "customers": "CdpCustomer/Customers",
        "orders": "CdpOrder/Orders",
        "carts": "CdpCart/Carts",
        "consents": "CdpConsent/Consents",
    }


@dataclass(frozen=True, slots=True)
class IntegrationSet(EntitySet):
    """The entity set of an integration object; `at` is where it is below the address."""

    at: str = ""

    def path(self, name: str) -> str:  # noqa: ARG002 - the set has a name of its own
        """Return where it is."""
        return self.at


class CommerceOptions(ODataOptions):
    """Options of sap_commerce."""

    page_size: int | None = Field(
        200, ge=1, le=1_000, description="rows to ask for at once; the shop may give fewer"
    )
    integration: dict[Object, Path] = Field(
        default_factory=_integration,
        description="integration object and entity set of what is read in bulk, by object; what is "
        "not named is read by OCC",
    )
    integration_path: Path = Field(
        "odata2webservices", description="where the Integration API is below the address"
    )
    integration_auth: Auth | None = Field(
        None, description="who reads integration objects; default: auth: of the source"
    )
    expand: dict[Object, tuple[str, ...]] = Field(
        default_factory=dict,
        description="what comes within each row, by object, where the integration object differs",
    )
    sites: tuple[Id, ...] = Field((), description="IDs of the base sites that OCC is asked for")
    occ_path: Path = Field("occ/v2", description="where OCC is below the address")
    fields: str = Field(
        "FULL",
        pattern=r"^[A-Za-z][\w,()]*$",
        description="fields that OCC is asked for: FULL, DEFAULT, BASIC or a list",
    )
    users: tuple[str, ...] = Field(
        (), description="logins of users that OCC is asked for, besides those that changed"
    )
    users_file: str | None = Field(
        None, description="file with such logins, one a line, relative to the data folder"
    )

    def entity_set(self, name: Object) -> IntegrationSet:
        """Return how the integration object of this name is walked over."""
        key = "uid" if name in ("customers", "units") else "code"
        expand = self.expand.get(name, _EXPAND.get(name, ()))
        at = f"{self.integration_path}/{self.integration[name]}"
        return IntegrationSet(key, CHANGED, "moment", expand=expand, at=at)


def shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return the object that a file of this name holds, and its shape."""
    found = SHAPES.get(name)
    return None if found is None else (name, found)
