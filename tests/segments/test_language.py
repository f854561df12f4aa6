"""The page on segments keeps its word; messages lead to the place; queries can do no harm."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from builders import AS_OF, add, in_memory, workspace
from cdp.errors import ConfigError
from cdp.segments.compiler import compiled
from cdp.segments.conditions import sql
from cdp.segments.definition import SegmentFile
from cdp.segments.known import definitions
from cdp.segments.queries import checked
from cdp.store.bounded import TooLongError, limited
from cdp.store.warehouse import WarehouseError

PAGE = Path(__file__).parents[2] / "docs" / "segments.md"
EXAMPLES = [t for t in re.findall(r"`(\{[^`]*\})`", PAGE.read_text("utf-8")) if "..." not in t]


def test_every_example_of_the_page_is_a_condition() -> None:
    assert len(EXAMPLES) >= 30
    for text in EXAMPLES:
        SegmentFile.model_validate({"where": yaml.safe_load(text)})


def problems(given: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as raised:
        SegmentFile.model_validate(given)
    return [
        ("/".join(map(str, one["loc"])), one["msg"])
        for one in raised.value.errors(include_url=False)
    ]


PLACES: list[tuple[dict[str, Any], str, str]] = [
    ({"event": "order", "within_day": 3}, "within_day", "did you mean 'within_days'?"),
    ({"event": "orders"}, "event", "did you mean 'order'?"),
    ({"event": "order", "where": {"statu": "open"}}, "where/statu", "did you mean 'status'?"),
    ({"event": "order", "sum": "amonut", "at_least": 1}, "sum", "did you mean 'amount'?"),
    ({"event": "order", "sum": "amount"}, "", "`sum` needs a bound"),
    ({"event": "order", "at_least": 0}, "", "nobody has fewer than no events"),
    ({"event": "order", "which": "first", "at_least": 2}, "", "leave bounds"),
    ({"event": "order", "having": {"channel": "x"}}, "", "`having` goes with `which`"),
    ({"event": "order", "currency": "EUR"}, "", "`currency` goes with a measured amount"),
    ({"event": "order", "between": ["now", "now"], "to": "now"}, "", "either `between` or"),
    ({"sequence": [{"event": "order"}]}, "sequence", "at least 2 items"),
    (
        {"sequence": [{"event": "order", "never": True}, {"event": "cart"}]},
        "",
        "`never` is for the last step",
    ),
    ({"household": {"event": "order"}, "every": True, "at_most": 1}, "", "either `every` or"),
    ({"attribute": "city", "is": "\ud800"}, "is", "half a character"),
    ({"attribute": "record_count", "is": float("nan")}, "is", "finite"),
    ({"attribute": "city", "exists": True, "ignore_case": True}, "", "`ignore_case` goes with"),
    ({"atribute": "city", "is": "Ulm"}, "", "did you mean 'attribute'?"),
]


@pytest.mark.parametrize(("where", "place", "told"), PLACES, ids=[p[2] for p in PLACES])
def test_what_is_wrong_is_told_where_it_stands(
    where: dict[str, Any], place: str, told: str
) -> None:
    found = problems({"where": {"all": [{"event": "order"}, where]}})
    at = "/".join(["where/all/1", *([place] if place else [])])
    assert any(loc.startswith(at) and told in msg for loc, msg in found), found


WRONG_HERE: list[tuple[str, dict[str, Any], str]] = [
    ("person", {"contacts": {"event": "order"}}, "has no contacts"),
    ("organisation", {"account": {"event": "order"}}, "works for nobody"),
    ("organisation", {"household": {"event": "order"}}, "lives in no household"),
    ("visitor", {"parent": {"event": "order"}}, "nothing stands above"),
    ("person", {"attribute": "last_seen_at", "at_least": "3 moons ago"}, "no moment; write a date"),
    ("person", {"event": "order", "from": "soon"}, "'soon' is no moment"),
    ("person", {"attribute": "record_count", "is": 1, "starts_with": "x"}, "cannot compare"),
    ("person", {"event": "order", "where": {"amount": "x"}}, "where.amount: amount is a number"),
]


@pytest.mark.parametrize(("of", "where", "told"), WRONG_HERE, ids=[w[2] for w in WRONG_HERE])
def test_what_does_not_fit_is_told_with_its_line(
    tmp_path: Path, of: str, where: dict[str, Any], told: str
) -> None:
    good = {"event": "order"}
    text = f"of: {of}\nwhere:\n  any:\n  - {good}\n  - not: {where}\n"
    with pytest.raises(ConfigError, match=re.escape(told)) as raised:
        definitions(workspace(tmp_path, {"segments/it.yaml": text}))
    assert "segments/it.yaml: line 5, where.any.1.not: " in str(raised.value)


HARMFUL = [
    "select profile_id from gold.profile, lateral read_csv('/etc/passwd')",
    "select getenv('HOME') as profile_id from gold.profile",
    "select \"getenv\"('HOME') as profile_id from gold.profile",
    "select 'HOME'.getenv() as profile_id from gold.profile",
    "select current_setting('memory_limit') as profile_id from gold.profile",
    "select content as profile_id from read_text('/etc/passwd')",
    "with read_text as (select 1) select content as profile_id from read_text('/etc/passwd')",
    "select profile_id from query('select 1 as profile_id')",
    "select profile_id from duckdb_settings()",
    "select name as profile_id from pragma_database_list",
    "select profile_id from other.gold.profile",
    "select profile_id from gold.profile where nextval('x') > 1",
    "select profile_id from gold.profile; attach 'x' as y",
    "copy gold.profile to '/tmp/x'",
    "install httpfs",
    "set memory_limit = '1GB'",
    "pragma table_info('gold.profile')",
    "select profile_id from gold.profile where current_date > birth_date",
    "insert into gold.profile select * from gold.profile",
    f"select profile_id from gold.profile where 1 = {'(' * 3000}1{')' * 3000}",  # noqa: S608
]


@pytest.mark.parametrize("text", HARMFUL, ids=[t[:60] for t in HARMFUL])
def test_a_query_that_could_do_more_than_compute_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"may not|SELECT|not SQL|\$as_of|longer"):
        checked(text)


USEFUL = [
    "select profile_id from gold.order group by 1 having sum(amount) > 100 and count(*) > 1",
    "select distinct on (profile_id) profile_id from gold.order order by profile_id, ordered_at",
    (
        "select profile_id, row_number() over (partition by city order by record_count) as n "
        "from gold.profile qualify n = 1"
    ),
    (
        "with a as (select profile_id, date_trunc('month', ordered_at) as m from gold.order) "
        "select profile_id from a where m between date '2026-01-01' and $as_of - interval 3 days"
    ),
    (
        "select profile_id from gold.profile where lower(city) in ('ulm') and city like 'U%' "
        "and coalesce(len(sources), 0) > 1 union select profile_id from gold.score"
    ),
    (
        "select profile_id from gold.order where case when amount > 1 then true else false end "
        "and cast(amount as decimal(18, 2)) > 1 and date_diff('day', ordered_at, $as_of) < 3"
    ),
]


@pytest.mark.parametrize("text", USEFUL)
def test_what_analysts_write_passes(tmp_path: Path, text: str) -> None:
    file = SegmentFile.model_validate({"sql": text})
    query = compiled("it", {"it": file})
    with in_memory(tmp_path) as warehouse:
        assert warehouse.query(query.sql, **query.params(AS_OF)).is_empty()


def test_a_query_that_gives_too_much_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MOST_ROWS", 3)
    file = SegmentFile.model_validate({"sql": "select profile_id from gold.profile"})
    query = compiled("it", {"it": file})
    with in_memory(tmp_path) as warehouse:
        people = ({"profile_id": f"P-{n}", "profile_type": "person"} for n in range(5))
        add(warehouse, "gold.profile", *people)
        with (
            pytest.raises(WarehouseError, match=r"segments/it\.yaml: the query gives more than 3"),
            warehouse.transaction(),
        ):
            warehouse.write(f"create table found as {query.sql}", query.params(AS_OF))


def test_what_takes_too_long_is_broken_off(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        slow = "select count(*) from range(10000000) a, range(10000000) b where a.range < b.range"
        with (
            pytest.raises(TooLongError, match=r"the segment takes more than 0\.05 s"),
            limited(warehouse.connection, 0.05, "the segment"),
        ):
            warehouse.query(slow)
