"""Whoever was merged away leaves the analyses with the delta that merged them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cdp import pipeline
from cdp.settings import Settings
from cdp.store import goldfile, manifest
from corner_shop import CornerShop, order

pytestmark = pytest.mark.long

GIVEN = ("Nora", "Tomas", "Ilse", "Bram", "Greta")
FAMILY = ("Quint", "Verhoeve", "Marenko", "Sandoval", "Okafor")
LISTED = "select profile_id from gold.analysis_abc where analysis = 'best' order by place"
KNOWN = "select profile_id from gold.feature"
RETIRED = "select retired_id from identity.alias"


def person(number: int, like: int | None = None) -> dict[str, object]:
    """Return a customer of the crm who is nobody else, or told to be the one of another number."""
    told = number if like is None else like
    given, family = GIVEN[told % 5], FAMILY[told // 5 % 5]
    return {
        "id": number,
        "first": given,
        "last": family,
        "born": f"19{60 + told}-03-1{told % 10}",
        "email": f"{given}.{family}@mail.example".lower(),
        "phone": f"+1 212 555 01{told:02}",
        "street": f"{10 + told} Quay Street",
        "zip": f"100{told:02}",
        "city": "New York",
    }


def test_who_was_merged_away_is_listed_no_more(
    tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    shop = CornerShop(tmp_path / "shop", {"analyses/best.yaml": {"kind": "abc"}})
    shop.customers("crm", [person(number) for number in range(25)])
    shop.events("order", [order(number, number) for number in range(25)])
    pipeline.run(shop.workspace, settings, clock)
    before, _, _ = _read(shop)
    shop.customers("crm", [person(24, like=3)])
    again = pipeline.run(shop.workspace, settings, clock)
    counts = {s.stage: s.report.counts for s in again.stages if s.report is not None}
    listed, known, retired = _read(shop)
    assert counts["analyses"] == {"made": 0, "kept": 1, "found": 1}
    assert len(before) == 25
    assert len(set(before) & set(retired)) == 1
    assert set(listed) == set(before) - set(retired)
    assert set(listed) <= set(known)


def _read(shop: CornerShop) -> tuple[list[str], list[str], list[str]]:
    """Return who is listed, who is known and which ids are retired, as published."""
    home = shop.workspace.home
    published = manifest.current(home)
    assert published is not None
    with goldfile.reading(published.path(home, "gold")) as connection:
        found = [connection.sql(q).pl().to_series().to_list() for q in (LISTED, KNOWN, RETIRED)]
    return found[0], found[1], found[2]
