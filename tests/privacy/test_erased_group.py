"""Who is erased is taken out of the groups that they were put into by hand."""

from pathlib import Path

from builders import AS_OF
from cdp.privacy.layers import state as state_layer
from cdp.privacy.person import Person
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_segments import Segments, StaticMembers


def test_an_erased_person_is_in_no_group(tmp_path: Path) -> None:
    by = By("ann", "", AS_OF)
    with State.open(tmp_path) as state:
        Segments(state).put("vip", '{"static": true}', by, 0)
        members = [("P-a", ""), ("P-b", "crm:1"), ("P-c", "crm:2")]
        StaticMembers(state).add("vip", members, by)
    person = Person(profile_ids=("P-a",), records=("crm:1",))
    done = state_layer.erase(tmp_path, person, "request", AS_OF)
    with State.open(tmp_path) as state:
        assert [one.profile_id for one in StaticMembers(state).every("vip")] == ["P-c"]
        assert list(Segments(state).current()) == ["vip"]
    assert done["static_member"] == 2
