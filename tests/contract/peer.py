"""What an adaptor does: a system with numbered rows, and what a test may do to it.

Rows have a name and a city, in the fields `Name` and `City`; row 7 is the one that a source knows
by `key(7)`. Time goes by in minutes since 2026 began, which a row's last change is one of.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def moment(minute: int) -> datetime:
    """Return when a minute is (UTC)."""
    return BEGUN + timedelta(minutes=minute)


class Peer(ABC):
    """A system that one source type reads.

    Attributes:
        type: the source type.
        is_incremental: whether it can be asked for what changed alone.
        sees_late: whether a change is read that shows up after a later one was read.
        resumes: whether a walk that broke off goes on where it stood, and not at its beginning.
        fields: fields that rows have by now.
    """

    type: ClassVar[str]
    is_incremental: ClassVar[bool] = True
    sees_late: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fields = ["Name", "City"]

    @abstractmethod
    def running(self) -> AbstractContextManager[object]:
        """Run the system while the block runs."""

    @abstractmethod
    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        """Return the YAML of an instance: looking for deletions each time, in small steps."""

    @abstractmethod
    def put(self, number: int, minute: int, name: str = "n") -> None:
        """Add or change a row."""

    @abstractmethod
    def delete(self, number: int) -> None:
        """Delete a row, as the system does it."""

    @abstractmethod
    def spoil(self) -> None:
        """Add a row without a key."""

    @abstractmethod
    def break_off(self) -> None:
        """Fail in the middle of the next walk, when some of it was read."""

    @abstractmethod
    def mend(self) -> None:
        """Fail no more."""

    def dead(self) -> Row:
        """Return the YAML of an instance that does not answer."""
        limits = {"attempts": 1, "timeout": 1}
        return {**self.declared(), "url": "http://127.0.0.1:9", "limits": limits}

    def drift(self) -> None:
        """Have a field more from now on, and one less."""
        self.fields = ["Name", "Shoe"]

    def key(self, number: int) -> str:
        """Return what the source knows a row by."""
        return str(number)

    def seen(self, row: Row) -> Row:
        """Return where in a row that was landed its fields are."""
        return row

    def values(self, name: str) -> Row:
        """Return the fields of a row that tests look at."""
        return {field: name if field == "Name" else "x" for field in self.fields}


class Simulator(Peer):
    """A simulator that speaks HTTP, whichever, and may refuse to answer for a while.

    Attributes:
        breaks_after: answers after which it fails.
        limits: how politely it is asked.
    """

    breaks_after: ClassVar[int] = 24
    limits: ClassVar[Row] = {"attempts": 3, "longest_wait": 0.01}
    system: Any

    def refuse(self, times: int) -> None:
        """Answer the next requests with 429, and when to come back."""
        self.system.refusals = [(429, {"retry-after": "0"}, "")] * times

    def break_off(self) -> None:
        end = len(self.system.asked) + self.breaks_after

        def fail(system: Any) -> None:
            if len(system.asked) == end:
                system.refusals = [(500, {}, "")] * 99

        self.system.meanwhile = fail

    def mend(self) -> None:
        self.system.refusals, self.system.meanwhile = [], lambda _: None
