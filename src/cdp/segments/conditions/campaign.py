"""`campaign`: another system has the member in a campaign."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope, certain


class Campaign(Condition):
    """A row of gold.campaign_member with this campaign, and this answer where one is given."""

    campaign: str = Field(description="campaign_id, `source:native id`")
    responded: bool | None = Field(
        None, description="true: only who responded, false: only who did not; default: either"
    )

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member is in the campaign."""
        named = exp.column("campaign_id", table="it").eq(scope.bind(self.campaign))
        rows = scope.rows("gold.campaign_member", scope.key).where(named)
        if self.responded is not None:
            answer = certain(exp.column("responded", table="it"))
            rows = rows.where(answer if self.responded else exp.not_(answer))
        return rows.of(scope)


CONDITIONS.add("campaign", Campaign)
