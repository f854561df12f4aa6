"""Errors become answers: each kind its status, the unexpected only a number to report."""

import json
import logging
from types import SimpleNamespace
from typing import cast

import pytest

from cdp.api.call import Call
from cdp.api.errors import (
    KINDS,
    ForbiddenError,
    LimitedError,
    UnauthorisedError,
    answer,
    kind_of,
)
from cdp.api.limits import Limits
from cdp.errors import ConfigError, GoneError, NotFoundError, StateError
from cdp.privacy.keys import Key


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("x"), 404),
        (GoneError("x"), 410),
        (StateError("x"), 503),
        (ForbiddenError("x"), 403),
        (ConfigError("x"), 500),
        (ValueError("x"), 500),
    ],
)
def test_an_error_has_the_status_of_its_nearest_kind(error: Exception, status: int) -> None:
    assert kind_of(error).status == status


def test_every_kind_has_its_own_code() -> None:
    codes = [kind.code for kind in KINDS.values()]
    assert len(codes) == len(set(codes))


def test_what_nobody_expected_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem = json.loads(answer(ValueError("secret"), "r-1", {}).body)
    assert problem["status"] == 500
    assert "secret" not in json.dumps(problem)
    assert "r-1" in problem["detail"]
    assert "secret" in caplog.text


def test_an_endpoint_without_a_key_cannot_ask_for_a_scope() -> None:
    call = Call({}, {}, cast("object", SimpleNamespace()), "r-1")  # type: ignore[arg-type]  # not used
    with pytest.raises(UnauthorisedError):
        call.require("pii:read")


def key(name: str, rate_limit: int | None = None) -> Key:
    return Key(name, name, frozenset(), rate_limit=rate_limit)


def test_a_bucket_is_emptied_and_says_when_to_come_back() -> None:
    limits = Limits(1)
    limits.take(key("a"))
    with pytest.raises(LimitedError) as limited:
        limits.take(key("a"))
    assert limited.value.retry_after == 1
    told = dict(limited.value.told)
    assert told[b"ratelimit-limit"] == b"1"
    assert (told[b"ratelimit-remaining"], told[b"ratelimit-reset"]) == (b"0", b"1")
    limits.take(key("b"))


def test_a_key_has_the_limit_that_it_was_given() -> None:
    limits = Limits(1)
    for _ in range(5):
        told = dict(limits.take(key("a", 5)).headers())
    assert told[b"ratelimit-limit"] == b"5"
    with pytest.raises(LimitedError):
        limits.take(key("a", 5))
    # whoever changes the limit gets a new bucket
    assert dict(limits.take(key("a", 9)).headers())[b"ratelimit-remaining"] == b"8"
