"""The frozen identity model: everything a later run needs to decide exactly as this one did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cdp.identity.components import MAX_COMPONENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.identity.blocking import BlockingPlan
    from cdp.identity.frequencies import TermTable
    from cdp.identity.latent import Latent
    from cdp.identity.laws import Law
    from cdp.identity.traits import Traits

PartyType = Literal["person", "organisation"]


@dataclass(frozen=True, slots=True)
class PartModel:
    """What was learned about one party type.

    Attributes:
        records: number of records it was trained on.
        latent: comparisons, m, u, classes and their sizes.
        traits: flags, extra attributes and placeholders found in the data.
        plan: blocking rules in use with their pair counts.
        terms: frequencies of the values agreement is weighed by, as keyed hashes.
        component_limit: records of the largest component whose pairs are all compared.
        spread: pairs compared in training by band of match weight (`spread`), empty if unknown.
    """

    records: int
    latent: Latent
    traits: Traits
    plan: BlockingPlan
    terms: Mapping[str, TermTable]
    component_limit: int = MAX_COMPONENT
    spread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A model for persons, for organisations, or both.

    Attributes:
        parts: by party type; absent where there was nothing to learn from.
        key: secret of the workspace that the hashes in it were made with; never saved with it.
        data_hash: fingerprint of the records it was trained on.
        laws: what is declared of identifiers; the comparisons and the plans of all parts say so.
    """

    parts: Mapping[PartyType, PartModel] = field(default_factory=dict)
    key: bytes = b""
    data_hash: str = ""
    laws: tuple[Law, ...] = ()
