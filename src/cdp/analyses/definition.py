"""`analyses/*.yaml`: one analysis a file, validated by the model of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.analyses.analysis import KINDS, AnalysisDefinition
from cdp.settings import Declared, OneOf

if TYPE_CHECKING:
    from cdp.settings import Workspace


class AnalysisFile(OneOf[AnalysisDefinition]):
    """One analysis; `kind` decides which further fields there are."""

    by = "kind"
    known = KINDS


ANALYSES = Declared("analyses/*.yaml", AnalysisFile)


def declared(workspace: Workspace) -> dict[str, AnalysisDefinition]:
    """Return every analysis of the workspace's files by its name, sorted.

    Raises:
        ConfigError: one of them does not validate.
    """
    return {name: file.root for name, file in workspace.many(ANALYSES).items()}


def offered(workspace: Workspace) -> dict[str, AnalysisDefinition]:
    """Return all that can be asked for: those of files, and kinds that need no definition.

    Raises:
        ConfigError: a file does not validate.
    """
    alone = {
        name: KINDS.get(name).definition(kind=name)
        for name in KINDS.names()
        if KINDS.get(name).alone
    }
    return dict(sorted((alone | declared(workspace)).items()))
