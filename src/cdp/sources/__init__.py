"""What a source is: the declared instance, and the protocol its system type implements.

Invariant: a source hands over what arrived, row by row, in the vendor's own words; it knows where
a vendor keeps key and time of change and nothing of the canonical model. Every piece of a delivery
comes out exactly once, as a row or as a rejected piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from cdp.errors import ConfigError, UnknownNameError
from cdp.registry import Registry
from cdp.settings import Declared, Strict, cron
from cdp.sources.remote.connection import Auth, Limits
from cdp.sources.wire.address import Store, is_address, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_PLACES = {
    ("path", "url"): "give either path: (files) or url: (a system on the network)",
    ("path",): "{} reads files: give path:, and no url:",
    ("url",): "{} reads a system on the network: give url:, and no path:",
    (): "{} needs neither path: nor url:, its options say what it reads",
}
_NO_STORE = "store: goes with a path: in an object store, such as s3://bucket/folder"
_OFFSET = re.compile(r"UTC(?:([+-])(0\d|1[0-4]):([0-5]\d))?")
TrustTier = Literal["master_data", "declared", "observed"]

ROWS = pl.Schema(
    {
        "native_id": pl.String(),
        "changed_at": pl.Datetime("us"),
        "locator": pl.String(),
        "content_hash": pl.String(),
        "payload": pl.String(),
        "is_deleted": pl.Boolean(),
    }
)
REJECTED = pl.Schema(
    {
        "locator": pl.String(),
        "reason": pl.String(),
        "message": pl.String(),
        "original": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Batch:
    """A bounded part of a delivery: `rows` as in ROWS, `rejected` as in REJECTED, in order."""

    rows: pl.DataFrame
    rejected: pl.DataFrame


class Delivery(Protocol):
    """One arrival of one object."""

    @property
    def object(self) -> str:
        """The source's own name of the object."""
        ...

    @property
    def label(self) -> str:
        """What people call the delivery: a file, a range of pages, an endpoint."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Yield everything that arrived, in order.

        Raises:
            InputError: the source stopped being readable.
        """
        ...

    def positions(self) -> Mapping[str, str]:
        """Return the new cursor, position by what it is of; complete once `batches` has ended."""
        ...


def _nothing() -> None:
    """Close what was never opened."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has to deliver.

    Attributes:
        deliveries: files and the like, oldest first.
        notes: sentences on what was left aside; a walk may add to them.
        walks: objects that are read over a network, by name and each apart: a walk yields its
            deliveries as it goes, each to be read before the next, and one that fails leaves the
            others alone.
        close: gives back what reading needed.
    """

    deliveries: tuple[Delivery, ...]
    notes: Sequence[str] = ()
    walks: Mapping[str, Iterator[Delivery]] = field(default_factory=dict)
    close: Callable[[], None] = _nothing


class SourceInstance(Strict):
    """`sources/<instance>.yaml`: one system that customers' data comes from."""

    type: str = Field(description="system type: the name of a registered source")
    description: str = Field("", description="one sentence for people")
    path: str | None = Field(
        None,
        description="file or folder to read, relative to the data folder, or in an object store: "
        "s3://bucket/folder, gs://bucket/folder, az://container/folder",
    )
    url: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9+.-]*://",
        description="address to read from, in place of files",
    )
    auth: Auth | None = Field(None, description="who reads there; default: anybody may")
    limits: Limits = Field(
        default_factory=Limits,  # type: ignore[arg-type] # mypy takes the model for its own type
        description="how politely it is asked",
    )
    store: Store = Field(
        default_factory=Store,  # type: ignore[arg-type] # mypy takes the model for its own type
        description="how an object store in path: is reached",
    )
    objects: tuple[str, ...] | None = Field(
        None, description="objects to read there; default: all that the type knows"
    )
    unpacked_gb: float | None = Field(
        None,
        gt=0,
        description="gibibytes that a compressed file, or all in an archive, may be when it is "
        "unpacked; default: 1, or 200 times its size where that is more",
    )
    trust_tier: TrustTier = Field(
        "declared",
        description="how far its values are facts: master_data, declared (by the person) or "
        "observed (behaviour)",
    )
    region: str | None = Field(
        None, description="region the data belongs to (ISO 3166-1 alpha-2 code, or EU)"
    )
    mapping: str | None = Field(
        None, description="name of the mapping that reads its fields; default: the instance's name"
    )
    time_zone: str | None = Field(
        None,
        description="zone of timestamps without offset, an IANA name or UTC+HH:MM; "
        "default: the system type's own, else UTC",
    )
    schedule: str | None = Field(
        None,
        description="when it is due: a cron expression (minute, hour, day, month, day of week by "
        "name) in the time zone of the workspace; default: whenever there is a run",
    )
    options: dict[str, Any] = Field(default_factory=dict, description="settings of the system type")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        known = SOURCES.get(self.type)
        places = [name for name in ("path", "url") if getattr(self, name) is not None]
        wanted = [*(["path"] if known.reads_files else []), *(["url"] if known.schemes else [])]
        if len(places) != bool(wanted) or not set(places) <= set(wanted):
            msg = _PLACES[tuple(wanted)].format(self.type)
            raise ValueError(msg)
        self._check_beside()
        if self.url is not None and self.url.split("://")[0] not in known.schemes:
            listed = " or ".join(f"{scheme}://" for scheme in known.schemes)
            msg = f"url: {self.type} reads addresses that begin with {listed}"
            raise ValueError(msg)
        return self

    def _check_beside(self) -> None:
        """Return when what stands beside the place goes with it."""
        if self.path is None and self.unpacked_gb is not None:
            msg = "unpacked_gb: goes with path:, only files are unpacked"
            raise ValueError(msg)
        stored = self.path is not None and is_address(self.path)
        without = {"objects"} if stored else {"auth", "limits", "objects"}
        stray = self.model_fields_set & without
        if self.path is not None and stray:
            msg = f"{', '.join(sorted(stray))}: goes with url:, files are read without"
            raise ValueError(msg)
        if not stored and "store" in self.model_fields_set:
            raise ValueError(_NO_STORE)
        wrong = problem(self.path, self.store, self.auth) if self.path and stored else None
        if wrong is not None:
            raise ValueError(wrong)

    @field_validator("url", "path")
    @classmethod
    def _without_credentials(cls, value: str | None) -> str | None:
        if value is not None and "://" in value and "@" in urlsplit(value).netloc:
            msg = "an address holds no user and no password; say in auth: where they are"
            raise ValueError(msg)
        return value

    @field_validator("type")
    @classmethod
    def _registered(cls, value: str) -> str:
        try:
            SOURCES.get(value)
        except UnknownNameError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            zone(value)
        return value

    @field_validator("schedule")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        return None if value is None else cron.checked(value)

    @field_validator("options")
    @classmethod
    def _options_of_type(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "type" not in info.data:
            return value
        model = SOURCES.get(info.data["type"]).options
        try:
            model.model_validate(value)
        except ValidationError as error:
            raise ValueError(_option_problems(error, model)) from None
        return value


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _none(_: str) -> pl.Series:
    """Return no keys: nothing was landed."""
    return pl.Series(dtype=pl.String)


def _nothing_shown(_: str) -> pl.DataFrame:
    """Return no rows: nothing was landed."""
    return pl.DataFrame(schema={"native_id": pl.String(), "payload": pl.String()})


def _nothing_since(_: str, __: int) -> pl.DataFrame:
    """Return no rows: nothing was landed."""
    return pl.DataFrame(schema={"native_id": pl.String(), "seq": pl.Int64()})


@dataclass(frozen=True, slots=True)
class Opening:
    """An instance about to be read.

    Attributes:
        name: name of the instance.
        instance: what the workspace declares of it.
        data_dir: folder that its path is relative to.
        cursors: position by (object, what it is of) up to which it was read before.
        now: the moment of reading (UTC).
        held: returns the keys of an object that were landed and are not gone.
        is_look: whether who reads may stop after a few rows, so that none are asked for early.
        since: returns key and place of what was landed of an object behind a place, in order.
        shown: returns key and payload of what was landed of an object and is not gone, as it is.
    """

    name: str
    instance: SourceInstance
    data_dir: Path
    cursors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    now: datetime = _LONG_AGO
    held: Callable[[str], pl.Series] = _none
    is_look: bool = False
    since: Callable[[str, int], pl.DataFrame] = _nothing_since
    shown: Callable[[str], pl.DataFrame] = _nothing_shown

    def chosen(self, known: Iterable[str], where: str) -> tuple[str, ...]:
        """Return the objects to read: those that `objects:` names, else all; `where` has them.

        Raises:
            ConfigError: one of them is not known.
        """
        names = tuple(known)
        wanted = names if self.instance.objects is None else self.instance.objects
        unknown = [name for name in wanted if name not in names]
        if unknown:
            msg = (
                f"sources/{self.name}.yaml: objects: names {', '.join(unknown)}, but {where} has "
                f"none of that name; name some of {', '.join(names)}"
            )
            raise ConfigError(msg)
        return wanted


class Source(Protocol):
    """A system type: it opens instances of itself."""

    @property
    def name(self) -> str:
        """What `type:` says in a source file."""
        ...

    @property
    def summary(self) -> str:
        """One sentence for people."""
        ...

    @property
    def options(self) -> type[Strict]:
        """Model of `options:`."""
        ...

    @property
    def reads_files(self) -> bool:
        """Whether its instances can be files, named by `path:`."""
        ...

    @property
    def schemes(self) -> tuple[str, ...]:
        """How addresses begin that its instances can have in `url:`, such as https; none: none."""
        ...

    def find(self, opening: Opening) -> Found:
        """Return what was not read before, without reading it yet.

        Raises:
            InputError: the instance is missing or cannot be read; says what to do.
            ConfigError: a secret or an object is not what its file says.
        """
        ...

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return what the system itself says of its objects: their fields, by object.

        A system without a schema of its own says nothing of any object.

        Raises:
            InputError: the instance is missing or cannot be read; says what to do.
            ConfigError: a secret or an object is not what its file says.
        """
        ...


SOURCES: Registry[Source] = Registry("source type", "cdp.sources")
INSTANCES = Declared("sources/*.yaml", SourceInstance)


def zone(text: str) -> tzinfo:
    """Return the time zone of an IANA name, `UTC`, or `UTC+HH:MM`.

    Raises:
        ValueError: there is no such zone.
    """
    offset = _OFFSET.fullmatch(text)
    if offset is not None:
        ahead = timedelta(hours=int(offset[2] or 0), minutes=int(offset[3] or 0))
        return timezone(-ahead if offset[1] == "-" else ahead)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        msg = f"unknown time zone {text!r}; use an IANA name like Europe/Berlin, or UTC+HH:MM"
        raise ValueError(msg) from None


def _option_problems(error: ValidationError, model: type[Strict]) -> str:
    problems = "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'options'}: "
        + problem["msg"].removeprefix("Value error, ")
        for problem in error.errors(include_url=False)
    )
    return f"{problems}. Options of this type: {', '.join(sorted(model.model_fields)) or 'none'}"
