"""A condition of a segment, and the registry that finds its kinds by the key they start with."""

from typing import Annotated

from pydantic import SerializeAsAny, ValidatorFunctionWrapHandler, WrapValidator
from sqlglot import exp

from cdp.registry import Registry
from cdp.segments.scope import Scope
from cdp.settings import Strict


class Condition(Strict):
    """Something that is true or false of each possible member."""

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return the SQL of it, over the member's row; never null.

        Raises:
            ConditionError: it names something that is not there.
        """
        raise NotImplementedError


CONDITIONS: Registry[type[Condition]] = Registry("condition", "cdp.segments.conditions")


def _by_key(given: object, handler: ValidatorFunctionWrapHandler) -> Condition:
    if isinstance(given, Condition) or not isinstance(given, dict):
        checked: Condition = handler(given)
        return checked
    keys = [name for name in CONDITIONS.names() if name in given]
    if len(keys) != 1:
        found = ", ".join(map(str, given)) or "nothing"
        msg = f"a condition needs exactly one of {', '.join(CONDITIONS.names())}; found: {found}"
        raise ValueError(msg)
    return CONDITIONS.get(keys[0]).model_validate(given)


AnyCondition = Annotated[SerializeAsAny[Condition], WrapValidator(_by_key)]
