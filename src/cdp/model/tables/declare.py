"""How a table is declared: a block of text, one column a line.

A line is `name type description`; a `?` after the type allows null.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its DuckDB type, whether it may be null, and what it holds."""

    name: str
    type: str
    description: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: `schema.noun`, singular.
        grain: what one row is.
        key: columns that identify a row; empty for append-only logs without one.
        columns: in order.
        subject: the column that says whose personal data a row is, None when it is nobody's.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    subject: str | None

    @property
    def schema(self) -> str:
        """Layer the table belongs to."""
        return self.name.split(".", 1)[0]


def table(name: str, grain: str, key: str, columns: str, subject: str | None = None) -> Table:
    """Return the table that this text declares."""
    parsed = tuple(_column(line) for line in columns.strip().splitlines())
    return Table(name, grain, tuple(key.split()), parsed, subject)


def _column(line: str) -> Column:
    name, type_, description = line.split(None, 2)
    return Column(name, type_.rstrip("?"), description, type_.endswith("?"))
