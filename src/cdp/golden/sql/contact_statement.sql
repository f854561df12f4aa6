-- grain: one statement that holds for whoever owns the contact point it names
-- key: global
-- reads: silver.consent
-- writes: step.contact_statement
with stated as (
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
    from silver.consent
    where contact_value is not null
)

select
    consent_id,
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
