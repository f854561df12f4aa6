"""`destinations/*.yaml`: one destination a file, validated by the model of its type."""

from pydantic import (
    GetJsonSchemaHandler,
    RootModel,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cdp.destinations import DESTINATIONS, DestinationDefinition
from cdp.errors import UnknownNameError
from cdp.settings import Declared


class DestinationFile(RootModel[SerializeAsAny[DestinationDefinition]]):
    """One destination; `type` decides which further fields there are."""

    @field_validator("root", mode="wrap")
    @classmethod
    def _by_type(
        cls, given: object, handler: ValidatorFunctionWrapHandler
    ) -> DestinationDefinition:
        if not isinstance(given, dict) or not isinstance(given.get("type"), str):
            checked: DestinationDefinition = handler(given)
            return checked
        try:
            destination = DESTINATIONS.get(given["type"])
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        definition: DestinationDefinition = destination.definition.model_validate(given)
        return definition

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return a schema that offers the fields of every type."""
        _ = core_schema
        offered = [
            {
                "allOf": [handler(DESTINATIONS.get(name).definition.__pydantic_core_schema__)],
                "properties": {"type": {"const": name}},
            }
            for name in DESTINATIONS.names()
        ]
        return {"description": cls.__doc__, "oneOf": offered}


DESTINATION_FILES = Declared("destinations/*.yaml", DestinationFile)
