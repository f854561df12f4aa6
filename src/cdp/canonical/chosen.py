"""Which mapping reads an instance: the workspace's own, else the one that its type comes with.

Invariant: what the workspace says wins, file by file and, where a file extends a type's mapping,
object by object. Keys of other systems are named by instance; where a mapping names a type, that
is the one instance of it, and where there is none or several, a name that no record has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from cdp.canonical.mapping import MAPPINGS, MappingFile
from cdp.errors import ConfigError
from cdp.settings import load
from cdp.sources import INSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from cdp.settings import Workspace
    from cdp.sources import SourceInstance

_DOOR: Final = "cdp.mappings"
"""Our own mappings lie in the package of this name; others in packages that name it as a group."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The mapping that reads an instance.

    Attributes:
        mapping: what it says, with keys of other systems named by instance.
        place: where it stands, for people.
        own: objects that the workspace itself says something of.
        doubtful: types whose keys it names, of which there are several instances.
    """

    mapping: MappingFile
    place: str
    own: frozenset[str] = frozenset()
    doubtful: tuple[str, ...] = ()


def shipped_names() -> list[str]:
    """Return the system types that come with a mapping, sorted."""
    return sorted(_every())


def shipped_text(type_: str) -> str:
    """Return the mapping that a type comes with, as it is written."""
    return _every()[type_].read_text(encoding="utf-8")


def _every() -> dict[str, Traversable]:
    """Return the files of all mappings that types come with, by type.

    Raises:
        ConfigError: an installed package names a mapping that is there already, or lacks its file.
    """
    ours = (files("cdp") / "mappings").iterdir()
    found = {each.name.removesuffix(".yaml"): each for each in ours}
    for point in entry_points(group=_DOOR):
        file = files(point.value) / f"{point.name}.yaml"
        if point.name in found or not file.is_file():
            problem = "there is one already" if point.name in found else f"{file} is missing"
            msg = (
                f"the package {point.value} brings a mapping of {point.name}, but {problem}; "
                f"correct its entry point in {_DOOR}, or uninstall it"
            )
            raise ConfigError(msg)
        found[point.name] = file
    return found


def place(workspace: Workspace, name: str, declared: SourceInstance) -> str | None:
    """Return where the mapping of an instance stands, for people; None: there is none."""
    wanted = declared.mapping or name
    if (workspace.root / "mappings" / f"{wanted}.yaml").exists():
        return f"mappings/{wanted}.yaml"
    wanted = declared.mapping or declared.type
    return f"of the type {wanted}" if wanted in shipped_names() else None


def chosen(workspace: Workspace) -> dict[str, Chosen]:
    """Return the mapping of each declared instance, by its name.

    Raises:
        ConfigError: an instance has none, or one does not validate.
    """
    instances = workspace.many(INSTANCES)
    own = workspace.many(MAPPINGS)
    return {
        name: _addressed(_mapping(workspace, name, declared, own), instances)
        for name, declared in instances.items()
    }


def choose(workspace: Workspace, name: str) -> Chosen:
    """Return the mapping of one declared instance, whatever is wrong with those of others.

    Raises:
        ConfigError: it has none, or a file does not validate.
    """
    instances = workspace.many(INSTANCES)
    own = workspace.many(MAPPINGS)
    return _addressed(_mapping(workspace, name, instances[name], own), instances)


def _mapping(
    workspace: Workspace, name: str, declared: SourceInstance, own: dict[str, MappingFile]
) -> Chosen:
    stands = place(workspace, name, declared)
    if (wanted := declared.mapping or name) in own:
        whole = _extended(workspace, wanted, own[wanted])
        return Chosen(whole, f"mappings/{wanted}.yaml", frozenset(own[wanted].objects))
    wanted = declared.mapping or declared.type
    if stands is not None:
        return Chosen(_shipped(wanted), stands)
    file = workspace.root / "sources" / f"{name}.yaml"
    if declared.mapping is not None:
        problem = f"{file} names the mapping {wanted!r}, but there is no mappings/{wanted}.yaml"
    else:
        problem = (
            f"{file}: nothing says what its records are, and the type {wanted} comes with no "
            f"mapping; write mappings/{name}.yaml, or name one with mapping:"
        )
    known = sorted({*own, *shipped_names()})
    msg = f"{problem}; there are: {', '.join(known) or 'none'}"
    raise ConfigError(msg)


def _extended(workspace: Workspace, name: str, own: MappingFile) -> MappingFile:
    """Return a mapping together with what it extends."""
    if own.extends is None:
        return own
    if own.extends not in shipped_names():
        msg = (
            f"{workspace.root / 'mappings' / name}.yaml extends {own.extends!r}, which is no "
            f"type that comes with a mapping; there are: {', '.join(shipped_names())}"
        )
        raise ConfigError(msg)
    base = _shipped(own.extends)
    said = {field: getattr(own, field) for field in own.model_fields_set}
    return base.model_copy(update=said | {"objects": base.objects | own.objects})


def _shipped(type_: str) -> MappingFile:
    with as_file(_every()[type_]) as path:
        return load(path, MappingFile)


def _addressed(found: Chosen, instances: Mapping[str, SourceInstance]) -> Chosen:
    """Return a mapping with each type whose keys it names replaced by the one instance of it."""
    types = Counter(declared.type for declared in instances.values())
    only = {
        declared.type: name for name, declared in instances.items() if types[declared.type] == 1
    }
    named = set(_named(found.mapping))
    doubtful = sorted(of for of in named - set(instances) if types[of] > 1)
    names = {of: name for of, name in only.items() if of in named - set(instances)}
    mapping = _renamed(found.mapping, names) if names else found.mapping
    return replace(found, mapping=mapping, doubtful=tuple(doubtful))


def _named(part: object) -> Iterator[str]:
    """Yield whose keys a part of a mapping names."""
    if isinstance(part, BaseModel):
        if isinstance(of := getattr(part, "of", None), str):
            yield of
        for field in type(part).model_fields:
            yield from _named(getattr(part, field))
    elif isinstance(part, tuple | dict):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _named(each)


def _renamed(part: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - a part of any kind
    """Return a part of a mapping with other names of those whose keys it names."""
    if isinstance(part, tuple):
        return tuple(_renamed(each, names) for each in part)
    if isinstance(part, dict):
        return {key: _renamed(each, names) for key, each in part.items()}
    if not isinstance(part, BaseModel):
        return part
    changed = {field: _renamed(getattr(part, field), names) for field in part.model_fields_set}
    if isinstance(of := changed.get("of"), str):
        changed["of"] = names.get(of, of)
    return part.model_copy(update=changed)
