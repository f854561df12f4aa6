-- grain: one statement that holds for whoever owns the contact point it names
-- key: global
-- reads: silver.consent, step.given_consent
-- writes: step.contact_statement
with said as (
    select * from silver.consent
    union all by name
    select * from step.given_consent
),

stated as (
    select
        consent_id,
        record_id,
        contact_kind,
        contact_value,
        channel,
        purpose,
        category,
        state,
        given_at,
        provable,
        proof,
        source,
        row_number() over (
            partition by contact_kind, contact_value, channel, purpose, category, state
            order by given_at desc, consent_id
        ) as place
    from said
    where contact_value is not null
)

select
    consent_id,
    record_id,
    contact_kind,
    contact_value,
    channel,
    purpose,
    category,
    state,
    given_at,
    provable,
    proof,
    source
from stated
where
    -- said of the contact point itself, by nobody in particular
    record_id is null
    -- a refusal binds everybody who shares the contact point; the latest one says it all
    or (state <> 'granted' and place = 1)
