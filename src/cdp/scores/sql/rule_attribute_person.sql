-- grain: one rule on an attribute that holds for one person or visitor
-- key: profile_id
-- reads: gold.profile
-- broadcast: step.rule
-- writes: step.rule_attribute
with attribute as (
    unpivot (
        select
            profile_id,
            email,
            phone,
            postcode,
            city,
            state,
            country,
            language,
            company,
            job_title,
            account_id,
            status,
            region
        from gold.profile
    )
    on columns(* exclude (profile_id))
    into name attribute value value
)

select
    a.profile_id,
    null::varchar as account_id,
    r.score,
    r.rule
from attribute as a
inner join step.rule as r
    on r.attribute = a.attribute
where (len(r.among) = 0 or list_contains(r.among, lower(a.value)))
    and (
        len(r.containing) = 0
        or len([part for part in r.containing if contains(lower(a.value), part)]) > 0
    )
