"""Models that answer an unknown field with the nearest one they know."""

from typing import Any

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from cdp.segments.naming import unknown
from cdp.settings import Strict


class Offering(Strict):
    """A part of a definition."""

    @model_validator(mode="before")
    @classmethod
    def _has_known_fields(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        if not isinstance(given, dict):
            return given
        known = [field.alias or name for name, field in cls.model_fields.items()]
        wrong = [key for key in given if key not in known]
        if not wrong:
            return given
        raise refusal([((str(key),), unknown("field", key, known), given[key]) for key in wrong])


def refusal(problems: list[tuple[tuple[str, ...], str, object]]) -> ValidationError:
    """Return the error that tells of each problem: its place, what is wrong, and what was given."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("refused", "{told}", {"told": told}), loc=place, input=given
        )
        for place, told, given in problems
    ]
    return ValidationError.from_exception_data("definition", details)
