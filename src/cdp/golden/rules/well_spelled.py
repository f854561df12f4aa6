"""A text in capitals and small letters beats one in capitals, or small letters, only."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule


def _merit() -> exp.Expression:
    value = exp.column("value")
    lower, upper = exp.func("lower", value), exp.func("upper", value)
    shouted = exp.or_(value.eq(upper), value.eq(lower))
    return exp.case().when(exp.and_(shouted, upper.neq(lower)), 0).else_(1)


RULES.add(
    "well_spelled",
    Rule(
        name="well_spelled",
        description="a text in capitals and small letters beats one in either of them only",
        merit=lambda _: _merit(),
    ),
)
