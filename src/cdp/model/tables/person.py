"""How a person is found in every table: the list that access, erasure and retention go by.

A table is named here with the columns by which a row is somebody's, or with `nobody`. Columns
are named alike all over the platform, so that what a column holds follows from its name, also in
the private tables of stages. A test makes sure that no table is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Holds = Literal["profile", "record", "event", "version", "native", "place", "contact", "key"]
"""What a column holds: an id that was issued, a source record, something that happened, a number
of a version in bronze, a source's own key (with source and object beside it), a place in a source
that may be told by such a key, a contact point or other identifier, or an id or a record as the
case may be."""

COLUMNS: Final[dict[str, Holds]] = {
    **dict.fromkeys(
        (
            *("profile_id", "retired_id", "other_id", "group_id", "head_id", "seed_id"),
            *("member_id", "first_id", "left_id", "right_id", "person_id", "before_id"),
            *("profile_l", "profile_r", "others", "customer"),
        ),
        "profile",
    ),
    **dict.fromkeys(
        (
            *("record_id", "record_l", "record_r", "other_record_id", "visitor_record_id"),
            *("visitor_id", "from_record_id", "seed_record", "side_l", "side_r", "cluster"),
            *("possible", "engine_cluster", "unit", "unit_l", "unit_r", "records"),
        ),
        "record",
    ),
    **dict.fromkeys(
        (
            *("order_id", "cart_id", "quote_id", "interaction_id", "ticket_id", "lead_id"),
            *(
                "opportunity_id",
                "activity_id",
                "asset_id",
                "campaign_member_id",
                "target_group_member_id",
            ),
        ),
        "event",
    ),
    **dict.fromkeys(("seq", "first_seq"), "version"),
    **dict.fromkeys(("native_id", "examples"), "native"),
    "position": "place",
    **dict.fromkeys(("contact_value", "ref_value", "value"), "contact"),
    "key": "key",
}
"""What the columns hold that may name a person."""


@dataclass(frozen=True, slots=True)
class Person:
    """How a person is found in one table.

    Attributes:
        rows: columns of which any that names the person makes the row theirs: it goes.
        cut: columns out of which the person is cut; the row is somebody else's and stays.
        why: said of a table that holds nobody, for people.
    """

    rows: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    why: str = ""


def _by(rows: str, cut: str = "") -> Person:
    return Person(tuple(rows.split()), tuple(cut.split()))


def _nobody(why: str) -> Person:
    return Person(why=why)


EVENTS: Final = (
    *("order", "cart", "quote", "interaction", "ticket", "lead", "opportunity", "activity"),
    *("asset", "campaign_member", "target_group_member"),
)
"""What happens with parties: silver.x and gold.x, with a key x_id."""

_COUNTS: Final = "counts of rows"

PERSON: Final[dict[str, Person]] = {
    "bronze.record": _by("seq"),
    "bronze.rejected": _by("", "original message"),
    "bronze.load": _nobody(_COUNTS),
    # Reading goes on behind the last row's key: without the position it begins anew.
    "bronze.cursor": _by("position"),
    "quality.correction": _by("seq native_id"),
    "quality.failure": _by("seq native_id"),
    "quality.refusal": _by("seq native_id"),
    "quality.result": _by("", "examples"),
    "quality.extent": _nobody(_COUNTS),
    "quality.field": _nobody("names of fields"),
    "quality.drift": _nobody("names of fields"),
    "quality.quarantined": _by("record_id seq native_id"),
    "silver.record": _by("record_id"),
    "silver.attribute": _by("record_id"),
    "silver.identifier": _by("record_id"),
    "silver.consent": _by("record_id contact_value"),
    "silver.party_role": _by("record_id"),
    "silver.relationship": _by("record_id other_record_id"),
    "silver.visitor_link": _by("visitor_record_id record_id"),
    "silver.quarantine": _by("native_id"),
    "silver.reconciliation": _nobody(_COUNTS),
    "silver.balance": _nobody(_COUNTS),
    **{f"silver.{name}": _by(f"{name}_id") for name in EVENTS},
    "silver.order_line": _by("order_id"),
    "silver.product": _nobody("what is sold"),
    "silver.campaign": _nobody("what is offered to many"),
    "silver.target_group": _nobody("its members are rows of their own"),
    "identity.edge": _by("record_l record_r"),
    "identity.blocked_value": _by("value"),
    "identity.assignment": _by("record_id profile_id"),
    # That an id was issued and erased stays; the record that it was made of does not.
    "identity.profile": _by("", "profile_id seed_record"),
    "identity.alias": _by("retired_id profile_id"),
    "identity.history": _by("profile_id", "other_id"),
    "identity.lookup": _nobody("names of files"),
    "identity.possible": _by("profile_id group_id"),
    "identity.doubt": _by("profile_id"),
    "identity.scorecard": _nobody("measures of all together"),
    "identity.review": _by("profile_id other_id record_l record_r side_l side_r"),
    "identity.conflict": _by("record_l record_r"),
    "gold.profile": _by("profile_id"),
    "gold.account": _nobody("an organisation is no person"),
    "gold.attribute": _by("profile_id"),
    "gold.identifier": _by("profile_id", "records"),
    "gold.source_record": _by("record_id profile_id"),
    "gold.consent": _by("profile_id"),
    "gold.role": _by("profile_id", "records"),
    "gold.relationship": _by("profile_id other_id", "records"),
    "gold.account_hierarchy": _nobody("an organisation is no person"),
    "gold.household": _by("head_id seed_id"),
    "gold.household_member": _by("profile_id", "others"),
    "gold.company_group": _nobody("an organisation is no person"),
    "gold.company_group_member": _nobody("an organisation is no person"),
    "gold.enrichment": _by("profile_id"),
    "gold.feature": _by("profile_id"),
    "gold.browsing": _by("profile_id"),
    "gold.tracking": _by("profile_id"),
    "gold.owned_product": _by("profile_id order_id"),
    "gold.score": _by("profile_id"),
    "gold.score_model": _nobody("a model holds no person's rows"),
    "gold.product_affinity": _nobody(_COUNTS),
    "gold.best_seller": _nobody(_COUNTS),
    "gold.recommender": _nobody(_COUNTS),
    "gold.analysis": _nobody("sentences and counts about many"),
    "gold.analysis_abc": _by("profile_id"),
    "gold.analysis_rfm": _nobody(_COUNTS),
    "gold.analysis_cohort": _nobody(_COUNTS),
    "gold.analysis_cluster": _nobody(_COUNTS),
    "gold.analysis_cluster_feature": _nobody(_COUNTS),
    "gold.analysis_cluster_member": _by("profile_id"),
    "gold.analysis_tree": _nobody(_COUNTS),
    "gold.analysis_rule": _nobody(_COUNTS),
    "gold.analysis_lookalike": _by("profile_id"),
    "gold.analysis_lookalike_trial": _nobody(_COUNTS),
    "gold.analysis_uplift": _nobody(_COUNTS),
    "gold.segment_member": _by("profile_id"),
    "gold.segment_history": _by("profile_id"),
    "gold.static_member": _by("profile_id"),
    **{f"gold.{name}": _by(f"profile_id {name}_id") for name in EVENTS},
    "gold.order_line": _by("order_id"),
    "gold.product": _nobody("what is sold"),
    "gold.campaign": _nobody("what is offered to many"),
    "gold.target_group": _nobody("its members are rows of their own"),
    "activation.run": _nobody(_COUNTS),
    "activation.delivery": _by("profile_id"),
    "activation.sent": _by("profile_id"),
    "ops.run": _nobody("what runs did"),
    "ops.stage_run": _nobody("what stages did"),
    "ops.stage_delta": _nobody("what stages did"),
    "ops.touched": _by("key"),
    "ops.table_version": _nobody("versions of tables"),
    "ops.migration": _nobody("versions of tables"),
}
