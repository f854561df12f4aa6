"""Files that name the extension they are for, and are validated by its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, RootModel, SerializeAsAny, field_validator

from cdp.errors import UnknownNameError

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler, ValidatorFunctionWrapHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

D = TypeVar("D", bound=BaseModel)


class Defined(Protocol):
    """An extension that a file may declare something for."""

    @property
    def definition(self) -> type[BaseModel]:
        """The model of what is declared for it."""


class Known(Protocol):
    """The extensions of one kind, such as `Registry` holds."""

    def get(self, name: str) -> Defined:
        """Return the extension with this name, or raise UnknownNameError."""

    def names(self) -> list[str]:
        """Return every known name, sorted."""


class OneOf(RootModel[SerializeAsAny[D]], Generic[D]):
    """A file whose field `by` names which of the `known` extensions decides its further fields."""

    by: ClassVar[str]
    known: ClassVar[Known]

    @field_validator("root", mode="wrap")
    @classmethod
    def _by_name(cls, given: object, handler: ValidatorFunctionWrapHandler) -> object:
        name = given.get(cls.by) if isinstance(given, dict) else None
        if not isinstance(name, str):
            return handler(given)
        try:
            extension = cls.known.get(name)
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        return extension.definition.model_validate(given)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return a schema that offers the fields of every extension."""
        _ = core_schema
        offered = [
            {
                "allOf": [handler(cls.known.get(name).definition.__pydantic_core_schema__)],
                "properties": {cls.by: {"const": name}},
            }
            for name in cls.known.names()
        ]
        return {"description": cls.__doc__, "oneOf": offered}
