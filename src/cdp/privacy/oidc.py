"""Who vouches for people: the issuer of bearer tokens (OpenID Connect) taken beside keys."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from cdp.settings import Strict

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures with a key pair: what a server knows is public, so that nobody can sign with it."""
_ADDRESS = re.compile(r"https://\S+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?")


class Oidc(Strict):
    """One issuer."""

    issuer: str = Field(description="`iss` of its tokens, to the letter")
    audience: str = Field(description="`aud` of tokens that are meant for this server")
    jwks_url: str = Field(description="where it publishes its keys; https, or this computer")
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "ES256"), min_length=1, description="signatures that are taken"
    )
    roles_claim: str = Field(
        default="roles",
        description="claim with the caller's roles; a path such as realm_access.roles is followed",
    )
    roles: dict[str, str] = Field(
        default_factory=dict,
        description="the issuer's name of a role to the role of this file; others allow nothing",
    )
    name_claim: str = Field(
        default="sub", description="claim with the name of the caller that decisions are noted by"
    )
    leeway_seconds: int = Field(
        default=30, ge=0, le=300, description="how far the clocks may be apart"
    )
    timeout_seconds: float = Field(
        default=3.0, gt=0, le=30, description="how long its keys are waited for"
    )
    keep_seconds: int = Field(
        default=600, ge=1, description="how long its keys are kept before they are asked for again"
    )

    @field_validator("jwks_url")
    @classmethod
    def _guarded(cls, address: str) -> str:
        if not _ADDRESS.fullmatch(address):
            msg = "use an https address: whoever can change the keys on their way can be anybody"
            raise ValueError(msg)
        return address
