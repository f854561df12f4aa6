"""`survivorship.yaml`: for each attribute, the rules that choose its golden value, in order.

The first rule on which two values differ decides between them; where all rules agree, the
smaller value wins, then the smaller record_id, so that the choice never depends on order.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from cdp.errors import UnknownNameError
from cdp.golden.rule import RULES, Rule
from cdp.model.attributes import ATTRIBUTES
from cdp.settings import Declared, Strict

BESIDE_ATTRIBUTES = ("email", "phone", "tax_id", "status", "region")
"""What survives like an attribute, although silver keeps it elsewhere."""


def _known_rule(use: str | dict[str, list[str]]) -> str | dict[str, list[str]]:
    name, words = parts(use)
    try:
        rule = RULES.get(name)
    except UnknownNameError as error:
        raise ValueError(str(error)) from None
    if rule.takes_words and not words:
        msg = f"rule {name} needs a list, best first: `- {name}: [one, another]`"
        raise ValueError(msg)
    if words and not rule.takes_words:
        msg = f"rule {name} takes no list: `- {name}`"
        raise ValueError(msg)
    return use


def _known_attribute(name: str) -> str:
    known = sorted((*ATTRIBUTES, *BESIDE_ATTRIBUTES))
    if name not in known:
        msg = f"unknown attribute {name!r}; known: {', '.join(known)}"
        raise ValueError(msg)
    return name


RuleUse = Annotated[
    str | Annotated[dict[str, list[str]], Field(min_length=1, max_length=1)],
    AfterValidator(_known_rule),
]
RuleList = Annotated[list[RuleUse], Field(min_length=1)]
AttributeName = Annotated[str, AfterValidator(_known_attribute)]


def parts(use: str | dict[str, list[str]]) -> tuple[str, list[str]]:
    """Return the rule's name and the words listed after it."""
    return (use, []) if isinstance(use, str) else next(iter(use.items()))


class SurvivorshipFile(Strict):
    """Which value becomes golden; each rule is a name, or a name with a list (best first)."""

    default: RuleList = Field(
        default=["verified_first", "trust_tier", "frequency", "recency"],
        description="rules of every attribute that is not listed, the deciding one first",
    )
    attributes: dict[AttributeName, RuleList] = Field(
        default={
            "address": ["trust_tier", "completeness", "recency"],
            "email": ["verified_first", "preferred_first", "recency", "frequency"],
            "phone": ["verified_first", "preferred_first", "recency", "frequency"],
        },
        description="rules by attribute; they stand in place of the default ones",
    )

    def uses(self, attribute: str | None) -> list[tuple[Rule, list[str]]]:
        """Return the rules of an attribute (None: the default ones) with their words."""
        chosen = self.attributes.get(attribute, self.default) if attribute else self.default
        return [(RULES.get(name), words) for name, words in map(parts, chosen)]

    def sources(self) -> set[str]:
        """Return every source instance that a rule names."""
        lists = (self.default, *self.attributes.values())
        named = (parts(use) for uses in lists for use in uses)
        return {word for name, words in named if name == "source_priority" for word in words}


SURVIVORSHIP = Declared("survivorship.yaml", SurvivorshipFile, required=False)
