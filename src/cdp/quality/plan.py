"""From rule files to rules: one for each thing asked of one field of one object of one source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdp.errors import ConfigError
from cdp.model.paths import NATIVE_ID
from cdp.quality.formats import FORMATS
from cdp.quality.rules import QUALITY, checks
from cdp.sources import INSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.quality.rules import Check, ObjectRules, QualityFile, Reference, Severity, Together
    from cdp.settings import Workspace

Kind = Literal[
    "required", "format", "pattern", "range", "length", "allowed", "reference", "unique", "together"
]
Object = tuple[str, str]
"""Source instance and its name of an object."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is asked.

    Attributes:
        source: source instance.
        object: its name of the object.
        name: the rule's name within the object.
        kind: what is asked.
        fields: paths of the field that it is about, or of several.
        severity: warn or quarantine.
        message: what is expected, for people.
        check: what the file says; None where several fields are asked for together.
    """

    source: str
    object: str
    name: str
    kind: Kind
    fields: tuple[str, ...]
    severity: Severity
    message: str
    check: Check | None = None

    @property
    def field(self) -> str | None:
        """The field that it is about; None where it is about several."""
        return self.fields[0] if len(self.fields) == 1 else None

    @property
    def target(self) -> tuple[Object, str] | None:
        """The object and the field that a reference leads to; None for other rules."""
        to = self.check.refers_to if self.check and self.kind == "reference" else None
        return ((to.source or self.source, to.object), to.field or NATIVE_ID) if to else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Every rule of a workspace, in the order of files, objects and fields.

    Attributes:
        rules: rules of records.
        objects: what is asked of whole objects.
    """

    rules: tuple[Rule, ...]
    objects: Mapping[Object, ObjectRules]

    @property
    def governed(self) -> list[Object]:
        """The objects that have rules, and those that references lead to."""
        led_to = {rule.target[0] for rule in self.rules if rule.target}
        return sorted(led_to | set(self.objects))

    def of(self, place: Object) -> list[tuple[int, Rule]]:
        """Return the rules of an object with their places among all."""
        return [(n, r) for n, r in enumerate(self.rules) if (r.source, r.object) == place]


def plan(workspace: Workspace) -> Plan:
    """Return the rules of a workspace.

    Raises:
        ConfigError: a file speaks of a source that is not declared, or two of one object.
    """
    declared = tuple(workspace.many(INSTANCES))
    objects: dict[Object, ObjectRules] = {}
    for name, file in workspace.many(QUALITY).items():
        path = workspace.root / "quality" / f"{name}.yaml"
        for source in file.sources or (name,):
            _refuse_unknown(f"{path}", source, declared)
            for of, asked in file.objects.items():
                if (source, of) in objects:
                    msg = f"{path}: another file has rules for {of} of {source}; keep them in one"
                    raise ConfigError(msg)
                objects[source, of] = asked
        _refuse_unknown_targets(f"{path}", file, declared)
    rules = tuple(rule for of, asked in objects.items() for rule in _rules(of, asked))
    return Plan(rules, objects)


def _refuse_unknown(path: str, source: str, declared: tuple[str, ...]) -> None:
    if source not in declared:
        msg = (
            f"{path} has rules for the source {source!r}, but there is no sources/{source}.yaml; "
            f"there are: {', '.join(declared) or 'none'}. `sources: [...]` names other sources"
        )
        raise ConfigError(msg)


def _refuse_unknown_targets(path: str, file: QualityFile, declared: tuple[str, ...]) -> None:
    for asked in file.objects.values():
        for of_field in asked.fields.values():
            for check in checks(of_field):
                if check.refers_to and check.refers_to.source:
                    _refuse_unknown(path, check.refers_to.source, declared)


def _rules(place: Object, asked: ObjectRules) -> Iterator[Rule]:
    for field, of_field in asked.fields.items():
        for check in checks(of_field):
            for kind in check.kinds():
                message = f"{field} {_expected(kind, check)}"
                name = f"{field}:{kind}"
                yield Rule(*place, name, kind, (field,), check.severity, message, check)  # type: ignore[arg-type]  # kinds() gives Kind
    for together in asked.unique:
        yield _together(place, together)


def _together(place: Object, together: Together) -> Rule:
    listed = " and ".join(together.fields)
    message = f"{listed} together must not be those of a record that came earlier"
    name = f"{'+'.join(together.fields)}:unique"
    return Rule(*place, name, "together", together.fields, together.severity, message)


def _expected(kind: str, check: Check) -> str:
    if kind == "reference" and check.refers_to:
        return f"names no {_target(check.refers_to)} that is there"
    sentences = {
        "required": "must have a value",
        "format": f"is no {FORMATS[check.format].expected}" if check.format else "",
        "pattern": f"must match {check.pattern}",
        "range": f"must be {_between(check.min, _bound(check.max))}",
        "length": f"must have {_between(check.min_length, check.max_length)} characters",
        "allowed": f"must be one of {', '.join(str(v) for v in check.allowed or ())}",
        "unique": "must not be that of a record that came earlier",
    }
    return sentences[kind]


def _target(to: Reference) -> str:
    place = f"{to.object} of {to.source}" if to.source else to.object
    return f"{place} (by {to.field})" if to.field else place


def _bound(value: object) -> object:
    return "the day it arrived" if value == "arrival" else value


def _between(low: object, high: object) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"
