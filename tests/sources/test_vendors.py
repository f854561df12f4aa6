"""What is particular to each vendor: where keys and times of change stand."""

import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from cdp.errors import InputError
from source_files import find, read, write


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def odata(*rows: Mapping[str, object]) -> str:
    return json.dumps({"d": {"results": rows}})


CHANGE = "/Date(1741000000123)/"
CHANGED = at("2025-03-03T11:06:40.123")


@pytest.mark.parametrize(
    ("entity_set", "row", "key"),
    [
        ("CorporateAccountCollection", {"AccountID": "1000101", "ObjectID": "00A1"}, "1000101"),
        ("IndividualCustomerCollection", {"CustomerID": "0002000417"}, "2000417"),
        ("ContactCollection", {"ContactID": "1000955", "AccountID": "7"}, "1000955"),
        ("LeadCollection", {"ID": 3301}, "3301"),
        ("OpportunityCollection", {"ID": " 12 "}, "12"),
        ("CorporateAccountHasContactPersonCollection", {"ObjectID": "00163E0A"}, "00163E0A"),
        ("SomethingNewCollection", {"ObjectID": "AB", "ID": "9"}, "AB"),
    ],
)
def test_c4c_keys(entity_set: str, row: dict[str, object], key: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{entity_set}.page-0001.json": odata({**row, "ChangedOn": CHANGE})})
    everything = read(tmp_path, "sap_c4c")
    assert everything.ids == [key]
    assert everything.changed == [CHANGED]


@pytest.mark.parametrize(
    ("row", "changed"),
    [
        ({"EntityLastChangedOn": CHANGE, "ChangedOn": "/Date(1)/"}, CHANGED),
        ({"LastChangeDateTime": "/Date(1741000000123+0000)/"}, CHANGED),
        ({"EntityLastChangedOn": None, "CreationOn": CHANGE}, CHANGED),
        ({"EntityLastChangedOn": "yesterday"}, None),
        ({"EntityLastChangedOn": "/Date(99999999999999999)/"}, None),
        ({}, None),
    ],
)
def test_c4c_times_of_change(
    row: dict[str, object], changed: datetime | None, tmp_path: Path
) -> None:
    write(tmp_path, {"LeadCollection.json": odata({"ID": "1", **row})})
    assert read(tmp_path, "sap_c4c").changed == [changed]


def test_c4c_leaves_aside_what_is_no_collection(tmp_path: Path) -> None:
    write(tmp_path, {"notes.json": odata({"ID": "1"}), "LeadCollection.json": odata({"ID": "1"})})
    everything = read(tmp_path, "sap_c4c")
    assert everything.objects == ("LeadCollection",)
    assert everything.notes == ("it: left aside, sap_c4c does not know them: notes.json",)


@pytest.mark.parametrize(
    ("entity_set", "row", "key", "changed"),
    [
        (
            "A_BusinessPartner",
            {
                "BusinessPartner": "0000402417",
                "LastChangeDate": "/Date(1740960000000)/",
                "LastChangeTime": "PT11H06M40S",
                "CreationDate": "/Date(1)/",
            },
            "402417",
            at("2025-03-03T11:06:40"),
        ),
        (
            "A_BusinessPartner",
            {
                "BusinessPartner": "402417",
                "LastChangeDate": None,
                "LastChangeTime": "PT00H00M00S",
                "CreationDate": "/Date(1690000000000)/",
                "CreationTime": "PT09H12M",
            },
            "402417",
            at("2023-07-22T13:38:40"),
        ),
        ("A_BusinessPartner", {"BusinessPartner": "MDG-7"}, "MDG-7", None),
        (
            "A_SalesOrder",
            {"SalesOrder": "900417", "LastChangeDateTime": "/Date(1741000000000+0000)/"},
            "900417",
            at("2025-03-03T11:06:40"),
        ),
        (
            "A_BPRelationship",
            {"RelationshipNumber": "1", "BusinessPartner1": "2", "BusinessPartner2": "3"},
            "1|2|3|",
            None,
        ),
    ],
)
def test_s4_keys_and_times_of_change(
    entity_set: str,
    row: dict[str, object],
    key: str,
    changed: datetime | None,
    tmp_path: Path,
) -> None:
    write(tmp_path, {f"{entity_set}.page-0001.json": odata(row)})
    everything = read(tmp_path, "sap_s4")
    assert everything.ids == [key]
    assert everything.changed == [changed]


def test_s4_does_not_guess_keys(tmp_path: Path) -> None:
    write(tmp_path, {"A_Unheard.page-0001.json": odata({"Unheard": "1"})})
    everything = read(tmp_path, "sap_s4")
    assert not everything.objects
    assert "A_Unheard.page-0001.json" in everything.notes[1]


def test_shopify_ids_are_the_number_of_the_global_id(tmp_path: Path) -> None:
    edges = [{"node": {"id": "gid://shopify/Order/8?key=x", "createdAt": "2026-01-02"}}]
    write(
        tmp_path,
        {
            "customers.page-0001.json": json.dumps(
                {
                    "data": {
                        "customers": {
                            "nodes": [
                                {
                                    "id": "gid://shopify/Customer/7000000000417",
                                    "updatedAt": "2025-03-03T12:06:40+01:00",
                                }
                            ]
                        }
                    }
                }
            ),
            "orders.page-0001.json": json.dumps({"data": {"orders": {"edges": edges}}}),
        },
    )
    everything = read(tmp_path, "shopify")
    assert everything.ids == ["7000000000417", "8"]
    assert everything.changed == [at("2025-03-03T11:06:40"), at("2026-01-02")]


def test_marketing_cloud_reads_what_it_exports_as_csv(tmp_path: Path) -> None:
    permission = (
        "ContactOrigin;ContactID;ContactPermissionOrigin;ContactPermissionID;MarketingArea;"
        "CommunicationMedium;CommunicationCategory;ContactPermission;PermissionUTCDateTime\n"
        "ZFILE;P-7;EMAIL;a@b.example;GLOBAL;EMAIL;;Y;2026-02-06T22:47:05Z\n"
    )
    write(
        tmp_path,
        {
            "contacts.csv": "ID_ORIGIN;ID;CHANGED_AT\nZFILE;P-7;2026-02-06T22:47:05Z\n",
            "permissions.csv": permission,
        },
    )
    everything = read(tmp_path, "sap_marketing_cloud")
    assert everything.objects == ("contacts", "permissions")
    assert everything.ids == ["P-7", "ZFILE|P-7|EMAIL|a@b.example|GLOBAL|EMAIL|"]
    assert everything.changed == [at("2026-02-06T22:47:05")] * 2


def test_marketing_cloud_reads_odata_pages_too(tmp_path: Path) -> None:
    row = {"ContactID": "2000417", "OriginDataLastChgUTCDateTime": "/Date(1741000000123+0000)/"}
    write(tmp_path, {"ContactOriginData.json": odata(row)})
    everything = read(tmp_path, "sap_marketing_cloud")
    assert (everything.ids, everything.changed) == (["2000417"], [CHANGED])


def test_marketing_cloud_columns_may_be_named_otherwise(tmp_path: Path) -> None:
    write(tmp_path, {"contacts.csv": "CONTACT;LAST\nP-7;2026-02-06T22:47:05Z\n"})
    options = {"key_columns": {"contacts": "CONTACT"}, "changed_columns": {"contacts": "LAST"}}
    everything = read(tmp_path, "sap_marketing_cloud", options=options)
    assert (everything.ids, everything.changed) == (["P-7"], [at("2026-02-06T22:47:05")])


def test_a_table_without_its_key_column_stops_the_run(tmp_path: Path) -> None:
    write(tmp_path, {"contacts.csv": "NUMBER;CITY\n1;Köln\n"})
    with pytest.raises(InputError, match=r"no column ID; its columns are NUMBER, CITY"):
        read(tmp_path, "sap_marketing_cloud")


HEADER = "ClientID,SendID,SubscriberKey,EventDate,EventType\n"


def test_tracking_dates_are_american_and_six_hours_behind(tmp_path: Path) -> None:
    rows = "1,5501,k,3/4/2025 12:07:02 AM,Open\n1,5501,k,3/4/2025 12:07:02 PM,Open\n"
    write(tmp_path, {"opens-1.csv": HEADER + rows})
    everything = read(tmp_path, "sfmc_tracking")
    assert everything.objects == ("Opens",)
    assert everything.changed == [at("2025-03-04T06:07:02"), at("2025-03-04T18:07:02")]
    berlin = read(tmp_path, "sfmc_tracking", time_zone="Europe/Berlin")
    assert berlin.changed[0] == at("2025-03-03T23:07:02")
    assert berlin.cursors != everything.cursors


def test_the_same_tracking_row_is_the_same_record(tmp_path: Path) -> None:
    row = "1,5501,k,3/3/2025 11:07:02 AM,Click\n"
    write(tmp_path, {"Clicks.csv": HEADER + row + row + row.replace("11:07", "11:08")})
    first, second, third = read(tmp_path, "sfmc_tracking").ids
    assert first == second != third


def test_segment_reads_single_events_and_batches(tmp_path: Path) -> None:
    one = {"messageId": "m-1", "timestamp": "2026-01-02T03:04:05.678Z"}
    body = {"batch": [{"messageId": "m-2"}, {"type": "page"}], "sentAt": "2026-01-01"}
    write(tmp_path, {"events.ndjson": f"{json.dumps(one)}\n\n{json.dumps(body)}\n"})
    everything = read(tmp_path, "segment_events")
    assert everything.ids == ["m-1", "m-2"]
    assert everything.changed == [at("2026-01-02T03:04:05.678"), None]
    assert everything.rows["locator"].to_list() == ["events.ndjson:1", "events.ndjson:3#0"]
    assert everything.refused == [("events.ndjson:3#1", "missing_id")]


def test_a_tracking_archive_holds_several_objects(tmp_path: Path) -> None:
    rows = "1,5501,k,3/4/2025 12:07:02 AM,Open\n"
    for name, members in {"all": ("Opens.csv", "Sent.csv", "Lists.csv"), "empty": ()}.items():
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for member in members:
                archive.writestr(f"out/{member}", HEADER + rows)
    (tmp_path / "nothing.zip").touch()
    everything = read(tmp_path, "sfmc_tracking")
    assert everything.objects == ("Opens", "Sent")
    assert everything.rows["locator"].to_list() == [
        "all.zip#out/Opens.csv:2",
        "all.zip#out/Sent.csv:2",
    ]
    (note,) = everything.notes
    assert note.endswith("does not know them: all.zip#out/Lists.csv")
    assert not find(tmp_path, "sfmc_tracking", cursors=everything.cursors).deliveries
    (tmp_path / "all.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"all\.zip cannot be unpacked \(File is not a zip file\)"):
        find(tmp_path, "sfmc_tracking")
