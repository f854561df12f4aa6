"""Every condition keeps the registry's promise; wrong ones say where and what would do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from builders import AS_OF, add, carry_out, in_memory, workspace
from cdp.errors import ConfigError, UnknownNameError
from cdp.segments.compiler import Compiled, compiled
from cdp.segments.condition import CONDITIONS
from cdp.segments.definition import SEGMENTS, SegmentFile
from cdp.segments.scope import READS
from cdp.segments.stage import STAGE, definitions
from cdp.settings import Workspace

NOW = AS_OF.replace(tzinfo=None)
QUERY = "select profile_id from gold.feature where orders > 0 and as_of <= $as_of"

# One example of each kind: a new condition adds a line here and is held to every promise below.
EXAMPLES: dict[str, dict[str, object]] = {
    "account": {"account": {"attribute": "industry", "contains": "tail", "ignore_case": True}},
    "all": {"all": [{"attribute": "city", "exists": True}]},
    "any": {"any": [{"attribute": "city", "is": "Ulm"}, {"feature": "orders", "is": 1}]},
    "attribute": {"attribute": "city", "contains": "Ulm'; drop table gold.profile; --"},
    "consent": {"consent": "marketing", "channel": "email", "category": "news"},
    "contacts": {"contacts": {"attribute": "job_title", "contains": "chief"}, "at_least": 2},
    "parent": {"parent": {"attribute": "country", "is": "DE"}},
    "event": {"event": "order", "at_least": 2, "within_days": 30},
    "household": {"household": {"event": "order"}, "others": True, "at_most": 1},
    "interest": {"interest": ["Shoes", "x'; drop table"], "top": 2},
    "never": {"never": "order", "where": {"amount": {"at_least": 7}}, "from": "30 days ago"},
    "related": {"related": "contact_of", "other": "organisation", "every": True},
    "sequence": {"sequence": [{"event": "cart"}, {"event": "order", "after_days": 3}]},
    "feature": {"feature": "last_order_at", "within_days": 30},
    "not": {"not": {"attribute": "city", "exists": True}},
    "role": {"role": "customer", "scope": "1000/10", "ended": False},
    "campaign": {"campaign": "sf:701A", "responded": True},
    "target_group": {"target_group": "mkt:g-1"},
    "score": {"score": "rfm", "band": "best"},
    "segment": {"segment": "other"},
    "sql": {"sql": QUERY},
}
ONLY_OF = {"contacts": "organisation", "parent": "organisation"} | dict.fromkeys(
    ("account", "household"), "person"
)
OTHER = SegmentFile.model_validate({"of": "organisation", "where": {"consent": "service"}})


def compile_(where: object, of: str = "person") -> Compiled:
    segment = SegmentFile.model_validate({"of": of, "where": where})
    return compiled("it", {"it": segment, "other": OTHER}, frozenset({"rfm"}))


def test_every_condition_has_an_example() -> None:
    assert sorted(EXAMPLES) == CONDITIONS.names()


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.parametrize("of", ["person", "visitor", "organisation"])
def test_a_condition_becomes_one_select_with_bound_values(kind: str, of: str) -> None:
    of = ONLY_OF.get(kind, of)
    query = compile_(EXAMPLES[kind], of)
    tree = sqlglot.parse_one(query.sql, dialect="duckdb")
    assert isinstance(tree, exp.Select)
    key = ["account_id"] if of == "organisation" else []
    assert tree.named_selects == ["profile_id", *key, "segment"]
    bound = {p.name for p in tree.find_all(exp.Placeholder)}
    assert bound == set(query.params(AS_OF))
    assert set(query.tables) <= set(READS)
    assert "drop table" not in query.sql


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_condition_is_true_or_false_of_everybody(tmp_path: Path, kind: str) -> None:
    people = ("P-1", "P-2", "P-3")
    of = ONLY_OF.get(kind, "person")
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.profile",
            *({"profile_id": p, "profile_type": "person", "city": "Ulm"} for p in people[:2]),
            {"profile_id": people[2], "profile_type": "person"},
        )
        add(
            warehouse,
            "gold.feature",
            {"profile_id": "P-1", "as_of": NOW, "orders": 1, "last_order_at": NOW},
        )
        add(warehouse, "gold.score", {"profile_id": "P-1", "score": "rfm", "band": "best"})
        add(warehouse, "gold.account", *({"account_id": p} for p in people))
        found: list[str] = []
        for where in (EXAMPLES[kind], {"not": EXAMPLES[kind]}):
            query = compile_(where, of)
            found += warehouse.query(query.sql, **query.params(AS_OF))["profile_id"].to_list()
    assert sorted(found) == list(people)


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        ({"decile": {"at_least": 9}}, ["P-10", "P-9"]),
        ({"decile": {"between": [1, 9]}}, ["P-1", "P-9"]),
        ({"decile": {"is": 9}, "top_deciles": 1}, []),
        ({"decile": {"at_most": 9}, "band": "best"}, ["P-9"]),
        ({"decile": {"exists": False}}, ["P-none"]),
        ({"top_deciles": 1}, ["P-10"]),
        ({"exists": True}, ["P-1", "P-10", "P-9", "P-none"]),
    ],
)
def test_the_tenth_of_a_score_is_compared(
    tmp_path: Path, asked: dict[str, Any], members: list[str]
) -> None:
    tenths = {"P-1": 1, "P-9": 9, "P-10": 10, "P-none": None}
    with in_memory(tmp_path) as warehouse:
        for id_, decile in tenths.items():
            add(warehouse, "gold.profile", {"profile_id": id_, "profile_type": "person"})
            row = {"profile_id": id_, "score": "rfm", "decile": decile}
            add(warehouse, "gold.score", row | {"band": "best" if decile == 9 else "good"})
        query = compile_({"score": "rfm", **asked})
        found = warehouse.query(query.sql, **query.params(AS_OF))["profile_id"].to_list()
    assert sorted(found) == members


def test_a_query_of_ones_own_finds_members_once(tmp_path: Path) -> None:
    text = (
        "with recent as (select profile_id from gold.interaction where occurred_at > $as_of - "
        "interval 10 days) select profile_id from recent"
    )
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.profile",
            *({"profile_id": f"P-{n}", "profile_type": "person"} for n in (1, 2)),
        )
        for n in range(3):
            add(
                warehouse,
                "gold.interaction",
                {"interaction_id": str(n), "profile_id": "P-1", "occurred_at": NOW},
                {"interaction_id": f"x{n}", "profile_id": "P-unknown", "occurred_at": NOW},
                {
                    "interaction_id": f"o{n}",
                    "profile_id": "P-2",
                    "occurred_at": NOW - timedelta(days=20),
                },
            )
        carry_out(STAGE, warehouse, workspace(tmp_path, {"segments/own.yaml": {"sql": text}}))
        found = warehouse.query("select profile_id from gold.segment_member").rows()
    assert found == [("P-1",)]


WRONG = {
    "description: nobody": "needs either `where` or `sql`",
    "sql: select 1\nwhere: {consent: a}": "needs either `where` or `sql`",
    "where: {}": "exactly one of account, all, any, attribute, .*; found: nothing$",
    "where: {colour: red}": "line 1, where: .*found: colour",
    "where: [a]": "valid dictionary",
    "where: {attribute: city}": "nothing to compare with; give one of: is, is_not",
    "where: {attribute: town, is: Ulm}": "unknown attribute 'town'; known: profile_id, .*city",
    "where: {attribute: country, is: NO}": "country is a text, .*given False; put it in quotes",
    "where: {attribute: city, at_least: A}": "city is a text, which 'at_least' cannot compare; kn",
    "where: {attribute: record_count, is: many}": "record_count is a number, .*given 'many'",
    "where: {attribute: sources, is: crm}": "sources is a list, which 'is' cannot .*: contains",
    "where: {attribute: custom, exists: true}": "unknown attribute 'custom'",
    "where: {feature: order, is: 1}": "unknown feature 'order'; did you mean 'orders'\\? known",
    "where: {score: rfm, decile: {}}": "`decile` compares: give `at_least: 9`",
    "where: {score: rfm}": "give `band`, `decile`, `top_deciles`, `status` or a comparison",
    "where: {score: magic, at_least: 1}": "unknown score 'magic'; known: none",
    "where: {consent: a, state: maybe}": "'granted', 'denied' or 'pending'",
    "where: {event: sale}": "unknown event 'sale'; known: activity, cart, inter",
    "where: {event: order, where: {colour: red}}": "line 1, where.where.colour: unknown field of",
    "where: {event: order, where: {amount: lots}}": "amount is a number, but 'is' is given 'lots'",
    "where: {event: order, at_least: 3, at_most: 2}": "at_least 3 is more than at_most 2",
    "where: {segment: it}": "in a circle: it > it",
    "where: {segment: that}": "unknown segment 'that'; known: it",
    "where: {all: []}": "at least 1 item",
    "of: people\nwhere: {consent: a}": "'person', 'organisation', 'group' or 'visitor'",
    "sql: select": "no column profile_id",
    "sql: select profile_id from (gold": "not SQL",
    "sql: selec profile_id from gold.profile": "SQL|SELECT is needed",
    "sql: delete from gold.profile": "one SELECT is needed",
    "sql: select 1; select 2": "one SELECT is needed",
    "sql: select profile_id as id from gold.profile": "no column profile_id",
    "sql: select profile_id from bronze.record": "bronze.record may not be read here;.* known",
    "sql: select profile_id from read_csv('/etc/passwd')": "may not be read here",
    "sql: select profile_id from '/etc/passwd'": "may not be read here",
    "sql: select profile_id from gold.segment_member": "may not be read here",
    "sql: select profile_id from gold.feature where as_of < now()": "use \\$as_of",
    "sql: select profile_id from gold.feature where random() < 1": "use \\$as_of",
    "sql: select profile_id from gold.feature where orders > $n": "unknown parameter '\\$n'; known",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_definition_says_where_and_what_would_do(tmp_path: Path, text: str) -> None:
    place = workspace(tmp_path, {"segments/it.yaml": text})
    with pytest.raises(ConfigError, match=WRONG[text]) as raised:
        definitions(place)
    assert "segments/it.yaml" in str(raised.value)


def test_a_circle_through_several_segments_is_named(tmp_path: Path) -> None:
    files = {
        f"segments/{name}.yaml": {"where": {"not": {"segment": other}}}
        for name, other in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    with pytest.raises(ConfigError, match="circle: a > b > c > a"):
        definitions(workspace(tmp_path, files))


def test_an_unknown_segment_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown segment 'x'; known: other"):
        compiled("x", {"other": OTHER})


def test_the_demo_segments_compile() -> None:
    root = Path(__file__).parents[2] / "pipelines" / "demo"
    place = Workspace(root)
    assert set(definitions(place)) == set(place.many(SEGMENTS))


def test_members_of_campaigns_and_target_groups_of_another_system(tmp_path: Path) -> None:
    member = {"campaign_id": "sf:1", "source": "sf"}
    cases = {
        "campaign": {"campaign": "sf:1"},
        "answered": {"campaign": "sf:1", "responded": True},
        "silent": {"campaign": "sf:1", "responded": False},
        "listed": {"target_group": "mkt:g"},
    }
    with in_memory(tmp_path) as warehouse:
        people = ({"profile_id": f"P-{n}", "profile_type": "person"} for n in (1, 2, 3))
        add(warehouse, "gold.profile", *people)
        add(warehouse, "gold.account", {"account_id": "A-1", "account_type": "group"})
        add(
            warehouse,
            "gold.campaign_member",
            {**member, "campaign_member_id": "sf:a", "profile_id": "P-1", "responded": True},
            {**member, "campaign_member_id": "sf:b", "profile_id": "P-2"},
            {**member, "campaign_member_id": "sf:c", "account_id": "A-1"},
        )
        listed = {"target_group_member_id": "mkt:1", "target_group_id": "mkt:g"}
        add(warehouse, "gold.target_group_member", {**listed, "profile_id": "P-3"})
        files: dict[str, object] = {f"segments/{n}.yaml": {"where": w} for n, w in cases.items()}
        files["segments/clubs.yaml"] = {"of": "group", "where": cases["campaign"]}
        carry_out(STAGE, warehouse, workspace(tmp_path, files))
        found = warehouse.query("select segment, profile_id from gold.segment_member").rows()
    assert sorted(found) == [
        ("answered", "P-1"),
        ("campaign", "P-1"),
        ("campaign", "P-2"),
        ("clubs", "A-1"),
        ("listed", "P-3"),
        ("silent", "P-2"),
    ]
