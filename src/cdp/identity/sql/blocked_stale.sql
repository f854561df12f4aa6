-- grain: one identifier of one record, long after which others still had or newly got the value
-- key: global
-- reads: silver.identifier
-- broadcast: step.identifier_window
-- writes: step.blocked_stale
-- What changes hands, such as a telephone number, is evidence among those who had it last.
with seen as (
    select
        identifier.record_id as record_id,
        identifier.kind as kind,
        identifier.value as value,
        identifier.seen_at as seen_at,
        "window".days as days,
        max(identifier.seen_at)
            over (partition by identifier.kind, identifier.value) as last_seen_at
    from silver.identifier as identifier
    inner join step.identifier_window as "window" on identifier.kind = "window".kind
)
select
    record_id,
    kind,
    value
from seen
where seen_at < last_seen_at - to_days(days::integer)
