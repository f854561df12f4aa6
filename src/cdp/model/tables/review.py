"""Review: what stewards are asked, and what of their decisions does not hold."""

from cdp.model.tables.declare import table

REVIEW = (
    table(
        "identity.review",
        "one question to a steward: are these two one, or is this one two",
        "item_id",
        """
item_id      varchar   stable id of the question: the same two sides give the same
place        bigint    place in the queue, 1 is worth most
direction    varchar   apart: two profiles that are perhaps one; joined: one profile that is perhaps two
entity_type  varchar   person or organisation
profile_id   varchar   the profile, or the smaller id of the two
other_id     varchar?  the other profile of a question whether two are one
side_l       varchar[] records of one side
side_r       varchar[] records of the other side
record_l     varchar   smaller record of the telling pair: the strongest between two profiles, the weakest within one
record_r     varchar   larger record of that pair
match_weight double    match weight of that pair, log2 odds
scored       bigint    pairs of records between the sides that were close enough to be kept
pooled_weight double    log2 odds of what the sides say together, by which the linkage decides; across components the mean weight over all pairs
chance       double    chance that the sides are one, from the pooled weight
uncertainty  double    1 where the chances are even, 0 where they are certain
records      bigint    records of both sides
orders       bigint    orders at stake
consents     bigint    stated consents at stake
worth        double    uncertainty times records, orders and consents at stake
""",
        subject="profile_id",
    ),
    table(
        "identity.conflict",
        "one pair of records of which a steward's decision does not hold",
        "decision_id record_l record_r",
        """
decision_id bigint   the decision
record_l    varchar  the smaller record_id
record_r    varchar  the larger record_id
verdict     varchar  must_link or cannot_link
reason      varchar  contradicted (by other decisions), vanished (a record is not delivered) or not_kept (a person and an organisation)
decisions   bigint[] all decisions that take part, ascending
""",
        subject="record_l",
    ),
)
