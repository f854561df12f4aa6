-- grain: one segment with the number of its members
-- key: global
-- reads: gold.segment_member, gold.segment_history
-- writes: step.document_segment
with named as (
    select segment
    from gold.segment_member
    union
    select segment
    from gold.segment_history
),
counted as (
    select
        segment,
        count(*) as members
    from gold.segment_member
    group by segment
)
select
    named.segment,
    to_json({
        'segment': named.segment,
        'members': coalesce(counted.members, 0)
    })::varchar as document
from named
left join counted
    on counted.segment = named.segment
order by
    named.segment
