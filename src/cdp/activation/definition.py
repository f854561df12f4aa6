"""`destinations/*.yaml`: one destination a file, validated by the model of its type."""

from pydantic import (
    BaseModel,
    ConfigDict,
    RootModel,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    field_validator,
)

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


class SegmentName(BaseModel):
    """A segment's file, of which only the name and what it is of matter here."""

    model_config = ConfigDict(extra="ignore")

    of: str = "person"


DESTINATION_FILES = Declared("destinations/*.yaml", DestinationFile)
SEGMENT_NAMES = Declared("segments/*.yaml", SegmentName)
