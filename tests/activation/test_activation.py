"""Activation: who leaves and who does not, files that are whole, nothing sent twice."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.activation.stage import STAGE
from cdp.errors import CdpError, ConfigError
from cdp.settings import Workspace
from cdp.stage import Run
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
NEWS: dict[str, object] = {
    "type": "csv_file",
    "segments": ["readers"],
    "purpose": "marketing",
    "channel": "email",
    "columns": ["profile_id", {"field": "contact", "name": "email"}],
}
READERS = {"where": {"attribute": "email", "exists": True}}


def place(folder: Path, **changes: object) -> Workspace:
    files = {"segments/readers.yaml": READERS, "destinations/news.yaml": NEWS | changes}
    return workspace(folder, files)


def person(name: str, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "profile_id": f"P-{name}",
        "profile_type": "person",
        "email": f"{name}@example.com",
    }
    return base | more


def member(name: str) -> dict[str, Value]:
    return {"segment": "readers", "profile_id": name if "-" in name else f"P-{name}"}


def permission(name: str, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "profile_id": f"P-{name}",
        "contact_kind": "email",
        "contact_value": f"{name}@example.com",
        "channel": "email",
        "purpose": "marketing",
        "category": "any",
        "state": "granted",
        "losers": "[]",
    }
    return base | more


def readers(warehouse: Warehouse, *names: str) -> None:
    """Everybody here may be written to."""
    add(warehouse, "gold.profile", *(person(name) for name in names))
    add(warehouse, "gold.segment_member", *(member(name) for name in names))
    add(warehouse, "gold.consent", *(permission(name) for name in names))


def exports(folder: Path, name: str = "news") -> list[Path]:
    found = (folder / ".cdp" / "exports" / name).glob("*.csv")
    return sorted(file for file in found if ".suppressed." not in file.name)


def outcomes(warehouse: Warehouse) -> dict[str, str | None]:
    rows = warehouse.query("select profile_id, reason from activation.delivery").rows()
    return dict(rows)


def test_the_file_and_its_manifest_say_what_left(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "b", "a")
        add(warehouse, "gold.profile", person("c", email=None))
        add(warehouse, "gold.segment_member", member("c"))
        report = carry_out(STAGE, warehouse, place(tmp_path), run_id=7)
        run = warehouse.query("select * from activation.run").to_dicts()[0]
    (file,) = exports(tmp_path)
    assert file.read_text() == "profile_id,email\nP-a,a@example.com\nP-b,b@example.com\n"
    told = json.loads(file.with_name(f"{file.name}.manifest.json").read_text())
    definitions = [told.pop(f"{what}_definition") for what in ("segment", "destination")]
    assert all(len(one) == 64 for one in definitions)
    held = file.with_name(f"{file.stem}.suppressed.csv")
    assert held.read_text() == "profile_id,reason\nP-c,no_contact_point\n"
    assert told == {
        "format": 2,
        "activation_id": run["activation_id"],
        "previous_activation_id": None,
        "destination": "news",
        "type": "csv_file",
        "segment": "readers",
        "purpose": "marketing",
        "channel": "email",
        "category": None,
        "campaign": None,
        "mode": "full",
        "run_id": 7,
        "generation": 0,
        "as_of": "2026-07-01T00:00:00+00:00",
        "members": 3,
        "sent": 2,
        "suppressed": 1,
        "suppressed_by_reason": {"no_contact_point": 1},
        "rows": 2,
        "columns": [
            {"name": "profile_id", "field": "profile_id"},
            {"name": "email", "field": "contact"},
        ],
        "encryption": None,
        "files": [
            {
                "name": one.name,
                "holds": holds,
                "rows": rows,
                "bytes": one.stat().st_size,
                "sha256": hashlib.sha256(one.read_bytes()).hexdigest(),
            }
            for one, holds, rows in ((file, "rows", 2), (held, "suppressed", 1))
        ],
    }
    assert (run["members"], run["sent"], run["suppressed"], run["run_id"]) == (3, 2, 1, 7)
    assert run["location"] == str(file.relative_to(tmp_path))
    assert report.counts == {"exports": 1, "unchanged": 0, "sent": 2, "suppressed": 1}
    assert report.notes[0].startswith("readers to news: 2 sent (1 no_contact_point held back)")
    assert not list(file.parent.glob(".*"))


@pytest.mark.parametrize(
    ("permissions", "reason"),
    [
        ([{}], None),
        ([], "no_permission"),
        ([{"state": "denied"}], "denied"),
        ([{"state": "pending"}], "pending"),
        ([{}, {"category": "news", "state": "denied"}], None),
        ([{"category": "news"}], "no_permission"),
        ([{"contact_value": "old@example.com"}], "no_permission"),
        ([{"contact_value": "*"}], None),
        ([{"contact_value": "*", "state": "denied"}], "denied"),
        ([{}, {"contact_value": "*", "state": "denied"}], None),
        ([{"channel": "sms"}], "no_permission"),
        ([{"purpose": "service"}], "no_permission"),
    ],
)
def test_the_gate_wants_a_permission(
    tmp_path: Path, permissions: list[dict[str, Value]], reason: str | None
) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.profile", person("a"))
        add(warehouse, "gold.segment_member", member("a"))
        if permissions:
            add(warehouse, "gold.consent", *(permission("a", **p) for p in permissions))
        carry_out(STAGE, warehouse, place(tmp_path))
        assert outcomes(warehouse) == {"P-a": reason}


def test_a_category_needs_its_own_or_a_general_permission(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.profile", *(person(name) for name in "abc"))
        add(warehouse, "gold.segment_member", *(member(name) for name in "abc"))
        add(
            warehouse,
            "gold.consent",
            permission("a", category="news"),
            permission("b"),
            permission("c"),
            permission("c", state="denied", category="news"),
        )
        carry_out(STAGE, warehouse, place(tmp_path, category="news"))
        assert outcomes(warehouse) == {"P-a": None, "P-b": None, "P-c": "denied"}


def test_the_gate_looks_at_the_member_before_the_permission(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a", "b", "c")
        warehouse.connection.execute(
            "update gold.profile set status = 'blocked' where profile_id = 'P-a'"
        )
        shared: dict[str, Value] = {"kind": "email", "value": "b@example.com", "blocked": True}
        add(warehouse, "gold.identifier", shared | {"profile_id": "P-b"})
        add(warehouse, "gold.segment_member", member("gone"))
        carry_out(STAGE, warehouse, place(tmp_path))
        assert outcomes(warehouse) == {
            "P-a": "blocked",
            "P-b": "no_contact_point",
            "P-c": None,
            "P-gone": "no_contact_point",
        }


def test_post_and_phone_have_contact_points_of_their_own(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        lives = person("a", street="Main St", house_number="5", postcode="10115", city="Berlin")
        add(warehouse, "gold.profile", lives, person("b", phone="+4930123"))
        add(warehouse, "gold.segment_member", member("a"), member("b"))
        add(
            warehouse,
            "gold.consent",
            permission("a", channel="post", contact_kind="post", contact_value="Main St 5"),
            permission("b", channel="phone", contact_kind="phone", contact_value="+4930123"),
        )
        carry_out(STAGE, warehouse, place(tmp_path, channel="post"))
        assert outcomes(warehouse) == {"P-a": None, "P-b": "no_contact_point"}
        carry_out(STAGE, warehouse, place(tmp_path, channel="phone"), run_id=2)
    by_post, by_phone = exports(tmp_path)
    assert by_post.read_text().splitlines()[1] == 'P-a,"Main St 5, 10115, Berlin"'
    assert by_phone.read_text().splitlines()[1] == "P-b,+4930123"


def test_internal_lists_need_no_permission(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.profile", person("a", email=None))
        add(warehouse, "gold.segment_member", member("a"))
        carry_out(STAGE, warehouse, place(tmp_path, purpose="internal", channel=None))
        assert outcomes(warehouse) == {"P-a": None}


def test_organisations_leave_by_their_own_contact_point(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.account",
            {"account_id": "A-1", "name": "Acme", "email": "a@example.com"},
        )
        add(warehouse, "gold.segment_member", member("A-1"))
        add(warehouse, "gold.consent", permission("a", profile_id="A-1"))
        here = place(tmp_path, columns=["profile_id", "name", "feature.orders"])
        here = workspace(tmp_path, {"segments/readers.yaml": READERS | {"of": "organisation"}})
        carry_out(STAGE, warehouse, here)
    (file,) = exports(tmp_path)
    assert file.read_text() == "profile_id,name,feature.orders\nA-1,Acme,\n"


def test_an_unchanged_segment_is_not_sent_again(tmp_path: Path) -> None:
    here = place(tmp_path)
    later = AS_OF + timedelta(days=1)
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a")
        carry_out(STAGE, warehouse, here)
        (first,) = exports(tmp_path)
        first.unlink()
        again = carry_out(STAGE, warehouse, here, run_id=2, as_of=later)
        assert again.counts == {"exports": 0, "unchanged": 1, "sent": 0, "suppressed": 0}
        assert exports(tmp_path) == []
        readers(warehouse, "b")
        carry_out(STAGE, warehouse, here, run_id=3, as_of=later)
        warehouse.connection.execute("delete from gold.segment_member where profile_id = 'P-b'")
        carry_out(STAGE, warehouse, here, run_id=4, as_of=later)
        runs = warehouse.query("select ordinal, run_id, sent from activation.run order by 1")
        assert runs.rows() == [(1, 1, 1), (2, 3, 2), (3, 4, 1)]
        deliveries = warehouse.query("select count(*) from activation.delivery").row(0)
        assert deliveries == (4,)
    assert [file.name[:12] for file in exports(tmp_path)] == ["readers-0002", "readers-0003"]


def test_a_killed_run_makes_the_same_file_again(tmp_path: Path) -> None:
    here = place(tmp_path)
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a")
        warehouse.connection.execute("begin")
        STAGE.run(Run(1, AS_OF, AS_OF, 1, warehouse, here))
        warehouse.connection.execute("rollback")
        (first,) = exports(tmp_path)
        content = first.read_bytes()
        carry_out(STAGE, warehouse, here, run_id=2)
    assert exports(tmp_path) == [first]
    assert first.read_bytes() == content


def test_columns_come_from_profile_features_and_scores(tmp_path: Path) -> None:
    columns = [
        "contact",
        "sources",
        {"field": "feature.revenue", "name": "revenue"},
        {"field": "score.rfm", "name": "rfm"},
        {"field": "score.rfm.band", "name": "band"},
        {"field": "score.other", "name": "other"},
    ]
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a")
        warehouse.connection.execute("update gold.profile set sources = ['crm', 'erp']")
        add(warehouse, "gold.feature", {"profile_id": "P-a", "revenue": 12.5})
        rfm: dict[str, Value] = {"profile_id": "P-a", "score": "rfm", "value": 9.0, "band": "loyal"}
        add(warehouse, "gold.score", rfm)
        here = place(tmp_path, type="parquet_file", columns=columns)
        carry_out(STAGE, warehouse, here)
    (file,) = (tmp_path / ".cdp" / "exports" / "news").glob("*.parquet")
    rows = pl.read_parquet(file).to_dicts()
    assert rows == [
        {
            "contact": "a@example.com",
            "sources": ["crm", "erp"],
            "revenue": 12.5,
            "rfm": 9.0,
            "band": "loyal",
            "other": None,
        }
    ]


def test_a_path_of_ones_own(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a")
        carry_out(STAGE, warehouse, place(tmp_path, path="out/news"))
        location = warehouse.query("select location from activation.run").row(0)[0]
    assert location.startswith("out/news/readers-0001-")
    assert (tmp_path / location).is_file()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with in_memory(tmp_path) as warehouse:
        readers(warehouse, "a")
        with pytest.raises(CdpError, match="cannot be written"):
            carry_out(STAGE, warehouse, place(tmp_path, path="file/news"))
        assert warehouse.count("activation.run") == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "fax"}, "unknown destination type 'fax'; known: csv_file, excel_file, .*"),
        ({"type": 3}, "line 1, type"),
        ({"segments": ["nobody"]}, "unknown segment 'nobody'; known: readers"),
        ({"channel": None}, "purpose 'marketing' needs a channel: email, sms, phone or post"),
        ({"channel": "fax"}, "'email', 'sms', 'phone' or 'post'"),
        ({"columns": ["emial"]}, "unknown column 'emial'; known: profile_id, .*feature.orders"),
        ({"columns": ["score.rfm.colour"]}, "known: score.rfm, score.rfm.band"),
        ({"columns": ["email", "email"]}, "two columns are called 'email'"),
        ({"columns": "email"}, "line 6, columns"),
        ({"columns": [{"field": "email", "name": "=cmd()"}]}, "should match pattern"),
        ({"delimiter": ";;"}, "at most 1 character"),
        ({"speed": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_declaration_says_what_would_do(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with in_memory(tmp_path) as warehouse:
        with pytest.raises(ConfigError, match=message) as raised:
            carry_out(STAGE, warehouse, place(tmp_path, **changes))
        assert "news.yaml" in str(raised.value)
        assert warehouse.count("activation.run") == 0
