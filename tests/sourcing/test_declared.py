"""Source files written for people: checked first, whole or not at all, never over another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from builders import workspace
from cdp.canonical.chosen import shipped_text
from cdp.errors import ConfigError, NotFoundError, StateError
from cdp.sources import INSTANCES
from cdp.sourcing.declared import Written, add, declared, remove

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.settings import Workspace

OWN = "objects:\n  customers:\n    parties:\n      - type: {const: person}\n"
FILES = {"type": "shopify", "path": "shop"}
SYSTEM: dict[str, Any] = {
    "type": "sap_c4c",
    "url": "https://my1.example/api",
    "auth": {"kind": "basic", "user": {"env": "CRM_USER"}, "password": {"env": "CRM_PASSWORD"}},
    "region": "EU",
}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, {"mappings/own.yaml": OWN})


def written_below(place: Workspace) -> list[str]:
    files = (p.relative_to(place.root).as_posix() for p in place.root.rglob("*") if p.is_file())
    return sorted(set(files) - {"cdp.yaml", "mappings/own.yaml"})


@pytest.mark.parametrize(
    ("name", "said", "copies", "read_by"),
    [
        ("shop", FILES, False, "of the type shopify"),
        ("own", FILES, False, "mappings/own.yaml"),
        ("shop", FILES | {"mapping": "own"}, False, "mappings/own.yaml"),
        ("shop", FILES | {"mapping": "sap_s4"}, False, "of the type sap_s4"),
        ("shop", {"type": "csv_file", "path": "x"}, False, None),
        ("shop", FILES, True, "mappings/shop.yaml"),
    ],
)
def test_a_source_is_written_with_what_reads_it(
    place: Workspace,
    name: str,
    said: dict[str, Any],
    copies: bool,
    read_by: str | None,
) -> None:
    written = add(place, name, said, copies=copies)
    assert (written.place, written.read_by) == (f"sources/{name}.yaml", read_by)
    assert place.many(INSTANCES)[name].type == said["type"]
    assert written_below(place) == [*([written.copy] if written.copy else []), written.place]
    if copies:
        copied = (place.root / "mappings" / "shop.yaml").read_text(encoding="utf-8")
        assert copied == shipped_text("shopify")


def test_a_secret_is_named_by_where_it_is(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_USER", "reader")
    monkeypatch.delenv("CRM_PASSWORD", raising=False)
    found = add(place, "crm", SYSTEM, copies=False)
    assert found == Written("sources/crm.yaml", None, "of the type sap_c4c", ("CRM_PASSWORD",))
    text = (place.root / "sources" / "crm.yaml").read_text(encoding="utf-8")
    assert "reader" not in text
    assert text.startswith("type: sap_c4c\nurl: https://my1.example/api\n")


SECRET = {"auth": {"kind": "bearer", "token": "s3cret"}}
AS_NAME = {"auth": {"kind": "bearer", "token": {"env": "s3cret!"}}}


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("c:rm", SYSTEM, "'c:rm' is no name of a source"),
        ("", SYSTEM, "is no name of a source"),
        ("crm", {"type": "sap"}, "unknown source type 'sap'; known: "),
        ("crm", {"type": "sap_c4c"}, "give either path: (files) or url:"),
        ("crm", FILES | {"colour": "red"}, "colour: Extra inputs"),
        ("crm", SYSTEM | SECRET, "give either env: NAME_OF_A_VARIABLE or file: PATH"),
        ("crm", SYSTEM | AS_NAME, "is no name of one; give the name, never the secret itself"),
    ],
)
def test_what_does_not_validate_is_not_written(
    place: Workspace, name: str, said: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError) as error:
        add(place, name, said, copies=False)
    assert says in str(error.value)
    assert "s3cret" not in str(error.value)
    assert written_below(place) == []


@pytest.mark.parametrize("there", ["sources/shop.yaml", "mappings/shop.yaml"])
def test_nothing_is_overwritten(place: Workspace, there: str) -> None:
    (place.root / there).parent.mkdir(exist_ok=True)
    (place.root / there).write_text("type: shopify\npath: other\n", encoding="utf-8")
    (place.root / "mappings" / "bystander.yaml").write_text(OWN, encoding="utf-8")
    before = written_below(place)
    with pytest.raises(StateError, match="is there already"):
        add(place, "shop", FILES, copies=True)
    assert written_below(place) == before
    assert "other" in (place.root / there).read_text(encoding="utf-8")


def test_a_type_without_a_mapping_has_none_to_copy(place: Workspace) -> None:
    with pytest.raises(ConfigError, match="comes with no mapping to copy"):
        add(place, "till", {"type": "csv_file", "path": "x"}, copies=True)
    assert written_below(place) == []


def test_a_source_is_removed_and_known_no_more(place: Workspace) -> None:
    add(place, "shop", FILES, copies=False)
    assert declared(place, "shop").path == "shop"
    remove(place, "shop")
    assert written_below(place) == []
    with pytest.raises(NotFoundError, match="no source 'shop'; there are: none"):
        remove(place, "shop")
