"""What tells of a person is found as a word of its own, however it is written, and nothing else."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import add, opened, workspace
from cdp.errors import InputError
from cdp.ingest.burial import are_tombstones, bury
from cdp.privacy import certificate
from cdp.privacy.given import Given
from cdp.privacy.person import Person
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling
from cdp.store import Warehouse, scratch, tombstones
from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents
from cdp.store.state_privacy import Tombstones
from published import NOW

PERSON = Person(
    ("P-1",),
    records=("crm:1", "crm:10-a"),
    values=(("email", "ada@example.org"), ("phone", "+493012345678"), ("user_id", "ada")),
    words=("Ada Example",),
)
TOLD = (
    "write to ada@example.org.",
    '{"mail":"ADA@example.org"}',
    "/unsubscribe?mail=ada%40example.org&x=1",
    "line\\nada@example.org",
    "+493012345678",
    "tel:493012345678",
    "merged crm:10-a and crm:2",
    "55023ef0c0e31e32d2ec4b8a4ba5d1a8",
)
NOT_TOLD = ("ada", "nada@example.org", "ada@example.organic", "crm:10-ab", "Ada Example", "")


@pytest.mark.parametrize("text", TOLD[:-1])
def test_what_tells_is_found_and_cut_in_python_and_in_sql(text: str) -> None:
    telling = Telling.of(PERSON)
    assert telling.is_in(text.encode())
    cut = telling.cut(text.encode())
    assert b"[erased]" in cut
    assert not telling.is_in(cut)
    with closing(scratch()) as connection:
        asked = {"t": text, "p": telling.pattern}
        found = connection.execute("select regexp_matches($t, $p)", asked).fetchall()
    assert found == [(True,)]


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_is_somebody_elses_is_left(text: str) -> None:
    telling = Telling.of(PERSON)
    assert not telling.is_in(text.encode())
    assert telling.cut(text.encode()) == text.encode()


def test_names_are_sought_only_where_a_row_is_known_to_be_about_them() -> None:
    telling = Telling.of(PERSON)
    assert telling.cut(b"for Ada Example, Berlin", wide=True) == b"for [erased], Berlin"


def test_a_name_beyond_ascii_is_found_however_it_is_written() -> None:
    telling = Telling.of(Person(("P-1",), words=("Jörg Müller-Weiß (1)",)))
    for text in ("Jörg Müller-Weiß (1)", "JÖRG MÜLLER-WEISS (1)", "jörg müller-weiß (1)"):
        for written in (text, json.dumps(text)[1:-1]):
            said = f'{{"note": "for {written}, Berlin"}}'.encode()
            assert telling.cut(said, wide=True) == b'{"note": "for [erased], Berlin"}'


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=6, max_size=30))
def test_whatever_tells_of_somebody_is_found_in_python_and_in_sql(text: str) -> None:
    telling = Telling.of(Person(("P-1",), records=(text,), words=(text,)))
    said = f"<{text}>"
    assert telling.is_in(said.encode())
    assert telling.cut(said.encode(), wide=True) == b"<[erased]>"
    with closing(scratch()) as connection:
        for pattern in (telling.pattern, telling.wide):
            asked = {"t": said, "p": pattern}
            found = connection.execute("select regexp_matches($t, $p)", asked).fetchall()
            assert found == [(True,)]


def test_nobody_is_told_of_by_nothing() -> None:
    telling = Telling.of(Person(("P-1",)))
    assert not telling.is_in(b"anything at all")
    assert telling.cut(b"anything", wide=True) == b"anything"


def test_a_certificate_is_known_and_none_that_was_changed(tmp_path: Path) -> None:
    said = {
        "format": 1,
        "request_id": "PR-1",
        "erased_at": "2026-07-01T00:00:00+00:00",
        "profile_ids": ["P-1"],
        "removed": {"tables": {"gold.profile": 1}},
        "tombstones": 2,
        "shared_identifiers": 1,
        "left": {},
        "not_ours": ["what the system or files of source crm hold"],
    }
    signed = certificate.signed(tmp_path, said)
    assert certificate.check(tmp_path, signed) == signed
    assert "gold.profile" in certificate.readable(signed)
    for bad in (signed | {"tombstones": 3}, {}, "no", signed | {"signature": None}):
        with pytest.raises(InputError):
            certificate.check(tmp_path, bad)


def _delivered(warehouse: Warehouse, rows: list[tuple[int, str, str]]) -> None:
    frame = pl.DataFrame(
        [(seq, "crm", "customer", native, payload) for seq, native, payload in rows],
        schema=["seq", "source", "object", "native_id", "payload"],
        orient="row",
    )
    warehouse.put("temp.delivery", frame)
    warehouse.connection.execute("create schema if not exists bronze")
    warehouse.connection.execute(
        "create or replace table bronze.record as "
        "select 'crm' as source, 'customer' as object, unnest(['9', '9b']) as native_id"
    )


def test_what_was_erased_is_known_again_when_it_is_delivered_again(tmp_path: Path) -> None:
    home = workspace(tmp_path).home
    key = tombstones.secret(home)
    texts = [tombstones.of_record("crm:0007"), tombstones.of_value(" Ada@Example.org")]
    texts.append(tombstones.of_phone("+49 (30) 1234-5678") or "")
    with State.open(home) as state:
        Tombstones(state).add({tombstones.digest(key, t): "record" for t in texts}, "PR-1")
    rows = [
        (1, "7", "{}"),
        (2, "00007", "{}"),
        (3, "8", '{"a": {"mail": "ADA@example.org"}}'),
        (4, "9", '{"note": "friend of ada@example.org, 030 12345678"}'),
        (5, "10", '{"url": "/x?m=ada%40example.org"}'),
        (6, "11", '{"tel": "+49 30 1234 5678"}'),
        (7, "12", '{"mail": "bob@example.org", "n": 12345}'),
        (8, "9b", '{"tel": 493012345678, "all": [493012345678, 7], "of": 17}'),
    ]
    connection = scratch()
    warehouse = Warehouse(connection)
    _delivered(warehouse, rows)
    assert are_tombstones(warehouse, home)
    assert bury(warehouse, home) == 5
    left = dict(warehouse.query("select native_id, payload from temp.delivery order by 1").rows())
    assert left == {
        "12": rows[6][2],
        "9": '{"note": "friend of [erased], [erased]"}',
        "9b": '{"tel": "[erased]", "all": ["[erased]", 7], "of": 17}',
    }
    connection.close()


def test_a_refusal_given_here_holds_at_once_and_a_permission_lifts_only_its_own(
    tmp_path: Path,
) -> None:
    home = workspace(tmp_path).home
    row: dict[str, Any] = {
        "contact_kind": "email",
        "contact_value": "a@x.example",
        "channel": "email",
        "purpose": "marketing",
        "category": "any",
        "state": "granted",
        "rule": "only_statement",
        "consent_id": "crm:1",
        "source": "crm",
        "given_at": "2026-01-01T00:00:00Z",
        "proof": None,
        "best": True,
        "losers": [],
    }
    other = row | {"contact_value": "b@x.example", "state": "denied", "consent_id": "crm:2"}
    given = Given(home)
    assert given.over([row], ["crm:1"], []) == [row]
    with State.open(home) as state:
        consents = Consents(state)
        consents.add(Consent("email", "email", "denied", NOW, "S", "crm:1", "a@x.example"))
        consents.add(Consent("email", "email", "granted", NOW, "S", "crm:1", "b@x.example"))
        consents.add(Consent("email", "email", "granted", NOW, "S", "crm:7", "c@x.example"))
    given = Given(home)
    rows = given.over([dict(row), dict(other)], ["crm:1"], ["a@x.example", "b@x.example"])
    assert [(r["contact_value"], r["state"], r["rule"]) for r in rows] == [
        ("a@x.example", "denied", "most_restrictive"),
        ("b@x.example", "denied", "only_statement"),
    ]
    with State.open(home) as state:
        Consents(state).add(
            Consent("email", "email", "granted", NOW, "S", "crm:1", "b@x.example", proof="form")
        )
    lifted = Given(home).over([dict(other)], ["crm:1"], [])
    assert {(r["contact_value"], r["state"]) for r in lifted} >= {("b@x.example", "granted")}


def test_a_number_tells_of_nobody_and_is_cut_out_of_no_document(tmp_path: Path) -> None:
    values = (("user_id", "7"), ("user_id", "105500"), ("loyalty_id", "4000000000012"))
    person = Person(("P-a",), records=("crm:106",), values=values, words=("Bram Kuyper",))
    rows = {
        "amount": '{"amount": 105500, "n": 7, "note": "17"}',
        "card": '{"card": 4000000000012, "of": "Nora"}',
        "both": '{"card": 4000000000012, "said": "4000000000012 it is"}',
        "said": '{"said": "crm:106 was here"}',
    }
    with opened(tmp_path) as warehouse:
        for name, payload in rows.items():
            row = {"source": "shop", "object": "order", "native_id": name, "payload": payload}
            add(warehouse, "bronze.record", row | {"record_id": f"shop:{name}"})
        tables = Tables(warehouse, person, Telling.of(person))
        with warehouse.transaction():
            tables.erase()
        found = warehouse.query("select native_id, payload::varchar as p from bronze.record")
        left = {name: json.loads(text) for name, text in found.iter_rows()}
        assert not tables.left()
    assert left["amount"] == json.loads(rows["amount"])
    assert left["card"] == {"card": "[erased]", "of": "Nora"}
    assert "4000000000012" not in str(left["both"])
    assert left["said"] == {"said": "[erased] was here"}
