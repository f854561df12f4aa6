"""The exception tree. Every message says what happened, where, and what to do next.

CdpError
├── ConfigError          a YAML file or setting does not validate
├── UnknownNameError     a name asked for nothing registered
├── InputError           a file or record handed to us cannot be read
├── UnreachableError     a system does not answer, or refuses; its records stay as they are
├── StateError           the workspace is not in a state that allows this (locked, not yet run)
├── StageError           a stage could not finish; what it was doing was undone
├── GateError            a run was measured and is not good enough to be published
├── ReconciliationError  rows in do not equal rows accepted, repeated and quarantined
├── NotFoundError        a profile, record, segment or key that was never issued
├── GoneError            an id that was issued and has no records any more
│   └── ErasedError      an id whose person was erased
└── RestrictedError      a profile whose processing is restricted
"""


class CdpError(Exception):
    """Base of every error this package raises; its text is shown to the user as it is."""


class ConfigError(CdpError):
    """A workspace file or a setting does not validate."""


class UnknownNameError(CdpError):
    """A name asked for no registered extension."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        self.kind, self.name, self.known = kind, name, known
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(known) or 'none'}")


class InputError(CdpError):
    """A file or record handed to us cannot be read."""


class UnreachableError(CdpError):
    """A system does not answer, or refuses; other systems are read all the same."""


class StateError(CdpError):
    """The workspace is not in a state that allows this."""


class StageError(CdpError):
    """A stage could not finish; what it was doing was undone."""

    def __init__(self, stage: str, cause: str) -> None:
        self.stage, self.cause = stage, cause
        super().__init__(
            f"stage {stage} stopped: {cause}. What it was doing was undone and the last "
            "generation is still served; mend the cause and run `cdp run` again"
        )


class GateError(CdpError):
    """A run was measured and is not good enough to be published."""

    def __init__(self, stage: str, cause: str) -> None:
        self.stage, self.cause = stage, cause
        super().__init__(
            f"stage {stage} lets nothing be published: {cause}. The last generation is still served"
        )


class ReconciliationError(CdpError):
    """Rows in do not equal rows accepted, repeated and quarantined."""


class NotFoundError(CdpError):
    """A profile, record, segment or key that was never issued."""


class GoneError(CdpError):
    """An id that was issued and has no records any more."""


class ErasedError(GoneError):
    """An id whose person was erased, at their own request or by a rule of retention."""


class RestrictedError(CdpError):
    """A profile whose processing is restricted; privacy work alone may see it."""
