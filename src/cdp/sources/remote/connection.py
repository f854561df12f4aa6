"""How an instance is reached: address, credentials by reference, and how politely.

Invariant: a workspace file holds where a secret is, never the secret; it is read when a connection
is made and goes nowhere but into its requests.
"""

from typing import Annotated, Literal

from pydantic import Field

from cdp.settings import Strict
from cdp.settings.secret import Secret

__all__ = ["Auth", "BasicAuth", "BearerAuth", "ClientAuth", "HeaderAuth", "Limits", "Secret"]


class BasicAuth(Strict):
    """User and password with every request."""

    kind: Literal["basic"] = Field(description="basic")
    user: Secret = Field(description="where the user's name is")
    password: Secret = Field(description="where the password is")


class BearerAuth(Strict):
    """A token that does not expire, or is renewed by whoever provides it."""

    kind: Literal["bearer"] = Field(description="bearer")
    token: Secret = Field(description="where the token is")


class HeaderAuth(Strict):
    """A key in a header of the vendor's own."""

    kind: Literal["header"] = Field(description="header")
    name: str = Field(description="name of the header, such as X-Api-Key")
    value: Secret = Field(description="where the key is")


class ClientAuth(Strict):
    """OAuth 2.0 client credentials: a token is fetched, and fetched anew when it has expired."""

    kind: Literal["client_credentials"] = Field(description="client_credentials")
    token_url: str = Field(description="address that gives tokens", pattern=r"^https?://")
    client_id: Secret = Field(description="where the client's id is")
    client_secret: Secret = Field(description="where the client's secret is")
    scope: str | None = Field(None, description="scope to ask for")


Auth = Annotated[BasicAuth | BearerAuth | HeaderAuth | ClientAuth, Field(discriminator="kind")]


class Limits(Strict):
    """How politely an instance is asked."""

    requests_per_minute: int | None = Field(
        None, ge=1, description="never more requests in a minute; default: as fast as it answers"
    )
    timeout: float = Field(
        60, gt=0, description="seconds without an answer after which one is lost"
    )
    attempts: int = Field(
        6, ge=1, description="times a request is made that fails or is refused for the moment"
    )
    longest_wait: float = Field(
        120, gt=0, description="seconds to wait at most before the next attempt"
    )
