"""What a workspace says of a resource of dlt, and of the rows it yields."""

from typing import Any

from pydantic import Field

from cdp.settings import Strict
from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.remote.connection import Secret


class RowOptions(Strict):
    """Where key and time of change stand in the rows of a resource."""

    key: str | list[str] | None = Field(
        None,
        min_length=1,
        description="field of the key, or several; default: the resource's primary_key, else the "
        "content of the whole row",
    )
    changed: str | None = Field(
        None, min_length=1, description="field with the time of change; default: none"
    )
    deleted: str | None = Field(
        None,
        min_length=1,
        description="field that is set where the row counts as deleted; default: the resource's "
        "column with hard_delete",
    )
    complete: bool | None = Field(
        None,
        description="whether each run yields everything there is, so that what it yields no more "
        "is gone; default: where its write_disposition is replace",
    )

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields of the key; none: the resource's own."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key or ())


class DltOptions(RowOptions, AbsenceOptions):
    """Options of dlt; what is said of rows holds for all resources, `resources` for one."""

    resource: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="package.module:name of a resource or source, or of what makes one",
    )
    arguments: dict[str, Any] = Field(default_factory=dict, description="what it is called with")
    secrets: dict[str, Secret] = Field(
        default_factory=dict,
        description="arguments that are secrets, by their dotted place in arguments, such as "
        "config.client.auth.token",
    )
    resources: dict[str, RowOptions] = Field(
        default_factory=dict, description="what is different for one of its resources, by name"
    )
    delivery_rows: int = Field(50_000, ge=1, description="rows that are kept in one transaction")

    def of(self, name: str) -> RowOptions:
        """Return what holds for the rows of one resource."""
        own = self.resources.get(name)
        common = {field: getattr(self, field) for field in RowOptions.model_fields}
        return RowOptions.model_validate(
            common | (own.model_dump(exclude_unset=True) if own else {})
        )
