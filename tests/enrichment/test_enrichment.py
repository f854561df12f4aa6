"""What is concluded, from what, and what never is."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from buckets import differences
from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.enrichment.enrichment import ENRICHMENTS, in_order
from cdp.enrichment.stage import STAGE
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.stage import Delta, Run
from cdp.store import Statement, Warehouse
from cdp.store.narrow import touched
from cdp.store.schema import quoted
from cdp.store.statement import statements

NOW = AS_OF.replace(tzinfo=None)
Row = Mapping[str, Value]
PERSON: Row = {"profile_id": "P-1", "profile_type": "person"}
ACME: Row = {"account_id": "A-1", "name": "Acme"}


def _identifier(value: str, owner: str = "P-1") -> Row:
    kind = "email" if "@" in value else "phone" if value.startswith("+") else "domain"
    entity = "organisation" if owner.startswith("A-") else "person"
    return {"profile_id": owner, "entity_type": entity, "kind": kind, "value": value}


def _actions(*moments: datetime, **more: Value) -> list[Row]:
    told = {"profile_id": "P-1", "channel": "web", "type": "product_viewed", **more}
    return [
        {"interaction_id": f"web:{n}:{moment}", "occurred_at": moment, **told}
        for n, moment in enumerate(moments)
    ]


def _fill(warehouse: Warehouse, tables: Mapping[str, Any]) -> None:
    for table, rows in tables.items():
        add(warehouse, f"gold.{table}", *rows)


def _days(number: int, hour: int = 12) -> list[datetime]:
    return [NOW.replace(month=6, day=1 + 7 * n, hour=hour) for n in range(number)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Path]]:
    folder = tmp_path_factory.mktemp("enrichment")
    with in_memory(folder) as warehouse:
        yield warehouse, folder


def _concluded(
    empty: tuple[Warehouse, Path], tables: Mapping[str, Any], as_of: datetime = AS_OF
) -> dict[str, tuple[str, str]]:
    warehouse, folder = empty
    for table in STAGE.reads:
        warehouse.connection.execute(f"delete from {quoted(table)}")  # noqa: S608 - quoted
    _fill(warehouse, tables)
    carry_out(STAGE, warehouse, workspace(folder), as_of=as_of)
    rows = warehouse.query(
        "select attribute, value, method from gold.enrichment where profile_id = 'P-1'"
    ).rows()
    return {attribute: (value, method) for attribute, value, method in rows}


CASES: dict[str, tuple[dict[str, list[Row]], dict[str, tuple[str, str] | None]]] = {
    "employer by domain": (
        {
            "account": [ACME],
            "identifier": [_identifier("acme.com", "A-1"), _identifier("ann@acme.com")],
        },
        {"company": ("Acme", "email_domain"), "company_domain": ("acme.com", "email_domain")},
    ),
    "the employer is known": (
        {
            "account": [ACME],
            "identifier": [_identifier("acme.com", "A-1"), _identifier("ann@acme.com")],
            "profile": [{**PERSON, "company": "Brand"}],
        },
        {"company": None, "company_domain": ("acme.com", "email_domain")},
    ),
    "listed mail provider": (
        {
            "account": [ACME],
            "identifier": [_identifier("acme@gmail.com", "A-1"), _identifier("ann@gmail.com")],
        },
        {"company": None, "company_domain": None},
    ),
    "mail provider that many use": (
        {
            "account": [ACME],
            "identifier": [
                _identifier("acme@post.org", "A-1"),
                *(_identifier(f"a{n}@post.org", f"P-{n}") for n in range(1, 9)),
            ],
            "profile": [{**PERSON, "profile_id": f"P-{n}"} for n in range(1, 9)],
        },
        {"company": None, "company_domain": None},
    ),
    "place by phone": (
        {"identifier": [_identifier("+31612345678")]},
        {
            "country": ("NL", "phone"),
            "time_zone": ("Europe/Amsterdam", "phone"),
            "language": ("nl", "country"),
        },
    ),
    "a fact is never concluded": (
        {
            "profile": [{**PERSON, "country": "DE", "language": "tr"}],
            "identifier": [_identifier("+31612345678")],
        },
        {"country": None, "language": None, "time_zone": ("Europe/Berlin", "country")},
    ),
    "area of a country of many zones": (
        {"identifier": [_identifier("+12125551234")]},
        {"country": ("US", "phone"), "time_zone": ("America/New_York", "phone")},
    ),
    "postcode": (
        {"profile": [{**PERSON, "postcode": "SW11 4NJ"}]},
        {"country": ("GB", "postcode"), "time_zone": ("Europe/London", "country")},
    ),
    "domain of a country": (
        {"identifier": [_identifier("ann@mail.co.uk")]},
        {"country": ("GB", "email_domain")},
    ),
    "nothing to go by": ({}, {"country": None, "time_zone": None, "company": None}),
    "a country of several languages": (
        {"profile": [{**PERSON, "country": "CH"}]},
        {"language": None, "time_zone": ("Europe/Zurich", "country")},
    ),
    "channel": (
        {"interaction": [*_actions(*_days(3)), *_actions(*_days(1), channel="email")]},
        {"preferred_channel": ("web", "behaviour")},
    ),
    "what was sent is no action": (
        {"interaction": _actions(*_days(4), channel="email", type="email_sent")},
        {"preferred_channel": None},
    ),
    "too few actions": ({"interaction": _actions(*_days(2))}, {"preferred_channel": None}),
    "rhythm in local time": (
        {
            "interaction": _actions(*_days(4, hour=23), NOW.replace(month=5, day=5, hour=9)),
            "profile": [{**PERSON, "country": "DE"}],
        },
        {"preferred_weekday": ("2", "behaviour"), "preferred_hour": ("1", "behaviour")},
    ),
    "interests": (
        {
            "product": [
                {"product_id": "shop:7", "source": "shop", "name": "Pot", "category": "Kitchen"}
            ],
            "interaction": [
                *_actions(*_days(1), subject="Pot"),
                *_actions(*_days(2), subject="7"),
                *_actions(*_days(2), subject="Travel"),
                *_actions(*_days(4), subject="https://shop.example/"),
                *_actions(*_days(4), subject="Product Viewed"),
            ],
        },
        {"interests": ("Kitchen; Travel", "behaviour")},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_concluded(case: str, empty: tuple[Warehouse, Path]) -> None:
    tables, expected = CASES[case]
    found = _concluded(empty, {"profile": [PERSON], **tables})
    assert {attribute: found.get(attribute) for attribute in expected} == expected


def test_nothing_later_than_the_moment_is_read(empty: tuple[Warehouse, Path]) -> None:
    earlier = AS_OF - timedelta(days=100)
    before = [NOW - timedelta(days=100 + n) for n in range(6)]
    after = [NOW - timedelta(days=n) for n in range(1, 60)]
    told = _actions(*before, subject="Travel")
    whole = [*told, *_actions(*after, subject="Garden", channel="shop")]
    then = _concluded(empty, {"profile": [PERSON], "interaction": told}, earlier)
    assert _concluded(empty, {"profile": [PERSON], "interaction": whole}, earlier) == then
    assert then["interests"] == ("Travel", "behaviour")


def test_evidence_and_confidence_are_given(empty: tuple[Warehouse, Path]) -> None:
    _concluded(empty, {"profile": [PERSON], "interaction": _actions(*_days(4), subject="Travel")})
    rows = empty[0].query("select attribute, confidence, evidence from gold.enrichment").rows()
    assert all(0 < confidence < 1 for _, confidence, _ in rows)
    evidence = {attribute: json.loads(text) for attribute, _, text in rows}
    assert evidence["interests"] == [{"topic": "Travel", "actions": 4}]


@pytest.mark.parametrize("name", ENRICHMENTS.names())
def test_an_enrichment_says_what_it_does(name: str) -> None:
    enrichment = ENRICHMENTS.get(name)
    statement = Statement.load(enrichment.package, name)
    assert statement.writes == "gold.enrichment"
    assert statement.key == "profile_id"
    assert enrichment.name == name
    assert enrichment.description
    assert all(f"'{attribute}'" in statement.sql for attribute in enrichment.attributes)


def test_an_enrichment_comes_after_what_it_needs() -> None:
    order = [enrichment.name for enrichment in in_order()]
    assert sorted(order) == ENRICHMENTS.names()
    for enrichment in in_order():
        for needed in enrichment.needs:
            assert order.index(needed) < order.index(enrichment.name)


SEGMENTED = {
    "is": ({"attribute": "inferred.country", "is": "NL"}, {"P-1"}),
    "is another": ({"attribute": "inferred.country", "is": "DE"}, set()),
    "exists": ({"attribute": "inferred.country", "exists": True}, {"P-1"}),
    "exists not": ({"attribute": "inferred.country", "exists": False}, {"P-2"}),
    "not": ({"not": {"attribute": "inferred.country", "is": "NL"}}, {"P-2"}),
}


@pytest.mark.parametrize("case", SEGMENTED)
def test_a_segment_may_ask_for_conclusions(case: str, empty: tuple[Warehouse, Path]) -> None:
    where, members = SEGMENTED[case]
    _concluded(
        empty,
        {
            "profile": [PERSON, {**PERSON, "profile_id": "P-2"}],
            "identifier": [_identifier("+31612345678")],
        },
    )
    segment = SegmentFile.model_validate({"of": "person", "where": where})
    query = compiled("it", {"it": segment})
    found = empty[0].query(query.sql, **query.params(AS_OF))
    assert set(found["profile_id"]) == members


@pytest.mark.parametrize(
    "statement",
    [s for s in statements("cdp.enrichment") if s.key != "global"],
    ids=lambda s: s.name,
)
def test_statement_is_safe_to_partition(
    statement: Statement, empty: tuple[Warehouse, Path]
) -> None:
    persons = [{"profile_id": f"P-{n}", "profile_type": "person"} for n in range(30)]
    phones = [_identifier(f"+3161234567{n}", f"P-{n}") for n in range(9)]
    mails = [_identifier(f"a{n}@acme.com", f"P-{n}") for n in range(5)]
    acted = [
        {**row, "profile_id": f"P-{n}", "interaction_id": f"{n}:{row['interaction_id']}"}
        for n in range(30)
        for row in _actions(*_days(4), NOW - timedelta(days=n), subject=f"Topic {n % 3}")
    ]
    accounts = [{"account_id": f"A-{n}", "name": f"Firm {n}"} for n in range(9)]
    _concluded(
        empty,
        {
            "profile": persons,
            "account": accounts,
            "identifier": [*phones, *mails, _identifier("acme.com", "A-1")],
            "interaction": acted,
        },
    )
    params = {"as_of": AS_OF} if "as_of" in statement.params else {}
    assert differences(empty[0], statement, 7, **params) == []


def test_a_number_that_tells_another_place_touches_who_has_one_like_it(
    empty: tuple[Warehouse, Path],
) -> None:
    """The least number of an area tells its place; a lesser one comes, which tells no zone."""
    warehouse, folder = empty
    known, lesser = "+59998667695", "+5999866683"
    before = _concluded(empty, {"profile": [PERSON], "identifier": [_identifier(known)]})
    _fill(warehouse, {"profile": [{"profile_id": "P-2", "profile_type": "person"}]})
    _fill(warehouse, {"identifier": [_identifier(lesser, "P-2")]})
    for key in ("profile_id", "account_id"):
        ids = {key: ["P-2"] if key == "profile_id" else []}
        warehouse.put(touched(key), pl.DataFrame(ids, schema={key: pl.String}))
    assert STAGE.delta is not None
    with warehouse.transaction():
        run = Run(2, AS_OF, AS_OF, 1, warehouse, workspace(folder))
        assert STAGE.delta(run, Delta(1, {})) is not None
    quick = warehouse.digest("gold.enrichment")
    ids_touched = warehouse.query(f"from {touched('profile_id')} order by all")
    assert ids_touched["profile_id"].to_list() == ["P-1", "P-2"]
    carry_out(STAGE, warehouse, workspace(folder))
    assert warehouse.digest("gold.enrichment") == quick
    zones = warehouse.query(
        "select value from gold.enrichment where profile_id = 'P-1' and attribute = 'time_zone'"
    )
    assert (before["time_zone"][0], len(zones)) == ("America/Curacao", 0)
