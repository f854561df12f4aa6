"""What an analysis is, and the registry that finds the kinds.

Invariant: an analysis reads gold as of the run's moment and writes gold.analysis_* alone; what it
cannot show from the data it says, and shows nothing in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import Field

from cdp.registry import Registry
from cdp.settings import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.settings import Workspace
    from cdp.stage import Run
    from cdp.store import Warehouse


class AnalysisDefinition(Strict):
    """What every analysis declares, whatever its kind."""

    kind: str = Field(description="what is asked: the name of a kind of analysis")
    description: str = Field("", description="one sentence: what it is for")


D = TypeVar("D", bound=AnalysisDefinition)

Status = Literal["found", "insufficient_data", "nothing_found"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analysis found out.

    Attributes:
        status: `found`; `insufficient_data`, too little to say anything; `nothing_found`, enough
            data and nothing in it that would hold another time.
        words: sentences for people, the most important first; why, where nothing was found.
        counts: rows and people by name, for the report of the run.
        marks: what else a reader must know: unstable_spend, sampled, ...
    """

    status: Status
    words: tuple[str, ...]
    counts: Mapping[str, int]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis(Generic[D]):
    """One kind of analysis.

    Attributes:
        name: what a definition writes under `kind`.
        definition: the pydantic model of such a definition.
        tables: the gold.analysis_* tables it fills; each has a column `analysis`, its name in the
            workspace, so that several of a kind stand beside each other.
        find: adds its rows to those tables, from which its own of before were taken, and says
            what they mean; where it found nothing its rows are taken out again.
        draw: charts of what these tables hold under a name: bytes by file name, SVG.
        alone: whether it can be asked for without a definition: every field has a default.
        check: raises CdpError where a definition names what the workspace does not have.
    """

    name: str
    definition: type[D]
    tables: tuple[str, ...]
    find: Callable[[Run, str, D], Finding]
    draw: Callable[[Warehouse, str], Mapping[str, bytes]]
    alone: bool = True
    check: Callable[[Workspace, D], object] | None = None


KINDS: Registry[Analysis[Any]] = Registry("kind of analysis", "cdp.analyses.kinds")
