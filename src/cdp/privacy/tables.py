"""Take a person out of every table of a DuckDB file, those of a later version included.

Tables are found in the file itself; what is known of them is in `model/tables/person.py`. A table
that is not there, as the private ones of stages, goes by the names of its columns.

Invariant: whatever a table is called, afterwards no text of it tells of the person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.model.tables.person import COLUMNS, PERSON
from cdp.privacy.telling import ERASED
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.privacy.person import Person
    from cdp.privacy.telling import Telling
    from cdp.store import Warehouse

_TABLES: Final = """
select schema_name || '.' || table_name as name, column_name, data_type, is_nullable
from duckdb_columns()
where not internal
    and database_name = current_database()
    and (schema_name, table_name) in (
        select (schema_name, table_name) from duckdb_tables() where estimated_size > 0
    )
order by schema_name, table_name, column_index
"""
_TEXT: Final = "VARCHAR"
_LIST: Final = "VARCHAR[]"
_JSON: Final = "JSON"
_KEYS: Final = {
    "profile": "temp.erased_profile",
    "record": "temp.erased_record",
    "event": "temp.erased_event",
    "version": "temp.erased_version",
    "contact": "temp.erased_contact",
    "key": "temp.erased_key",
}
_NATIVE: Final = "(source, object, native_id) in (from temp.erased_native)"
_AROUND: Final = "[^\\w.:+@-]"
"""What may stand beside a key in a position: no sign within a time or an address."""
_PLACE: Final = f"""exists (
    select 1 from temp.erased_native as n
    where n.source = cursor.source and n.object = cursor.object and len(
        list_filter(
            string_split(n.native_id, '|'),
            lambda part: not regexp_matches(
                cursor.position, '(^|{_AROUND})' || regexp_escape(part) || '($|{_AROUND})'
            )
        )
    ) = 0
)"""  # noqa: S608 - of what stands here
_CURSOR: Final = "bronze.cursor"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of a file: its name, and its columns with their types."""

    name: str
    columns: Mapping[str, str]

    @property
    def is_private(self) -> bool:
        """Whether a stage makes it anew in every run on everything."""
        return self.name not in PERSON

    @property
    def texts(self) -> list[str]:
        """The columns that hold text of any shape."""
        return [c for c, type_ in self.columns.items() if _TEXT in type_ or type_ == _JSON]


class Tables:
    """The tables of an open file, out of which one person is taken."""

    def __init__(self, warehouse: Warehouse, person: Person, telling: Telling) -> None:
        self._warehouse = warehouse
        self._person = person
        self._telling = telling
        self.kept = list(_kept(warehouse))
        self._keys = {
            "profile": list(person.profile_ids),
            "record": list(person.records),
            "native": sorted({native for _, _, native in person.keys}),
        }
        _offer(warehouse, person)

    def count(self) -> Counter[str]:
        """Return the rows that are the person's, by table; nothing is changed."""
        found: Counter[str] = Counter()
        for table in self.kept:
            condition = theirs(table)
            if condition:
                found[table.name] = self._count(table, condition)
        return +found

    def erase(self) -> Counter[str]:
        """Take the person out, inside the caller's transaction; return what was cut, by table."""
        cut: Counter[str] = Counter()
        self._blocks()
        for table in self.kept:
            condition = theirs(table)
            if condition:
                self._execute(f"delete from {quoted(table.name)} where {condition}")  # noqa: S608
            cut[table.name] += self._cut_lists(table)
        cut += self._share()
        for table in self.kept:
            cut[table.name] += self._sweep(table)
        return +cut

    def left(self) -> Counter[str]:
        """Return rows that still tell of the person, by table; empty when it was done well."""
        found = self.count()
        for table in self.kept:
            if table.texts:
                found[table.name] += self._count(table, _tells(table), self._telling.pattern)
        return +found

    def _blocks(self) -> None:
        """Take the person's records out of the blocks that identity keeps, which number them."""
        names = {table.name for table in self.kept}
        if {"step.engine_block", "step.engine_number"} <= names:
            self._execute(
                "delete from step.engine_block where number in (select number "
                "from step.engine_number where record_id in (from temp.erased_record))"
            )

    def _cut_lists(self, table: Kept) -> int:
        """Take the person out of lists in rows that are somebody else's."""
        rule = PERSON.get(table.name)
        done = 0
        for column in rule.cut if rule else ():
            holds, type_ = COLUMNS.get(column), table.columns.get(column)
            if type_ != _LIST or holds is None:
                continue
            name, mine = quoted(column), f"list_has_any({quoted(column)}, $keys)"
            if holds == "native":
                mine += " and (source, object) in (select (source, object) from temp.erased_native)"
            done += self._execute(
                f"update {quoted(table.name)} set {name} = "  # noqa: S608 - quoted
                f"list_filter({name}, lambda k: not list_contains($keys, k)) where {mine}",
                keys=self._keys[holds],
            )
        return done

    def _share(self) -> Counter[str]:
        """Cut the person out of what is somebody else's, too: by names and streets as well."""
        cut: Counter[str] = Counter()
        for table in self.kept:
            condition = _shared(table)
            if condition:
                cut[table.name] += self._nameless(table, condition)
                cut[table.name] += self._replace(table, condition, self._telling.wide)
        return cut

    def _nameless(self, table: Kept, condition: str) -> int:
        """Let a shared event belong to the organisation alone."""
        owners = [
            column
            for column in ("profile_id", "record_id", "ref_kind", "ref_value")
            if column in table.columns
        ]
        if table.name.startswith("bronze.") or not owners or "account_id" not in table.columns:
            return 0
        sets = ", ".join(f"{column} = null" for column in owners)
        return self._execute(f"update {quoted(table.name)} set {sets} where {condition}")  # noqa: S608

    def _sweep(self, table: Kept) -> int:
        """Leave no text of the table that tells of the person; return the rows that did."""
        if not table.texts:
            return 0
        is_unowned = table.is_private and not theirs(table)
        pattern = self._telling.wide if is_unowned else self._telling.pattern
        found = self._count(table, _tells(table), pattern)
        if not found:
            return 0
        is_whole = table.name == _CURSOR  # a part of a position is none
        is_odd = any(t not in {_TEXT, _LIST, _JSON} for t in self._types(table))
        if table.is_private or is_whole or is_odd:
            return self._execute(
                f"delete from {quoted(table.name)} where {_tells(table)}",  # noqa: S608
                pattern=pattern,
            )
        return max(found, self._replace(table, "true", pattern))

    def _types(self, table: Kept) -> set[str]:
        return {table.columns[column] for column in table.texts}

    def _replace(self, table: Kept, condition: str, pattern: str) -> int:
        """Cut a pattern out of the texts of the rows that satisfy the condition."""
        done = 0
        blank = PERSON[table.name].cut if table.name == "bronze.rejected" else ()
        for column in table.texts:
            name, type_ = quoted(column), table.columns[column]
            clean = _without(name, type_, column in blank)
            done += self._execute(
                f"update {quoted(table.name)} set {name} = {clean} "  # noqa: S608 - quoted
                f"where {condition} and regexp_matches({name}::varchar, $pattern)",
                pattern=pattern,
            )
        return done

    def _count(self, table: Kept, condition: str, pattern: str | None = None) -> int:
        sql = f"select count(*) from {quoted(table.name)} where {condition}"  # noqa: S608 - quoted
        params = {"pattern": pattern} if pattern is not None else {}
        return int(self._warehouse.query(sql, **params).item())

    def _execute(self, sql: str, **params: object) -> int:
        return int(self._warehouse.connection.execute(sql, params or None).fetchall()[0][0])


def _kept(warehouse: Warehouse) -> Iterator[Kept]:
    columns: dict[str, dict[str, str]] = {}
    for name, column, type_, _ in warehouse.query(_TABLES).iter_rows():
        columns.setdefault(name, {})[column] = type_
    for name, found in columns.items():
        if not name.startswith("temp."):
            yield Kept(name, found)


def _offer(warehouse: Warehouse, person: Person) -> None:
    """Put the person's keys into private tables that the conditions look into."""
    keys: dict[str, list[str]] = {
        "profile": list(person.profile_ids),
        "record": list(person.records),
        "event": list(person.events),
        "shared_event": list(person.shared_events),
        "contact": sorted({value for _, value in person.values}),
        "key": [*person.profile_ids, *person.records],
    }
    for name, found in keys.items():
        warehouse.put(f"temp.erased_{name}", pl.DataFrame({"key": found}, {"key": pl.String}))
    for name, versions in (
        ("version", person.versions),
        ("shared_version", person.shared_versions),
    ):
        frame = pl.DataFrame({"key": list(versions)}, {"key": pl.Int64})
        warehouse.put(f"temp.erased_{name}", frame)
    triples = dict.fromkeys(("source", "object", "native_id"), pl.String)
    frame = pl.DataFrame(list(person.keys), schema=triples, orient="row")
    warehouse.put("temp.erased_native", frame)
    schema = {"source": pl.String, "object": pl.String, "load_id": pl.Int64, "locator": pl.String}
    frame = pl.DataFrame(list(person.places), schema=schema, orient="row")
    warehouse.put("temp.erased_place", frame)


def theirs(table: Kept) -> str:
    """Return the condition that a row is the person's; empty where no column says whose it is."""
    rule = PERSON.get(table.name)
    named = rule.rows if rule else [c for c in table.columns if c in COLUMNS]
    parts = [part for column in named if (part := _names(table, column))]
    if table.name == "silver.quarantine":
        parts.append("(source, object, load_id, locator) in (from temp.erased_place)")
    condition = " or ".join(parts)
    if table.name == "identity.history":  # that it was erased is what stays
        condition = f"({condition}) and event <> 'erased'"
    shared = _shared(table)
    return f"({condition}) and not coalesce({shared}, false)" if condition and shared else condition


def _names(table: Kept, column: str) -> str:
    """Return the condition that this column names the person."""
    type_, holds, name = table.columns.get(column), COLUMNS[column], quoted(column)
    if holds == "place":
        return _PLACE if table.name == _CURSOR else ""
    if holds == "native":
        return _NATIVE if type_ == _TEXT and {"source", "object"} <= set(table.columns) else ""
    if type_ == _LIST:
        return f"list_has_any({name}, (select list(key) from {_KEYS[holds]}))"  # noqa: S608
    wanted = "BIGINT" if holds == "version" else _TEXT
    return f"{name} in (from {_KEYS[holds]})" if type_ == wanted else ""


def _shared(table: Kept) -> str:
    """Return the condition that a row is about the person and about somebody else; or nothing."""
    if table.name == "bronze.record" or ("seq" in table.columns and not table.is_private):
        return "seq in (from temp.erased_shared_version)"
    schema, _, noun = table.name.partition(".")
    event = f"{noun}_id"
    if schema in {"silver", "gold"} and COLUMNS.get(event) == "event" and event in table.columns:
        return f"{quoted(event)} in (from temp.erased_shared_event)"
    return ""


def _tells(table: Kept) -> str:
    """Return the condition that a text of the row tells of the person."""
    texts = (f"regexp_matches({quoted(column)}::varchar, $pattern)" for column in table.texts)
    return f"coalesce({' or '.join(texts)}, false)"


def _without(name: str, type_: str, is_blank: bool) -> str:  # noqa: FBT001 - private
    """Return the value of a column without what tells of the person."""
    if is_blank:
        return f"'{ERASED}'"
    if type_ == _LIST:
        return f"list_filter({name}, lambda k: not regexp_matches(k, $pattern))"
    plain = _cut(name, ERASED)
    if type_ != _JSON:
        return plain
    number = _cut(name, f'"{ERASED}"')  # what stood there was no text but a number
    return (
        f"(case when json_valid({plain}) then {plain} when json_valid({number}) then {number} "
        f"else '\"{ERASED}\"' end)::json"
    )


def _cut(name: str, instead: str) -> str:
    once = f"regexp_replace({name}::varchar, $pattern, '\\1{instead}\\2', 'g')"
    return f"regexp_replace({once}, $pattern, '\\1{instead}\\2', 'g')"
