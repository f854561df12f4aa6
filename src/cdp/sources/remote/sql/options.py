"""What a workspace says of a database: its tables and queries, their keys and times of change."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from cdp.settings import Strict
from cdp.sources.remote.absence import AbsenceOptions


class SqlObject(Strict):
    """A table, or a query, and where key and time of change stand in its rows."""

    table: str | None = Field(None, min_length=1, description="table or view, such as public.users")
    query: str | None = Field(None, min_length=1, description="SELECT whose rows are read")
    key: str | list[str] | None = Field(
        None,
        min_length=1,
        description="column of the key, or several; default: the primary key of the table",
    )
    changed: str | None = Field(
        None,
        min_length=1,
        description="column that grows with every change: a time, or a number; default: all rows "
        "are read each time",
    )
    deleted: str | None = Field(
        None,
        min_length=1,
        description="column that is true, or holds a time, where the row counts as deleted",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.table is None) == (self.query is None):
            msg = "give either table: or query:"
            raise ValueError(msg)
        if self.query is not None and self.key is None:
            msg = "a query has no primary key: give key:"
            raise ValueError(msg)
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key; none: the table's own."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key or ())


class SqlOptions(AbsenceOptions):
    """Options of sql_database."""

    objects: dict[str, SqlObject] = Field(
        min_length=1, description="what is read, by the name that its mapping knows it by"
    )
    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    overlap_numbers: int = Field(
        1_000, ge=0, description="the same, where the column of change holds numbers"
    )
    page_rows: int = Field(
        50_000, ge=1, description="rows that are read and kept in one transaction"
    )
    driver: str | None = Field(
        None,
        pattern=r"^[a-z0-9_]+$",
        description="driver that SQLAlchemy is to use, where it is not the usual one",
    )
