"""Source files that are written for people: checked before they are there, never overwritten."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from cdp.canonical.chosen import place as stands
from cdp.canonical.chosen import shipped_names, shipped_text
from cdp.errors import ConfigError, NotFoundError, StateError
from cdp.sources import INSTANCES, SourceInstance
from cdp.sources.remote.connection import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cdp.settings import Workspace

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and how the records of the source will be read.

    Attributes:
        place: the source file, relative to the workspace.
        copy: the mapping that was written beside it, relative to the workspace.
        read_by: where the mapping stands that reads it; None: nothing says what its records are.
        unset: environment variables that it names and that are not set here.
    """

    place: str
    copy: str | None
    read_by: str | None
    unset: tuple[str, ...]


def add(workspace: Workspace, name: str, said: Mapping[str, Any], *, copies: bool) -> Written:
    """Write `sources/<name>.yaml`, and a copy of its type's mapping if asked for.

    Raises:
        ConfigError: the instance does not validate, or its type comes with no mapping to copy.
        StateError: there is such a file already.
    """
    instance = _validated(name, said)
    read_by = stands(workspace, name, instance)
    if copies and instance.type not in shipped_names():
        msg = f"the type {instance.type} comes with no mapping to copy; write mappings/{name}.yaml"
        raise ConfigError(msg)
    place, copy = f"sources/{name}.yaml", f"mappings/{name}.yaml"
    for each in (place, *([copy] if copies else [])):
        if (workspace.root / each).exists():
            msg = f"{workspace.root / each} is there already; change it, or choose another name"
            raise StateError(msg)
    if copies:
        _write(workspace.root / copy, shipped_text(instance.type))
        read_by = copy
    _write(workspace.root / place, yaml.safe_dump(dict(said), sort_keys=False, allow_unicode=True))
    variables = (secret.env for secret in _secrets(instance.auth))
    unset = tuple(env for env in variables if env is not None and not os.environ.get(env))
    return Written(place, copy if copies else None, read_by, unset)


def remove(workspace: Workspace, name: str) -> None:
    """Remove the file of a source; what it brought stays where it is.

    Raises:
        NotFoundError: there is no such source.
    """
    declared(workspace, name)
    (workspace.root / "sources" / f"{name}.yaml").unlink()


def declared(workspace: Workspace, name: str) -> SourceInstance:
    """Return what the workspace declares of a source.

    Raises:
        ConfigError: a source file does not validate.
        NotFoundError: there is no such source.
    """
    every = workspace.many(INSTANCES)
    if name not in every:
        msg = f"there is no source {name!r}; there are: {', '.join(every) or 'none'}"
        raise NotFoundError(msg)
    return every[name]


def _validated(name: str, said: Mapping[str, Any]) -> SourceInstance:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name of a source: a letter, then letters, digits, - and _"
        raise ConfigError(msg)
    try:
        instance = SourceInstance.model_validate(said)
    except ValidationError as error:
        problems = [
            f"  {'.'.join(str(part) for part in problem['loc']) or 'source'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        msg = "\n".join((f"source {name} was not written:", *problems))
        raise ConfigError(msg) from None
    if any(s.env is not None and not _VARIABLE.fullmatch(s.env) for s in _secrets(instance.auth)):
        msg = (
            f"source {name} was not written: what names an environment variable is no name of one; "
            "give the name, never the secret itself"
        )
        raise ConfigError(msg)
    return instance


def _secrets(auth: object) -> Iterator[Secret]:
    """Yield where the secrets are that credentials name."""
    values = [getattr(auth, field) for field in getattr(type(auth), "model_fields", ())]
    yield from (value for value in values if isinstance(value, Secret))


def _write(path: Path, text: str) -> None:
    """Put a file in its place, whole, unless there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        msg = f"{path} is there already; change it, or choose another name"
        raise StateError(msg) from None
    finally:
        unfinished.unlink()
