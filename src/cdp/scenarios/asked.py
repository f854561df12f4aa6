"""A question to an instance: the newest rows of one party, asked for when somebody looks.

Invariant: what comes of an answer are rows as a load would land them, so that the same mapping
reads them; nothing is landed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import polars as pl

from cdp.errors import ConfigError, UnreachableError
from cdp.sources import ROWS, SOURCES, zone
from cdp.sources.odata_api import ODataApi, ODataApiOptions
from cdp.sources.remote.odata_dialect import V2, V4
from cdp.sources.remote.odata_system import ODataSystem
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.settings import Strict
    from cdp.sources import Opening
    from cdp.sources.remote.odata import EntitySet
    from cdp.sources.remote.odata_dialect import Dialect
    from cdp.sources.wire.shape import Shape

MOST_KEYS: Final = 10


@dataclass(frozen=True, slots=True)
class Table:
    """One object of an instance that can be asked for the rows of a party.

    Attributes:
        source: name of the instance.
        name: the object, an entity set.
        base: address of the instance.
        entity_set: how it is asked for.
        task: how its rows are read.
        dialect: the version of the protocol.
    """

    source: str
    name: str
    base: str
    entity_set: EntitySet
    task: Task
    dialect: Dialect

    def url(self, field: str, keys: Iterable[str], limit: int) -> str:
        """Return the address of the newest rows whose field has one of these values."""
        wanted = [f"{field} eq '{key.replace(chr(39), chr(39) * 2)}'" for key in keys]
        changed = self.entity_set.changed
        params = {
            **self.dialect.asks,
            "$filter": " or ".join(wanted[:MOST_KEYS]),
            **({"$orderby": f"{changed} desc"} if changed is not None else {}),
            "$top": str(limit),
            **self.entity_set.parts(),
        }
        path = self.entity_set.path(self.name)
        return f"{self.base}/{path}?{urlencode(params, quote_via=quote)}"

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the answer holds none where this type of system keeps them.
        """
        batches = list(page(self.dialect.layout, self.name, raw, self.task))
        if any(len(batch.rejected) for batch in batches) or not raw.strip():
            msg = f"source {self.source}: {self.name} answered something that cannot be read"
            raise UnreachableError(msg)
        found = [batch.rows for batch in batches]
        return pl.concat(found) if found else pl.DataFrame(schema=ROWS)


def table(opening: Opening, name: str) -> Table:
    """Return an object of an instance as what can be asked.

    Raises:
        ConfigError: the instance is no system that can be asked, or has no such object.
    """
    instance = opening.instance
    if instance.url is None:
        msg = f"sources/{opening.name}.yaml has no url:, so that nothing can be asked of it"
        raise ConfigError(msg)
    entity_set, shape, dialect, options = _known(opening, name)
    clock = zone(instance.time_zone or _zone_of(opening))
    task = Task(shape, options, clock)
    return Table(opening.name, name, instance.url.rstrip("/"), entity_set, task, dialect)


def _known(opening: Opening, name: str) -> tuple[EntitySet, Shape, Dialect, Strict]:
    instance = opening.instance
    type_ = SOURCES.get(instance.type)
    if isinstance(type_, ODataApi):
        options = ODataApiOptions.model_validate(instance.options)
        declared = options.entity_sets.get(name)
        if declared is None:
            raise _unknown(opening, name, options.entity_sets)
        dialect = V2 if options.version == V2.version else V4
        return declared.entity_set(), declared.shape(opening.now), dialect, options
    if not isinstance(type_, ODataSystem):
        msg = (
            f"sources/{opening.name}.yaml: systems of the type {instance.type} cannot be asked "
            "on demand; those that speak OData can"
        )
        raise ConfigError(msg)
    plain = type_.options.model_validate(instance.options)
    shape = type_.files.shapes(name, plain)
    if shape is None or name not in type_.sets:
        raise _unknown(opening, name, type_.sets)
    return type_.sets[name], shape[1], V2, plain


def _zone_of(opening: Opening) -> str:
    type_ = SOURCES.get(opening.instance.type)
    return type_.files.default_zone if isinstance(type_, ODataSystem) else "UTC"


def _unknown(opening: Opening, name: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        f"sources/{opening.name}.yaml: there is no object {name} that can be asked for; there "
        f"are: {', '.join(sorted(known))}"
    )
