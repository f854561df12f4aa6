"""`consent.yaml`: what may be assumed where nobody has said anything.

Invariants of the statements that read it: a statement without a contact point speaks for every
contact point of its kind; the most restrictive statement holds (denied, then pending, then
granted), unless a later, provable opt-in for that same contact point and category lifts it; a
refusal for a shared contact point binds everybody who shares it, a permission only who gave it.
"""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from cdp.settings import Declared, Strict

ContactKind = Literal["email", "phone", "post"]
Channel = Literal["email", "sms", "phone", "post"]


class Purpose(Strict):
    """One purpose that contact points are used for."""

    description: str = Field(default="", description="what the purpose covers, for people")
    absence: Literal["denied", "granted"] = Field(
        default="denied",
        description="what holds where nothing was stated: denied is the opt-in regime",
    )


class ConsentFile(Strict):
    """Purposes and channels; a purpose that is not listed needs an opt-in."""

    channels: dict[ContactKind, list[Channel]] = Field(
        default={"email": ["email"], "phone": ["sms", "phone"], "post": ["post"]},
        description="channels that reach a contact point of each kind",
    )
    purposes: dict[str, Purpose] = Field(
        default={"marketing": Purpose()},
        description="purposes by name, as the mappings write them",
    )

    def defaults(self) -> pl.DataFrame:
        """Return `contact_kind, channel, purpose` for which silence means yes."""
        rows = [
            (kind, channel, purpose)
            for kind, channels in self.channels.items()
            for channel in channels
            for purpose, rule in self.purposes.items()
            if rule.absence == "granted"
        ]
        columns = ("contact_kind", "channel", "purpose")
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


CONSENT = Declared("consent.yaml", ConsentFile, required=False)
