-- grain: one rule on an attribute that holds for one organisation or group
-- key: account_id
-- reads: gold.account
-- broadcast: step.rule
-- writes: step.rule_attribute
with attribute as (
    unpivot (
        select
            account_id,
            email,
            phone,
            website,
            industry,
            tax_id,
            postcode,
            city,
            state,
            country,
            language,
            role,
            status,
            region
        from gold.account
    )
    on columns(* exclude (account_id))
    into name attribute value value
)

select
    a.account_id,
    a.account_id as profile_id,
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
