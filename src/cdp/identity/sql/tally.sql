-- grain: one row
-- key: global
-- reads: step.ids_cluster, step.party_cluster, identity.alias, silver.record
-- writes: step.tally
with delivered as (
    select
        count(*) as records,
        count(*) filter (where party_type = 'person') as persons,
        count(*) filter (where party_type = 'organisation') as organisations,
        count(*) filter (where party_type = 'group') as groups,
        count(*) filter (where party_type = 'visitor') as visitors
    from silver.record
),
cluster as (
    select
        count(distinct cluster) filter (where entity_type = 'person') as person_profiles,
        count(distinct cluster) filter (where entity_type = 'organisation')
            as organisation_profiles,
        count(distinct cluster) filter (where entity_type = 'group') as group_profiles,
        count(distinct cluster) filter (where entity_type = 'visitor') as visitor_profiles
    from step.ids_cluster
),
retired as (select count(*) as aliases from identity.alias),
held as (
    select count(distinct cluster) as kept_apart
    from step.party_cluster
    where cluster <> engine_cluster
)
select
    delivered.records as records,
    delivered.persons as persons,
    delivered.organisations as organisations,
    delivered.groups as groups,
    delivered.visitors as visitors,
    cluster.person_profiles as person_profiles,
    cluster.organisation_profiles as organisation_profiles,
    cluster.group_profiles as group_profiles,
    cluster.visitor_profiles as visitor_profiles,
    retired.aliases as aliases,
    held.kept_apart as kept_apart
from delivered
cross join cluster
cross join retired
cross join held
