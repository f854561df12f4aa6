-- grain: one conclusion on the language of one party
-- key: profile_id
-- reads: step.enriched_party, gold.enrichment
-- broadcast: step.country_place
-- writes: gold.enrichment
select
    p.profile_id,
    p.entity_type,
    'language' as attribute,
    c.language as value,
    (0.7 * case when p.country is null then e.confidence else 1 end)::double as confidence,
    'country' as method,
    to_json({'country': c.country}) as evidence
from step.enriched_party as p
left join gold.enrichment as e on e.profile_id = p.profile_id and e.attribute = 'country'
inner join step.country_place as c on c.country = coalesce(p.country, e.value)
where p.language is null and c.language is not null
