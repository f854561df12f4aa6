-- grain: one event of one profile or account, an entry of its list, newest first
-- key: global
-- reads: gold.order, gold.cart, gold.quote, gold.interaction, gold.ticket, gold.lead, gold.opportunity, gold.activity
-- writes: step.document_timeline
with event as (
    select
        profile_id,
        account_id,
        ordered_at as happened_at,
        'order' as kind,
        order_id as id,
        source,
        coalesce(reference, order_id) as title,
        to_json({
            'status': status,
            'channel': channel,
            'currency': currency,
            'amount': amount,
            'reference': reference
        }) as detail
    from gold."order"
    union all by name
    select
        profile_id,
        account_id,
        created_at as happened_at,
        'cart' as kind,
        cart_id as id,
        source,
        status as title,
        to_json({
            'status': status,
            'currency': currency,
            'amount': amount,
            'lines': lines
        }) as detail
    from gold.cart
    union all by name
    select
        profile_id,
        account_id,
        created_at as happened_at,
        'quote' as kind,
        quote_id as id,
        source,
        status as title,
        to_json({
            'status': status,
            'currency': currency,
            'amount': amount
        }) as detail
    from gold.quote
    union all by name
    select
        profile_id,
        account_id,
        occurred_at as happened_at,
        'interaction' as kind,
        interaction_id as id,
        source,
        coalesce(subject, type) as title,
        to_json({
            'channel': channel,
            'type': type,
            'campaign': campaign,
            'subject': subject,
            'trust_tier': trust_tier,
            'properties': properties
        }) as detail
    from gold.interaction
    union all by name
    select
        profile_id,
        account_id,
        created_at as happened_at,
        'ticket' as kind,
        ticket_id as id,
        source,
        coalesce(subject, status) as title,
        to_json({
            'status': status,
            'priority': priority,
            'subject': subject
        }) as detail
    from gold.ticket
    union all by name
    select
        profile_id,
        account_id,
        created_at as happened_at,
        'lead' as kind,
        lead_id as id,
        source,
        name as title,
        to_json({
            'status': status,
            'qualification': qualification,
            'origin': origin,
            'campaign': campaign,
            'currency': currency,
            'amount': amount
        }) as detail
    from gold.lead
    union all by name
    select
        profile_id,
        account_id,
        created_at as happened_at,
        'opportunity' as kind,
        opportunity_id as id,
        source,
        name as title,
        to_json({
            'status': status,
            'phase': phase,
            'probability': probability,
            'currency': currency,
            'amount': amount,
            'close_on': close_on
        }) as detail
    from gold.opportunity
    union all by name
    select
        profile_id,
        account_id,
        coalesce(starts_at, changed_at) as happened_at,
        'activity' as kind,
        activity_id as id,
        source,
        coalesce(subject, kind) as title,
        to_json({
            'kind': kind,
            'status': status,
            'direction': direction
        }) as detail
    from gold.activity
),
owned as (
    select
        unnest(
            if(
                account_id is null or account_id = profile_id,
                [profile_id],
                [profile_id, account_id]
            )
        ) as profile_id,
        happened_at,
        kind,
        id,
        source,
        title,
        detail
    from event
)
select
    owned.profile_id,
    -- the details are JSON already and are not read again
    concat(left(to_json({
        'at': strftime(owned.happened_at, '%Y-%m-%dT%H:%M:%SZ'),
        'kind': owned.kind,
        'id': owned.id,
        'source': owned.source,
        'title': owned.title
    })::varchar, -1), ',"detail":', owned.detail, '},') as document
from owned
where owned.profile_id is not null
order by
    owned.profile_id,
    owned.happened_at desc nulls last,
    owned.kind,
    owned.id
