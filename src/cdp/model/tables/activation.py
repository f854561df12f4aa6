"""Activation: what left the platform, to whom, and what was held back."""

from cdp.model.tables.declare import table

ACTIVATION = (
    table(
        "activation.run",
        "one export or sync to one destination",
        "activation_id",
        """
activation_id varchar   hash of destination, segment, ordinal and content
destination   varchar   name of the destination
segment       varchar   segment that was sent
ordinal       bigint    how many exports of this segment to this destination there were, from 1
content_hash  varchar   hash of how and what was sent; the same as the last one: nothing is sent
run_id        bigint    run whose segment it was
members       bigint    members of the segment; members = sent + suppressed
sent          bigint    members that left
suppressed    bigint    members that were held back
at            timestamp as_of of the run (UTC)
location      varchar   where it went
""",
    ),
    table(
        "activation.delivery",
        "one member of one export",
        "activation_id profile_id",
        """
activation_id varchar  export
profile_id    varchar  member
state         varchar  sent or suppressed
reason        varchar? why it was suppressed
""",
        subject="profile_id",
    ),
)
