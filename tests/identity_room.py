"""A small silver made by hand, with ten people and four firms or empty, and identity runs on it."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from builders import AS_OF, Value, add, bare, carry_out, opened, workspace
from cdp.identity.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Report
from cdp.store.state import State
from cdp.store.state_decisions import Decisions, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdp.store import Warehouse

PEOPLE = (
    ("Anna", "Lindgren", "1984-03-12"),
    ("Bruno", "Castellani", "1979-11-02"),
    ("Carmen", "Ortega", "1991-06-25"),
    ("Dmitri", "Volkov", "1966-01-30"),
    ("Elif", "Yilmaz", "1988-09-17"),
    ("Farid", "Haddad", "1973-12-05"),
    ("Greta", "Baumann", "1995-04-08"),
    ("Hugo", "Lefebvre", "1982-07-21"),
    ("Ines", "Carvalho", "1969-02-14"),
    ("Jonas", "Kowalski", "1990-10-03"),
)
FIRMS = ("Nordwind Logistik GmbH", "Castor Metal SA", "Blue Harbour Ltd", "Ottavia Tessuti Srl")
RULES: dict[str, object] = {
    "identity.yaml": {"own_domains": ["shop.example"], "extra": "attributes"}
}


class World:
    """A workspace whose silver a test fills record by record."""

    def __init__(self, warehouse: Warehouse, place: Workspace) -> None:
        self.warehouse, self.place, self.runs = warehouse, place, 0
        self.report = Report()

    def record(
        self,
        record_id: str,
        kind: str = "person",
        identifiers: dict[str, str] | None = None,
        **attributes: str,
    ) -> None:
        """Add a source record with its identifiers and attributes."""
        source, native = record_id.split(":", 1)
        base: dict[str, Value] = {
            "record_id": record_id,
            "source": source,
            "native_id": native,
            "party_type": kind,
        }
        add(self.warehouse, "silver.record", base)
        for name, value in attributes.items():
            row: dict[str, Value] = {"record_id": record_id, "attribute": name, "value": value}
            add(self.warehouse, "silver.attribute", row)
        for name, value in {"source": record_id, **(identifiers or {})}.items():
            row = {"record_id": record_id, "kind": name, "value": value, "original": value}
            add(self.warehouse, "silver.identifier", row)

    def see(self, visitor: str, user: str) -> None:
        """Say that a user signed in on a visitor's device."""
        add(
            self.warehouse,
            "silver.visitor_link",
            {"visitor_record_id": visitor, "record_id": user},
        )

    def remove(self, source: str) -> None:
        """Forget all records of a source."""
        for table in ("silver.record", "silver.attribute", "silver.identifier"):
            self.warehouse.connection.execute(
                f"delete from {table} where starts_with(record_id, ?)",  # noqa: S608 - constant
                [source + ":"],
            )

    def run(self) -> dict[str, int]:
        """Run the stage, a day after the last run, and return its counts."""
        self.runs += 1
        as_of = AS_OF + timedelta(days=self.runs)
        self.report = carry_out(STAGE, self.warehouse, self.place, run_id=self.runs, as_of=as_of)
        return dict(self.report.counts)

    def ids(self) -> dict[str, str]:
        """Return the profile of each record."""
        rows = self.rows("select record_id, profile_id from identity.assignment where live")
        return dict(rows)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.warehouse.query(sql).rows()

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of the tables that the stage writes."""
        return {table: self.rows(f"from {table}") for table in STAGE.writes}

    def decide(self, left: str, right: str, verdict: Verdict) -> None:
        """Decide on two records as a steward."""
        with State.open(self.place.home) as state:
            Decisions(state).add(left, right, verdict, actor="ann", reason="knows", at=AS_OF)


@pytest.fixture
def empty_world(tmp_path: Path) -> Iterator[World]:
    """A workspace whose silver is empty."""
    warehouse = bare()
    with closing(warehouse.connection):
        yield World(warehouse, workspace(tmp_path, RULES))


def fill(world: World) -> None:
    """Add ten people and four firms, in two sources each; every record agrees with its twin."""
    for number, (given, family, born) in enumerate(PEOPLE):
        for source in ("crm", "shop"):
            world.record(
                f"{source}:{number}",
                identifiers={
                    "email": f"{given}.{family}@mail.example".lower(),
                    "phone": f"+49301{number}5{number}2{number}73",
                },
                given_name=given,
                family_name=family,
                birth_date=born,
                address=json.dumps(
                    {
                        "street": f"Lindenweg {number + 3}",
                        "postcode": f"1{number}115",
                        "city": "Ulm",
                    }
                ),
            )
    for number, firm in enumerate(FIRMS):
        for source in ("crm", "erp"):
            world.record(
                f"{source}:f{number}",
                "organisation",
                {
                    "phone": f"+4930777{number}4{number}9{number}",
                    "tax_id": f"DE81{number}345{number}7",
                },
                organisation_name=firm,
            )


@pytest.fixture(scope="session")
def first_identity_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """Return a workspace of ten people and four firms after its first run, and its report."""
    folder = tmp_path_factory.mktemp("first_identity_run")
    place = workspace(folder, RULES)
    with opened(folder) as warehouse:
        world = World(warehouse, place)
        fill(world)
        world.run()
    return folder, world.report


@pytest.fixture
def world(first_identity_run: tuple[Path, Report], tmp_path: Path) -> Iterator[World]:
    """A copy of that workspace; its next run is the second."""
    folder, report = first_identity_run
    shutil.copytree(folder, tmp_path / "world")
    with opened(tmp_path / "world") as warehouse:
        world = World(warehouse, Workspace(tmp_path / "world"))
        world.runs, world.report = 1, report
        yield world
