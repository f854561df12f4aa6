"""OData systems over a real socket: whole and changed, throttled, interrupted, moving."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import carry_out, opened, workspace
from cdp.errors import ConfigError, InputError
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse
from simulators.odata import Row, System, date, serving

LEADS, CONTACTS = "LeadCollection", "ContactCollection"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = {"kind": "basic", "user": {"env": "CRM_USER"}, "password": {"env": "CRM_PASSWORD"}}
QUICK = {"attempts": 3, "longest_wait": 0.05}


def lead(number: int, minute: int | None = None, **fields: object) -> Row:
    changed = BEGUN + timedelta(minutes=number if minute is None else minute)
    key = f"{number:032X}"
    return {"ObjectID": key, "ID": str(number), "EntityLastChangedOn": date(changed), **fields}


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("CRM_USER", "reader")
    monkeypatch.setenv("CRM_PASSWORD", "secret")
    with serving(System({LEADS: [lead(n) for n in range(1, 2_501)]})) as running:
        yield running


class Place:
    """A workspace that reads the system, and its working file."""

    def __init__(self, root: Path, system: System, **declared: Any) -> None:
        source = {
            "type": "sap_c4c",
            "url": f"{system.url}/sap/c4c/odata/v1/c4codataapi/",
            "auth": AUTH,
            "limits": QUICK,
            "objects": [LEADS],
            **declared,
        }
        self.root, self.runs = root, 0
        self.rules = workspace(root, {"sources/crm.yaml": source})

    def load(self, warehouse: Warehouse) -> Report:
        self.runs += 1
        return carry_out(STAGE, warehouse, self.rules, run_id=self.runs)


@pytest.fixture
def place(tmp_path: Path, system: System) -> Place:
    return Place(tmp_path, system)


def versions(warehouse: Warehouse) -> list[str]:
    found = warehouse.query("select native_id from bronze.record order by native_id::int, seq")
    return list(found["native_id"])


def test_everything_at_first_and_then_what_changed(tmp_path: Path, system: System) -> None:
    place = Place(tmp_path, system, options={"compare_days": None})
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (2_500, ())
        asked = len(system.asked)
        system.sets[LEADS][6] = lead(7, 5_000, Name="changed")
        system.sets[LEADS].append(lead(2_501, 5_001))
        second = place.load(warehouse)
        assert second.counts["rows_new"] == 2
        assert second.counts["rows_in"] < 20
        assert len(system.asked) == asked + 1
        assert versions(warehouse).count("7") == 2
        assert place.load(warehouse).counts["rows_new"] == 0


def test_a_row_that_moves_while_it_is_read_hides_no_other(place: Place, system: System) -> None:
    def change(moving: System) -> None:
        if len(moving.asked) == 1:
            moving.sets[LEADS][0] = lead(1, 9_000)

    system.meanwhile = change
    with opened(place.root) as warehouse:
        place.load(warehouse)
        assert set(versions(warehouse)) == {str(n) for n in range(1, 2_501)}
        assert versions(warehouse).count("1") == 2


def test_the_field_that_orders_the_pages_says_how_far_they_reach(
    place: Place, system: System
) -> None:
    system.sets[LEADS] = [lead(n, CreationOn=date(BEGUN)) for n in range(1, 2_501)]
    for row in system.sets[LEADS][:500]:
        row |= {"EntityLastChangedOn": None, "ChangedOn": date(BEGUN + timedelta(days=999))}
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500


def test_pages_of_one_moment_are_counted(place: Place, system: System) -> None:
    system.sets[LEADS] = [lead(n, 0) for n in range(1, 2_501)]
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500


def test_a_server_that_makes_no_pages_is_asked_for_some(tmp_path: Path, system: System) -> None:
    place = Place(tmp_path, system, options={"page_size": 400})
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500
        assert len(system.asked) == 9  # two of them for rows that came meanwhile


def test_a_server_that_gives_fewer_rows_than_asked_for_is_read_to_its_end(
    tmp_path: Path, system: System
) -> None:
    system.page = 150
    place = Place(tmp_path, system, options={"page_size": 400})
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500


def test_a_server_that_heeds_no_skip_is_not_asked_for_ever(tmp_path: Path, system: System) -> None:
    system.skips = False
    place = Place(tmp_path, system, options={"page_size": 400})
    with opened(place.root) as warehouse:
        report = place.load(warehouse)
        assert report.counts["rows_new"] == 2_500
        assert "gave the same page again" in str(report.notes)


def test_a_busy_server_is_asked_again(place: Place, system: System) -> None:
    system.refusals = [(429, {"retry-after": "0"}, ""), (503, {}, "")]
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2_500


def test_an_interrupted_walk_goes_on_where_it_stood(tmp_path: Path, system: System) -> None:
    system.page = 50

    def fail(failing: System) -> None:
        if len(failing.asked) == 30:
            failing.refusals = [(500, {}, "")] * 4

    system.meanwhile = fail
    place = Place(tmp_path, system)
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert first.counts["sources_failed"] == 1
        assert first.counts["rows_new"] >= 30 * 49
        assert "the next run tries again" in first.notes[0]
        kept = first.counts["rows_new"]
        system.refusals = []
        second = place.load(warehouse)
        assert kept + second.counts["rows_new"] == 2_500
        assert second.counts["rows_repeated"] < 100


def test_an_object_that_may_not_be_read_leaves_the_others(tmp_path: Path, system: System) -> None:
    system.sets[CONTACTS] = [lead(1, ContactID="1")]
    system.forbidden = {LEADS}
    place = Place(tmp_path, system, objects=[LEADS, CONTACTS, "VisitCollection"])
    with opened(place.root) as warehouse:
        report = place.load(warehouse)
    assert report.counts["rows_new"] == 1
    forbidden, missing, read = report.notes
    assert "403: no authorisation for LeadCollection; the user may not read this" in forbidden
    assert "404" in missing
    assert read == "crm: read 1 of 3 objects"


def test_a_refused_password_is_tried_once(
    tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "mistyped")
    place = Place(tmp_path, system, objects=None)
    with opened(place.root) as warehouse:
        with pytest.raises(InputError, match="the credentials were refused"):
            place.load(warehouse)
        assert system.strangers == 1
        monkeypatch.setenv("CRM_PASSWORD", "secret")
        place.load(warehouse)
    assert (system.strangers, bool(system.asked)) == (1, True)


def test_a_password_that_is_refused_midway_is_not_tried_again(place: Place, system: System) -> None:
    def lock(asked: System) -> None:
        asked.user = ("reader", "another")

    system.meanwhile = lock
    system.sets[CONTACTS] = [lead(1, ContactID="1")]
    with opened(place.root) as warehouse:
        report = place.load(warehouse)
    assert (len(report.notes), len(system.asked), system.strangers) == (1, 1, 1)
    assert report.counts["rows_new"] == 1_000


def test_what_a_system_shows_no_more_is_gone(tmp_path: Path, system: System) -> None:
    place = Place(tmp_path, system, options={"compare_days": 0})
    with opened(place.root) as warehouse:
        place.load(warehouse)
        del system.sets[LEADS][10:20]
        assert place.load(warehouse).counts["rows_new"] == 10
        gone = warehouse.query("select native_id, payload from bronze.record where is_deleted")
        assert sorted(gone["native_id"], key=int) == [str(n) for n in range(11, 21)]
        assert place.load(warehouse).counts["rows_new"] == 0
        system.sets[LEADS].append(lead(11, 9_000_000))
        assert place.load(warehouse).counts["rows_new"] == 1
        assert place.load(warehouse).counts["rows_new"] == 0


def test_a_row_that_a_count_hides_while_keys_are_compared_is_not_gone(
    tmp_path: Path, system: System
) -> None:
    system.page = 500
    place = Place(tmp_path, system, options={"compare_days": 0, "page_size": 500})
    with opened(place.root) as warehouse:
        place.load(warehouse)

        def lose(losing: System) -> None:
            if "select" in losing.asked[-1] and len(losing.sets[LEADS]) == 2_500:
                del losing.sets[LEADS][0]  # all behind it move up, the 501st onto the page before

        system.meanwhile = lose
        asking = "select native_id from bronze.record where is_deleted"
        place.load(warehouse)
        assert warehouse.query(asking).is_empty()
        place.load(warehouse)
        assert warehouse.query(asking)["native_id"].to_list() == ["1"]


def test_so_much_that_is_gone_is_not_believed(tmp_path: Path, system: System) -> None:
    place = Place(tmp_path, system, options={"compare_days": 0})
    with opened(place.root) as warehouse:
        place.load(warehouse)
        del system.sets[LEADS][300:]
        report = place.load(warehouse)
        assert report.counts["rows_new"] == 0
        assert "shows 2,200 of 2,500 records no more" in report.notes[0]
        place = Place(tmp_path, system, options={"compare_days": 0, "largest_absence": 1})
        place.runs = 2
        assert place.load(warehouse).counts["rows_new"] == 2_200


def test_keys_are_not_compared_every_time(place: Place, system: System) -> None:
    with opened(place.root) as warehouse:
        for expected in (0, 1, 0):
            system.asked.clear()
            place.load(warehouse)
            assert sum("select" in each for each in system.asked) == 3 * expected


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"auth": None}, "401: the user or the password is wrong; the credentials were refused"),
        ({"url": "http://127.0.0.1:9"}, "did not answer"),
        ({"auth": {**AUTH, "password": {"env": "NOT_SET"}}}, "NOT_SET is not set; export it"),
        ({"auth": {**AUTH, "password": {"file": "/nowhere"}}}, "/nowhere cannot be read"),
    ],
)
def test_a_dead_source_blocks_no_other(
    tmp_path: Path, system: System, declared: dict[str, Any], message: str
) -> None:
    place = Place(tmp_path, system, **declared)
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "people.csv").write_text("id\n1\n", "utf-8")
    shop = {"type": "csv_file", "path": "people.csv", "options": {"id_column": "id"}}
    rules = workspace(tmp_path, {"sources/shop.yaml": shop})
    with opened(place.root) as warehouse:
        report = carry_out(STAGE, warehouse, rules)
    assert report.counts["rows_new"] == 1
    assert report.counts["sources_failed"] == 1
    assert message in report.notes[0]
    assert "secret" not in report.notes[0].replace("secret file", "")


def test_what_is_no_page_is_said_to_be_none(place: Place, system: System) -> None:
    system.refusals = [(200, {}, "<feed/>")]
    told = r"none was before:\n  source crm: .*no page of OData version 2"
    with opened(place.root) as warehouse, pytest.raises(InputError, match=told):
        place.load(warehouse)


def test_links_to_another_host_are_asked_for_at_the_base(place: Place, system: System) -> None:
    system.sets[LEADS] = [lead(n, 0) for n in range(1, 1_501)]
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 1_500
    assert "skiptoken" in system.asked[-1]


def test_business_partners_are_read_by_whole_days(tmp_path: Path, system: System) -> None:
    system.sets["A_BusinessPartner"] = [
        {"BusinessPartner": "0000000001", "CreationDate": date(BEGUN), "LastChangeDate": None},
        {
            "BusinessPartner": "0000000002",
            "CreationDate": date(BEGUN),
            "LastChangeDate": date(BEGUN + timedelta(days=3)),
        },
    ]
    place = Place(
        tmp_path,
        system,
        type="sap_s4",
        objects=["A_BusinessPartner"],
        options={"compare_days": None},
    )
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2
        new = {
            "BusinessPartner": "3",
            "CreationDate": date(BEGUN + timedelta(days=3)),
            "LastChangeDate": None,
        }
        system.sets["A_BusinessPartner"].append(new)
        assert place.load(warehouse).counts["rows_new"] == 1
    assert "CreationDate" in system.asked[-1]
    assert "expand=to_BusinessPartnerAddress" in system.asked[-1]


def test_campaigns_and_target_groups_are_read_without_being_named(
    tmp_path: Path, system: System
) -> None:
    changed = date(BEGUN)
    system.sets = {
        "Campaigns": [{"CampaignID": "0000000042", "LastChangeDateTime": changed}],
        "TargetGroups": [{"TargetGroupUUID": "g-1", "LastChangeDateTime": changed}],
        "TargetGroupMembers": [{"TargetGroupMemberUUID": "m-1", "TargetGroupUUID": "g-1"}],
    }
    options = {"compare_days": None}
    place = Place(tmp_path, system, type="sap_marketing_cloud", objects=None, options=options)
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 3
        found = warehouse.query("select object, native_id from bronze.record order by all").rows()
        campaign = {"CampaignID": "43", "LastChangeDateTime": date(BEGUN + timedelta(hours=1))}
        system.sets["Campaigns"].append(campaign)
        system.asked.clear()
        assert place.load(warehouse).counts["rows_new"] == 1
    assert found == [("Campaigns", "42"), ("TargetGroupMembers", "m-1"), ("TargetGroups", "g-1")]
    asked = [each for each in system.asked if "TargetGroups?" in each or "Campaigns?" in each]
    assert len(asked) == 2
    assert all("filter=LastChangeDateTime%20ge" in each for each in asked)
    assert any("/API_MKT_CAMPAIGN_SRV/Campaigns?" in each for each in asked)


def test_groups_are_read_where_they_are_named_and_no_other_partners(
    tmp_path: Path, system: System
) -> None:
    groups = "BusinessPartnerCollection"
    system.sets = {
        groups: [
            lead(1, BusinessPartnerID="0000000007", CategoryCode="3"),
            lead(2, BusinessPartnerID="0000000008", CategoryCode="1"),
        ],
        "BusinessPartnerRelationshipCollection": [lead(3)],
        LEADS: [lead(4)],
    }
    usual = Place(tmp_path / "usual", system, objects=None)
    with opened(usual.root) as warehouse:
        assert usual.load(warehouse).counts["rows_new"] == 1
    assert not any("BusinessPartner" in each for each in system.asked)
    named = Place(tmp_path / "named", system, objects=list(system.sets))
    with opened(named.root) as warehouse:
        first = named.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (3, ())
        system.sets[groups].append(lead(9, BusinessPartnerID="9", CategoryCode="3"))
        assert named.load(warehouse).counts["rows_new"] == 1
        keys = warehouse.query(
            "select native_id from bronze.record where object = $name order by all", name=groups
        )
    assert list(keys["native_id"]) == ["7", "9"]


def test_what_files_can_be_read_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="csv_file reads files"):
        SourceInstance.model_validate({"type": "csv_file", "url": "http://x"})
    with pytest.raises(ValueError, match="give either path"):
        SourceInstance.model_validate({"type": "sap_c4c"})
    instance = SourceInstance.model_validate(
        {"type": "sap_c4c", "url": "http://127.0.0.1:9", "objects": ["NoCollection"]}
    )
    with pytest.raises(ConfigError, match="names NoCollection, but sap_c4c has none"):
        SOURCES.get("sap_c4c").find(Opening("crm", instance, tmp_path))
