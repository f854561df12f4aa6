"""However rows are ordered, and in however many parts values are chosen, gold is the same."""

from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.golden import stage
from cdp.golden.rule import RULES
from cdp.golden.stage import STAGE
from cdp.store import Warehouse
from golden_crowd import crowd
from golden_rows import empty, refine

pytestmark = pytest.mark.long

INPUTS = ("silver.record", "silver.attribute", "silver.identifier", "silver.relationship")
DECIDED = ("gold.attribute", "gold.profile", "gold.account", "gold.household", "gold.consent")
_WORDS = ["erp", "crm", "shop", "active", "Ann"]


def _use(name: str) -> str | dict[str, list[str]]:
    return {name: _WORDS} if RULES.get(name).takes_words else name


def _reorder(warehouse: Warehouse, table: str, seed: int) -> None:
    connection = warehouse.connection
    order = f"order by md5(t::varchar || '{seed}')"
    connection.execute(f"create or replace temp table shuffled as from {table} as t {order}")
    connection.execute(f"delete from {table}")  # noqa: S608 - ours
    connection.execute(f"insert into {table} from shuffled")


@given(
    names=st.lists(st.sampled_from(RULES.names()), min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 999),
)
@settings(max_examples=12, deadline=None)
def test_the_order_of_rows_decides_nothing(names: list[str], seed: int) -> None:
    rules = {"default": [_use(name) for name in names], "attributes": {}}
    folder = Path(mkdtemp(prefix="cdp-order-"))
    with empty() as warehouse:
        crowd(warehouse, seed)
        refine(warehouse, folder, survivorship=rules)
        before = {table: warehouse.digest(table) for table in DECIDED}
        for table in INPUTS:
            _reorder(warehouse, table, seed)
        for table in STAGE.writes:
            schema, name = table.split(".")
            warehouse.connection.execute(f'delete from {schema}."{name}"')  # noqa: S608 - ours
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "AT_ONCE", 40)
            refine(warehouse, folder)
        assert {table: warehouse.digest(table) for table in DECIDED} == before
