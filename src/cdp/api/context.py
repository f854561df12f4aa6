"""What every handler needs: the published generation, the keys, the audit trail, the rules."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from cdp.api.limits import Limits
from cdp.api.metrics import Metrics
from cdp.privacy.audit import Auditor
from cdp.privacy.keys import KeyRing
from cdp.publish.served import Published
from cdp.realtime.loading import Live
from cdp.scenarios.scenario import Scenario, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from cdp.settings import Settings, Workspace

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Context:
    """The composition of one server process; opened in it, never before a fork."""

    home: Path
    published: Published
    live: Live
    keys: KeyRing
    auditor: Auditor
    limits: Limits
    scenarios: Mapping[str, Scenario]
    country: str
    clock: Callable[[], datetime]
    metrics: Metrics = field(default_factory=Metrics)
    _prefix: str = field(default_factory=lambda: secrets.token_hex(4))
    _numbers: Iterator[int] = field(default_factory=count)

    @staticmethod
    def open(workspace: Workspace, settings: Settings, clock: Callable[[], datetime]) -> Context:
        """Open what the handlers need.

        Raises:
            ConfigError: a scenario does not validate.
            StateFileError: the state file cannot be used.
        """
        published = Published(workspace.home)
        live = Live(workspace.home, published)
        live.make()
        return Context(
            home=workspace.home,
            published=published,
            live=live,
            scenarios=load(workspace),
            keys=KeyRing(workspace.home),
            auditor=Auditor(workspace.home),
            limits=Limits(settings.rate_limit),
            country=workspace.about.country,
            clock=clock,
        )

    def close(self) -> None:
        """Write the rest of the audit trail and give the files back."""
        self.auditor.close()
        self.keys.close()

    def request_id(self, given: bytes | None) -> str:
        """Return the caller's own request id if it sent a usable one, else a new one."""
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode()
        return f"{self._prefix}-{next(self._numbers):x}"
