-- grain: one text of one delivered row that is known to be erased
-- key: global
-- reads: temp.delivery
-- broadcast: temp.tombstone
-- params: inner_pad, outer_pad
-- writes: temp.erased
-- A text is the row's own key, a value of its payload, or an e-mail address or a phone number
-- somewhere in it. What is erased is known by keyed digests alone: HMAC-SHA256 (RFC 2104).
with said as (
    select
        seq,
        source,
        native_id,
        payload::varchar as payload
    from temp.delivery
),

value as (
    select
        seq,
        unnest(regexp_extract_all(payload, '"(?:[^"\\]|\\.)*"|[0-9][0-9.]*')) as quoted
    from said
),

address as (
    select
        seq,
        unnest(
            regexp_extract_all(
                replace(payload, '%40', '@'), '[\w.+%-]+@[A-Za-z0-9.-]*[A-Za-z0-9]'
            )
        ) as token
    from said
),

number as (
    select
        seq,
        unnest(regexp_extract_all(payload, '\+?[0-9][0-9 ()./-]{6,30}[0-9]')) as token
    from said
),

candidate as (
    select
        seq,
        true as is_key,
        native_id as token,
        'record:' || source || ':' || coalesce(nullif(ltrim(native_id, '0'), ''), native_id) as text
    from said
    union all
    select
        seq,
        false as is_key,
        trim(quoted, '"') as token,
        'value:' || lower(trim(trim(quoted, '"'))) as text
    from value
    where regexp_matches(quoted, '[0-9@]')
    union all
    select
        seq,
        false as is_key,
        token,
        'value:' || lower(token) as text
    from address
    union all
    select
        seq,
        false as is_key,
        token,
        'phone:' || right(regexp_replace(token, '\D', '', 'g'), 9) as text
    from number
    where length(regexp_replace(token, '\D', '', 'g')) >= 9
),

digested as (
    select
        text,
        sha256($outer_pad::blob || unhex(sha256($inner_pad::blob || encode(text)))) as digest
    from (select distinct text from candidate)
)

select distinct
    c.seq,
    c.is_key,
    c.token
from candidate as c
inner join digested as d on d.text = c.text
inner join temp.tombstone as t on t.digest = d.digest
