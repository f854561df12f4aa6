"""Ten thousand requests more, made from the OpenAPI document, with every kind of key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from api_contract import checks_of
from cdp.server import openapi
from live_server import SCOPES, Live, running
from published import copied

pytestmark = pytest.mark.long  # of which the tests that are made from a document hear nothing

schema = schemathesis.openapi.from_dict(openapi())


@pytest.mark.long
@schema.parametrize()
@settings(
    max_examples=95,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_ten_thousand_requests_of_every_kind_of_key_are_answered_as_described(
    shop: Live, case: schemathesis.Case[Any]
) -> None:
    asked = repr((case.path_parameters, case.query, case.body))
    key = sorted(SCOPES)[crc32(asked.encode("utf-8", "replace")) % len(SCOPES)]
    case.call_and_validate(
        base_url=shop.url,
        headers={"authorization": f"Bearer {shop.tokens[key]}"},
        checks=checks_of(case.path),
    )


@pytest.fixture(scope="module")
def shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of its own, which takes events and whatever else is changed."""
    place = copied(base, tmp_path_factory.mktemp("shop"))
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text("type: events\n")
    with running(place) as server:
        yield server
