"""`never`: the member did nothing of the kind, ever or within a window."""

from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope
from cdp.segments.selection import Selection, known_event


class Never(Selection, Condition):
    """No such event by the run's moment; the complement of `event`."""

    never: str = Field(description="order, order_line, cart, interaction, ticket, lead, ...")

    @field_validator("never")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return known_event(name)

    def kind(self) -> str:
        """Return the kind of event."""
        return self.never

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member has none of these events."""
        return exp.not_(self.events(scope).of(scope))


CONDITIONS.add("never", Never)
