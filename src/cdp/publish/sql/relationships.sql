-- grain: one relationship of one profile or account, seen from its end, an entry of its list
-- key: global
-- reads: gold.relationship, gold.profile, gold.account
-- writes: step.document_relationships
with named as (
    select
        profile_id,
        profile_type as type,
        full_name as name
    from gold.profile
    union all by name
    select
        account_id as profile_id,
        account_type as type,
        name
    from gold.account
),
end_of as (
    select
        profile_id,
        other_id,
        'from' as direction,
        kind,
        attributes,
        records,
        valid_from,
        valid_to
    from gold.relationship
    union all by name
    select
        other_id as profile_id,
        profile_id as other_id,
        'to' as direction,
        kind,
        attributes,
        records,
        valid_from,
        valid_to
    from gold.relationship
)
select
    end_of.profile_id,
    concat(to_json({
        'other_id': end_of.other_id,
        'other_name': named.name,
        'other_type': named.type,
        'direction': end_of.direction,
        'kind': end_of.kind,
        'attributes': end_of.attributes,
        'records': end_of.records,
        'valid_from': strftime(end_of.valid_from, '%Y-%m-%dT%H:%M:%SZ'),
        'valid_to': strftime(end_of.valid_to, '%Y-%m-%dT%H:%M:%SZ')
    }), ',') as document
from end_of
left join named
    on named.profile_id = end_of.other_id
order by
    end_of.profile_id,
    end_of.kind,
    end_of.direction,
    end_of.other_id
