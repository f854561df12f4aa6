"""How an instance is reached: address, credentials by reference, and how politely.

Invariant: a workspace file holds where a secret is, never the secret; it is read when a connection
is made and goes nowhere but into its requests.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cdp.errors import UnreachableError
from cdp.settings import Strict

_WHERE = "give either env: NAME_OF_A_VARIABLE or file: PATH, never the secret itself"


class Secret(Strict):
    """Where a secret is: an environment variable, or a file that holds nothing else."""

    env: str | None = Field(None, description="name of the environment variable that holds it")
    file: Path | None = Field(None, description="file that holds it, such as a mounted secret")

    @model_validator(mode="before")
    @classmethod
    def _no_text(cls, given: object) -> object:
        if not isinstance(given, dict):
            raise ValueError(_WHERE)  # noqa: TRY004 - what pydantic makes a validation error of
        return given

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError(_WHERE)
        return self

    def read(self, source: str) -> str:
        """Return the secret.

        Raises:
            UnreachableError: the variable is not set, or the file cannot be read.
        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                msg = f"source {source}: the environment variable {self.env} is not set; export it"
                raise UnreachableError(msg)
            return value
        assert self.file is not None  # noqa: S101 - `_one` saw to it
        try:
            value = self.file.read_text("utf-8").strip()
        except (OSError, UnicodeError) as error:
            msg = f"source {source}: the secret file {self.file} cannot be read: {error}"
            raise UnreachableError(msg) from error
        if not value:
            msg = f"source {source}: the secret file {self.file} is empty"
            raise UnreachableError(msg)
        return value


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
