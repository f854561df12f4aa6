"""The fuller value wins: the address with most parts, else the longest text."""

from functools import reduce

from sqlglot import exp

from cdp.golden.rule import RULES, Rule
from cdp.model.attributes import ADDRESS_PARTS


def _filled(part: str) -> exp.Expression:
    """Return 1 where the address has this part, else 0."""
    text = exp.JSONExtractScalar(
        this=exp.column("value"),
        expression=exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=part)]),
    )
    filled = exp.NEQ(this=exp.func("coalesce", text, exp.Literal.string("")), expression=_EMPTY)
    return exp.cast(filled, "int")


_EMPTY = exp.Literal.string("")


def _parts() -> exp.Expression:
    filled = [_filled(part) for part in ADDRESS_PARTS]
    return reduce(lambda left, right: exp.Add(this=left, expression=right), filled)


def _merit() -> exp.Expression:
    is_address = exp.column("attribute").eq("address")
    return exp.case().when(is_address, _parts()).else_(exp.Length(this=exp.column("value")))


RULES.add(
    "completeness",
    Rule(
        name="completeness",
        description="the address with most parts wins, of other attributes the longest value",
        merit=lambda _: _merit(),
    ),
)
