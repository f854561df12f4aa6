"""A system type that is read by OData at an address, or from the files of its exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cdp.sources import Found, zone
from cdp.sources.remote.client import connect, proof
from cdp.sources.remote.live import LiveObject, no_object
from cdp.sources.remote.metadata import set_fields
from cdp.sources.remote.odata import ODataOptions, ODataWalker
from cdp.sources.remote.odata_dialect import V2
from cdp.sources.remote.odata_live import LiveSet
from cdp.sources.wire.delivery import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening
    from cdp.sources.remote.odata import EntitySet
    from cdp.sources.wire.files import FileSource


@dataclass(frozen=True, slots=True)
class ODataSystem:
    """A system type: its files, and its entity sets.

    Attributes:
        files: how exports of it are read.
        sets: its entity sets by name, in the order in which they are read.
    """

    files: FileSource
    sets: Mapping[str, EntitySet]
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    @property
    def name(self) -> str:
        """What `type:` says in a source file."""
        return self.files.name

    @property
    def summary(self) -> str:
        """One sentence for people."""
        return self.files.summary

    @property
    def options(self) -> type[Strict]:
        """Model of `options:`."""
        return self.files.options

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each entity set.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: a secret is not where the file says, or `objects:` names an unknown set.
        """
        if opening.instance.url is None:
            return self.files.find(opening)
        options = self.options.model_validate(opening.instance.options)
        assert isinstance(options, ODataOptions)  # noqa: S101 - every such type extends them
        chosen = self._chosen(opening)
        client = connect(opening)
        clock = zone(opening.instance.time_zone or self.files.default_zone)
        walker = ODataWalker(opening, client, options, clock)
        walks = {}
        for name in chosen:
            known = self.files.shapes(name, options)
            assert known is not None  # noqa: S101 - every set that is walked over has a shape
            walks[name] = walker.deliveries(name, self.sets[name], known[1])
        return Found((), walks=walks, close=client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of the entity sets that are read, as `$metadata` says; of files none.

        Raises:
            UnreachableError: none of its services says.
            ConfigError: a secret is not where the file says, or `objects:` names an unknown set.
        """
        if opening.instance.url is None:
            return {}
        chosen = self._chosen(opening)
        services = {name: self.sets[name].service for name in chosen}
        client = connect(opening)
        try:
            return set_fields(client, services)
        finally:
            client.close()

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return an entity set, to be asked for by a property that holds a party's key.

        Raises:
            ConfigError: there is no such set.
        """
        instance = opening.instance
        options = self.options.model_validate(instance.options)
        known = self.files.shapes(name, options)
        if known is None or name not in self.sets:
            raise no_object(opening, name, self.sets)
        task = Task(known[1], options, zone(instance.time_zone or self.files.default_zone))
        return LiveSet(instance.url or "", name, key_field, self.sets[name], task, V2)

    def _chosen(self, opening: Opening) -> tuple[str, ...]:
        """Return the sets to read: those that `objects:` names, else those that usually are.

        Raises:
            ConfigError: `objects:` names an unknown set.
        """
        chosen = opening.chosen(self.sets, self.name)
        is_named = opening.instance.objects is not None
        return tuple(name for name in chosen if is_named or self.sets[name].is_usual)
