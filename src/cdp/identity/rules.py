"""`identity.yaml`: how sure the platform must be, and what is evidence of nothing."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, field_validator

from cdp.model.attributes import IDENTIFIER_KINDS
from cdp.settings import Declared, Strict

PLACEHOLDER_EMAILS: Final = (
    "test@*",
    "*@test.com",
    "*@*.invalid",
    "noreply@*",
    "no-reply@*",
    "donotreply@*",
    "none@*",
    "na@na.*",
    "n/a",
    "unknown@*",
    "unbekannt@*",
    "asdf@*",
    "xxx@*",
)
PLACEHOLDER_PHONES: Final = (
    "*000000000",
    "*111111111",
    "*999999999",
    "*123456789",
)
PLACEHOLDER_IDS: Final = ("0", "00000*", "99999*", "n/a", "none", "unknown", "test")


def default_blocked() -> dict[str, list[str]]:
    """Return the placeholders that people type everywhere, as patterns by identifier kind."""
    return {
        "email": list(PLACEHOLDER_EMAILS),
        "phone": list(PLACEHOLDER_PHONES),
        "tax_id": list(PLACEHOLDER_IDS),
        "national_id": list(PLACEHOLDER_IDS),
        "loyalty_id": list(PLACEHOLDER_IDS),
    }


class IdentityFile(Strict):
    """How source records become profiles."""

    mode: Literal["strict", "lenient"] = Field(
        "strict",
        description="strict: a false merge costs more than a miss; lenient: the other way round",
    )
    seed: int | None = Field(
        None,
        description="seed of the samples that the model is trained on; default: that of cdp.yaml",
    )
    extra: Literal["none", "attributes", "all"] = Field(
        "none",
        description="weak evidence beside names, dates, contacts and addresses: none; attributes: "
        "every other attribute of a party (title, language, department, ...); all: also source "
        "fields that no mapping names. What a whole region or trade shares makes namesakes look "
        "like one person",
    )
    blocked: dict[str, list[str]] = Field(
        default_factory=default_blocked,
        description="values that are evidence of nothing, by identifier kind; * stands for any "
        "text; instead of the usual placeholders",
    )
    own_domains: list[str] = Field(
        default_factory=list,
        description="e-mail domains of the organisation itself: their addresses are no customer's",
    )

    @field_validator("blocked")
    @classmethod
    def _known_kinds(cls, blocked: dict[str, list[str]]) -> dict[str, list[str]]:
        unknown = sorted(set(blocked) - set(IDENTIFIER_KINDS))
        if unknown:
            allowed = ", ".join(IDENTIFIER_KINDS)
            msg = f"{', '.join(unknown)} is no identifier kind; allowed: {allowed}"
            raise ValueError(msg)
        return blocked

    def patterns(self) -> list[tuple[str, str]]:
        """Return (kind, pattern in lower case), the own domains as e-mail patterns, sorted."""
        own = {("email", f"*@{domain.lower()}") for domain in self.own_domains}
        listed = {
            (kind, value.lower()) for kind, values in self.blocked.items() for value in values
        }
        return sorted(own | listed)


IDENTITY_FILE: Final = Declared("identity.yaml", IdentityFile, required=False)
