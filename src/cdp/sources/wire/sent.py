"""System types that are never asked: what they have to say, they send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from cdp.settings import Strict
from cdp.sources import Found
from cdp.sources.wire.shape import Shape, all_of, first_of, latest_of, marked, never

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.sources import Opening


class SentObject(Strict):
    """Where an object that is sent has its key and its time of change."""

    id: str | list[str] | None = Field(
        None,
        min_length=1,
        description="field with the source's own key, or several; a dotted path leads into nested "
        "objects; default: the content of the whole row is its key",
    )
    changed_at: str | None = Field(
        None, description="field with the time of change (ISO 8601, epoch); default: none is known"
    )
    deleted: str | None = Field(
        None, description="field that is true where the source has the object no longer"
    )

    @property
    def shape(self) -> Shape:
        """Key, time of change and mark of deletion, as a reader takes them."""
        ids = [self.id] if isinstance(self.id, str) else self.id or []
        key = first_of(*ids) if len(ids) == 1 else all_of(*ids) if ids else None
        changed = latest_of(self.changed_at) if self.changed_at else never
        return Shape(key, changed, gone=marked(self.deleted) if self.deleted else None)


@dataclass(frozen=True, slots=True)
class SentSource:
    """A system type whose rows come in over HTTP; a run takes them from the event log."""

    name: str
    summary: str
    options: type[Strict]
    reads_files: ClassVar[bool] = False
    schemes: ClassVar[tuple[str, ...]] = ()

    def find(self, opening: Opening) -> Found:
        """Return nothing: there is nothing to ask."""
        return Found((), (f"{opening.name}: nothing is read from it, it sends; see /v1",))

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 - see Source
        """Return nothing: what is sent tells its fields when it comes."""
        return {}
