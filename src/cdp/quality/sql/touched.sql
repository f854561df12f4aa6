-- grain: one record that runs read otherwise than before
-- key: global
-- reads: temp.quality_stance, temp.quality_stance_before, bronze.record
-- writes: step.quality_touched
with moved as (
    (
        select seq, stance from temp.quality_stance
        except all
        select seq, stance from temp.quality_stance_before
    )
    union all
    (
        select seq, stance from temp.quality_stance_before
        except all
        select seq, stance from temp.quality_stance
    )
)
select distinct b.record_id
from bronze.record as b
inner join moved as m on m.seq = b.seq
