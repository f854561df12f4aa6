"""Control groups: who of a segment is held out, by a stable hash of a salt and the profile's id.

Invariant: whether somebody is held out follows from salt, share and id alone: no run, no other
member and no order of rows changes it. A merged profile is in the arm of the id that survives.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pydantic import Field

from cdp.settings import Strict

SLOTS: Final = 10_000
"""Slots that ids fall in; a share is so many of them from the first on."""


class CampaignControl(Strict):
    """Who of a segment is held out of one campaign."""

    share: float = Field(gt=0, lt=1, description="share of the members that is held out")
    salt: str = Field("", description="text that the arms follow from; default: the campaign")


class Control(Strict):
    """Who of a segment is held out of every activation of it."""

    share: float = Field(gt=0, lt=1, description="share of the members that is held out")
    salt: str = Field(
        "",
        max_length=200,
        description="text that the arms follow from; default: the segment's name",
    )
    campaigns: dict[str, CampaignControl] = Field(
        default_factory=dict,
        description="hold-outs of single campaigns of this segment, by the campaign's name",
    )


def slots(share: float) -> int:
    """Return how many of the slots a share is."""
    return round(share * SLOTS)


def is_held_out(salt: str, share: float, profile_id: str) -> bool:
    """Return whether this id is in the control group, as the SQL of the stage says it."""
    return slot(salt, profile_id) < slots(share)


def slot(salt: str, profile_id: str) -> int:
    """Return the slot of an id under a salt, from 0."""
    digest = hashlib.md5(f"{salt}:{profile_id}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") % SLOTS
