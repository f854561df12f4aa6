-- A decision is what a steward did at once; it says something of many pairs of records. What was
-- decided pair by pair before becomes one decision a pair, with its number.
alter table decision rename to decision_before;

create table decision (
    decision_id integer primary key autoincrement,
    action text not null check (action in ('confirm', 'reject', 'merge', 'split')),
    item_id text,
    subject text not null,
    actor text not null,
    reason text not null,
    decided_at text not null,
    undone_at text,
    undone_by text,
    undone_reason text
);

create table decided_pair (
    decision_id integer not null references decision (decision_id),
    record_l text not null,
    record_r text not null check (record_l < record_r),
    verdict text not null check (verdict in ('must_link', 'cannot_link')),
    primary key (decision_id, record_l, record_r)
) without rowid;

insert into decision (decision_id, action, subject, actor, reason, decided_at, undone_at, undone_by)
select
    decision_id,
    case verdict when 'must_link' then 'confirm' else 'reject' end,
    json_array(record_l, record_r),
    actor,
    reason,
    decided_at,
    undone_at,
    undone_by
from decision_before;

insert into decided_pair (decision_id, record_l, record_r, verdict)
select decision_id, record_l, record_r, verdict from decision_before;

drop table decision_before;

create index decision_item on decision (item_id);

create trigger decision_inserted after insert on decision
begin update topic set version = version + 1 where name = 'decision'; end;

create trigger decision_updated after update on decision
begin update topic set version = version + 1 where name = 'decision'; end;

-- What a caller sent once under an Idempotency-Key, and what came of it.
create table once (
    caller text not null,
    key text not null,
    request text not null,
    answer text not null,
    at text not null,
    primary key (caller, key)
) without rowid;
