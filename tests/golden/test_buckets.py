"""Each statement of the room gives the same rows over 1 bucket and over 7."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from buckets import differences
from cdp.golden.plan import plan
from cdp.golden.survivorship import SurvivorshipFile
from cdp.store import Statement, Warehouse
from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents
from cdp.store.warehouse import PASSING
from golden_crowd import crowd
from golden_rows import NOON, empty, refine

RULES = SurvivorshipFile(default=["verified_first", "frequency", "recency"])
KEYED = [statement for statement in plan(RULES) if statement.key != "global"]


@pytest.fixture(scope="module")
def refined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("golden")
    with empty() as warehouse:
        crowd(warehouse)
        with State.open(folder / ".cdp") as state:
            for record in ("crm:0", "erp:1", "shop:2"):
                said_at = NOON.replace(tzinfo=UTC)
                said = Consent("email", "email", "denied", said_at, "test", record_id=record)
                Consents(state).add(said)
        refine(warehouse, folder)
        for statement in plan(RULES):
            if statement.writes.startswith(PASSING):
                warehouse.make(statement)
        yield warehouse


@pytest.mark.parametrize("statement", KEYED, ids=lambda s: s.name)
def test_statement_is_safe_to_partition(refined: Warehouse, statement: Statement) -> None:
    assert refined.query(statement.sql).height > 0
    if statement.name.endswith("/candidate"):  # the number of a candidate is chance
        numberless = f"select * exclude (number) from ({statement.sql})"  # noqa: S608 - our own
        statement = replace(statement, sql=numberless)
    assert differences(refined, statement) == []


WRONG = {
    "window without the key": "select profile_id, row_number() over (order by value) as n from {}",
    "uncorrelated subquery": "select profile_id, (select count(*) from {}) as n from {}",
    "limit": "select profile_id, value from {} order by all limit 3",
    "grouped otherwise": "select min(profile_id) as profile_id, value from {} group by value",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_key_is_found(refined: Warehouse, case: str) -> None:
    sql = WRONG[case].replace("{}", "gold.attribute")
    wrong = replace(KEYED[0], sql=sql, key="profile_id", reads=("gold.attribute",))
    assert differences(refined, wrong)
