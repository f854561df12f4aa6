"""A workspace: a folder of YAML files, its data under `.cdp/`.

Every file is validated by the pydantic model of the room that owns it; an error names the
file, the line, the field and what would have been allowed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cdp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PRIVATE = frozenset({"auth", "secrets"})
"""Fields below which nothing is repeated in an error: somebody may have written a secret there."""
_SECRET_ADDRESS = re.compile(r"://[^/\s]*@")
"""What an address with a user or a password in it has."""


class Strict(BaseModel):
    """Base of every YAML model: unknown fields are an error, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkspaceFile(Strict):
    """`cdp.yaml`: the workspace itself."""

    name: str = Field(description="short name, shown in reports")
    description: str = Field(default="", description="one sentence")
    country: str = Field(
        default="US",
        min_length=2,
        max_length=2,
        description="default country of phone numbers (ISO 3166-1 alpha-2)",
    )
    as_of: str | None = Field(
        default=None,
        description="moment that runs look from (ISO 8601, UTC); default: today 00:00 UTC",
    )
    seed: int = Field(default=1, description="seed of whatever samples")
    time_zone: str = Field(
        default="UTC", description="IANA name of the zone that schedules are written in"
    )
    data: str = Field(
        default="data", description="folder that file sources read, relative to the workspace"
    )
    generations: int = Field(
        default=3,
        ge=1,
        description="published generations that are kept, for rollback and for looking back",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="origins whose pages may send events from the browser, such as "
        "https://www.shop.example; read when a server starts; none: no page may",
    )

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                msg = (
                    f"{origin!r} is no origin; write scheme, host and port as browsers do, "
                    "such as https://www.shop.example"
                )
                raise ValueError(msg)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = f"{value!r} is no time zone; write an IANA name such as Europe/Berlin"
            raise ValueError(msg) from None
        return value

    @field_validator("as_of", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        # YAML reads 2026-07-01 as a date.
        return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Declared(Generic[M]):
    """A kind of workspace file: its path or glob below the workspace, and its model.

    `required=False` lets a workspace do without it; a glob may match nothing.
    """

    path: str
    model: type[M]
    required: bool = True

    @property
    def is_glob(self) -> bool:
        """Whether several files may carry this declaration."""
        return "*" in self.path


WORKSPACE_FILE = Declared("cdp.yaml", WorkspaceFile)


@dataclass(frozen=True)
class Workspace:
    """The folder `root`; file sources read below `data_dir`."""

    root: Path
    data_override: Path | None = None

    @cached_property
    def about(self) -> WorkspaceFile:
        """`cdp.yaml`, validated."""
        return self.one(WORKSPACE_FILE)

    @property
    def home(self) -> Path:
        """Where data, state and models of this workspace lie."""
        return self.root / ".cdp"

    @property
    def data_dir(self) -> Path:
        """Folder that file sources read."""
        return self.data_override or (self.root / self.about.data).resolve()

    def one(self, declared: Declared[M]) -> M:
        """Return the single file of this declaration.

        Raises:
            ConfigError: it is missing although required, or does not validate.
        """
        path = self.root / declared.path
        if not path.exists():
            if declared.required:
                msg = f"{path} is missing; `cdp init {self.root}` writes a workspace to start from"
                raise ConfigError(msg)
            return declared.model()
        return load(path, declared.model)

    def many(self, declared: Declared[M]) -> dict[str, M]:
        """Return every file of a glob declaration by its name without suffix, sorted.

        Raises:
            ConfigError: one of them does not validate.
        """
        return {p.stem: load(p, declared.model) for p in self._files(declared)}

    def fingerprint(self, declarations: Iterable[Declared[Any]]) -> str:
        """Return a hash of the bytes of these files, to tell whether a rule changed."""
        digest = hashlib.sha256()
        for declared in declarations:
            for path in self._files(declared):
                digest.update(str(path.relative_to(self.root)).encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()

    def _files(self, declared: Declared[Any]) -> list[Path]:
        if declared.is_glob:
            return sorted(self.root.glob(declared.path))
        path = self.root / declared.path
        return [path] if path.exists() else []


def load(path: Path, model: type[M]) -> M:
    """Return the model that a YAML file holds.

    Raises:
        ConfigError: it does not validate; says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = _parsed(text)
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        raise ConfigError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path} is not valid YAML: {' '.join(str(error).split())}"
        raise ConfigError(msg) from error
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raise ConfigError(_explain(path, node, error)) from error


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Return what a YAML text says; where it is none the slower parser says why in clear words."""
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - either is a safe one
    except yaml.YAMLError:
        return yaml.safe_load(text)


def _explain(path: Path, node: yaml.Node | None, error: ValidationError) -> str:
    lines = [f"{path} does not validate:"]
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "(file)"
        line = _line(node, problem["loc"])
        lines.append(f"  line {line}, {where}: {problem['msg']}{_given(problem)}")
    return "\n".join(lines)


def _given(problem: ErrorDetails) -> str:
    value = problem.get("input")
    if _PRIVATE.intersection(problem["loc"]) or _SECRET_ADDRESS.search(str(value)):
        return ""
    return f" (got {value!r})" if isinstance(value, str | int | float | bool) else ""


def line_of(path: Path, loc: tuple[int | str, ...]) -> int:
    """Return the line (from 1) of the deepest part of `loc` that is in a YAML file."""
    return _line(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), loc)


def _line(node: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
    """Return the line (from 1) of the deepest part of `loc` that is in the file."""
    line = 1
    for part in loc:
        if node is None:
            break
        line = node.start_mark.line + 1
        node = _child(node, part)
    return node.start_mark.line + 1 if node is not None else line


def _child(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value  # type: ignore[no-any-return]  # PyYAML nodes are untyped
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]  # type: ignore[no-any-return]  # PyYAML nodes are untyped
    return None
