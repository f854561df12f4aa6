-- grain: one house where an organisation is
-- key: global
-- reads: step.firm_house
-- writes: step.business_address
select distinct house
from step.firm_house
