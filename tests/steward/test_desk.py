"""A steward at work on a real workspace: what is decided holds in later runs, with news too."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cdp import pipeline
from cdp.errors import InputError, NotFoundError
from cdp.publish.served import Published
from cdp.settings import Settings
from cdp.steward.desk import Desk, Order, Steward
from cdp.steward.history import changes
from cdp.steward.party import Parties
from cdp.store.state_decisions import ContradictionError
from conftest import CLOCK
from corner_shop import CornerShop, customer

pytestmark = pytest.mark.long

EVA = Steward("eva", "called them", CLOCK)


class Shop:
    """The corner shop with its steward."""

    def __init__(self, root: Path, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.shop, self._settings, self._clock = CornerShop(root), settings, clock
        for source in ("crm", "shop"):
            self.shop.customers(source, (customer(n, seed=len(source)) for n in range(24)))
        self.home = self.shop.workspace.home
        self.desk = Desk(self.home, "US")

    def run(self) -> pipeline.RunResult:
        return pipeline.run(self.shop.workspace, self._settings, self._clock)

    def members(self, reference: str) -> tuple[str, ...]:
        with Parties.open(self.home, "US") as parties:
            return parties.find(reference).members

    def profile(self, record: str) -> str:
        with Parties.open(self.home, "US") as parties:
            return parties.find(record).profile_id


@pytest.fixture
def shop(tmp_path: Path, settings: Settings, clock: Callable[[], datetime]) -> Shop:
    made = Shop(tmp_path, settings, clock)
    made.run()
    return made


def test_a_split_holds_when_records_arrive_and_undoing_restores_ids(shop: Shop) -> None:
    before = shop.members("crm:1")
    assert len(before) > 1
    owner = shop.profile("crm:1")
    decision, _ = shop.desk.decide(Order("split", refs=(owner,), records=("crm:1",)), EVA)
    assert decision.pairs == len(before) - 1
    shop.run()
    assert shop.members("crm:1") == ("crm:1",)
    generation = Published(shop.home).current()
    told = changes(generation, owner) + changes(generation, shop.profile("crm:1"))
    assert any("decided by a steward: crm:1 and" in change["reason"] for change in told)
    shop.shop.customers("shop", [customer(1, seed=0) | {"id": 900 + n} for n in range(3)])
    shop.run()
    rest = [record for record in before if record != "crm:1"]
    assert not set(shop.members("crm:1")) & set(rest)
    shop.desk.undo(decision.decision_id, EVA)
    shop.run()
    assert set(before) <= set(shop.members("crm:1"))
    assert shop.profile("crm:1") == owner


def test_two_merged_profiles_stay_one_and_a_rejection_is_refused(shop: Shop) -> None:
    one, other = shop.members("crm:2"), shop.members("crm:3")
    assert not set(one) & set(other)
    with pytest.raises(InputError, match="same"):
        shop.desk.decide(Order("reject", refs=(shop.profile("crm:2"),) * 2), EVA)
    decision, _ = shop.desk.decide(Order("merge", refs=("crm:2", "crm:3")), EVA)
    with pytest.raises(InputError, match=f"decision {decision.decision_id} says so already"):
        shop.desk.decide(Order("merge", refs=("crm:2", "crm:3")), EVA)
    with pytest.raises(ContradictionError) as refused:
        shop.desk.decide(Order("reject", refs=("crm:2", "crm:3")), EVA)
    assert refused.value.decisions == (decision.decision_id,)
    shop.run()
    assert set(shop.members("crm:2")) == {*one, *other}
    shop.run()
    assert set(shop.members("crm:3")) == {*one, *other}


def test_a_record_that_was_taken_out_is_moved_without_its_old_profile(shop: Shop) -> None:
    rest = [r for r in shop.members("crm:4") if r != "crm:4"]
    target = shop.members("crm:5")
    shop.desk.decide(Order("split", refs=("crm:4",), records=("crm:4",)), EVA)
    shop.desk.decide(Order("merge", refs=("crm:4", shop.profile("crm:5"))), EVA)
    shop.run()
    assert set(shop.members("crm:4")) == {"crm:4", *target}
    assert not set(shop.members("crm:4")) & set(rest)


def test_who_is_unknown_is_named_and_nothing_is_kept(shop: Shop) -> None:
    with pytest.raises(NotFoundError, match="crm:999 is no source record"):
        shop.desk.decide(Order("merge", refs=("crm:1", "crm:999")), EVA)
    assert shop.desk.log(10) == []
