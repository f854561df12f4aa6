-- grain: one permission that would be another, appear or vanish; of a merged profile its survivor's
-- key: global
-- reads: step.plan_consent, gold.consent, identity.alias
-- writes: step.plan_consents
-- Where two profiles would become one, the stricter permission of both is what there was.
with before as (
    select
        coalesce(alias.profile_id, consent.profile_id) as profile_id,
        consent.channel as channel,
        consent.contact_value as contact_value,
        consent.purpose as purpose,
        consent.category as category,
        min(consent.state) as state
    from step.plan_consent as consent
    left join identity.alias as alias on consent.profile_id = alias.retired_id
    group by
        coalesce(alias.profile_id, consent.profile_id),
        consent.channel,
        consent.contact_value,
        consent.purpose,
        consent.category
)
select
    coalesce(after.profile_id, before.profile_id) as profile_id,
    coalesce(after.channel, before.channel) as channel,
    coalesce(after.contact_value, before.contact_value) as contact_value,
    coalesce(after.purpose, before.purpose) as purpose,
    coalesce(after.category, before.category) as category,
    before.state as before,
    after.state as after
from before
full join gold.consent as after
    on before.profile_id = after.profile_id
    and before.channel = after.channel
    and before.contact_value = after.contact_value
    and before.purpose = after.purpose
    and before.category = after.category
where before.state is distinct from after.state
order by
    profile_id,
    channel,
    contact_value,
    purpose,
    category
