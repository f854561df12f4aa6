"""`identity.yaml`: how sure the platform must be, and what is evidence of nothing."""

from __future__ import annotations

from typing import Final, Literal, TypeVar

from pydantic import Field, field_validator

from cdp.model.attributes import IDENTIFIER_KINDS
from cdp.settings import Declared, Strict

_Value = TypeVar("_Value")

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


MANY_PEOPLE: Final = {"email": 10, "phone": 12, "loyalty_id": 6, "user_id": 6, "national_id": 4}


class IdentifierRule(Strict):
    """How far the values of one kind of identifier are believed."""

    limit: int | None = Field(
        None,
        ge=1,
        description="people (told apart by given name) that one value may belong to before it is "
        "evidence of nothing: a shared mailbox, a switchboard; null: no limit",
    )


def default_identifiers() -> dict[str, IdentifierRule]:
    """Return the rule of every kind of identifier."""
    return {kind: IdentifierRule(limit=MANY_PEOPLE.get(kind)) for kind in IDENTIFIER_KINDS}


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

    identifiers: dict[str, IdentifierRule] = Field(
        default_factory=default_identifiers,
        description="rules by identifier kind; a kind that is not named keeps its default: "
        + ", ".join(f"{kind}.limit {limit}" for kind, limit in MANY_PEOPLE.items()),
    )

    @field_validator("blocked", "identifiers")
    @classmethod
    def _known_kinds(cls, by_kind: dict[str, _Value]) -> dict[str, _Value]:
        unknown = sorted(set(by_kind) - set(IDENTIFIER_KINDS))
        if unknown:
            allowed = ", ".join(IDENTIFIER_KINDS)
            msg = f"{', '.join(unknown)} is no identifier kind; allowed: {allowed}"
            raise ValueError(msg)
        return by_kind

    def limits(self) -> list[tuple[str, int]]:
        """Return (kind, people that one value may belong to) where there is a limit, sorted."""
        rules = default_identifiers() | self.identifiers
        return sorted((kind, rule.limit) for kind, rule in rules.items() if rule.limit)

    def patterns(self) -> list[tuple[str, str]]:
        """Return (kind, pattern in lower case), the own domains as e-mail patterns, sorted."""
        own = {("email", f"*@{domain.lower()}") for domain in self.own_domains}
        listed = {
            (kind, value.lower()) for kind, values in self.blocked.items() for value in values
        }
        return sorted(own | listed)


IDENTITY_FILE: Final = Declared("identity.yaml", IdentityFile, required=False)
