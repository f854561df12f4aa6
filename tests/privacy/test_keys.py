"""Keys: shown once, kept as a hash, refused when revoked, and no guess gets in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.errors import InputError, NotFoundError
from cdp.privacy import keys
from cdp.privacy.keys import KeyRing

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def holds(home: Path, token: str) -> bool:
    ring = KeyRing(home)
    try:
        return ring.verify(token) is not None
    finally:
        ring.close()


def test_a_key_does_what_its_scopes_say(tmp_path: Path) -> None:
    key, token = keys.create(tmp_path, " shop ", ["profiles:read", "view:sales"], at=NOW)
    assert key.name == "shop"
    assert key.scopes == frozenset({"profiles:read", "view:sales"})
    assert key.may("profiles:read")
    assert not key.may("pii:read")
    ring = KeyRing(tmp_path)
    assert ring.verify(token) == key
    ring.close()


def test_an_admin_may_everything(tmp_path: Path) -> None:
    key, _ = keys.create(tmp_path, "root", ["admin"], at=NOW)
    assert key.may("pii:read")


def test_neither_the_key_nor_its_secret_is_in_the_state_file(tmp_path: Path) -> None:
    _, token = keys.create(tmp_path, "shop", ["profiles:read"], at=NOW)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.rpartition("_")[2].encode() not in kept


def test_a_rotated_or_revoked_key_is_refused(tmp_path: Path) -> None:
    key, token = keys.create(tmp_path, "shop", ["profiles:read"], at=NOW)
    new, new_token = keys.rotate(tmp_path, key.key_id, at=NOW)
    assert (new.name, new.scopes) == (key.name, key.scopes)
    assert (holds(tmp_path, token), holds(tmp_path, new_token)) == (False, True)
    keys.revoke(tmp_path, new.key_id, at=NOW)
    assert not holds(tmp_path, new_token)
    assert [k.revoked_at for k in keys.every(tmp_path)] == [NOW, NOW]


def test_what_is_not_in_force_cannot_be_changed(tmp_path: Path) -> None:
    key, _ = keys.create(tmp_path, "shop", ["profiles:read"], at=NOW)
    keys.revoke(tmp_path, key.key_id, at=NOW)
    for act in (keys.revoke, keys.rotate):
        for key_id in (key.key_id, "nobody"):
            with pytest.raises(NotFoundError, match="cdp keys list"):
                act(tmp_path, key_id, at=NOW)
    assert len(keys.every(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "scopes", "message"),
    [
        ("", ["admin"], "needs a name"),
        ("shop", [], "none given"),
        ("shop", ["admin", "fly"], "unknown scope fly; known: profiles:read"),
        ("shop", ["view:"], "unknown scope view:"),
    ],
)
def test_a_key_without_name_or_with_unknown_scopes_is_refused(
    tmp_path: Path, name: str, scopes: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        keys.create(tmp_path, name, scopes, at=NOW)
    assert keys.every(tmp_path) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_changed_key_gets_in(tmp_path: Path, data: st.DataObject) -> None:
    if not keys.every(tmp_path):
        (tmp_path / "token").write_text(keys.create(tmp_path, "shop", ["admin"], at=NOW)[1])
    token = (tmp_path / "token").read_text()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.text("ab_0", max_size=2))
    changed = token[:place] + other + token[place + 1 :]
    assert holds(tmp_path, changed) == (changed == token)
