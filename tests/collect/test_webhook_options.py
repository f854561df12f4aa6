"""What a webhook may be declared as: nothing that would prove less than it seems to."""

from typing import Any

import pytest
from pydantic import ValidationError

from cdp.sources.wire.hooks import WebhookOptions

SIGNED: dict[str, Any] = {
    "signature": {"header": "x-signature", "signed": "{timestamp}.{body}"},
    "secrets": [{"env": "SHOP_SECRET"}],
    "timestamp": {"header": "x-timestamp"},
    "objects": {"orders": {"id": "id"}},
}
FEW = {"orders": {"id": "id"}, "people": {"id": "id"}}


def test_a_signed_timestamp_is_taken() -> None:
    assert WebhookOptions.model_validate(SIGNED).timestamp is not None


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"signature": SIGNED["signature"] | {"signed": "{body}"}}, "name {timestamp} in signed"),
        ({"timestamp": None}, "say in timestamp where it is"),
        ({"objects": FEW}, "say in topic what tells them apart"),
        ({"objects": {"orders": {"id": "id", "gone": ["deleted"]}}}, "need topic"),
    ],
)
def test_what_proves_less_than_it_seems_is_refused(declared: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        WebhookOptions.model_validate(SIGNED | declared)
