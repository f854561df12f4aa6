-- grain: one identifier value that more people carry than a value of its kind may join
-- key: global
-- reads: silver.identifier, silver.attribute
-- broadcast: step.identifier_limit
-- writes: step.blocked_shared
-- People are told apart by the first three letters of their given names, so that nicknames and
-- typing errors of one person rarely count twice. Only records that carry the value matter.
with called as (
    select
        record_id,
        left(lower(strip_accents(trim(value))), 3) as given
    from silver.attribute
    where attribute in ('given_name', 'full_name')
    qualify row_number() over (partition by record_id order by attribute desc, position) = 1
)
select
    identifier.kind as kind,
    identifier.value as value
from silver.identifier as identifier
inner join step.identifier_limit as maximum on identifier.kind = maximum.kind
inner join called on identifier.record_id = called.record_id
group by
    identifier.kind,
    identifier.value
having count(distinct called.given) > max(maximum.people)
