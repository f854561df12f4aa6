"""OCC of a shop: its status feed, and what it has of one order or one user at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

import msgspec

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cdp.sources.remote.client import Client
    from cdp.sources.remote.sap_commerce.options import CommerceOptions

T = TypeVar("T")
Row = dict[str, Any]
_UNKNOWN: Final = (400, 404)
_LOGIN: Final = re.compile(r"/users/[^/\s]+")
_UNKNOWN_TYPES: Final = ("UnknownIdentifierError", "NotFoundError", "CartError")
_CODES: Final = "orders(code),pagination(DEFAULT)"


class _Coded(msgspec.Struct):
    code: str


class _Feed(msgspec.Struct, rename="camel"):
    order_status_update_elements: list[_Coded] = []


class _Pagination(msgspec.Struct, rename="camel"):
    total_pages: int = 1


class _History(msgspec.Struct):
    orders: list[_Coded] = []
    pagination: _Pagination = msgspec.field(default_factory=_Pagination)


class _Carts(msgspec.Struct):
    carts: list[Row] = []


class _Addresses(msgspec.Struct):
    addresses: list[Row] = []


class _Template(msgspec.Struct, rename="camel"):
    id: str = ""
    name: str | None = None
    version: int | None = None
    current_consent: Row | None = None


class _Templates(msgspec.Struct, rename="camel"):
    consent_templates: list[_Template] = []


class _Error(msgspec.Struct):
    type: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


@dataclass(frozen=True, slots=True)
class Occ:
    """Asks one shop; what it does not know (any more) is nothing."""

    client: Client
    options: CommerceOptions
    buyers: dict[tuple[str, str], str] = field(default_factory=dict)
    """Logins by site and code of their order, as far as orders were asked for."""

    def told(self, site: str, since: datetime) -> list[str]:
        """Return the codes of orders whose status changed since a moment.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        asked = {"timestamp": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")}
        found = self._ask(f"{site}/feeds/orders/statusfeed", _Feed, asked)
        return [] if found is None else [e.code for e in found.order_status_update_elements]

    def history(self, site: str, user: str) -> Iterator[str]:
        """Yield the codes of a user's orders.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        for page in count():
            asked = {
                "currentPage": str(page),
                "pageSize": str(self.options.page_size or 100),
                "fields": _CODES,
            }
            found = self._ask(f"{_user(site, user)}/orders", _History, asked)
            if found is None:
                return
            yield from (each.code for each in found.orders)
            if not found.orders or page + 1 >= found.pagination.total_pages:
                return

    def order(self, site: str, code: str) -> list[Row]:
        """Return an order with its entries.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        found = self._ask(f"{site}/orders/{quote(code, safe='')}", Row, self._whole)
        if found is None:
            return []
        user = found.get("user")
        if isinstance(user, dict) and isinstance(user.get("uid"), str):
            self.buyers[site, code] = user["uid"].lower()
        return [found]

    def buyer(self, site: str, code: str) -> str | None:
        """Return who placed an order, None where the shop does not say.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        if (site, code) not in self.buyers:
            self.order(site, code)
        return self.buyers.get((site, code))

    def customer(self, site: str, user: str) -> list[Row]:
        """Return a user with the addresses.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        found = self._ask(_user(site, user), Row, self._whole)
        if found is None:
            return []
        there = self._ask(f"{_user(site, user)}/addresses", _Addresses, self._whole)
        return [{"uid": user, **found, "addresses": [] if there is None else there.addresses}]

    def carts(self, site: str, user: str) -> list[Row]:
        """Return the carts of a user, current and saved, each with whose it is and where.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        found = self._ask(f"{_user(site, user)}/carts", _Carts, self._whole)
        of = {"site": site, "user": {"uid": user}}
        return [] if found is None else [{**row, **of} for row in found.carts]

    def consents(self, site: str, user: str) -> list[Row]:
        """Return what a user was asked for and said, in the words of integration objects.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        found = self._ask(f"{_user(site, user)}/consenttemplates", _Templates, self._whole)
        templates = [] if found is None else found.consent_templates
        return [
            {
                **each.current_consent,
                "consentTemplate": {"id": each.id, "name": each.name, "version": each.version},
                "customer": {"uid": user},
            }
            for each in templates
            if each.current_consent
        ]

    @property
    def _whole(self) -> dict[str, str]:
        return {"fields": self.options.fields}

    def _ask(self, path: str, type_: type[T], params: dict[str, str]) -> T | None:
        try:
            response = self.client.send("GET", f"{self.options.occ_path}/{path}", params)
            if response.status_code in _UNKNOWN and _is_unknown(response.content):
                return None
            if not response.is_success:
                raise self.client.refusal(response)
        except UnreachableError as error:
            raise UnreachableError(_nameless(str(error), path)) from None
        try:
            return msgspec.json.decode(response.content, type=type_)
        except msgspec.MsgspecError as error:
            where = path.partition("/")[2].partition("/")[0]
            msg = (
                f"source {self.client.source}: {where} answered something that OCC does not "
                f"({error}); look at url: and options.occ_path"
            )
            raise UnreachableError(msg) from error


def _nameless(told: str, path: str) -> str:
    """Return what went wrong without the login of whose path it was: that is an e-mail address."""
    behind = path.partition("/users/")[2].partition("/")[0]
    for login in filter(None, (behind, unquote(behind))):
        told = re.sub(re.escape(login), "…", told, flags=re.IGNORECASE)
    return _LOGIN.sub("/users/…", told)


def _user(site: str, user: str) -> str:
    return f"{site}/users/{quote(user, safe='')}"


def _is_unknown(raw: bytes) -> bool:
    """Return whether an error says that there is no such order or user."""
    try:
        said = msgspec.json.decode(raw, type=_Errors).errors
    except msgspec.MsgspecError:
        return False
    return any(each.type in _UNKNOWN_TYPES for each in said)
