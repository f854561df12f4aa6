"""What is in an org of Salesforce, what people do in it, and how it behaves when it is asked."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from simulators.soql import ALL, Query, Row, SoqlError, parse

TYPES = {
    "Id": "id",
    "IsDeleted": "boolean",
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}


def wire(moment: datetime) -> str:
    """Return a moment as the REST API writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


@dataclass
class Table:
    """One object: the type of each field by name, and its rows by Id."""

    prefix: str
    types: dict[str, str]
    rows: dict[str, Row] = field(default_factory=dict)


@dataclass
class Job:
    """A bulk job: its rows as CSV cells, and how often it is looked at before it is complete."""

    told: Row
    fields: list[str]
    rows: list[Row]
    looks: int


@dataclass
class Org:
    """An org, and how it behaves.

    Attributes:
        tables: objects by name.
        forbidden: objects that the user may not see.
        page: rows of one answer.
        answers_a_token: answers that a token is good for; None: any number.
        allowance: requests a day; `used` of them are.
        refusals: answers to give instead of the next ones: status, headers, and text.
        emits: objects that tell of changes by events.
        origin: what events say of where a change came from.
        oldest: replay id of the oldest event that is kept.
        looks: times that a bulk job is not done yet.
        job_fails: what a bulk job says that it failed with.
        asked: method, path and query of every request that was let in.
        meanwhile: what happens in the org after each answer.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    forbidden: set[str] = field(default_factory=set)
    client: tuple[str, str] = ("app", "secret")
    page: int = 2_000
    answers_a_token: int | None = None
    allowance: int = 100_000
    used: int = 0
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    emits: set[str] = field(default_factory=set)
    origin: str = "com/salesforce/api/rest/62.0"
    oldest: int = 1
    looks: int = 1
    job_fails: str | None = None
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[["Org"], None] = lambda _: None
    url: str = ""
    tokens: dict[str, int] = field(default_factory=dict)
    cursors: dict[str, tuple[str, Query, list[str]]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    listeners: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = count(1)

    def has(self, name: str, prefix: str, **types: str) -> None:
        """Add an object with these fields beside those that every object has."""
        self.tables[name] = Table(prefix, TYPES | types)

    def add(self, name: str, **values: object) -> str:
        """Add a row and return its Id."""
        table = self.tables[name]
        key = str(values.pop("Id", f"{table.prefix}{next(self.ids):012d}AAA"))
        table.rows[key] = {"Id": key, "IsDeleted": False, "CreatedDate": wire(self.tick())}
        self._set(name, key, values)
        self.tell(name, "CREATE", key)
        return key

    def change(self, name: str, key: str, **values: object) -> None:
        """Change a row."""
        self.tick()
        was_deleted = self.tables[name].rows[key]["IsDeleted"]
        self._set(name, key, values)
        kinds = {(False, True): "DELETE", (True, False): "UNDELETE"}
        kind = kinds.get((was_deleted, self.tables[name].rows[key]["IsDeleted"]), "UPDATE")
        self.tell(name, kind, key, **values)

    def delete(self, name: str, key: str) -> None:
        """Put a row into the recycle bin."""
        self.change(name, key, IsDeleted=True)

    def purge(self, name: str, key: str) -> None:
        """Forget a row for good."""
        del self.tables[name].rows[key]

    def tell(self, name: str, kind: str, *keys: str, **values: object) -> None:
        """Send an event of these rows, which carries the changed fields alone."""
        if name not in self.emits:
            return
        header = {
            "entityName": name,
            "recordIds": list(keys),
            "changeType": kind,
            "changeOrigin": self.origin,
            "transactionKey": f"{len(self.events):08x}-0000-0000-0000-000000000001",
            "sequenceNumber": 1,
            "commitTimestamp": round(self.now.timestamp() * 1000),
            "commitNumber": 10_000 + len(self.events),
            "commitUser": "005000000000001AAA",
            "changedFields": list(values),
            "nulledFields": [],
            "diffFields": [],
        }
        event = {"replayId": len(self.events) + 1}
        payload = {"ChangeEventHeader": header, **values}
        self.events.append({"schema": "s", "payload": payload, "event": event})

    def tick(self) -> datetime:
        """Let a second pass."""
        self.now += timedelta(seconds=1)
        return self.now

    def token(self) -> str:
        """Return a new token."""
        token = f"00D!{secrets.token_hex(8)}"
        self.tokens[token] = self.answers_a_token if self.answers_a_token is not None else 1 << 30
        return token

    def seen(self, name: str) -> Table:
        """Return an object that the user may see."""
        if name not in self.tables or name in self.forbidden:
            message = f"sObject type '{name}' is not supported."
            raise SoqlError(message, "INVALID_TYPE")
        return self.tables[name]

    def found(self, text: str, *, deleted: bool) -> tuple[Query, list[Row]]:
        """Return a query and the rows that it finds."""
        query = parse(text)
        table = self.seen(query.name)
        for name in query.named:
            parent, _, own = name.rpartition(".")
            if own not in (self.seen(parent) if parent else table).types:
                message = f"No such column '{name}' on entity '{query.name}'."
                raise SoqlError(message, "INVALID_FIELD")
        if query.fields == [ALL]:
            query = replace(query, fields=list(table.types))
        rows = [row for row in table.rows.values() if deleted or not row["IsDeleted"]]
        return query, query.rows(rows)

    def _set(self, name: str, key: str, values: Row) -> None:
        row, stamp = self.tables[name].rows[key], wire(self.now)
        unknown = values.keys() - self.tables[name].types.keys()
        assert not unknown, f"{name} has no {unknown}"
        row |= {"LastModifiedDate": stamp, "SystemModstamp": stamp} | values
