-- grain: one person or organisation record and its cluster
-- key: global
-- reads: step.engine_party, identity.assignment
-- writes: step.party_cluster
-- Nothing is decided anew where nothing was learned: records that merely lost company to a
-- source that is no longer delivered are never joined for that, and a profile that lost no
-- record keeps its members. News reaches a cluster by its own records, and by those that one
-- of its profiles has in other clusters.
with recursive share as (
    select distinct
        cluster,
        before_id
    from step.engine_party
    where before_id is not null
),
neighbour as (
    select distinct
        this.cluster as cluster,
        other.cluster as other
    from share as this
    inner join share as other
        on this.before_id = other.before_id and this.cluster <> other.cluster
),
news as (
    select distinct cluster
    from step.engine_party
    where before_id is null
    union
    select neighbour.other as cluster
    from news
    inner join neighbour on news.cluster = neighbour.cluster
),
bereft as (
    select distinct before.profile_id as profile_id
    from identity.assignment as before
    left join step.engine_party as party on before.record_id = party.record_id
    where before.live and before.evidence is not null and party.record_id is null
),
placed as (
    select
        party.record_id as record_id,
        party.entity_type as entity_type,
        party.evidence as evidence,
        party.cluster as engine_cluster,
        case when news.cluster is null then party.before_id end as held_by,
        case
            when news.cluster is not null or bereft.profile_id is not null then party.cluster
        end as within
    from step.engine_party as party
    left join news on party.cluster = news.cluster
    left join bereft on party.before_id = bereft.profile_id
)
select
    record_id,
    min(record_id) over (partition by held_by, within) as cluster,
    entity_type,
    evidence,
    engine_cluster
from placed
