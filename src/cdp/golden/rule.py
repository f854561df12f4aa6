"""What a survivorship rule is: a merit that puts the values of one attribute in an order.

Invariant: a merit is one expression over the columns of a candidate, or over those of a value
alone, larger is better, never null.

A record gives a value of an attribute once. The columns of a candidate: `profile_id`,
`entity_type`, `attribute`, `value`, `record_id`, `source`, `trust_tier`, `seen_at`, `verified`,
`position` (0 is the source's preferred value). Those of a value: `records` and `sources`, how
many of either give the profile this value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OF_VALUE: Final = ("records", "sources")
"""The columns of a value, which its records have in common."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: as in `survivorship.yaml`.
        description: which of two values wins.
        merit: the expression, from the words listed after the rule's name in YAML.
        takes_words: whether the rule needs such a list.
    """

    name: str
    description: str
    merit: Callable[[Sequence[str]], exp.Expression]
    takes_words: bool = False


RULES: Registry[Rule] = Registry("survivorship rule", "cdp.golden.rules")


def rank(column: str, best_first: Sequence[str]) -> exp.Expression:
    """Return an expression that is larger the earlier a column's value stands in the list."""
    size = len(best_first)
    return exp.Case(
        this=exp.column(column),
        ifs=[
            exp.If(this=exp.Literal.string(word), true=exp.Literal.number(size - place))
            for place, word in enumerate(best_first)
        ],
        default=exp.Literal.number(0),
    )


def size(column: str, turned: type[exp.Unary] | None = None) -> exp.Expression:
    """Return a number for the number or date in a text column, the least where it is neither."""
    number = exp.TryCast(this=exp.column(column), to=exp.DataType.build("double"))
    date = exp.TryCast(this=exp.column(column), to=exp.DataType.build("timestamp"))
    found = exp.func("coalesce", number, exp.Anonymous(this="epoch", expressions=[date]))
    turned_found = turned(this=found) if turned else found
    least = exp.Literal.number("-1e300")
    return exp.Coalesce(this=turned_found, expressions=[least])
