-- Requests of persons about their own data, and what came of them. `ref` and `subject` are emptied
-- once an erasure is done; `answer` holds counts and digests alone.
create table privacy_request (
    request_id text primary key,
    type text not null check (
        type in ('access', 'export', 'erase', 'restrict', 'unrestrict', 'readmit')
    ),
    status text not null check (status in ('received', 'running', 'done', 'failed')),
    ref text not null,
    subject text not null,
    reason text not null,
    actor text not null,
    received_at text not null,
    due_at text not null,
    finished_at text,
    detail text,
    answer text
) without rowid;

create index privacy_request_received on privacy_request (received_at, request_id);

-- Keyed digests of what was erased, so that it is known again when it is delivered again.
create table tombstone (
    digest text primary key,
    kind text not null,
    request_id text not null
) without rowid;

create index tombstone_request on tombstone (request_id);

-- Source records whose processing is restricted; who they are one with is restricted with them.
create table restriction (
    record_id text primary key,
    request_id text not null,
    since text not null
) without rowid;

insert into topic (name) values ('privacy'), ('tombstone'), ('restriction');

create trigger tombstone_inserted after insert on tombstone
begin update topic set version = version + 1 where name = 'tombstone'; end;

create trigger tombstone_deleted after delete on tombstone
begin update topic set version = version + 1 where name = 'tombstone'; end;

create trigger restriction_inserted after insert on restriction
begin update topic set version = version + 1 where name = 'restriction'; end;

create trigger restriction_deleted after delete on restriction
begin update topic set version = version + 1 where name = 'restriction'; end;
