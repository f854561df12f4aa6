-- grain: one person living in one household
select
    member.household_id,
    member.profile_id,
    member.role,
    member.method,
    member.confidence,
    member.others,
    profile.full_name,
    household.name as household,
    household.members,
    household.head_id,
    household.street,
    household.house_number,
    household.postcode,
    household.city,
    household.country
from gold.household_member as member
inner join gold.household as household
    on household.household_id = member.household_id
left join gold.profile as profile
    on profile.profile_id = member.profile_id
