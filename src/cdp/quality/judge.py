"""Judge what arrived by the rules, all of it or what a delta reaches, to the same outcome.

Invariant: what a rule says of a version follows from the version and the country alone, or from
the values that the held records have in the rule's own fields; both are kept, so that a delta
looks at the records that moved and at those that share a value with them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.quality.compile import Reading, asked, judging, keys, keys_led_to, readings
from cdp.quality.corrections import decisions
from cdp.quality.formats import FORMATS
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.quality.compile import Select
    from cdp.quality.plan import Object, Plan, Rule
    from cdp.store import Warehouse
    from cdp.store.state_corrections import Correction

PACKAGE: Final = "cdp.quality"
TOUCHED: Final = "step.quality_touched"
KEY: Final = "step.quality_key"
KEPT: Final = ("quality_held", "quality_key", "quality_decided")
"""Step tables that the next run on a delta reads."""

_CROSS: Final = {"reference", "unique", "together"}
_FOUND: Final = "temp.quality_found"
_KEY_NOW: Final = "temp.quality_key_now"
_FORMATS: Final = "temp.quality_format"
_FOUND_ROWS: Final = {"seq": pl.Int64, "place": pl.Int32, "original": pl.String}
_KEY_ROWS: Final = {
    "number": pl.Int32,
    "value": pl.String,
    "seq": pl.Int64,
    "native_id": pl.String,
    "first_seq": pl.Int64,
}
_FORMAT_ROWS: Final = {
    "format": pl.String,
    "country": pl.String,
    "value": pl.String,
    "holds": pl.Boolean,
}
_OF_TARGET: Final = "seq in (select seq from temp.quality_target)"
_OF_LOOKED: Final = "seq in (select seq from temp.quality_looked)"
_OF_AFFECTED: Final = "(seq, place) in (select seq, place from temp.quality_affected)"
_THERE: Final = """
select count(*)
from information_schema.tables
where table_schema = 'step' and list_contains($names, table_name)
"""
_PASSING: Final = """
select table_name
from duckdb_tables()
where database_name = 'temp' and starts_with(table_name, 'quality_')
order by table_name
"""


def load(name: str) -> Statement:
    """Return a statement of this room."""
    return Statement.load(PACKAGE, name)


@dataclass(slots=True)
class Judge:
    """The rules and corrections of a workspace over a warehouse.

    Attributes:
        warehouse: with bronze in it.
        plan: the rules.
        corrections: those in force.
        country: in which phones and postcodes are read where nothing else is said.
    """

    warehouse: Warehouse
    plan: Plan
    corrections: list[Correction]
    country: str

    def anew(self) -> None:
        """Judge everything."""
        self._declare()
        self.warehouse.put(KEY, pl.DataFrame(schema=_KEY_ROWS))
        self.warehouse.make(load("record"))
        self._judge(everything=True)

    def follow(self, since: int) -> bool:
        """Judge what arrived or was corrected after a run, and what that reaches.

        `TOUCHED` lists the records that later stages read otherwise than before. Returns False,
        having done nothing, where the last run left nothing to build on.
        """
        there = self.warehouse.query(_THERE, names=list(KEPT)).item()
        if there < len(KEPT):
            return False
        self._declare()
        self.warehouse.make(load("redecided"))
        self.warehouse.make(load("record_touched"), since=since)
        self._judge(everything=False)
        return True

    def _declare(self) -> None:
        """Write down rules and corrections as small tables that the statements join."""
        objects = {"source": pl.String, "object": pl.String}
        governed = pl.DataFrame(self.plan.governed, schema=objects, orient="row")
        self.warehouse.put("temp.quality_governed", governed)
        self.warehouse.put("temp.quality_decision", decisions(self.corrections))
        self.warehouse.put("temp.quality_rule", rule_rows(self.plan.rules))

    def _judge(self, *, everything: bool) -> None:
        warehouse = self.warehouse
        stance = load("stance")
        warehouse.make(replace(stance, writes="temp.quality_stance_before"))
        warehouse.make(load("target"))
        warehouse.redo(load("correction"), "true" if everything else _OF_TARGET)
        self._find()
        warehouse.redo(load("failure"), "true" if everything else f"{_OF_TARGET} or {_OF_AFFECTED}")
        warehouse.make(load("looked"))
        warehouse.redo(load("refusal"), "true" if everything else _OF_LOOKED)
        self._hold(everything=everything)
        warehouse.make(load("decided"))
        warehouse.make(stance)
        warehouse.make(load("touched"))

    def _find(self) -> None:
        """Fill `temp.quality_found` with what is at fault in the versions that are looked at."""
        warehouse = self.warehouse
        warehouse.view(load("payload"))
        found = self._read()
        warehouse.put(_FOUND, pl.DataFrame(schema=_FOUND_ROWS))
        self._look_at_formats(found)
        for place, rule in enumerate(self.plan.rules):
            if rule.kind not in _CROSS:
                reading = found[rule.source, rule.object]
                self._add(_FOUND, judging(rule, place, reading, self.country))
        self._note_keys(found)
        warehouse.make(load("affected"))
        warehouse.append(load("cross"))
        warehouse.connection.execute("drop view temp.quality_payload")

    def _read(self) -> dict[Object, Reading]:
        """Take the fields that rules look at out of the payloads, one table an object."""
        found = readings(self.plan.governed)
        # What a rule reads is told by compiling it.
        for place, rule in enumerate(self.plan.rules):
            for _ in self._selects(place, rule, found):
                pass
        for reading in found.values():
            self.warehouse.write(f"create or replace temp table {reading.table} as {reading.sql()}")
        return found

    def _selects(self, place: int, rule: Rule, found: dict[Object, Reading]) -> Iterator[Select]:
        """Yield what a rule reads from the tables of fields."""
        own = found[rule.source, rule.object]
        if rule.kind not in _CROSS:
            yield judging(rule, place, own, self.country)
            return
        yield keys(rule, place, own)
        if rule.target is not None:
            yield keys_led_to(rule, place, found[rule.target[0]])

    def _look_at_formats(self, found: dict[Object, Reading]) -> None:
        """Ask the libraries of each distinct value once."""
        self.warehouse.put(_FORMATS, pl.DataFrame(schema=_FORMAT_ROWS))
        frames = []
        for rule in self.plan.rules:
            if rule.kind == "format":
                select = asked(rule, found[rule.source, rule.object], self.country)
                frames.append(self.warehouse.query(select.sql, **select.values))
        if frames:
            values = pl.concat(frames, how="vertical_relaxed").unique(maintain_order=True)
            held = [FORMATS[name].holds(value, of) for name, of, value in values.iter_rows()]
            self.warehouse.insert(_FORMATS, values.with_columns(pl.Series("holds", held)))

    def _note_keys(self, found: dict[Object, Reading]) -> None:
        """Put the values that held records share or lead to in place of those they had."""
        warehouse = self.warehouse
        warehouse.put(_KEY_NOW, pl.DataFrame(schema=_KEY_ROWS))
        for place, rule in enumerate(self.plan.rules):
            if rule.kind in _CROSS:
                for select in self._selects(place, rule, found):
                    self._add(_KEY_NOW, select)
        warehouse.make(load("moved"))
        warehouse.redo(load("key"), _OF_TARGET)

    def _add(self, table: str, select: Select) -> None:
        self.warehouse.write(f"insert into {table} by name {select.sql}", select.values or None)

    def _hold(self, *, everything: bool) -> None:
        held = load("held")
        if everything:
            self.warehouse.make(held)
        else:
            self.warehouse.redo(held, _OF_TARGET)


def tidy(warehouse: Warehouse) -> None:
    """Drop the private tables that no later run reads."""
    for name in warehouse.query(_PASSING)["table_name"].to_list():
        warehouse.drop(f"temp.{name}")


def rule_rows(rules: tuple[Rule, ...]) -> pl.DataFrame:
    """Return the rules as rows, by their places."""
    schema = {
        "place": pl.Int32,
        "source": pl.String,
        "object": pl.String,
        "rule": pl.String,
        "kind": pl.String,
        "field": pl.String,
        "severity": pl.String,
        "message": pl.String,
    }
    rows = [
        (place, r.source, r.object, r.name, r.kind, r.field, r.severity, r.message)
        for place, r in enumerate(rules)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
