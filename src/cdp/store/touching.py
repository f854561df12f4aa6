"""Touched profiles and accounts as one set of ids.

Facts, scores and memberships of an organisation are kept under its id as a `profile_id`, its
events under the same id as an `account_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.store.narrow import touched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.stage import Key
    from cdp.store.warehouse import Warehouse

PARTIES: Final[Mapping[Key, str]] = {k: touched(k) for k in ("profile_id", "account_id")}
"""What a stage reports that worked on touched parties."""


def share(warehouse: Warehouse) -> None:
    """Make each touched id of either kind a touched one of the other kind too."""
    for one, other in (("profile_id", "account_id"), ("account_id", "profile_id")):
        warehouse.write(
            f"insert into {touched(one)} select {other} from {touched(other)} "  # noqa: S608 - ours
            f"where {other} not in (select {one} from {touched(one)})"
        )
