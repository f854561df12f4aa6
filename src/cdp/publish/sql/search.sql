-- grain: one word of the name or e-mail of one profile or account
-- key: global
-- reads: gold.profile, gold.account
-- writes: step.document_search
with named as (
    select
        'profile' as entity,
        profile_id,
        concat_ws(' ', full_name, given_name, middle_name, family_name) as name,
        email
    from gold.profile
    union all by name
    select
        'account' as entity,
        account_id as profile_id,
        name,
        email
    from gold.account
),
word as (
    select
        entity,
        profile_id,
        unnest(regexp_split_to_array(strip_accents(lower(name)), '[^\p{L}\p{N}]+')) as word
    from named
    union all by name
    select
        entity,
        profile_id,
        lower(email) as word
    from named
)
select
    entity,
    left(word, 60) as word,
    profile_id,
    '' as document
from word
where word <> ''
group by
    entity,
    left(word, 60),
    profile_id
order by
    entity,
    left(word, 60),
    profile_id
