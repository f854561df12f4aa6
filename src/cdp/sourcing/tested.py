"""A source put to the test: what of it can be read, and whether its mapping reads what is there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.canonical.chosen import Chosen, choose, place
from cdp.errors import NotFoundError
from cdp.sources import Opening
from cdp.sourcing.declared import declared
from cdp.sourcing.known import findings, known
from cdp.sourcing.landed import landed, shown_place
from cdp.sourcing.look import Look, fields, impatient, look

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.canonical.check import Finding
    from cdp.settings import Workspace

_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A source that was looked at, with what its mapping and the system itself say.

    Attributes:
        name: name of the instance.
        opening: the instance and how it was opened.
        look: what was seen.
        said: fields by object, as the system's own schema has them.
        mapping: the mapping that reads it; None: nothing says what its records are.
        findings: what the author of the mapping should know.
        notes: sentences on what was left aside.
    """

    name: str
    opening: Opening
    look: Look
    said: Mapping[str, frozenset[str]]
    mapping: Chosen | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def is_readable(self) -> bool:
        """Whether any object could be read."""
        return any(each.problem is None for each in self.look.objects)

    @property
    def errors(self) -> list[Finding]:
        """What the mapping reads and no record can have."""
        return [finding for finding in self.findings if finding.is_error]


def shown(
    workspace: Workspace, name: str, now: datetime, *, rows: int = _ROWS, only: str | None = None
) -> Shown:
    """Look at a source, this many rows of each object or of one alone, writing nothing anywhere.

    Raises:
        ConfigError: a file of the workspace does not validate, or a secret is not where it says.
        NotFoundError: there is no such source, or no such object in it.
    """
    instance = declared(workspace, name)
    opening = impatient(Opening(name, instance, workspace.data_dir, now=now))
    found = look(opening, rows, only)
    if only is not None and found.problem is None and not found.objects:
        msg = (
            f"source {name} delivers no {only!r}; it delivers {', '.join(found.names) or 'nothing'}"
        )
        raise NotFoundError(msg)
    said, silence = fields(opening) if found.is_answered else ({}, None)
    mapping = choose(workspace, name) if place(workspace, name, instance) is not None else None
    notes = [*found.notes, *([f"its schema is not known: {silence}"] if silence else [])]
    if mapping is None:
        notes.append(f"nothing says what its records are; write mappings/{name}.yaml")
    wrong = findings(mapping, found.objects, said) if mapping is not None else []
    kept = [each for each in wrong if only is None or each.object == only]
    return Shown(name, opening, found, said, mapping, tuple(kept), tuple(notes))


def report(found: Shown, workspace: Workspace) -> dict[str, Any]:
    """Return a test for JSON: what could be read, object by object, and what was found."""
    brought = landed(workspace.home).objects.get(found.name, [])
    read_up_to = {each["object"]: each["read_up_to"] for each in brought}
    instance = found.opening.instance
    knowledge = known(found.look.objects, found.said)
    return {
        "source": found.name,
        "type": instance.type,
        "place": shown_place(instance),
        "mapping": found.mapping.place if found.mapping is not None else None,
        "problem": found.look.problem,
        "objects": [
            {
                "object": each.object,
                "readable": each.problem is None,
                "problem": each.problem,
                "records": len(each.rows),
                "more": not each.is_all,
                "rejected": len(each.rejected),
                "fields": len(knowledge[each.object].fields),
                "schema": each.object in found.said,
                "read_up_to": read_up_to.get(each.object),
            }
            for each in found.look.objects
        ],
        "findings": [asdict(finding) for finding in found.findings],
        "notes": list(found.notes),
    }
