"""The stage of analyses: what is made anew, what is kept, and who leaves."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from analysed_world import Files, analysed, buyers, customer, declared
from builders import AS_OF, Value, add, in_memory
from cdp.analyses.analysis import KINDS
from cdp.analyses.definition import declared as declared_in
from cdp.analyses.stage import STAGE
from cdp.errors import ConfigError, UnknownNameError
from cdp.model.tables import BY_NAME
from cdp.stage import Delta, Run
from cdp.store import Warehouse
from cdp.store.restricted import TOPIC
from cdp.store.state import State
from cdp.store.state_privacy import Restrictions

LATER = AS_OF + timedelta(days=1)
YEAR: dict[str, object] = {"kind": "abc"}
MONTH: dict[str, object] = {"kind": "abc", "days": 30}


def made(warehouse: Warehouse) -> dict[str, str]:
    """Return the analyses that there are, with the day each looks from."""
    rows = warehouse.query("select analysis, as_of::date::varchar from gold.analysis").rows()
    return dict(rows)


def listed(warehouse: Warehouse, name: str) -> list[str]:
    return warehouse.query(
        "select profile_id from gold.analysis_abc where analysis = $name order by place", name=name
    )["profile_id"].to_list()


def keep(warehouse: Warehouse, folder: Path, *touched: str) -> dict[str, int]:
    """Carry the stage out on a delta that touched these profiles; return its counts."""
    assert STAGE.delta is not None
    for key, ids in (("profile_id", touched), ("account_id", ())):
        warehouse.put(f"step.touched_{key}", pl.DataFrame({key: ids}, {key: pl.String}))
    place = declared(folder, {})
    report = STAGE.delta(Run(2, AS_OF, AS_OF, 1, warehouse, place), Delta(1, {}))
    assert report is not None
    return dict(report.counts)


def test_a_second_run_gives_the_same_rows(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 70))
        files: Files = {"year": YEAR, "month": MONTH, "habits": {"kind": "rfm"}}
        first = analysed(warehouse, tmp_path, files=files)
        before = [warehouse.digest(table) for table in STAGE.writes]
        again = analysed(warehouse, tmp_path, files=files)
        assert [warehouse.digest(table) for table in STAGE.writes] == before
        assert first == again
        assert first.counts == {"made": 3, "kept": 0, "found": 3}
        assert len(listed(warehouse, "year")) == 60


def test_who_asks_for_one_leaves_the_others(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        analysed(warehouse, tmp_path, files={"year": YEAR, "month": MONTH})
        customer(warehouse, "P-new", (3, 5_000.0))
        report = analysed(warehouse, tmp_path, ask=["month", "abc"])
        assert report.counts == {"made": 2, "kept": 1, "found": 3}
        heads = {name: listed(warehouse, name)[0] for name in ("year", "month", "abc")}
        assert heads == {"year": "P-029", "month": "P-new", "abc": "P-new"}


def test_a_new_day_or_definition_renews_what_files_declare(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        analysed(warehouse, tmp_path, files={"year": YEAR, "month": MONTH}, ask=["abc"])
        analysed(warehouse, tmp_path, files={"year": {"kind": "abc", "days": 5}}, ask=["abc"])
        assert listed(warehouse, "year") == [], "nobody bought in five days"
        analysed(warehouse, tmp_path, as_of=LATER)
        assert made(warehouse) == {
            "year": "2026-07-02",
            "month": "2026-07-02",
            "abc": "2026-07-01",
        }, "what was asked for by the name of its kind stays until it is asked for again"


def test_an_analysis_without_its_file_is_gone(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        analysed(warehouse, tmp_path, files={"year": YEAR, "month": MONTH})
        (tmp_path / "analyses" / "year.yaml").unlink()
        analysed(warehouse, tmp_path)
        assert set(made(warehouse)) == {"month"}
        assert listed(warehouse, "year") == []
        assert len(listed(warehouse, "month")) == 30


def test_a_delta_keeps_all_but_those_who_are_gone(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        analysed(warehouse, tmp_path, files={"year": YEAR})
        before = [warehouse.digest(table) for table in STAGE.writes]
        warehouse.changed.clear()
        customer(warehouse, "P-new", (3, 5_000.0))
        assert keep(warehouse, tmp_path) == {"made": 0, "kept": 1, "found": 1}
        assert [warehouse.digest(table) for table in STAGE.writes] == before
        assert not warehouse.changed & set(STAGE.writes)
        warehouse.connection.execute("delete from gold.feature where profile_id = 'P-007'")
        keep(warehouse, tmp_path, "P-007", "P-008")
        assert "P-007" not in listed(warehouse, "year")
        assert len(listed(warehouse, "year")) == 29
        assert "gold.analysis_abc" in warehouse.changed


def test_the_restricted_are_in_no_table_and_not_counted(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        row: dict[str, Value] = {"record_id": "crm:5", "profile_id": "P-005"}
        add(warehouse, "identity.assignment", row)
        analysed(warehouse, tmp_path, ask=["abc"])
        assert "P-005" in listed(warehouse, "abc")
        with State.open(tmp_path / ".cdp") as state:
            Restrictions(state).add(["crm:5"], "PR-1", AS_OF)
        keep(warehouse, tmp_path)
        assert "P-005" not in listed(warehouse, "abc")
        analysed(warehouse, tmp_path, ask=["abc"])
        assert len(listed(warehouse, "abc")) == 29
    assert TOPIC in STAGE.state


def test_an_analysis_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, range(10, 40))
        analysed(warehouse, tmp_path, files={"year": YEAR})
        before = [warehouse.digest(table) for table in STAGE.writes]
        with pytest.raises(UnknownNameError, match=r"unknown analysis 'yaer'; known: .*abc.*year"):
            analysed(warehouse, tmp_path, ask=["yaer"])
        assert [warehouse.digest(table) for table in STAGE.writes] == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "abd"}, "unknown kind of analysis 'abd'; known: abc"),
        ({"kind": "abc", "day": 3}, "day"),
        ({"kind": "abc", "a": 0.9, "b": 0.8}, "`a` is less than `b`"),
        ({"days": 3}, "kind"),
    ],
)
def test_a_definition_that_does_not_fit_says_where(
    tmp_path: Path, given: dict[str, object], said: str
) -> None:
    place = declared(tmp_path, {"wrong": given})
    with pytest.raises(ConfigError, match=r"wrong\.yaml") as caught:
        declared_in(place)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", KINDS.names())
def test_every_kind_fills_tables_that_name_the_analysis(name: str) -> None:
    kind = KINDS.get(name)
    assert kind.name == name
    assert kind.tables
    for table in kind.tables:
        assert BY_NAME[table].key[0] == "analysis"
        assert BY_NAME[table].columns[0].name == "analysis"
    if kind.alone:
        assert kind.definition(kind=name).kind == name


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "lookalike", "segment": "nobody"}, r"like\.yaml: .*'nobody'; known: buyers"),
        ({"kind": "uplift", "segment": "nobody"}, r"like\.yaml: .*'nobody'; known: buyers"),
        ({"kind": "uplift", "segment": "buyers"}, r"like\.yaml: .*'buyers' has no control group"),
    ],
)
def test_what_an_analysis_asks_about_has_to_be_there_before_a_run(
    asked: dict[str, Value], told: str, tmp_path: Path
) -> None:
    place = declared(tmp_path, {"like": asked})
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "buyers.yaml").write_text("where: {feature: orders, at_least: 1}\n")
    assert STAGE.check is not None
    with pytest.raises(ConfigError, match=told):
        STAGE.check(place)
