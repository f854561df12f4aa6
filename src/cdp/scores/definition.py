"""`scores/*.yaml`: one score a file, validated by the model of its method."""

from pydantic import RootModel, SerializeAsAny, ValidatorFunctionWrapHandler, field_validator

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


SCORES = Declared("scores/*.yaml", ScoreFile)
