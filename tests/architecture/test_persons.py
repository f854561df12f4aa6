"""No table and no file is forgotten when a person is taken out, given out or forgotten by rule."""

import pytest

from cdp.model.tables import BY_NAME, TABLES, Table
from cdp.model.tables.person import COLUMNS, PERSON


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_table_says_how_a_person_is_found_in_it(table: Table) -> None:
    assert table.name in PERSON, "name it in model/tables/person.py"
    rule = PERSON[table.name]
    columns = {column.name for column in table.columns}
    assert {*rule.rows, *rule.cut} <= columns
    assert set(rule.rows) <= set(COLUMNS)
    assert bool(rule.rows or rule.cut) != bool(rule.why), "say whose it is, or why nobody's"


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_a_column_that_names_somebody_is_gone_by(table: Table) -> None:
    rule = PERSON[table.name]
    if rule.why:
        return
    named = {
        c.name
        for c in table.columns
        if COLUMNS.get(c.name) in {"profile", "record", "event"} and c.type.startswith("varchar")
    }
    owned = {c for c in rule.rows if c in {"profile_id", "record_id", "seq"} or c.endswith("_id")}
    assert named <= {*rule.rows, *rule.cut} or owned, f"{named} of {table.name}"


def test_the_list_names_no_table_that_does_not_exist() -> None:
    assert set(PERSON) <= set(BY_NAME)
