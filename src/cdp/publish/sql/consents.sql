-- grain: one profile or account with the permissions in force
-- key: profile_id
-- reads: gold.consent
-- writes: step.document_consents
select
    profile_id,
    to_json(list({
        'contact_kind': contact_kind,
        'contact_value': contact_value,
        'channel': channel,
        'purpose': purpose,
        'category': category,
        'state': state,
        'rule': rule,
        'consent_id': consent_id,
        'source': source,
        'given_at': strftime(given_at, '%Y-%m-%dT%H:%M:%SZ'),
        'proof': proof,
        'best': best,
        'losers': losers
    } order by
        channel,
        contact_value,
        purpose,
        category
    ))::varchar as document
from gold.consent
group by profile_id
order by
    profile_id
