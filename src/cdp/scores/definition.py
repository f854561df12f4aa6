"""`scores/*.yaml`: one score a file, validated by the model of its method."""

from pydantic import (
    GetJsonSchemaHandler,
    RootModel,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cdp.errors import UnknownNameError
from cdp.scores.method import METHODS, ScoreDefinition
from cdp.settings import Declared


class ScoreFile(RootModel[SerializeAsAny[ScoreDefinition]]):
    """One score; `method` decides which further fields there are."""

    @field_validator("root", mode="wrap")
    @classmethod
    def _by_method(cls, given: object, handler: ValidatorFunctionWrapHandler) -> ScoreDefinition:
        if not isinstance(given, dict) or not isinstance(given.get("method"), str):
            checked: ScoreDefinition = handler(given)
            return checked
        try:
            method = METHODS.get(given["method"])
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        definition: ScoreDefinition = method.definition.model_validate(given)
        return definition

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return a schema that offers the fields of every method."""
        _ = core_schema
        offered = [
            {
                "allOf": [handler(METHODS.get(name).definition.__pydantic_core_schema__)],
                "properties": {"method": {"const": name}},
            }
            for name in METHODS.names()
        ]
        return {"description": cls.__doc__, "oneOf": offered}


SCORES = Declared("scores/*.yaml", ScoreFile)
