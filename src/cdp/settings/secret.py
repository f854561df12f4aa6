"""Secrets by reference.

Invariant: a workspace file holds where a secret is, never the secret; it is read when a connection
is made and goes nowhere but into its requests.
"""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from cdp.errors import UnreachableError
from cdp.settings.workspace import Strict

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

    def read(self, owner: str, kind: str = "source") -> str:
        """Return the secret of an owner of this kind, both named in messages.

        Raises:
            UnreachableError: the variable is not set, or the file cannot be read.
        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                msg = f"{kind} {owner}: the environment variable {self.env} is not set; export it"
                raise UnreachableError(msg)
            return value
        assert self.file is not None  # noqa: S101 - `_one` saw to it
        try:
            value = self.file.read_text("utf-8").strip()
        except (OSError, UnicodeError) as error:
            msg = f"{kind} {owner}: the secret file {self.file} cannot be read: {error}"
            raise UnreachableError(msg) from error
        if not value:
            msg = f"{kind} {owner}: the secret file {self.file} is empty"
            raise UnreachableError(msg)
        return value
