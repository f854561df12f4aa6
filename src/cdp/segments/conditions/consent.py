"""`consent`: a permission in force for the member."""

from typing import Literal

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope


class Consent(Condition):
    """A row of gold.consent with this purpose and state.

    A segment may look at permissions; whether a member may be written to is decided again,
    for the golden contact point, when the segment leaves.
    """

    consent: str = Field(description="purpose: marketing, service, ...")
    state: Literal["granted", "denied", "pending"] = Field("granted", description="its state")
    channel: Literal["email", "sms", "phone", "post"] | None = Field(
        None, description="only for this channel"
    )
    category: str | None = Field(None, description="only for this communication category")
    best: bool = Field(
        default=False, description="true: only for the golden contact point of the member"
    )

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member has such a permission."""
        wanted = {
            "purpose": self.consent,
            "state": self.state,
            "channel": self.channel,
            "category": self.category,
            "best": self.best or None,
        }
        rows = scope.rows("gold.consent")
        for name, value in wanted.items():
            if value is not None:
                rows = rows.where(exp.column(name, table="it").eq(scope.bind(value)))
        return rows.of(scope)


CONDITIONS.add("consent", Consent)
