"""Any API that answers in JSON, described wholly in YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdp.errors import InputError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect, proof
from cdp.sources.remote.live import LiveObject, no_object
from cdp.sources.remote.openapi import Description, fields_of
from cdp.sources.remote.resources import RestOptions
from cdp.sources.remote.rest import RestWalker
from cdp.sources.remote.rest_live import LiveResource, check_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening


class RestApi:
    """The system type of APIs that nobody wrote one for."""

    name: ClassVar[str] = "rest_api"
    summary: ClassVar[str] = "any REST API that answers in JSON, described in YAML"
    options: ClassVar[type[Strict]] = RestOptions
    reads_files: ClassVar[bool] = False
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    def find(self, opening: Opening) -> Found:
        """Return a walk over each resource.

        Raises:
            ConfigError: a secret is not where the file says, or `objects:` names no resource.
        """
        options = RestOptions.model_validate(opening.instance.options)
        chosen = opening.chosen(options.resources, "options.resources")
        client = connect(opening)
        client.http.headers.update(options.headers)
        clock = zone(opening.instance.time_zone or "UTC")
        walker = RestWalker(opening, client, options, clock)
        walks = {name: walker.deliveries(name) for name in chosen}
        return Found((), walks=walks, close=client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of the resources that are read, as the API's OpenAPI document says.

        Raises:
            InputError: the file of the document cannot be read.
            UnreachableError: the API does not give the document.
            ConfigError: a secret is not where the file says, or `objects:` names no resource.
        """
        options = RestOptions.model_validate(opening.instance.options)
        names = opening.chosen(options.resources, "options.resources")
        chosen = {name: options.resources[name] for name in names}
        text = _description(opening, options)
        if text is None:
            return {}
        try:
            return fields_of(Description.read(text, opening.instance.url or ""), chosen)
        except ValueError as error:
            place = options.openapi or options.openapi_file
            msg = f"source {opening.name}: {place}: {error}; correct options.openapi:"
            raise InputError(msg) from error

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return a resource, to be asked for by a parameter, or by a field of its parent.

        Raises:
            ConfigError: there is no such resource, or its parent is asked by another field.
        """
        instance = opening.instance
        options = RestOptions.model_validate(instance.options)
        if name not in options.resources:
            raise no_object(opening, name, options.resources)
        check_key(opening, name, options.resources[name], key_field)
        clock = zone(instance.time_zone or "UTC")
        return LiveResource(instance.url or "", name, key_field, options, clock)


def _description(opening: Opening, options: RestOptions) -> bytes | None:
    """Return the API's description, None where nobody says where it is."""
    if options.openapi_file is not None:
        path = opening.data_dir / options.openapi_file
        try:
            return path.read_bytes()
        except OSError as error:
            msg = (
                f"source {opening.name}: {path} cannot be read ({error.strerror}); correct "
                "options.openapi_file:"
            )
            raise InputError(msg) from error
    if options.openapi is None:
        return None
    client = connect(opening)
    try:
        return client.get(options.openapi)
    finally:
        client.close()


SOURCES.add("rest_api", RestApi())
