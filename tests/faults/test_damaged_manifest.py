"""Damaged manifests: the last good generation is served, and it is said why."""

from pathlib import Path

import pytest

from cdp.errors import StateError
from cdp.publish.served import Published
from cdp.store import manifest
from live_server import running
from published import ADA, copied


def test_a_damaged_manifest_falls_back_to_the_last_good_generation_and_says_so(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = copied(base, tmp_path)
    served = manifest.current(place.home)
    assert served is not None
    manifest.write(place.home / "generations" / "1" / manifest.NAME, served)
    (place.home / manifest.NAME).write_text('{"generation": 1, "fi')
    with running(place) as live:
        said = live.get("/readyz", None).json()
        assert said["generation"] == 1
        assert "manifest.json is damaged" in said["fallen_back"]
        assert live.get(f"/v1/profiles/{ADA}").status_code == 200
        assert "cdp_generation_fallen_back 1.0" in live.get("/metrics", None).text
    assert "generation 1 is served instead" in caplog.text


def test_where_no_generation_is_whole_it_is_said(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    (place.home / manifest.NAME).write_text("{")
    for path in (place.home / "generations").rglob(manifest.NAME):
        path.write_text("{")
    with pytest.raises(StateError, match="is damaged"):
        Published(place.home).current()
