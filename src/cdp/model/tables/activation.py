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
sent          bigint    members that the consent gate let through
suppressed    bigint    members that were held back
at            timestamp as_of of the run (UTC)
location      varchar   where it went: its file, or the manifest of several
mode          varchar?  full or difference
rows          bigint?   rows in its files; of a difference only what was added, changed or removed
files         bigint?   files with rows
previous_id   varchar?  export before this one, null for the first
definition    varchar?  hash of the segment's definition
""",
    ),
    table(
        "activation.delivery",
        "one member of one export",
        "activation_id profile_id",
        """
activation_id varchar  export
profile_id    varchar  member
state         varchar  sent, suppressed, or of a difference also removed; unchanged members have no row
reason        varchar? why it was suppressed
""",
        subject="profile_id",
    ),
    table(
        "activation.sent",
        "one member that a destination of differences has now",
        "destination segment profile_id",
        """
destination varchar  name of the destination
segment     varchar  segment that was sent
profile_id  varchar  member
row_hash    bigint   hash of the row that was sent last; the same again: it is not sent
kept        varchar? its hashed columns as JSON, by which a removal is told; never a contact point
""",
        subject="profile_id",
    ),
)
