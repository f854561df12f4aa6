"""Which mapping reads an instance, and whose keys it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from cdp.canonical.chosen import Chosen, chosen, shipped_names, shipped_text
from cdp.canonical.mapping import MappingFile
from cdp.errors import ConfigError
from cdp.settings import Workspace
from cdp.sources import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

OWN = "objects:\n  customers:\n    parties:\n      - type: {const: person}\n"
LINKED = (
    "objects:\n  customers:\n    parties:\n      - type: {const: person}\n"
    "        identifiers: [{kind: source, of: OF, value: A}]\n"
    "    orders:\n      - {party: {path: B, of: OF}, ordered_at: C, status: {const: open},"
    " channel: {const: shop}, currency: {const: EUR}, amount: D}\n"
)


def choose(tmp_path: Path, files: dict[str, str]) -> dict[str, Chosen]:
    for name, text in {"cdp.yaml": "name: w\n", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return chosen(Workspace(tmp_path))


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_mapping_is_one_of_a_type_and_says_what_it_is_of(name: str) -> None:
    assert name in SOURCES.names()
    mapping = MappingFile.model_validate(yaml.safe_load(shipped_text(name)))
    assert mapping.description
    assert mapping.extends is None


@pytest.mark.parametrize(
    ("source", "files", "place"),
    [
        ("type: shopify\npath: x", {}, "of the type shopify"),
        ("type: shopify\npath: x", {"mappings/s.yaml": OWN}, "mappings/s.yaml"),
        ("type: shopify\npath: x\nmapping: m", {"mappings/m.yaml": OWN}, "mappings/m.yaml"),
        ("type: jsonl_file\npath: x\nmapping: sap_s4", {}, "of the type sap_s4"),
        (
            "type: jsonl_file\npath: x\nmapping: sap_s4",
            {"mappings/sap_s4.yaml": OWN},
            "mappings/sap_s4.yaml",
        ),
    ],
)
def test_the_workspace_wins(tmp_path: Path, source: str, files: dict[str, str], place: str) -> None:
    assert choose(tmp_path, {"sources/s.yaml": source, **files})["s"].place == place


@pytest.mark.parametrize(
    ("source", "files", "says"),
    [
        ("type: csv_file\npath: x", {}, "csv_file comes with no mapping; write mappings/s.yaml"),
        (
            "type: shopify\npath: x\nmapping: m",
            {},
            "there is no mappings/m.yaml; there are: events, ",
        ),
        (
            "type: shopify\npath: x",
            {"mappings/s.yaml": "extends: shop\n" + OWN},
            "extends 'shop', which is no type that comes with a mapping; there are: events, ",
        ),
    ],
)
def test_an_instance_without_a_mapping_is_an_error(
    tmp_path: Path, source: str, files: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError) as error:
        choose(tmp_path, {"sources/s.yaml": source, **files})
    assert says in str(error.value)


def test_an_extended_mapping_is_replaced_object_by_object(tmp_path: Path) -> None:
    own = "extends: shopify\ntime_zone: Europe/Berlin\n" + OWN
    mapping = choose(
        tmp_path, {"sources/s.yaml": "type: shopify\npath: x", "mappings/s.yaml": own}
    )["s"].mapping
    base = MappingFile.model_validate(yaml.safe_load(shipped_text("shopify")))
    assert mapping.objects["orders"] == base.objects["orders"]
    assert mapping.objects["customers"].parties[0].attributes == {}
    assert (mapping.ignore, mapping.time_zone) == (base.ignore, "Europe/Berlin")


@pytest.mark.parametrize(
    ("others", "of", "doubtful"),
    [
        ({"crm": "sap_c4c"}, "crm", ()),
        ({}, "sap_c4c", ()),
        ({"crm": "sap_c4c", "old": "sap_c4c"}, "sap_c4c", ("sap_c4c",)),
        ({"crm": "sap_c4c", "sap_c4c": "sap_s4"}, "sap_c4c", ()),
    ],
)
def test_a_type_stands_for_its_only_instance(
    tmp_path: Path, others: dict[str, str], of: str, doubtful: tuple[str, ...]
) -> None:
    files = {f"sources/{name}.yaml": f"type: {type_}\npath: x" for name, type_ in others.items()}
    files["sources/s.yaml"] = "type: csv_file\npath: x"
    found = choose(tmp_path, files | {"mappings/s.yaml": LINKED.replace("OF", "sap_c4c")})["s"]
    customers = found.mapping.objects["customers"]
    assert customers.parties[0].identifiers[0].of == of
    assert customers.orders[0].party is not None
    assert customers.orders[0].party.of == of
    assert found.doubtful == doubtful


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an installed package that names a mapping of the type `csv_file`."""
    about = tmp_path / "site" / "cdp_till-1.0.dist-info"
    package = tmp_path / "site" / f"cdp_till_{tmp_path.name}"
    about.mkdir(parents=True)
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    metadata = "Metadata-Version: 2.1\nName: cdp-till\nVersion: 1.0\n"
    (about / "METADATA").write_text(metadata, "utf-8")
    said = f"[cdp.mappings]\ncsv_file = {package.name}\n"
    (about / "entry_points.txt").write_text(said, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return package


def test_a_package_of_others_brings_the_mapping_of_its_type(brought: Path, tmp_path: Path) -> None:
    text = "objects: {people: {parties: [{type: {const: person}, attributes: {full_name: Who}}]}}"
    (brought / "csv_file.yaml").write_text(text, "utf-8")
    found = choose(tmp_path, {"sources/till.yaml": "type: csv_file\npath: till\n"})["till"]
    assert (found.place, list(found.mapping.objects)) == ("of the type csv_file", ["people"])
    assert "csv_file" in shipped_names()
    assert shipped_text("csv_file") == text


def test_a_package_that_lacks_the_mapping_it_names_is_told(brought: Path) -> None:
    told = rf"{brought.name} brings a mapping of csv_file, but .* is missing"
    with pytest.raises(ConfigError, match=told):
        shipped_names()
