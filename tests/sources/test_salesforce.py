"""An org of Salesforce over a real socket: by query, in bulk, changed, refused, interrupted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import carry_out, opened, workspace
from cdp.errors import ConfigError, UnreachableError
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.sources.remote.salesforce.query import Selection
from cdp.sources.remote.schema import types_of
from salesforce_place import Place
from simulators.salesforce import serving
from simulators.salesforce_org import Org
from source_files import read, write

PEOPLE = 250


@pytest.fixture
def org(monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    monkeypatch.setenv("SF_ID", "app")
    monkeypatch.setenv("SF_SECRET", "secret")
    org = Org()
    org.has("Contact", "003", LastName="string", DoNotCall="boolean", Score__c="double")
    org.has("Lead", "00Q", LastName="string", MailingAddress="address")
    for number in range(PEOPLE):
        org.add("Contact", LastName=f"N{number}", DoNotCall=number % 2 == 0, Score__c=1.5)
    with serving(org) as running:
        yield running


@pytest.fixture
def place(org: Org) -> Place:
    return Place(org)


def first_of(org: Org, name: str, number: int = 0) -> str:
    return list(org.tables[name].rows)[number]


@pytest.mark.parametrize("method", ["query", "bulk"])
def test_everything_at_first_and_then_what_changed(org: Org, method: str) -> None:
    place = Place(org, options={"method": method, "bulk_rows": 200})
    first = place.load()
    assert (first.new, first.notes) == (PEOPLE, [])
    org.change("Contact", first_of(org, "Contact"), LastName="Changed")
    new = org.add("Contact", LastName="New")
    second = place.load()
    assert second.new == 2
    assert len(place.versions[first_of(org, "Contact")]) == 2
    assert new in place.versions
    assert place.load().new == 0


def test_a_bulk_job_gives_rows_as_a_query_does(org: Org) -> None:
    place = Place(org, options={"method": "bulk"})
    place.load()
    place.declare(org, options={"method": "query", "overlap_minutes": 9_999})
    report = place.load()
    assert (report.rows, report.new) == (PEOPLE, 0)
    assert sum("jobs/query" in each for each in org.asked) == 4


def test_many_rows_and_wide_rows_go_in_bulk(org: Org) -> None:
    wide = {f"Field_with_a_long_name_{n:03}__c": "string" for n in range(500)}
    org.has("Wide__c", "a00", **wide)
    org.add("Wide__c", Field_with_a_long_name_007__c="x")
    org.add("Lead", LastName="Few")
    place = Place(org, objects=["Wide__c", "Contact", "Lead"], options={"bulk_from": PEOPLE})
    assert place.load().new == PEOPLE + 2
    assert [job.told["object"] for job in org.jobs.values()] == ["Wide__c", "Contact"]


def test_an_object_can_be_read_otherwise_than_the_rest(org: Org) -> None:
    org.add("Lead", LastName="Few")
    options = {"methods": {"Lead": "bulk"}}
    place = Place(org, objects=["Contact", "Lead"], options=options)
    assert place.load().new == PEOPLE + 1
    assert [job.told["object"] for job in org.jobs.values()] == ["Lead"]


def test_a_row_that_moves_while_it_is_read_hides_no_other(place: Place, org: Org) -> None:
    moved = first_of(org, "Contact")

    def change(moving: Org) -> None:
        if sum("LIMIT" in each for each in moving.asked) == 1:
            moving.change("Contact", moved, LastName="Moved")

    org.meanwhile = change
    place.load()
    assert place.versions.keys() == org.tables["Contact"].rows.keys()
    assert len(place.versions[moved]) == 2


def test_rows_of_one_moment_are_told_apart_by_their_keys(place: Place, org: Org) -> None:
    for row in org.tables["Contact"].rows.values():
        row["SystemModstamp"] = "2026-01-02T00:00:00.000+0000"
    assert place.load().new == PEOPLE


def test_an_answer_shorter_than_asked_for_goes_on_at_its_link(place: Place, org: Org) -> None:
    org.page = 30
    assert place.load().new == PEOPLE
    assert sum("/queryAll/01g" in each for each in org.asked) > 5


def test_an_interrupted_query_goes_on_where_it_stood(org: Org) -> None:
    def fail(failing: Org) -> None:
        if len(failing.asked) == 20:
            failing.refusals = [(500, {}, "")] * 3

    org.meanwhile = fail
    place = Place(org, options={"page_size": 10})
    first = place.load()
    assert 150 <= first.new < PEOPLE
    assert "500" in first.notes[0]
    second = place.load()
    assert first.new + second.new == PEOPLE


def test_an_interrupted_bulk_job_goes_on_where_it_stood(org: Org) -> None:
    def fail(failing: Org) -> None:
        if "locator" in failing.asked[-1]:
            failing.refusals = [(500, {}, "")] * 3

    org.meanwhile = fail
    place = Place(org, options={"method": "bulk", "bulk_rows": 100})
    first = place.load()
    assert (first.new, len(first.notes)) == (200, 1)
    late = org.add("Contact", LastName="Late")
    org.meanwhile = lambda _: None
    second = place.load()
    assert (second.new, second.rows) == (PEOPLE - 200, PEOPLE - 200)
    assert len(org.jobs) == 1
    third = place.load()
    assert third.new == 1
    assert late in place.versions


def test_a_job_that_takes_too_long_is_waited_for_by_the_next_run(org: Org) -> None:
    org.looks = 8
    options = {"method": "bulk", "bulk_wait_minutes": 0.0001}
    place = Place(org, options=options)
    (note,) = place.load().notes
    assert "the bulk job of Contact is not done yet; the next run goes on" in note
    org.looks = 0
    next(iter(org.jobs.values())).looks = 0
    assert place.load().new == PEOPLE
    assert len(org.jobs) == 1


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_a_job_that_failed_is_begun_anew(org: Org, is_forgotten: bool) -> None:
    org.job_fails = "InternalServerError : the query timed out"
    place = Place(org, options={"method": "bulk"})
    (note,) = place.load().notes
    assert "ended as Failed: InternalServerError : the query timed out" in note
    org.job_fails = None
    if is_forgotten:
        org.jobs.clear()
    assert place.load().new == PEOPLE


def test_what_is_deleted_is_gone_and_what_is_restored_is_back(place: Place, org: Org) -> None:
    key = first_of(org, "Contact")
    place.load()
    org.delete("Contact", key)
    assert place.load().new == 1
    assert place.gone == [key]
    org.change("Contact", key, IsDeleted=False)
    assert place.load().new == 1
    assert place.gone == []


def test_what_was_purged_is_found_by_comparing_keys(org: Org) -> None:
    place = Place(org, options={"compare_days": 0})
    place.load()
    purged = sorted(org.tables["Contact"].rows)[10:20]
    for key in purged:
        org.purge("Contact", key)
    assert place.load().new == 10
    assert place.gone == purged
    assert place.load().new == 0


def test_a_throttled_org_is_asked_again(place: Place, org: Org) -> None:
    limited = '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"Concurrent requests"}]'
    org.refusals = [(403, {}, limited), (503, {}, ""), (429, {"retry-after": "0"}, "")]
    assert place.load().new == PEOPLE


@pytest.mark.parametrize(
    ("used", "message"),
    [
        (100_000, "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.; its requests are used"),
        (97_000, "97,001 of the org's 100,000 requests a day are used, so it is left alone"),
    ],
)
def test_an_org_that_is_used_up_is_left_alone(
    place: Place, org: Org, used: int, message: str
) -> None:
    org.used = used
    report = place.load()
    assert message in report.notes[0]
    org.used = 0
    assert place.load().new == PEOPLE


def test_a_token_that_expires_is_fetched_anew(place: Place, org: Org) -> None:
    org.answers_a_token = 3
    assert place.load().new == PEOPLE
    assert len(org.tokens) >= 2


def test_a_token_that_nobody_renews_is_told(org: Org, monkeypatch: Any) -> None:
    monkeypatch.setenv("SF_TOKEN", "outdated")
    place = Place(org, auth={"kind": "bearer", "token": {"env": "SF_TOKEN"}})
    (note,) = place.load().notes
    assert "401: Session expired or invalid; the credentials were refused" in note
    assert "outdated" not in note


def test_a_new_field_is_read_from_then_on(place: Place, org: Org) -> None:
    key = first_of(org, "Contact")
    place.load()
    org.tables["Contact"].types["Shoe_Size__c"] = "double"
    org.change("Contact", key, Shoe_Size__c=38.0)
    assert place.load().new >= 1
    assert place.payloads[key]["Shoe_Size__c"] == 38.0


def test_an_object_that_may_not_be_read_leaves_the_others(org: Org) -> None:
    org.add("Lead", LastName="Quint")
    org.forbidden = {"Contact"}
    place = Place(org, objects=["Contact", "Lead"])
    report = place.load()
    assert (report.new, len(report.notes)) == (1, 1)
    assert "sobjects/Contact/describe was refused with NOT_FOUND" in report.notes[0]
    assert "give its permission set the permission" in report.notes[0]


def test_without_objects_all_that_the_org_has_are_read(org: Org) -> None:
    org.add("Lead", LastName="Quint")
    place = Place(org, objects=None)
    report = place.load()
    assert report.new == PEOPLE + 1
    (note,) = report.notes
    assert note.startswith("sf: not in the org, or not for the user to read, so left")


def test_fields_are_those_that_the_user_may_see(place: Place) -> None:
    instance = SourceInstance.model_validate({**place.source, "objects": ["Lead", "Secret"]})
    found = SOURCES.get("salesforce").fields(Opening("sf", instance, Path()))
    stamps = {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
    assert found == {"Lead": {"LastName"} | stamps}
    types = {name: type_.kind for name, type_ in types_of(found["Lead"]).items()}
    assert (types["Id"], types["IsDeleted"]) == ("key", "boolean")
    assert types["CreatedDate"] == "moment"


@pytest.mark.parametrize("name", ["Lead WHERE Name != ''", "../limits", "Größe", "Lead\n", ""])
def test_what_can_be_no_object_gets_into_no_query(org: Org, name: str) -> None:
    instance = SourceInstance.model_validate({**Place(org).source, "objects": ["Lead", name]})
    opening = Opening("sf", instance, Path())
    for asked in (SOURCES.get("salesforce").find, SOURCES.get("salesforce").fields):
        with pytest.raises(ConfigError, match=r"sources/sf\.yaml: objects: .* write the API name"):
            asked(opening)
    assert not org.asked


@pytest.mark.parametrize(
    "described", ['{"name": "Contact FROM", "fields": []}', '{"name": "Contact", "fields": [%s]}']
)
def test_what_can_be_no_field_gets_into_no_query(place: Place, org: Org, described: str) -> None:
    found = described.replace("%s", '{"name": "Id, (SELECT Id FROM Cases)", "type": "id"}')
    org.refusals = [(200, {}, found)]
    (note,) = place.load().notes
    assert "describe answered something that Salesforce does not" in note


def test_only_the_fields_that_are_wanted_are_read(org: Org) -> None:
    place = Place(org, options={"fields": {"Contact": ["LastName", "Nothing"]}})
    place.load()
    payload = place.payloads[first_of(org, "Contact")]
    assert "LastName" in payload
    assert "DoNotCall" not in payload


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, {}, "<html/>"), "describe answered something that Salesforce does not"),
        ((302, {}, ""), "it sends elsewhere, perhaps to a page to log in"),
    ],
)
def test_what_is_no_salesforce_is_said_to_be_none(
    place: Place, org: Org, answer: tuple[int, dict[str, str], str], message: str
) -> None:
    org.refusals = [answer]
    (note,) = place.load().notes
    assert message in note


def test_exports_are_read_as_files(tmp_path: Path) -> None:
    rows = "Id,LastName,IsDeleted,SystemModstamp\n003A,Quint,false,2026-01-02T03:04:05.000Z\n"
    everything = read(
        write(tmp_path, {"Contact.csv": rows + "003B,Marenko,true,2026-01-02T03:04:06.000Z\n"}),
        "salesforce",
    )
    assert everything.ids == ["003A", "003B"]
    assert everything.rows["is_deleted"].to_list() == [None, True]


def test_a_run_lands_what_the_org_has(tmp_path: Path, place: Place, org: Org) -> None:
    rules = workspace(tmp_path, {"sources/sf.yaml": place.source})
    with opened(tmp_path) as warehouse:
        assert carry_out(STAGE, warehouse, rules).counts["rows_new"] == PEOPLE
        org.delete("Contact", first_of(org, "Contact"))
        second = carry_out(STAGE, warehouse, rules, run_id=2)
        assert (second.counts["rows_new"], second.notes) == (1, ())
        gone = warehouse.query("select native_id from bronze.record where is_deleted")
        assert gone["native_id"].to_list() == [first_of(org, "Contact")]


def test_campaigns_are_read_without_being_named(org: Org) -> None:
    org.has("Campaign", "701", Name="string", Type="picklist")
    org.has("CampaignMember", "00v", CampaignId="reference", Status="picklist")
    fair = org.add("Campaign", Name="Spring fair", Type="Fair")
    member = org.add("CampaignMember", CampaignId=fair, Status="Sent")
    place = Place(org, objects=None)
    (lacking,) = place.load().notes
    assert "Campaign" not in lacking
    assert (place.payloads[fair]["Name"], place.payloads[member]["CampaignId"]) == (
        "Spring fair",
        fair,
    )


@pytest.mark.parametrize("method", ["query", "bulk"])
def test_members_say_the_name_of_their_campaign(org: Org, method: str) -> None:
    org.has("Campaign", "701", Name="string", Type="picklist", Cost__c="double")
    org.has("CampaignMember", "00v", CampaignId="reference", Status="picklist")
    fair = org.add("Campaign", Name="Spring fair", Type="Fair")
    member = org.add("CampaignMember", CampaignId=fair, Status="Sent")
    stray = org.add("CampaignMember", Status="Sent")
    place = Place(org, objects=["CampaignMember"], options={"method": method})
    assert place.load().notes == []
    url = f"/services/data/v62.0/sobjects/Campaign/{fair}"
    campaign = {"attributes": {"type": "Campaign", "url": url}, "Name": "Spring fair"}
    assert place.payloads[member]["Campaign"] == campaign | {"Type": "Fair"}
    assert place.payloads[stray]["Campaign"] is None
    org.forbidden = {"Campaign"}
    org.change("CampaignMember", member, Status="Responded")
    assert place.load().notes == []
    assert "Campaign" not in place.payloads[member]


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "Lead WHERE Name != ''"},
        {"name": "Lead", "fields": ("Id", "Name FROM User --")},
        {"name": "Lead", "fields": ("Größe",)},
        {"name": "Lead", "changed": "Id DESC"},
        {"name": "Lead", "after": "x' OR Name != '"},
        {"name": "Lead", "among": ("00Q1", "')")},
    ],
)
def test_what_is_no_name_and_no_key_gets_into_no_query(asked: dict[str, Any]) -> None:
    with pytest.raises(UnreachableError, match=r"gets into no query; correct options\.fields"):
        Selection(**{"fields": ("Id",), **asked})
    assert "Owner.Name" in Selection("Lead", ("Id", "Owner.Name"), among=("00Q1",)).unordered
