"""The model that a run trains: kept, told when it is lost or too new, and without the secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cdp.errors import StateError
from cdp.identity.model_versions import Versions

if TYPE_CHECKING:
    from identity_room import World


def test_an_artefact_is_kept_and_retrained_only_on_request(world: World) -> None:
    versions = Versions(world.place.home)
    assert versions.current == "v1"
    world.record("crm:99", full_name="Zora Neale", identifiers={"email": "zora@mail.example"})
    world.run()
    assert versions.current == "v1"
    (versions.folder / "current").unlink()
    world.run()
    assert "trained in this run" in world.report.notes[0]
    assert versions.current == "v2"
    assert sorted(p.name for p in versions.folder.iterdir()) == ["current", "v1", "v2"]


@pytest.mark.parametrize("lost", ["identity.key", "models/identity/v1/model.json"])
def test_a_lost_model_is_named(world: World, lost: str) -> None:
    (world.place.home / lost).unlink()
    with pytest.raises(StateError, match=lost.rsplit("/", 1)[0]):
        world.run()


def test_a_model_of_a_newer_format_is_refused(world: World) -> None:
    path = world.place.home / "models/identity/v1/model.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "format": 99}))
    with pytest.raises(StateError, match="format 99"):
        world.run()


def test_the_secret_is_no_part_of_the_model(world: World) -> None:
    home = world.place.home
    key = (home / "identity.key").read_bytes()
    assert (home / "identity.key").stat().st_mode & 0o777 == 0o600
    for path in (home / "models/identity/v1").iterdir():
        content = path.read_bytes()
        assert key not in content
        assert b"lindgren" not in content.lower()
