"""`analyses/*.yaml`: one analysis a file, validated by the model of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import (
    GetJsonSchemaHandler,
    RootModel,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from cdp.analyses.analysis import KINDS, AnalysisDefinition
from cdp.errors import UnknownNameError
from cdp.settings import Declared

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from cdp.settings import Workspace


class AnalysisFile(RootModel[SerializeAsAny[AnalysisDefinition]]):
    """One analysis; `kind` decides which further fields there are."""

    @field_validator("root", mode="wrap")
    @classmethod
    def _by_kind(cls, given: object, handler: ValidatorFunctionWrapHandler) -> AnalysisDefinition:
        if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
            checked: AnalysisDefinition = handler(given)
            return checked
        try:
            kind = KINDS.get(given["kind"])
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        definition: AnalysisDefinition = kind.definition.model_validate(given)
        return definition

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return a schema that offers the fields of every kind."""
        _ = core_schema
        offered = [
            {
                "allOf": [handler(KINDS.get(name).definition.__pydantic_core_schema__)],
                "properties": {"kind": {"const": name}},
            }
            for name in KINDS.names()
        ]
        return {"description": cls.__doc__, "oneOf": offered}


ANALYSES = Declared("analyses/*.yaml", AnalysisFile)


def declared(workspace: Workspace) -> dict[str, AnalysisDefinition]:
    """Return every analysis of the workspace's files by its name, sorted.

    Raises:
        ConfigError: one of them does not validate.
    """
    return {name: file.root for name, file in workspace.many(ANALYSES).items()}


def offered(workspace: Workspace) -> dict[str, AnalysisDefinition]:
    """Return all that can be asked for: those of files, and kinds that need no definition.

    Raises:
        ConfigError: a file does not validate.
    """
    alone = {
        name: KINDS.get(name).definition(kind=name)
        for name in KINDS.names()
        if KINDS.get(name).alone
    }
    return dict(sorted((alone | declared(workspace)).items()))
