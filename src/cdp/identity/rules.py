"""`identity.yaml`: how sure the platform must be, and what is evidence of nothing."""

from __future__ import annotations

from typing import Final, Literal, TypeVar

from pydantic import Field, field_validator

from cdp.identity.laws import COLUMNS, Law
from cdp.model.attributes import IDENTIFIER_KINDS
from cdp.settings import Declared, Strict

_Value = TypeVar("_Value")
_ODD: Final = {"source": "a profile has as many keys as records"}

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
SAME_PARTY: Final = (
    *("duplicate_of", "same_as", "identical_to", "alias_of", "copy_of", "version_of"),
    *("merged_into", "merged_with", "replaced_by", "replaces", "converted_from", "converted_to"),
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


class IdentifierRule(Strict):
    """How far the values of one kind of identifier are believed."""

    limit: int | None = Field(
        None,
        ge=1,
        description="people (told apart by given name) that one value may belong to before it is "
        "evidence of nothing: a shared mailbox, a switchboard; null: no limit",
    )
    weight: float | None = Field(
        None,
        ge=0,
        le=40,
        description="bits that a shared value adds to what the model learned (8: 256 to 1); other "
        "evidence may still contradict it, decisions stand above it; null: what was learned",
    )
    per_profile: int | None = Field(
        None,
        ge=1,
        description="distinct values that one profile may have: records that would exceed it stay "
        "apart; null: any number",
    )
    priority: int = Field(
        9,
        ge=1,
        description="1 comes first: where profiles share a value of a kind with a weight, the "
        "per_profile limits of the kinds that come after it give way",
    )
    window_days: int | None = Field(
        default=None,
        ge=1,
        description="days: a record that had the value longer ago than the record that had it "
        "last counts no more, as with a telephone number that changed hands; null: ever",
    )


MANY_PEOPLE: Final = {"email": 10, "phone": 12, "loyalty_id": 6, "user_id": 6, "national_id": 4}
WEIGHTS: Final = {"user_id": 8.0, "national_id": 6.0}
PER_PROFILE: Final = {"email": 12, "phone": 12, "loyalty_id": 6, "user_id": 6, "national_id": 4}
PRIORITY: Final = (
    *("user_id", "national_id", "tax_id", "loyalty_id", "source", "email", "phone"),
    *("domain", "anonymous_id"),
)
"""Kinds in the order in which they count."""


def default_identifiers() -> dict[str, IdentifierRule]:
    """Return the rule of every kind of identifier."""
    return {
        kind: IdentifierRule(
            limit=MANY_PEOPLE.get(kind),
            weight=WEIGHTS.get(kind),
            per_profile=PER_PROFILE.get(kind),
            priority=PRIORITY.index(kind) + 1,
        )
        for kind in IDENTIFIER_KINDS
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

    identifiers: dict[str, IdentifierRule] = Field(
        default_factory=default_identifiers,
        description="rules by identifier kind; what is not named keeps its default: "
        + "; ".join(
            f"{name} {', '.join(f'{kind} {value:g}' for kind, value in by_kind.items())}"
            for name, by_kind in (
                ("limit", MANY_PEOPLE),
                ("weight", WEIGHTS),
                ("per_profile", PER_PROFILE),
                ("priority", {kind: place for place, kind in enumerate(PRIORITY, 1)}),
            )
        ),
    )

    same_party: list[str] = Field(
        default_factory=lambda: list(SAME_PARTY),
        description="kinds of relationship between two records of one party; any other kind says "
        "that they are two persons or organisations and keeps them apart, unless a steward joined "
        f"them; *: every kind; default: {', '.join(SAME_PARTY)}",
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

    @field_validator("identifiers")
    @classmethod
    def _compared(cls, by_kind: dict[str, IdentifierRule]) -> dict[str, IdentifierRule]:
        for kind, rule in by_kind.items():
            for name in ("weight", "per_profile", "window_days"):
                is_known = kind in COLUMNS and (kind, name) != ("source", "per_profile")
                if getattr(rule, name) is not None and not is_known:
                    msg = f"{kind} has no {name}: {_ODD.get(kind, 'it is compared with nothing')}"
                    raise ValueError(msg)
        return by_kind

    def rules(self) -> dict[str, IdentifierRule]:
        """Return the rule of every kind: what is declared, else the default, setting by setting."""
        return {
            kind: rule.model_copy(update=_declared(self.identifiers[kind]))
            if kind in self.identifiers
            else rule
            for kind, rule in default_identifiers().items()
        }

    def limits(self) -> list[tuple[str, int]]:
        """Return (kind, people that one value may belong to) where there is a limit, sorted."""
        return sorted((kind, rule.limit) for kind, rule in self.rules().items() if rule.limit)

    def windows(self) -> list[tuple[str, int]]:
        """Return (kind, days that a value counts) where there is such a window, sorted."""
        return sorted(
            (kind, rule.window_days) for kind, rule in self.rules().items() if rule.window_days
        )

    def laws(self) -> tuple[Law, ...]:
        """Return what is declared of the kinds that weigh or are limited, sorted by priority."""
        found = [
            Law(kind, rule.weight or None, rule.per_profile, rule.priority)
            for kind, rule in self.rules().items()
            if rule.weight or rule.per_profile
        ]
        return tuple(sorted(found, key=lambda law: (law.priority, law.kind)))

    def patterns(self) -> list[tuple[str, str]]:
        """Return (kind, pattern in lower case), the own domains as e-mail patterns, sorted."""
        own = {("email", f"*@{domain.lower()}") for domain in self.own_domains}
        listed = {
            (kind, value.lower()) for kind, values in self.blocked.items() for value in values
        }
        return sorted(own | listed)


def _declared(rule: IdentifierRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in rule.model_fields_set}


IDENTITY_FILE: Final = Declared("identity.yaml", IdentityFile, required=False)
