"""`household`: what holds of the persons whom the member lives with."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition
from cdp.segments.relatives import ME, OTHER, Relatives
from cdp.segments.scope import ACCOUNTS, ConditionError, Scope, named

_TABLE = "gold.household_member"


class Household(Relatives):
    """Persons of the member's household; who lives alone has none."""

    household: AnyCondition = Field(description="condition on the persons of the household")
    others: bool = Field(
        default=False, description="true: the others alone; default: the member is one of them"
    )

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether persons of the household satisfy the condition."""
        if scope.entity in ACCOUNTS:
            msg = f"a {scope.entity} lives in no household; `household` is of persons"
            raise ConditionError(msg)
        mine, theirs = (exp.column("profile_id", table=name) for name in ("mine", "theirs"))
        same = exp.column("household_id", table="theirs").eq(
            exp.column("household_id", table="mine")
        )
        pairs = (
            exp.select(mine.as_(ME), theirs.as_(OTHER))
            .from_(named(_TABLE, "mine"))
            .join(named(_TABLE, "theirs"), on=same)
        )
        if self.others:
            pairs = pairs.where(theirs.copy().neq(mine.copy()))
        return self.quantified(pairs, ("person", self.household), scope)


CONDITIONS.add("household", Household)
