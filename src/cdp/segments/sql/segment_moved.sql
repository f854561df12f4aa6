-- grain: one profile that came into one segment or left it since the last run
-- key: global
-- reads: step.segment_found, gold.segment_member, step.touched_profile_id
-- params: segment
-- writes: step.touched_profile_id
with found as (
    select profile_id
    from step.segment_found
    where segment = $segment
),

before as (
    select profile_id
    from gold.segment_member
    where segment = $segment
)

select coalesce(f.profile_id, b.profile_id) as profile_id
from found as f
full join before as b
    on b.profile_id = f.profile_id
where (f.profile_id is null or b.profile_id is null)
    and coalesce(f.profile_id, b.profile_id) not in (
        select profile_id
        from step.touched_profile_id
    )
