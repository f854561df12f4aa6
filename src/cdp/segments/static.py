"""What a static group compiles to: whom somebody put into it, as the ids are now."""

from sqlglot import exp

from cdp.segments.condition import Condition
from cdp.segments.scope import Scope


class Static(Condition):
    """The member was put into the group; it stands for the whole definition, never for a part."""

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member was put into the group whose definition this is."""
        named = exp.column("segment", table="it").eq(scope.bind(scope.path[-1]))
        return scope.rows("gold.static_member").where(named).of(scope)
