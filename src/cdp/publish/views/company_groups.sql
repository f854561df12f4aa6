-- grain: one organisation of one group
select
    member.group_id,
    member.account_id,
    member.role,
    member.parent_account_id,
    member.method,
    member.confidence,
    account.name,
    company_group.name as company_group,
    company_group.members,
    company_group.head_id,
    parent.name as parent_name
from gold.company_group_member as member
inner join gold.company_group as company_group
    on company_group.group_id = member.group_id
left join gold.account as account
    on account.account_id = member.account_id
left join gold.account as parent
    on parent.account_id = member.parent_account_id
