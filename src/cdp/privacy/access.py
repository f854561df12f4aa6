"""What a caller may do: scopes, views, regions, purposes and classes of fields, by roles.

Invariant: several roles add their scopes and classes, and narrow regions and purposes to what
each of them allows. So nobody reaches with two roles what one of them would not have shown; who
needs different rights in different regions gets a key for each.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from cdp.errors import UnknownNameError
from cdp.privacy.classes import BY_DEFAULT, EVERY, FieldClass
from cdp.privacy.oidc import Oidc  # noqa: TC001 - pydantic reads it
from cdp.privacy.scopes import ADMIN, PERSONAL, VIEW, is_scope
from cdp.settings import Declared, Strict

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


def _known_scope(scope: str) -> str:
    if not is_scope(scope):
        msg = f"{scope!r} is no scope; `cdp keys create --help` lists them"
        raise ValueError(msg)
    return scope


def _role_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name of a role; use letters, digits, dot, hyphen, underscore"
        raise ValueError(msg)
    return name


RoleName = Annotated[str, AfterValidator(_role_name)]


class Role(Strict):
    """One role."""

    description: str = Field(default="", description="who has it")
    scopes: tuple[Annotated[str, AfterValidator(_known_scope)], ...] = Field(
        default=(), description="what it may do"
    )
    views: tuple[str, ...] = Field(
        default=(), description="scenarios that it may see; the scope view:NAME for each"
    )
    regions: tuple[str, ...] | None = Field(
        default=None,
        description="regions whose profiles it may see, as sources declare them; null: all",
    )
    purposes: tuple[str, ...] | None = Field(
        default=None, description="purposes that it may read personal data for; null: all"
    )
    sees: tuple[FieldClass, ...] = Field(
        default=(), description="classes of personal data that it sees unmasked"
    )


class AccessFile(Strict):
    """`access.yaml`: roles, and who vouches for people."""

    roles: dict[RoleName, Role] = Field(default_factory=dict, description="roles by name")
    oidc: Oidc | None = Field(
        default=None, description="issuer of bearer tokens that are taken beside keys"
    )


ACCESS = Declared("access.yaml", AccessFile, required=False)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a caller may do; None of regions and purposes: whichever."""

    scopes: frozenset[str]
    regions: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    sees: frozenset[str] = BY_DEFAULT


@dataclass(frozen=True, slots=True)
class Key:
    """A caller whose key or token is in force: who it is, and what it may do.

    `rate_limit` is how often a second it may ask; None: as every key.
    """

    key_id: str
    name: str
    scopes: frozenset[str]
    regions: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    sees: frozenset[str] = BY_DEFAULT
    rate_limit: int | None = None

    @staticmethod
    def of(key_id: str, name: str, held: Rights, rate_limit: int | None = None) -> Key:
        """Return the caller that has these rights."""
        return Key(*(key_id, name, held.scopes, held.regions, held.purposes, held.sees), rate_limit)

    def may(self, scope: str) -> bool:
        """Whether the key has the scope, or `admin`."""
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def has_view(self) -> bool:
        """Whether the key may see a scenario of its own."""
        return any(scope.startswith(VIEW) for scope in self.scopes)


def rights(access: AccessFile, scopes: Iterable[str], roles: Iterable[str]) -> Rights:
    """Return what scopes and roles allow together; a role that is not declared allows nothing."""
    chosen = frozenset(scopes)
    sees = BY_DEFAULT
    regions: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    for name in sorted(roles):
        role = access.roles.get(name)
        if role is None:
            _LOG.warning("access.yaml declares no role %r, so it allows nothing", name)
            regions, purposes = frozenset(), frozenset()
            continue
        chosen |= frozenset(role.scopes) | {VIEW + view for view in role.views}
        sees |= frozenset(role.sees)
        regions = _narrowed(regions, role.regions)
        purposes = _narrowed(purposes, role.purposes)
    return Rights(chosen, regions, purposes, EVERY if chosen & {ADMIN, PERSONAL} else sees)


def check_roles(access: AccessFile, roles: Iterable[str]) -> None:
    """Return where every role is declared.

    Raises:
        UnknownNameError: one is not.
    """
    for name in sorted(roles):
        if name not in access.roles:
            kind = "role of access.yaml"
            raise UnknownNameError(kind, name, sorted(access.roles))


def _narrowed(
    held: frozenset[str] | None, allowed: tuple[str, ...] | None
) -> frozenset[str] | None:
    if allowed is None:
        return held
    return frozenset(allowed) if held is None else held & frozenset(allowed)
