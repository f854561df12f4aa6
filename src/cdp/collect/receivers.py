"""Which instances take what is sent: read from the workspace, and again when its files change."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

from cdp.collect.rows import Kind
from cdp.collect.webhook import Hook
from cdp.errors import ConfigError, InputError, NotFoundError, StateError
from cdp.sources import INSTANCES, SOURCES, SourceInstance, zone
from cdp.sources.events import EventsOptions
from cdp.sources.import_rows import ImportOptions
from cdp.sources.wire.hooks import HookedOptions, WebhookOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict, Workspace

_LOOK_EVERY_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class Receivers:
    """The instances of a workspace that take what is sent to them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._looked_at = float("-inf")
        self._seen: object = None
        self._events: Mapping[str, EventsOptions] = {}
        self._imports: Mapping[str, tuple[ImportOptions, str | None]] = {}
        self._hooks: Mapping[str, Hook] = {}

    def events(self, key: str) -> str:
        """Return the instance that events sent with the key of this name are of.

        Raises:
            StateError: no instance takes them, or several would.
        """
        self._look()
        named = [name for name, options in self._events.items() if key in options.keys]
        found = named or [name for name, options in self._events.items() if not options.keys]
        if len(found) == 1:
            return found[0]
        if found:
            listed = " and ".join(found)
            msg = f"{listed} both take events of the key {key!r}: name it in keys: of one of them"
        else:
            msg = "no source takes these events; write sources/<name>.yaml with `type: events`"
        raise StateError(msg)

    def kind(self, name: str, of: str | None) -> Kind:
        """Return what rows sent to an instance are; `of` names the object.

        Raises:
            NotFoundError: no instance of this name takes rows.
            InputError: it takes no such object, or several and none was named.
        """
        self._look()
        if name not in self._imports:
            raise _unknown(name, "rows", "import", self._imports)
        options, time_zone = self._imports[name]
        known = list(options.objects)
        wanted = known[0] if of is None and len(known) == 1 else of
        if wanted not in options.objects:
            msg = f"say in ?object= which object the rows are; {name} takes {', '.join(known)}"
            raise InputError(msg)
        return Kind(wanted, options.objects[wanted].shape, zone(time_zone or "UTC"))

    def hook(self, name: str) -> Hook:
        """Return the webhook instance of this name.

        Raises:
            NotFoundError: there is none.
        """
        self._look()
        if name not in self._hooks:
            raise _unknown(name, "messages", "webhook", self._hooks)
        return self._hooks[name]

    def _look(self) -> None:
        """Read the instances again where a file changed; one that is wrong changes nothing."""
        now = monotonic()
        if now - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        self._looked_at = now
        files = sorted(self._workspace.root.glob(INSTANCES.path))
        seen = [(path, (found := path.stat()).st_mtime_ns, found.st_size) for path in files]
        if seen != self._seen:
            try:
                self._take(self._workspace.many(INSTANCES))
            except ConfigError as error:
                _LOG.warning("what is sent is taken as before: %s", error)
                if self._seen is None:
                    msg = "a file in sources/ does not validate; `cdp source list` says which"
                    raise StateError(msg) from error
            self._seen = seen

    def _take(self, instances: Mapping[str, SourceInstance]) -> None:
        options = {
            name: SOURCES.get(each.type).options.model_validate(each.options)
            for name, each in instances.items()
        }
        zones = {name: each.time_zone for name, each in instances.items()}
        self._events = {n: o for n, o in options.items() if isinstance(o, EventsOptions)}
        self._imports = {
            n: (o, zones[n]) for n, o in options.items() if isinstance(o, ImportOptions)
        }
        self._hooks = {
            n: Hook(n, hook, zones[n])
            for n, o in options.items()
            if (hook := _messages_of(o)) is not None
        }


def _messages_of(options: Strict) -> WebhookOptions | None:
    """Return how an instance's messages are signed and what they hold; None: it sends none."""
    if isinstance(options, WebhookOptions):
        return options
    return options.hook if isinstance(options, HookedOptions) else None


def _unknown(name: str, what: str, type_: str, known: Mapping[str, object]) -> NotFoundError:
    listed = ", ".join(known) or f"none; write sources/{name[:40]}.yaml with `type: {type_}`"
    return NotFoundError(f"no source {name[:40]!r} takes {what}; those that do: {listed}")
