"""Deterministic rules on identifiers, as evidence: what a shared value weighs, however rare.

A kind of identifier that is declared to be strong adds its weight (bits) to the log odds of every
pair that shares a value of it, against every explanation alike. The weight is one more comparison
of the model, whose chances are declared instead of learned; so the same artefact carries it into
batches, deltas and real time, and explanations show it. Other evidence and decisions still count.

Invariant: a model is governed by one set of laws; governing it again changes only the laws, never
what was learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.blocking import BlockingPlan, Rule
from cdp.identity.comparisons import Comparison, Level
from cdp.identity.several import any_value

if TYPE_CHECKING:
    from cdp.identity.artefact import Model, PartModel, PartyType
    from cdp.identity.latent import Latent

LAW: Final = "identifier_rule"
"""Name of the comparison; its levels are the kinds."""
CLAIMED: Final = "identifiers"
COLUMNS: Final = {
    "email": "emails",
    "phone": "phones",
    "source": "ids",
    "tax_id": "national_id",
    "national_id": "national_id",
    "loyalty_id": CLAIMED,
    "user_id": CLAIMED,
}
"""The column that holds the values of a kind; in `identifiers` they begin with the kind."""
NUMBERED: Final = {"tax_id": "organisation", "national_id": "person"}
"""A party has one column of official numbers: of organisations they are tax numbers."""


@dataclass(frozen=True, slots=True)
class Law:
    """What is declared of one kind of identifier.

    Attributes:
        kind: the kind.
        weight: bits that a shared value adds to the log odds; None where only what was learned
            counts.
        per_profile: distinct values that one profile may have; None: any number.
        priority: a limit gives way to a shared value of a weighed kind that comes before it.
    """

    kind: str
    weight: float | None
    per_profile: int | None
    priority: int

    def concerns(self, party: PartyType) -> bool:
        """Return whether records of this party type have values of the kind."""
        return NUMBERED.get(self.kind, party) == party


def law_comparison(laws: tuple[Law, ...], party: PartyType) -> tuple[Comparison, ...]:
    """Return the comparison of the kinds that weigh, heaviest first; none where none does."""
    weighed = _weighed(laws, party)
    if not weighed:
        return ()
    shared = [_shared(law.kind) for law in weighed]
    levels = tuple(Level(law.kind, sql) for law, sql in zip(weighed, shared, strict=True))
    return (Comparison(LAW, f"not coalesce({' or '.join(shared)}, false)", levels),)


def _weighed(laws: tuple[Law, ...], party: PartyType) -> list[Law]:
    mine = [law for law in laws if law.weight and law.concerns(party)]
    return sorted(mine, key=lambda law: (-(law.weight or 0.0), law.priority, law.kind))


def _shared(kind: str) -> str:
    """Return SQL that is true where both records have one value of the kind."""
    column = COLUMNS[kind]
    if column == "national_id":
        return f"({any_value('national_ids', 'national_id_l = national_id_r')})"
    if column != CLAIMED:
        return f"list_has_any({column}_l, {column}_r)"
    same = f"case when x = y and starts_with(x, '{kind}:') then true else false end"
    inner = f"list_bool_or(list_transform({column}_r, lambda y: {same}))"
    return f"list_bool_or(list_transform({column}_l, lambda x: {inner}))"


def lawful(learned: Latent, laws: tuple[Law, ...], party: PartyType) -> Latent:
    """Return the model with the comparison of these laws, and of no others."""
    bare = _without_law(learned)
    weighed = _weighed(laws, party)
    if not weighed:
        return bare
    chance = np.full(len(weighed) + 1, 1 / (len(weighed) + 1))
    unlikely = chance.copy()
    # levels are listed best first, distributions from the bottom
    unlikely[1:] *= [2.0 ** -(law.weight or 0.0) for law in reversed(weighed)]
    unlikely[0] = 1 - unlikely[1:].sum()
    return replace(
        bare,
        comparisons=(*bare.comparisons, *law_comparison(laws, party)),
        m=(*bare.m, chance),
        u=(*bare.u, unlikely),
        a=(*bare.a, chance),
    )


def _without_law(latent: Latent) -> Latent:
    kept = [row for row, c in enumerate(latent.comparisons) if c.name != LAW]
    if len(kept) == len(latent.comparisons):
        return latent
    return replace(
        latent,
        comparisons=tuple(latent.comparisons[row] for row in kept),
        m=tuple(latent.m[row] for row in kept),
        u=tuple(latent.u[row] for row in kept),
        a=tuple(latent.a[row] for row in kept),
    )


def reaching(plan: BlockingPlan, laws: tuple[Law, ...], party: PartyType) -> BlockingPlan:
    """Return the plan with every column of a kind that weighs, so that who shares one is compared.

    Rules that are there only for former laws give no pair (`pairs` is 0) and are left out.
    """
    learned = tuple(rule for rule in plan.rules if rule.pairs)
    known = {rule.columns for rule in learned}
    wanted = sorted({(COLUMNS[law.kind],) for law in _weighed(laws, party)} - known)
    return replace(plan, rules=(*learned, *(Rule(columns, 0) for columns in wanted)))


def governed(model: Model, laws: tuple[Law, ...]) -> Model:
    """Return the model under these laws instead of those it knew."""
    parts = {kind: _governed(part, laws, kind) for kind, part in model.parts.items()}
    return replace(model, parts=parts, laws=laws)


def _governed(part: PartModel, laws: tuple[Law, ...], party: PartyType) -> PartModel:
    return replace(
        part,
        latent=lawful(part.latent, laws, party),
        plan=reaching(part.plan, laws, party),
    )
