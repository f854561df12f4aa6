-- grain: one name of an organisation
-- key: global
-- reads: step.organisation
-- writes: step.firm_name
select distinct name
from step.organisation
where name is not null and account_type = 'organisation'
