-- grain: one change of one id
select
    history.profile_id,
    history.run_id,
    history.event,
    history.other_id,
    history.records,
    history.at,
    history.reason,
    coalesce(alias.profile_id, live.profile_id) as current_id
from identity.history as history
left join identity.alias as alias
    on alias.retired_id = history.profile_id
left join identity.profile as live
    on live.profile_id = history.profile_id
    and live.status = 'live'
