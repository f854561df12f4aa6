-- grain: one permission in force of one profile or account, an entry of its list
-- key: profile_id
-- reads: gold.consent
-- writes: step.document_consents
select
    profile_id,
    concat(to_json({
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
    }), ',') as document
from gold.consent
order by
    profile_id,
    channel,
    contact_value,
    purpose,
    category
