"""`sources/<instance>.yaml`: what does not validate is told with line, field and remedy."""

from pathlib import Path

import pytest

from builders import workspace
from cdp.errors import ConfigError
from cdp.settings import Workspace
from cdp.sources import INSTANCES, SourceInstance
from conftest import ROOT


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("type: fax\npath: x\n", "line 1, type: .*unknown source type 'fax'; known: csv_file, "),
        ("type: parquet_file\n", "reads files: give path:"),
        ("type: shopify\npath: x\ntrust_tier: gospel\n", "line 3, trust_tier: .*'master_data'"),
        ("type: shopify\npath: x\ntime_zone: Mars\n", "line 3, time_zone: .*UTC\\+HH:MM"),
        (
            "type: csv_file\npath: x\noptions:\n  delimeter: ;\n",
            "line 4, options: .*delimeter: Extra inputs.*Options of this type: .*delimiter",
        ),
        ("type: csv_file\npath: x\noptions: {encoding: utf-99}\n", "unknown encoding 'utf-99'"),
        ("type: shopify\npath: x\noptions: {a: 1}\n", "a: Extra inputs.*Options of.*: api_v"),
        ("type: shopify\npath: x\nobjects: [a]\n", "objects: goes with url:, files are read"),
        ("type: sap_c4c\nurl: http://x\nauth: {kind: basic, user: me}\n", "line 3, auth"),
        ("type: shopify\npath: x\nschedule: daily\n", "line 3, schedule: .*five fields: minute,"),
        ("type: shopify\npath: x\nschedule: 61 * * * *\n", "schedule: .*maximum value"),
        ("type: shopify\npath: x\nschedule: 0 2 * * 1-5\n", "schedule: .*week by name"),
        ("type: shopify\npath: x\nschedule: 0 2 31 2 *\n", "schedule: .*never be due"),
        ("type: shopify\npath: x\nuri: y\n", "line 3, uri: Extra inputs"),
    ],
)
def test_mistakes_are_told(declared: str, told: str, tmp_path: Path) -> None:
    place = workspace(tmp_path, {"sources/it.yaml": declared})
    with pytest.raises(ConfigError, match=rf"(?s)it\.yaml does not validate.*{told}"):
        place.many(INSTANCES)


@pytest.mark.parametrize(
    "auth",
    [
        "{kind: basic, user: {env: U}, password: s3cret}",
        "{kind: basic, user: {env: U}, password: {env: P, value: s3cret}}",
        "{kind: bearer, token: {env: T}, password: s3cret}",
        "s3cret",
    ],
)
def test_a_secret_written_down_is_refused_and_not_repeated(auth: str, tmp_path: Path) -> None:
    declared = f"type: sap_c4c\nurl: http://x\nauth: {auth}\n"
    place = workspace(tmp_path, {"sources/it.yaml": declared})
    with pytest.raises(ConfigError, match="line 3, auth") as told:
        place.many(INSTANCES)
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("due", ["*/15 * * * *", "30 2 * * mon-fri", "0 6 * * */2"])
def test_a_schedule_is_a_cron_expression(due: str) -> None:
    declared = {"type": "shopify", "path": "x", "schedule": f" {due.replace(' ', '  ')}"}
    assert SourceInstance.model_validate(declared).schedule == due


@pytest.mark.parametrize("place", ["url: https://me:s3cret@x", "path: s3://me:s3cret@x/y"])
def test_an_address_holds_no_credentials(place: str, tmp_path: Path) -> None:
    rules = workspace(tmp_path, {"sources/it.yaml": f"type: sap_c4c\n{place}\n"})
    with pytest.raises(ConfigError, match=r"line 2, .*say in auth: where they are") as told:
        rules.many(INSTANCES)
    assert "s3cret" not in str(told.value)


def test_every_field_is_described() -> None:
    properties = SourceInstance.model_json_schema()["properties"]
    assert all(field["description"] for field in properties.values())


def test_the_demo_declares_its_seven_sources() -> None:
    instances = Workspace(ROOT / "pipelines" / "demo").many(INSTANCES)
    tiers = {name: instance.trust_tier for name, instance in instances.items()}
    assert tiers == {
        "crm": "master_data",
        "erp": "master_data",
        "shop": "declared",
        "marketing": "declared",
        "newsletter": "observed",
        "web": "observed",
        "site": "observed",
    }
