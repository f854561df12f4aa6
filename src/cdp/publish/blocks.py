"""Blocks: rows of one gold table that a party owns, packed into the generation by YAML alone.

`blocks/<name>.yaml` is one block. A table that a later version adds appears in the views as soon
as a block names it; nothing else has to be written.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME
from cdp.publish.gold import GOLD_NAMES
from cdp.settings import Declared, Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.model.tables import Table
    from cdp.settings import Workspace

Trust = Literal["fact", "evidence"]
MOST_BLOCKS: Final = 40
"""A generation keeps each block in a database of its own, of which there are not many more."""

OWNERS: Final = ("profile_id", "account_id")
_EVIDENCE: Final = {
    "gold.interaction",
    "gold.cart",
    "gold.browsing",
    "gold.tracking",
    "gold.score",
    "gold.segment_member",
    "gold.segment_history",
    "gold.enrichment",
    "gold.household_member",
    "gold.company_group_member",
    "identity.possible",
}
"""Tables of behaviour and of conclusions; all others hold documents and master data."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ORDER = re.compile(r"(\w+)(?: (asc|desc))?")


class Block(Strict):
    """One block."""

    title: str = Field(description="heading that people read")
    table: str = Field(description="gold table that it shows, such as ticket")
    through: str | None = Field(
        None,
        description="gold table that knows more of a row, found by its key: whose it is, as order "
        "for order_line, or what it is called, as campaign for campaign_member; its columns may be "
        "shown and asked for, too",
    )
    owner: tuple[str, ...] = Field(
        (), description="columns that say whose a row is; default: profile_id and account_id"
    )
    columns: tuple[str, ...] = Field(
        (), description="columns to show, in order; default: all of the table but the owners"
    )
    where: dict[str, tuple[str | None, ...]] = Field(
        default_factory=dict,
        description="values that a column must have; * stands for any characters, null for none",
    )
    order: tuple[str, ...] = Field(
        (), description="columns to sort by, each with asc or desc; the key of the table decides"
    )
    one_per: tuple[str, ...] = Field(
        (), description="columns of which each combination is shown once, by its first row"
    )
    limit: int = Field(20, ge=1, le=200, description="most rows that are packed for one owner")
    trust: Trust | None = Field(
        None,
        description="fact (documents, master data) or evidence (behaviour, conclusions); "
        "default: what the table holds",
    )

    @field_validator("table", "through")
    @classmethod
    def _known_table(cls, name: str | None) -> str | None:
        if name is None:
            return None
        full = name if "." in name else f"gold.{name}"
        if full not in GOLD_NAMES:
            known = sorted(n.removeprefix("gold.") for n in GOLD_NAMES)
            msg = f"there is no table {name}{_nearest(name.removeprefix('gold.'), known)}"
            raise ValueError(msg)
        return full

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        asked = (*self.owner, *self.columns, *self.where, *self.one_per, *self.sorting)
        known = [column.name for table in self.tables for column in table.columns]
        for name in asked:
            if name not in known:
                msg = f"{self.table} has no column {name}{_nearest(name, known)}"
                raise ValueError(msg)
        missing = [c for c in self._joined if c not in {c.name for c in self.tables[0].columns}]
        if missing:
            msg = f"{self.table} has no {missing[0]}, by which rows of {self.through} are found"
            raise ValueError(msg)
        if not self.owners:
            msg = f"{self.table} does not say whose a row is; name a table that does in through:"
            raise ValueError(msg)
        return self

    @property
    def _joined(self) -> tuple[str, ...]:
        return BY_NAME[self.through].key if self.through else ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table, and the one through which its owner is found."""
        return tuple(BY_NAME[name] for name in (self.table, self.through) if name)

    @property
    def owners(self) -> tuple[str, ...]:
        """The columns that say whose a row is."""
        known = {column.name for table in self.tables for column in table.columns}
        return self.owner or tuple(name for name in OWNERS if name in known)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of a row, in order."""
        every = (c.name for c in self.tables[0].columns if c.name not in self.owners)
        return self.columns or tuple(every)

    @property
    def sorting(self) -> dict[str, bool]:
        """The columns to sort by, each with whether the greatest comes first.

        Raises:
            ValueError: an entry is no column with asc or desc.
        """
        found = {}
        for entry in self.order:
            parts = _ORDER.fullmatch(entry)
            if parts is None:
                msg = f"order: {entry!r} is no column with asc or desc, such as created_at desc"
                raise ValueError(msg)
            found[parts[1]] = parts[2] == "desc"
        return found

    @property
    def tier(self) -> Trust:
        """Whether its rows are facts or evidence."""
        return self.trust or ("evidence" if self.table in _EVIDENCE else "fact")


BLOCKS = Declared("blocks/*.yaml", Block, required=False)


def load(workspace: Workspace) -> dict[str, Block]:
    """Return the blocks of a workspace by name.

    Raises:
        ConfigError: one of them does not validate, or there are too many.
    """
    blocks = workspace.many(BLOCKS)
    odd = [name for name in blocks if not _NAME.fullmatch(name)]
    if odd:
        msg = (
            f"{workspace.root / 'blocks' / odd[0]}.yaml: the name of a block has small letters, "
            "digits and _, and begins with a letter"
        )
        raise ConfigError(msg)
    if len(blocks) > MOST_BLOCKS:
        msg = f"{workspace.root / 'blocks'} has {len(blocks)} blocks; {MOST_BLOCKS} are possible"
        raise ConfigError(msg)
    return blocks


def refuse_unknown(names: Iterable[str], blocks: Mapping[str, object], where: str) -> None:
    """Return where each of these names is a block.

    Raises:
        ConfigError: one is not; says which one may be meant.
    """
    for name in names:
        if name not in blocks:
            msg = f"{where}: there is no block {name}{_nearest(name, sorted(blocks))}"
            raise ConfigError(msg)


def database(name: str) -> str:
    """Return the database of the key-value file that holds a block."""
    return f"block:{name}"


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; perhaps {close[0]}" if close else f"; there are: {', '.join(known) or 'none'}"
