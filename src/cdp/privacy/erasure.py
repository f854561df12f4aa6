"""Erase a person: tombstones first, then every layer, then a proof that nothing is left.

Invariants: what is sought is written down before anything is removed, so that an erasure that
was stopped anywhere is taken up and finished; every step may be done twice; what was removed is
counted before it is removed. The list of what is sought goes last.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import StageError
from cdp.privacy import certificate, proof
from cdp.privacy.layers import events, lookups
from cdp.privacy.layers import state as state_layer
from cdp.privacy.layers.files import Files
from cdp.privacy.layers.generations import Kept
from cdp.privacy.person import Person, sought
from cdp.privacy.proof import Moment
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling, is_number
from cdp.store import tombstones
from cdp.store.compacting import changing, held, rewrite
from cdp.store.eventlog_mark import Mark
from cdp.store.state import State
from cdp.store.state_privacy import Requests, Tombstones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.store.state_privacy import Request

FOLDER: Final = "privacy"
WORK: Final = "work.duckdb"
_STRONG: Final = frozenset(
    {"email", "phone", "loyalty_id", "national_id", "user_id", "anonymous_id"}
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure in one workspace.

    Attributes:
        home: the workspace's `.cdp` folder.
        request: what was asked.
        at: when it is carried out.
        observe: told of each step before it is done.
    """

    home: Path
    request: Request
    at: datetime
    observe: Callable[[str], None] = lambda _: None

    def carry_out(self) -> dict[str, Any]:
        """Erase, and return the signed certificate.

        Raises:
            StateError: a run holds the workspace; nothing was changed.
            NotFoundError: nothing is known of the person.
            StageError: something still tells of the person; the request stays to be finished.
        """
        with held(self.home):
            plan = _Plan.of(self)
            self.observe("tombstones")
            self._entomb(plan.person)
            self._layers(plan)
            self.observe("proof")
            left = self._left(plan)
            if left:
                where = ", ".join(f"{name} ({n})" for name, n in sorted(left.items()))
                msg = f"something still tells of the person: {where}"
                raise StageError("erase", msg)  # noqa: EM101 - the name of the step
            signed = self._certify(plan)
            plan.path.unlink(missing_ok=True)
            self._forget(signed)
            state_layer.compact(self.home)
        return signed

    def _layers(self, plan: _Plan) -> None:
        person, when = plan.person, plan.when
        self.observe("state")
        plan.note("state", state_layer.erase(self.home, person, self.request.request_id, self.at))
        self.observe("work")
        self._work(plan)
        self.observe("generations")
        if "generations" not in plan.done:
            kept = Kept(self.home, person, when, self.observe)
            plan.note("generations", kept.erase())
            plan.finished("generations")
        self.observe("events")
        plan.note("events", self._events(person))
        self.observe("files")
        files = Files(self.home, person, Telling.of(person), self._other)
        plan.note("files", files.erase())
        plan.note("exports", files.erase_exports([Path(p) for p in plan.exports]))
        self._packages(self.home, person)

    def _work(self, plan: _Plan) -> None:
        path = self.home / WORK
        telling = Telling.of(plan.person)
        with changing(path) as warehouse:
            tables = Tables(warehouse, plan.person, telling)
            plan.note("tables", tables.count())
            self.observe("work: rows")
            with warehouse.transaction():
                cut = tables.erase()
                proof.keep(warehouse, plan.person, plan.when)
                proof.note(warehouse, plan.when)
            plan.note("texts", cut)
            warehouse.connection.execute("checkpoint")
        self.observe("work: pages")
        rewrite(path)

    def _events(self, person: Person) -> Counter[str]:
        telling = Telling.of(person)
        done: Counter[str] = Counter()
        folder = self.home / "events"
        for path in sorted([*folder.glob("*.log"), *folder.glob("*.live")]):
            done[path.name] += events.erase(path, telling.is_in)
        _tell_readers(self.home)
        return +done

    def _other(self, home: Path) -> Counter[str]:
        """Take the person out of another `.cdp` folder, as one in a back-up is."""
        person = replace(_Plan.of(self).person)
        telling, when = Telling.of(person), _Plan.of(self).when
        done: Counter[str] = Counter()
        if (home / state_layer.NAME).exists():
            self._packages(home, person)
            done += state_layer.erase(home, person, self.request.request_id, self.at)
            state_layer.compact(home)
        if (home / WORK).exists():
            with changing(home / WORK) as warehouse:
                tables = Tables(warehouse, person, telling)
                done += tables.count()
                with warehouse.transaction():
                    tables.erase()
                    proof.keep(warehouse, person, when)
                warehouse.connection.execute("checkpoint")
            rewrite(home / WORK)
        done += Kept(home, person, when, self.observe).erase()
        for path in sorted((home / "events").glob("*.log")):
            done[path.name] += events.erase(path, telling.is_in)
        return done + Files(home, person, telling, self._other).erase()

    def _entomb(self, person: Person) -> None:
        with State.open(self.home) as state:
            found = digests(tombstones.secret(self.home), person)
            Tombstones(state).add(found, self.request.request_id)

    def _packages(self, home: Path, person: Person) -> None:
        """Remove what was given out about the person: packages of access and export."""
        digest = tombstones.digest(tombstones.secret(self.home), person.profile_ids[0])
        with State.open(home) as state:
            requests = Requests(state)
            others = set(requests.about(person.profile_ids)) - {self.request.request_id}
            for one in sorted(others):
                for path in (home / FOLDER).glob(f"{one}.*"):
                    path.unlink()
                requests.forget(one, digest)

    def _left(self, plan: _Plan) -> Counter[str]:
        person = plan.person
        found = state_layer.left(self.home, person, self.request.request_id)
        with changing(self.home / WORK) as warehouse:
            found += Tables(warehouse, person, Telling.of(person)).left()
        found += Kept(self.home, person, plan.when, self.observe).left()
        return found + Files(self.home, person, Telling.of(person), self._other).left()

    def _certify(self, plan: _Plan) -> dict[str, Any]:
        person = plan.person
        with State.open(self.home) as state:
            count = Tombstones(state).of(self.request.request_id)
        sources = sorted({source for source, _, _ in person.keys})
        return certificate.signed(
            self.home,
            {
                "format": certificate.FORMAT,
                "request_id": self.request.request_id,
                "erased_at": plan.when.at.isoformat(timespec="seconds"),
                "profile_ids": list(person.profile_ids),
                "removed": {layer: dict(c) for layer, c in sorted(plan.counts.items()) if c},
                "tombstones": len(count),
                "digest": count[0] if count else "",
                "shared_identifiers": person.kept_values,
                "left": {},
                "not_ours": [f"what the system or files of source {s} hold" for s in sources],
            },
        )

    def _forget(self, signed: Mapping[str, Any]) -> None:
        digest = str(signed["digest"])
        with State.open(self.home) as state:
            requests = Requests(state)
            requests.forget(self.request.request_id, digest)
            requests.finish(self.request.request_id, self.at, signed)


def digests(key: bytes, person: Person) -> dict[str, str]:
    """Return the digests by which a person is known again, each with what it is of."""
    texts: dict[str, str] = {}
    for record in (*person.records, *(f"{source}:{native}" for source, _, native in person.keys)):
        texts[tombstones.of_record(record)] = "record"
    for kind, value in person.values:
        if kind in _STRONG and not is_number(value):
            texts[tombstones.of_value(value)] = "contact"
        phone = tombstones.of_phone(value) if kind == "phone" else None
        if phone:
            texts[phone] = "contact"
    for id_ in person.profile_ids:
        texts[f"profile:{id_}"] = "profile"
    return {tombstones.digest(key, text): kind for text, kind in texts.items()}


@dataclass(slots=True)
class _Plan:
    """What is sought and what was removed so far, kept in a file until all is done."""

    path: Path
    person: Person
    when: Moment
    exports: list[str]
    counts: dict[str, Counter[str]]
    done: list[str]

    @staticmethod
    def of(erasure: Erasure) -> _Plan:
        """Return the plan that an erasure began with, else make it and write it down."""
        path = erasure.home / FOLDER / f"{erasure.request.request_id}.plan"
        if path.exists():
            return _Plan._read(path)
        with changing(erasure.home / WORK) as warehouse:
            person = sought(erasure.home, warehouse, erasure.request.subject)
            run_id = proof.next_run(warehouse)
            rows = warehouse.query("select location from activation.run order by location")
            exports = rows["location"].to_list()
        person = replace(person, terms=lookups.terms(erasure.home, person))
        root = erasure.home.parent
        plan = _Plan(path, person, Moment(run_id, erasure.at), [], {}, [])
        plan.exports = [str(root / e) for e in exports if not str(e).startswith(".cdp/")]
        plan._write()
        return plan

    def note(self, layer: str, counts: Mapping[str, int]) -> None:
        """Keep what a layer lost; what was counted before a stop still counts."""
        before = self.counts.get(layer, Counter())
        self.counts[layer] = before | Counter(counts)
        self._write()

    def finished(self, step: str) -> None:
        """Keep that a step need not be done again."""
        self.done.append(step)
        self._write()

    @staticmethod
    def _read(path: Path) -> _Plan:
        found = json.loads(path.read_text(encoding="utf-8"))
        when = Moment(found["run_id"], datetime.fromisoformat(found["at"]))
        counts = {layer: Counter(c) for layer, c in found["counts"].items()}
        person = Person.of_json(found["person"])
        return _Plan(path, person, when, found["exports"], counts, found["done"])

    def _write(self) -> None:
        document = {
            "person": self.person.as_json(),
            "run_id": self.when.run_id,
            "at": self.when.at.isoformat(),
            "exports": self.exports,
            "counts": self.counts,
            "done": self.done,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".plan-new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


def _tell_readers(home: Path) -> None:
    """Say to servers that read the event log that it, or who may be told of, is not as before."""
    mark = Mark(home)
    mark.renew()
    mark.close()
