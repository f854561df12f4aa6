"""What every handler needs: the published generation, the keys, the audit trail, the rules."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from cdp.api.limits import Limits
from cdp.api.metrics import Metrics
from cdp.collect.intake import Intake
from cdp.errors import CdpError, StateError
from cdp.privacy.access import ACCESS
from cdp.privacy.audit import Auditor
from cdp.privacy.bearer import Bearer
from cdp.privacy.given import Given
from cdp.privacy.keys import KeyRing
from cdp.privacy.restriction import Restricted
from cdp.publish.reference import Reference
from cdp.publish.served import Published
from cdp.realtime.catalogue import Catalogue
from cdp.realtime.delivered import Deliveries
from cdp.realtime.loading import Live
from cdp.realtime.membership import Membership
from cdp.realtime.overlaid import Overlaid
from cdp.realtime.overlay import About, Overlay
from cdp.realtime.readings import Readings
from cdp.recommendations.definition import RECOMMENDATIONS
from cdp.scenarios import on_demand
from cdp.scenarios.live import Lines
from cdp.scenarios.scenario import View, load
from cdp.sources import INSTANCES
from cdp.store.eventlog_probe import Probe
from cdp.store.state import State
from cdp.store.state_dismissals import Dismissals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from cdp.publish.served import Generation
    from cdp.recommendations.definition import RecommendationFile
    from cdp.settings import Settings, Workspace

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Context:
    """The composition of one server process; opened in it, never before a fork."""

    home: Path
    published: Published
    live: Live
    overlay: Overlay
    keys: KeyRing
    bearer: Bearer | None
    auditor: Auditor
    limits: Limits
    intake: Intake
    scenarios: Mapping[str, View]
    lines: Lines
    state: State
    given: Given
    restricted: Restricted
    segments: Catalogue
    membership: Membership
    recommendations: RecommendationFile
    country: str
    clock: Callable[[], datetime]
    probe: Probe
    metrics: Metrics = field(default_factory=Metrics)
    _laid: dict[str, Overlaid] = field(default_factory=dict)
    _prefix: str = field(default_factory=lambda: secrets.token_hex(4))
    _numbers: Iterator[int] = field(default_factory=count)

    @staticmethod
    def open(workspace: Workspace, settings: Settings, clock: Callable[[], datetime]) -> Context:
        """Open what the handlers need.

        Raises:
            ConfigError: a scenario or `access.yaml` does not validate.
            StateFileError: the state file cannot be used.
        """
        published = Published(workspace.home)
        live = Live(workspace.home, published)
        live.make()
        deliveries = Deliveries(Readings(workspace))
        overlay = Overlay(workspace.home, _about(workspace), published, live, deliveries)
        overlay.start()
        access = workspace.one(ACCESS)
        ring = KeyRing(workspace.home, clock, access)
        catalogue = Catalogue(workspace)
        return Context(
            home=workspace.home,
            published=published,
            live=live,
            overlay=overlay,
            scenarios=load(workspace),
            lines=Lines(on_demand.load(workspace), workspace.about.country, clock),
            state=State.attach(workspace.home),
            given=Given(workspace.home),
            restricted=Restricted(workspace.home, _owner(published)),
            segments=catalogue,
            membership=Membership(workspace.home, catalogue, clock),
            recommendations=workspace.one(RECOMMENDATIONS),
            keys=ring,
            bearer=Bearer(access.oidc, access, clock) if access.oidc is not None else None,
            auditor=Auditor(workspace.home, ring.take_used),
            limits=Limits(settings.rate_limit),
            intake=Intake.open(workspace),
            country=workspace.about.country,
            clock=clock,
            probe=Probe(workspace.home),
        )

    def generation(self) -> Generation:
        """Return the published generation, with what was heard since over it.

        Raises:
            StateError: nothing is published yet.
        """
        generation = self.published.current()
        subjects = self.overlay.over(generation)
        if subjects is None:
            return generation
        laid = self._laid.get("now")
        if laid is None or not laid.is_over(generation, subjects):
            laid = Overlaid(generation, self.overlay, subjects, (self.home, self.clock))
            self._laid["now"] = laid
        return laid

    def measured(self) -> dict[str, float]:
        """Return what of this process is told in the metrics."""
        try:
            number = self.published.current().number
        except StateError:
            number = 0
        return {
            "cdp_generation": number,
            "cdp_event_log_waiting_bytes": self.intake.log.waiting,
            "cdp_overlay_subjects": self.overlay.size,
            "cdp_overlay_caught_up": self.overlay.is_caught_up,
            "cdp_overlay_rows_waiting": self.overlay.waiting,
            "cdp_audit_waiting": self.auditor.waiting,
        }

    @property
    def dismissals(self) -> Dismissals:
        """What agents said of callers, read in the thread of the event loop alone."""
        return Dismissals(self.state)

    def close(self) -> None:
        """Write the rest of the audit trail and give the files back."""
        self.metrics.close()
        self.overlay.close()
        self.membership.close()
        self.intake.close()
        self.auditor.close()
        self.keys.close()
        self.state.close()

    def request_id(self, given: bytes | None) -> str:
        """Return the caller's own request id if it sent a usable one, else a new one."""
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode()
        return f"{self._prefix}-{next(self._numbers):x}"


def _about(workspace: Workspace) -> About:
    declared = workspace.many(INSTANCES)
    regions = {name: instance.region for name, instance in declared.items()}
    return About(workspace.about.country, regions)


def _owner(published: Published) -> Callable[[str], str | None]:
    """Return a way to the id that a source record belongs to in the served generation."""

    def owner(record_id: str) -> str | None:
        try:
            return published.current().find("profile", Reference("source", record_id))
        except CdpError:
            return None

    return owner
