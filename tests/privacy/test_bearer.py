"""Tokens of an issuer: taken where a published key signed them for us and now, else refused."""

import base64
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import ValidationError

from access_world import ROLES
from cdp.errors import StateError
from cdp.privacy.access import AccessFile, Key
from cdp.privacy.bearer import Bearer
from cdp.privacy.oidc import Oidc
from oidc_issuer import Issuer, elliptic, issuing, rsa
from published import NOW

SOON = int(NOW.timestamp())


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with issuing(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def bearer(issuer: Issuer, at: datetime = NOW, **others: object) -> Bearer:
    access = AccessFile.model_validate({"roles": ROLES, "oidc": issuer.declared(**others)})
    assert access.oidc is not None
    return Bearer(access.oidc, access, lambda: at)


def test_a_good_token_has_the_rights_of_its_roles_and_is_known_until_it_ends(
    issuer: Issuer,
) -> None:
    moment = [NOW]
    declared = AccessFile.model_validate({"roles": ROLES, "oidc": issuer.declared()})
    assert declared.oidc is not None
    asked = Bearer(declared.oidc, declared, lambda: moment[0])
    token = issuer.token(name="Ann")
    assert asked.known(token) is None
    found = asked.verify(token)
    assert found is not None
    assert (found.key_id, found.name) == ("oidc:u-7", "u-7")
    assert found.scopes == {"view:service"}
    assert found.sees == {"name"}
    assert asked.known(token) is found
    moment[0] += timedelta(seconds=331)
    assert asked.known(token) is None
    assert asked.verify(token) is None


ROLE_CLAIMS = [
    ({"realm_access": {"roles": ["crm-agents", "other"]}}, {"view:service"}),
    ({"realm_access": {"roles": "crm-agents other"}}, {"view:service"}),
    ({"realm_access.roles": ["europe"]}, {"profiles:read", "profiles:resolve", "segments:read"}),
    ({"realm_access": {"roles": ["agent"]}}, set()),
    ({"realm_access": {"roles": {"crm-agents": 1}}}, set()),
    ({"realm_access": "crm-agents"}, set()),
    ({"realm_access": None}, set()),
]


@pytest.mark.parametrize(("claims", "scopes"), ROLE_CLAIMS)
def test_only_roles_that_are_mapped_allow_something(
    issuer: Issuer, claims: dict[str, Any], scopes: set[str]
) -> None:
    found = bearer(issuer).verify(issuer.token(**claims))
    assert found is not None
    assert found.scopes == scopes


REFUSED = [
    {"exp": SOON - 31},
    {"exp": None},
    {"exp": "tomorrow"},
    {"nbf": SOON + 31},
    {"iat": SOON + 31},
    {"aud": "another"},
    {"aud": ["another", "more"]},
    {"aud": None},
    {"iss": "https://elsewhere.example"},
    {"iss": None},
    {"sub": None},
]


@pytest.mark.parametrize("claims", REFUSED)
def test_a_token_that_is_not_for_us_and_now_is_refused(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert bearer(issuer).verify(issuer.token(**claims)) is None


TAKEN = [
    {"exp": SOON - 29},
    {"nbf": SOON + 29},
    {"aud": ["another", "cdp-test"]},
]


@pytest.mark.parametrize("claims", TAKEN)
def test_clocks_may_be_apart_a_little_and_several_may_be_meant(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert bearer(issuer).verify(issuer.token(**claims)) is not None


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_what_nobody_signed_or_with_the_wrong_key_is_refused(issuer: Issuer) -> None:
    asked, public = bearer(issuer), issuer.keys[-1]
    claims, kid = issuer.claims(), public.kid
    bare = f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}."
    # the public key, which everybody has, used as if it were a shared secret
    text = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}"
    seal_ = hmac.digest(public.as_pem(private=False), text.encode(), "sha256")
    confused = f"{text}.{base64.urlsafe_b64encode(seal_).decode().rstrip('=')}"
    foreign = jwt.encode({"alg": "RS256", "kid": kid}, claims, rsa())
    other = jwt.encode({"alg": "PS256", "kid": kid}, claims, public, algorithms=["PS256"])
    head, body, seal = issuer.token().split(".")
    changed = f"{head}.{_part(claims | {'sub': 'admin'})}.{seal}"
    cut = f"{head}.{body}."
    for token in (bare, confused, foreign, other, changed, cut, "a.b.c", "..", "x" * 20_000, ""):
        assert asked.verify(token) is None, token[:60]


def test_keys_of_the_issuer_may_change(tmp_path: Path) -> None:
    with issuing(tmp_path) as issuer:
        asked = bearer(issuer)
        old = issuer.token()
        assert asked.verify(old) is not None
        issuer.rotate(elliptic())
        new = issuer.token("ES256", sub="u-8")
        # asked for a key that it does not know, but only once in a while
        assert asked.verify(new) is None
        asked._issuer._asked_at = -1e9
        assert _id(asked.verify(new)) == "oidc:u-8"
        issuer.rotate(rsa(), keep=False)
        assert _id(asked.verify(issuer.token())) is None
        asked._issuer._asked_at = -1e9
        assert _id(asked.verify(issuer.token())) == "oidc:u-7"
        # of a key that is no longer published nothing new is taken
        assert Bearer(asked._oidc, asked._access, lambda: NOW).verify(new) is None


def test_an_issuer_that_is_gone_is_done_without_as_long_as_its_keys_are_known(
    tmp_path: Path,
) -> None:
    with issuing(tmp_path) as issuer:
        asked, late = bearer(issuer), bearer(issuer)
        assert asked.verify(issuer.token()) is not None
        again = issuer.token(sub="u-9")
    asked._issuer._asked_at = asked._issuer._got_at = -1e9
    assert _id(asked.verify(again)) == "oidc:u-9"
    with pytest.raises(StateError, match="cannot be had"):
        late.verify(again)


@pytest.mark.parametrize("published", [{}, {"keys": []}, {"keys": ["x"]}, {"keys": 5}, "no JSON"])
def test_what_is_no_key_set_is_none(tmp_path: Path, published: object) -> None:
    with issuing(tmp_path) as issuer:
        token = issuer.token()
        issuer.publish(published)
        with pytest.raises(StateError, match="cannot be had"):
            bearer(issuer).verify(token)


def test_a_secret_among_the_published_keys_is_not_used(tmp_path: Path) -> None:
    with issuing(tmp_path) as issuer:
        secret = OctKey.generate_key(256)
        public = [key.as_dict(private=False) for key in issuer.keys]
        issuer.publish({"keys": [*public, secret.as_dict(private=True) | {"kid": "s"}]})
        token = jwt.encode({"alg": "HS256", "kid": "s"}, issuer.claims(), secret)
        asked = bearer(issuer)
        assert asked.verify(token) is None
        assert asked.verify(issuer.token()) is not None


def test_an_issuer_that_does_not_answer_is_not_waited_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/jwks.json"
        oidc = Oidc(issuer="i", audience="a", jwks_url=url, timeout_seconds=0.05)
        asked = Bearer(oidc, AccessFile(), lambda: NOW)
        head = _part({"alg": "RS256", "kid": "k"})
        with pytest.raises(StateError, match="cannot be had"):
            asked.verify(f"{head}.{_part({})}.c2VhbA")


WRONG = [
    {"jwks_url": "http://issuer.example/jwks"},
    {"jwks_url": "http://127.0.0.1.evil.example/jwks"},
    {"algorithms": ["HS256"]},
    {"algorithms": ["none"]},
    {"algorithms": []},
    {"leeway_seconds": 3600},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_would_let_others_in_cannot_be_declared(wrong: dict[str, object]) -> None:
    right = {"issuer": "i", "audience": "a", "jwks_url": "https://issuer.example/jwks"}
    assert Oidc.model_validate(right).algorithms == ("RS256", "ES256")
    with pytest.raises(ValidationError):
        Oidc.model_validate(right | wrong)


def _id(key: Key | None) -> str | None:
    return key.key_id if key is not None else None
