-- grain: one party in one campaign
select
    member.profile_id,
    member.account_id,
    member.campaign_member_id,
    member.record_id,
    member.account_record_id,
    member.ref_kind,
    member.ref_value,
    member.source,
    member.campaign_id,
    member.status,
    member.joined_at,
    member.responded,
    member.responded_at,
    campaign.campaign,
    campaign.name,
    campaign.status as campaign_status,
    campaign.channel,
    campaign.starts_at,
    campaign.ends_at
from gold.campaign_member as member
left join gold.campaign as campaign
    on campaign.campaign_id = member.campaign_id
