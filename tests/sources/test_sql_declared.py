"""Databases that are declared wrongly, ask for too much, or are down: said with a remedy."""

from pathlib import Path
from typing import Any

import pytest

from cdp.errors import ConfigError, UnreachableError
from cdp.sources import SOURCES
from cdp.sources.remote.sql.options import SqlOptions
from sql_shop import opening

URL = "postgresql://127.0.0.1:9/shop"
AUTH = {"kind": "basic", "user": {"env": "SHOP_USER"}, "password": {"env": "SHOP_PASSWORD"}}


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"url": "postgresql://db/shop?password=hunter2"}, "url: holds a user or a password"),
        ({"url": "postgresql://db:port/shop"}, "url: is no address of a database"),
        ({"url": "oracle://db/shop"}, "no driver for oracle is installed"),
        ({"url": URL, "options": {"driver": "nothing"}}, "no driver for postgresql.nothing"),
        ({"url": URL, "objects": ["orders"]}, "names orders, but options.objects has none"),
        (
            {"url": URL, "auth": {"kind": "bearer", "token": {"env": "SHOP_USER"}}},
            "a database knows users and passwords: use kind: basic",
        ),
    ],
)
def test_what_is_declared_wrongly_is_said_before_anything_is_read(
    tmp_path: Path, declared: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        SOURCES.get("sql_database").find(opening(declared, tmp_path))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "query",
    [
        "delete from users",
        "with gone as (delete from users returning *) select * from gone",
        "select 1 as id; drop table users",
        "select * into copy from users",
        "select * from users for update",
        "create table t as select 1",
        "selct id",
    ],
)
def test_a_query_that_is_more_than_a_select_is_refused(tmp_path: Path, query: str) -> None:
    options = {"objects": {"users": {"query": query, "key": "id"}}}
    with pytest.raises(ConfigError, match=r"sources/shop.yaml: options.objects.users.query"):
        SOURCES.get("sql_database").find(opening({"url": URL, "options": options}, tmp_path))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"table": "users", "query": "select 1"}, "give either table: or query:"),
        ({"query": "select 1"}, "a query has no primary key: give key:"),
    ],
)
def test_an_object_is_a_table_or_a_query(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SqlOptions.model_validate({"objects": {"users": declared}})


def test_a_database_that_is_down_is_told_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_USER", "reader")
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    source = SOURCES.get("sql_database")
    found = source.find(opening({"url": URL, "auth": AUTH}, tmp_path))
    with pytest.raises(UnreachableError, match=r"did not let us in .*look at url:") as raised:
        next(found.walks["users"])
    found.close()
    assert "hunter2" not in str(raised.value)
    with pytest.raises(UnreachableError, match="did not let us in"):
        source.fields(opening({"url": URL, "auth": AUTH}, tmp_path))
