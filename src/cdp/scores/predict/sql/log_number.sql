-- grain: one way of writing a number in a purchase log; value is null if it is none
-- key: global
-- reads: cell
-- params: decimal_comma
-- writes: step.log_number
with written as (
    select amount as text
    from cell
    union
    select price as text
    from cell
    union
    select quantity as text
    from cell
),

bare as (
    select
        text,
        regexp_replace(text, '[^0-9.,]', '', 'g') as digits,
        regexp_matches(text, '^[^0-9]*[-(]') or regexp_matches(text, '[-)]\s*$') as is_negative,
        length(regexp_replace(text, '[^A-Za-z]', '', 'g')) <= 4
        and regexp_matches(text, '^\D*\d[\d.,''’\s]*\D*$') as is_number
    from written
    where text is not null
)

select
    text,
    case
        when regexp_full_match(text, '[+-]?\d+(\.\d+)?[eE][+-]?\d+')
            then try_cast(text as double)
        when is_number and abs(
            try_cast(
                case
                    when $decimal_comma
                        then replace(replace(digits, '.', ''), ',', '.')
                    else replace(digits, ',', '')
                end as double
            )
        ) < 1e13
            then try_cast(
                case
                    when $decimal_comma
                        then replace(replace(digits, '.', ''), ',', '.')
                    else replace(digits, ',', '')
                end as double
            ) * case when is_negative then -1 else 1 end
    end as value
from bare
