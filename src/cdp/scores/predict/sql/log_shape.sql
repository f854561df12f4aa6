-- grain: one row, how the cells of a purchase log are written
-- key: global
-- reads: cell
-- writes: step.log_shape
with amounts as (
    select coalesce(amount, price) as amount
    from cell
),

money as (
    select
        count(*) filter (where regexp_matches(amount, ',\d{1,2}\D*$')) as comma_decimals,
        count(*) filter (where regexp_matches(amount, '\.\d{1,2}\D*$')) as point_decimals,
        count(*) filter (
            where regexp_full_match(amount, '\D*\d{1,3}(\.\d{3})+\D*')
        ) as point_thousands,
        count(*) filter (
            where amount like '%.%'
                and not regexp_full_match(amount, '\D*\d{1,3}(\.\d{3})+\D*')
        ) as point_others
    from amounts
),

days as (
    select
        day,
        regexp_extract(day, '^(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}', 1) as first_part,
        regexp_extract(day, '^(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}', 2) as mark,
        regexp_extract(day, '^(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}', 3) as second_part
    from cell
),

dates as (
    select
        count(*) filter (where first_part <> '') as parted,
        count(*) filter (where mark = '.') as dotted,
        coalesce(max(try_cast(first_part as integer)), 0) as first_most,
        coalesce(max(try_cast(second_part as integer)), 0) as second_most,
        count(*) filter (
            where regexp_matches(day, '\d:\d\d')
                and not regexp_matches(day, '\b00:00(:00(\.0+)?)?\b')
        ) as timed
    from days
)

select
    m.comma_decimals,
    m.point_decimals,
    m.point_thousands,
    m.point_others,
    d.parted,
    d.dotted,
    d.first_most,
    d.second_most,
    d.timed
from money as m
cross join dates as d
