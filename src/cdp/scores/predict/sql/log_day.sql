-- grain: one way of writing a time in a purchase log, with its day in UTC; null if it is none
-- key: global
-- reads: cell
-- params: day_first
-- writes: step.log_day
with written as (
    select day as text
    from cell
    where day is not null
    union
    select cancelled_day as text
    from cell
    where cancelled_day is not null
),

parted as (
    select
        text,
        regexp_extract(text, '^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(\D.*)?$', 1) as one,
        regexp_extract(text, '^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(\D.*)?$', 2) as two,
        regexp_extract(text, '^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(\D.*)?$', 3) as year
    from written
),

told as (
    select
        text,
        case
            when one <> ''
                then try_cast(
                    concat_ws(
                        '-',
                        case when length(year) = 2 then '20' || year else year end,
                        case when $day_first then two else one end,
                        case when $day_first then one else two end
                    ) as date
                )
            when regexp_full_match(text, '\d{8}')
                then try_strptime(text, '%Y%m%d')::date
            when regexp_full_match(text, '\d{9,10}(\.\d+)?')
                then to_timestamp(text::double)::date
            when regexp_full_match(text, '\d{12,13}')
                then to_timestamp(text::double / 1000)::date
            when regexp_full_match(text, '\d{15,16}')
                then to_timestamp(text::double / 1000000)::date
            else coalesce(
                try_cast(
                    regexp_replace(text, '(:\d\d(\.\d+)?)\s*([+-]\d\d)(\d\d)$', '\1\3:\4')
                    as timestamptz
                )::date,
                try_strptime(
                    text,
                    [
                        '%d %b %Y',
                        '%d-%b-%Y',
                        '%d-%b-%y',
                        '%b %d, %Y',
                        '%d %B %Y',
                        '%B %d, %Y',
                        '%Y%m%dT%H%M%S',
                        '%Y%m%dT%H%M%SZ',
                        '%a, %d %b %Y %H:%M:%S %Z',
                        '%a, %d %b %Y %H:%M:%S %z',
                        '%d %b %Y %H:%M',
                        '%d %b %Y %H:%M:%S',
                        '%d-%b-%Y %H:%M:%S',
                        '%b %d, %Y %H:%M:%S',
                        '%b %d, %Y %I:%M %p',
                        '%b %d, %Y, %I:%M %p',
                        '%a %b %d %H:%M:%S %Y'
                    ]
                )::date
            )
        end as day
    from parted
)

select
    text,
    case when year(day) between 1900 and 2200 then day - date '1970-01-01' end as day
from told
