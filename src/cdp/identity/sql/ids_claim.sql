-- grain: one delivered record that an id held before, with its new cluster
-- key: global
-- reads: step.ids_cluster, identity.assignment, identity.profile
-- writes: step.ids_claim
-- A cluster may only continue an id of its own type; a visitor's id may lead to a person, and what
-- was taken for an organisation to the group that it is, or back.
select
    cluster.record_id as record_id,
    cluster.cluster as cluster,
    cluster.entity_type as entity_type,
    before.profile_id as profile_id,
    profile.born_run as born_run,
    profile.entity_type = cluster.entity_type as may_survive
from step.ids_cluster as cluster
inner join identity.assignment as before on cluster.record_id = before.record_id
inner join identity.profile as profile on before.profile_id = profile.profile_id
where
    profile.entity_type = cluster.entity_type
    or (profile.entity_type = 'visitor' and cluster.entity_type = 'person')
    or (profile.entity_type = 'organisation' and cluster.entity_type = 'group')
    or (profile.entity_type = 'group' and cluster.entity_type = 'organisation')
