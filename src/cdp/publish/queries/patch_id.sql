-- ids whose rows may be others than in the generation before
with regrouped as (
    (
        select *
        from gold.company_group
        except
        select *
        from generation.gold.company_group
    )
    union all
    (
        select *
        from generation.gold.company_group
        except
        select *
        from gold.company_group
    )
),
member as (
    select
        group_id,
        account_id
    from gold.company_group_member
    union all
    select
        group_id,
        account_id
    from generation.gold.company_group_member
)
select profile_id
from step.touched_profile_id
union
select account_id
from step.touched_account_id
union
select account_id
from member
where group_id in (select group_id from regrouped)
