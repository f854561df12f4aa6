"""An object of an org, asked for the rows of one party by a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdp.sources.remote.live import Request, rows_of, unreadable, whole_url
from cdp.sources.remote.salesforce.options import CHANGED
from cdp.sources.remote.salesforce.query import RECORDS
from cdp.sources.wire.pages import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cdp.sources.wire.delivery import Task

_ALL: Final = "FIELDS(ALL)"  # what the user may see; Salesforce gives 200 rows of it at most


@dataclass(frozen=True, slots=True)
class LiveSObject:
    """One object of an org.

    SOQL over REST binds no values: names are such as NAME allows, which `options.fields` and who
    makes this see to, and keys are quoted.

    Attributes:
        base: address of the org.
        version: version of the API.
        name: name of the object.
        key_field: field that holds a party's key.
        fields: fields to read; none: all.
        task: how its rows are read.
    """

    base: str
    version: str
    name: str
    key_field: str
    fields: tuple[str, ...]
    task: Task

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:
        """Return one request, for all keys."""
        usual = ("Id", *CHANGED, "IsDeleted")
        wanted = dict.fromkeys((*usual, *self.fields)) if self.fields else (_ALL,)
        among = ", ".join(_quoted(key) for key in keys)
        soql = (
            f"SELECT {', '.join(wanted)} FROM {self.name} "  # noqa: S608 - see the class
            f"WHERE {self.key_field} IN ({among}) ORDER BY {CHANGED[0]} DESC LIMIT {limit}"
        )
        path = f"services/data/v{self.version}/query"
        return [Request("GET", whole_url(self.base, path, {"q": soql}))]

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the answer holds no records.
        """
        if not raw.strip():
            raise unreadable(self.name)
        return rows_of(page(RECORDS, self.name, raw, self.task), self.name)


def _quoted(key: str) -> str:
    """Return a text of SOQL."""
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"
