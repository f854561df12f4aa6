"""The Admin APIs of an instance: who asks them, what is asked, and what is said of refusals.

An instance says with its answers how busy it is; from 90 % on it is asked more slowly, since it
refuses requests, those of its shoppers among them, when it has no room left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from time import sleep
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from cdp.errors import ConfigError, UnreachableError
from cdp.sources.remote.connection import ClientAuth
from cdp.sources.remote.sfcc.options import CHANGED
from cdp.sources.remote.walk import instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import httpx

    from cdp.sources import Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.sfcc.options import SfccOptions

_SCOPES: Final = {"customers": "sfcc.customerlists", "orders": "sfcc.orders"}
_TENANT: Final = "SALESFORCE_COMMERCE_API:"
_PREFIX: Final = "f_ecom_"
_LOAD: Final = "sfdc_load_status"
_BUSY: Final = "THROTTLE"
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_MOST_ADDRESSES: Final = 50
_CUSTOMER: Final = re.compile(r"/customers/[^/\s]+/addresses")
_SOMEBODY: Final = "/customers/.../addresses"


class _GoneError(Exception):
    """There is no such customer any more."""


class _Addresses(msgspec.Struct):
    data: list[dict[str, Any]] = []
    total: int = 0


@dataclass(frozen=True, slots=True)
class Api:
    """Asks one instance for the customers of a list and the orders of sites."""

    client: Client
    options: SfccOptions
    organization: str
    customer_list: str

    @classmethod
    def of(cls, opening: Opening, client: Client, options: SfccOptions) -> Api:
        """Return the API of an instance.

        Raises:
            ConfigError: the options do not say what is to be asked.
        """
        listed = options.customer_list or next(iter(options.sites), None)
        wanted = opening.instance.objects
        lacks_sites = not options.sites and (wanted is None or "orders" in wanted)
        if options.organization is None or listed is None or lacks_sites:
            msg = (
                f"sources/{opening.name}.yaml: url: needs options.organization, such as "
                "f_ecom_zzxy_prd, and options.sites, or, for customers alone, "
                "options.customer_list; Business Manager has them under Administration > Site "
                "Development > Salesforce Commerce API Settings and Administration > Sites"
            )
            raise ConfigError(msg)
        return cls(client, options, options.organization, listed)

    def orders(self, site: str, since: datetime | None, offset: int) -> bytes:
        """Return the orders of a site that changed since a moment (UTC), in that order.

        Raises:
            UnreachableError: the instance does not answer, or refuses.
        """
        asked = {
            "siteId": site,
            "sortBy": "last_modified_date",
            "sortOrder": "asc",
            "offset": str(offset),
            "limit": str(self.options.page_size),
        }
        if since is not None:
            asked["lastModifiedDateFrom"] = instant(since)
        path = f"{self.options.orders_path}/organizations/{self.organization}/orders"
        return self._taken(self.client.send("GET", path, asked)).content

    def customers(self, since: datetime | None, offset: int) -> bytes:
        """Return the customers that changed since a moment (UTC), in that order.

        Raises:
            UnreachableError: the instance does not answer, or refuses.
        """
        by_change = self.options.customers_by_change
        body = {
            "limit": self.options.page_size,
            "offset": offset,
            "query": _changed(since) if by_change else {"matchAllQuery": {}},
            "sorts": [{"field": CHANGED if by_change else "customerNo", "sortOrder": "asc"}],
        }
        response = self.client.send("POST", f"{self._listed()}/customer-search", body=body)
        if response.status_code == _BAD_REQUEST and by_change:
            msg = (
                f"{self.client.refusal(response)}; where that is because it does not search "
                f"customers by {CHANGED}, set options.customers_by_change: false"
            )
            raise UnreachableError(msg)
        return self._taken(response).content

    def addresses(self, customer: str) -> list[dict[str, Any]] | None:
        """Return all addresses of a customer, None where there is no such customer any more.

        Raises:
            UnreachableError: the instance does not answer, or refuses.
        """
        try:
            return [each for page in self._addresses(customer) for each in page]
        except _GoneError:
            return None

    def _addresses(self, customer: str) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            asked = {"limit": str(_MOST_ADDRESSES), "offset": str(offset)}
            path = f"{self._listed()}/customers/{quote(customer, safe='')}/addresses"
            response = self._naming_nobody(customer, path, asked)
            try:
                found = msgspec.json.decode(response.content, type=_Addresses)
            except msgspec.MsgspecError as error:
                msg = f"source {self.client.source}: addresses of a customer came as none ({error})"
                raise UnreachableError(msg) from error
            yield found.data
            offset += len(found.data)
            if not found.data or offset >= found.total:
                return

    def _naming_nobody(self, customer: str, path: str, asked: dict[str, str]) -> httpx.Response:
        """Return the answer to a request for a customer, whom no error may tell."""
        try:
            response = self.client.send("GET", path, asked)
            if response.status_code == _NOT_FOUND:
                raise _GoneError
            return self._taken(response)
        except UnreachableError as error:
            if self.client.refused is not None:
                self.client.refused = _nameless(self.client.refused, customer)
            raise UnreachableError(_nameless(str(error), customer)) from None

    def _listed(self) -> str:
        begin = f"{self.options.customers_path}/organizations/{self.organization}"
        return f"{begin}/customer-lists/{quote(self.customer_list)}"

    def _taken(self, response: httpx.Response) -> httpx.Response:
        """Return an answer that is one, after a pause where the instance is busy."""
        if not response.is_success:
            raise self.client.refusal(response)
        if response.headers.get(_LOAD) == _BUSY:
            sleep(self.options.load_pause_seconds)
        return response


def scoped(opening: Opening, options: SfccOptions, names: tuple[str, ...]) -> Opening:
    """Return the same, with the scopes that reading these objects needs, unless it names some."""
    auth = opening.instance.auth
    if not isinstance(auth, ClientAuth) or auth.scope is not None or options.organization is None:
        return opening
    tenant = _TENANT + options.organization.removeprefix(_PREFIX)
    scope = " ".join([tenant, *(_SCOPES[name] for name in names)])
    asking = auth.model_copy(update={"scope": scope})
    return replace(opening, instance=opening.instance.model_copy(update={"auth": asking}))


def _nameless(told: str, customer: str) -> str:
    """Return what went wrong without whose addresses were asked for, in words of the API too."""
    elsewhere = _CUSTOMER.sub(_SOMEBODY, told)
    return re.sub(rf"(?<![\w-]){re.escape(customer)}(?![\w-])", "...", elsewhere)


def _changed(since: datetime | None) -> dict[str, Any]:
    everything: dict[str, Any] = {"matchAllQuery": {}}
    if since is None:
        return everything
    later = {"rangeFilter": {"field": CHANGED, "from": instant(since)}}
    return {"filteredQuery": {"query": everything, "filter": later}}
