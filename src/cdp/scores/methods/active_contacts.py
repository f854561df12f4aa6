"""Recently active contacts: how many contacts of an organisation did something in a rolling window.

A contact counts once however much it did; what was only sent to it does not count.
"""

from collections.abc import Mapping

import polars as pl
from pydantic import Field

from cdp.scores.method import METHODS, EntityType, Method, ScoreDefinition
from cdp.stage import Run
from cdp.store import Statement
from cdp.store.narrow import narrowed
from cdp.store.touching import share


class ActiveContacts(ScoreDefinition):
    """The number of contacts that were active in the window."""

    of: tuple[EntityType, ...] = Field(
        ("organisation",), min_length=1, description="who has this score: organisation, group"
    )
    window_days: int = Field(21, gt=0, description="length of the rolling window in days")


def _compute(run: Run, definitions: Mapping[str, ActiveContacts]) -> None:
    _declare(run, definitions)
    run.warehouse.make(_sql("active_contact"), as_of=run.as_of)
    run.warehouse.make(_sql("active_account"))
    run.warehouse.append(_sql("active_point"))


def _reach(run: Run, definitions: Mapping[str, ActiveContacts]) -> bool:
    """Touch the organisations that touched people were or are active contacts of."""
    warehouse = run.warehouse
    _declare(run, definitions)
    warehouse.append(_sql("active_employer"))
    warehouse.refresh(_sql("active_contact"), as_of=run.as_of)
    warehouse.append(_sql("active_employer"))
    share(warehouse)
    return True


def _again(run: Run, definitions: Mapping[str, ActiveContacts]) -> None:
    _ = definitions
    run.warehouse.refresh(_sql("active_account"))
    run.warehouse.append(narrowed(_sql("active_point")))


def _declare(run: Run, definitions: Mapping[str, ActiveContacts]) -> None:
    rows = [(name, kind, d.window_days) for name, d in definitions.items() for kind in d.of]
    schema = {"score": pl.String, "entity_type": pl.String, "window_days": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    run.warehouse.put("step.active_definition", frame)


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)


METHODS.add("active_contacts", Method("active_contacts", ActiveContacts, _compute, _reach, _again))
