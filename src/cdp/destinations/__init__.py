"""Where segments can go: one file per type of destination, found by `DESTINATIONS`.

Invariant: a destination gets rows that may leave and a path of its own to write to; who may be
in them, names, atomic renaming and book-keeping are decided in `cdp.activation`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from cdp.registry import Registry
from cdp.settings import Strict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyRelation

Channel = Literal["email", "sms", "phone", "post"]
INTERNAL = "internal"


class ExportColumn(Strict):
    """One column of an export under a name of its own."""

    field: str = Field(description="what is in it: email, feature.orders, score.rfm, contact, ...")
    name: str = Field(pattern=r"^\w[\w .-]*$", description="its heading")


def _called_as_it_is(given: object) -> object:
    return {"field": given, "name": given} if isinstance(given, str) else given


NamedColumn = Annotated[
    ExportColumn, BeforeValidator(_called_as_it_is, json_schema_input_type=str | ExportColumn)
]


class DestinationDefinition(Strict):
    """What every destination declares, whatever its type."""

    type: str = Field(description="name of a destination type: csv_file, parquet_file, ...")
    description: str = Field("", description="one sentence: who gets it, and what for")
    segments: tuple[str, ...] = Field(min_length=1, description="segments that go there")
    purpose: str = Field(
        description="purpose that members must have permitted: marketing, service, ...; "
        "`internal`: nobody is contacted, so no permission is needed"
    )
    channel: Channel | None = Field(
        None, description="channel that members will be contacted through"
    )
    category: str | None = Field(None, description="communication category, where there is one")
    columns: tuple[NamedColumn, ...] = Field(
        (
            ExportColumn(field="profile_id", name="profile_id"),
            ExportColumn(field="contact", name="contact"),
        ),
        min_length=1,
        description="columns in order: names of fields, or {field, name}",
    )
    path: str | None = Field(
        None, description="folder, relative to the workspace; default .cdp/exports/<destination>"
    )
    when: Literal["each_run"] = Field(
        "each_run", description="after each run in which something changed"
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.purpose != INTERNAL and self.channel is None:
            msg = f"purpose {self.purpose!r} needs a channel: email, sms, phone or post"
            raise ValueError(msg)
        headings = [column.name for column in self.columns]
        doubled = sorted({name for name in headings if headings.count(name) > 1})
        if doubled:
            msg = f"two columns are called {doubled[0]!r}; give one another name"
            raise ValueError(msg)
        return self


D = TypeVar("D", bound=DestinationDefinition)


@dataclass(frozen=True, slots=True)
class Destination(Generic[D]):
    """One type of destination.

    Attributes:
        name: what a definition writes under `type`.
        suffix: how its files end.
        definition: the pydantic model of such a definition.
        write: puts the rows, in their order, into a new file at the path.
    """

    name: str
    suffix: str
    definition: type[D]
    write: "Callable[[DuckDBPyRelation, Path, D], None]"


DESTINATIONS: Registry[Destination[Any]] = Registry("destination type", "cdp.destinations")
