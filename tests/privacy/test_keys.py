"""Keys: shown once, kept as a hash, refused when revoked, and no guess gets in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.errors import InputError, NotFoundError
from cdp.privacy import keys
from cdp.privacy.audit import Auditor
from cdp.privacy.classes import EVERY
from cdp.privacy.keys import Actor, KeyRing, Terms
from cdp.privacy.keys_told import told
from cdp.store.state import State
from cdp.store.state_audit import AuditLog

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def holds(home: Path, token: str, at: datetime = NOW) -> bool:
    ring = KeyRing(home, lambda: at)
    try:
        return ring.verify(token) is not None
    finally:
        ring.close()


def test_a_key_does_what_its_scopes_say(tmp_path: Path) -> None:
    key, token = keys.create(tmp_path, " shop ", ["profiles:read", "view:sales"], at=NOW)
    assert key.name == "shop"
    assert key.scopes == frozenset({"profiles:read", "view:sales"})
    ring = KeyRing(tmp_path, lambda: NOW)
    held = ring.verify(token)
    ring.close()
    assert held is not None
    assert (held.key_id, held.name, held.scopes) == (key.key_id, key.name, key.scopes)
    assert held.may("profiles:read")
    assert held.has_view
    assert not held.may("pii:read")


def test_a_key_works_as_soon_as_it_was_told(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path, lambda: NOW)
    tokens = [keys.create(tmp_path, name, ["admin"], at=NOW)[1] for name in ("one", "two")]
    held = [ring.verify(token) for token in tokens]
    ring.close()
    assert [key.name for key in held if key] == ["one", "two"]


def test_an_admin_may_everything(tmp_path: Path) -> None:
    _, token = keys.create(tmp_path, "root", ["admin"], at=NOW)
    ring = KeyRing(tmp_path, lambda: NOW)
    held = ring.verify(token)
    ring.close()
    assert held is not None
    assert held.may("pii:read")
    assert held.sees == EVERY


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
    kept = {k.key_id: k for k in keys.every(tmp_path)}
    old, revoked = kept[key.key_id], kept[new.key_id]
    assert (old.ends_at(), old.replaced_by) == (NOW, new.key_id)
    assert (revoked.revoked_at, revoked.ends_at()) == (NOW, NOW)


def test_a_key_ends_when_it_said_it_would(tmp_path: Path) -> None:
    moment = [NOW]
    _, token = keys.create(
        tmp_path, "shop", ["admin"], at=NOW, terms=Terms(expires_at=NOW + timedelta(hours=1))
    )
    assert holds(tmp_path, token)
    assert not holds(tmp_path, token, NOW + timedelta(hours=1))
    ring = KeyRing(tmp_path, lambda: moment[0])
    assert ring.verify(token) is not None
    moment[0] += timedelta(hours=2)
    # the moment passes without any change of the state file
    ring._looked_at = 0.0
    assert ring.verify(token) is None
    ring.close()


def test_while_a_key_is_replaced_both_work_and_then_the_new_one_alone(tmp_path: Path) -> None:
    day = timedelta(days=1)
    old, token = keys.create(
        tmp_path, "shop", ["admin"], at=NOW, terms=Terms(expires_at=NOW + 30 * day, rate_limit=7)
    )
    later = NOW + 20 * day
    new, new_token = keys.rotate(tmp_path, old.key_id, at=later, overlap=day, actor=Actor("ann"))
    assert new.rate_limit == 7
    assert (new.created_at, new.expires_at) == (later, NOW + 50 * day)
    works = [
        (holds(tmp_path, token, at), holds(tmp_path, new_token, at))
        for at in (later, later + day, NOW + 50 * day)
    ]
    assert works == [(True, True), (False, True), (False, False)]
    with pytest.raises(InputError, match=f"was replaced by {new.key_id} already"):
        keys.rotate(tmp_path, old.key_id, at=later)
    with pytest.raises(InputError, match="overlap of 0 or more"):
        keys.rotate(tmp_path, new.key_id, at=later, overlap=-day)
    with State.open(tmp_path) as state:
        found = AuditLog(state).of(f"key:{old.key_id}")
    acts = [(a.key_id, a.action, a.detail) for a in found]
    assert acts == [("local", "key.create", "admin"), ("ann", "key.rotate", "admin")]


def test_an_overlap_never_lengthens_a_key(tmp_path: Path) -> None:
    end = NOW + timedelta(hours=1)
    old, _ = keys.create(tmp_path, "shop", ["admin"], at=NOW, terms=Terms(expires_at=end))
    keys.rotate(tmp_path, old.key_id, at=NOW, overlap=timedelta(days=9))
    kept = {k.key_id: k for k in keys.every(tmp_path)}
    assert kept[old.key_id].ends_at() == end


def test_when_a_key_was_used_last_is_kept(tmp_path: Path) -> None:
    key, token = keys.create(tmp_path, "shop", ["admin"], at=NOW)
    other, _ = keys.create(tmp_path, "idle", ["admin"], at=NOW)
    ring = KeyRing(tmp_path, lambda: NOW)
    assert ring.verify(token + "x") is None
    assert ring.verify(token) is not None
    auditor = Auditor(tmp_path, ring.take_used)
    auditor.close()
    assert ring.take_used() == {}
    ring.close()
    used = {k.key_id: told(k, NOW)["used_at"] for k in keys.every(tmp_path)}
    assert used == {key.key_id: "2026-07-01T00:00:00+00:00", other.key_id: None}


def test_what_is_told_of_a_key_is_whether_it_works(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    short, _ = keys.create(tmp_path, "a", ["admin"], at=NOW, terms=Terms(expires_at=NOW + hour))
    gone, _ = keys.create(tmp_path, "b", ["admin"], at=NOW)
    keys.revoke(tmp_path, gone.key_id, at=NOW)
    old, _ = keys.create(tmp_path, "c", ["admin"], at=NOW)
    new, _ = keys.rotate(tmp_path, old.key_id, at=NOW, overlap=2 * hour)

    def states(at: datetime) -> list[str]:
        found = {k.key_id: told(k, at)["state"] for k in keys.every(tmp_path)}
        return [found[k.key_id] for k in (short, gone, old, new)]

    assert states(NOW) == ["in force", "revoked", "being replaced", "in force"]
    assert states(NOW + hour) == ["expired", "revoked", "being replaced", "in force"]
    assert states(NOW + 2 * hour) == ["expired", "revoked", "expired", "in force"]


@pytest.mark.parametrize(
    ("terms", "message"),
    [(Terms(expires_at=NOW), "cannot end before"), (Terms(rate_limit=0), "at least once a second")],
)
def test_terms_that_make_no_sense_are_refused(tmp_path: Path, terms: Terms, message: str) -> None:
    with pytest.raises(InputError, match=message):
        keys.create(tmp_path, "shop", ["admin"], at=NOW, terms=terms)


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
