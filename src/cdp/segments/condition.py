"""A condition of a segment, and the registry that finds its kinds by the key they start with."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    GetJsonSchemaHandler,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlglot import exp

from cdp.registry import Registry
from cdp.segments.naming import offer
from cdp.segments.offering import Offering
from cdp.segments.scope import ConditionError, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile


class Condition(Offering, ABC):
    """Something that is true or false of each possible member."""

    @abstractmethod
    def predicate(self, scope: Scope) -> exp.Expr:
        """Return the SQL of it, over the member's row; never null.

        Raises:
            ConditionError: it names something that is not there.
        """

    def sql(self, scope: Scope) -> exp.Expr:
        """Return the SQL of it, as `predicate`; an error knows which condition is at fault.

        Raises:
            ConditionError: it names something that is not there.
        """
        try:
            return self.predicate(scope)
        except ConditionError as error:
            error.condition = error.condition or self
            raise

    def is_own(self, segments: "Mapping[str, SegmentFile]") -> bool:
        """Whether it follows from the member's own rows, whatever all others have."""
        values = (value for _, value in self)
        several = (value if isinstance(value, tuple) else (value,) for value in values)
        parts = (part for found in several for part in found if isinstance(part, Condition))
        return all(part.is_own(segments) for part in parts)


CONDITIONS: Registry[type[Condition]] = Registry("condition", "cdp.segments.conditions")


def _by_key(given: object, handler: ValidatorFunctionWrapHandler) -> Condition:
    if isinstance(given, Condition) or not isinstance(given, dict):
        checked: Condition = handler(given)
        return checked
    known = CONDITIONS.names()
    keys = [name for name in known if name in given]
    if len(keys) != 1:
        found = ", ".join(map(str, given)) or "nothing"
        near = "" if keys or not given else offer(next(iter(given)), known)
        msg = f"a condition needs exactly one of {', '.join(known)}; found: {found};{near}"
        raise ValueError(msg.removesuffix(";"))
    return CONDITIONS.get(keys[0]).model_validate(given)


class _OneOf:
    """The JSON Schema of a condition: one of the keys that conditions start with."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        _ = core_schema, handler
        return {"type": "object", "oneOf": [{"required": [key]} for key in CONDITIONS.names()]}


AnyCondition = Annotated[SerializeAsAny[Condition], WrapValidator(_by_key), _OneOf]
