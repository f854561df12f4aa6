"""`interest`: what the member turned to most in the last half year."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.comparison import Text
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope

_BETWEEN = "; "


class Interest(Condition):
    """One of these is among the interests that are concluded from looking and buying."""

    interest: tuple[Text, ...] | Text = Field(
        description="a category, product or subject, or several of which one is enough; case "
        "does not matter"
    )
    top: int = Field(5, ge=1, le=5, description="only among the first so many of the five")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member is interested in one of them."""
        value = exp.func("lower", exp.column("value", table="it"))
        parts = exp.Anonymous(
            this="string_split", expressions=[value, exp.Literal.string(_BETWEEN)]
        )
        first = exp.Anonymous(
            this="list_slice",
            expressions=[parts, exp.Literal.number(1), exp.cast(scope.bind(self.top), "bigint")],
        )
        topics = self.interest if isinstance(self.interest, tuple) else (self.interest,)
        wanted = exp.Array(expressions=[exp.func("lower", scope.bind(one)) for one in topics])
        rows = scope.rows("gold.enrichment").where(
            exp.column("attribute", table="it").eq(exp.Literal.string("interests")),
            exp.Anonymous(this="list_has_any", expressions=[first, wanted]),
        )
        return rows.of(scope)


CONDITIONS.add("interest", Interest)
