"""Roles: scopes and classes add up, regions and purposes narrow, what is unknown allows nothing."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from access_world import ROLES
from cdp.errors import UnknownNameError
from cdp.privacy.access import AccessFile, check_roles, rights
from cdp.privacy.classes import BY_DEFAULT, CLASSES, EVERY
from cdp.privacy.masking import mask
from cdp.privacy.masking_views import mask_view
from cdp.privacy.seen import seeing

ACCESS = AccessFile.model_validate({"roles": ROLES})


def test_scopes_alone_are_bound_to_nothing() -> None:
    held = rights(ACCESS, ["profiles:read"], [])
    assert held.scopes == {"profiles:read"}
    assert (held.regions, held.purposes) == (None, None)
    assert held.sees is BY_DEFAULT
    assert rights(ACCESS, ["pii:read"], []).sees is EVERY
    assert rights(ACCESS, ["admin"], []).sees is EVERY


def test_several_roles_add_scopes_and_narrow_regions() -> None:
    held = rights(ACCESS, [], ["europe", "agent"])
    assert held.scopes == {"profiles:read", "profiles:resolve", "segments:read", "view:service"}
    assert held.regions == frozenset({"EU"})
    assert held.sees == {"name"}
    assert rights(ACCESS, [], ["europe", "america"]).regions == frozenset()
    assert rights(ACCESS, [], ["marketer", "europe"]).purposes == frozenset(
        {"marketing", "newsletter"}
    )


def test_a_role_that_is_not_declared_allows_nothing_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        held = rights(ACCESS, ["profiles:read"], ["gone"])
    assert (held.regions, held.purposes) == (frozenset(), frozenset())
    assert "no role 'gone'" in caplog.text
    assert rights(ACCESS, [], ["gone"]).scopes == frozenset()
    with pytest.raises(UnknownNameError, match="agent"):
        check_roles(ACCESS, ["agent", "gone"])


NAMES = st.sets(st.sampled_from(sorted(ROLES)))


@given(NAMES, NAMES)
def test_no_role_more_ever_shows_another_region_or_purpose(one: set[str], more: set[str]) -> None:
    few, many = rights(ACCESS, [], one), rights(ACCESS, [], one | more)
    assert few.scopes <= many.scopes
    for held, narrowed in ((few.regions, many.regions), (few.purposes, many.purposes)):
        assert held is None or (narrowed is not None and narrowed <= held)


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": {"a": {"scopes": ["fly"]}}},
        {"roles": {"a": {"sees": ["everything"]}}},
        {"roles": {"a b": {}}},
        {"roles": {"a": {"region": ["EU"]}}},
    ],
)
def test_a_file_that_says_what_there_is_not_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AccessFile.model_validate(wrong)


PROFILE = {
    "full_name": "Ada Example",
    "email": "ada@example.org",
    "birth_date": "1980-02-03",
    "address": {"street": "Long Road", "city": "Berlin"},
    "identifiers": [{"kind": "national_id", "value": "AB-1"}],
    "timeline": [
        {"kind": "ticket", "title": "Call Ada", "detail": {"subject": "Call Ada"}},
        {"kind": "order", "title": "shop:1", "detail": {"amount": 10.5, "unknown": "x"}},
    ],
    "facts": {"orders": 3, "revenue": 77.5, "average_basket": None},
    "custom": {"vip": True},
}
SHOWN = {
    "name": "Ada Example",
    "contact": "ada@example.org",
    "birth_date": "1980-02-03",
    "address": "Long Road",
    "identifier": "AB-1",
    "free_text": "Call Ada",
    "financial": "10.5",
}


@pytest.mark.parametrize("class_", sorted(CLASSES))
def test_whoever_sees_a_class_sees_it_and_no_other(class_: str) -> None:
    with seeing(frozenset({class_})):
        shown = str(mask("profile", PROFILE))
    assert {name for name, value in SHOWN.items() if value in shown} == {class_}
    assert "vip" not in shown
    assert "unknown': 'x" not in shown


def test_by_default_nothing_is_seen() -> None:
    shown = str(mask("profile", PROFILE))
    assert {name for name, value in SHOWN.items() if value in shown} == set()
    assert set(SHOWN) == set(CLASSES) == EVERY


BLOCKS: dict[str, Any] = {
    "orders": {"rows": [{"order_id": "shop:1", "amount": 10.5, "list_price": 9, "quantity": 2}]},
    "credit": {
        "rows": [{"role": "customer", "attributes": {"credit_limit": 5000, "vat_id": "DE1"}}]
    },
}


@pytest.mark.parametrize(("classes", "is_seen"), [((), False), (("financial",), True)])
def test_money_in_blocks_and_facts_is_of_one_class(
    classes: tuple[str, ...], *, is_seen: bool
) -> None:
    with seeing(frozenset(classes)):
        shown = mask_view("profile", {"facts": PROFILE["facts"], "blocks": BLOCKS})
    (order,), (credit,) = (shown["blocks"][name]["rows"] for name in ("orders", "credit"))
    assert (order["amount"], order["list_price"]) == ((10.5, 9) if is_seen else (None, None))
    assert (order["order_id"], order["quantity"]) == ("shop:1", 2)
    assert credit["attributes"] == {"credit_limit": 5000 if is_seen else None, "vat_id": None}
    assert (shown["facts"]["revenue"], shown["facts"]["orders"]) == (77.5 if is_seen else None, 3)
